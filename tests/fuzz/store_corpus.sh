#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: store_corpus.sh STORE_OPEN
# Writes tests/fuzz/corpus/store anew: a good file, and ways to spoil one. Small pages keep them
# small. STORE_OPEN is the built tests/fuzz/store_open. Needs sqlite3.
set -eu
store_open=$1
cd "$(dirname "$0")/corpus/store"
rm -f -- *.db

"$store_open" --seed good.db
sqlite3 good.db 'PRAGMA page_size = 512; VACUUM'

# spoil NAME SQL: a copy of the good file, with this done to it.
spoil() {
	cp good.db "$1.db"
	sqlite3 "$1.db" "$2" >/dev/null
}
spoil version 'PRAGMA user_version = 4'
spoil version1 'DROP TABLE older_class; DROP TABLE sampling; DROP TABLE site_variance;
	PRAGMA user_version = 1'
spoil rate 'UPDATE sampling SET rate = 9223372036854775807, first_seq = -9223372036854775807'
spoil variance 'UPDATE site_variance SET live_bytes = 1e300, total_blocks = -live_blocks'
spoil infinite 'UPDATE site_variance SET live_bytes = 9e999'
spoil older "UPDATE older_class SET freed_usable = 9223372036854775807, freed_blocks = 1 << 62"
spoil unsized 'DELETE FROM older_class WHERE usable = 0;
	UPDATE older_class SET usable = 0 WHERE usable = (SELECT max(usable) FROM older_class);
	UPDATE older_class SET low = usable + 1, traced_requested = -1'
spoil application 'PRAGMA application_id = 1'
spoil empty 'DELETE FROM snapshot'
spoil base 'UPDATE snapshot SET base = 3 - id'
spoil ranges 'UPDATE snapshot SET first_value = 0, last_value = 9223372036854775807'
spoil negative 'UPDATE value SET live_bytes = -live_bytes'
spoil overflow 'UPDATE value SET live_bytes = 9223372036854775807'
spoil frames "UPDATE stack SET frames = '[0,99999999999999999999]'"
spoil dangling 'UPDATE site SET stack = 1000'
spoil types "UPDATE location SET file = 'x', line = x'00'"
spoil locations 'DELETE FROM location WHERE depth = 0'
spoil view 'DROP TABLE value; CREATE VIEW value AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL
	SELECT id + 1 FROM n)
	SELECT id, 1 live_bytes, 1 live_blocks, 1 freed_bytes, 1 freed_blocks FROM n'
spoil rootpage "PRAGMA writable_schema = ON;
	UPDATE sqlite_master SET rootpage = 2 WHERE name = 'stack'"

size=$(wc -c <good.db)
head -c $((size / 2)) good.db >half.db
head -c 60 good.db >head.db
printf 'not a database\n' >text.db
