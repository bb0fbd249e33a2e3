// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/life/engine.h"

#include "base/fault.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"

void engine_choose(struct process *p)
{
	p->engine = ENGINE_BREAKPOINT;
	p->has_empty_pads = FAULT_FAILS("empty-pads");
	emit_engine(p, p->engine,
		    p->tracer->engine == ENGINE_BREAKPOINT
			    ? ""
			    : "the agent comes with the first call of an allocator");
}
