// SPDX-License-Identifier: GPL-3.0-or-later
/** Finds functions: those that the user names, and those that we look for by name. */
#ifndef SUPERVISOR_CODE_FUNCTIONS_H
#define SUPERVISOR_CODE_FUNCTIONS_H

#include "supervisor/core/traced.h"

/** Runtime addresses. */
struct function_addrs {
	VEC(uint64_t) list;
};

/** The addresses, in live modules, of a function as the user names it. module_id 0: in all modules.
 *  ERR_USAGE: ambiguous; &err_not_found. */
struct err *functions_find(struct traced *t, const char *function, uint32_t module_id,
			   struct function_addrs *ret) __must_check;
/** The error for a function that no module has (ERR_NOT_FOUND). It lists names that begin in the
 *  same way. Under lock. */
struct err *functions_not_found(struct traced *t, const char *function) __must_check;
/** If a module defines ptrace, plant it, so that the tracer sees its calls; with the agent also the
 *  functions that look at return addresses on the stack. Under both locks. */
void functions_plant_known(struct traced *t, uint32_t module_id);

#endif
