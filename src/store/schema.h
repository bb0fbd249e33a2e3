// SPDX-License-Identifier: GPL-3.0-or-later
/** The schema of snapshot files, version 2. doc/FORMAT.md explains it. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

/** PRAGMA application_id: "MSCO". */
#define STORE_APPLICATION_ID 0x4d53434f
/** PRAGMA user_version. A change that an older build would misread makes a new one. */
#define STORE_VERSION 2
/** The first version with the table older_class. */
#define STORE_VERSION_OLDER 2

/** A table that the store reads and writes; sqlite_master must have it with exactly this SQL. */
struct schema_table {
	const char *name;
	const char *sql;
	/** Files of an earlier version do not have it; 0: all have it. */
	int since;
};

/** Ends with a NULL name. */
extern const struct schema_table schema_tables[];

/** Views for people, and the rows with id 0. */
extern const char schema_extras[];

#endif
