// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace_fixture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TRAP 0xcc

static const uint8_t function[] = {0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3};
static struct shared *spares[2];
static pid_t child;

/** A child that has copied code with a trap in it, and waits. */
static pid_t fork_child(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		for (;;)
			pause();
	}
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void setup(void)
{
	engine_setup();
	put_code(0, function, sizeof(function));
	ck_assert_ptr_nonnull(breakpoint_add(e, code_addr(0), PLANT_PROBE));
	ck_assert_uint_eq(code[0], TRAP);
	spares[0] = shared_reserve();
	spares[1] = shared_reserve();
	e->spares = spares;
	e->num_spares = 2;
	e->follow = FOLLOW_FORK | FOLLOW_EXEC;
	child = fork_child();
}

static void teardown(void)
{
	size_t i;

	end_child(child);
	for (i = 0; i < e->others.num; i++) {
		struct engine *other = e->others.items[i];
		struct thread *t = thread_find(other, other->pid);

		if (t)
			thread_remove(other, t);
		follow_ended(other);
		hmap_deinit(&other->threads);
		vec_deinit(&other->tids);
		free(other->pcs);
		free(other);
	}
	vec_deinit(&e->others);
	hmap_deinit(&e->owners);
	hmap_deinit(&e->threads);
	vec_deinit(&e->tids);
	shared_destroy(spares[0]);
	shared_destroy(spares[1]);
	engine_teardown();
}

/** The next event of a ring other than that of the fixture. */
static const void *event_of(struct shared *shared, enum event_kind kind)
{
	const struct ring_record *r = ring_peek(shared->ring, UINT64_MAX);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->kind, (int)kind);
	return r;
}

static int wait_in_our_memory(void *arg)
{
	while (!arg)
		pause();
	return 0;
}

/** As filters of containers do it. */
static void refuse_kcmp(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	ck_assert_int_eq(syscall(SYS_kcmp, getpid(), getpid(), KCMP_VM, 0, 0), -1);
}

static void check_shared_memory(void)
{
	static char stack[64 << 10] __attribute__((aligned(16)));
	pid_t other = clone(wait_in_our_memory, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	uint8_t byte;

	ck_assert_int_gt(other, 0);
	ck_assert_ptr_nonnull(thread_add(e, getpid(), getpid()));
	ck_assert(follow_shares_memory(e, other));
	ck_assert_uint_eq(code[0], TRAP);
	ck_assert(!follow_shares_memory(e, child));
	ck_assert_uint_eq(code[0], TRAP);
	ck_assert(memory_read(child, code_addr(0), &byte, 1));
	ck_assert_uint_eq(byte, TRAP);
	thread_remove(e, thread_find(e, getpid()));
	end_child(other);
}

#suite trace_follow

#tcase follow

#test not_followed
	e->follow = FOLLOW_EXEC;
	ck_assert(!follow_forked(e, child));
	ck_assert(!follow_spawned(e, child));
	e->follow = FOLLOW_FORK;
	ck_assert(!follow_spawned(e, child));
	check_no_event();
	ck_assert_ptr_eq(follow_owner(e, child), e);
	ck_assert_ptr_eq(follow_get(e, 0), e);
	ck_assert_ptr_null(follow_get(e, 1));

#test forked
	const struct event_child *event;
	const struct event_ack *epoch;
	struct engine *other;
	struct thread *t;
	uint8_t byte;

	breakpoint_clean_child(e, child);
	ck_assert(memory_read(child, code_addr(0), &byte, 1));
	ck_assert_uint_eq(byte, 0x55);
	ck_assert_uint_eq(code[0], TRAP);
	ck_assert(follow_forked(e, child));
	event = next_event(EVENT_CHILD);
	ck_assert_int_eq(event->pid, child);
	ck_assert_uint_eq(event->process, 1);
	ck_assert_uint_eq(event->flags, CHILD_TRACING);
	consume_event(event);
	check_no_event();
	other = follow_get(e, 1);
	ck_assert_ptr_nonnull(other);
	ck_assert_ptr_eq(other->shared, spares[0]);
	ck_assert_ptr_eq(engine_first(other), e);
	ck_assert_ptr_eq(follow_owner(e, child), other);
	epoch = event_of(spares[0], EVENT_EPOCH);
	ck_assert_uint_eq(epoch->cookie, other->epoch);
	t = thread_find(other, child);
	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(t->hold, HELD_STOP);
	// What is planted there is there alone.
	ck_assert_ptr_nonnull(breakpoint_add(other, code_addr(1), PLANT_PROBE));
	ck_assert(memory_read(child, code_addr(1), &byte, 1));
	ck_assert_uint_eq(byte, TRAP);
	ck_assert_uint_eq(code[1], 0x48);
	ck_assert_uint_eq(e->shared->num_planted, 1);
	breakpoint_unplant_all(other);
	ck_assert(memory_read(child, code_addr(1), &byte, 1));
	ck_assert_uint_eq(byte, 0x48);

#test spawned
	const struct event_child *event;
	const struct event_thread *thread;

	e->is_tracing = false;
	ck_assert(follow_spawned(e, child));
	event = next_event(EVENT_CHILD);
	ck_assert_uint_eq(event->flags, CHILD_SPAWNED);
	ring_consume(spares[0]->ring, event_of(spares[0], EVENT_EPOCH));
	thread = event_of(spares[0], EVENT_EXEC);
	ck_assert_int_eq(thread->tid, child);

#test owner_of_what_is_new
	pid_t second = fork_child();

	ck_assert(follow_forked(e, child));
	// A child of ours, a thread of ours, our memory.
	ck_assert_ptr_eq(follow_owner(e, second), e);
	ck_assert_ptr_eq(follow_owner(e, getpid()), e);
	ck_assert_ptr_nonnull(thread_add(e, getpid(), getpid()));
	ck_assert_ptr_eq(follow_owner(e, getpid()), e);
	thread_remove(e, thread_find(e, getpid()));
	// Its leader after an exec by another thread, of which there is no record.
	thread_remove(follow_get(e, 1), thread_find(follow_get(e, 1), child));
	ck_assert_ptr_eq(follow_owner(e, child), follow_get(e, 1));
	// The parent has ended: who has its traps in that memory?
	e->is_ended = true;
	ck_assert_ptr_eq(follow_owner(e, second), e);
	end_child(second);

#test limit
	pid_t second = fork_child(), third = fork_child();
	const struct event_text *note;

	ck_assert(follow_forked(e, child));
	ck_assert(follow_forked(follow_get(e, 1), second));
	consume_event(next_event(EVENT_CHILD));
	// Told by its parent.
	ring_consume(spares[0]->ring, event_of(spares[0], EVENT_EPOCH));
	ck_assert_int_eq(((const struct event_child *)event_of(spares[0], EVENT_CHILD))->pid,
			 second);
	ck_assert(!follow_forked(e, third));
	ck_assert(!follow_forked(e, third));
	note = next_event(EVENT_NOTE);
	ck_assert_str_eq(note->text,
			 "3 followed processes live at once, the limit; others are left alone");
	consume_event(note);
	check_no_event();
	end_child(second);
	end_child(third);

#test place_of_one_that_has_ended
	pid_t second = fork_child(), third = fork_child();
	struct engine *other;

	ck_assert(follow_forked(e, child));
	ck_assert(follow_forked(e, second));
	other = follow_get(e, 1);
	ck_assert_ptr_nonnull(breakpoint_add(other, code_addr(1), PLANT_PROBE));
	other->shared->stats.num_stops = 5;
	breakpoint_unplant_all(other);
	// Ended, but the supervisor still reads; then the other way round: it stands in its first stop.
	thread_remove(other, thread_find(other, child));
	follow_ended(other);
	ck_assert(!follow_forked(e, third));
	follow_release(other);
	ck_assert(follow_forked(e, third));
	other = follow_get(e, 1);
	ck_assert_int_eq(other->pid, third);
	ck_assert_ptr_eq(other->shared, spares[0]);
	ck_assert_uint_eq(spares[0]->stats.num_stops, 0);
	ck_assert_uint_eq(spares[0]->num_planted, 0);
	ck_assert_uint_eq(spares[0]->planted[0].addr, 0);
	ck_assert_ptr_eq(follow_owner(e, third), other);
	ck_assert_ptr_null(follow_get(e, 3));
	other = follow_get(e, 2);
	follow_release(other);
	ck_assert(other->is_ended);
	ck_assert_uint_eq(other->threads.num, 0);
	// The child of one that has ended is told of by the first one.
	while (ring_peek(e->shared->ring, UINT64_MAX))
		consume_event(ring_peek(e->shared->ring, UINT64_MAX));
	follow_get(e, 1)->is_ended = true;
	ck_assert(follow_forked(follow_get(e, 1), child));
	consume_event(next_event(EVENT_CHILD));
	follow_get(e, 1)->is_ended = false;
	end_child(second);
	end_child(third);

#test image_in_place
	struct engine other = {.first = e};

	e->follow = FOLLOW_EXEC;
	ck_assert(follow_executed(e));
	e->follow = FOLLOW_FORK;
	ck_assert(follow_executed(e));
	e->follow = other.follow = 0;
	ck_assert(!follow_executed(e));
	other.follow = FOLLOW_FORK;
	ck_assert(!follow_executed(&other));
	other.follow = FOLLOW_FORK | FOLLOW_EXEC;
	ck_assert(follow_executed(&other));

#test shared_memory
	check_shared_memory();

#test shared_memory_without_kcmp
	refuse_kcmp();
	check_shared_memory();
	// Nothing planted: nothing to be confused by.
	breakpoint_unplant_all(e);
	ck_assert(!follow_shares_memory(e, child));

#test let_go
	const struct event_text *left;
	struct engine *other;

	ck_assert(follow_forked(e, child));
	other = follow_get(e, 1);
	ring_consume(spares[0]->ring, event_of(spares[0], EVENT_EPOCH));
	follow_let_go(other, thread_find(other, child), "process %d: %s", 7, "why");
	left = event_of(spares[0], EVENT_RELEASED);
	ck_assert_str_eq(left->text, "process 7: why");
	ck_assert_uint_eq(other->threads.num, 0);
	ck_assert(other->is_ended);
	ck_assert(!e->is_ended);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
