// SPDX-License-Identifier: GPL-3.0-or-later
// The objects of a process and their debug information: modules.
#include "config.h"

#include "base/utf8.h"
#include "console/commands/commands.h"
#include "supervisor/modules.h"

#include <string.h>

/** As text, in JSON. */
static const char *const places[][2] = {
	[DEBUG_NONE] = {"none", "none"},
	[DEBUG_IN_FILE] = {"in the file", "file"},
	[DEBUG_SEPARATE] = {"in", "separate"},
	[DEBUG_DOWNLOADED] = {"downloaded", "downloaded"},
};

/** Two digits for each byte. */
static void format_build_id(const struct traced_module *module, char ret[2 * BUILD_ID_MAX + 1])
{
	size_t i;

	*ret = '\0';
	for (i = 0; i < module->build_id_size && i < BUILD_ID_MAX; i++)
		sprintf(ret + 2 * i, "%02x", module->build_id[i]);
}

static void print_note(FILE *out, const char *before, const char *text, const char *after)
{
	fputs(before, out);
	utf8_print(out, text);
	fputs(after, out);
}

struct listing {
	FILE *out;
	bool want_tried;
	/** Modules without debug information that were looked for somewhere. */
	size_t num_missing;
};

static void print_tried(FILE *out, const struct traced_module *module)
{
	size_t i;

	for (i = 0; i < module->debug.num_tried; i++)
		print_note(out, "# not in ", module->debug.tried[i], "\n");
	if (module->may_be_fetched)
		fputs("# --debuginfod may fetch it\n", out);
}

static void print_module(void *ctx, const struct traced_module *module)
{
	const char *place = places[module->debug.place][0];
	// The vDSO's come with the kernel's.
	bool is_missing = module->debug.place == DEBUG_NONE && *module->path == '/';
	struct listing *listing = ctx;
	char id[2 * BUILD_ID_MAX + 1];
	FILE *out = listing->out;

	format_build_id(module, id);
	utf8_print(out, module->path);
	fprintf(out, ": build-id=%s, debug information: ", *id ? id : "none");
	if (module->is_stored)
		place = module->debug.place == DEBUG_NONE ? "no lines are stored"
							  : "lines are stored";
	fputs(place, out);
	if (module->debug.path)
		print_note(out, " ", module->debug.path, "");
	if (!module->is_live && !module->is_stored)
		fputs(", not mapped now", out);
	if (is_missing && module->package)
		print_note(out, ", package ", module->package, " should have it");
	fputc('\n', out);
	listing->num_missing += is_missing && module->debug.num_tried;
	if (is_missing && listing->want_tried)
		print_tried(out, module);
}

static struct err *print_modules(struct console *console, bool want_tried)
{
	struct listing listing = {.out = console->out, .want_tried = want_tried};
	struct err *err = traced_modules(console->traced, print_module, &listing);

	if (!err && !want_tried && listing.num_missing)
		fprintf(console->out,
			"# %zu without debug information; 'modules --tried' says where it was looked "
			"for\n",
			listing.num_missing);
	return err;
}

static void add_module(void *ctx, const struct traced_module *module)
{
	char id[2 * BUILD_ID_MAX + 1];
	size_t i;

	format_build_id(module, id);
	jsonl_open_object(ctx, NULL);
	jsonl_string(ctx, "path", module->path);
	if (*id)
		jsonl_string(ctx, "build_id", id);
	jsonl_bool(ctx, "mapped", module->is_live);
	jsonl_bool(ctx, "stored", module->is_stored);
	jsonl_string(ctx, "debug", places[module->debug.place][1]);
	if (module->debug.path)
		jsonl_string(ctx, "debug_file", module->debug.path);
	if (module->debug.place == DEBUG_NONE) {
		jsonl_open_array(ctx, "tried");
		for (i = 0; i < module->debug.num_tried; i++)
			jsonl_string(ctx, NULL, module->debug.tried[i]);
		jsonl_close(ctx);
		if (module->package)
			jsonl_string(ctx, "package", module->package);
	}
	jsonl_close(ctx);
}

struct err *cmd_modules(struct console *console, const struct args *args)
{
	struct jsonl *doc;
	struct err *err;

	if (!console->want_json)
		return print_modules(console, args_has(args, "--tried"));
	doc = jsonl_begin("modules");
	jsonl_open_array(doc, "modules");
	err = traced_modules(console->traced, add_module, doc);
	jsonl_close(doc);
	if (!err)
		return commands_end_json(console, doc);
	jsonl_destroy(doc);
	return err;
}
