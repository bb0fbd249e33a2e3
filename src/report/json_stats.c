// SPDX-License-Identifier: GPL-3.0-or-later
// Documents of queries may have very many rows. So these functions write the document's first
// members, then row after row, then the end. The text of each frame is made once and kept: stacks
// have most of their frames in common.
#include "config.h"

#include "report/json_stats.h"

#include "base/clock.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "heap/domain.h"
#include "heap/traceback.h"
#include "report/json_internal.h"

#include <math.h>

/** Frames as text, each made once. */
struct frame_texts {
	const struct frame_source *source;
	/** Frame -> index in texts. */
	struct hmap index;
	/** The frame's locations as objects with commas between them. */
	VEC(char *) texts;
};

static void frame_texts_deinit(struct frame_texts *texts)
{
	size_t i;

	for (i = 0; i < texts->texts.num; i++)
		free(texts->texts.items[i]);
	vec_deinit(&texts->texts);
	hmap_deinit(&texts->index);
}

#define _cleanup_frame_texts_ _cleanup_(frame_texts_deinit)

static struct err *make_text(const struct frame_source *source, uint64_t frame, char **ret)
{
	const struct location *locations;
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *out = NULL;
	struct err *err;
	size_t size, num, i;

	err = source->resolver->resolve(source->resolver->ctx, frame, &locations, &num);
	if (err)
		return err;
	out = open_memstream(&text, &size);
	if (!out)
		return &err_nomem;
	for (i = 0; i < num; i++) {
		json_t *object = json_of_location(&locations[i], frame, source, NULL);

		if (i)
			putc(',', out);
		if (!object || json_dumpf(object, out, JSON_COMPACT) != 0) {
			json_decref(object);
			return &err_nomem;
		}
		json_decref(object);
	}
	if (fclose(no_cleanup_ptr(out)) != 0)
		return &err_nomem;
	*ret = no_cleanup_ptr(text);
	return NULL;
}

static struct err *frame_text(struct frame_texts *texts, uint64_t frame, const char **ret)
{
	const uint64_t *known;
	struct err *err;
	char *text;

	// HMAP_NO_KEY cannot be a key. No module has the id that it stands for.
	if (frame == HMAP_NO_KEY)
		frame = FRAME_UNKNOWN;
	known = hmap_find(&texts->index, frame);
	if (known) {
		*ret = texts->texts.items[*known];
		return NULL;
	}
	if (!vec_reserve_one(&texts->texts))
		return &err_nomem;
	err = make_text(texts->source, frame, &text);
	if (err)
		return err;
	texts->texts.items[texts->texts.num++] = text;
	if (!hmap_set(&texts->index, frame, texts->texts.num - 1))
		return &err_nomem;
	*ret = text;
	return NULL;
}

/** `"total_nframe":N,"KEY":[...]` */
static struct err *write_stack(FILE *out, const char *key, struct frame_texts *texts,
			       const struct heap *heap, uint32_t id)
{
	struct stack stack = stacks_get(heap_stacks(heap), id);
	uint32_t i;

	fprintf(out, "\"total_nframe\":%u,", stack.total_nframe);
	if (stack_num_sure(stack.flags))
		fprintf(out, "\"sure_nframe\":%u,", stack_num_sure(stack.flags));
	fprintf(out, "\"%s\":[", key);
	for (i = 0; i < stack.num_frames; i++) {
		const char *text;
		struct err *err = frame_text(texts, stack_frame(&stack, i), &text);

		if (err)
			return err;
		if (i)
			putc(',', out);
		fputs(text, out);
	}
	putc(']', out);
	return NULL;
}

/** The stack of a row of older blocks: nobody knows where they were allocated. */
static void write_no_stack(FILE *out, const char *key)
{
	fprintf(out, "\"total_nframe\":0,\"%s\":[]", key);
}

static json_t *of_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/** Add the members that say what the row stands for. They depend on the key that blocks are grouped
 *  by. */
static bool add_group(json_t *object, const struct group *group, const struct strtab *strings)
{
	const struct location *location = group->location;
	char domain[DOMAIN_NAME_MAX];

	if (!json_add(object, "label", json_of_string(group->label)))
		return false;
	if (group->is_older)
		return json_add(object, "before_attach", json_true());
	if (group->caller && !json_add(object, "caller", json_of_string(group->caller)))
		return false;
	switch (group->key) {
	case KEY_LINENO:
		return json_add(object, "filename",
				json_of_id(strings, location_filename(location))) &&
		       json_add(object, "lineno", json_integer(location->line));
	case KEY_FILENAME:
		return json_add(object, "filename", json_of_id(strings, location->file));
	case KEY_FUNCTION:
		return json_add(object, "function", json_of_id(strings, location->function)) &&
		       json_add(object, "module", json_of_id(strings, location->module));
	case KEY_MODULE:
		return json_add(object, "module", json_of_id(strings, location->module));
	case KEY_DOMAIN:
		return json_add(object, "domain", json_integer(group->domain)) &&
		       json_add(object, "domain_name",
				json_of_string(domain_name(group->domain, domain)));
	case KEY_THREAD:
		return json_add(object, "thread", json_integer(group->tid));
	default:
		return true;
	}
}

static bool add_numbers(json_t *object, const struct stat_row *row, bool is_diff)
{
	if (!json_add(object, "size", json_integer(row->size)) ||
	    !json_add(object, "count", json_integer(row->count)))
		return false;
	if (row->count &&
	    !json_add(object, "average", json_real((double)row->size / (double)row->count + 0.0)))
		return false;
	if (is_diff)
		return json_add(object, "size_diff", json_integer(row->size_diff)) &&
		       json_add(object, "count_diff", json_integer(row->count_diff));
	return json_add(object, "allocated", of_number(row->total_size)) &&
	       json_add(object, "calls", of_number(row->total_count));
}

static bool add_errors(json_t *object, const struct stat_row *row, bool is_diff)
{
	const struct stat_error *e = &row->error;
	bool is_noise = stats_is_noise(row->size_diff, e->size_diff);

	if (!row->is_estimate)
		return true;
	if (!json_add(object, "size_stderr", json_real(e->size)) ||
	    !json_add(object, "count_stderr", json_real(e->count)))
		return false;
	if (is_diff)
		return json_add(object, "size_diff_stderr", json_real(e->size_diff)) &&
		       json_add(object, "count_diff_stderr", json_real(e->count_diff)) &&
		       json_add(object, "within_noise", json_boolean(is_noise));
	return json_add(object, "allocated_stderr", json_real(e->total_size)) &&
	       json_add(object, "calls_stderr", json_real(e->total_count));
}

static bool add_trend(json_t *object, const struct growth_trend *trend)
{
	return json_add(object, "grown", of_number(trend->num_grown)) &&
	       json_add(object, "shrunk", of_number(trend->num_shrunk)) &&
	       json_add(object, "monotone", json_boolean(growth_is_monotone(trend))) &&
	       json_add(object, "per_snapshot", json_real(trend->per_snapshot)) &&
	       json_add(object, "per_second", json_real(trend->per_second));
}

static struct err *write_row(FILE *out, const struct stats *stats, size_t i, bool is_diff,
			     const struct growth_trend *trend, struct frame_texts *texts)
{
	const struct stat_row *row = &stats->rows[i];
	json_t *object = json_object();
	bool is_ok = add_group(object, &row->group, stats->resolver->strings) &&
		     add_numbers(object, row, is_diff) && add_errors(object, row, is_diff) &&
		     (!trend || add_trend(object, trend));

	putc('{', out);
	is_ok = is_ok && json_write_members(object, out);
	json_decref(object);
	if (!is_ok)
		return &err_nomem;
	putc(',', out);
	if (!row->group.is_older)
		return write_stack(out, "traceback", texts, stats->heap, row->group.example_stack);
	write_no_stack(out, "traceback");
	return NULL;
}

/** Write `,"rows":[...]}`, which ends the document. trends may be NULL. */
static struct err *write_rows(FILE *out, const struct stats *stats, bool is_diff,
			      const struct growth_trend *trends, const struct frame_source *source,
			      size_t limit)
{
	_cleanup_frame_texts_ struct frame_texts texts = {.source = source};
	size_t i;

	fputs(",\"rows\":[", out);
	for (i = 0; i < stats->num_rows && i < limit; i++) {
		struct err *err;

		if (i)
			putc(',', out);
		err = write_row(out, stats, i, is_diff, trends ? &trends[i] : NULL, &texts);
		if (err)
			return err;
		putc('}', out);
	}
	fputs("]}\n", out);
	return NULL;
}

static void add_total_errors(struct jsonl *doc, const struct stats *stats, bool is_diff)
{
	const struct stat_error *e = &stats->error;

	jsonl_uint(doc, "sample_rate", stats->sample_rate);
	jsonl_real(doc, "total_size_stderr", e->size);
	jsonl_real(doc, "total_count_stderr", e->count);
	if (!is_diff)
		return;
	jsonl_real(doc, "total_size_diff_stderr", e->size_diff);
	jsonl_real(doc, "total_count_diff_stderr", e->count_diff);
	jsonl_bool(doc, "within_noise", stats_is_noise(stats->total_size_diff, e->size_diff));
}

static void add_totals(struct jsonl *doc, const struct stats *stats, bool is_diff)
{
	jsonl_string(doc, "key", group_key_names[stats->key]);
	jsonl_int(doc, "total_size", stats->total_size);
	jsonl_int(doc, "total_count", stats->total_count);
	if (is_diff) {
		jsonl_int(doc, "total_size_diff", stats->total_size_diff);
		jsonl_int(doc, "total_count_diff", stats->total_count_diff);
	}
	if (stats->sample_rate)
		add_total_errors(doc, stats, is_diff);
	if (!is_diff && !stats->want_older)
		return;
	jsonl_open_object(doc, "older");
	jsonl_int(doc, "blocks", stats->older.blocks);
	jsonl_int(doc, "size", stats->older.size);
	jsonl_int(doc, "unsized_blocks", stats->older.unsized);
	jsonl_close(doc);
}

/** Add the number and the sum of the rows behind the limit. */
static void add_others(struct jsonl *doc, const struct stats *stats, bool is_diff, size_t limit)
{
	size_t num = stats->num_rows + stats->num_more, i;
	int64_t size = stats->more_size;
	int64_t size_diff = stats->more_size_diff;

	for (i = limit; i < stats->num_rows; i++) {
		size += stats->rows[i].size;
		size_diff += stats->rows[i].size_diff;
	}
	jsonl_uint(doc, "num_rows", num);
	jsonl_uint(doc, "num_other", limit < num ? num - limit : 0);
	jsonl_int(doc, "other_size", size);
	if (is_diff)
		jsonl_int(doc, "other_size_diff", size_diff);
}

struct err *jsonl_stats(struct jsonl *doc, FILE *out, const struct stats *stats, bool is_diff,
			const struct frame_source *source, size_t limit)
{
	struct err *err;

	add_totals(doc, stats, is_diff);
	add_others(doc, stats, is_diff, limit);
	err = jsonl_write_begin(doc, out);
	jsonl_destroy(doc);
	return err ? err : write_rows(out, stats, is_diff, NULL, source, limit);
}

struct err *jsonl_growth(struct jsonl *doc, FILE *out, const struct growth *growth,
			 const struct frame_source *source, size_t limit)
{
	struct err *err;

	jsonl_uint(doc, "num_snapshots", growth->num_snapshots);
	jsonl_real(doc, "seconds", (double)growth->span_ns / NS_PER_S);
	jsonl_uint(doc, "num_growing", growth->num_growing);
	add_totals(doc, growth->stats, true);
	add_others(doc, growth->stats, true, limit);
	err = jsonl_write_begin(doc, out);
	jsonl_destroy(doc);
	return err ? err : write_rows(out, growth->stats, true, growth->trends, source, limit);
}

struct err *jsonl_gate(struct jsonl *doc, FILE *out, const struct gate *gate,
		       const struct frame_source *source, size_t limit)
{
	struct err *err;

	jsonl_bool(doc, "exceeded", gate->is_exceeded);
	jsonl_int(doc, "growth", gate->growth);
	jsonl_int(doc, "count_growth", gate->count_growth);
	if (gate->stats->sample_rate) {
		jsonl_real(doc, "growth_stderr", gate->error);
		jsonl_real(doc, "count_growth_stderr", gate->count_error);
		jsonl_bool(doc, "exceeded_within_noise", gate->is_noise);
	}
	jsonl_uint(doc, "max", gate->max);
	jsonl_uint(doc, "num_matched", gate->num_matched);
	add_totals(doc, gate->stats, true);
	add_others(doc, gate->stats, true, limit);
	err = jsonl_write_begin(doc, out);
	jsonl_destroy(doc);
	return err ? err : write_rows(out, gate->stats, true, NULL, source, limit);
}

static json_t *frames_of(const struct traceback *traceback, const struct frame_source *source,
			 const struct traceback_options *options)
{
	json_t *frames = json_array();
	size_t begin, end;

	text_traceback_slice(traceback->num, options, &begin, &end);
	for (; begin < end; begin++) {
		const struct location *location = &traceback->locations[begin];
		_cleanup_free_ char *line = json_read_line(source, location);

		if (json_array_append_new(frames,
					  json_of_location(location, traceback->frames[begin],
							   source, line)) != 0) {
			json_decref(frames);
			return NULL;
		}
	}
	return frames;
}

struct err *jsonl_traceback(struct jsonl *doc, FILE *out, const struct stats *stats, size_t row,
			    bool is_diff, const struct frame_source *source,
			    const struct traceback_options *options)
{
	const struct group *group = &stats->rows[row].group;
	struct stack stack = stacks_get(heap_stacks(stats->heap), group->example_stack);
	_cleanup_traceback_ struct traceback traceback = {0};
	json_t *object = json_object();
	struct err *err = stats_check_traceback(stats, row);

	if (!err)
		err = traceback_fill(&traceback, source->resolver, &stack);
	jsonl_string(doc, "key", group_key_names[stats->key]);
	if (stack_num_sure(stack.flags))
		jsonl_uint(doc, "sure_nframe", stack_num_sure(stack.flags));
	if (!err && !(add_group(object, group, stats->resolver->strings) &&
		      add_numbers(object, &stats->rows[row], is_diff) &&
		      add_errors(object, &stats->rows[row], is_diff) &&
		      json_add(object, "total_nframe", json_integer(stack.total_nframe)) &&
		      json_add(object, "traceback", frames_of(&traceback, source, options))))
		err = &err_nomem;
	if (!err)
		err = jsonl_write_begin(doc, out);
	if (!err) {
		putc(',', out);
		if (!json_write_members(object, out))
			err = &err_nomem;
		fputs("}\n", out);
	}
	jsonl_destroy(doc);
	json_decref(object);
	return err;
}

static void write_trace_errors(FILE *out, const struct trace *trace, uint64_t sample_rate)
{
	if (sample_rate)
		fprintf(out, "\"sample_rate\":%llu,\"size_stderr\":%.17g,\"count_stderr\":%.17g,",
			(unsigned long long)sample_rate, sqrt(trace->variance.size),
			sqrt(trace->variance.count));
}

struct err *jsonl_traces(FILE *out, const struct traces *traces, const struct frame_source *source)
{
	_cleanup_frame_texts_ struct frame_texts texts = {.source = source};
	char domain[DOMAIN_NAME_MAX];
	size_t i;

	for (i = 0; i < traces->num; i++) {
		const struct trace *trace = &traces->items[i];
		struct err *err;

		// Nothing in the names of domains and engines needs an escape.
		fprintf(out,
			"{\"engine\":\"%s\",\"domain\":%u,\"domain_name\":\"%s\",\"size\":%llu,"
			"\"count\":%llu,",
			engine_name(traces->engine), trace->domain,
			domain_name(trace->domain, domain), (unsigned long long)trace->size,
			(unsigned long long)trace->count);
		write_trace_errors(out, trace, traces->sample_rate);
		err = write_stack(out, "frames", &texts, traces->heap, trace->stack);
		if (err)
			return err;
		fputs("}\n", out);
	}
	return NULL;
}
