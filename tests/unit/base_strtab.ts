// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/strtab.h"
#include "test_util.h"

#suite base_strtab

#tcase strtab

#test empty_string_is_0
	struct strtab *tab;
	uint32_t id = 9;

	ck_ok(strtab_create(&tab));
	ck_assert_str_eq(strtab_get(tab, 0), "");
	ck_ok(strtab_intern(tab, "", &id));
	ck_assert_uint_eq(id, 0);
	strtab_destroy(tab);
	strtab_destroy(NULL);

#test equal_strings_have_equal_ids
	struct strtab *tab;
	uint32_t a, b, again;
	char text[] = "one";

	ck_ok(strtab_create(&tab));
	ck_ok(strtab_intern(tab, text, &a));
	ck_ok(strtab_intern(tab, "two", &b));
	text[0] = 'x';
	ck_ok(strtab_intern(tab, "one", &again));
	ck_assert_uint_eq(a, 1);
	ck_assert_uint_eq(b, 2);
	ck_assert_uint_eq(again, a);
	ck_assert_str_eq(strtab_get(tab, a), "one");
	strtab_destroy(tab);

#test many_strings_stay_where_they_are
	struct strtab *tab;
	const char *first;
	char text[32];
	uint32_t id, i;

	ck_ok(strtab_create(&tab));
	ck_ok(strtab_intern(tab, "first", &id));
	first = strtab_get(tab, id);
	for (i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "s%u", i);
		ck_ok(strtab_intern(tab, text, &id));
		ck_assert_uint_eq(id, i + 2);
	}
	for (i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "s%u", i);
		ck_assert_str_eq(strtab_get(tab, i + 2), text);
		ck_ok(strtab_intern(tab, text, &id));
		ck_assert_uint_eq(id, i + 2);
	}
	ck_assert_ptr_eq(strtab_get(tab, 1), first);
	strtab_destroy(tab);
