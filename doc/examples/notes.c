// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps notes in SQLite, and forgets to give something back to it (notes.md).
#include <sqlite3.h>
#include <stdio.h>

static sqlite3 *db;

__attribute__((noinline)) static void add_note(int i)
{
	sqlite3_stmt *statement;

	sqlite3_prepare_v2(db, "insert into notes values(?, 'text of a note')", -1, &statement,
			   NULL);
	sqlite3_bind_int(statement, 1, i);
	sqlite3_step(statement);
	sqlite3_finalize(statement);
}

__attribute__((noinline)) static int has_note(int i)
{
	sqlite3_stmt *statement;
	int found;

	sqlite3_prepare_v2(db, "select text from notes where id = ?", -1, &statement, NULL);
	sqlite3_bind_int(statement, 1, i);
	found = sqlite3_step(statement) == SQLITE_ROW;
	if (!found)
		return 0; // the leak: the statement is never finalized
	sqlite3_finalize(statement);
	return 1;
}

int main(void)
{
	sqlite3_open(":memory:", &db);
	sqlite3_exec(db, "create table notes(id integer primary key, text)", NULL, NULL, NULL);
	for (int i = 0; i < 300; i++)
		if (!has_note(i % 200))
			add_note(i);
	sqlite3_close(db);
	return 0;
}
