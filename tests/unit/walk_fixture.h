// SPDX-License-Identifier: GPL-3.0-or-later
/** A stack and its rows as tables, for walks without a process. */
#ifndef TESTS_UNIT_WALK_FIXTURE_H
#define TESTS_UNIT_WALK_FIXTURE_H

#include "arch/x86_64.h"
#include "base/vec.h"
#include "test_util.h"
#include "walk/walk.h"

/** Readable memory: words [start, start + 8 * num). */
struct fake_range {
	uint64_t start;
	uint64_t *words;
	size_t num;
};

struct fake_row {
	uint64_t pc;
	bool is_call_site;
	struct cfi_row row;
};

struct fake {
	VEC(struct fake_range) ranges;
	VEC(struct fake_row) rows;
	size_t num_reads;
};

static inline void fake_deinit(struct fake *fake)
{
	size_t i;

	for (i = 0; i < fake->ranges.num; i++)
		free(fake->ranges.items[i].words);
	vec_deinit(&fake->ranges);
	vec_deinit(&fake->rows);
}

/** Zero-filled memory at start. */
static inline void fake_map(struct fake *fake, uint64_t start, size_t num_words)
{
	struct fake_range range = {start, calloc(num_words, sizeof(uint64_t)), num_words};

	ck_assert_ptr_nonnull(range.words);
	ck_assert(vec_push(&fake->ranges, range));
}

/** The word that contains addr, or NULL. */
static inline uint64_t *fake_word(struct fake *fake, uint64_t addr)
{
	size_t i;

	for (i = 0; i < fake->ranges.num; i++) {
		struct fake_range *r = &fake->ranges.items[i];

		if (addr >= r->start && (addr - r->start) / 8 < r->num)
			return &r->words[(addr - r->start) / 8];
	}
	return NULL;
}

static inline void fake_poke(struct fake *fake, uint64_t addr, uint64_t value)
{
	uint64_t *word = fake_word(fake, addr);

	ck_assert_ptr_nonnull(word);
	*word = value;
}

static inline void fake_add_row(struct fake *fake, uint64_t pc, bool is_call_site,
				struct cfi_row row)
{
	struct fake_row r = {pc, is_call_site, row};

	ck_assert(vec_push(&fake->rows, r));
}

static inline bool fake_row_of(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	struct fake *fake = ctx;
	size_t i;

	for (i = 0; i < fake->rows.num; i++) {
		if (fake->rows.items[i].pc != pc ||
		    fake->rows.items[i].is_call_site != is_call_site)
			continue;
		*ret = fake->rows.items[i].row;
		return true;
	}
	return false;
}

/** Read a word at any address. If it is not aligned, two neighbours make it up. */
static inline bool fake_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	struct fake *fake = ctx;
	const uint64_t *low = fake_word(fake, addr), *high = fake_word(fake, addr + 7);
	unsigned shift = addr % 8 * 8;

	fake->num_reads++;
	if (!low || !high || addr + 7 < addr)
		return false;
	*ret = shift ? *low >> shift | *high << (64 - shift) : *low;
	return true;
}

static inline struct walk_ops fake_ops(struct fake *fake)
{
	return (struct walk_ops){fake_row_of, fake_read, fake, &arch_unwind_x86_64};
}

#endif
