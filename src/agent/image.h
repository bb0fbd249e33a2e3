// SPDX-License-Identifier: GPL-3.0-or-later
/** The agent as it stands in the target: image, state, exchanged return addresses, pads. agent.h
 *  tells what it is for. */
#ifndef AGENT_IMAGE_H
#define AGENT_IMAGE_H

#include "arch/agent_frame.h"
#include "capture/capture.h"

#include "wire/probe.h"

#include <stddef.h>
#include <stdint.h>

#define AGENT_MAGIC "malloscope agent 1"

/** The begin of the image. Offsets and sizes are in bytes, offsets from here; what is a multiple of
 *  a page is marked (P). */
struct agent_image {
	/** AGENT_MAGIC, by which a later tracer finds it. */
	char magic[24];
	/** Of the whole mapping (P). */
	uint64_t image_size;
	/** Of the text, which begins here (P). The bytes in the program may be fewer: zeros
	 *  follow. */
	uint64_t text_size;
	/** struct agent_private and struct agent_state (P). */
	uint64_t private_offset;
	uint64_t private_size;
	uint64_t state_offset;
	uint64_t state_size;
	/** What a pad calls. */
	uint64_t enter;
	/** Behind the call in enter: from there on is_busy is 0 again. */
	uint64_t enter_end;
	/** Where functions return to. It is never called: nothing of the image is before it on the
	 *  stack. */
	uint64_t trampoline;
	uint64_t trampoline_end;
	/** An instruction without effect, one byte, for the breakpoint of upcalls; see
	 *  agent_upcall(). */
	uint64_t upcall;
	/** Code that reads memory which may not be there: [load, load_end). A thread that faults
	 *  (SIGSEGV, SIGBUS) with its pc there is to go on at load_failed, and is told of no
	 *  signal. */
	uint64_t load;
	uint64_t load_end;
	uint64_t load_failed;
};

/** Is the agent at work? */
enum agent_mode {
	/** Everything passes through, nothing but the private part is touched. */
	AGENT_OFF,
	AGENT_ON,
	/** Each entry and return makes an upcall before it does anything else. */
	AGENT_PAUSED,
};

#define AGENT_MAX_ALLOCATORS 64u

/** The state page. Written by the tracer, mode also by the agent when it finds itself without a
 *  tracer. Addresses are those of the target; those of memory that is unmapped must be 0, and are
 *  read only if the mode is not AGENT_OFF. */
struct agent_state {
	/** enum agent_mode. */
	uint32_t mode;
	/** process.sample_rate is not 0: what is not sampled goes a short way. */
	uint32_t is_sampling;
	/** struct agent_shared. */
	uint64_t shared;
	/** struct cfi_rows. */
	uint64_t rows;
	/** struct eh_areas; 0: there is none. */
	uint64_t areas;
	/** struct ring, and the sizes of its view. */
	uint64_t ring;
	uint64_t ring_num_slots;
	uint64_t ring_buffer_size;
	/** A robust futex that a thread of the tracer holds: with FUTEX_OWNER_DIED the tracer is
	 *  dead. 0: there is none. */
	uint64_t life;
	/** By agent_probe.allocator: how the sizes of blocks are found out. The agent calls the
	 *  functions that it names, so they are not where the target's own bugs come to. */
	struct usable_source usable[AGENT_MAX_ALLOCATORS];
};

/* Exchanged return addresses. */

#define AGENT_BUCKETS 1024u
#define AGENT_WAYS    8u
/** agent_record.slot of a record that is being written. */
#define AGENT_RECORD_BUSY 1u

/** The original return address of a call in progress. One whose slot no longer holds the trampoline
 *  is worth nothing. */
struct agent_record {
	/** Address of the return address on the stack; 0: free. */
	uint64_t slot;
	uint64_t return_addr;
};

struct agent_private {
	/** By agent_bucket(slot). */
	struct agent_record records[AGENT_BUCKETS][AGENT_WAYS];
	/** The agent's own. */
	struct capture_ops ops;
};

static inline uint32_t agent_bucket(uint64_t slot)
{
	return (uint32_t)((slot >> 3) * 0x9e3779b97f4a7c15ull >> 54);
}
_Static_assert(AGENT_BUCKETS == 1u << (64 - 54), "agent_bucket() has so many bits");

/** The image as it is to be written at the begin of its mapping, *size_ret bytes; any address of a
 *  page will do. */
const struct agent_image *agent_image(size_t *size_ret);

#endif
