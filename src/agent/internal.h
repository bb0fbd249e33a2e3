// SPDX-License-Identifier: GPL-3.0-or-later
/** Inside the agent: all of this runs in the target, without a C library, and is linked alone.
 *  Lower ones first: records.c, rows.c, ops.c, entry.c. */
#ifndef AGENT_INTERNAL_H
#define AGENT_INTERNAL_H

#include "agent/agent.h"
#include "wire/ring.h"

/* Of the image; addresses in it come out right wherever it is. */
extern struct agent_private agent_private;
extern struct agent_state agent_state;
extern const char agent_trampoline[];

/* The doors: see arch/. */

/** Ask the tracer: enum agent_upcall_reason, the frame, and the thread or NULL. Returns enum
 *  agent_answer. Anything in memory may be another one then. */
uint64_t agent_upcall(uint64_t reason, const void *frame, const struct agent_thread *thread);
/** A word anywhere. False: unreadable. */
bool agent_load(uint64_t addr, uint64_t *ret);
/** Call a function of the target with two arguments, its vector registers being free. */
uint64_t agent_call(uint64_t function, uint64_t a, uint64_t b);

/* records.c */

/** The return address in slot becomes the trampoline; it is remembered, unless it is the trampoline
 *  already. False: there is no room, nothing has changed. */
bool agent_exchange(uint64_t slot, uint64_t return_addr);
/** The function whose return address was in slot has returned: the original. 0: none is known. */
uint64_t agent_take_return(uint64_t slot);
/** *word was read at addr. If it is the trampoline, make it the original. True: it was. */
bool agent_translate(uint64_t addr, uint64_t *word);

/** What one entry or return is about: the owner of the capture core. */
struct agent_event {
	struct capture core;
	struct agent_shared *shared;
	struct agent_thread *thread;
	/** Of the upcalls. */
	const void *frame;
	/** At an entry: its arguments, and where its return address is; else NULL and 0. */
	const struct agent_frame *entry;
	uint64_t slot;
	/** Nobody traces any more. */
	bool is_orphaned;
};

/* rows.c */

/** The row of a pc, which the agent has compiled itself, now or before. False: it cannot. */
bool agent_row(struct agent_event *e, uint64_t pc, bool is_call_site, struct cfi_row *ret);

/* ops.c */

/** The core for an event of t. */
void agent_event_init(struct agent_event *e, struct agent_shared *shared, struct agent_thread *t,
		      const void *frame);
/** What the allocator of the event's function says about that block. 0: nobody can be asked. */
uint64_t agent_usable_size(uint32_t allocator, uint64_t ptr);
/** Ask; what has no answer turns the agent off. */
uint64_t agent_ask(enum agent_upcall_reason reason, const void *frame, struct agent_thread *t);

/* entry.c: called by the doors */
/** With sampling, of frame only the registers that a function may change: is that all that is to be
 *  done? */
bool agent_quick(const struct agent_frame *frame, uint64_t thread_pointer);
void agent_on_entry(struct agent_frame *frame, uint64_t thread_pointer);
void agent_on_return(struct agent_return_frame *frame, uint64_t thread_pointer);

#endif
