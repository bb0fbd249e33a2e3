// SPDX-License-Identifier: GPL-3.0-or-later
// Single stacks and blocks: traceback where blocks.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/merge.h"
#include "console/commands/query.h"
#include "console/commands/truncated.h"
#include "console/terminal/progress.h"
#include "heap/domain.h"
#include "heap/namer.h"
#include "report/json_stats.h"
#include "report/text.h"
#include "supervisor/blocks.h"
#include "supervisor/code.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct locations {
	VEC(struct location) list;
};

static void locations_deinit(struct locations *locations)
{
	vec_deinit(&locations->list);
}

/** All locations of a stack, inlined functions as frames of their own, most recent first. */
static struct err *resolve_stack(const struct resolver *resolver, const struct stack *stack,
				 struct locations *ret)
{
	uint32_t i;

	for (i = 0; i < stack->num_frames; i++) {
		const struct location *found = NULL;
		size_t num = 0, j;
		struct err *err =
			resolver->resolve(resolver->ctx, stack_frame(stack, i), &found, &num);

		if (err)
			return err;
		for (j = 0; j < num; j++)
			if (!vec_push(&ret->list, found[j]))
				return &err_nomem;
	}
	return NULL;
}

static void print_stack_notes(FILE *out, const struct stack *stack)
{
	unsigned num_sure = stack_num_sure(stack->flags);

	if (num_sure)
		fprintf(out,
			"# the newest %u of %u frames are certain, the others were found by frame "
			"pointers\n",
			num_sure, (unsigned)stack->total_nframe);
	if (stack->flags & STACK_TRUNCATED)
		fprintf(out, "# truncated: %s\n", truncated_text(stack->flags));
	else if (stack->total_nframe > stack->num_frames)
		fprintf(out, "# %u of %u frames: -n of malloscope or 'start NFRAME' keeps more\n",
			(unsigned)stack->num_frames, (unsigned)stack->total_nframe);
}

static struct err *print_stack(struct console *console, struct stack stack,
			       const struct frame_source *source,
			       const struct traceback_options *options)
{
	_cleanup_(locations_deinit) struct locations locations = {0};
	const struct resolver *resolver = source->resolver;
	struct progress *progress = progress_begin(console->traced, console->out, NULL);
	struct err *err = resolve_stack(resolver, &stack, &locations);

	progress_end(progress);
	if (err)
		return err;
	text_traceback(console->out, locations.list.items, locations.list.num, resolver->strings,
		       options, source->read_line, source->ctx);
	print_stack_notes(console->out, &stack);
	return NULL;
}

/** The row of "#2" or "2", the first one without a word. */
static struct err *parse_rank(const struct console *console, const struct args *args, long *ret)
{
	const char *word = args->num_words ? args->words[0] : "1";
	struct err *err;

	if (!console->last)
		return err_create(ERR_NOT_FOUND,
				  "there are no rows yet; use 'top' or 'diff' first");
	if (!console->last->num_rows)
		return err_create(ERR_NOT_FOUND, "the last table has no rows");
	err = args_parse_number(word + (*word == '#'), 1, ret);
	if (err)
		return err;
	if ((size_t)*ret > console->last->num_rows)
		return err_create(ERR_NOT_FOUND, "there is no row #%ld, the last is #%zu", *ret,
				  console->last->num_rows);
	return NULL;
}

static struct err *parse_traceback_options(const struct console *console, const struct args *args,
					   struct traceback_options *options)
{
	const char *limit = args_value(args, "-n");
	struct err *err = NULL;

	*options = (struct traceback_options){
		.is_most_recent_first = args_has(args, "--most-recent-first"),
		.is_compat = args_has(args, "--compat"),
		.want_long = query_want_long(console, args),
	};
	if (limit) {
		err = args_parse_number(limit, LONG_MIN, &options->limit);
		options->has_limit = true;
	}
	return err;
}

struct err *cmd_traceback(struct console *console, const struct args *args)
{
	struct traceback_options options;
	const struct stat_row *row;
	long rank = 1;
	struct err *err = parse_traceback_options(console, args, &options);

	if (!err)
		err = parse_rank(console, args, &rank);
	if (!err)
		err = stats_check_traceback(console->last, (size_t)rank - 1);
	if (err)
		return err;
	if (console->want_json) {
		console->has_json = true;
		return jsonl_traceback(jsonl_begin("traceback"), console->out, console->last,
				       (size_t)rank - 1, console->is_last_diff,
				       merge_last_source(console), &options);
	}
	row = &console->last->rows[rank - 1];
	fprintf(console->out, "[ Traceback #%ld ] ", rank);
	if (console->is_last_diff)
		text_diff_row(console->out, row);
	else
		text_stat_row(console->out, row);
	fputc('\n', console->out);
	err = print_stack(console,
			  stacks_get(heap_stacks(console->last->heap), row->group.example_stack),
			  merge_last_source(console), &options);
	if (!err && console->last->key != KEY_TRACEBACK)
		fputs("# the stack of this row with the most live bytes\n", console->out);
	return err;
}

static struct err *parse_address(const char *text, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 16);
	if (errno || end == text || *end || strchr(" +-", text[0]))
		return err_create(ERR_USAGE, "'%s' is no hexadecimal address", text);
	*ret = value;
	return NULL;
}

/** One word: the number alone where there is no name. */
static const char *short_domain(uint32_t domain, char buf[DOMAIN_NAME_MAX])
{
	const char *name = domain_name(domain, buf), *blank = strchr(name, ' ');

	return blank ? blank + 1 : name;
}

struct err *check_where(const struct args *args)
{
	uint64_t addr;

	return parse_address(args->words[0], &addr);
}

static struct err *where_json(struct console *console, const struct traced_block *block,
			      uint64_t addr)
{
	struct jsonl *doc = jsonl_begin("where");
	struct stack stack;
	struct err *err;

	jsonl_bool(doc, "traced", block != NULL);
	jsonl_address(doc, "address", block ? block->addr : addr);
	if (!block)
		return commands_end_json(console, doc);
	jsonl_uint(doc, "size", block->size);
	jsonl_uint(doc, "offset", addr - block->addr);
	commands_add_domain(doc, block->domain);
	jsonl_int(doc, "thread", block->tid);
	jsonl_real(doc, "age", (double)block->age_ns / 1e9);
	stack = traced_stack(console->traced, block->stack);
	err = jsonl_stack(doc, "traceback", traced_source(console->traced), &stack, true);
	if (!err)
		return commands_end_json(console, doc);
	jsonl_destroy(doc);
	return err;
}

struct err *cmd_where(struct console *console, const struct args *args)
{
	struct traceback_options options = {.want_long = query_want_long(console, args)};
	char size[FMT_SIZE_MAX], domain[DOMAIN_NAME_MAX];
	struct traced_block block;
	uint64_t addr = 0;
	struct err *err = parse_address(args->words[0], &addr);

	if (!err)
		err = traced_where(console->traced, addr, &block);
	if (console->want_json && (!err || err == &err_not_found))
		return where_json(console, err ? NULL : &block, addr);
	if (err == &err_not_found) {
		fputs("not traced\n", console->out);
		return NULL;
	}
	if (err)
		return err;
	fprintf(console->out,
		"0x%" PRIx64 ": size=%s (%" PRIu64 " B), offset=%" PRIu64 ", domain=%s, "
		"thread=%" PRId32 ", age=%.2f s\n",
		block.addr, fmt_size((double)block.size, false, size), block.size,
		addr - block.addr, short_domain(block.domain, domain), block.tid,
		(double)block.age_ns / 1e9);
	return print_stack(console, traced_stack(console->traced, block.stack),
			   traced_source(console->traced), &options);
}

static struct err *block_json(struct console *console, const struct traced_block *block,
			      const struct location *place)
{
	const struct strtab *strings = traced_resolver(console->traced)->strings;
	struct jsonl *doc = jsonl_begin("blocks");

	jsonl_address(doc, "address", block->addr);
	jsonl_uint(doc, "size", block->size);
	commands_add_domain(doc, block->domain);
	jsonl_int(doc, "thread", block->tid);
	jsonl_string(doc, "function",
		     place->function ? strtab_get(strings, place->function) : NULL);
	jsonl_string(doc, "filename", strtab_get(strings, location_filename(place)));
	jsonl_uint(doc, "lineno", place->line);
	return commands_end_json(console, doc);
}

static struct err *print_block(struct console *console, const struct traced_block *block,
			       struct namer *namer)
{
	const struct resolver *resolver = traced_resolver(console->traced);
	struct stack stack = traced_stack(console->traced, block->stack);
	const struct location *place;
	struct named named;
	char domain[DOMAIN_NAME_MAX];
	struct err *err = namer_find(namer, &stack, &named);

	if (err)
		return err;
	place = named.location;
	if (console->want_json)
		return block_json(console, block, place);
	fprintf(console->out, "0x%" PRIx64 " %" PRIu64 " %s %" PRId32, block->addr, block->size,
		short_domain(block->domain, domain), block->tid);
	if (place->function) {
		fputc(' ', console->out);
		utf8_print(console->out, strtab_get(resolver->strings, place->function));
	}
	fputc(' ', console->out);
	utf8_print(console->out, strtab_get(resolver->strings, place->file));
	if (place->has_line)
		fprintf(console->out, ":%" PRIu32, place->line);
	fputc('\n', console->out);
	return NULL;
}

struct err *cmd_blocks(struct console *console, const struct args *args)
{
	_cleanup_free_ struct traced_block *blocks = NULL;
	_cleanup_namer_ struct namer *namer = NULL;
	size_t num = 0, i;
	struct err *err = traced_blocks(console->traced, &blocks, &num);

	(void)args;
	// A document for each block, none when there is none.
	console->has_json = true;
	if (!err)
		err = namer_create(traced_resolver(console->traced), console->skip, false, &namer);
	for (i = 0; i < num && !err; i++)
		err = print_block(console, &blocks[i], namer);
	return err;
}
