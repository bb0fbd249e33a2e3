// SPDX-License-Identifier: GPL-3.0-or-later
/** The merged tables of children that have ended. */
#ifndef SUPERVISOR_LIFE_FOLDING_H
#define SUPERVISOR_LIFE_FOLDING_H

#include "supervisor/core/traced.h"

/** One table for each program. The last possible one is for all other programs. */
#define FOLDS_MAX 256

struct folds {
	struct traced *items[FOLDS_MAX];
	uint32_t num;
};

/** The member that must be merged now. NULL: none. Never the chosen one. */
struct traced *folding_next(struct traced *const *members, uint32_t num, const struct folds *folds,
			    const struct traced *chosen);
/** Add the counters of t to the table of its program, which is made if needed. t stays as it was,
 *  but can only be destroyed. Nobody else may use t meanwhile. */
struct err *folding_add(struct folds *folds, struct traced *t) __must_check;

#endif
