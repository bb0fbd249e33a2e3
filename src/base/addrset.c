// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/addrset.h"

#include <string.h>

static bool is_odd(uint64_t addr)
{
	return addr & 7;
}

static struct addrset_page *find_page(const struct addrset *set, uint64_t addr)
{
	const uint64_t *found = hmap_find(&set->index, addr >> ADDRSET_PAGE_SHIFT);

	return found ? &set->pages.items[*found] : NULL;
}

static uint64_t *word_of(struct addrset_page *page, uint64_t addr)
{
	return &page->bits[addr >> 9 & (ADDRSET_WORDS - 1)];
}

static uint64_t bit_of(uint64_t addr)
{
	return 1ull << (addr >> 3 & 63);
}

bool addrset_has(const struct addrset *set, uint64_t addr)
{
	struct addrset_page *page;

	if (is_odd(addr))
		return hmap_find(&set->odd, addr);
	page = find_page(set, addr);
	return page && *word_of(page, addr) & bit_of(addr);
}

static struct addrset_page *add_page(struct addrset *set, uint64_t addr)
{
	const struct addrset_page empty = {0};
	uint32_t i;

	// unused always has room for every page there is, so that removing needs no memory.
	if (!set->unused.num && (!vec_grow((void **)&set->unused.items, &set->unused.cap,
					   set->pages.num, sizeof(*set->unused.items)) ||
				 !vec_push(&set->pages, empty)))
		return NULL;
	i = set->unused.num ? set->unused.items[set->unused.num - 1] : (uint32_t)set->pages.num - 1;
	if (!hmap_set(&set->index, addr >> ADDRSET_PAGE_SHIFT, i)) {
		if (!set->unused.num)
			set->pages.num--;
		return NULL;
	}
	if (set->unused.num)
		set->unused.num--;
	return &set->pages.items[i];
}

bool addrset_add(struct addrset *set, uint64_t addr)
{
	struct addrset_page *page;

	if (addrset_has(set, addr))
		return true;
	if (addr == HMAP_NO_KEY)
		return false;
	if (is_odd(addr)) {
		if (!hmap_set(&set->odd, addr, 1))
			return false;
	} else {
		page = find_page(set, addr);
		if (!page)
			page = add_page(set, addr);
		if (!page)
			return false;
		*word_of(page, addr) |= bit_of(addr);
	}
	set->num++;
	return true;
}

bool addrset_remove(struct addrset *set, uint64_t addr)
{
	const struct addrset_page empty = {0};
	struct addrset_page *page;

	if (is_odd(addr)) {
		set->num -= hmap_find(&set->odd, addr) != NULL;
		return hmap_remove(&set->odd, addr);
	}
	page = find_page(set, addr);
	if (!page || !(*word_of(page, addr) & bit_of(addr)))
		return false;
	set->num--;
	*word_of(page, addr) &= ~bit_of(addr);
	if (memcmp(page, &empty, sizeof(empty)) == 0) {
		set->unused.items[set->unused.num++] = (uint32_t)(page - set->pages.items);
		hmap_remove(&set->index, addr >> ADDRSET_PAGE_SHIFT);
	}
	return true;
}

static void each_of_page(const struct addrset_page *page, uint64_t first,
			 void (*call)(void *ctx, uint64_t addr), void *ctx)
{
	uint64_t bits;
	unsigned i;

	for (i = 0; i < ADDRSET_WORDS; i++)
		for (bits = page->bits[i]; bits; bits &= bits - 1)
			call(ctx, first + 8 * (64 * i + (unsigned)__builtin_ctzll(bits)));
}

void addrset_each(const struct addrset *set, void (*call)(void *ctx, uint64_t addr), void *ctx)
{
	const struct hmap_slot *slot;
	size_t i;

	for (i = 0; i < set->index.cap; i++) {
		slot = &set->index.slots[i];
		if (slot->key != HMAP_NO_KEY)
			each_of_page(&set->pages.items[slot->value],
				     slot->key << ADDRSET_PAGE_SHIFT, call, ctx);
	}
	for (i = 0; i < set->odd.cap; i++)
		if (set->odd.slots[i].key != HMAP_NO_KEY)
			call(ctx, set->odd.slots[i].key);
}

size_t addrset_memory(const struct addrset *set)
{
	return (set->index.cap + set->odd.cap) * sizeof(struct hmap_slot) +
	       set->pages.cap * sizeof(*set->pages.items) +
	       set->unused.cap * sizeof(*set->unused.items);
}

void addrset_deinit(struct addrset *set)
{
	hmap_deinit(&set->index);
	hmap_deinit(&set->odd);
	vec_deinit(&set->pages);
	vec_deinit(&set->unused);
	set->num = 0;
}
