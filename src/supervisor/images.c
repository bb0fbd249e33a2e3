// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session_internal.h"

#include "arch/arch.h"
#include "base/io.h"
#include "base/log.h"
#include "heap/frame.h"
#include "obj/maps.h"

#include <assert.h>
#include <string.h>

/** Probe search in one module. */
struct search {
	struct session *s;
	const struct module *module;
	VEC(struct planted_probe) found;
	VEC(struct new_range) ranges;
	bool has_malloc;
	/** Runtime addresses; 0: not defined here. */
	uint64_t usable[NUM_USABLE_SYMBOLS];
	/** From the first of malloc and its family to the end of the last, ELF addresses. */
	uint64_t start;
	uint64_t end;
};

/** malloc and its family are one piece of code in glibc (malloc.o). */
static void add_code(struct search *search, uint64_t addr, uint64_t size)
{
	if (!search->start || addr < search->start)
		search->start = addr;
	if (addr + size > search->end)
		search->end = addr + size;
}

static bool add_new(struct search *search, uint32_t domain, uint64_t addr, uint64_t size)
{
	struct new_range range = {
		.module = search->module->id,
		.domain = domain,
		.start = addr,
		.end = addr + (size ? size : 1),
	};

	return vec_push(&search->ranges, range);
}

static struct err *on_probe_symbol(void *ctx, size_t index, uint64_t addr, uint64_t size)
{
	struct search *search = ctx;
	uint32_t num = probe_num(&search->s->user_probes);
	struct planted_probe p = {
		.module = search->module->id,
		.probe = index,
		.addr = addr + search->module->bias,
		.is_live = true,
	};
	size_t i;

	if (index < PROBES_PLAIN || index == num + USABLE_SYMBOL_INFO)
		add_code(search, addr, size);
	if (index >= num) {
		search->usable[index - num] = p.addr;
		return NULL;
	}
	if (probe_is_new(index) && !add_new(search, probes[index].domain, addr, size))
		return &err_nomem;
	if (index < num_probes && probes[index].kind == PROBE_ALLOC && !probes[index].needs_malloc)
		search->has_malloc = true;
	// free and cfree, malloc and __libc_malloc: one function, one probe, the name that comes first in the table; but
	// what the user says of a function is right.
	for (i = 0; i < search->found.num; i++) {
		if (search->found.items[i].addr != p.addr)
			continue;
		if (p.probe >= num_probes || p.probe < search->found.items[i].probe)
			search->found.items[i].probe = p.probe;
		return NULL;
	}
	return vec_push(&search->found, p) ? NULL : &err_nomem;
}

/** The functions of a shim that have no symbol. */
static struct err *search_shim(struct search *search)
{
	struct planted_probe more[SHIM_MAX];
	size_t i, num = shim_find(search->s, search->found.items, search->found.num, more);

	for (i = 0; i < num; i++)
		if (!vec_push(&search->found, more[i]))
			return &err_nomem;
	return NULL;
}

static struct err *search_module(struct search *search)
{
	const struct probe_list *user = &search->s->user_probes;
	const char *names[256];
	size_t i, num = 0;
	struct err *err;

	_Static_assert(PROBES_USER_MAX + NUM_USABLE_SYMBOLS <= 128, "room for names");
	assert(num_probes <= 128);
	for (i = 0; i < probe_num(user); i++)
		names[num++] = probe_at(user, i)->symbol;
	for (i = 0; i < NUM_USABLE_SYMBOLS; i++)
		names[num++] = usable_symbols[i];
	err = module_find_functions(search->s->modules, search->module->id, names, num, false,
				    on_probe_symbol, search);
	return err || !search->has_malloc ? err : search_shim(search);
}

/** A module that was unloaded and loaded again at the same place keeps its counters. */
static bool revive_probe(struct session *s, const struct planted_probe *p, uint32_t *slot_ret)
{
	size_t i;

	for (i = 0; i < s->probes.num; i++) {
		if (s->probes.items[i].module != p->module || s->probes.items[i].addr != p->addr)
			continue;
		s->probes.items[i].is_live = true;
		*slot_ret = s->probes.items[i].hit_slot;
		return true;
	}
	return false;
}

/** What the tracer must know of the allocator to which a probe belongs. Of the user's own nothing is known. */
static struct command plant_command(const struct search *search, uint32_t probe)
{
	struct command command = {.kind = COMMAND_PLANT};

	if (probe >= num_probes)
		return command;
	command.usable = usable_choose(search->usable, probes[probe].symbol);
	if (command.usable.kind == USABLE_GLIBC) {
		command.start = search->start + search->module->bias;
		command.end = search->end + search->module->bias;
	}
	return command;
}

static void plant_one(struct session *s, const struct search *search, const struct planted_probe *p)
{
	struct command command = plant_command(search, p->probe);
	struct planted_probe new_probe = *p;
	uint32_t slot;

	if (!revive_probe(s, p, &slot)) {
		new_probe.hit_slot = slot = s->num_hit_slots++;
		if (!vec_push(&s->probes, new_probe))
			return;
	}
	command.items[command.num_items++] =
		(struct command_plant){p->addr, PLANT_PROBE, p->probe | slot << 16};
	control_send(s, &command);
}

static void plant_found(struct session *s, struct search *search)
{
	size_t i;

	for (i = 0; i < search->found.num; i++)
		if (search->has_malloc ||
		    !probe_at(&s->user_probes, search->found.items[i].probe)->needs_malloc)
			plant_one(s, search, &search->found.items[i]);
	for (i = 0; i < search->ranges.num; i++)
		if (!vec_push(&s->new_ranges, search->ranges.items[i]))
			return;
}

static void plant_rendezvous(struct session *s, uint32_t id)
{
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t addr;
	struct err *err = module_find_rendezvous(s->modules, id, &addr);

	if (err) {
		err_destroy(err);
		return;
	}
	s->has_rendezvous = true;
	command.items[0] = (struct command_plant){addr, PLANT_RENDEZVOUS, 0};
	control_send(s, &command);
}

/** Of use where the target may not map memory. */
static void send_cave(struct session *s, uint32_t id)
{
	struct command command = {.kind = COMMAND_CODE_CAVE};

	if (module_code_slack(s->modules, id, &command.start, &command.end))
		control_send(s, &command);
}

static void add_module(struct session *s, uint32_t id)
{
	const struct module *module = modules_get(s->modules, id);
	struct search search = {.s = s, .module = module};
	struct command command = {
		.kind = COMMAND_MODULE, .start = module->start, .end = module->end};
	struct err *err;

	// Nothing in the vDSO allocates, or calls what does.
	if (strcmp(module->path, "[vdso]") != 0)
		control_send(s, &command);
	err = search_module(&search);
	if (err)
		log_debug("%s: %s", module->path, err_text(err));
	err_destroy(err);
	send_cave(s, id);
	plant_found(s, &search);
	plant_rendezvous(s, id);
	images_plant_ptrace(s, id);
	vec_deinit(&search.found);
	vec_deinit(&search.ranges);
}

static void remove_module(struct session *s, uint32_t id)
{
	const struct module *module = modules_get(s->modules, id);
	struct command command = {.kind = COMMAND_DROP, .start = module->start, .end = module->end};
	size_t i;

	cfi_rows_withdraw(shared_rows(s->shared), module->start, module->end);
	control_send(s, &command);
	for (i = 0; i < s->probes.num; i++)
		if (s->probes.items[i].module == id)
			s->probes.items[i].is_live = false;
	for (i = 0; i < s->new_ranges.num; i++)
		if (s->new_ranges.items[i].module == id)
			s->new_ranges.items[i--] = s->new_ranges.items[--s->new_ranges.num];
}

static void send_syscall_insn(struct session *s)
{
	struct command command = {.kind = COMMAND_SYSCALL_INSN};
	struct err *err;

	if (s->syscall_insn && modules_find(s->modules, s->syscall_insn))
		return;
	err = modules_find_syscall_insn(s->modules, io_live_task(s->tracer.target), &command.value);
	if (!err)
		control_send(s, &command);
	s->syscall_insn = command.value;
	err_destroy(err);
}

void images_update(struct session *s)
{
	struct modules_delta delta = {0};
	struct err *err;
	size_t i;

	session_lock_obj(s);
	err = modules_refresh(s->modules, io_live_task(s->tracer.target), &delta);
	if (err)
		log_debug("modules: %s", err_text(err));
	err_destroy(err);
	for (i = 0; i < delta.removed.num; i++)
		remove_module(s, delta.removed.items[i]);
	for (i = 0; i < delta.added.num; i++)
		add_module(s, delta.added.items[i]);
	if (delta.added.num || delta.removed.num)
		send_syscall_insn(s);
	session_unlock_obj(s);
	// A function that was waited for may have come.
	for (i = 0; s->call.id && i < delta.added.num; i++)
		err_destroy(images_plant_call(s, delta.added.items[i]));
	modules_delta_deinit(&delta);
}

/** An image without a rendezvous is complete when its entry point is reached. */
static void plant_entry_point(struct session *s)
{
	struct command command = {.kind = COMMAND_PLANT, .num_items = 1};
	uint64_t entry;

	if (!process_entry(io_live_task(s->tracer.target), &entry))
		return;
	command.items[0] = (struct command_plant){entry, PLANT_RENDEZVOUS, 0};
	control_send(s, &command);
}

static void send_area(struct session *s, uint64_t start)
{
	struct command command = {.kind = COMMAND_XOL_AREA, .start = start};
	char magic[sizeof(XOL_AREA_MAGIC)];

	if (process_read(io_live_task(s->tracer.target), start, magic, sizeof(magic)) &&
	    memcmp(magic, XOL_AREA_MAGIC, sizeof(magic)) == 0)
		control_send(s, &command);
}

void images_send_areas(struct session *s)
{
	_cleanup_free_ char *text = NULL;
	struct maps_cursor cursor;
	struct map_entry entry;
	char path[32];
	size_t size;
	uint64_t at;
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)io_live_task(s->tracer.target));
	err = io_read_file(path, 256 << 20, &text, &size);
	if (err) {
		err_destroy(err);
		return;
	}
	maps_cursor_init(&cursor, text, size);
	while (maps_next(&cursor, &entry)) {
		if (entry.inode || entry.path_size || !entry.is_executable || entry.is_writable)
			continue;
		// The kernel joins neighbours.
		for (at = entry.start; at + XOL_AREA_SIZE <= entry.end; at += XOL_AREA_SIZE)
			send_area(s, at);
	}
}

static bool is_planted(const struct session *s, uint32_t probe)
{
	size_t i;

	for (i = 0; i < s->probes.num; i++)
		if (s->probes.items[i].is_live && s->probes.items[i].probe == probe)
			return true;
	return false;
}

/** Functions of --probe that are nowhere. */
static void note_user_probes(struct session *s)
{
	uint32_t i;

	for (i = num_probes; i < probe_num(&s->user_probes); i++)
		if (!is_planted(s, i))
			session_note(s,
				     "--probe: no function '%s' in the loaded modules; what is "
				     "loaded later is searched, too",
				     probe_at(&s->user_probes, i)->symbol);
}

void images_note_allocators(struct session *s)
{
	_cleanup_free_ char *searched = NULL;
	size_t size, i;
	uint32_t id;
	FILE *out;

	note_user_probes(s);
	sanitizer_note(s);
	for (i = 0; i < s->probes.num; i++)
		if (s->probes.items[i].is_live)
			return;
	out = open_memstream(&searched, &size);
	if (!out)
		return;
	session_lock_obj(s);
	for (id = 1; id <= modules_num(s->modules); id++) {
		const struct module *module = modules_get(s->modules, id);

		if (module && module->is_live)
			fprintf(out, " %s", module->name);
	}
	session_unlock_obj(s);
	fclose(out);
	session_note(
		s,
		"no allocator found (malloc, je_malloc, mi_malloc ...); searched the symbols of%s; "
		"what is loaded later will be traced",
		searched);
}

/** The image is complete: hold the thread for the user, or let it run. */
static void image_ready(struct session *s, pid_t tid)
{
	images_note_allocators(s);
	if (s->want_hold) {
		s->held_tid = tid;
		s->state = TARGET_HELD;
		control_wake(s);
		return;
	}
	control_resume(s, tid, RELEASE_UNWATCH);
}

void images_set_exe(struct session *s)
{
	char path[32], exe[4096] = "", *copy;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)io_live_task(s->tracer.target));
	if (readlink(path, exe, sizeof(exe) - 1) < 0 || strcmp(exe, s->exe) == 0)
		return;
	copy = strdup(exe);
	if (copy && vec_push(&s->exes, copy))
		s->exe = copy;
	else
		free(copy);
}

void images_exec(struct session *s, pid_t tid)
{
	size_t i;

	drain_open_memory(s);
	heap_clear(s->heap);
	hmap_deinit_owned(&s->taken);
	cfi_rows_clear(shared_rows(s->shared));
	hmap_deinit(&s->stacks_by_hash);
	session_lock_obj(s);
	modules_forget_live(s->modules);
	session_unlock_obj(s);
	for (i = 0; i < s->probes.num; i++)
		s->probes.items[i].is_live = false;
	s->new_ranges.num = 0;
	measuring_reset(s);
	s->has_rendezvous = false;
	s->link_state = s->syscall_insn = 0;
	images_set_exe(s);
	// Of children, which do so all the time, `processes` tells.
	if (!s->want_hold && s->has_executed && (!s->parent || s->snapshots.num))
		session_note(s, "process %d executes %s: a new heap", (int)s->tracer.target,
			     s->exe);
	s->has_executed = true;
	// Nothing of this heap was missed.
	s->is_from_launch |= s->is_tracing;
	if (precheck_lacks_privileges(s->tracer.target))
		session_note(
			s,
			"process %d runs %s without the privileges of the file (setuid), because "
			"it is traced; run malloscope as root to keep them",
			(int)s->tracer.target, s->exe);
	if (s->want_hold && !s->launch_error)
		s->launch_error = precheck_image(s->tracer.target);
	images_update(s);
	if (!process_has_interpreter(io_live_task(s->tracer.target))) {
		image_ready(s, tid);
		return;
	}
	if (!s->has_rendezvous)
		plant_entry_point(s);
	control_resume(s, tid, RELEASE_WATCH_MAPS);
}

/** The linker stops before and after each change of its list. From the first complete one on the tracer tells by itself. */
static bool is_linking(struct session *s)
{
	struct command command = {.kind = COMMAND_LINK_STATE};
	pid_t task = io_live_task(s->tracer.target);

	if (s->link_state || !process_link_state(task, &command.value))
		return false;
	if (process_is_linking(task, command.value))
		return true;
	s->link_state = command.value;
	control_send(s, &command);
	return false;
}

void images_rendezvous(struct session *s, pid_t tid)
{
	if (s->has_rendezvous && is_linking(s)) {
		control_resume(s, tid, 0);
		return;
	}
	images_update(s);
	image_ready(s, tid);
}

/** What the supervisor's own walk reads: rows compiled as it goes, live memory of the thread, which stands still. */
struct filling {
	struct session *s;
	pid_t tid;
};

static bool fill_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	struct filling *f = ctx;
	struct err *err;

	if (cfi_rows_get(shared_rows(f->s->shared), cfi_rows_key(pc, is_call_site), ret))
		return true;
	err = modules_cfi_row(f->s->modules, pc, is_call_site, ret);
	if (err) {
		// An expression of no known kind: the frame pointer is the second best.
		err_destroy(err);
		*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
	}
	cfi_rows_put(shared_rows(f->s->shared), cfi_rows_key(pc, is_call_site), ret);
	return true;
}

static bool fill_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	return process_read(((struct filling *)ctx)->tid, addr, ret, sizeof(*ret));
}

void images_fill_rows(struct session *s, pid_t tid, const struct walk_frame *frame)
{
	struct filling filling = {s, tid};
	struct walk_ops ops = {fill_row, fill_read, &filling, arch_host()->unwind};
	struct walk_frame at = *frame;
	struct walk_stack stack = {0};

	session_lock_obj(s);
	walk_stack(&at, &ops, &stack);
	session_unlock_obj(s);
}

/** The range of an operator new that a frame lies in, or NULL. */
static const struct new_range *find_new(const struct session *s, uint64_t frame)
{
	size_t i;

	for (i = 0; i < s->new_ranges.num; i++) {
		const struct new_range *range = &s->new_ranges.items[i];

		if (frame_module(frame) == range->module && frame_addr(frame) >= range->start &&
		    frame_addr(frame) < range->end)
			return range;
	}
	return NULL;
}

static uint64_t frame_of(const struct session *s, uint64_t pc)
{
	const struct module *module = modules_find(s->modules, pc);

	return module ? frame_make(module->id, pc - module->bias) : frame_make(0, pc);
}

/** Libraries' new[] is a jump to new: it is no frame of the stack, but what its caller calls. */
static bool calls_new_array(struct session *s, const uint64_t targets[2])
{
	const struct new_range *range;
	bool is_array = false;
	unsigned i;

	session_lock_obj(s);
	for (i = 0; i < 2; i++) {
		range = targets[i] ? find_new(s, frame_of(s, targets[i])) : NULL;
		is_array |= range && range->domain == DOMAIN_NEW_ARRAY;
	}
	session_unlock_obj(s);
	return is_array;
}

void images_frames(struct session *s, const struct event_stack *stack, uint64_t *frames_ret,
		   uint32_t *domain_ret)
{
	const struct new_range *range;
	size_t i;

	session_lock_obj(s);
	for (i = 0; i < stack->num_pcs; i++)
		frames_ret[i] = frame_of(s, stack->pcs[i]);
	session_unlock_obj(s);
	*domain_ret = DOMAIN_MALLOC;
	// new[] calls new calls malloc: the outermost of them names the domain.
	for (i = 0; i < stack->num_pcs && (range = find_new(s, frames_ret[i])); i++)
		*domain_ret = range->domain;
	if (*domain_ret == DOMAIN_NEW && i <= STACK_CALLEES &&
	    calls_new_array(s, stack->callees[i - 1]))
		*domain_ret = DOMAIN_NEW_ARRAY;
}
