// SPDX-License-Identifier: GPL-3.0-or-later
// One pass from left to right copies the name and leaves out what is not wanted. A list is copied
// first and cut off again when it has become too long. Whatever does not fit together (a bracket
// that is not closed, a construct that is not known) breaks the pass off, and the name stays whole.
#include "config.h"

#include "base/short_name.h"

#include "base/short_name_internal.h"

#include <stdio.h>

static void take_one(struct shortener *s);

static bool skip(struct shortener *s, const char *text)
{
	size_t size = strlen(text);

	if (strncmp(s->p, text, size) != 0)
		return false;
	s->p += size;
	return true;
}

/** Copy up to the bracket that closes this place, or to a comma if it is a list. */
static void take_inside(struct shortener *s, const char *ends)
{
	if (++s->depth > SHORT_NAME_DEPTH_MAX)
		s->is_broken = true;
	while (!s->is_broken && *s->p && !strchr(ends, *s->p))
		take_one(s);
	s->depth--;
	if (!*s->p)
		s->is_broken = true;
}

/** What stands between two brackets of a kind, to the letter. */
static void take_verbatim(struct shortener *s, char open, char close)
{
	const char *begin = s->p;
	size_t depth = 0;

	do {
		depth += *s->p == open;
		depth -= *s->p == close;
		if (!*s->p++) {
			s->p--;
			s->is_broken = true;
			return;
		}
	} while (depth);
	put(s, begin, (size_t)(s->p - begin));
}

/** The word that ends at end. */
static size_t word_begin(const struct shortener *s, size_t end)
{
	while (end && is_word(s->out->chars.items[end - 1]))
		end--;
	return end;
}

static void take_arguments(struct shortener *s, bool want_defaults)
{
	size_t first = num_out(s), first_end = first, begin = first, at = first;
	bool is_first = true;

	for (;; is_first = false) {
		begin = num_out(s);
		if (!is_first)
			put_text(s, ", ");
		at = num_out(s);
		s->p += strspn(s->p, " ");
		take_inside(s, ",>");
		while (num_out(s) > at && last_out(s) == ' ')
			cut_to(s, num_out(s) - 1);
		if (is_first)
			first_end = num_out(s);
		if (s->is_broken)
			return;
		if (!is_first && !want_defaults && short_name_is_default(s, at, first, first_end))
			cut_to(s, begin);
		if (*s->p++ == '>')
			return;
	}
}

static size_t longest_list(const struct shortener *s)
{
	if (s->want_cut && s->num_lists > 1)
		return 0;
	return s->num_lists > 4 ? 0 : SHORT_NAME_ARGUMENTS_MAX >> (s->num_lists - 1);
}

/** Arguments of a template. If they are too long, the lists inside are cut, and if they still are,
 *  they themselves. */
static void take_list(struct shortener *s)
{
	size_t end = num_out(s), begin = word_begin(s, end);
	bool want_defaults = !short_name_has_defaults(s, begin, end), had_cut = s->want_cut;
	const char *at = s->p + 1;

	s->num_lists++;
	for (;;) {
		s->p = at;
		cut_to(s, end);
		put_text(s, "<");
		take_arguments(s, want_defaults);
		if (s->is_broken || num_out(s) - end - 1 <= longest_list(s) || s->want_cut)
			break;
		s->want_cut = true;
	}
	if (!s->is_broken && num_out(s) - end - 1 > longest_list(s)) {
		cut_to(s, end);
		put_text(s, "<...");
	}
	s->want_cut = had_cut;
	s->num_lists--;
	put_text(s, ">");
	short_name_rename_basic(s, begin, end);
}

/** Tell whether Rust's <TYPE as TRAIT> or <impl TRAIT for TYPE> begins here. These are no
 *  arguments, they are the name. */
static bool is_qualified(const struct shortener *s)
{
	const char *p = s->p + 1;
	int depth = 1;

	if (is_word(last_out(s)))
		return false;
	if (strncmp(p, "impl ", 5) == 0)
		return true;
	for (; *p && depth; p++) {
		depth += strchr("<([", *p) != NULL;
		depth -= *p == ')' || *p == ']' || (*p == '>' && p[-1] != '-');
		if (depth == 1 && strncmp(p, " as ", 4) == 0)
			return true;
	}
	return false;
}

static void take_angle(struct shortener *s)
{
	if (last_out(s) == ')') {
		// An expression: (a)<(b).
		put(s, s->p++, 1);
	} else if (is_qualified(s)) {
		put(s, s->p++, 1);
		take_inside(s, ">");
		put_text(s, ">");
		s->p += !s->is_broken;
	} else {
		take_list(s);
	}
}

/** Parameters, when outside of all brackets. */
static void take_parameters(struct shortener *s)
{
	bool is_template = last_out(s) == '>' && num_out(s) && s->word_at;
	size_t at = num_out(s);

	// As in void (*f<int>(int))(char).
	if (last_out(s) == ' ' || !at) {
		s->is_broken = true;
		return;
	}
	s->p++;
	put_text(s, "(");
	s->num_lists++;
	take_inside(s, ")");
	s->num_lists--;
	if (s->is_broken)
		return;
	s->p++;
	if (num_out(s) - at - 1 > SHORT_NAME_PARAMETERS_MAX) {
		cut_to(s, at);
		put_text(s, "(...");
	}
	put_text(s, ")");
	s->has_parameters = true;
	if (is_template) {
		memmove(s->out->chars.items, s->out->chars.items + s->word_at,
			num_out(s) - s->word_at);
		cut_to(s, num_out(s) - s->word_at);
		s->word_at = 0;
	}
}

static void take_round(struct shortener *s)
{
	if (skip(s, "(anonymous namespace)")) {
		put_text(s, "(anonymous namespace)");
		return;
	}
	if (!s->depth) {
		take_parameters(s);
		return;
	}
	put(s, s->p++, 1);
	take_inside(s, ")");
	put_text(s, ")");
	s->p += !s->is_broken;
}

/** {lambda(int)#1} to {lambda#1}, {{closure}} to {closure}; {unnamed type#1} and others stay. */
static void take_curly(struct shortener *s)
{
	size_t at = num_out(s), end;

	if (strncmp(s->p, "{lambda(", 8) == 0) {
		s->p += 7;
		take_verbatim(s, '(', ')');
		cut_to(s, at);
		if (s->is_broken)
			return;
		put_text(s, "{lambda");
		for (end = strcspn(s->p, "}"); end; end--)
			put(s, s->p++, 1);
		if (!skip(s, "}"))
			s->is_broken = true;
		put_text(s, "}");
	} else if (strncmp(s->p, "{{", 2) == 0 && s->p[2 + strcspn(s->p + 2, "{}")] == '}') {
		s->p++;
		take_verbatim(s, '{', '}');
		if (!skip(s, "}"))
			s->is_broken = true;
	} else {
		take_verbatim(s, '{', '}');
	}
}

/** [abi:cxx11], and the [1a2b3c] of a Rust crate, are left out. */
static void take_square(struct shortener *s)
{
	size_t digits = strspn(s->p + 1, "0123456789abcdef");

	if (strncmp(s->p, "[abi:", 5) == 0 && strchr(s->p, ']'))
		s->p = strchr(s->p, ']') + 1;
	else if (is_word(last_out(s)) && digits && strncmp(s->p + 1 + digits, "]::", 3) == 0)
		s->p += digits + 2;
	else
		take_verbatim(s, '[', ']');
}

/** A literal of Rust's constant arguments, 'x' or "text"; 'a alone is a lifetime. */
static void take_quote(struct shortener *s)
{
	size_t size = 1;

	while (s->p[size] && s->p[size] != *s->p)
		size += s->p[size] == '\\' && s->p[size + 1] ? 2 : 1;
	if (!s->p[size] || (*s->p == '\'' && s->p[1] != '\\' && size > 5))
		size = 0;
	put(s, s->p, size + 1);
	s->p += size + 1;
}

/** operator unsigned long, operator ns::Type<int> const&. */
static void take_conversion(struct shortener *s)
{
	put(s, s->p++, 1);
	while (!s->is_broken && *s->p && !strchr("(),>", *s->p))
		take_one(s);
	if (*s->p == '(' && last_out(s) == ' ')
		s->is_broken = true;
}

static void take_operator(struct shortener *s)
{
	// A longer one comes before its beginning.
	static const char *const symbols[] = {
		"()", "[]", "->*", "->",    "<=>",    "<<=",  ">>=",       "<<",      ">>",
		"<=", ">=", "==",  "!=",    "&&",     "||",   "++",        "--",      "+=",
		"-=", "*=", "/=",  "%=",    "^=",     "&=",   "|=",        "<",       ">",
		"+",  "-",  "*",   "/",     "%",      "^",    "&",         "|",       "~",
		"!",  "=",  ",",   "\"\" ", " new[]", " new", " delete[]", " delete", " co_await",
	};
	size_t i;

	for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		size_t size = strlen(symbols[i]);

		if (strncmp(s->p, symbols[i], size) != 0 ||
		    (isalpha((unsigned char)symbols[i][size - 1]) && is_word(s->p[size])))
			continue;
		put_text(s, symbols[i]);
		s->p += size;
		// operator<< <char>, operator()<char>
		if (strncmp(s->p, " <", 2) == 0)
			put(s, s->p++, 1);
		if (*s->p == '<')
			take_list(s);
		return;
	}
	if (*s->p == ' ')
		take_conversion(s);
}

static bool is_hash(const char *word, size_t size)
{
	return size == 17 && word[0] == 'h' && strspn(word + 1, "0123456789abcdef") >= 16;
}

static void take_word(struct shortener *s)
{
	const char *word = s->p;
	size_t at = num_out(s), size;

	while (is_word(*s->p))
		s->p++;
	size = (size_t)(s->p - word);
	if (short_name_is_inline_namespace(word, size) && ends_in(s, at, "std::")) {
		s->p += 2;
		return;
	}
	if (is_hash(word, size) && at > 2 && is_out(s, at - 2, at, "::")) {
		cut_to(s, at - 2);
		return;
	}
	put(s, word, size);
	if (size == 8 && memcmp(word, "operator", 8) == 0)
		take_operator(s);
	if (size != 8 || memcmp(word, "decltype", 8) != 0)
		return;
	if (*s->p == ' ')
		put(s, s->p++, 1);
	if (*s->p == '(')
		take_verbatim(s, '(', ')');
}

static void take_blank(struct shortener *s)
{
	put(s, s->p++, 1);
	if (s->depth || s->has_parameters || strchr("&*", *s->p))
		return;
	if (strncmp(s->p, "const", 5) != 0 && strncmp(s->p, "volatile", 8) != 0)
		s->word_at = num_out(s);
}

static void take_one(struct shortener *s)
{
	if (is_word(*s->p))
		take_word(s);
	else if (*s->p == '<')
		take_angle(s);
	else if (*s->p == '(')
		take_round(s);
	else if (*s->p == '{')
		take_curly(s);
	else if (*s->p == '[')
		take_square(s);
	else if (*s->p == '\'' || *s->p == '"')
		take_quote(s);
	else if (*s->p == ' ')
		take_blank(s);
	else if (strncmp(s->p, "->", 2) == 0)
		put(s, (s->p += 2) - 2, 2);
	else
		put(s, s->p++, 1);
}

char *short_name(const char *name)
{
	struct text out = {{0}};
	struct shortener s = {.p = name, .out = &out};

	// Nothing of what is left out is in the names of C functions.
	if (!name[strcspn(name, ":<([{")])
		return strdup(name);
	while (!s.is_broken && *s.p) {
		if (strchr(")>}]", *s.p))
			s.is_broken = true;
		else
			take_one(&s);
	}
	put(&s, "", 1);
	if (!s.is_broken)
		return out.chars.items;
	vec_deinit(&out.chars);
	return s.is_nomem ? NULL : strdup(name);
}

char *short_name_within(const char *text, const char *name)
{
	const char *at = *name ? strstr(text, name) : NULL;
	char *brief, *ret;

	if (!at)
		return strdup(text);
	brief = short_name(name);
	if (!brief)
		return NULL;
	if (asprintf(&ret, "%.*s%s%s", (int)(at - text), text, brief, at + strlen(name)) < 0)
		ret = NULL;
	free(brief);
	return ret;
}
