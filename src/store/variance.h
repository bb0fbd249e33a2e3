// SPDX-License-Identifier: GPL-3.0-or-later
/** What a file has of snapshots of sampled blocks: the tables sampling and site_variance. Private
 *  to store/. */
#ifndef STORE_VARIANCE_H
#define STORE_VARIANCE_H

#include "base/err.h"
#include "base/vec.h"
#include "heap/weight.h"

#include <stddef.h>
#include <stdint.h>

struct snapshot;
struct store;

/** Of a stored snapshot of sampled blocks. */
struct variance_rows {
	/** 0: everything was recorded, and there are no sites. */
	uint64_t rate;
	/** As in struct snapshot. */
	uint64_t first_seq;
	/** By id of the site in the file. */
	VEC(struct site_variance) sites;
};

void variance_rows_deinit(struct variance_rows *rows);
/** Add to the variances of a site. */
struct err *variance_add_site(struct variance_rows *rows, size_t site,
			      const struct site_variance *variance) __must_check;
/** Write the rate and the variances of a snapshot, if it has a rate. */
struct err *variance_write(struct store *store, int64_t id,
			   const struct variance_rows *rows) __must_check;
/** Read those of a stored snapshot into store->variances. The mirror must have been refreshed. A
 *  file of a version without them has none. */
struct err *variance_read(struct store *store, int64_t id) __must_check;
/** Sort the sites of a snapshot by id, and with them the variances that it may have. */
struct err *variance_sort_sites(struct snapshot *snapshot) __must_check;

#endif
