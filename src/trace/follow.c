// SPDX-License-Identifier: GPL-3.0-or-later
// Several processes under one tracer: a followed child is never let go, so there is no moment in
// which it runs unseen or could be lost. It stands in its first stop, with clean text, until the
// supervisor has planted its breakpoints; the end of this process releases it like all others.
#include "config.h"

#include "trace/engine.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/** So many breakpoints of a process are looked for in a child of which the parent is gone. */
#define SAMPLE_SIZE 64
/** So long the place of a process that has ended stays what it was if there is another: a child of
 *  its own that has not stopped yet has its breakpoints, and only it knows them. */
#define KEEP_NS NS_PER_S

struct engine *follow_get(struct engine *first, uint32_t i)
{
	if (i == 0)
		return first;
	return i <= first->others.num ? first->others.items[i - 1] : NULL;
}

bool follow_executed(const struct engine *e)
{
	// Who follows children wants to see the program that has them.
	return e->follow & (e->first ? FOLLOW_EXEC : FOLLOW_EXEC | FOLLOW_FORK);
}

/** A breakpoint that is hit least often. NULL: none is planted. */
static const struct breakpoint *quietest_breakpoint(const struct engine *e)
{
	const struct breakpoint *best = NULL, *b;
	size_t i;

	hmap_each (&e->breakpoints, i, b) {
		if (b->is_planted && (!best || b->roles == PLANT_RENDEZVOUS))
			best = b;
	}
	return best;
}

/** The same without kcmp, which filters of containers refuse: does a byte of ours that is taken out
 *  there vanish here, too? It is back at once; without any there is nothing to tell apart. */
static bool shares_byte(struct engine *e, pid_t tid)
{
	const struct breakpoint *b = quietest_breakpoint(e);
	const uint8_t *original, *trap = e->arch->trap;
	_cleanup_close_ int fd = -1;
	char path[32];
	uint8_t byte;
	bool ret;

	if (!b)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	original = &e->shared->planted[b->planted_index].original;
	if (fd < 0 || pread(fd, &byte, 1, (off_t)b->addr) != 1 || byte != *trap ||
	    pwrite(fd, original, 1, (off_t)b->addr) != 1)
		return false;
	ret = pread(e->mem_fd, &byte, 1, (off_t)b->addr) == 1 && byte == *original;
	if (pwrite(fd, trap, 1, (off_t)b->addr) != 1)
		log_debug("cannot put the trap back at %#llx", (unsigned long long)b->addr);
	return ret;
}

bool follow_shares_memory(struct engine *e, pid_t tid)
{
	unsigned num_asked = 0;
	bool is_refused = false;
	const struct thread *t;
	size_t i;

	// A leader that has ended has no memory to compare with, so one thread is not enough to
	// ask; two would be.
	hmap_each (&e->threads, i, t) {
		if (num_asked >= 4)
			break;
		errno = 0;
		if (syscall(SYS_kcmp, t->tid, tid, KCMP_VM, 0, 0) == 0)
			return true;
		is_refused |= errno == EPERM || errno == ENOSYS;
		num_asked++;
	}
	return is_refused && shares_byte(e, tid);
}

static pid_t parent_of(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = io_proc_status(pid, "PPid", &text);

	err_destroy(err);
	return err ? 0 : atoi(text);
}

/** How many of e's breakpoints are in the memory of pid, too. */
static unsigned count_copies(struct engine *e, pid_t pid)
{
	const struct planted *p = e->shared->planted;
	unsigned num = 0;
	uint32_t i;
	uint8_t byte;

	for (i = 0; i < shared_num_planted(e->shared) && i < SAMPLE_SIZE; i++)
		num += p[i].original && memory_read(pid, p[i].addr, &byte, 1) &&
		       byte == e->arch->trap[0];
	return num;
}

/** Whose memory a forked child has copied: its parent's, or when that has ended or is another
 *  (CLONE_PARENT) that of the process with which it has most breakpoints in common. */
static struct engine *origin(struct engine *first, pid_t tid)
{
	struct engine *e, *best = first;
	unsigned num, most = 0;
	pid_t parent = parent_of(tid);
	uint32_t i;

	for (i = 0; (e = follow_get(first, i)); i++)
		if (e->pid == parent && !e->is_ended)
			return e;
	for (i = 0; (e = follow_get(first, i)); i++) {
		num = count_copies(e, tid);
		if (num <= most)
			continue;
		most = num;
		best = e;
	}
	return best;
}

static struct engine *owner_of_new(struct engine *first, pid_t tid)
{
	struct engine *e;
	uint32_t i;

	for (i = 0; (e = follow_get(first, i)); i++)
		if (!e->is_ended && (e->pid == tid || syscall(SYS_tgkill, e->pid, tid, 0) == 0))
			return e;
	for (i = 0; (e = follow_get(first, i)); i++)
		if (!e->is_ended && follow_shares_memory(e, tid))
			return e;
	return origin(first, tid);
}

struct engine *follow_owner(struct engine *first, pid_t tid)
{
	const uint64_t *found;

	if (!first->others.num || thread_find(first, tid))
		return first;
	found = hmap_find(&first->owners, (uint64_t)tid);
	return found ? (struct engine *)*found : owner_of_new(first, tid);
}

/** Of the places that are free again the one that has been so for the longest time; not that of e.
 *  NULL: there is none. */
static struct engine **oldest_place(struct engine *first, const struct engine *e)
{
	struct engine **best = NULL, **place;
	size_t i;

	for (i = 0; i < first->others.num; i++) {
		place = &first->others.items[i];
		// A child that shared its memory may have outlived it.
		if (*place != e && (*place)->is_released && !(*place)->threads.num &&
		    (!best || (*place)->ended_ns < (*best)->ended_ns))
			best = place;
	}
	return best;
}

static void engine_destroy(struct engine *e)
{
	if (e->mem_fd >= 0)
		close(e->mem_fd);
	addrset_deinit(&e->live);
	hmap_deinit(&e->usable_sizes);
	vec_deinit(&e->allocators);
	hmap_deinit(&e->threads);
	vec_deinit(&e->tids);
	free(e->pcs);
	free(e);
}

/** Where the next process goes. NULL: as many as can be live already, or no memory. */
static struct engine **find_place(struct engine *first, const struct engine *e)
{
	struct engine **place = oldest_place(first, e);

	if (place && (first->others.num >= first->num_spares ||
		      clock_now_ns() - (*place)->ended_ns >= KEEP_NS)) {
		shared_renew((*place)->shared);
		engine_destroy(*place);
		*place = NULL;
		return place;
	}
	if (first->others.num >= first->num_spares || !vec_push(&first->others, NULL))
		return NULL;
	place = &first->others.items[first->others.num - 1];
	shared_init(first->spares[first->others.num - 1]);
	return place;
}

/** An engine for process pid, a child of e. NULL: as find_place(). */
static struct engine *engine_new(struct engine *e, pid_t pid)
{
	struct engine *first = engine_first(e), *child = calloc(1, sizeof(*child));
	struct engine **place = child ? find_place(first, e) : NULL;

	if (!place) {
		free(child);
		return NULL;
	}
	*place = child;
	child->process = (uint32_t)(place - first->others.items) + 1;
	child->shared = first->spares[child->process - 1];
	child->shared->pid = pid;
	child->arch = e->arch;
	child->first = first;
	child->follow = e->follow;
	child->has_image = true;
	child->socket = child->mem_fd = child->cpu = -1;
	child->is_cpu_off = true;
	child->pid = pid;
	child->is_tracing = e->is_tracing;
	child->nframe = e->nframe;
	child->user_probes = e->user_probes;
	child->pcs = malloc(child->nframe * sizeof(*child->pcs));
	if (child->pcs && start_open_mem(child))
		return child;
	// The place is that of a process that has ended.
	follow_ended(child);
	child->is_released = true;
	return NULL;
}

/** Make pid, which stands in a stop, a process of its own. NULL: it cannot be followed. */
static struct thread *adopt(struct engine *e, pid_t pid, unsigned flags, struct engine **ret)
{
	struct engine *first = engine_first(e), *child = engine_new(e, pid);
	struct thread *t = child ? thread_add(child, pid, pid) : NULL;
	struct event_child *event;

	// Of a process that has ended nobody reads any more.
	if (e->is_ended)
		e = first;
	if (!t) {
		if (!first->is_limit_noted)
			emit_note(e,
				  "%" PRIu32 " followed processes live at once, the limit; others "
				  "are left alone",
				  first->num_spares + 1);
		first->is_limit_noted = true;
		// Without memory for its thread it is a process that has ended.
		if (child)
			follow_ended(child);
		if (child)
			child->is_released = true;
		return NULL;
	}
	t->is_stopped = true;
	t->hold = HELD_STOP;
	stops_consume(pid);
	event = emit_begin(e, EVENT_CHILD, sizeof(*event));
	if (event) {
		event->pid = pid;
		event->process = child->process;
		event->flags = flags | (child->is_tracing ? CHILD_TRACING : 0);
		emit_end_now(e, event);
	}
	emit_ack(child, EVENT_EPOCH, ++child->epoch, 0);
	*ret = child;
	return t;
}

bool follow_forked(struct engine *e, pid_t tid)
{
	struct engine *child;

	return e->follow & FOLLOW_FORK && adopt(e, tid, 0, &child);
}

bool follow_spawned(struct engine *e, pid_t tid)
{
	struct engine *child;
	struct thread *t;

	if (!(e->follow & FOLLOW_FORK) || !(e->follow & FOLLOW_EXEC))
		return false;
	t = adopt(e, tid, CHILD_SPAWNED, &child);
	if (!t)
		return false;
	t->is_in_syscall = true;
	child->is_heap_known = child->is_tracing;
	emit_thread(child, EVENT_EXEC, tid);
	return true;
}

void follow_ended(struct engine *e)
{
	e->is_ended = true;
	e->ended_ns = clock_now_ns();
	if (!e->first)
		return;
	hmap_deinit_owned(&e->breakpoints);
	hmap_deinit(&e->known_stacks);
	displaced_forget(e);
	vec_deinit(&e->modules);
	addrset_deinit(&e->live);
	if (e->mem_fd >= 0)
		close(e->mem_fd);
	e->mem_fd = -1;
}

void follow_release(struct engine *e)
{
	struct thread *t = thread_find(e, e->pid);

	if (!e->first || (!e->is_ended && (!t || t->hold != HELD_STOP)))
		return;
	if (!e->is_ended) {
		ptrace(PTRACE_DETACH, t->tid, 0, 0);
		thread_remove(e, t);
		follow_ended(e);
	}
	e->is_released = true;
}

void follow_let_go_image(struct engine *e, struct thread *t)
{
	struct engine *first = engine_first(e);

	if (!e->first)
		follow_let_go(e, t, "process %d executes another program: tracing ends here",
			      (int)e->pid);
	// Of children, which do so all the time, it is said once.
	else if (!first->is_image_noted)
		follow_let_go(e, t,
			      "process %d executes another program, and is left there as all "
			      "children without --follow fork,exec",
			      (int)e->pid);
	else
		follow_let_go(e, t, "%s", "");
	first->is_image_noted |= e->first != NULL;
}

void follow_let_go(struct engine *e, struct thread *t, const char *format, ...)
{
	struct event_text *event;
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	thread_remove(e, t);
	follow_ended(e);
	event = emit_begin(e, EVENT_RELEASED, sizeof(*event) + strlen(text) + 1);
	if (!event)
		return;
	strcpy(event->text, text);
	emit_end_now(e, event);
}
