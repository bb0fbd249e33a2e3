// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/plumbing.h"
#include "test_util.h"

#include <stdlib.h>

static void check_all(const char *const *names, bool expected)
{
	for (; *names; names++)
		ck_assert_msg(plumbing_matches(*names) == expected, "%s", *names);
}

#suite heap_plumbing

#tcase plumbing

#test c_library
	static const char *const names[] = {
		"malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc",
		"__libc_malloc", "__GI___libc_malloc", "strdup", "__strdup", "__GI___strdup", "strndup",
		"wcsdup", "asprintf", "vasprintf", "__vasprintf_internal", "__asprintf_chk", "getline",
		"getdelim", "_IO_getdelim", NULL};

	check_all(names, true);

#test wrappers
	static const char *const names[] = {
		"xmalloc", "xrealloc", "xcalloc", "xstrdup", "xmemdup", "g_malloc", "g_malloc0",
		"g_malloc_n", "g_try_malloc0_n", "g_realloc", "g_strdup", "g_strdup_printf", "g_strndup",
		"g_slice_alloc", "g_new", "je_malloc", "je_mallocx", "je_aligned_alloc", "mi_malloc",
		"mi_heap_zalloc_aligned", "_mi_malloc_generic", "mi_new_nothrow", "tc_malloc", "tc_new",
		"tc_newarray_nothrow", "tc_memalign", NULL};

	check_all(names, true);

#test wrappers_of_programs
	static const char *const names[] = {
		"CRYPTO_malloc", "CRYPTO_zalloc", "CRYPTO_strdup", "sqlite3_malloc64", "sqlite3Malloc",
		"sqlite3MallocZero", "sqlite3MemMalloc", "sqlite3DbMallocRawNN", "zmalloc",
		"zmalloc_usable", "ztrymalloc_usable.constprop.0", "zcalloc", "zstrdup", NULL};
	static const char *const others[] = {
		"CRYPTO_new_ex_data", "sqlite3_exec", "sqlite3MemdbInit", "sqlite3DbFree", "zslCreate",
		"_sdsnewlen", NULL};

	check_all(names, true);
	check_all(others, false);

#test python
	static const char *const names[] = {
		"PyMem_Malloc", "PyMem_RawMalloc", "PyMem_Realloc", "PyObject_Malloc",
		"_PyMem_RawMalloc", "_PyMem_DebugRawAlloc", "_PyObject_Malloc", "_PyObject_New",
		"_PyObject_GC_New", "_PyObject_GC_NewVar", NULL};

	check_all(names, true);

#test cxx
	static const char *const names[] = {
		"operator new", "operator new(unsigned long)", "operator new[](unsigned long)",
		"operator new(unsigned long, std::nothrow_t const&)", "operator delete(void*)",
		"operator delete[](void*, unsigned long)", "Widget::operator new(unsigned long)",
		"std::allocator<int>::allocate(unsigned long)",
		"std::__new_allocator<char>::allocate(unsigned long, void const*)",
		"__gnu_cxx::new_allocator<std::pair<int const, foo> >::allocate(unsigned long, void const*)",
		"std::allocator_traits<std::allocator<int> >::allocate(std::allocator<int>&, unsigned long)",
		"std::_Vector_base<int, std::allocator<int> >::_M_allocate(unsigned long)",
		"void std::vector<int, std::allocator<int> >::_M_realloc_insert<int>("
		"__gnu_cxx::__normal_iterator<int*, std::vector<int, std::allocator<int> > >, int&&)",
		"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::"
		"_M_create(unsigned long&, unsigned long)",
		"std::basic_string<char, std::char_traits<char>, std::allocator<char> >::_Rep::"
		"_S_create(unsigned long, unsigned long, std::allocator<char> const&)",
		NULL};

	check_all(names, true);

#test llvm_cxx
	static const char *const names[] = {
		"std::__1::allocator<int>::allocate[abi:v160006](unsigned long)",
		"std::__1::allocator<int>::allocate(unsigned long)",
		"void* std::__1::__libcpp_operator_new<unsigned long>(unsigned long)",
		"std::__1::__libcpp_allocate(unsigned long, unsigned long)",
		"std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> >::"
		"__init(char const*, unsigned long)", NULL};

	check_all(names, true);

#test rust
	static const char *const names[] = {
		"__rust_alloc", "__rg_alloc", "__rdl_alloc", "alloc::alloc::alloc",
		"alloc::alloc::exchange_malloc", "alloc::alloc::exchange_malloc::h0123456789abcdef",
		"alloc::raw_vec::finish_grow", "alloc::raw_vec::RawVec<T,A>::grow_one",
		"alloc::raw_vec::RawVec<T,A>::reserve::do_reserve_and_handle::h00ff00ff00ff00ff",
		"<alloc::alloc::Global as core::alloc::Allocator>::allocate",
		"alloc::alloc::Global::alloc_impl", "<alloc::raw_vec::RawVec<u8>>::try_allocate_in",
		"<std::alloc::System as core::alloc::global::GlobalAlloc>::alloc", NULL};

	check_all(names, true);

#test suffixes
	static const char *const names[] = {
		"malloc@plt", "malloc@@GLIBC_2.2.5", "xmalloc.part.0", "xrealloc.constprop.0.isra.0",
		"g_malloc [clone .cold]", "operator new(unsigned long) [clone .cold]", NULL};

	check_all(names, true);

#test others
	static const char *const names[] = {
		"", "main", "mallocate", "my_malloc", "malloc_stats", "Pool::malloc(unsigned long)",
		"ns::strdup(char const*)", "strdup2", "xmalloc_test", "std::allocate_things(int)",
		"mystd::allocator<int>::allocate(unsigned long)",
		"std::vector<int, std::allocator<int> >::push_back(int const&)",
		"std::thread::_State_impl<int>::_M_run()", "tc_new_connection", "mi_new_game",
		"je_connect", "g_new_widget", "_PyObject_Call", "_PyObject_MakeTpCall", "PyObject_Call",
		"operator_new", "my_operator new", "operator<", "operator<<", "operator->", "operator()",
		"Foo::operator bool() const", "unsigned long", "foo<", "foo<bar", "<", "<a", "<>", "(", ".",
		"@", " ", "::", "alloc::vec::Vec<T>::push", "user::alloc::alloc::alloc",
		"(anonymous namespace)::helper(int)", "void run<xmalloc>(int)", NULL};

	check_all(names, false);
	ck_assert(!plumbing_matches(NULL));

#test names_without_end
	char *name = malloc(100001);

	memset(name, 'x', 100000);
	name[100000] = '\0';
	ck_assert(!plumbing_matches(name));
	memset(name, '<', 100000);
	ck_assert(!plumbing_matches(name));
	memset(name, ' ', 100000);
	ck_assert(!plumbing_matches(name));
	// A long template argument list does not hide what it belongs to.
	memset(name, 'x', 100000);
	memcpy(name, "std::allocator<", 15);
	strcpy(name + 90000, ">::allocate(unsigned long)");
	ck_assert(plumbing_matches(name));
	free(name);
