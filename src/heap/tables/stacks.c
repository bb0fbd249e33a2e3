// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/stacks.h"

#include "base/hmap.h"
#include "heap/arena.h"
#include "heap/frame.h"
#include "heap/tables/idset.h"

#include <stdlib.h>
#include <string.h>

/** How many ids a chunk of the index has, and how many chunks are enough for all ids. */
#define INDEX_CHUNK 4096u
#define NUM_CHUNKS  (1u << 20)

struct record {
	uint16_t num_frames;
	uint16_t total_nframe;
	uint32_t flags;
	/** Of frames. */
	uint32_t ids[];
};

/** The index consists of chunks. Doubling one array would cost up to another pointer a stack, and
 *  would move it under a reader. The upper level has its full size from the start: 8 MiB of address
 *  space, of which only touched pages cost memory. The same holds for frames. */
struct stacks {
	const struct record ***index;
	size_t num;
	struct idset set;
	uint64_t **frames;
	size_t num_frames;
	struct idset frame_set;
	struct arena records;
};

struct err *stacks_create(struct stacks **ret)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));

	if (!stacks)
		return &err_nomem;
	stacks->index = calloc(NUM_CHUNKS, sizeof(*stacks->index));
	stacks->frames = calloc(NUM_CHUNKS, sizeof(*stacks->frames));
	if (!stacks->index || !stacks->frames) {
		stacks_destroy(stacks);
		return &err_nomem;
	}
	*ret = stacks;
	return NULL;
}

void stacks_destroy(struct stacks *stacks)
{
	size_t i;

	if (!stacks)
		return;
	for (i = 0; stacks->index && i < NUM_CHUNKS && stacks->index[i]; i++)
		free(stacks->index[i]);
	for (i = 0; stacks->frames && i < NUM_CHUNKS && stacks->frames[i]; i++)
		free(stacks->frames[i]);
	free(stacks->index);
	free(stacks->frames);
	idset_deinit(&stacks->set);
	idset_deinit(&stacks->frame_set);
	arena_deinit(&stacks->records);
	free(stacks);
}

static const struct record *record_get(const struct stacks *stacks, uint32_t id)
{
	return stacks->index[id / INDEX_CHUNK][id % INDEX_CHUNK];
}

static uint32_t stack_hash(const struct record *head, const uint64_t *frames)
{
	uint64_t h =
		(uint64_t)head->num_frames << 48 | (uint64_t)head->total_nframe << 32 | head->flags;
	uint32_t i;

	for (i = 0; i < head->num_frames; i++) {
		h = (h ^ frames[i]) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 32;
	}
	return (uint32_t)hash_u64(h);
}

static uint64_t frame_get(const struct stacks *stacks, uint32_t id)
{
	return stacks->frames[id / STACK_CHUNK][id % STACK_CHUNK];
}

static bool is_equal(const struct stacks *stacks, const struct record *record,
		     const struct record *head, const uint64_t *frames)
{
	uint32_t i;

	if (record->num_frames != head->num_frames || record->total_nframe != head->total_nframe ||
	    record->flags != head->flags)
		return false;
	for (i = 0; i < head->num_frames; i++)
		if (frame_get(stacks, record->ids[i]) != frames[i])
			return false;
	return true;
}

static bool frames_reserve_one(struct stacks *stacks)
{
	uint64_t **chunk = &stacks->frames[stacks->num_frames / STACK_CHUNK];

	if (!*chunk)
		*chunk = malloc(STACK_CHUNK * sizeof(**chunk));
	return *chunk != NULL;
}

static struct err *intern_frame(struct stacks *stacks, uint64_t frame, uint32_t *ret)
{
	uint32_t hash = (uint32_t)hash_u64(frame), id;
	size_t pos;

	for (pos = idset_first(&stacks->frame_set, hash);
	     idset_next(&stacks->frame_set, hash, &pos, &id);) {
		if (frame_get(stacks, id) == frame) {
			*ret = id;
			return NULL;
		}
	}
	if (stacks->num_frames >= UINT32_MAX - 1 || !frames_reserve_one(stacks) ||
	    !idset_reserve_one(&stacks->frame_set))
		return &err_nomem;
	id = stacks->num_frames++;
	stacks->frames[id / STACK_CHUNK][id % STACK_CHUNK] = frame;
	idset_add(&stacks->frame_set, hash, id);
	*ret = id;
	return NULL;
}

static bool index_reserve_one(struct stacks *stacks)
{
	const struct record ***chunk = &stacks->index[stacks->num / INDEX_CHUNK];

	if (!*chunk)
		*chunk = malloc(INDEX_CHUNK * sizeof(**chunk));
	return *chunk != NULL;
}

static struct err *add(struct stacks *stacks, uint32_t hash, const struct record *head,
		       const uint64_t *frames, uint32_t *ret)
{
	struct record *record;
	uint32_t id = stacks->num, i;
	struct err *err = NULL;

	if (stacks->num >= UINT32_MAX - 1 || !index_reserve_one(stacks) ||
	    !idset_reserve_one(&stacks->set))
		return &err_nomem;
	record = arena_alloc(&stacks->records,
			     sizeof(*record) + head->num_frames * sizeof(*record->ids));
	if (!record)
		return &err_nomem;
	*record = *head;
	for (i = 0; i < head->num_frames && !err; i++)
		err = intern_frame(stacks, frames[i], &record->ids[i]);
	if (err)
		return err;
	stacks->index[id / INDEX_CHUNK][id % INDEX_CHUNK] = record;
	idset_add(&stacks->set, hash, id);
	stacks->num++;
	*ret = id;
	return NULL;
}

/** A stack as its record describes it, without frames. No frames become the unknown frame. */
static struct record describe(const uint64_t **frames, size_t num_frames, size_t total_nframe,
			      uint32_t flags)
{
	static const uint64_t unknown = FRAME_UNKNOWN;
	struct record head = {.flags = flags};

	if (!num_frames) {
		*frames = &unknown;
		num_frames = 1;
	}
	if (num_frames > STACK_TOTAL_MAX)
		num_frames = STACK_TOTAL_MAX;
	if (total_nframe < num_frames)
		total_nframe = num_frames;
	head.num_frames = (uint16_t)num_frames;
	head.total_nframe = total_nframe > STACK_TOTAL_MAX ? STACK_TOTAL_MAX : total_nframe;
	return head;
}

static bool find(const struct stacks *stacks, uint32_t hash, const struct record *head,
		 const uint64_t *frames, uint32_t *ret)
{
	uint32_t id;
	size_t pos;

	for (pos = idset_first(&stacks->set, hash); idset_next(&stacks->set, hash, &pos, &id);) {
		if (is_equal(stacks, record_get(stacks, id), head, frames)) {
			*ret = id;
			return true;
		}
	}
	return false;
}

struct err *stacks_intern(struct stacks *stacks, const uint64_t *frames, size_t num_frames,
			  size_t total_nframe, uint32_t flags, uint32_t *ret)
{
	struct record head = describe(&frames, num_frames, total_nframe, flags);
	uint32_t hash = stack_hash(&head, frames);

	if (find(stacks, hash, &head, frames, ret))
		return NULL;
	return add(stacks, hash, &head, frames, ret);
}

bool stacks_find(const struct stacks *stacks, const uint64_t *frames, size_t num_frames,
		 size_t total_nframe, uint32_t flags, uint32_t *ret)
{
	struct record head = describe(&frames, num_frames, total_nframe, flags);

	return find(stacks, stack_hash(&head, frames), &head, frames, ret);
}

struct stack stacks_get(const struct stacks *stacks, uint32_t id)
{
	const struct record *record = record_get(stacks, id);

	return (struct stack){
		.num_frames = record->num_frames,
		.total_nframe = record->total_nframe,
		.flags = record->flags,
		.ids = record->ids,
		.chunks = stacks->frames,
	};
}

size_t stacks_num(const struct stacks *stacks)
{
	return stacks->num;
}

size_t stacks_num_frames(const struct stacks *stacks)
{
	return stacks->num_frames;
}

size_t stacks_memory(const struct stacks *stacks)
{
	size_t num_chunks = (stacks->num + INDEX_CHUNK - 1) / INDEX_CHUNK;
	size_t num_frame_chunks = (stacks->num_frames + STACK_CHUNK - 1) / STACK_CHUNK;

	return sizeof(*stacks) + num_chunks * (INDEX_CHUNK + 1) * sizeof(**stacks->index) +
	       idset_memory(&stacks->set) + stacks->records.memory +
	       num_frame_chunks * (STACK_CHUNK + 1) * sizeof(**stacks->frames) +
	       idset_memory(&stacks->frame_set);
}
