// SPDX-License-Identifier: GPL-3.0-or-later
/** A frame as the tables keep it: 64 bits, (module id, look-up address).
 *
 *  The look-up address is an ELF virtual address of the module: the runtime pc minus the load bias.
 *  It lies *inside* the instruction to be looked up: return address - 1 for call sites, the pc
 *  itself for interrupted frames. It is made in one place, when the supervisor takes a stack from
 *  the ring; nothing above subtracts again. Module 0 means "no module": the address is then the
 *  absolute one. */
#ifndef HEAP_FRAME_H
#define HEAP_FRAME_H

#include "base/addr.h"

#include <stdint.h>

#define FRAME_ADDR_BITS ADDR_BITS
#define FRAME_ADDR_MASK ((1ull << FRAME_ADDR_BITS) - 1)
/** Largest module id a frame can hold. */
#define FRAME_MODULE_MAX ((1u << (64 - FRAME_ADDR_BITS)) - 1)
/** Module id of frames that came from a file (heap/archive.h); no module of a process gets it. */
#define FRAME_MODULE_STORED FRAME_MODULE_MAX
/** The frame that stands for "nothing is known" (prints as <unknown>:0). */
#define FRAME_UNKNOWN 0ull

static inline uint64_t frame_make(uint32_t module, uint64_t addr)
{
	return (uint64_t)module << FRAME_ADDR_BITS | (addr & FRAME_ADDR_MASK);
}

static inline uint32_t frame_module(uint64_t frame)
{
	return frame >> FRAME_ADDR_BITS;
}

static inline uint64_t frame_addr(uint64_t frame)
{
	return frame & FRAME_ADDR_MASK;
}

#endif
