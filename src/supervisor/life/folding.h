// SPDX-License-Identifier: GPL-3.0-or-later
/** The tables of children that have ended, put together. */
#ifndef SUPERVISOR_LIFE_FOLDING_H
#define SUPERVISOR_LIFE_FOLDING_H

#include "supervisor/core/traced.h"

/** One for each program; the last one possible is for all other programs. */
#define FOLDS_MAX 256

struct folds {
	struct traced *items[FOLDS_MAX];
	uint32_t num;
};

/** Which of the members has to be put to others now, NULL: none. chosen: not that one. */
struct traced *folding_next(struct traced *const *members, uint32_t num, const struct folds *folds,
			    const struct traced *chosen);
/** Add what t has counted to the table of its program, which is made if need be. t is as it was,
 *  but can only be destroyed. Nobody else may use t meanwhile. */
struct err *folding_add(struct folds *folds, struct traced *t) __must_check;

#endif
