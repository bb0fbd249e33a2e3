// SPDX-License-Identifier: GPL-3.0-or-later
/** Sampling by bytes. Points lie on the bytes that a thread allocates, as a Poisson process puts
 *  them there: one in `rate` bytes on average. A block is sampled if a point lies in it. So a block
 *  of size s is sampled with probability 1 - exp(-s / rate), whatever came before, and whoever
 *  reads the records can say how many blocks it stands for. A block of no bytes counts as one byte.
 *
 *  The bytes to the next point are counted down; that is all that an unsampled block costs. Plain
 *  data, no C library, no floating point. */
#ifndef CAPTURE_SAMPLE_H
#define CAPTURE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

/** Rates are 1 to this many bytes. */
#define SAMPLE_RATE_MAX (1ull << 40)

/** Of one thread. All zero is its beginning. */
struct capture_sampler {
	/** The point is in this one of the next bytes, counted from 1; 0: it was not drawn yet. */
	uint64_t distance;
	/** State of the random numbers. */
	uint64_t random;
};

/** The bytes that a block of that size counts as. */
static inline uint64_t capture_sample_bytes(uint64_t size)
{
	return size ? size : 1;
}

/** Would a block of that size be sampled? Changes nothing. */
static inline bool capture_sampler_hits(const struct capture_sampler *s, uint64_t size)
{
	return capture_sample_bytes(size) >= s->distance;
}

/** A block that is not sampled was allocated. */
static inline void capture_sampler_pass(struct capture_sampler *s, uint64_t size)
{
	s->distance -= capture_sample_bytes(size);
}

/** Draw the next point; after a sampled block. */
void capture_sampler_draw(struct capture_sampler *s, uint64_t rate);

/** Begin with a seed, and draw the first point. Samplers of different seeds are independent. */
void capture_sampler_begin(struct capture_sampler *s, uint64_t rate, uint64_t seed);

/** The distance to a point for a uniformly distributed random number: -ln(random / 2^64) * rate,
 *  rounded up to whole bytes. random 0 means 1. */
uint64_t capture_sample_distance(uint64_t random, uint64_t rate);

#endif
