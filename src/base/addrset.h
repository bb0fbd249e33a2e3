// SPDX-License-Identifier: GPL-3.0-or-later
/** A set of addresses, made for the addresses of live blocks. Each page of 4 KiB that holds a
 *  member has one bit for every eight bytes. Small blocks lie side by side and cost about two bytes
 *  each. A block that is alone in its page costs 120 bytes. Addresses that are no multiple of eight
 *  are kept one by one. Not thread-safe. */
#ifndef BASE_ADDRSET_H
#define BASE_ADDRSET_H

#include "base/hmap.h"
#include "base/vec.h"

#define ADDRSET_PAGE_SHIFT 12
#define ADDRSET_WORDS      8

struct addrset_page {
	uint64_t bits[ADDRSET_WORDS];
};

/** Zero-filled is an empty set. */
struct addrset {
	/** Number of a page -> index in pages. */
	struct hmap index;
	VEC(struct addrset_page) pages;
	/** Indices of pages without members. */
	VEC(uint32_t) unused;
	/** Members that are no multiple of eight. */
	struct hmap odd;
	size_t num;
};

bool addrset_has(const struct addrset *set, uint64_t addr);
/** Add an address; adding a member again changes nothing. False: out of memory, or addr is
 *  HMAP_NO_KEY; the set is unchanged. O(1) amortised. */
bool addrset_add(struct addrset *set, uint64_t addr) __must_check;
/** Remove an address. False: it is no member. O(1). */
bool addrset_remove(struct addrset *set, uint64_t addr);
/** Call with each member, in any order; it must not change the set. */
void addrset_each(const struct addrset *set, void (*call)(void *ctx, uint64_t addr), void *ctx);
/** Bytes of memory held. */
size_t addrset_memory(const struct addrset *set);
/** Free everything; the set is empty and usable again. */
void addrset_deinit(struct addrset *set);

#endif
