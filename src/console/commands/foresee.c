// SPDX-License-Identifier: GPL-3.0-or-later
// Names of snapshots are followed from line to line, without a session. Commands that bring unknown
// names (`load`, `process`) switch the refusals off.
#include "config.h"

#include "console/commands/foresee.h"

#include "console/commands/snapshot_ref.h"
#include "console/syntax/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void foresight_deinit(struct foresight *foresight)
{
	size_t i;

	for (i = 0; i < foresight->names.num; i++)
		free(foresight->names.items[i]);
	vec_deinit(&foresight->names);
}

static bool find_name(const struct foresight *f, const char *name, size_t *ret)
{
	for (*ret = 0; *ret < f->names.num; ++*ret)
		if (strcmp(f->names.items[*ret], name) == 0)
			return true;
	return false;
}

static struct err *add_name(struct foresight *f, const char *name)
{
	char *copy;
	size_t i;

	if (find_name(f, name, &i))
		return NULL;
	copy = strdup(name);
	if (copy && vec_push(&f->names, copy))
		return NULL;
	free(copy);
	return &err_nomem;
}

/** A snapshot under the next of s1, s2, ... that is free. */
static struct err *add_default_name(struct foresight *f)
{
	char name[32];
	size_t i;

	do
		snprintf(name, sizeof(name), "s%u", ++f->num_default_names);
	while (find_name(f, name, &i));
	return add_name(f, name);
}

static struct err *need_kept(const struct foresight *f, const char *name)
{
	size_t i;

	if (f->has_unknown || find_name(f, name, &i))
		return NULL;
	return err_create(ERR_NOT_FOUND, "no snapshot '%s'; no command before this one makes it",
			  name);
}

/** The live state and the peak are there always. */
static struct err *need(const struct foresight *f, const char *name)
{
	if (!name || strcmp(name, "live") == 0 || strcmp(name, "peak") == 0)
		return NULL;
	return need_kept(f, name);
}

static struct err *need_number(const struct foresight *f, size_t num, const char *what)
{
	if (f->has_unknown || f->names.num >= num)
		return NULL;
	return err_create(ERR_NOT_FOUND, "%s, and the commands before this one make %zu", what,
			  f->names.num);
}

struct err *foresee_snapshot(struct foresight *f, const struct args *args)
{
	struct err *err;

	if (!args->num_words)
		return add_default_name(f);
	err = snapshot_ref_check_name(args->words[0]);
	return err ? err : add_name(f, args->words[0]);
}

struct err *foresee_drop(struct foresight *f, const struct args *args)
{
	struct err *err = need_kept(f, args->words[0]);
	size_t i;

	if (err || !find_name(f, args->words[0], &i))
		return err;
	free(f->names.items[i]);
	f->names.items[i] = f->names.items[--f->names.num];
	return NULL;
}

struct err *foresee_dump(struct foresight *f, const struct args *args)
{
	if (args->num_words == 1 || strcmp(args->words[0], "live") == 0)
		return args_has(args, "--merge") ? NULL : add_default_name(f);
	return need(f, args->words[0]);
}

struct err *foresee_load(struct foresight *f, const struct args *args)
{
	struct err *err;

	// Its own name is in the file.
	f->has_unknown |= args->num_words == 1;
	if (args->num_words == 1)
		return NULL;
	err = snapshot_ref_check_name(args->words[1]);
	return err ? err : add_name(f, args->words[1]);
}

struct err *foresee_top(struct foresight *f, const struct args *args)
{
	const char *since = args_value(args, "--since");
	struct err *err = need(f, args_value(args, "--snapshot"));

	f->has_rows = true;
	return !err && since ? need_kept(f, since) : err;
}

struct err *foresee_traces(struct foresight *f, const struct args *args)
{
	return need(f, args_value(args, "--snapshot"));
}

/** [OLD [NEW]] [KEY]: see parse_snapshots() of cmd_stats.c. */
struct err *foresee_diff(struct foresight *f, const struct args *args)
{
	size_t num = args->num_words;
	enum group_key key;
	struct err *err;

	f->has_rows = true;
	if (num) {
		err = group_key_parse(args->words[num - 1], &key);
		if (err && num == 3)
			return err;
		num -= !err;
		err_destroy(err);
	}
	if (!num)
		return need_number(f, 1, "it compares with a snapshot");
	// An older side that is "live" is looked for among the kept ones.
	err = strcmp(args->words[0], "peak") == 0 ? NULL : need_kept(f, args->words[0]);
	return !err && num == 2 ? need(f, args->words[1]) : err;
}

struct err *foresee_tree(struct foresight *f, const struct args *args)
{
	const char *since = args_value(args, "--since");
	struct err *err = need(f, args_value(args, "--snapshot"));

	if (!err && since)
		err = need_kept(f, since);
	if (!err && args->num_words && strcmp(args->words[0], "peak") != 0)
		err = need_kept(f, args->words[0]);
	return !err && args->num_words == 2 ? need(f, args->words[1]) : err;
}

struct err *foresee_growth(struct foresight *f, const struct args *args)
{
	(void)args;
	f->has_rows = true;
	return need_number(f, 2, "growth needs two snapshots or more");
}

/** growth OLD [NEW] [KEY PATTERN] */
struct err *foresee_check(struct foresight *f, const struct args *args)
{
	const char *old = args->words[1];
	struct err *err = strcmp(old, "peak") == 0 ? NULL : need_kept(f, old);

	f->has_rows = true;
	return !err && args->num_words % 2 ? need(f, args->words[2]) : err;
}

struct err *foresee_traceback(struct foresight *f, const struct args *args)
{
	(void)args;
	if (f->has_rows || f->has_unknown)
		return NULL;
	return err_create(ERR_NOT_FOUND, "there are no rows yet; use 'top' or 'diff' first");
}

struct err *foresee_process(struct foresight *f, const struct args *args)
{
	// Each process has snapshots of its own.
	f->has_unknown |= args->num_words > 0;
	return NULL;
}

struct err *foresee_quit(struct foresight *f, const struct args *args)
{
	(void)args;
	f->is_over = true;
	return NULL;
}

struct err *foresee_line(const struct command_table *table, struct foresight *foresight,
			 const char *line)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	struct args args;
	struct err *err = line_parse(table, line, &tokens, &args);

	if (err || !args.command || !args.command->foresee || foresight->is_over)
		return err;
	return line_name_error(args.command->name, args.command->foresee(foresight, &args));
}
