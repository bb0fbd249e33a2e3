// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/merge.h"

#include "heap/merged.h"
#include "supervisor/code.h"
#include "supervisor/processes.h"
#include "supervisor/snapshots.h"
#include "supervisor/traced.h"

#include <string.h>

struct err *merge_matches(struct traced *process, const char *program, bool *ret)
{
	struct traced_status status;
	struct err *err = traced_status(process, &status);
	const char *slash;

	if (err)
		return err;
	slash = strrchr(status.exe, '/');
	*ret = strcmp(status.exe, program) == 0 || (slash && strcmp(slash + 1, program) == 0);
	return NULL;
}

static struct err *add_process(struct console *console, struct traced *process, size_t at,
			       const char *name)
{
	struct traced *current = console->traced;
	_cleanup_snapshot_ref_ struct snapshot_ref ref = {0};
	struct err *err;

	console->traced = process;
	err = snapshot_ref_find(console, name, &ref);
	console->traced = current;
	if (err)
		return err;
	return merged_add(console->merged, at, ref.snapshot, traced_source(process));
}

/** *num_ret of the *num_of_ret processes of the program have that snapshot. */
static struct err *add_processes(struct console *console, const char *program, size_t at,
				 const char *name, size_t *num_ret, size_t *num_of_ret)
{
	size_t num = session_num_processes(console->session), i;
	struct err *err = NULL;
	bool is_one;

	for (i = 0; i < num && !err; i++) {
		struct traced *process = session_process(console->session, i);

		err = merge_matches(process, program, &is_one);
		if (err || !is_one)
			continue;
		++*num_of_ret;
		err = add_process(console, process, at, name);
		if (err && err->code == ERR_NOT_FOUND) {
			err_destroy(err);
			err = NULL;
		} else {
			++*num_ret;
		}
	}
	return err;
}

static struct err *finish(struct console *console, const char *program, size_t at, const char *name,
			  size_t num, struct snapshot_ref *ret)
{
	_cleanup_free_ char *title = NULL;

	if (asprintf(&title, "%s of %zu process%s of %s", name, num, num == 1 ? "" : "es",
		     program) < 0) {
		title = NULL;
		return &err_nomem;
	}
	return merged_snapshot(console->merged, at, title, &ret->snapshot);
}

struct err *merge_find(struct console *console, const char *program, size_t at, const char *name,
		       struct snapshot_ref *ret)
{
	size_t num = 0, num_of = 0;
	struct err *err = console->merged ? NULL : merged_create(&console->merged);

	if (!err)
		err = add_processes(console, program, at, name, &num, &num_of);
	if (err)
		return err;
	if (!num_of)
		return err_create(ERR_NOT_FOUND,
				  "no process that runs '%s' is followed; 'processes' lists them",
				  program);
	if (!num)
		return err_create(ERR_NOT_FOUND,
				  "no process of '%s' has a snapshot '%s'; 'snapshot %s --merge "
				  "%s' takes them",
				  program, name, name, program);
	return finish(console, program, at, name ? name : "live", num, ret);
}

struct err *merge_find_side(struct console *console, const struct args *args, size_t at,
			    const char *name, struct snapshot_ref *ret)
{
	const char *program = args_value(args, "--merge");

	if (program)
		return merge_find(console, program, at, name, ret);
	return at ? snapshot_ref_find(console, name, ret)
		  : snapshot_ref_find_old(console, name, ret);
}

struct err *merge_find_top(struct console *console, const struct args *args,
			   struct snapshot_ref *ret)
{
	if (!args_has(args, "--merge"))
		return snapshot_ref_find_top(console, args, ret);
	if (args_has(args, "--since"))
		return err_create(ERR_USAGE, "--since is about one process: no --merge");
	return merge_find(console, args_value(args, "--merge"), 0, args_value(args, "--snapshot"),
			  ret);
}

const struct frame_source *merge_source(const struct console *console)
{
	return console->merged ? merged_source(console->merged) : traced_source(console->traced);
}

const struct frame_source *merge_last_source(const struct console *console)
{
	return console->last_merged ? merged_source(console->last_merged)
				    : traced_source(console->traced);
}

void merge_end(struct console *console)
{
	merged_destroy(console->merged);
	console->merged = NULL;
}
