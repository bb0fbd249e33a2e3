// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "report/json.h"

#include "base/utf8.h"
#include "heap/traceback.h"
#include "report/json_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct jsonl {
	/** Open objects and arrays, outermost first. The first one is the document, which this
	 *  owns; the others belong to it. */
	json_t *open[JSONL_DEPTH_MAX];
	size_t depth;
	bool is_failed;
};

json_t *json_of_string(const char *s)
{
	_cleanup_free_ char *escaped = NULL;
	json_t *string = json_string(s);

	if (string)
		return string;
	escaped = utf8_escape(s);
	return escaped ? json_string(escaped) : NULL;
}

bool json_add(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

json_t *json_of_id(const struct strtab *strings, uint32_t id)
{
	return id ? json_of_string(strtab_get(strings, id)) : json_null();
}

json_t *json_of_location(const struct location *location, uint64_t frame,
			 const struct frame_source *source, const char *text)
{
	const struct strtab *strings = source->resolver->strings;
	_cleanup_free_ char *label = location_label(location, strings);
	struct frame_origin origin = {0};
	json_t *object = json_object();

	source->origin(source->ctx, frame, &origin);
	if (label && json_add(object, "location", json_of_string(label)) &&
	    json_add(object, "filename", json_of_id(strings, location_filename(location))) &&
	    json_add(object, "lineno", json_integer(location->line)) &&
	    json_add(object, "function", json_of_id(strings, location->function)) &&
	    json_add(object, "module", json_of_id(strings, location->module)) &&
	    json_add(object, "offset", json_integer((json_int_t)origin.offset)) &&
	    (!text || json_add(object, "source", json_of_string(text))))
		return object;
	json_decref(object);
	return NULL;
}

char *json_read_line(const struct frame_source *source, const struct location *location)
{
	static const char blanks[] = " \t\n\v\f\r";
	char *line;
	size_t begin, end;

	if (!source->read_line || !location->has_line || !location->line)
		return NULL;
	line = source->read_line(source->ctx, strtab_get(source->resolver->strings, location->file),
				 location->line);
	if (!line)
		return NULL;
	begin = strspn(line, blanks);
	for (end = strlen(line); end > begin && strchr(blanks, line[end - 1]); end--)
		continue;
	memmove(line, line + begin, end - begin);
	line[end - begin] = '\0';
	if (*line)
		return line;
	free(line);
	return NULL;
}

/** The shortest text of at least 15 digits that reads back as value. jansson alone writes 0.1 as
 *  0.10000000000000001. */
static void write_real(double value, FILE *out)
{
	char text[40];
	int digits = 15;

	do
		snprintf(text, sizeof(text), "%.*g", digits, value);
	while (strtod(text, NULL) != value && digits++ < 17);
	// Readers that tell integers from real numbers must see a real one.
	fprintf(out, strpbrk(text, ".e") ? "%s" : "%s.0", text);
}

static bool write_value(const json_t *value, FILE *out)
{
	const json_t *item;
	size_t i;

	if (json_is_real(value)) {
		write_real(json_real_value(value), out);
		return true;
	}
	if (json_is_object(value)) {
		bool is_ok;

		putc('{', out);
		is_ok = json_write_members(value, out);
		putc('}', out);
		return is_ok;
	}
	if (!json_is_array(value))
		return json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0;
	putc('[', out);
	json_array_foreach(value, i, item)
	{
		if (i)
			putc(',', out);
		if (!write_value(item, out))
			return false;
	}
	putc(']', out);
	return true;
}

bool json_write_members(const json_t *object, FILE *out)
{
	const char *separator = "";
	const char *key;
	json_t *value;

	// Keys are our own words, in which nothing needs an escape.
	json_object_foreach((json_t *)object, key, value)
	{
		fprintf(out, "%s\"%s\":", separator, key);
		separator = ",";
		if (!write_value(value, out))
			return false;
	}
	return true;
}

struct jsonl *jsonl_begin(const char *command)
{
	struct jsonl *doc = calloc(1, sizeof(*doc));

	if (!doc)
		return NULL;
	doc->open[0] = json_object();
	doc->depth = 1;
	doc->is_failed = !doc->open[0];
	jsonl_string(doc, "command", command);
	return doc;
}

void jsonl_destroy(struct jsonl *doc)
{
	if (!doc)
		return;
	json_decref(doc->open[0]);
	free(doc);
}

// The whole line is made in memory first. So half a line is never written when memory runs out.
struct err *jsonl_write_begin(struct jsonl *doc, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool is_ok = f && doc && !doc->is_failed && json_write_members(doc->open[0], f);

	if (f && fclose(f) != 0)
		is_ok = false;
	if (!is_ok)
		return &err_nomem;
	putc('{', out);
	fputs(text, out);
	return NULL;
}

struct err *jsonl_end(struct jsonl *doc, FILE *out)
{
	struct err *err = jsonl_write_begin(doc, out);

	if (!err)
		fputs("}\n", out);
	jsonl_destroy(doc);
	return err;
}

/** Add a value, which this takes over. value NULL: it could not be made. False: it is not in the
 *  document. */
static bool add(struct jsonl *doc, const char *key, json_t *value)
{
	json_t *container = doc ? doc->open[doc->depth - 1] : NULL;
	int status;

	if (!doc) {
		json_decref(value);
		return false;
	}
	assert(doc->is_failed || json_is_array(container) == !key);
	status = key ? json_object_set_new(container, key, value)
		     : json_array_append_new(container, value);
	if (status != 0)
		doc->is_failed = true;
	return status == 0;
}

void jsonl_string(struct jsonl *doc, const char *key, const char *value)
{
	add(doc, key, value ? json_of_string(value) : json_null());
}

void jsonl_uint(struct jsonl *doc, const char *key, uint64_t value)
{
	add(doc, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

void jsonl_int(struct jsonl *doc, const char *key, int64_t value)
{
	add(doc, key, json_integer(value));
}

void jsonl_real(struct jsonl *doc, const char *key, double value)
{
	add(doc, key, isfinite(value) ? json_real(value) : json_null());
}

void jsonl_bool(struct jsonl *doc, const char *key, bool value)
{
	add(doc, key, json_boolean(value));
}

void jsonl_address(struct jsonl *doc, const char *key, uint64_t addr)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, addr);
	jsonl_string(doc, key, text);
}

static void open_container(struct jsonl *doc, const char *key, json_t *container)
{
	assert(!doc || doc->depth < JSONL_DEPTH_MAX);
	if (!add(doc, key, container))
		container = NULL;
	if (doc)
		doc->open[doc->depth++] = container;
}

void jsonl_open_object(struct jsonl *doc, const char *key)
{
	open_container(doc, key, json_object());
}

void jsonl_open_array(struct jsonl *doc, const char *key)
{
	open_container(doc, key, json_array());
}

void jsonl_close(struct jsonl *doc)
{
	assert(!doc || doc->depth > 1);
	if (doc)
		doc->depth--;
}

struct err *jsonl_stack(struct jsonl *doc, const char *key, const struct frame_source *source,
			const struct stack *stack, bool want_lines)
{
	_cleanup_traceback_ struct traceback traceback = {0};
	struct err *err = traceback_fill(&traceback, source->resolver, stack);
	size_t i;

	if (err)
		return err;
	jsonl_uint(doc, "total_nframe", stack->total_nframe);
	if (stack_num_sure(stack->flags))
		jsonl_uint(doc, "sure_nframe", stack_num_sure(stack->flags));
	jsonl_open_array(doc, key);
	for (i = 0; i < traceback.num; i++) {
		const struct location *location = &traceback.locations[i];
		_cleanup_free_ char *line = want_lines ? json_read_line(source, location) : NULL;

		add(doc, NULL, json_of_location(location, traceback.frames[i], source, line));
	}
	jsonl_close(doc);
	return NULL;
}
