// SPDX-License-Identifier: GPL-3.0-or-later
// The symbols of a module are searched once, for all names of wire/probe.c at a time. Aliases are
// one function and get one probe. Probes of allocators that only make sense beside malloc are
// planted where a malloc is. What is planted goes into the table of probes, so that its counters
// outlive the module.
#include "config.h"

#include "supervisor/code/allocators.h"

#include "base/io.h"
#include "base/log.h"
#include "supervisor/code/probe_table.h"
#include "supervisor/code/sanitizer.h"
#include "supervisor/code/shim.h"
#include "supervisor/code/silence.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"

#include <assert.h>
#include <string.h>

/** So many names one look searches for. */
#define MAX_NAMES 512

/** Probe search in one module. */
struct search {
	struct traced *t;
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
	uint32_t num = probe_num(&search->t->session->user_probes);
	struct planted_probe p = {
		.module = search->module->id,
		.probe = index,
		.addr = addr + search->module->bias,
		.size = size,
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
	// free and cfree, malloc and __libc_malloc: one function, one probe, the name that comes
	// first in the table; but what the user says of a function is right.
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
	pid_t pid = io_live_task(search->t->pid);
	struct planted_probe more[SHIM_MAX];
	size_t i, num = shim_find(pid, search->found.items, search->found.num, more);

	for (i = 0; i < num; i++)
		if (!vec_push(&search->found, more[i]))
			return &err_nomem;
	return NULL;
}

/** The file is the one that is meant; without a name that is the main program. */
static bool is_file(const struct search *search, const char *name, size_t size)
{
	const struct module *module = search->module;
	bool is_go;

	if (!size)
		return module_is_program(search->t->modules, module->id, &is_go);
	return strlen(module->name) == size && memcmp(module->name, name, size) == 0;
}

/** The functions of --probe that have no name, but a place. */
static struct err *search_places(struct search *search)
{
	const struct probe_list *user = &search->t->session->user_probes;
	struct err *err = NULL;
	uint64_t addr;
	size_t size;
	uint32_t i;

	for (i = num_probes; i < probe_num(user) && !err; i++) {
		if (!probe_place(probe_at(user, i)->symbol, &size, &addr) ||
		    !is_file(search, probe_at(user, i)->symbol, size))
			continue;
		// A trap in the middle of an instruction would change what the program does.
		if (module_may_enter(search->t->modules, search->module->id, addr))
			err = on_probe_symbol(search, i, addr, 0);
		else
			traced_note(search->t, "--probe: no function of %s begins at '%s'",
				    search->module->name, probe_at(user, i)->symbol);
	}
	return err;
}

static struct err *search_module(struct search *search)
{
	const struct probe_list *user = &search->t->session->user_probes;
	const char *names[MAX_NAMES];
	size_t i, num = 0;
	struct err *err;

	assert(probe_num(user) + NUM_USABLE_SYMBOLS <= MAX_NAMES);
	for (i = 0; i < probe_num(user); i++)
		names[num++] = probe_at(user, i)->symbol;
	for (i = 0; i < NUM_USABLE_SYMBOLS; i++)
		names[num++] = usable_symbols[i];
	err = module_find_functions(search->t->modules, search->module->id, names, num, false,
				    on_probe_symbol, search);
	if (!err)
		err = search_places(search);
	return err || !search->has_malloc ? err : search_shim(search);
}

/** What the tracer must know of the allocator to which a probe belongs. Of the user's own nothing
 *  is known. */
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

static void plant_one(struct traced *t, const struct search *search, const struct planted_probe *p)
{
	struct command command = plant_command(search, p->probe);
	uint32_t slot;

	if (!probe_table_add(t->probes, p, &slot))
		return;
	command.items[command.num_items++] =
		(struct command_plant){p->addr, PLANT_PROBE, p->probe | slot << 16, p->size};
	control_send(t, &command);
}

static bool has_collector(const struct search *search)
{
	size_t i;

	for (i = 0; i < search->found.num; i++)
		if (probe_is_collector(search->found.items[i].probe))
			return true;
	return false;
}

static void plant_found(struct traced *t, struct search *search)
{
	const struct probe_list *user = &t->session->user_probes;
	size_t i;

	for (i = 0; i < search->found.num; i++)
		if (search->has_malloc ||
		    !probe_at(user, search->found.items[i].probe)->needs_malloc)
			plant_one(t, search, &search->found.items[i]);
	if (has_collector(search))
		traced_note(t,
			    "%s collects garbage: blocks that it takes back by itself count as "
			    "live until their address is given out again",
			    search->module->name);
	for (i = 0; i < search->ranges.num; i++)
		if (!probe_table_add_new(t->probes, &search->ranges.items[i]))
			return;
}

void allocators_plant(struct traced *t, const struct module *module)
{
	struct search search = {.t = t, .module = module};
	struct err *err = search_module(&search);

	if (err)
		log_debug("%s: %s", module->path, err_text(err));
	err_destroy(err);
	plant_found(t, &search);
	vec_deinit(&search.found);
	vec_deinit(&search.ranges);
}

/** Functions of --probe that are nowhere. */
static void note_user_probes(struct traced *t)
{
	uint32_t i;

	for (i = num_probes; i < probe_num(&t->session->user_probes); i++)
		if (!probe_table_has(t->probes, i))
			traced_note(t,
				    "--probe: no function '%s' in the loaded modules; what is "
				    "loaded later is searched, too",
				    probe_at(&t->session->user_probes, i)->symbol);
}

void allocators_note(struct traced *t)
{
	_cleanup_free_ char *searched = NULL;
	const char *why;
	size_t size;
	uint32_t id;
	FILE *out;

	note_user_probes(t);
	sanitizer_note(t);
	if (probe_table_num_live(t->probes))
		return;
	out = open_memstream(&searched, &size);
	if (!out)
		return;
	traced_lock_obj(t);
	for (id = 1; id <= modules_num(t->modules); id++) {
		const struct module *module = modules_get(t->modules, id);

		if (module && module->is_live)
			fprintf(out, " %s", module->name);
	}
	why = silence_no_allocator(t);
	traced_unlock_obj(t);
	fclose(out);
	traced_note(
		t,
		"no allocator found (malloc, je_malloc, mi_malloc ...); searched the symbols of%s; "
		"what is loaded later will be traced%s",
		searched, why);
}
