// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/queries/pattern.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <stdint.h>
#include <string.h>

enum token_kind {
	TOKEN_CHAR,
	TOKEN_ANY,
	TOKEN_STAR,
	TOKEN_SET,
};

struct token {
	enum token_kind kind;
	/** TOKEN_CHAR. */
	uint32_t c;
	/** TOKEN_SET: ranges [first_range, end_range), or with is_negated everything else. */
	bool is_negated;
	size_t first_range;
	size_t end_range;
};

struct range {
	uint32_t first;
	uint32_t last;
};

struct pattern {
	VEC(struct token) tokens;
	VEC(struct range) ranges;
};

/** A character between the brackets of a set. */
struct item {
	uint32_t c;
	/** A hyphen that makes a range of its neighbours. */
	bool is_range;
};

struct items {
	struct item *items;
	size_t num;
	size_t cap;
};

void pattern_destroy(struct pattern *pattern)
{
	if (!pattern)
		return;
	vec_deinit(&pattern->tokens);
	vec_deinit(&pattern->ranges);
	free(pattern);
}

/** Where the ']' is that closes the set whose text begins at s, or NULL. */
static const char *set_end(const char *s)
{
	if (*s == '!')
		s++;
	if (*s == ']')
		s++;
	return strchr(s, ']');
}

static bool read_items(const char *s, const char *end, struct items *items)
{
	struct item item = {0};

	while (s < end) {
		s += utf8_decode(s, &item.c);
		if (!vec_push(items, item))
			return false;
	}
	return true;
}

// Python looks for the next hyphen three characters behind the last one: both ends of a range are
// taken. A hyphen at the end is an ordinary one.
static void mark_ranges(struct items *items)
{
	size_t i = items->num && items->items[0].c == '!' ? 2 : 1;

	while (i + 1 < items->num) {
		items->items[i].is_range = items->items[i].c == '-';
		i += items->items[i].is_range ? 3 : 1;
	}
}

static void drop_empty_ranges(struct items *items)
{
	size_t i;

	for (i = items->num; i-- > 0;) {
		if (!items->items[i].is_range || items->items[i - 1].c <= items->items[i + 1].c)
			continue;
		memmove(&items->items[i - 1], &items->items[i + 2],
			(items->num - i - 2) * sizeof(*items->items));
		items->num -= 3;
		i--;
	}
}

static bool add_ranges(struct pattern *pattern, const struct items *items, size_t i)
{
	while (i < items->num) {
		struct range range = {items->items[i].c, items->items[i].c};

		if (i + 2 < items->num && items->items[i + 1].is_range) {
			range.last = items->items[i + 2].c;
			i += 2;
		}
		if (!vec_push(&pattern->ranges, range))
			return false;
		i++;
	}
	return true;
}

// Python looks for the '!' after it has dropped empty ranges: [z-a!b] is [!b].
static bool add_set(struct pattern *pattern, const char *s, const char *end)
{
	struct token token = {.kind = TOKEN_SET, .first_range = pattern->ranges.num};
	struct items items = {0};
	bool is_ok = read_items(s, end, &items);

	if (is_ok) {
		mark_ranges(&items);
		drop_empty_ranges(&items);
		token.is_negated = items.num && items.items[0].c == '!';
		is_ok = add_ranges(pattern, &items, token.is_negated);
		token.end_range = pattern->ranges.num;
	}
	vec_deinit(&items);
	return is_ok && vec_push(&pattern->tokens, token);
}

static bool add_tokens(struct pattern *pattern, const char *s)
{
	const char *end;

	while (*s) {
		struct token token = {.kind = TOKEN_CHAR};

		if (*s == '[' && (end = set_end(s + 1))) {
			if (!add_set(pattern, s + 1, end))
				return false;
			s = end + 1;
			continue;
		}
		s += utf8_decode(s, &token.c);
		if (token.c == '*')
			token.kind = TOKEN_STAR;
		else if (token.c == '?')
			token.kind = TOKEN_ANY;
		if (!vec_push(&pattern->tokens, token))
			return false;
	}
	return true;
}

struct err *pattern_create(const char *text, struct pattern **ret)
{
	_cleanup_pattern_ struct pattern *pattern = calloc(1, sizeof(*pattern));

	if (!pattern || !add_tokens(pattern, text))
		return &err_nomem;
	*ret = no_cleanup_ptr(pattern);
	return NULL;
}

static bool takes(const struct pattern *pattern, const struct token *token, uint32_t c)
{
	size_t i;

	switch (token->kind) {
	case TOKEN_CHAR:
		return c == token->c;
	case TOKEN_ANY:
		return true;
	case TOKEN_SET:
		for (i = token->first_range; i < token->end_range; i++)
			if (c >= pattern->ranges.items[i].first &&
			    c <= pattern->ranges.items[i].last)
				return !token->is_negated;
		return token->is_negated;
	case TOKEN_STAR:
		break;
	}
	return false;
}

// On a mismatch only the last star can still help: it takes one character more.
bool pattern_matches(const struct pattern *pattern, const char *s)
{
	const struct token *tokens = pattern->tokens.items;
	size_t num = pattern->tokens.num, i = 0, after_star = 0;
	const char *star_end = NULL;
	uint32_t c;

	while (*s) {
		size_t size = utf8_decode(s, &c);

		if (i < num && tokens[i].kind == TOKEN_STAR) {
			after_star = ++i;
			star_end = s;
		} else if (i < num && takes(pattern, &tokens[i], c)) {
			i++;
			s += size;
		} else if (star_end) {
			star_end += utf8_decode(star_end, &c);
			s = star_end;
			i = after_star;
		} else {
			return false;
		}
	}
	while (i < num && tokens[i].kind == TOKEN_STAR)
		i++;
	return i == num;
}
