// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "store/store_internal.h"

#include <string.h>

// The checksum of a state says what it is, not how it is stored, so no id goes into it. It is part
// of the file format.

static uint64_t mix(uint64_t h, uint64_t value)
{
	return hash_u64((h ^ value) * 0x9e3779b97f4a7c15ull + 1);
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	size_t i;

	for (i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return mix(h, size);
}

static uint64_t hash_module(const struct mirror *m, uint32_t id)
{
	const struct archive_module *module = archive_get_module(m->archive, id);

	return hash_bytes(m->string_hashes.items[module->path], module->build_id,
			  module->build_id_size);
}

static uint64_t hash_frame(const struct mirror *m, const struct archive_frame *frame)
{
	const uint64_t *strings = m->string_hashes.items;
	uint64_t h = mix(hash_module(m, frame->module), frame->offset);
	uint32_t i;

	for (i = 0; i < frame->num_locations; i++) {
		const struct location *l = &frame->locations[i];

		h = mix(h, strings[l->file]);
		h = mix(h, strings[l->function]);
		h = mix(h, strings[l->module]);
		h = mix(h, (uint64_t)l->line << 2 | l->has_line << 1 | l->is_alloc_wrapper);
	}
	return h;
}

static uint64_t hash_stack(const struct mirror *m, uint32_t id)
{
	struct stack stack = stacks_get(heap_stacks(m->heap), id);
	uint64_t h = mix(stack.total_nframe, stack.flags & STACK_TRUNCATED);
	uint32_t i;

	for (i = 0; i < stack.num_frames; i++)
		h = mix(h, m->frame_hashes.items[frame_addr(stack_frame(&stack, i))]);
	return h;
}

static struct err *hash_tables(struct mirror *m)
{
	bool is_ok = true;
	size_t i;

	for (i = m->string_hashes.num; i < strtab_num(m->strings) && is_ok; i++) {
		const char *text = strtab_get(m->strings, i);

		is_ok = vec_push(&m->string_hashes, hash_bytes(0, text, strlen(text)));
	}
	for (i = m->frame_hashes.num; i < archive_num(m->archive) && is_ok; i++)
		is_ok = vec_push(&m->frame_hashes, hash_frame(m, archive_get(m->archive, i)));
	for (i = m->stack_hashes.num; i < stacks_num(heap_stacks(m->heap)) && is_ok; i++)
		is_ok = vec_push(&m->stack_hashes, hash_stack(m, i));
	return is_ok ? NULL : &err_nomem;
}

// 0 if there are none, as in files of the version that does not know older blocks.
static uint64_t hash_older(const struct older_class *classes, size_t num, uint64_t num_unsized)
{
	uint64_t sum = num_unsized ? mix(1, num_unsized) : 0, h;
	size_t i;

	for (i = 0; i < num; i++) {
		h = mix(classes[i].usable, classes[i].low);
		h = mix(h, classes[i].freed_blocks);
		h = mix(h, classes[i].freed_usable);
		h = mix(h, classes[i].traced_requested);
		sum += mix(h, classes[i].traced_usable);
	}
	return sum;
}

static uint64_t hash_site(const struct mirror *m, size_t id)
{
	const struct alloc_site *site = heap_alloc_site(m->heap, (uint32_t)id);

	return mix(m->stack_hashes.items[site->stack],
		   (uint64_t)site->domain << 32 | (uint32_t)site->tid);
}

static uint64_t mix_double(uint64_t h, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return mix(h, bits);
}

// 0 if nothing was sampled, as in files of the versions that do not know of it.
static uint64_t hash_variances(const struct mirror *m, const struct variance_rows *rows)
{
	uint64_t sum = rows->rate ? mix(mix(2, rows->rate), rows->first_seq) : 0, h;
	size_t i;

	for (i = 0; i < rows->sites.num; i++) {
		const struct site_variance *v = &rows->sites.items[i];

		// Sites of other snapshots; they have no row.
		if (v->total.count <= 0 && v->live.count <= 0 && v->total.size <= 0 &&
		    v->live.size <= 0)
			continue;
		h = mix_double(hash_site(m, i), v->live.size);
		h = mix_double(h, v->live.count);
		h = mix_double(h, v->total.size);
		sum += mix_double(h, v->total.count);
	}
	return sum;
}

static uint64_t hash_sites(const struct mirror *m, const struct state *state)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < state->values.num; i++) {
		const struct value *v = &state->values.items[i];
		uint64_t h;

		if (!v->live_bytes && !v->live_blocks && !v->freed_bytes && !v->freed_blocks)
			continue;
		h = mix(hash_site(m, i), v->live_bytes);
		h = mix(h, v->live_blocks);
		h = mix(h, v->freed_bytes);
		sum += mix(h, v->freed_blocks);
	}
	return sum;
}

struct err *checksum_make(struct mirror *m, const struct state *state,
			  const struct older_class *older, size_t num_older, uint64_t older_unsized,
			  const struct variance_rows *variances, int64_t *ret)
{
	struct err *err = hash_tables(m);

	if (!err)
		*ret = (int64_t)(hash_sites(m, state) +
				 hash_older(older, num_older, older_unsized) +
				 hash_variances(m, variances));
	return err;
}
