// SPDX-License-Identifier: GPL-3.0-or-later
/** Verify instead of walk. A walk is a function of the registers that it began with, the words that
 *  it read, and the rows. So whoever remembers which words it read and which registers it used can
 *  see that nothing has changed, and has the result without looking up a single row.
 *
 *  A **memo** has the remembered walks of one thread. It is plain data without a pointer, for the
 *  thread's own use. What is remembered has a fixed size in all: of the walks in one set the oldest
 *  one goes, and words go in the order in which they came. So many short walks fit in, or few long
 *  ones.
 *
 *  Only a walk is remembered that read nothing but the thread's stack from the stack pointer
 *  upwards, without fail, and met no signal frame. Verifying reads these words where they lie, so
 *  the owner says how far up that is allowed. */
#ifndef CAPTURE_MEMO_H
#define CAPTURE_MEMO_H

#include "arch/unwind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Powers of two. */
#define MEMO_SETS 32u
#define MEMO_WAYS 4u
/** Words of all walks. */
#define MEMO_POOL 2048u
/** Words of one walk, and registers; a multiple of MEMO_STEP. One that read more is not
 *  remembered. */
#define MEMO_MAX_WORDS 256u
/** So many words are compared before a difference is noticed. */
#define MEMO_STEP 4u

/** A remembered walk. */
struct memo_walk {
	/** Its key: where the function returns to, and the stack pointer at its entry. */
	uint64_t return_addr;
	uint64_t sp;
	/** capture_generation() before the walk. */
	uint64_t generation;
	uint64_t hash;
	/** Position of its words (struct capture_memo); its registers stand behind them. */
	uint64_t first;
	/** Bytes from sp on that it has read. */
	uint32_t reach;
	/** A multiple of MEMO_STEP, filled up with copies of the first; 0: no walk. */
	uint16_t num_words;
	/** Bit i: it has used the entry's register i. */
	uint8_t regs;
	/** It ended early; it found one frame at most. */
	bool is_truncated : 1;
	bool has_failed : 1;
};

/** All zero is its beginning. 30 KiB; only what is used of it is touched. */
struct capture_memo {
	/** Position behind the newest words. Positions count on for ever: that of a word modulo
	 *  MEMO_POOL is its index. */
	uint64_t head;
	/** Walks that were found here, and that were not. */
	uint64_t num_hits;
	uint64_t num_walks;
	struct memo_walk walks[MEMO_SETS][MEMO_WAYS];
	/** Of each word: bytes from the stack pointer, and what was there. */
	uint32_t offsets[MEMO_POOL];
	uint64_t words[MEMO_POOL];
};

/** The walk that is asked for, or is being remembered. */
struct memo_key {
	/** WALK_MAX_REGS of them, at the entry. */
	const uint64_t *regs;
	uint64_t return_addr;
	uint64_t generation;
	/** Words from the stack pointer up to stack_end may be read, at `bias` from their
	 *  addresses. */
	uint64_t stack_end;
	uint64_t bias;
};

/** Are the words at these distances from base what they were? num is a multiple of MEMO_STEP, and
 *  not 0. */
bool memo_verify(uint64_t base, const uint32_t *offsets, const uint64_t *words, size_t num);
/** The remembered walk whose result is that of a walk now, or NULL. It is there until the next
 *  memo_begin(). O(its words). */
const struct memo_walk *memo_find(struct capture_memo *memo, const struct memo_key *key);

/** A walk whose words are noted. */
struct memo_record {
	/** NULL: it is not remembered. */
	struct capture_memo *memo;
	uint64_t sp;
	/** Only words less than that above sp; the last one's end. */
	uint64_t limit;
	uint64_t reach;
	/** Position of the first word, and its index in the pool. */
	uint64_t first;
	uint32_t index;
	uint32_t num;
	/** Something was read that cannot be verified. */
	bool is_spoilt;
};

/** A walk begins. Remembered walks may have to go for it. It may be left without memo_end(). */
void memo_begin(struct memo_record *r, struct capture_memo *memo, const struct memo_key *key);

/** It has read a word. */
static inline void memo_note(struct memo_record *r, uint64_t addr, uint64_t word)
{
	uint64_t offset = addr - r->sp;

	if (offset >= r->limit || r->num == MEMO_MAX_WORDS) {
		r->is_spoilt = true;
		return;
	}
	r->memo->offsets[r->index + r->num] = (uint32_t)offset;
	r->memo->words[r->index + r->num++] = word;
	if (r->reach < offset + sizeof(word))
		r->reach = offset + sizeof(word);
}

/** It is over: remember it, unless it is spoilt. result: hash, regs, is_truncated and has_failed
 *  are its result; the rest is filled in. */
void memo_end(struct memo_record *r, const struct memo_key *key, const struct memo_walk *result);

#endif
