// SPDX-License-Identifier: GPL-3.0-or-later
// What the value of each option says, and how a mistake is told.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/shell/options_internal.h"
#include "console/syntax/args.h"
#include "heap/skip.h"
#include "supervisor/session.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Longest description of what is wrong, in characters. */
#define MAX_MESSAGE 400

error_t options_usage_error(struct parse *parse, const char *format, ...)
{
	_cleanup_free_ char *text = NULL, *shown = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		shown = utf8_shorten(text, MAX_MESSAGE);
	err_destroy(parse->err);
	parse->err = shown ? err_create(ERR_USAGE, "%s", shown) : &err_nomem;
	return PARSE_DONE;
}

error_t options_usage_reason(struct parse *parse, const char *what, struct err *reason)
{
	error_t error = options_usage_error(parse, "%s%s", what, err_text(reason));

	err_destroy(reason);
	return error;
}

error_t options_out_of_memory(struct parse *parse)
{
	err_destroy(parse->err);
	parse->err = &err_nomem;
	return PARSE_DONE;
}

error_t options_parse_nframe(struct parse *parse, const char *text)
{
	long value;
	char *end;
	struct err *err;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end)
		return options_usage_error(parse, "-n: '%s' is no number; the default is %d", text,
					   NFRAME_DEFAULT);
	if (errno)
		value = LONG_MAX;
	err = session_check_nframe(value);
	if (err)
		return options_usage_reason(parse, "", err);
	parse->options.session.nframe = (uint32_t)value;
	return 0;
}

error_t options_parse_follow(struct parse *parse, const char *text)
{
	const char *word = text;
	unsigned follow = 0;
	size_t len;

	for (;;) {
		len = strcspn(word, ",");
		if (len == 4 && strncmp(word, "fork", len) == 0)
			follow |= SESSION_FOLLOW_FORK;
		else if (len == 4 && strncmp(word, "exec", len) == 0)
			follow |= SESSION_FOLLOW_EXEC;
		else
			return options_usage_error(
				parse,
				"--follow: '%s' is no list of fork and exec, such as fork,exec",
				text);
		if (!word[len])
			break;
		word += len + 1;
	}
	parse->options.session.follow = follow;
	return 0;
}

error_t options_parse_max_memory(struct parse *parse, const char *text)
{
	uint64_t *size = &parse->options.session.max_memory;
	struct err *err = fmt_parse_size(text, size);

	if (err)
		return options_usage_reason(parse, "--max-memory: ", err);
	if (*size < SESSION_MIN_MEMORY)
		return options_usage_error(parse, "--max-memory: %s is less than 1MiB", text);
	return 0;
}

error_t options_parse_sample(struct parse *parse, const char *text)
{
	uint64_t *rate = &parse->options.session.sample_rate;
	struct err *err = fmt_parse_size(text, rate);

	if (err)
		return options_usage_reason(parse, "--sample: ", err);
	if (*rate < 1 || *rate > SESSION_MAX_SAMPLE)
		return options_usage_error(parse, "--sample: %s is not from 1 to 1TiB", text);
	return 0;
}

error_t options_parse_period(struct parse *parse, const char *text)
{
	struct err *err = args_parse_period(text, &parse->options.period_ns);

	return err ? options_usage_reason(parse, "--every: ", err) : 0;
}

error_t options_parse_probe(struct parse *parse, const char *spec)
{
	struct err *err = session_check_probe(spec);

	if (err)
		return options_usage_reason(parse, "--probe: ", err);
	return vec_push(&parse->options.probes, spec) ? 0 : options_out_of_memory(parse);
}

error_t options_parse_skip(struct parse *parse, const char *rule)
{
	struct err *err = skip_rule_check(rule);

	if (err)
		return options_usage_reason(parse, "--skip: ", err);
	return vec_push(&parse->options.skips, rule) ? 0 : options_out_of_memory(parse);
}

error_t options_parse_engine(struct parse *parse, const char *name)
{
	parse->has_engine = true;
	if (engine_find(name, &parse->options.session.engine))
		return 0;
	return options_usage_error(
		parse, "--engine: '%s' is no engine; there are breakpoint, agent and auto", name);
}

error_t options_default_engine(struct parse *parse)
{
	const char *name = getenv(ENGINE_VARIABLE);

	if (parse->has_engine)
		return 0;
	parse->options.session.engine = ENGINE_AUTO;
	if (!name || !*name || engine_find(name, &parse->options.session.engine))
		return 0;
	return options_usage_error(
		parse, ENGINE_VARIABLE ": '%s' is no engine; there are breakpoint, agent and auto",
		name);
}

error_t options_parse_servers(struct parse *parse, const char *seconds)
{
	struct err *err = args_parse_period(seconds ? seconds : SERVERS_SECONDS,
					    &parse->options.session.debuginfod_ns);

	if (err)
		return options_usage_reason(parse, "--debuginfod: ", err);
	if (!session_has_servers())
		return options_usage_error(parse, "--debuginfod: DEBUGINFOD_URLS is not set, as to "
						  "https://debuginfod.elfutils.org");
	return 0;
}

error_t options_parse_pid(struct parse *parse, const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || end == text || *end || pid <= 0 || pid > INT_MAX)
		return options_usage_error(
			parse, "'%s' is no process id; usage: malloscope attach " ATTACH_ARGS,
			text);
	parse->options.pid = (pid_t)pid;
	return 0;
}
