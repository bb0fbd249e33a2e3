// SPDX-License-Identifier: GPL-3.0-or-later
/** Single live blocks, and their stacks. */
#ifndef SUPERVISOR_BLOCKS_H
#define SUPERVISOR_BLOCKS_H

#include "base/err.h"
#include "heap/stacks.h"

#include <stddef.h>
#include <stdint.h>

struct traced;

struct traced_block {
	uint64_t addr;
	uint64_t size;
	uint32_t domain;
	int32_t tid;
	uint32_t stack;
	/** Nanoseconds since its allocation, accurate to about 10 ms. */
	uint64_t age_ns;
};

/** The live block that contains addr (any address inside). &err_not_found: not traced. */
struct err *traced_where(struct traced *t, uint64_t addr, struct traced_block *ret) __must_check;

/** List every live block by ascending address. The caller frees the array. */
struct err *traced_blocks(struct traced *t, struct traced_block **ret,
			  size_t *num_ret) __must_check;

/** The stack of a site, group or block. It lives as long as t. */
struct stack traced_stack(struct traced *t, uint32_t stack_id);

#endif
