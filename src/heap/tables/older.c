// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/older.h"

#include "heap/blocks.h"

#include <assert.h>
#include <string.h>

/** Below this, keys are multiples of 8; from here on, multiples of a 64th of their power of two. */
#define LARGE       (1ull << 20)
#define SMALL_STEP  8
#define LARGE_STEPS 64
/** How many requested sizes are told apart. */
#define MAX_SIZES (1u << 16)
/** The mean of blocks that are gone weighs as much as so many live ones. */
#define GONE_WEIGHT 16

void older_deinit(struct older *older)
{
	vec_deinit(&older->classes);
	hmap_deinit(&older->index);
	hmap_deinit(&older->sizes);
	vec_deinit(&older->requests);
	*older = (struct older){0};
}

static uint64_t class_key(uint64_t usable)
{
	uint64_t step = SMALL_STEP;

	if (usable >= LARGE)
		step = (1ull << (63 - __builtin_clzll(usable))) / LARGE_STEPS;
	return (usable + step - 1) / step * step;
}

static bool is_size(uint64_t usable)
{
	return usable && usable <= BLOCK_SIZE_MAX;
}

/** NULL: out of memory, nothing changed. */
static struct older_class *find_class(struct older *older, uint64_t usable, uint64_t low)
{
	uint64_t key = class_key(usable), *found = hmap_find(&older->index, key);
	// A class is as wide as the first of the sizes that were merged into it.
	struct older_class added = {.usable = key,
				    .low = low < usable ? key - (usable - low) : key};

	if (found)
		return &older->classes.items[*found];
	if (!vec_reserve_one(&older->classes) || !hmap_set(&older->index, key, older->classes.num))
		return NULL;
	older->classes.items[older->classes.num] = added;
	return &older->classes.items[older->classes.num++];
}

static void count_unsized(struct older *older, uint64_t epoch)
{
	if (older->saved_epoch != epoch) {
		older->saved_epoch = epoch;
		older->saved_unsized = older->num_unsized;
	}
	older->num_unsized++;
}

struct err *older_freed(struct older *older, uint64_t usable, uint64_t low, uint64_t epoch)
{
	struct older_class *class;

	older->num_freed++;
	// A sum that no row could show comes from impossible sizes.
	if (!is_size(usable) || usable > INT64_MAX - older->freed_usable) {
		count_unsized(older, epoch);
		return NULL;
	}
	class = find_class(older, usable, low);
	if (!class) {
		count_unsized(older, epoch);
		return &err_nomem;
	}
	if (class->saved_epoch != epoch) {
		class->saved_epoch = epoch;
		class->saved_freed_blocks = class->freed_blocks;
		class->saved_freed_usable = class->freed_usable;
	}
	class->freed_blocks++;
	class->freed_usable += usable;
	older->freed_usable += usable;
	return NULL;
}

/** The first answer stays, so that what is added equals what is subtracted. */
static struct err *add_request(struct older *older, uint64_t requested, uint64_t usable)
{
	struct older_request request = {.usable = usable};

	if (older->requests.num >= MAX_SIZES || hmap_find(&older->sizes, requested))
		return NULL;
	if (!vec_push(&older->requests, request))
		return &err_nomem;
	if (hmap_set(&older->sizes, requested, older->requests.num - 1))
		return NULL;
	older->requests.num--;
	return &err_nomem;
}

struct err *older_traced(struct older *older, uint64_t requested, uint64_t usable, uint64_t low)
{
	struct older_class *class;

	if (!is_size(usable) || requested > usable)
		return NULL;
	class = find_class(older, usable, low);
	if (!class)
		return &err_nomem;
	if (usable > INT64_MAX - class->traced_usable)
		return NULL;
	class->traced_requested += requested;
	class->traced_usable += usable;
	return add_request(older, requested, usable);
}

/** A block of that size becomes live or is freed: find its entry and its class. NULL: nothing is
 *  known of the size. */
static struct older_request *find_request(struct older *older, uint64_t requested,
					  struct older_class **class_ret)
{
	const uint64_t *found = hmap_find(&older->sizes, requested), *class;
	struct older_request *request;

	if (!found)
		return NULL;
	request = &older->requests.items[*found];
	class = hmap_find(&older->index, class_key(request->usable));
	if (!class)
		return NULL;
	*class_ret = &older->classes.items[*class];
	return request;
}

void older_live_add(struct older *older, uint64_t requested)
{
	struct older_class *class;
	struct older_request *request = find_request(older, requested, &class);

	if (!request || request->usable > INT64_MAX - class->live_usable)
		return;
	request->num_live++;
	class->live_requested += requested;
	class->live_usable += request->usable;
}

void older_live_subtract(struct older *older, uint64_t requested)
{
	struct older_class *class;
	struct older_request *request = find_request(older, requested, &class);

	if (!request || !request->num_live)
		return;
	request->num_live--;
	class->live_requested -= requested;
	class->live_usable -= request->usable;
}

static void add_class(struct older_class *to, const struct older_class *from, bool is_saved)
{
	to->freed_blocks += from->freed_blocks;
	to->freed_usable += from->freed_usable;
	if (from->traced_usable <= INT64_MAX - to->traced_usable) {
		to->traced_requested += from->traced_requested;
		to->traced_usable += from->traced_usable;
	}
	if (from->live_usable <= INT64_MAX - to->live_usable) {
		to->live_requested += from->live_requested;
		to->live_usable += from->live_usable;
	}
	to->saved_freed_blocks += is_saved ? from->saved_freed_blocks : from->freed_blocks;
	to->saved_freed_usable += is_saved ? from->saved_freed_usable : from->freed_usable;
}

struct err *older_absorb(struct older *older, const struct older *from, uint64_t from_epoch,
			 uint64_t epoch)
{
	const struct older_class *class;
	struct older_class *to;
	size_t i;

	if (from->freed_usable > INT64_MAX - older->freed_usable) {
		older->num_freed += from->num_freed;
		older->num_unsized += from->num_freed;
		return NULL;
	}
	for (i = 0; i < from->classes.num; i++) {
		class = &from->classes.items[i];
		if (!find_class(older, class->usable, class->low))
			return &err_nomem;
	}
	for (i = 0; i < from->classes.num; i++) {
		class = &from->classes.items[i];
		to = find_class(older, class->usable, class->low);
		to->saved_epoch = epoch;
		add_class(to, class, class->saved_epoch == from_epoch);
	}
	older->saved_epoch = epoch;
	older->saved_unsized +=
		from->saved_epoch == from_epoch ? from->saved_unsized : from->num_unsized;
	older->num_freed += from->num_freed;
	older->num_unsized += from->num_unsized;
	older->freed_usable += from->freed_usable;
	return NULL;
}

void older_clear(struct older *older)
{
	older_deinit(older);
}

/** Leave in traced_* the sums that the mean is made of. */
static void choose_mean(struct older_class *class)
{
	uint64_t weight = class->usable * GONE_WEIGHT;

	if (class->live_usable) {
		class->traced_requested = class->live_requested;
		class->traced_usable = class->live_usable;
	} else if (class->traced_usable > weight) {
		class->traced_requested = (uint64_t)((unsigned __int128)class->traced_requested *
						     weight / class->traced_usable);
		class->traced_usable = weight;
	}
	class->live_requested = class->live_usable = 0;
}

static uint64_t estimate(const struct older_class *class, const struct older_class *mean)
{
	unsigned __int128 half;

	if (mean->traced_usable)
		return (unsigned __int128)class->freed_usable * mean->traced_requested /
		       mean->traced_usable;
	half = (unsigned __int128)class->freed_blocks * (mean->usable - mean->low) / 2;
	return half < class->freed_usable ? class->freed_usable - (uint64_t)half : 0;
}

uint64_t older_size(const struct older *older)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < older->classes.num; i++) {
		struct older_class class = older->classes.items[i];

		choose_mean(&class);
		size += estimate(&class, &class);
	}
	return size;
}

size_t older_memory(const struct older *older)
{
	return older->classes.cap * sizeof(*older->classes.items) +
	       older->requests.cap * sizeof(*older->requests.items) +
	       (older->index.cap + older->sizes.cap) * sizeof(*older->index.slots);
}

static int compare_keys(const void *a, const void *b)
{
	const struct older_class *x = a, *y = b;

	return x->usable < y->usable ? -1 : x->usable > y->usable;
}

struct err *older_copy(const struct older *older, bool is_peak, uint64_t epoch,
		       struct older_class **ret, size_t *num_ret, uint64_t *unsized_ret)
{
	struct older_class *copy = malloc((older->classes.num + 1) * sizeof(*copy));
	bool is_saved = is_peak && older->saved_epoch == epoch;
	size_t num = 0, i;

	if (!copy)
		return &err_nomem;
	for (i = 0; i < older->classes.num; i++) {
		struct older_class class = older->classes.items[i];

		if (is_peak && class.saved_epoch == epoch) {
			class.freed_blocks = class.saved_freed_blocks;
			class.freed_usable = class.saved_freed_usable;
		}
		class.saved_epoch = class.saved_freed_blocks = class.saved_freed_usable = 0;
		choose_mean(&class);
		if (class.freed_blocks)
			copy[num++] = class;
	}
	qsort(copy, num, sizeof(*copy), compare_keys);
	*ret = copy;
	*num_ret = num;
	*unsized_ret = is_saved ? older->saved_unsized : older->num_unsized;
	return NULL;
}

struct err *older_means_add(struct older_means *means, const struct older_class *classes,
			    size_t num)
{
	struct older_means merged = {0};
	size_t m = 0, i = 0;

	while (m < means->classes.num || i < num) {
		const struct older_class *old =
			m < means->classes.num ? &means->classes.items[m] : NULL;
		const struct older_class *new = i < num ? &classes[i] : NULL;
		const struct older_class *best = old;

		if (!old || (new && (new->usable < old->usable ||
				     (new->usable ==
				      old->usable &&new->traced_usable > old->traced_usable))))
			best = new;
		if (!vec_push(&merged.classes, *best)) {
			vec_deinit(&merged.classes);
			return &err_nomem;
		}
		// best may be old or new. Either way both sides of that key are done.
		m += old && old->usable == best->usable;
		i += new &&new->usable == best->usable;
	}
	vec_deinit(&means->classes);
	*means = merged;
	return NULL;
}

void older_means_deinit(struct older_means *means)
{
	vec_deinit(&means->classes);
}

struct older_sum older_means_sum(const struct older_means *means, const struct older_class *classes,
				 size_t num, uint64_t num_unsized)
{
	struct older_sum sum = {.blocks = num_unsized, .unsized = num_unsized};
	size_t m = 0, i;

	for (i = 0; i < num; i++) {
		while (means->classes.items[m].usable < classes[i].usable)
			m++;
		assert(means->classes.items[m].usable == classes[i].usable);
		sum.blocks += classes[i].freed_blocks;
		sum.size += estimate(&classes[i], &means->classes.items[m]);
	}
	return sum;
}
