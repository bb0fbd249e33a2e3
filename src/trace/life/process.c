// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

struct process *process_create(struct tracer *tracer, uint32_t number, struct shared *shared,
			       uint32_t nframe)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pcs = malloc(nframe * sizeof(*p->pcs));
	if (!p->pcs) {
		free(p);
		return NULL;
	}
	p->tracer = tracer;
	p->arch = tracer->arch;
	p->user_probes = tracer->user_probes;
	p->shared = shared;
	p->number = number;
	p->nframe = nframe;
	p->mem_fd = -1;
	return p;
}

void process_forget_memory(struct process *p)
{
	hmap_deinit_owned(&p->breakpoints);
	displaced_forget(p);
	p->redo_stub = 0;
	vec_deinit(&p->modules);
	hmap_deinit(&p->known_stacks);
	addrset_deinit(&p->live);
	hmap_deinit(&p->usable_sizes);
	vec_deinit(&p->allocators);
}

void process_destroy(struct process *p)
{
	process_forget_memory(p);
	if (p->mem_fd >= 0)
		close(p->mem_fd);
	hmap_deinit(&p->threads);
	vec_deinit(&p->tids);
	free(p->pcs);
	free(p);
}
