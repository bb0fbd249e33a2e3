// SPDX-License-Identifier: GPL-3.0-or-later
// In one pass and without memory. A name is copied character by character; what is to be left out
// is jumped over, or dropped from the copy when it turns out to have been a return type.
#include "config.h"

#include "heap/queries/function_name.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/** Namespaces that are ignored: inline ones of the C++ libraries. */
static const char *const inline_namespaces[] = {"__cxx11::", "__1::", "__ndk1::"};

bool function_name_begins(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len && memcmp(s + len - end_len, end, end_len) == 0;
}

// Behind the template arguments that begin at s ('<'). NULL: they do not end. Arrows and shifts in
// them are in parentheses, or part of the name operator>, except Rust's `<fn() -> T as Trait>`.
static const char *skip_template(const char *s)
{
	int depth = 0;

	for (; *s; s++) {
		if (*s == '<')
			depth++;
		else if (*s == '>' && s[-1] != '-' && --depth == 0)
			return s + 1;
	}
	return NULL;
}

#define ANONYMOUS "(anonymous namespace)::"

// What follows the name: arguments, version, clone. A dot begins a clone suffix, because no name in
// C, C++ or Rust has one.
static bool is_end(const char *s)
{
	return *s == '\0' || *s == '(' || *s == '@' || *s == '.' ||
	       function_name_begins(s, " [clone");
}

static const char *skip_namespace(const char *s)
{
	size_t i;

	for (i = 0; i < NUM(inline_namespaces); i++)
		if (function_name_begins(s, inline_namespaces[i]))
			return s + strlen(inline_namespaces[i]);
	return s;
}

// Behind an ABI tag that begins at s ("[abi:v160006]"), or s.
static const char *skip_tag(const char *s)
{
	const char *end = function_name_begins(s, "[abi:") ? strchr(s, ']') : NULL;

	return end ? end + 1 : s;
}

// "::h" and 16 hexadecimal digits, which Rust's older mangling puts behind a name.
static size_t without_rust_hash(const char *s, size_t len)
{
	size_t i;

	if (len < 19 || memcmp(s + len - 19, "::h", 3) != 0)
		return len;
	for (i = len - 16; i < len; i++)
		if (!isxdigit((unsigned char)s[i]))
			return len;
	return len - 19;
}

// The " as " of [s, end) that is in no brackets of its own, or end.
static const char *find_as(const char *s, const char *end)
{
	int depth = 0;

	for (; s < end; s++) {
		if (strchr("<([", *s))
			depth++;
		else if (strchr(")]", *s) || (*s == '>' && s[-1] != '-'))
			depth--;
		else if (depth == 0 && end - s >= 4 && memcmp(s, " as ", 4) == 0)
			return s;
	}
	return end;
}

// Copy the path of the Rust type in [s, end), without references and arguments. Returns its length;
// 0: it has no path (T, [u8], str, a tuple), or too long a one.
static size_t copy_path(const char *s, const char *end, char *buf)
{
	static const char *const marks[] = {"&", "*const ", "*mut ", "mut ", "dyn "};
	size_t len = 0, i;
	bool has_path = false;

	for (i = 0; i < NUM(marks); i++) {
		size_t size = strlen(marks[i]);

		if ((size_t)(end - s) > size && memcmp(s, marks[i], size) == 0) {
			s += size;
			i = (size_t)-1;
		}
	}
	while (s < end && *s != '<' && *s != ' ' && len + 1 < FUNCTION_NAME_MAX) {
		if (!isalnum((unsigned char)*s) && *s != '_' && *s != ':')
			return 0;
		has_path |= *s == ':';
		buf[len++] = *s++;
	}
	// Arguments written as Type::<A>.
	if (ends_with(buf, len, "::"))
		len -= 2;
	return has_path && len + 1 < FUNCTION_NAME_MAX ? len : 0;
}

// `<a::Type as b::Trait>::f`, `<a::Type>::f`: what stands in front of f. Returns where to go on,
// behind the '>', or NULL.
static const char *enter_rust_impl(const char *s, struct function_name *name, size_t *len,
				   size_t *trait_len)
{
	const char *end = skip_template(s), *as;

	if (!end || !function_name_begins(end, "::"))
		return NULL;
	as = find_as(s + 1, end - 1);
	*len = copy_path(s + 1, as, name->name);
	if (as + 4 < end)
		*trait_len = copy_path(as + 4, end - 1, name->trait);
	if (*len || *trait_len)
		return end;
	// A type of the language: only the core library adds functions to it.
	*len = strlen("core");
	memcpy(name->name, "core", *len);
	return end;
}

// Append what follows in s to buf, which has *ret characters. NULL: the name does not end, or is
// too long; else where it ends.
static const char *append(const char *s, char *buf, size_t *ret)
{
	size_t len = *ret;

	while (!is_end(s) || function_name_begins(s, ANONYMOUS)) {
		if (*s == '(') {
			s += strlen(ANONYMOUS);
			continue;
		}
		if (*s == '<') {
			s = skip_template(s);
			if (!s)
				return NULL;
			// Rust's v0 names write Type::<Arguments>.
			if (ends_with(buf, len, "::"))
				len -= 2;
			continue;
		}
		if (skip_tag(s) != s) {
			s = skip_tag(s);
			continue;
		}
		if (*s == ' ' && !ends_with(buf, len, "operator")) {
			// What came before was a return type.
			len = 0;
			s++;
			continue;
		}
		if (len + 1 >= FUNCTION_NAME_MAX)
			return NULL;
		buf[len++] = *s++;
		if (ends_with(buf, len, "::"))
			s = skip_namespace(s);
	}
	*ret = without_rust_hash(buf, len);
	return s;
}

bool function_name_reduce(const char *function, struct function_name *ret)
{
	size_t len = 0, trait_len = 0;
	const char *s = function, *end = function;

	// glibc's names for its own use of its functions.
	if (function_name_begins(s, "__GI_"))
		s += strlen("__GI_");
	else if (*s == '<')
		s = enter_rust_impl(s, ret, &len, &trait_len);
	if (!s)
		return false;
	if (trait_len)
		end = append(s, ret->trait, &trait_len);
	if (end && (len || !trait_len))
		end = append(s, ret->name, &len);
	if (!end)
		return false;
	ret->name[len] = '\0';
	ret->trait[trait_len] = '\0';
	ret->has_arguments = *end == '(';
	return len > 0 || trait_len > 0;
}
