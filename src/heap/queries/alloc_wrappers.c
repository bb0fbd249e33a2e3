// SPDX-License-Identifier: GPL-3.0-or-later
// A name is reduced to namespaces, class and function, in one pass and without memory. The reduced
// name is looked up in the tables below.
#include "config.h"

#include "heap/alloc_wrappers.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/** The longest reduced name. No name in the tables comes near it. */
#define NAME_MAX_SIZE 256

/** Reduced names; a '*' at the end matches any rest. */
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

	/* C++ library: GNU */
	"std::allocator::allocate", "std::__new_allocator::allocate",
	"__gnu_cxx::new_allocator::allocate", "__gnu_cxx::malloc_allocator::allocate",
	"std::allocator_traits::allocate", "__gnu_cxx::__alloc_traits::allocate",
	"std::__allocate_guarded", "std::get_temporary_buffer",
	"std::__detail::__get_temporary_buffer", "std::basic_string::_M_*",
	"std::basic_string::_S_*", "std::basic_string::_Rep::_S_create",
	"std::basic_string::_Rep::_M_clone", "std::_Vector_base::_M_*",
	"std::_Vector_base::_Vector_base", "std::vector::_M_*", "std::_Bvector_base::_M_*",
	"std::_Deque_base::_M_*", "std::_Deque_base::_Deque_base", "std::deque::_M_*",
	"std::_List_base::_M_*", "std::list::_M_*", "std::_Fwd_list_base::_M_*",
	"std::forward_list::_M_*", "std::_Rb_tree::_M_*", "std::_Hashtable::_M_*",
	"std::__detail::_Hashtable_alloc::_M_*", "std::__detail::_ReuseOrAllocNode::*",
	"std::__detail::_AllocNode::*", "std::_Rb_tree::_Alloc_node::*",
	"std::_Rb_tree::_Reuse_or_alloc_node::*", "std::__shared_count::__shared_count",
	"std::__shared_ptr::__shared_ptr", "std::pmr::polymorphic_allocator::allocate",

	/* C++ library: LLVM */
	"std::__libcpp_allocate", "std::__libcpp_operator_new", "std::__allocate_at_least",
	"std::__split_buffer::__split_buffer", "std::vector::__vallocate",
	"std::basic_string::__init*", "std::basic_string::__grow_by*",

	/* Rust */
	"alloc::alloc::alloc", "alloc::alloc::alloc_zeroed", "alloc::alloc::realloc",
	"alloc::alloc::exchange_malloc", "alloc::alloc::Global::*", "alloc::alloc::__*",
	"alloc::raw_vec::*", "std::alloc::__default_lib_allocator::*",
	"std::sys::alloc::*", "std::alloc::System::*", "std::sys::pal::unix::alloc::*",
	"std::sys::unix::alloc::*",
	"__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc",
	"__rg_alloc", "__rg_alloc_zeroed", "__rg_realloc", "__rg_dealloc",
	"__rdl_alloc", "__rdl_alloc_zeroed", "__rdl_realloc", "__rdl_dealloc",

	/* GLib */
	"g_malloc", "g_malloc0", "g_malloc_n", "g_malloc0_n", "g_try_malloc*", "g_realloc",
	"g_realloc_n", "g_try_realloc*", "g_aligned_alloc", "g_aligned_alloc0", "g_new", "g_new0",
	"g_renew", "g_strdup", "g_strdup_printf", "g_strdup_vprintf", "g_vasprintf", "g_strndup",
	"g_strdup_inline", "g_memdup", "g_memdup2", "g_slice_alloc", "g_slice_alloc0",
	"g_slice_copy",

	/* wrappers that die when there is no memory (gnulib, libiberty, git ...) */
	"xmalloc", "xmallocz", "xmallocarray", "xzalloc", "xcalloc", "xrealloc", "xreallocarray",
	"xnmalloc", "xnrealloc", "x2realloc", "x2nrealloc", "xcharalloc", "ximalloc", "xizalloc",
	"xicalloc", "xirealloc", "xpalloc", "xstrdup", "xstrndup", "xmemdup", "xmemdupz",
	"xmemdup0", "ximemdup", "ximemdup0", "xasprintf", "xvasprintf", "xalignalloc",

	/* OpenSSL, SQLite, Redis */
	"CRYPTO_malloc", "CRYPTO_zalloc", "CRYPTO_realloc", "CRYPTO_clear_realloc", "CRYPTO_strdup",
	"CRYPTO_strndup", "CRYPTO_memdup",
	"sqlite3_malloc*", "sqlite3_realloc*", "sqlite3Malloc*", "sqlite3Realloc*",
	"sqlite3MemMalloc", "sqlite3MemRealloc", "sqlite3DbMalloc*", "sqlite3DbRealloc*",
	"sqlite3DbStrDup", "sqlite3DbStrNDup", "zmalloc*", "zcalloc*", "zrealloc*", "ztrymalloc*",
	"ztrycalloc*", "ztryrealloc*", "zstrdup",

	/* CPython */
	"PyMem_Malloc", "PyMem_Calloc", "PyMem_Realloc", "PyMem_RawMalloc", "PyMem_RawCalloc",
	"PyMem_RawRealloc", "_PyMem_*", "PyObject_Malloc", "PyObject_Calloc", "PyObject_Realloc",
	"_PyObject_Malloc", "_PyObject_Calloc", "_PyObject_Realloc", "_PyObject_DebugMalloc*",
	"_PyObject_New", "_PyObject_NewVar", "_PyObject_GC_New", "_PyObject_GC_NewVar",
	"_PyObject_GC_Malloc", "_PyObject_GC_Calloc", "_PyObject_GC_Resize",
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

/** Namespaces that are ignored: inline ones of the C++ libraries. */
static const char *const inline_namespaces[] = {"__cxx11::", "__1::", "__ndk1::"};
// clang-format on

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len && memcmp(s + len - end_len, end, end_len) == 0;
}

// Behind the template arguments that begin at s ('<'). NULL: they do not end. Arrows and shifts in
// them are in parentheses, or part of the name operator>. No name in the tables can have either.
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

// What follows the name: arguments, version, clone. A dot begins a clone suffix, because no name in
// C, C++ or Rust has one.
static bool is_end(const char *s)
{
	return *s == '\0' || *s == '(' || *s == '@' || *s == '.' || has_prefix(s, " [clone");
}

static const char *skip_namespace(const char *s)
{
	size_t i;

	for (i = 0; i < NUM(inline_namespaces); i++)
		if (has_prefix(s, inline_namespaces[i]))
			return s + strlen(inline_namespaces[i]);
	return s;
}

// Behind an ABI tag that begins at s ("[abi:v160006]"), or s.
static const char *skip_tag(const char *s)
{
	const char *end = has_prefix(s, "[abi:") ? strchr(s, ']') : NULL;

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

// `<alloc::alloc::Global as core::alloc::Allocator>::allocate`: the type that implements is what
// counts. Returns where to go on, behind the '>'.
static const char *enter_rust_impl(const char *s, char *buf, size_t *len)
{
	const char *end = skip_template(s), *as = strstr(s, " as ");

	if (!end)
		return s + strlen(s);
	if (!as || as > end)
		as = end - 1;
	*len = as - s - 1;
	if (*len >= NAME_MAX_SIZE)
		return s + strlen(s);
	memcpy(buf, s + 1, *len);
	return end;
}

/** Reduce a name to namespaces, class and function. False: it is not of a form that the tables
 *  hold. */
static bool reduce(const char *s, char buf[NAME_MAX_SIZE])
{
	size_t len = 0;

	if (*s == '<')
		s = enter_rust_impl(s, buf, &len);
	while (!is_end(s)) {
		if (*s == '<') {
			s = skip_template(s);
			if (!s)
				return false;
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
		if (len + 1 >= NAME_MAX_SIZE)
			return false;
		buf[len++] = *s++;
		if (ends_with(buf, len, "::"))
			s = skip_namespace(s);
	}
	len = without_rust_hash(buf, len);
	buf[len] = '\0';
	return len > 0;
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
	char name[NAME_MAX_SIZE];
	size_t i;

	if (!function || !reduce(function, name))
		return false;
	// glibc's names for its own use of its functions.
	if (has_prefix(name, "__GI_"))
		memmove(name, name + 5, strlen(name + 5) + 1);
	if (is_operator(name) || in_table(names, NUM(names), name))
		return true;
	for (i = 0; i < NUM(prefixes); i++)
		if (has_prefix(name, prefixes[i]) &&
		    in_table(prefixed, NUM(prefixed), name + strlen(prefixes[i])))
			return true;
	return false;
}
