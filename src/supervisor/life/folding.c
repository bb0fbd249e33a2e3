// SPDX-License-Identifier: GPL-3.0-or-later
// Merges children that have ended: a build of ten thousand processes must not cost ten thousand
// tables. Programs with many processes are merged first, and completely, so that a table has all of
// them. The few processes of other programs keep their own tables.
#include "config.h"

#include "supervisor/life/folding.h"

#include "heap/frame.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/limits.h"
#include "supervisor/life/assemble.h"

#include <string.h>
#include <sys/wait.h>

/** Name of the last table possible. */
#define OTHERS "<other programs>"
/** How many files a table may have. A program whose every process is another file (a compiler's
 *  test, built anew each time) must not cost more. */
#define MODULES_MAX 256

/** What is needed while t is merged into fold. */
struct folding {
	struct traced *fold;
	struct traced *t;
	/** Of t -> of fold, plus 1; 0: not looked up yet. */
	uint32_t *modules;
	uint32_t *stacks;
	/** Those of the present stack. */
	VEC(uint64_t) frames;
};

/** Its end has been handled, and nobody wants to know more of it than of the rest. */
static bool is_foldable(const struct traced *t, const struct traced *chosen)
{
	return t != chosen && !t->shared && !t->snapshots.num && !t->measuring && !t->storing;
}

static struct traced *find_fold(const struct folds *folds, const char *exe)
{
	uint32_t i;

	for (i = 0; i < folds->num; i++)
		if (strcmp(folds->items[i]->exe, exe) == 0)
			return folds->items[i];
	return folds->num == FOLDS_MAX ? folds->items[FOLDS_MAX - 1] : NULL;
}

/** How many members run the program of t. */
static uint32_t count_alike(struct traced *const *members, uint32_t num,
			    const struct traced *chosen, const struct traced *t)
{
	uint32_t i, num_alike = 0;

	for (i = 0; i < num; i++)
		num_alike +=
			is_foldable(members[i], chosen) && strcmp(members[i]->exe, t->exe) == 0;
	return num_alike;
}

struct traced *folding_next(struct traced *const *members, uint32_t num, const struct folds *folds,
			    const struct traced *chosen)
{
	uint32_t i, num_alike, most = 0, num_ended = 0;
	struct traced *best = NULL;

	for (i = 0; i < num; i++) {
		if (!is_foldable(members[i], chosen))
			continue;
		if (find_fold(folds, members[i]->exe))
			return members[i];
		num_ended++;
	}
	if (num_ended <= SESSION_MAX_ENDED)
		return NULL;
	for (i = 0; i < num; i++) {
		num_alike = is_foldable(members[i], chosen)
				    ? count_alike(members, num, chosen, members[i])
				    : 0;
		if (num_alike > most) {
			most = num_alike;
			best = members[i];
		}
	}
	return best;
}

static struct err *create_fold(struct folds *folds, const struct traced *t, struct traced **ret)
{
	const char *exe = folds->num == FOLDS_MAX - 1 ? OTHERS : t->exe;
	struct traced *fold;
	char *copy;
	struct err *err = assemble_traced(t->session, t->nframe, &fold);

	if (err)
		return err;
	fold->state = TARGET_ENDED;
	fold->is_from_launch = true;
	fold->start_ns = UINT64_MAX;
	fold->last_stats = calloc(1, sizeof(*fold->last_stats));
	copy = strdup(exe);
	if (!fold->last_stats || !copy || !vec_push(&fold->exes, copy)) {
		free(copy);
		err = &err_nomem;
	} else {
		fold->exe = copy;
		err = assemble_tables(fold);
	}
	if (err) {
		assemble_destroy(fold);
		return err;
	}
	*ret = fold;
	return NULL;
}

static struct err *map_frame(struct folding *f, uint64_t frame, uint64_t *ret)
{
	uint32_t module = frame_module(frame), id;
	struct err *err;

	if (module && !f->modules[module]) {
		traced_lock_obj(f->fold);
		err = modules_adopt(f->fold->modules, f->t->modules, module, MODULES_MAX, &id);
		traced_unlock_obj(f->fold);
		if (err)
			return err;
		f->modules[module] = id + 1;
	}
	id = module ? f->modules[module] - 1 : 0;
	// An address in memory that is gone tells nothing, and would be another one in each
	// process.
	*ret = id ? frame_make(id, frame_addr(frame)) : FRAME_UNKNOWN;
	return NULL;
}

static struct err *add_stack(struct folding *f, const struct stack *stack, uint32_t *ret)
{
	struct stacks *stacks = heap_stacks(f->fold->heap);
	uint64_t frame = frame_make(stack_end_module(stack->flags), 0);
	uint32_t flags = stack->flags, i;
	struct err *err = NULL;

	if (flags & STACK_TRUNCATED) {
		err = map_frame(f, frame, &frame);
		flags = stack_truncated(stack_end(flags), frame_module(frame)) |
			stack_sure(stack_num_sure(flags));
	}
	f->frames.num = 0;
	for (i = 0; i < stack->num_frames && !err; i++) {
		// The only ones from elsewhere that count are those of limits_beyond().
		if (frame_module(stack_frame(stack, i)) == FRAME_MODULE_STORED)
			return limits_beyond(f->fold, ret);
		err = map_frame(f, stack_frame(stack, i), &frame);
		if (!err && !vec_push(&f->frames, frame))
			err = &err_nomem;
	}
	if (err)
		return err;
	if (!heap_is_closed(f->fold->heap))
		return stacks_intern(stacks, f->frames.items, f->frames.num, stack->total_nframe,
				     flags, ret);
	if (!stacks_find(stacks, f->frames.items, f->frames.num, stack->total_nframe, flags, ret))
		*ret = f->fold->beyond_stack;
	return NULL;
}

static struct err *map_stack(void *ctx, uint32_t id, uint32_t *ret)
{
	struct folding *f = ctx;
	struct stack stack;
	struct err *err;
	uint32_t new_id;

	if (!f->stacks[id]) {
		stack = stacks_get(heap_stacks(f->t->heap), id);
		err = add_stack(f, &stack, &new_id);
		if (err)
			return err;
		f->stacks[id] = new_id + 1;
	}
	*ret = f->stacks[id] - 1;
	return NULL;
}

static bool has_failed(const struct traced *t)
{
	return t->state == TARGET_ENDED &&
	       !(WIFEXITED(t->exit_status) && WEXITSTATUS(t->exit_status) == 0);
}

/** Everything but the heap. */
static void add_status(struct traced *fold, const struct traced *t)
{
	const struct shared_stats *stats = traced_stats(t);

	// One process without the agent makes a table without.
	if (!fold->num_folded || t->engine == ENGINE_BREAKPOINT) {
		fold->engine = t->engine;
		memcpy(fold->engine_reason, t->engine_reason, sizeof(fold->engine_reason));
	}
	fold->num_folded++;
	fold->num_unsuccessful += has_failed(t);
	fold->num_left += t->state != TARGET_ENDED;
	fold->num_events += t->num_events;
	fold->is_from_launch &= t->is_from_launch;
	if (t->start_ns < fold->start_ns)
		fold->start_ns = t->start_ns;
	if (t->end_ns > fold->end_ns)
		fold->end_ns = t->end_ns;
	if (t->nframe > fold->nframe)
		fold->last_stats->num_stops += stats->num_stops;
	fold->last_stats->num_abandoned += stats->num_abandoned;
	fold->last_stats->num_failed += stats->num_failed;
	fold->last_stats->num_lost += stats->num_lost;
	fold->last_stats->wait_ns += stats->wait_ns - t->first_wait_ns;
}

/** What the user has not been told of it yet comes from the first process. */
static void pass_notes(struct traced *t)
{
	struct traced *first = t->session->first;
	size_t i;

	traced_lock(first);
	for (i = 0; i < t->notes.num; i++) {
		const char *note = t->notes.items[i];

		if (strncmp(note, "process ", strlen("process ")) == 0)
			traced_note(first, "%s", note);
		else
			traced_note(first, "process %d: %s", (int)t->pid, note);
	}
	traced_unlock(first);
}

struct err *folding_add(struct folds *folds, struct traced *t)
{
	struct folding f = {.fold = find_fold(folds, t->exe), .t = t};
	bool is_new = !f.fold;
	struct err *err = is_new ? create_fold(folds, t, &f.fold) : NULL;

	if (err)
		return err;
	f.modules = calloc(modules_num(t->modules) + 1, sizeof(*f.modules));
	f.stacks = calloc(stacks_num(heap_stacks(t->heap)) + 1, sizeof(*f.stacks));
	traced_lock(f.fold);
	err = f.modules && f.stacks ? heap_absorb(f.fold->heap, t->heap, map_stack, &f)
				    : &err_nomem;
	if (!err) {
		add_status(f.fold, t);
		limits_check(f.fold);
	}
	traced_unlock(f.fold);
	free(f.modules);
	free(f.stacks);
	vec_deinit(&f.frames);
	if (err && is_new)
		assemble_destroy(f.fold);
	if (err)
		return err;
	pass_notes(t);
	if (is_new) {
		folds->items[folds->num] = f.fold;
		__atomic_store_n(&folds->num, folds->num + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}
