// SPDX-License-Identifier: GPL-3.0-or-later
/** A made-up program for measurements of the tables: as many distinct stacks as wanted, of 20,000
 *  call sites in 4,800 functions, 600 files and 12 modules, and a stream of allocations and frees.
 *  The same seed gives the same program.
 *
 *  It is made to be hard: stacks are walks through the call graph that share their outermost frames
 *  only, in no order, and sizes come from few classes, so that rows tie. Any failure ends the
 *  process. */
#ifndef TESTS_BENCH_SYNTHETIC_H
#define TESTS_BENCH_SYNTHETIC_H

#include "heap/archive.h"
#include "heap/heap.h"

#include <stddef.h>
#include <stdint.h>

#define SYNTHETIC_DEPTH 24

struct synthetic;

/** Say what failed and exit, unless err is NULL. */
void check_ok(struct err *err);

/** A program with that many distinct stacks, none of which has allocated yet. */
struct synthetic *synthetic_create(size_t num_stacks);
void synthetic_destroy(struct synthetic *p);

/** num allocations: stack by stack in turn, the stacks in no order. */
void synthetic_allocate(struct synthetic *p, size_t num);
/** num live blocks are freed, random ones, and as many allocated by the first num_stacks stacks. */
void synthetic_churn(struct synthetic *p, size_t num, size_t num_stacks);

const struct heap *synthetic_heap(const struct synthetic *p);
/** Its symbols, all in memory. */
const struct frame_source *synthetic_source(struct synthetic *p);

#endif
