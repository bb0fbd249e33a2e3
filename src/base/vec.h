// SPDX-License-Identifier: GPL-3.0-or-later
/** Growing arrays. `VEC(TYPE) v;` is a vector of TYPE. Zero-filled is empty. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/** Type of a vector of TYPE. */
#define VEC(TYPE)            \
	struct {             \
		TYPE *items; \
		size_t num;  \
		size_t cap;  \
	}

/** Make room for one more item. False: out of memory, vector unchanged. O(1) amortised. */
#define vec_reserve_one(v) vec_grow((void **)&(v)->items, &(v)->cap, (v)->num, sizeof(*(v)->items))

/** Append ITEM. False: out of memory, vector unchanged. */
#define vec_push(v, item) (vec_reserve_one(v) ? ((v)->items[(v)->num++] = (item), true) : false)

/** Take item I out; the items behind it move up. I < num. O(num). */
#define vec_remove(v, i) vec_close_gap((v)->items, &(v)->num, (i), sizeof(*(v)->items))

/** Take the first item out and return it. num > 0. O(num). */
#define vec_shift(v)                                          \
	({                                                    \
		__typeof__(*(v)->items) first_ = *(v)->items; \
		vec_remove(v, 0);                             \
		first_;                                       \
	})

/** Free the array; the vector is empty and usable again. */
#define vec_deinit(v)                    \
	do {                             \
		free((v)->items);        \
		(v)->items = NULL;       \
		(v)->num = (v)->cap = 0; \
	} while (0)

static inline bool vec_grow(void **items, size_t *cap, size_t num, size_t item_size)
{
	size_t new_cap, bytes;
	void *p;

	if (num < *cap)
		return true;
	new_cap = *cap ? *cap * 2 : 8;
	if (__builtin_mul_overflow(new_cap, item_size, &bytes))
		return false;
	p = realloc(*items, bytes);
	if (!p)
		return false;
	*items = p;
	*cap = new_cap;
	return true;
}

static inline void vec_close_gap(void *items, size_t *num, size_t i, size_t item_size)
{
	char *gap = (char *)items + i * item_size;

	(*num)--;
	memmove(gap, gap + item_size, (*num - i) * item_size);
}

#endif
