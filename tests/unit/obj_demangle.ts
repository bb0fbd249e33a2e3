// SPDX-License-Identifier: GPL-3.0-or-later
#include "obj/demangle.h"

#include "base/cleanup.h"
#include "test_util.h"

#include <stdlib.h>

static void check_names(const char *name, const char *full, const char *base)
{
	_cleanup_free_ char *full_now = demangle_full(name), *base_now = demangle_base(name);

	ck_assert_pstr_eq(full_now, full);
	ck_assert_pstr_eq(base_now, base);
}

#suite obj_demangle

#tcase demangle

#test mangled_names
	check_names("_Z3fooi", "foo(int)", "foo");
	check_names("_ZN2ns1fEPKc", "ns::f(char const*)", "ns::f");
	check_names("_Znwm@@GLIBCXX_3.4", "operator new(unsigned long)", "operator new");
	check_names("_Z3fooi.cold", "foo(int) [clone .cold]", "foo");
	// Rust, by its own scheme.
	check_names("_RNvC6_123foo3bar", "123foo::bar", "123foo::bar");

#test other_names_are_left_alone
	static const char *const names[] = {
		"", "_", "_Z", "_R", "i", "main", "Z3fooi", "R3foo", "xZ3fooi", "_i", "_start",
		// What the demangler would take for names of D, and for what g++ once made.
		"_Dmain", "_D8demangle4testFZv", "_GLOBAL__I__Z3fooi", "_GLOBAL__sub_I_main",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_names(names[i], NULL, NULL);

#test a_name_that_is_too_long
	static char name[65536 + 64];
	int size = snprintf(name, sizeof(name), "_Z65540");

	memset(name + size, 'x', 65540);
	check_names(name, NULL, NULL);
