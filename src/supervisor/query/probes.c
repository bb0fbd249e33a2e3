// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code.h"

#include "supervisor/code/probe_table.h"
#include "supervisor/core/traced.h"
#include "supervisor/drain/drain.h"

/** The tracer says nothing of a function before somebody calls it. */
static enum plant_why reason(const struct traced *t, const struct planted_probe *p)
{
	bool is_uncalled = t->engine == ENGINE_AGENT && p->how == HOW_BREAKPOINT;

	return is_uncalled && p->why == WHY_NONE ? WHY_UNCALLED : p->why;
}

/** Under both locks. */
static struct traced_probe describe(const struct traced *t, const struct planted_probe *p)
{
	const struct module *module = modules_get(t->modules, p->module);
	const struct probe *probe = probe_at(&t->session->user_probes, p->probe);

	return (struct traced_probe){
		.module = module ? module->path : "",
		.symbol = probe->symbol,
		.addr = p->addr,
		.hits = p->hit_slot < SHARED_MAX_HITS ? traced_stats(t)->hits[p->hit_slot] : 0,
		.kind = probe_kind_name(probe->kind),
		.domain = probe->domain,
		.how = plant_how_name(p->how),
		.why = plant_why_text(reason(t, p)),
	};
}

struct err *traced_probes(struct traced *t, void (*fn)(void *ctx, const struct traced_probe *probe),
			  void *ctx)
{
	const struct planted_probe *p;
	struct traced_probe out;
	size_t i;

	drain_count(t);
	traced_lock(t);
	drain_now(t);
	traced_lock_obj(t);
	for (i = 0; i < probe_table_num(t->probes); i++) {
		p = probe_table_get(t->probes, i);
		if (!p->is_live && t->state != TARGET_ENDED)
			continue;
		out = describe(t, p);
		fn(ctx, &out);
	}
	traced_unlock_obj(t);
	traced_unlock(t);
	return NULL;
}

void traced_searched(struct traced *t, void (*fn)(void *ctx, const char *module), void *ctx)
{
	const struct module *module;
	uint32_t id;

	traced_lock_obj(t);
	for (id = 1; id <= modules_num(t->modules); id++) {
		module = modules_get(t->modules, id);
		if (module && module->is_live)
			fn(ctx, module->path);
	}
	traced_unlock_obj(t);
}
