// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/alloc_wrappers.h"

#include "heap/queries/function_name.h"

#include <stddef.h>
#include <string.h>

/** Reduced names; a '*' at the end matches any rest. The installed lists (heap/skip.h) add those of
 *  libraries; these are known without them, and mark frames in stored snapshots. */
// clang-format off
static const char *const names[] = {
	/* C library */
	"malloc", "calloc", "realloc", "reallocarray", "free", "cfree", "memalign", "aligned_alloc",
	"posix_memalign", "valloc", "pvalloc", "free_sized", "free_aligned_sized",
	"__libc_malloc", "__libc_calloc", "__libc_realloc", "__libc_reallocarray", "__libc_free",
	"__libc_memalign", "__libc_valloc", "__libc_pvalloc", "__posix_memalign",
	"strdup", "strndup", "__strdup", "__strndup", "wcsdup", "__wcsdup",
	"asprintf", "__asprintf", "__asprintf_chk", "___asprintf_chk", "__asprintf_internal",
	"vasprintf", "__vasprintf", "__vasprintf_chk", "___vasprintf_chk", "__vasprintf_internal",
	"getline", "__getline", "getdelim", "__getdelim", "_IO_getdelim",

	/* C++ library */
	"std::allocator::allocate", "std::__new_allocator::allocate",
	"__gnu_cxx::new_allocator::allocate", "__gnu_cxx::malloc_allocator::allocate",
	"std::allocator_traits::allocate", "__gnu_cxx::__alloc_traits::allocate",
	"std::__libcpp_allocate", "std::__libcpp_operator_new", "std::__allocate_at_least",

	/* Rust */
	"alloc::alloc::alloc", "alloc::alloc::alloc_zeroed", "alloc::alloc::realloc",
	"alloc::alloc::exchange_malloc", "alloc::alloc::Global::*", "alloc::alloc::__*",
	"std::alloc::__default_lib_allocator::*", "std::alloc::System::*",
	"__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc",
	"__rg_alloc", "__rg_alloc_zeroed", "__rg_realloc", "__rg_dealloc",
	"__rdl_alloc", "__rdl_alloc_zeroed", "__rdl_realloc", "__rdl_dealloc",
};

/** After one of the prefixes of malloc replacements. */
static const char *const prefixed[] = {
	"malloc*", "calloc*", "zalloc*", "realloc*", "rezalloc*", "recalloc*", "rallocx", "xallocx",
	"memalign", "aligned_alloc", "posix_memalign", "valloc", "pvalloc", "free", "cfree",
	"dallocx", "sdallocx", "new", "new_nothrow", "new_aligned", "new_aligned_nothrow", "new_n",
	"new_realloc", "new_reallocn", "newarray", "newarray_nothrow", "newarray_aligned",
	"newarray_aligned_nothrow", "delete", "deletearray", "strdup", "strndup", "realpath",
};
static const char *const prefixes[] = {"je_", "mi_heap_", "_mi_heap_", "mi_", "_mi_", "tc_"};

/** Last parts that are wrappers in every namespace and class. */
static const char *const operators[] = {
	"operator new", "operator new[]", "operator delete", "operator delete[]",
};
// clang-format on

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len && memcmp(s + len - end_len, end, end_len) == 0;
}

static bool matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static bool in_table(const char *const *table, size_t num, const char *name)
{
	size_t i;

	for (i = 0; i < num; i++)
		if (matches(table[i], name))
			return true;
	return false;
}

static bool is_operator(const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; i < NUM(operators); i++) {
		size_t end = strlen(operators[i]);

		if (ends_with(name, len, operators[i]) &&
		    (len == end || name[len - end - 1] == ':'))
			return true;
	}
	return false;
}

bool alloc_wrapper_matches(const char *function)
{
	struct function_name reduced;
	const char *name = reduced.name;
	size_t i;

	if (!function || !function_name_reduce(function, &reduced))
		return false;
	if (is_operator(name) || in_table(names, NUM(names), name))
		return true;
	for (i = 0; i < NUM(prefixes); i++)
		if (function_name_begins(name, prefixes[i]) &&
		    in_table(prefixed, NUM(prefixed), name + strlen(prefixes[i])))
			return true;
	return false;
}
