// SPDX-License-Identifier: GPL-3.0-or-later
/** Records for the supervisor, in the ring of a process. While the process has an agent there are
 *  two: events of blocks (event_is_heap()) go to the ring of the agent's memory, all others to the
 *  one that no target can write, with the position of the former. */
#ifndef TRACE_OS_EMIT_H
#define TRACE_OS_EMIT_H

#include "base/cleanup.h"
#include "base/engine.h"
#include "base/err.h"
#include "wire/event.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct agent_memory;
struct process;

/** Begin a record of at most a KiB. Its header is filled in, the rest is zero. Only one record can
 *  be in the making. NULL: the supervisor is gone. */
void *emit_begin(struct process *p, enum event_kind kind, size_t size);
/** Put the record into the ring, waiting for room. Without the supervisor it is lost. */
void emit_end(struct process *p, void *record);
/** The same; `tail`, a multiple of 8 bytes, follows as the last part of the record. */
void emit_end_tail(struct process *p, void *record, const void *tail, size_t tail_size);
/** As emit_end(), and wake the supervisor at once. */
void emit_end_now(struct process *p, void *record);
void emit_thread(struct process *p, enum event_kind kind, pid_t tid);
void emit_ack(struct process *p, enum event_kind kind, uint64_t cookie, int result);
/** EVENT_ENGINE; a reason of EVENT_REASON_MAX bytes or more is cut. */
void emit_engine(struct process *p, enum engine engine, const char *reason);
/** EVENT_PLANTED. */
void emit_planted(struct process *p, uint64_t addr, enum plant_how how, enum plant_why why);
/** Wait for room in the ring of the agent's memory, 5 ms at most. */
void emit_wait_agent_room(struct process *p);
/** Use the agent's memory from now on, which the supervisor has mapped. memory is owned by p from
 *  now on. */
void emit_use_agent(struct process *p, struct agent_memory *memory);
/** Use it no more: tell how far its ring has come, and unmap it. Nobody puts anything there any
 *  more. The supervisor unmaps it as well. Does nothing without one. */
void emit_leave_agent(struct process *p);
void emit_note(struct process *p, const char *format, ...) __printf(2, 3);

#endif
