// SPDX-License-Identifier: GPL-3.0-or-later
/** Allocator functions as data. One const table serves the search for symbols, the meaning of calls
 *  (capture/), and the names in reports. */
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

/** Symbols that tell which way is possible. */
enum usable_symbol {
	/** glibc defines both; other allocators at most one. */
	USABLE_SYMBOL_INFO,
	USABLE_SYMBOL_MEMALIGN,
	/** A symbol of mallocng. It is hidden, so it shows only in static programs that are not
	 *  stripped. */
	USABLE_SYMBOL_MUSL,
	/** A symbol of musl as a shared object, which is its dynamic linker, too. */
	USABLE_SYMBOL_MUSL_LINKER,
	/** malloc_usable_size(ptr) and the like: from here on. */
	USABLE_SYMBOL_CALL,
	/** nallocx(size, 0) and the like, which tell what a request of that size gets: from here
	 *  on. */
	USABLE_SYMBOL_GOOD = USABLE_SYMBOL_CALL + 6,
	NUM_USABLE_SYMBOLS = USABLE_SYMBOL_GOOD + 5,
};
extern const char *const usable_symbols[NUM_USABLE_SYMBOLS];

/** Choose the way for an object. It defines those symbols whose addrs are not 0. symbol is the
 *  function that frees; it belongs to the functions with the same prefix. */
struct usable_source usable_choose(const uint64_t addrs[NUM_USABLE_SYMBOLS], const char *symbol);

/** How many probes at the beginning of the table are malloc and its family under their plain
 *  names. */
#define PROBES_PLAIN 10

/** "alloc", "realloc", "free" ... */
const char *probe_kind_name(enum probe_kind kind);

/** How many functions the user can name; and the room for the name of their domain, with its
 *  NUL. */
#define PROBES_USER_MAX  64
#define PROBE_DOMAIN_MAX 32

/** Probes that the user named. Number i has the index num_probes + i. Zero-filled is empty. */
struct probe_list {
	/** Symbols are owned. */
	VEC(struct probe) items;
};

/** Where a function without a name is, "0x4f10" or "libfoo.so+0x4f10": the ELF virtual address, and
 *  the file's name, size 0: the main program. False: it is a name. */
bool probe_place(const char *symbol, size_t *file_size_ret, uint64_t *addr_ret);

/** Append the probes of
 *  "domain=NAME,alloc=FUNCTION(size=N,count=N,out=N),realloc=FUNCTION(ptr=N,size=N,count=N),
 *  free=FUNCTION(ptr=N),destroy=FUNCTION(pool=N)". N counts the arguments from 1. Several functions
 *  of a kind are several parts. A function may be a place (probe_place()). alloc and realloc take
 *  pool=N, too, the handle of the pool. Without size, blocks have the size 0. With out, the
 *  function stores the block through that argument and returns 0. The caller sets their domain,
 *  from *first_ret on; its name goes to domain_ret. ERR_USAGE says what is wrong with spec; the
 *  list is then unchanged. */
struct err *probe_list_parse(struct probe_list *list, const char *spec,
			     char domain_ret[PROBE_DOMAIN_MAX], size_t *first_ret) __must_check;
void probe_list_deinit(struct probe_list *list);

/** The probe of an index. list may be NULL: then only the table counts. */
const struct probe *probe_at(const struct probe_list *list, uint32_t index);
/** How many indices there are. */
uint32_t probe_num(const struct probe_list *list);

/** Tell whether the index is that of a function of a garbage collector: nobody calls it for the
 *  blocks that it takes back. */
bool probe_is_collector(uint32_t index);

/** Tell whether the index is that of an operator new or new[] of the table. A stack that begins in
 *  one belongs to its domain. */
bool probe_is_new(uint32_t index);

#endif
