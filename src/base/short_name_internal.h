// SPDX-License-Identifier: GPL-3.0-or-later
/** Inside of short_name(): what short_name.c and short_name_std.c share. */
#ifndef BASE_SHORT_NAME_INTERNAL_H
#define BASE_SHORT_NAME_INTERNAL_H

#include "base/short_name.h"
#include "base/vec.h"

#include <ctype.h>
#include <stdbool.h>

struct text {
	VEC(char) chars;
};

struct shortener {
	/** What is left to read. */
	const char *p;
	struct text *out;
	/** Brackets that are open, and lists of arguments among them. */
	unsigned depth;
	unsigned num_lists;
	/** Nested lists of arguments are cut, however short. */
	bool want_cut;
	bool is_broken;
	bool is_nomem;
	/** Outside of all brackets: where the last word begins, if what stands before it may be a
	 *  return type; and whether parameters have been met. */
	size_t word_at;
	bool has_parameters;
};

static inline void put(struct shortener *s, const char *p, size_t size)
{
	for (; size && !s->is_nomem; p++, size--)
		if (!vec_push(&s->out->chars, *p))
			s->is_nomem = s->is_broken = true;
}

static inline void put_text(struct shortener *s, const char *text)
{
	put(s, text, strlen(text));
}

static inline size_t num_out(const struct shortener *s)
{
	return s->out->chars.num;
}

static inline void cut_to(struct shortener *s, size_t num)
{
	s->out->chars.num = num;
}

static inline char last_out(const struct shortener *s)
{
	return num_out(s) ? s->out->chars.items[num_out(s) - 1] : '\0';
}

static inline bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '.' || (c & 0x80);
}

/** Tell whether what was written in [begin, end) is the text. */
static inline bool is_out(const struct shortener *s, size_t begin, size_t end, const char *text)
{
	return strlen(text) == end - begin &&
	       memcmp(s->out->chars.items + begin, text, end - begin) == 0;
}

/** Tell whether what was written up to end ends in the text, which begins a word. */
static inline bool ends_in(const struct shortener *s, size_t end, const char *text)
{
	size_t size = strlen(text);

	return end >= size && is_out(s, end - size, end, text) &&
	       (end == size || !is_word(s->out->chars.items[end - size - 1]));
}

/** Tell whether the arguments of this template may have defaults that nobody writes. Its name was
 *  written in [begin, end). */
bool short_name_has_defaults(const struct shortener *s, size_t begin, size_t end);

/** Tell whether an argument, written from begin on, is what such a template has without it. Of
 *  which type an allocator is does not matter; the others must be of the type of the first
 *  argument, in [first, first_end). */
bool short_name_is_default(const struct shortener *s, size_t begin, size_t first, size_t first_end);

/** Make basic_string<char> string. The template's name was written in [begin, end), and its
 *  arguments behind it. Other names stay. */
void short_name_rename_basic(struct shortener *s, size_t begin, size_t end);

/** Tell whether a word, before the :: of what it contains, is a namespace that nobody writes. */
bool short_name_is_inline_namespace(const char *word, size_t size);

#endif
