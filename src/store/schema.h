// SPDX-License-Identifier: GPL-3.0-or-later
/** The schema of snapshot files, version 3. doc/FORMAT.md explains it. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

/** PRAGMA application_id: "MSCO". */
#define STORE_APPLICATION_ID 0x4d53434f
/** PRAGMA user_version. A change that an older build would misread needs a new version. */
#define STORE_VERSION 3
/** The first version with the table older_class. */
#define STORE_VERSION_OLDER 2
/** The first version with the tables sampling and site_variance. */
#define STORE_VERSION_SAMPLED 3

/** Key of snapshot_meta: the name of the engine that captured the calls. A snapshot without it is
 *  from an older build, and was made with breakpoints. */
#define STORE_KEY_ENGINE "engine"

/** A table that the store reads and writes. In sqlite_master it must have exactly this SQL. */
struct schema_table {
	const char *name;
	const char *sql;
	/** The first version that has it; 0: all have it. */
	int since;
};

/** Ends with a NULL name. */
extern const struct schema_table schema_tables[];

/** Views for people, and the rows of id 0. */
extern const char schema_extras[];

#endif
