// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbolize.h"

#include "base/hmap.h"
#include "heap/alloc_wrappers.h"
#include "heap/frame.h"
#include "obj/lookup/jit.h"
#include "obj/lookup/source.h"
#include "obj/modules/modules_internal.h"
#include "obj/symbols/demangle.h"
#include "obj/symbols/lines.h"
#include "obj/symbols/symindex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The answer for one frame. */
struct answer {
	struct location *locations;
	size_t num;
};

struct symbolizer {
	struct resolver resolver;
	struct modules *modules;
	/** Frame -> index of its answer. */
	struct hmap by_frame;
	VEC(struct answer) answers;
	struct sources sources;
	struct jit jit;
	/** Not taken yet. */
	VEC(char *) notes;
};

static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret);

struct err *symbolizer_create(struct modules *modules, struct symbolizer **ret)
{
	struct symbolizer *symbolizer = calloc(1, sizeof(*symbolizer));
	struct err *err;

	if (!symbolizer)
		return &err_nomem;
	err = strtab_create(&symbolizer->resolver.strings);
	if (err) {
		free(symbolizer);
		return err;
	}
	symbolizer->resolver.ctx = symbolizer;
	symbolizer->resolver.resolve = resolve;
	symbolizer->modules = modules;
	*ret = symbolizer;
	return NULL;
}

void symbolizer_destroy(struct symbolizer *symbolizer)
{
	size_t i;

	if (!symbolizer)
		return;
	for (i = 0; i < symbolizer->answers.num; i++)
		free(symbolizer->answers.items[i].locations);
	for (i = 0; i < symbolizer->notes.num; i++)
		free(symbolizer->notes.items[i]);
	vec_deinit(&symbolizer->notes);
	vec_deinit(&symbolizer->answers);
	hmap_deinit(&symbolizer->by_frame);
	sources_deinit(&symbolizer->sources);
	jit_deinit(&symbolizer->jit);
	strtab_destroy(symbolizer->resolver.strings);
	free(symbolizer);
}

const struct resolver *symbolizer_resolver(struct symbolizer *symbolizer)
{
	return &symbolizer->resolver;
}

char *symbolizer_source_line(void *symbolizer, const char *file, uint32_t line)
{
	struct symbolizer *s = symbolizer;
	const struct target *target = modules_source_target(s->modules);

	return target ? sources_line(&s->sources, target, file, line) : NULL;
}

/** The name to show for a symbol or linkage name; the caller frees. NULL: no memory. Parts and
 *  copies that the compiler made of a function (f.cold, f.isra.0) go by its name, as they do with
 *  DWARF. */
static char *shown_name(const char *name)
{
	_cleanup_free_ char *whole = strndup(name, demangle_whole_size(name));
	char *demangled = whole ? demangle_full(whole) : NULL;

	return demangled ? demangled : no_cleanup_ptr(whole);
}

/** Where the real function at an address is known by DWARF and by symbols: glibc's DWARF says
 *  __libc_malloc and __strdup, the symbols of the same place say malloc and strdup too. */
static const char *better_name(const char *from_lines, const struct symbol *symbol)
{
	if (!from_lines)
		return symbol ? symbol->name : NULL;
	if (symbol && from_lines[0] == '_' && strspn(symbol->name, "_") < strspn(from_lines, "_"))
		return symbol->name;
	return from_lines;
}

static struct err *intern_function(struct symbolizer *symbolizer, const char *name,
				   struct location *location)
{
	_cleanup_free_ char *shown = shown_name(name);

	if (!shown)
		return &err_nomem;
	location->is_alloc_wrapper = alloc_wrapper_matches(shown);
	return strtab_intern(symbolizer->resolver.strings, shown, &location->function);
}

/** libdw joins a file's directory and name; comp_dir only when that is the directory itself. A
 *  relative comp_dir (reproducible builds have such) may be in the path already. */
static bool needs_comp_dir(const struct line_frame *frame)
{
	size_t size;

	if (frame->file[0] == '/' || !frame->comp_dir || !frame->comp_dir[0])
		return false;
	size = strlen(frame->comp_dir);
	return strncmp(frame->file, frame->comp_dir, size) != 0 || frame->file[size] != '/';
}

static struct err *intern_path(struct symbolizer *symbolizer, const struct line_frame *frame,
			       uint32_t *ret)
{
	bool is_joined = needs_comp_dir(frame);
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s%s%s", is_joined ? frame->comp_dir : "", is_joined ? "/" : "",
		     frame->file) < 0) {
		path = NULL;
		return &err_nomem;
	}
	source_path_normalize(path);
	return strtab_intern(symbolizer->resolver.strings, path, ret);
}

/** MODULE(FUNCTION+0xOFF) or MODULE(+0xADDR) as file. */
static struct err *intern_place(struct symbolizer *symbolizer, const struct module_entry *entry,
				uint64_t addr, const struct symbol *symbol, uint32_t *ret)
{
	const char *path = entry->pub.called ? entry->pub.called : entry->binary->file->path;
	const char *slash = strrchr(path, '/');
	const char *module = slash ? slash + 1 : path;
	_cleanup_free_ char *function = symbol ? shown_name(symbol->name) : strdup("");
	_cleanup_free_ char *text = NULL;

	if (!function)
		return &err_nomem;
	if (asprintf(&text, "%s(%s+0x%" PRIx64 ")", module, function,
		     symbol ? addr - symbol->addr : addr) < 0) {
		text = NULL;
		return &err_nomem;
	}
	return strtab_intern(symbolizer->resolver.strings, text, ret);
}

struct lookup {
	struct symbolizer *symbolizer;
	const struct module_entry *entry;
	uint64_t addr;
	const struct symbol *symbol;
};

/** is_outermost: the frame's real function, nothing inlined. */
static struct err *fill_location(const struct lookup *lookup, const struct line_frame *frame,
				 bool is_outermost, struct location *location)
{
	const struct module *module = &lookup->entry->pub;
	const char *function = frame->function;
	struct err *err;

	if (is_outermost)
		function = better_name(function, lookup->symbol);
	err = strtab_intern(lookup->symbolizer->resolver.strings,
			    module->called ? module->called : module->path, &location->module);
	if (!err && function)
		err = intern_function(lookup->symbolizer, function, location);
	if (err)
		return err;
	location->has_line = frame->file;
	if (!frame->file)
		return intern_place(lookup->symbolizer, lookup->entry, lookup->addr, lookup->symbol,
				    &location->file);
	location->line = frame->line;
	return intern_path(lookup->symbolizer, frame, &location->file);
}

static struct err *fill_answer(const struct lookup *lookup, const struct line_frames *frames,
			       struct answer *answer)
{
	size_t i;

	answer->num = frames->num;
	answer->locations = calloc(answer->num, sizeof(*answer->locations));
	if (!answer->locations)
		return &err_nomem;
	for (i = 0; i < answer->num; i++) {
		struct err *err = fill_location(lookup, &frames->items[i], i + 1 == frames->num,
						&answer->locations[i]);

		if (err) {
			free(answer->locations);
			return err;
		}
	}
	return NULL;
}

/** Without memory the note stays with the binary, and the next look-up tries again. */
static void take_missing_note(struct symbolizer *symbolizer, struct binary *binary)
{
	if (binary->libdw.note && vec_push(&symbolizer->notes, binary->libdw.note))
		binary->libdw.note = NULL;
}

char *symbolizer_take_note(struct symbolizer *symbolizer)
{
	return symbolizer->notes.num ? vec_shift(&symbolizer->notes) : NULL;
}

static struct err *look_up(struct symbolizer *symbolizer, const struct module_entry *entry,
			   uint64_t addr, struct answer *answer)
{
	struct lookup lookup = {symbolizer, entry, addr, NULL};
	const struct line_frame nothing = {0};
	struct line_frames frames = {0};
	const struct symindex *index;
	struct err *err = binary_symbols(entry->binary, &index);

	if (err)
		return err;
	lookup.symbol = symindex_find(index, addr);
	err = binary_find_lines(entry->binary, addr, &frames);
	take_missing_note(symbolizer, entry->binary);
	if (!err && !frames.num && !vec_push(&frames, nothing))
		err = &err_nomem;
	if (!err)
		err = fill_answer(&lookup, &frames, answer);
	vec_deinit(&frames);
	return err;
}

static struct err *answer_unknown(struct symbolizer *symbolizer, struct answer *answer)
{
	struct location *location = calloc(1, sizeof(*location));
	struct err *err;

	if (!location)
		return &err_nomem;
	err = strtab_intern(symbolizer->resolver.strings, "<unknown>", &location->file);
	if (err) {
		free(location);
		return err;
	}
	*answer = (struct answer){location, 1};
	return NULL;
}

static struct err *intern_jit_place(struct symbolizer *symbolizer, const struct jit_code *code,
				    uint64_t addr, uint32_t *ret)
{
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "[jit](%s+0x%" PRIx64 ")", code->name, addr - code->start) < 0) {
		text = NULL;
		return &err_nomem;
	}
	return strtab_intern(symbolizer->resolver.strings, text, ret);
}

/** A function that was made at run time. The names that runtimes give are for people already. */
static struct err *answer_jit(struct symbolizer *symbolizer, const struct jit_code *code,
			      uint64_t addr, struct answer *answer)
{
	struct strtab *strings = symbolizer->resolver.strings;
	struct location *location = calloc(1, sizeof(*location));
	const char *file = NULL;
	struct err *err;

	if (!location)
		return &err_nomem;
	err = strtab_intern(strings, "[jit]", &location->module);
	if (!err)
		err = strtab_intern(strings, code->name, &location->function);
	location->has_line = jitdump_line(code, addr, &file, &location->line);
	if (!err)
		err = location->has_line
			      ? strtab_intern(strings, file, &location->file)
			      : intern_jit_place(symbolizer, code, addr, &location->file);
	if (err) {
		free(location);
		return err;
	}
	*answer = (struct answer){location, 1};
	return NULL;
}

/** code: NULL for a frame of a module. */
static struct err *add_answer(struct symbolizer *symbolizer, uint64_t frame,
			      const struct jit_code *code, struct answer *ret)
{
	const struct module_entry *entry =
		modules_get_entry(symbolizer->modules, frame_module(frame));
	struct answer answer;
	struct err *err;

	if (!vec_reserve_one(&symbolizer->answers))
		return &err_nomem;
	if (entry)
		err = look_up(symbolizer, entry, frame_addr(frame), &answer);
	else
		err = code ? answer_jit(symbolizer, code, frame_addr(frame), &answer)
			   : answer_unknown(symbolizer, &answer);
	if (err)
		return err;
	if (!hmap_set(&symbolizer->by_frame, frame, symbolizer->answers.num)) {
		free(answer.locations);
		return &err_nomem;
	}
	symbolizer->answers.items[symbolizer->answers.num++] = answer;
	*ret = answer;
	return NULL;
}

static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	struct symbolizer *symbolizer = ctx;
	const struct jit_code *code = NULL;
	const uint64_t *found;
	struct answer answer;
	struct err *err;

	// No module has this id: nothing is known of it.
	if (frame == HMAP_NO_KEY)
		frame = FRAME_UNKNOWN;
	found = hmap_find(&symbolizer->by_frame, frame);
	if (!found && !frame_module(frame)) {
		code = jit_find(&symbolizer->jit, symbolizer->modules, frame_addr(frame));
		// Its name may be written later, so the frame gets no answer of its own.
		frame = code ? frame : FRAME_UNKNOWN;
		found = hmap_find(&symbolizer->by_frame, frame);
	}
	if (found) {
		answer = symbolizer->answers.items[*found];
	} else {
		err = add_answer(symbolizer, frame, code, &answer);
		if (err)
			return err;
	}
	*ret = answer.locations;
	*num_ret = answer.num;
	return NULL;
}
