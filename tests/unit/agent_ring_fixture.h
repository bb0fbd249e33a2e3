// SPDX-License-Identifier: GPL-3.0-or-later
/** A traced process with an agent's memory, without a target: the test plays tracer and agent, and
 *  the supervisor's own code reads both rings. */
#ifndef TESTS_UNIT_AGENT_RING_FIXTURE_H
#define TESTS_UNIT_AGENT_RING_FIXTURE_H

#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/drain.h"
#include "supervisor/life/assemble.h"
#include "supervisor/notes.h"
#include "supervisor/traced.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "wire/agent_map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static struct session session;
/** What the supervisor has of the process; what the tracer has. */
static struct traced *t;
static struct process process;
static struct tracer tracer;
static struct shared *shared;
/** The tracer's end of the socket. */
static int commands;
/** The file of the agent's memory, as the target has it. */
static int memory_fd;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "agent ring: %s\n", what);
	abort();
}

static void must_ok(struct err *err)
{
	must(!err, err ? err_text(err) : "");
}

static void fixture_setup(void)
{
	int ends[2];

	session = (struct session){.options = {.nframe = 16}};
	session.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	session.note_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socketpair");
	session.tracer.socket = ends[0];
	session.tracer.pid = getpid();
	commands = ends[1];
	must_ok(assemble_traced(&session, 16, &t));
	must_ok(assemble_tables(t));
	must_ok(shared_create(&shared, NULL));
	session.first = t;
	t->pid = getpid();
	t->shared = shared;
	t->has_tracer = t->is_tracing = true;
	t->state = TARGET_RUNNING;
	must_ok(drain_open(t));
	tracer = (struct tracer){.socket = -1};
	process = (struct process){.tracer = &tracer, .shared = shared, .pid = getpid()};
	memory_fd = -1;
}

static void fixture_teardown(void)
{
	assemble_destroy(t);
	agent_memory_unmap(process.agent_memory);
	shared_destroy(shared);
	if (memory_fd >= 0)
		close(memory_fd);
	close(session.tracer.socket);
	close(commands);
	close(session.wake_fd);
	close(session.note_fd);
}

/** The next command in the socket; tid -1: there is none. */
static inline struct command next_command(void)
{
	struct command command = {.tid = -1};

	if (recv(commands, &command, sizeof(command), MSG_DONTWAIT) < 0)
		command.tid = -1;
	return command;
}

static inline void drain(void)
{
	traced_lock(t);
	drain_now(t);
	traced_unlock(t);
}

/** What the tracer does to give the process an agent. */
static void install_agent(void)
{
	struct agent_memory *memory;
	struct event_agent *event;

	memory_fd = memfd_create("malloscope agent", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	must(memory_fd >= 0, "memfd_create");
	must_ok(agent_memory_prepare(memory_fd));
	must_ok(agent_memory_map(memory_fd, &memory));
	agent_memory_init(memory);
	event = emit_begin(&process, EVENT_AGENT, sizeof(*event));
	event->fd = memory_fd;
	event->tid = getpid();
	emit_end_now(&process, event);
	drain();
	must(t->agent_ring && next_command().kind == COMMAND_RELEASE, "no agent");
	emit_use_agent(&process, memory);
}

/** An agent of the test's own: it joins the ring of this mapping. */
struct synthetic {
	struct ring_view view;
	uint32_t producer;
};

static inline struct synthetic synthetic_join(struct agent_memory *memory)
{
	struct synthetic agent = {.view = agent_memory_view(memory)};

	agent.producer = (uint32_t)ring_join(agent.view.ring);
	return agent;
}

static inline void synthetic_put(const struct synthetic *agent, const void *record)
{
	while (ring_put(&agent->view, agent->producer, record, NULL, 0) == RING_PUT_FULL)
		ring_wait_room(&agent->view, 1000 * 1000);
}

static inline struct event_alloc make_alloc(uint64_t addr, uint64_t size)
{
	return (struct event_alloc){.header = {sizeof(struct event_alloc), EVENT_ALLOC, 0},
				    .tid = 1,
				    .addr = addr,
				    .size = size,
				    .stack_hash = 5};
}

static inline struct event_free make_free(uint64_t addr)
{
	return (struct event_free){
		.header = {sizeof(struct event_free), EVENT_FREE, 0}, .tid = 1, .addr = addr};
}

#endif
