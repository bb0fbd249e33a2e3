// SPDX-License-Identifier: GPL-3.0-or-later
// A distance is drawn once in `rate` bytes, so its logarithm may take its time: it is found bit by
// bit, by squaring. A table with interpolation would be faster, and wrong where it matters: small
// blocks are sampled by the random numbers next to 2^64, whose logarithms are next to 0.
#include "config.h"

#include "capture/sample.h"

#include "base/hash.h"

/** Bits of a logarithm behind the point. */
#define LOG_BITS 56
/** ln(2) * 2^64. */
#define LN_2 0xb17217f7d1cf79acull
/** The golden ratio: what the state of the random numbers grows by. */
#define STEP 0x9e3779b97f4a7c15ull

/** log2 of x / 2^63, which is in [1, 2). */
static uint64_t log2_fraction(uint64_t x)
{
	uint64_t log = 0, bit;

	for (bit = 1ull << (LOG_BITS - 1); bit; bit >>= 1) {
		// In [1, 4) with 62 bits behind the point. From 2 on the next bit of the logarithm
		// is set, and the half has 63 bits behind the point.
		x = (uint64_t)((unsigned __int128)x * x >> 64);
		if (x >> 63)
			log |= bit;
		else
			x <<= 1;
	}
	return log;
}

uint64_t capture_sample_distance(uint64_t random, uint64_t rate)
{
	uint64_t u = random ? random : 1;
	unsigned zeros = (unsigned)__builtin_clzll(u);
	uint64_t log = ((uint64_t)(zeros + 1) << LOG_BITS) - log2_fraction(u << zeros);

	log = (uint64_t)((unsigned __int128)log * LN_2 >> 64);
	return (uint64_t)((unsigned __int128)log * rate >> LOG_BITS) + 1;
}

void capture_sampler_draw(struct capture_sampler *s, uint64_t rate)
{
	s->random += STEP;
	s->distance = capture_sample_distance(hash_u64(s->random), rate);
}

void capture_sampler_begin(struct capture_sampler *s, uint64_t rate, uint64_t seed)
{
	s->random = hash_u64(seed ^ STEP);
	capture_sampler_draw(s, rate);
}
