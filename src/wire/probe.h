// SPDX-License-Identifier: GPL-3.0-or-later
/** Allocator functions as data. One const table serves the search for symbols, the meaning of
 *  calls (capture/), and the names in reports. */
#ifndef WIRE_PROBE_H
#define WIRE_PROBE_H

#include "base/err.h"
#include "base/vec.h"
#include "wire/probe_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const struct probe probes[];
extern const unsigned num_probes;

/** How the usable size of a block can be found out at the entry of the function that frees it. */
enum usable_kind {
	USABLE_NONE,
	/** From the header of the chunk (glibc, malloc.c: struct malloc_chunk). */
	USABLE_GLIBC,
	/** From group and meta (musl's mallocng, meta.h); it is the requested size itself. */
	USABLE_MUSL,
	/** By a call of the allocator's own function. */
	USABLE_CALL,
};

/** Symbols that tell of it. */
enum usable_symbol {
	/** glibc defines both; other allocators at most one. */
	USABLE_SYMBOL_INFO,
	USABLE_SYMBOL_MEMALIGN,
	/** Of mallocng; hidden, so only in static programs that are not stripped. */
	USABLE_SYMBOL_MUSL,
	/** Of musl as a shared object, which is its dynamic linker, too. */
	USABLE_SYMBOL_MUSL_LINKER,
	/** malloc_usable_size(ptr) and its like: from here on. */
	USABLE_SYMBOL_CALL,
	/** nallocx(size, 0) and its like, what a request of that size gets: from here on. */
	USABLE_SYMBOL_GOOD = USABLE_SYMBOL_CALL + 6,
	NUM_USABLE_SYMBOLS = USABLE_SYMBOL_GOOD + 5,
};
extern const char *const usable_symbols[NUM_USABLE_SYMBOLS];

/** How to find out the sizes of an allocator's blocks. */
struct usable_source {
	/** enum usable_kind. */
	uint32_t kind;
	uint32_t reserved;
	/** Unless USABLE_GLIBC: the functions that tell of a block, and of a request; 0: there is none. */
	uint64_t block_function;
	uint64_t request_function;
};

/** An object defines those symbols whose addrs are not 0. symbol: of the function that frees; it goes with the functions of the
 *  same prefix. */
struct usable_source usable_choose(const uint64_t addrs[NUM_USABLE_SYMBOLS], const char *symbol);

/** Number of probes at the begin of the table that are malloc and its family under their plain names. */
#define PROBES_PLAIN 10

/** "alloc", "realloc", "free" ... */
const char *probe_kind_name(enum probe_kind kind);

/** Functions of the user's own at most; the room for the name of their domain, with its NUL. */
#define PROBES_USER_MAX  64
#define PROBE_DOMAIN_MAX 32

/** Probes of the user's own: number i is index num_probes + i. Zero-filled is empty. */
struct probe_list {
	/** Symbols are owned. */
	VEC(struct probe) items;
};

/** Append the probes of "domain=NAME,alloc=FUNCTION(size=N,count=N,out=N),realloc=FUNCTION(ptr=N,size=N,count=N),
 *  free=FUNCTION(ptr=N)"; N counts the arguments from 1. Several functions of a kind are several parts; size may be left out of
 *  alloc, then it is 0; with out the block is stored through that argument and the function returns 0. Their domain is
 *  to be set by the caller, from *first_ret on; its name goes to domain_ret. ERR_USAGE says what is wrong with spec; the list
 *  is unchanged then. */
struct err *probe_list_parse(struct probe_list *list, const char *spec,
			     char domain_ret[PROBE_DOMAIN_MAX], size_t *first_ret) __must_check;
void probe_list_deinit(struct probe_list *list);

/** The probe of an index; list may be NULL: the table alone. */
const struct probe *probe_at(const struct probe_list *list, uint32_t index);
/** How many indices there are. */
uint32_t probe_num(const struct probe_list *list);

/** Is the index that of an operator new or new[] of the table? A stack that begins in one belongs to its domain. */
bool probe_is_new(uint32_t index);

#endif
