// SPDX-License-Identifier: GPL-3.0-or-later
/** The tables of children that have ended, put together. */
#ifndef SUPERVISOR_LIFE_FOLDING_H
#define SUPERVISOR_LIFE_FOLDING_H

#include "supervisor/core/state.h"

/** One for each program; the last one possible is for all other programs. */
#define FOLDS_MAX 256

struct folds {
	struct session *items[FOLDS_MAX];
	uint32_t num;
};

/** Which of the members has to be put to others now, NULL: none. chosen: not that one. */
struct session *folding_next(struct session *const *members, uint32_t num,
			     const struct folds *folds, const struct session *chosen);
/** Add what s has counted to the table of its program, which is made if need be. s is as it was,
 *  but can only be destroyed. Nobody else may use s meanwhile. */
struct err *folding_add(struct folds *folds, struct session *s) __must_check;

#endif
