// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "capture/memo.h"

#include "base/mem.h"

_Static_assert(MEMO_POOL % MEMO_MAX_WORDS == 0 && MEMO_MAX_WORDS % MEMO_STEP == 0, "whole pieces");
_Static_assert(sizeof(struct capture_memo) <= 31 << 10, "a thread may take 64 KiB in all");

static struct memo_walk *set_of(struct capture_memo *memo, const struct memo_key *key)
{
	uint64_t h = (key->return_addr ^ key->regs[WALK_SP] << 24) * 0x9fb21c651e98df25ull;

	_Static_assert(MEMO_SETS == 32, "5 bits");
	return memo->walks[h >> 59];
}

static bool has_key(const struct memo_walk *walk, const struct memo_key *key)
{
	return walk->return_addr == key->return_addr && walk->sp == key->regs[WALK_SP];
}

/** Its words were not overwritten. */
static bool is_whole(const struct capture_memo *memo, const struct memo_walk *walk)
{
	return walk->num_words && memo->head - walk->first <= MEMO_POOL;
}

static bool are_regs_same(const uint64_t *values, unsigned mask, const uint64_t *regs)
{
	uint64_t changed = 0;

	for (; mask; mask &= mask - 1)
		changed |= *values++ ^ regs[__builtin_ctz(mask)];
	return !changed;
}

static bool holds(const struct capture_memo *memo, const struct memo_walk *walk,
		  const struct memo_key *key)
{
	uint64_t sp = key->regs[WALK_SP];
	unsigned index = walk->first % MEMO_POOL;

	return key->stack_end - sp >= walk->reach &&
	       are_regs_same(&memo->words[index + walk->num_words], walk->regs, key->regs) &&
	       memo_verify(sp + key->bias, &memo->offsets[index], &memo->words[index],
			   walk->num_words);
}

const struct memo_walk *memo_find(struct capture_memo *memo, const struct memo_key *key)
{
	const struct memo_walk *set = set_of(memo, key);
	unsigned i;

	if (key->stack_end < key->regs[WALK_SP])
		return NULL;
	for (i = 0; i < MEMO_WAYS; i++)
		if (has_key(&set[i], key) && set[i].generation == key->generation &&
		    is_whole(memo, &set[i]) && holds(memo, &set[i], key)) {
			memo->num_hits++;
			return &set[i];
		}
	return NULL;
}

void memo_begin(struct memo_record *r, struct capture_memo *memo, const struct memo_key *key)
{
	uint64_t sp = key->regs[WALK_SP], left = MEMO_POOL - memo->head % MEMO_POOL;
	uint64_t room = key->stack_end > sp ? key->stack_end - sp : 0;

	if (left < MEMO_MAX_WORDS)
		memo->head += left;
	*r = (struct memo_record){.memo = memo, .sp = sp, .first = memo->head};
	r->index = (uint32_t)(r->first % MEMO_POOL);
	// As long as it is not over, all of that may be overwritten.
	memo->head += MEMO_MAX_WORDS;
	// The offset of a word is a number of 32 bits, and so is that of its end.
	if (room > UINT32_MAX)
		room = UINT32_MAX;
	r->limit = room >= sizeof(uint64_t) ? room - sizeof(uint64_t) + 1 : 0;
}

/** Less means older; without a walk it is the oldest. */
static uint64_t age_of(const struct memo_walk *walk)
{
	return walk->num_words ? walk->first + 1 : 0;
}

/** Where to remember it: in place of the same one, or of the oldest one of the set. */
static struct memo_walk *place_for(struct memo_walk *set, const struct memo_key *key, uint64_t hash)
{
	struct memo_walk *oldest = set;
	unsigned i;

	for (i = 0; i < MEMO_WAYS; i++) {
		if (has_key(&set[i], key) && set[i].hash == hash)
			return &set[i];
		if (age_of(&set[i]) < age_of(oldest))
			oldest = &set[i];
	}
	return oldest;
}

/** The registers behind the words; then the whole is that long. */
static void note_regs(struct memo_record *r, const struct memo_key *key, unsigned mask)
{
	for (; mask; mask &= mask - 1)
		r->memo->words[r->index + r->num++] = key->regs[__builtin_ctz(mask)];
}

void memo_end(struct memo_record *r, const struct memo_key *key, const struct memo_walk *result)
{
	struct capture_memo *memo = r->memo;
	struct memo_walk walk = *result, *place;

	memo->num_walks++;
	while (r->num % MEMO_STEP)
		memo_note(r, r->sp + memo->offsets[r->index], memo->words[r->index]);
	if (r->num + WALK_MAX_REGS > MEMO_MAX_WORDS)
		r->is_spoilt = true;
	walk.num_words = (uint16_t)r->num;
	if (!r->is_spoilt)
		note_regs(r, key, walk.regs);
	walk.return_addr = key->return_addr;
	walk.sp = r->sp;
	walk.generation = key->generation;
	walk.first = r->first;
	walk.reach = (uint32_t)r->reach;
	memo->head = r->first + r->num;
	if (r->is_spoilt || !walk.num_words)
		return;
	place = place_for(set_of(memo, key), key, walk.hash);
	*place = walk;
}
