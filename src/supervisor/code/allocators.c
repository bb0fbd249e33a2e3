// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code/allocators.h"

#include "base/log.h"
#include "supervisor/code/sanitizer.h"
#include "supervisor/code/shim.h"
#include "supervisor/core/control.h"
#include "supervisor/core/notes.h"

#include <assert.h>

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

void allocators_plant(struct session *s, const struct module *module)
{
	struct search search = {.s = s, .module = module};
	struct err *err = search_module(&search);

	if (err)
		log_debug("%s: %s", module->path, err_text(err));
	err_destroy(err);
	plant_found(s, &search);
	vec_deinit(&search.found);
	vec_deinit(&search.ranges);
}

void allocators_withdraw(struct session *s, uint32_t module_id)
{
	size_t i;

	for (i = 0; i < s->probes.num; i++)
		if (s->probes.items[i].module == module_id)
			s->probes.items[i].is_live = false;
	for (i = 0; i < s->new_ranges.num; i++)
		if (s->new_ranges.items[i].module == module_id)
			s->new_ranges.items[i--] = s->new_ranges.items[--s->new_ranges.num];
}

void allocators_withdraw_all(struct session *s)
{
	size_t i;

	for (i = 0; i < s->probes.num; i++)
		s->probes.items[i].is_live = false;
	s->new_ranges.num = 0;
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

void allocators_note(struct session *s)
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
