/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Stacks of a given depth, for the programs that scripts/bench traces. */
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

// clang has no clones to forbid.
#ifdef __clang__
#define FRAME __attribute__((noinline))
#else
#define FRAME __attribute__((noinline, noclone))
#endif
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")

/** The greatest depth of frames_call(). */
#define FRAMES_MAX 66

/** Allocates and frees a block, and returns 1 when that worked. By malloc; a program that links
 *  newdelete.cc does it by new and delete. */
long leaf(void);

/** Call leaf() such that it and its callers are DEPTH frames, the caller of frames_call() among
 *  them: all of them different functions, each with something on the stack, as real ones have.
 *  DEPTH is 2 to FRAMES_MAX. */
long frames_call(int depth);

/** Keep a block allocated by a stack that is different for each NUMBER below 131,072: 24 frames
 *  with the caller. */
long frames_keep(unsigned number);

/** Microseconds of a clock that only goes forward. */
double now_us(void);

/** Does nothing; a function to wait for. */
void checkpoint(void);

#endif
