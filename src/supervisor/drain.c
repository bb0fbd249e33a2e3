// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

/** Records taken under one hold of the lock, so that the console gets its turn. */
#define BATCH 4096
/** Longest sleep between two looks into the ring; the tracer wakes us when it fills or waits for us. */
#define IDLE_NS   (100 * NS_PER_MS)
#define MAX_NOTES 1000
/** Resolution of block ages, and how many points of time are kept before every other one is dropped. */
#define TIME_STEP_NS (10 * NS_PER_MS)
#define MAX_TIMES    65536

void session_notify(struct session *s)
{
	const uint64_t one = 1;

	if (write(s->first->note_fd, &one, sizeof(one)) < 0)
		return;
	control_wake(s);
	family_wake(s);
}

void session_note(struct session *s, const char *format, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (s->notes.num >= MAX_NOTES || !vec_push(&s->notes, text)) {
		free(text);
		return;
	}
	session_notify(s);
}

void session_mark_end(struct session *s)
{
	if (s->is_tracing)
		s->end_ns = clock_now_ns();
	s->is_tracing = false;
}

static void note_nomem(struct session *s, struct err *err)
{
	if (!err)
		return;
	// Of the limit the user knows already.
	if (!s->is_nomem_noted && !heap_is_closed(s->heap))
		session_note(s, "out of memory: some events are not recorded from here on");
	s->is_nomem_noted = true;
	err_destroy(err);
}

static void on_stack(struct session *s, const struct event_stack *event)
{
	_cleanup_free_ uint64_t *frames = malloc((event->num_pcs + 1) * sizeof(*frames));
	uint32_t flags = event->is_truncated ? STACK_TRUNCATED : 0, id, domain = 0;
	struct stacks *stacks = heap_stacks(s->heap);
	struct err *err;

	if (!frames) {
		note_nomem(s, &err_nomem);
		return;
	}
	images_frames(s, event, frames, &domain);
	limits_check(s);
	if (heap_is_closed(s->heap)) {
		if (!stacks_find(stacks, frames, event->num_pcs, event->total, flags, &id))
			return;
		err = NULL;
	} else {
		err = stacks_intern(stacks, frames, event->num_pcs, event->total, flags, &id);
	}
	if (!err && !hmap_set(&s->stacks_by_hash, event->hash, id | (uint64_t)domain << 32))
		err = &err_nomem;
	note_nomem(s, err);
}

/** The address of a block in the heap. */
static uint64_t key_of(const struct session *s, uint32_t probe, uint64_t addr)
{
	return probe_is_layered(probe_at(&s->user_probes, probe)) ? addr | SESSION_UPPER : addr;
}

static void free_older(struct session *s, int32_t tid, const struct event_size *size)
{
	note_nomem(s, heap_free_older(s->heap, size->usable, size->low));
	if (s->measuring)
		measuring_free_older(s, tid, size->usable - (size->usable - size->low) / 2);
}

static void on_free(struct session *s, const struct event_free *event)
{
	uint64_t addr = key_of(s, event->probe, event->addr);
	struct block block;

	s->num_events++;
	if (s->measuring)
		measuring_free(s, event->tid, addr);
	// The tracer may have been out of memory for it: here it is known for sure.
	if (event->header.flags & FREE_OLDER && !heap_get(s->heap, addr, &block))
		free_older(s, event->tid, &event->usable);
	else
		heap_free(s->heap, addr);
}

static void add_usable(struct session *s, uint64_t requested, const struct event_size *size)
{
	if (size->usable)
		note_nomem(s, heap_note_usable(s->heap, requested, size->usable, size->low));
}

static void add_block(struct session *s, uint32_t probe, uint64_t addr, uint64_t size,
		      uint64_t hash, int32_t tid)
{
	const uint64_t *found = hmap_find(&s->stacks_by_hash, hash);
	uint32_t id = 0, domain = probe_at(&s->user_probes, probe)->domain;
	struct err *err = NULL;

	addr = key_of(s, probe, addr);
	if (found) {
		id = (uint32_t)*found;
		if (!domain)
			domain = *found >> 32;
	} else if (heap_is_closed(s->heap)) {
		id = s->beyond_stack;
	} else {
		err = stacks_intern(heap_stacks(s->heap), NULL, 0, 1, STACK_TRUNCATED, &id);
	}
	if (!err)
		err = heap_alloc(s->heap, addr, size, id, domain, tid);
	if (err) {
		heap_count_unrecorded(s->heap, size);
		note_nomem(s, err);
		return;
	}
	if (s->measuring)
		measuring_alloc(s, tid, addr);
}

static void forget_taken(struct session *s, uint64_t call)
{
	uint64_t *found = hmap_find(&s->taken, call);

	if (!found)
		return;
	free((struct block *)*found);
	hmap_remove(&s->taken, call);
}

static void on_take(struct session *s, const struct event_take *event)
{
	uint64_t addr = key_of(s, event->probe, event->addr);
	struct block taken, *block;

	if (s->measuring)
		measuring_free(s, event->tid, addr);
	if (!heap_take(s->heap, addr, &taken))
		return;
	block = malloc(sizeof(*block));
	if (block)
		*block = taken;
	if (!block || !hmap_set(&s->taken, event->call, (uint64_t)block)) {
		note_nomem(s, &err_nomem);
		free(block);
	}
}

static void put_back(struct session *s, int32_t tid, const struct block *block)
{
	note_nomem(s, heap_put_back(s->heap, block));
	if (s->measuring)
		measuring_put_back(s, tid, block->addr);
}

static void on_realloc(struct session *s, const struct event_realloc *event)
{
	const uint64_t *found = hmap_find(&s->taken, event->call);

	if (event->addr && !found && event->header.flags & FREE_OLDER)
		free_older(s, event->tid, &event->old);
	add_usable(s, event->size, &event->usable);
	if (event->addr)
		add_block(s, event->probe, event->addr, event->size, event->stack_hash, event->tid);
	else if (found)
		put_back(s, event->tid, (const struct block *)*found);
	forget_taken(s, event->call);
}

static void on_call(struct session *s, const struct event_call *event)
{
	if (!s->call.id || event->id != s->call.id)
		return;
	s->call.is_reached = true;
	s->is_paused = s->call.is_exact;
	control_wake(s);
}

/** Nothing comes from the target any more. */
static void finish(struct session *s, enum target_state state)
{
	s->state = state;
	s->held_tid = 0;
	measuring_finish(s);
	session_mark_end(s);
	session_lock_obj(s);
	modules_forget_live(s->modules);
	session_unlock_obj(s);
	control_wake(s);
	family_wake(s);
}

static void on_end(struct session *s, const struct event_exit *event)
{
	s->exit_status = event->status;
	finish(s, TARGET_ENDED);
}

/** The tracer has let the target go on its own. */
static void on_left(struct session *s, const struct event_text *event)
{
	if (s->want_hold)
		s->launch_error = err_create(ERR_PERM, "%s", event->text);
	else if (*event->text)
		session_note(s, "%s", event->text);
	finish(s, TARGET_DETACHED);
}

static void on_ack(struct session *s, const struct event_ack *event)
{
	s->acked_cookie = event->cookie;
	s->ack_result = event->result;
	control_wake(s);
}

void drain_clear(struct session *s)
{
	heap_clear(s->heap);
	// What realloc calls in progress hold is forgotten too: a failure must not bring it back.
	hmap_deinit_owned(&s->taken);
	s->num_events = s->rate_events = 0;
}

/** An event that a thread of the target waits after, or about the session itself. */
static void on_control(struct session *s, const struct ring_record *record)
{
	const struct event_thread *thread = (const void *)record;
	const struct event_miss *miss = (const void *)record;

	switch (record->kind) {
	case EVENT_MISS:
		images_fill_rows(s, miss->tid, &miss->frame);
		control_resume(s, miss->tid, 0);
		break;
	case EVENT_MODULES:
		images_rendezvous(s, thread->tid);
		break;
	case EVENT_MAPPED:
		images_update(s);
		control_resume(s, thread->tid, 0);
		break;
	case EVENT_EXEC:
		images_exec(s, thread->tid);
		break;
	case EVENT_EXIT:
		on_end(s, (const void *)record);
		break;
	case EVENT_CHILD:
		family_add(s, (const void *)record);
		break;
	case EVENT_RELEASED:
		on_left(s, (const void *)record);
		break;
	case EVENT_ACK:
		on_ack(s, (const void *)record);
		break;
	case EVENT_EPOCH:
		hmap_deinit(&s->stacks_by_hash);
		break;
	case EVENT_CLEAR:
		drain_clear(s);
		break;
	case EVENT_NOTE:
		session_note(s, "%s", ((const struct event_text *)record)->text);
		break;
	default:
		break;
	}
}

static void on_record(struct session *s, const struct ring_record *record)
{
	const struct event_alloc *alloc = (const void *)record;
	const struct event_realloc *re = (const void *)record;
	const struct event_usable *usable = (const void *)record;

	switch (record->kind) {
	case EVENT_STACK:
		on_stack(s, (const void *)record);
		break;
	case EVENT_ALLOC:
		s->num_events++;
		add_usable(s, alloc->size, &alloc->usable);
		add_block(s, alloc->probe, alloc->addr, alloc->size, alloc->stack_hash, alloc->tid);
		break;
	case EVENT_FREE:
		on_free(s, (const void *)record);
		break;
	case EVENT_USABLE:
		add_usable(s, usable->requested, &usable->usable);
		heap_note_live(s->heap, usable->requested);
		break;
	case EVENT_TAKE:
		on_take(s, (const void *)record);
		break;
	case EVENT_REALLOC:
		s->num_events++;
		on_realloc(s, re);
		break;
	case EVENT_ABANDON:
		forget_taken(s, ((const struct event_take *)record)->call);
		break;
	case EVENT_CALL:
		on_call(s, (const void *)record);
		break;
	case EVENT_ENTER:
		measuring_enter(s, (const void *)record);
		break;
	case EVENT_RETURN:
		measuring_leave(s, (const void *)record);
		break;
	default:
		on_control(s, record);
		break;
	}
}

static void note_time(struct session *s)
{
	uint64_t now = clock_now_ns();
	struct seq_time point = {heap_seq(s->heap), now};
	size_t i;

	if (now - s->rate_ns >= NS_PER_S) {
		s->event_rate = (double)(s->num_events - s->rate_events) * NS_PER_S /
				(double)(now - s->rate_ns);
		s->rate_events = s->num_events;
		s->rate_ns = now;
	}
	if (s->times.num && (s->times.items[s->times.num - 1].seq == point.seq ||
			     now - s->times.items[s->times.num - 1].time_ns < TIME_STEP_NS))
		return;
	if (s->times.num >= MAX_TIMES) {
		for (i = 0; i < s->times.num / 2; i++)
			s->times.items[i] = s->times.items[2 * i + 1];
		s->times.num /= 2;
	}
	// Without memory ages are just less exact.
	if (!vec_push(&s->times, point))
		return;
}

/** Process at most max records before limit. Returns whether there may be more. */
static bool drain_batch(struct session *s, uint64_t limit, unsigned max)
{
	const struct ring_record *record;

	note_time(s);
	limits_check(s);
	while ((record = ring_peek(shared_ring(s->shared), limit))) {
		on_record(s, record);
		FAULT_POINT("drain");
		ring_consume(shared_ring(s->shared), record);
		if (--max == 0)
			return true;
	}
	note_time(s);
	return false;
}

void drain_to(struct session *s, uint64_t limit)
{
	while (drain_batch(s, limit, BATCH))
		;
}

void drain_now(struct session *s)
{
	if (s->shared)
		drain_to(s, ring_head(shared_ring(s->shared)));
}

static void *drain_main(void *ctx)
{
	struct session *s = ctx;
	uint32_t seen;
	bool has_more;

	while (!__atomic_load_n(&s->want_end, __ATOMIC_ACQUIRE)) {
		seen = ring_wake_count(shared_ring(s->shared));
		session_lock(s);
		has_more = drain_batch(s, UINT64_MAX, BATCH);
		session_unlock(s);
		if (!has_more)
			ring_wait_events(shared_ring(s->shared), seen, IDLE_NS);
	}
	return NULL;
}

void drain_open_memory(struct session *s)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)io_live_task(s->tracer.target));
	fd = open(path, O_RDWR | O_CLOEXEC);
	fd = __atomic_exchange_n(&s->mem_fd, fd, __ATOMIC_SEQ_CST);
	if (fd >= 0)
		close(fd);
}

void drain_restore_bytes(struct session *s)
{
	const struct shared *shared = s->shared;
	uint32_t i, num = shared_num_planted(shared);
	int fd = __atomic_load_n(&s->mem_fd, __ATOMIC_SEQ_CST);
	uint8_t byte;

	if (fd < 0)
		return;
	for (i = 0; i < num; i++) {
		const struct planted *p = &shared->planted[i];

		if (!__atomic_load_n(&p->is_planted, __ATOMIC_ACQUIRE) ||
		    pread(fd, &byte, 1, (off_t)p->addr) != 1 || byte != arch_host()->trap[0])
			continue;
		if (pwrite(fd, &p->original, 1, (off_t)p->addr) != 1)
			log_debug("cannot restore %#llx", (unsigned long long)p->addr);
	}
}

/** Sleeps until the tracer's end of the socket closes. */
static void *watch_main(void *ctx)
{
	struct session *s = ctx;
	bool is_accident;
	ssize_t n;
	char byte;

	do
		n = recv(s->tracer.socket, &byte, 1, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	FAULT_POINT("tracer-gone");
	is_accident = !__atomic_load_n(&s->is_leaving, __ATOMIC_ACQUIRE);
	drain_restore_bytes(s);
	FAULT_POINT("rescued");
	session_lock(s);
	drain_now(s);
	s->has_tracer = false;
	if (is_accident && s->state != TARGET_ENDED) {
		session_note(
			s,
			"the tracer process died; the breakpoints are taken out, tracing has ended");
		s->has_lost_tracer = true;
		s->state = TARGET_DETACHED;
		session_mark_end(s);
	}
	session_unlock(s);
	family_left(s);
	control_wake(s);
	return NULL;
}

int drain_create_thread(pthread_t *ret, void *(*main_fn)(void *), void *ctx)
{
	sigset_t all, old;
	int errnum;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	errnum = pthread_create(ret, NULL, main_fn, ctx);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return errnum;
}

struct err *drain_start(struct session *s)
{
	int errnum;

	drain_open_memory(s);
	errnum = drain_create_thread(&s->drain_thread, drain_main, s);
	if (errnum)
		return err_sys(errnum, "cannot start a thread");
	// One is enough for all that it traces.
	if (s->first == s)
		errnum = drain_create_thread(&s->watch_thread, watch_main, s);
	if (errnum) {
		__atomic_store_n(&s->want_end, true, __ATOMIC_RELEASE);
		pthread_join(s->drain_thread, NULL);
		return err_sys(errnum, "cannot start a thread");
	}
	s->has_threads = true;
	return NULL;
}

void drain_end(struct session *s)
{
	if (!s->has_threads)
		return;
	__atomic_store_n(&s->want_end, true, __ATOMIC_RELEASE);
	ring_wake_consumer(shared_ring(s->shared));
	pthread_join(s->drain_thread, NULL);
	if (s->first == s)
		pthread_join(s->watch_thread, NULL);
	s->has_threads = false;
}
