// SPDX-License-Identifier: GPL-3.0-or-later
// The target's life: wait detach kill quit.
#include "config.h"

#include "base/clock.h"
#include "console/commands/commands.h"
#include "console/terminal/signals.h"
#include "supervisor/session.h"
#include "supervisor/traced.h"
#include "supervisor/waiting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Longest wait, about 30 years: what is more would not fit into 64 bits of nanoseconds. */
#define WAIT_MAX_S 1e9

static struct err *wait_ns(struct console *console, uint64_t ns)
{
	struct err *err = &err_stop;

	if (signals_wait_begin(console->session))
		err = traced_wait(console->traced, ns);
	signals_wait_end();
	return err;
}

static struct err *parse_seconds(const char *text, double *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value < 0 || value > WAIT_MAX_S)
		return err_create(ERR_USAGE, "'%s' is no number of seconds, nor exit, all or call",
				  text);
	*ret = value;
	return NULL;
}

static struct err *wait_seconds(struct console *console, const char *text)
{
	double value = 0;
	struct err *err = parse_seconds(text, &value);

	return err ? err : wait_ns(console, (uint64_t)(value * (double)NS_PER_S));
}

static struct err *wait_exit(struct console *console)
{
	struct traced_status status;
	struct err *err = traced_status(console->traced, &status);

	if (err)
		return err;
	if (status.state == TARGET_DETACHED)
		return err_create(ERR_OTHER,
				  "malloscope has detached and cannot see the end of the target");
	return wait_ns(console, UINT64_MAX);
}

static struct err *parse_call(const struct args *args, long *count_ret)
{
	if (args->num_words < 2)
		return err_create(ERR_USAGE, "which function? usage: wait call FUNCTION [COUNT]");
	return args->num_words == 3 ? args_parse_number(args->words[2], 1, count_ret) : NULL;
}

struct err *check_wait(const struct args *args)
{
	double seconds;
	long count;

	if (strcmp(args->words[0], "call") == 0)
		return parse_call(args, &count);
	if (args->num_words > 1)
		return err_create(ERR_USAGE, "too many arguments for 'wait %s'", args->words[0]);
	if (strcmp(args->words[0], "exit") == 0 || strcmp(args->words[0], "all") == 0)
		return NULL;
	return parse_seconds(args->words[0], &seconds);
}

/** Until no process is left. */
static struct err *wait_all(struct console *console)
{
	struct err *err = &err_stop;

	if (signals_wait_begin(console->session))
		err = session_wait_all(console->session);
	signals_wait_end();
	return err;
}

static struct err *wait_call(struct console *console, const struct args *args)
{
	long count = 1;
	struct err *err = parse_call(args, &count);

	if (err)
		return err;
	err = &err_stop;
	// To stand still at the entry holds the target up sooner or later; nobody knows how long a
	// user looks at a prompt.
	if (signals_wait_begin(console->session))
		err = traced_wait_call(console->traced, args->words[1], (uint64_t)count,
				       !console->is_interactive);
	signals_wait_end();
	return err;
}

struct err *cmd_wait(struct console *console, const struct args *args)
{
	if (strcmp(args->words[0], "call") == 0)
		return wait_call(console, args);
	if (args->num_words > 1)
		return err_create(ERR_USAGE, "too many arguments for 'wait %s'", args->words[0]);
	if (strcmp(args->words[0], "exit") == 0)
		return wait_exit(console);
	if (strcmp(args->words[0], "all") == 0)
		return wait_all(console);
	return wait_seconds(console, args->words[0]);
}

struct err *cmd_detach(struct console *console, const struct args *args)
{
	(void)args;
	return session_detach(console->session);
}

struct err *cmd_kill(struct console *console, const struct args *args)
{
	(void)args;
	return traced_kill(console->traced);
}

struct err *cmd_quit(struct console *console, const struct args *args)
{
	(void)args;
	console->wants_quit = true;
	return NULL;
}
