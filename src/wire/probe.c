// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/probe.h"

#include <string.h>

#define NONE ARG_NONE
#define FAMILY(prefix)                                                        \
	{prefix "malloc", PROBE_ALLOC, 0, NONE, NONE, 0, 0},                  \
		{prefix "calloc", PROBE_ALLOC, 1, 0, NONE, 0, 0},             \
		{prefix "realloc", PROBE_REALLOC, 1, NONE, 0, 0, 0},          \
		{prefix "memalign", PROBE_ALLOC, 1, NONE, NONE, 0, 0},        \
		{prefix "aligned_alloc", PROBE_ALLOC, 1, NONE, NONE, 0, 0},   \
		{prefix "posix_memalign", PROBE_ALLOC_OUT, 2, NONE, 0, 0, 0}, \
		{prefix "valloc", PROBE_ALLOC, 0, NONE, NONE, 0, 0},          \
		{prefix "pvalloc", PROBE_ALLOC, 0, NONE, NONE, 0, 0},         \
		{prefix "free", PROBE_FREE, NONE, NONE, 0, 0, 0},             \
	{                                                                     \
		prefix "cfree", PROBE_FREE, NONE, NONE, 0, 0, 0               \
	}
// jemalloc's own interface; Rust's jemallocator frees through it, tcmalloc has a part of it.
#define JEMALLOC_FAMILY(prefix)                                      \
	{prefix "mallocx", PROBE_ALLOC, 0, NONE, NONE, 0, 0},        \
		{prefix "rallocx", PROBE_REALLOC, 1, NONE, 0, 0, 0}, \
		{prefix "dallocx", PROBE_FREE, NONE, NONE, 0, 0, 0}, \
	{                                                            \
		prefix "sdallocx", PROBE_FREE, NONE, NONE, 0, 0, 0   \
	}
#define ALLOC(symbol, size)                                 \
	{                                                   \
		symbol, PROBE_ALLOC, size, NONE, NONE, 0, 0 \
	}
#define ALLOC_ARRAY(symbol, count, size)                     \
	{                                                    \
		symbol, PROBE_ALLOC, size, count, NONE, 0, 0 \
	}
#define REALLOC(symbol, ptr, size)                           \
	{                                                    \
		symbol, PROBE_REALLOC, size, NONE, ptr, 0, 0 \
	}
#define FREE(symbol)                                    \
	{                                               \
		symbol, PROBE_FREE, NONE, NONE, 0, 0, 0 \
	}
#define NEW(symbol, domain)                                   \
	{                                                     \
		symbol, PROBE_ALLOC, 0, NONE, NONE, 1, domain \
	}
#define DELETE(symbol)                                  \
	{                                               \
		symbol, PROBE_FREE, NONE, NONE, 0, 1, 0 \
	}

// clang-format off
const struct probe probes[] = {
	FAMILY(""),
	{"reallocarray", PROBE_REALLOC, 2, 1, 0, 0, 0},
	{"free_sized", PROBE_FREE, NONE, NONE, 0, 0, 0},
	{"free_aligned_sized", PROBE_FREE, NONE, NONE, 0, 0, 0},
	// Prefixed builds of jemalloc, tcmalloc, mimalloc and Rust's jemallocator.
	FAMILY("je_"),
	FAMILY("_rjem_"),
	FAMILY("tc_"),
	FAMILY("mi_"),
	{"mi_reallocarray", PROBE_REALLOC, 2, 1, 0, 0, 0},
	JEMALLOC_FAMILY(""),
	JEMALLOC_FAMILY("je_"),
	JEMALLOC_FAMILY("_rjem_"),
	// mimalloc's own interface, as Rust's allocator on it calls it.
	{"mi_zalloc", PROBE_ALLOC, 0, NONE, NONE, 0, 0},
	{"mi_malloc_aligned", PROBE_ALLOC, 0, NONE, NONE, 0, 0},
	{"mi_zalloc_aligned", PROBE_ALLOC, 0, NONE, NONE, 0, 0},
	{"mi_realloc_aligned", PROBE_REALLOC, 1, NONE, 0, 0, 0},
	{"mi_free_size", PROBE_FREE, NONE, NONE, 0, 0, 0},
	{"mi_free_size_aligned", PROBE_FREE, NONE, NONE, 0, 0, 0},
	{"mi_free_aligned", PROBE_FREE, NONE, NONE, 0, 0, 0},
	// operator new and delete (Itanium C++ ABI names). Planted where the allocator itself
	// defines them; everywhere the code of new tells the domain (probe_is_new()).
	NEW("_Znwm", DOMAIN_NEW), NEW("_ZnwmRKSt9nothrow_t", DOMAIN_NEW),
	NEW("_ZnwmSt11align_val_t", DOMAIN_NEW),
	NEW("_ZnwmSt11align_val_tRKSt9nothrow_t", DOMAIN_NEW),
	NEW("_Znam", DOMAIN_NEW_ARRAY), NEW("_ZnamRKSt9nothrow_t", DOMAIN_NEW_ARRAY),
	NEW("_ZnamSt11align_val_t", DOMAIN_NEW_ARRAY),
	NEW("_ZnamSt11align_val_tRKSt9nothrow_t", DOMAIN_NEW_ARRAY),
	DELETE("_ZdlPv"), DELETE("_ZdlPvm"), DELETE("_ZdlPvRKSt9nothrow_t"),
	DELETE("_ZdlPvSt11align_val_t"), DELETE("_ZdlPvmSt11align_val_t"),
	DELETE("_ZdlPvSt11align_val_tRKSt9nothrow_t"),
	DELETE("_ZdaPv"), DELETE("_ZdaPvm"), DELETE("_ZdaPvRKSt9nothrow_t"),
	DELETE("_ZdaPvSt11align_val_t"), DELETE("_ZdaPvmSt11align_val_t"),
	DELETE("_ZdaPvSt11align_val_tRKSt9nothrow_t"),
	// The same operators as functions, for who writes operator new in front of them. They come
	// later, as an operator that is the same function has a domain.
	ALLOC("tc_new", 0), ALLOC("tc_newarray", 0), ALLOC("tc_new_nothrow", 0),
	ALLOC("tc_newarray_nothrow", 0), ALLOC("tc_new_aligned", 0),
	ALLOC("tc_newarray_aligned", 0), ALLOC("tc_new_aligned_nothrow", 0),
	ALLOC("tc_newarray_aligned_nothrow", 0),
	FREE("tc_free_sized"), FREE("tc_delete"), FREE("tc_deletearray"), FREE("tc_delete_sized"),
	FREE("tc_deletearray_sized"), FREE("tc_delete_nothrow"), FREE("tc_deletearray_nothrow"),
	FREE("tc_delete_aligned"), FREE("tc_deletearray_aligned"), FREE("tc_delete_sized_aligned"),
	FREE("tc_deletearray_sized_aligned"),
	ALLOC("mi_new", 0), ALLOC("mi_new_nothrow", 0), ALLOC("mi_new_aligned", 0),
	ALLOC("mi_new_aligned_nothrow", 0), ALLOC_ARRAY("mi_new_n", 0, 1),
	REALLOC("mi_new_realloc", 0, 1),
	// What else mimalloc's header offers; the numbers are those of its parameters.
	ALLOC("mi_malloc_small", 0), ALLOC("mi_zalloc_small", 0), ALLOC_ARRAY("mi_mallocn", 0, 1),
	ALLOC("mi_malloc_aligned_at", 0), ALLOC("mi_zalloc_aligned_at", 0),
	ALLOC_ARRAY("mi_calloc_aligned", 0, 1), ALLOC_ARRAY("mi_calloc_aligned_at", 0, 1),
	REALLOC("mi_rezalloc", 0, 1), REALLOC("mi_realloc_aligned_at", 0, 1),
	REALLOC("mi_rezalloc_aligned", 0, 1),
	{"mi_reallocn", PROBE_REALLOC, 2, 1, 0, 0, 0},
	{"mi_recalloc", PROBE_REALLOC, 2, 1, 0, 0, 0},
	ALLOC("mi_heap_malloc", 1), ALLOC("mi_heap_zalloc", 1), ALLOC("mi_heap_malloc_small", 1),
	ALLOC_ARRAY("mi_heap_calloc", 1, 2), ALLOC_ARRAY("mi_heap_mallocn", 1, 2),
	ALLOC("mi_heap_malloc_aligned", 1), ALLOC("mi_heap_zalloc_aligned", 1),
	REALLOC("mi_heap_realloc", 1, 2), REALLOC("mi_heap_rezalloc", 1, 2),
	// libgc. Its forms for debugging (GC_debug_malloc) call these.
	ALLOC("GC_malloc", 0), ALLOC("GC_malloc_atomic", 0), ALLOC("GC_malloc_uncollectable", 0),
	ALLOC("GC_malloc_atomic_uncollectable", 0), ALLOC("GC_malloc_ignore_off_page", 0),
	ALLOC("GC_malloc_atomic_ignore_off_page", 0), ALLOC("GC_malloc_stubborn", 0),
	ALLOC("GC_malloc_explicitly_typed", 0), ALLOC_ARRAY("GC_calloc_explicitly_typed", 0, 1),
	ALLOC("GC_gcj_malloc", 0), ALLOC("GC_finalized_malloc", 0), ALLOC("GC_generic_malloc", 0),
	ALLOC("GC_memalign", 1),
	{"GC_posix_memalign", PROBE_ALLOC_OUT, 2, NONE, 0, 0, 0},
	REALLOC("GC_realloc", 0, 1), FREE("GC_free"),
	// Blink's partitions of PartitionAlloc, beside the one that is malloc.
	ALLOC("_ZN3WTF10Partitions12BufferMallocEmPKc", 0),
	ALLOC("_ZN3WTF10Partitions10FastMallocEmPKc", 0),
	ALLOC("_ZN3WTF10Partitions16FastZeroedMallocEmPKc", 0),
	REALLOC("_ZN3WTF10Partitions16BufferTryReallocEPvmPKc", 0, 1),
	FREE("_ZN3WTF10Partitions10BufferFreeEPv"), FREE("_ZN3WTF10Partitions8FastFreeEPv"),
	ALLOC("_ZN5blink10Partitions12BufferMallocEmPKc", 0),
	ALLOC("_ZN5blink10Partitions10FastMallocEmPKc", 0),
	ALLOC("_ZN5blink10Partitions16FastZeroedMallocEmPKc", 0),
	REALLOC("_ZN5blink10Partitions16BufferTryReallocEPvmPKc", 0, 1),
	FREE("_ZN5blink10Partitions10BufferFreeEPv"), FREE("_ZN5blink10Partitions8FastFreeEPv"),
};
// clang-format on

const unsigned num_probes = sizeof(probes) / sizeof(probes[0]);

// clang-format off
const char *const usable_symbols[NUM_USABLE_SYMBOLS] = {
	"malloc_info", "__libc_memalign",
	"__malloc_alloc_meta", "__dls3",
	"malloc_usable_size", "je_malloc_usable_size", "_rjem_malloc_usable_size", "tc_malloc_size",
	"mi_usable_size", "mi_malloc_usable_size",
	"nallocx", "je_nallocx", "_rjem_nallocx", "tc_nallocx", "mi_good_size",
};
// clang-format on

/** "je_free" goes with "je_malloc_usable_size", all others with what there is, plain names
 *  first. */
static uint64_t choose(const uint64_t *addrs, const char *symbol, size_t first, size_t end)
{
	uint64_t ret = 0;
	size_t i, size;

	for (i = first; i < end; i++) {
		size = strcspn(usable_symbols[i] + 1, "_") + 2;
		if (addrs[i] && i != first && strncmp(symbol, usable_symbols[i], size) == 0)
			return addrs[i];
		if (!ret)
			ret = addrs[i];
	}
	return ret;
}

struct usable_source usable_choose(const uint64_t addrs[NUM_USABLE_SYMBOLS], const char *symbol)
{
	struct usable_source ret = {USABLE_NONE};

	if (addrs[USABLE_SYMBOL_INFO] && addrs[USABLE_SYMBOL_MEMALIGN]) {
		ret.kind = USABLE_GLIBC;
		return ret;
	}
	ret.block_function = choose(addrs, symbol, USABLE_SYMBOL_CALL, USABLE_SYMBOL_GOOD);
	ret.request_function = choose(addrs, symbol, USABLE_SYMBOL_GOOD, NUM_USABLE_SYMBOLS);
	if (addrs[USABLE_SYMBOL_MUSL] || addrs[USABLE_SYMBOL_MUSL_LINKER])
		ret.kind = USABLE_MUSL;
	else if (ret.block_function)
		ret.kind = USABLE_CALL;
	return ret;
}

bool probe_is_collector(uint32_t index)
{
	return index < num_probes && strncmp(probes[index].symbol, "GC_", 3) == 0;
}

bool probe_is_new(uint32_t index)
{
	return index < num_probes && probes[index].domain != DOMAIN_MALLOC;
}

const char *probe_kind_name(enum probe_kind kind)
{
	static const char *const names[] = {"alloc", "alloc", "realloc", "free", "destroy"};

	return names[kind];
}
