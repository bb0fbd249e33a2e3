// SPDX-License-Identifier: GPL-3.0-or-later
// What people leave out when they write names of C++'s standard library.
#include "config.h"

#include "base/short_name_internal.h"

bool short_name_has_defaults(const struct shortener *s, size_t begin, size_t end)
{
	static const char *const templates[] = {
		"vector",
		"deque",
		"list",
		"forward_list",
		"set",
		"multiset",
		"map",
		"multimap",
		"unordered_set",
		"unordered_map",
		"unordered_multiset",
		"unordered_multimap",
		"unique_ptr",
		"_Vector_base",
		"_Deque_base",
		"_List_base",
		"_Fwd_list_base",
		"_Rb_tree",
	};
	size_t i;

	if (!ends_in(s, begin, "std::"))
		return false;
	if (end - begin > 6 && memcmp(s->out->chars.items + begin, "basic_", 6) == 0)
		return true;
	for (i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (is_out(s, begin, end, templates[i]))
			return true;
	return false;
}

bool short_name_is_default(const struct shortener *s, size_t begin, size_t first, size_t first_end)
{
	static const char *const defaults[] = {"std::less<", "std::equal_to<", "std::hash<",
					       "std::char_traits<", "std::default_delete<"};
	const char *text = s->out->chars.items + begin, *key = s->out->chars.items + first;
	size_t size = num_out(s) - begin, key_size = first_end - first, prefix, i;

	if (size > 15 && memcmp(text, "std::allocator<", 15) == 0)
		return true;
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		prefix = strlen(defaults[i]);
		if (size <= prefix || memcmp(text, defaults[i], prefix) != 0)
			continue;
		return is_out(s, begin + prefix, num_out(s), "...>") ||
		       (size == prefix + key_size + 1 && memcmp(text + prefix, key, key_size) == 0);
	}
	return false;
}

void short_name_rename_basic(struct shortener *s, size_t begin, size_t end)
{
	static const struct {
		const char *argument;
		const char *prefix;
	} kinds[] = {{"<char>", ""},
		     {"<wchar_t>", "w"},
		     {"<char8_t>", "u8"},
		     {"<char16_t>", "u16"},
		     {"<char32_t>", "u32"}};
	size_t i, size = end - begin - strlen("basic_");
	char word[32];

	if (end - begin <= 6 || size >= sizeof(word) || !ends_in(s, begin, "std::") ||
	    memcmp(s->out->chars.items + begin, "basic_", 6) != 0)
		return;
	memcpy(word, s->out->chars.items + end - size, size);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!is_out(s, end, num_out(s), kinds[i].argument))
			continue;
		cut_to(s, begin);
		put_text(s, kinds[i].prefix);
		put(s, word, size);
		return;
	}
}

bool short_name_is_inline_namespace(const char *word, size_t size)
{
	static const char *const names[] = {"__cxx11", "__1", "__2", "__ndk1", "_V2"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == size && memcmp(word, names[i], size) == 0)
			return strncmp(word + size, "::", 2) == 0;
	return false;
}
