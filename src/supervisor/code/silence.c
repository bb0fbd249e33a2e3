// SPDX-License-Identifier: GPL-3.0-or-later
// An empty table has many reasons, and the user sees none of them. A process that sleeps may call
// nothing with good reason. So only the CPU time of one that runs is counted.
#include "config.h"

#include "supervisor/code/silence.h"

#include "base/clock.h"
#include "base/fmt.h"
#include "base/io.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/core/notes.h"
#include "supervisor/os/process.h"

#include <string.h>

#define SILENCE_NS (5 * NS_PER_S)
/** The process must have run so long meanwhile. */
#define RUNNING_NS (100 * NS_PER_MS)
#define LOOK_NS    (500 * NS_PER_MS)
/** Private memory that does not grow by accident. */
#define GROWN_SIZE (1u << 20)

/** The main program, or NULL. */
static const struct module *find_program(struct traced *t, bool *is_go_ret)
{
	const struct module *module;
	uint32_t id;

	for (id = 1; id <= modules_num(t->modules); id++) {
		module = modules_get(t->modules, id);
		if (module->is_live && module_is_program(t->modules, id, is_go_ret))
			return module;
	}
	*is_go_ret = false;
	return NULL;
}

const char *silence_no_allocator(struct traced *t)
{
	const struct module *program;
	bool is_go;

	program = find_program(t, &is_go);
	if (is_go)
		return "; this is a program in Go, whose heap is its own and is not traced";
	if (program && !module_has_symbols(t->modules, program->id))
		return "; the program is stripped, so its functions have no names: --probe takes "
		       "addresses";
	return "";
}

static uint64_t num_calls(const struct traced *t)
{
	const struct planted_probe *p;
	uint64_t num = 0;
	size_t i;

	for (i = 0; i < probe_table_num(t->probes); i++) {
		p = probe_table_get(t->probes, i);
		if (p->is_live && p->hit_slot < SHARED_MAX_HITS)
			num += traced_stats(t)->hits[p->hit_slot];
	}
	return num;
}

static bool get_private(const struct traced *t, uint64_t *ret)
{
	struct traced_footprint footprint;

	if (!process_footprint(io_live_task(t->pid), &footprint))
		return false;
	*ret = footprint.private + footprint.swapped;
	return true;
}

/** Not at the very beginning, where C libraries make ready. */
static void begin(struct traced *t, uint64_t now_ns)
{
	if (!process_cpu_ns(t->pid, &t->silence.cpu_ns) || !get_private(t, &t->silence.private))
		return;
	t->silence.num_calls = num_calls(t);
	t->silence.since_ns = now_ns;
}

static void note(struct traced *t)
{
	static const char what[] = "runs, but calls no allocator function";
	uint64_t private;
	char grown[FMT_SIZE_MAX];
	bool is_go, has_grown;

	has_grown = get_private(t, &private) && private >= t->silence.private + GROWN_SIZE;
	traced_lock_obj(t);
	find_program(t, &is_go);
	traced_unlock_obj(t);
	if (is_go)
		traced_note(
			t,
			"process %d %s: it is a program in Go, whose heap is its own and is not "
			"traced; malloc serves only its C code",
			(int)t->pid, what);
	else if (has_grown)
		traced_note(t,
			    "process %d %s, while its private memory has grown by %s: it has an "
			    "allocator of its own (--probe names the functions), or fills what it "
			    "had allocated before",
			    (int)t->pid, what,
			    fmt_size((double)(private - t->silence.private), false, grown));
	// Who has called some has paused, and that needs no word.
	else if (!t->silence.num_calls)
		traced_note(t,
			    "process %d %s: it allocates nothing now, or from a pool of its own "
			    "(--probe names the functions); probes lists what was found",
			    (int)t->pid, what);
}

static bool is_running(const struct traced *t)
{
	return t->state == TARGET_RUNNING && t->is_tracing && !t->is_paused &&
	       probe_table_num_live(t->probes);
}

void silence_check(struct traced *t)
{
	uint64_t now_ns = clock_now_ns(), cpu_ns;
	bool is_first = !t->silence.next_ns;

	if (t->silence.is_over || now_ns < t->silence.next_ns || !is_running(t))
		return;
	t->silence.next_ns = now_ns + LOOK_NS;
	if (is_first)
		return;
	if (!t->silence.since_ns)
		begin(t, now_ns);
	// The agent comes with the first call, and counts by itself from then on.
	t->silence.is_over = t->agent_memory || num_calls(t) > t->silence.num_calls;
	if (t->silence.is_over || !t->silence.since_ns ||
	    now_ns < t->silence.since_ns + SILENCE_NS || !process_cpu_ns(t->pid, &cpu_ns) ||
	    cpu_ns < t->silence.cpu_ns + RUNNING_NS)
		return;
	t->silence.is_over = true;
	note(t);
}

void silence_restart(struct traced *t)
{
	memset(&t->silence, 0, sizeof(t->silence));
}
