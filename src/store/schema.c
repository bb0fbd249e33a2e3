// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "store/schema.h"

#include <stddef.h>

// SQLite keeps the text of a CREATE statement, so `.schema` shows the comments in it.
// clang-format off
const struct schema_table schema_tables[] = {
	{"meta",
	 "CREATE TABLE meta ( -- about the file\n"
	 "  key TEXT PRIMARY KEY NOT NULL,\n"
	 "  value TEXT NOT NULL\n"
	 ") WITHOUT ROWID"},
	{"string",
	 "CREATE TABLE string ( -- each text once\n"
	 "  id INTEGER PRIMARY KEY, -- 0 is ''\n"
	 "  text TEXT NOT NULL\n"
	 ")"},
	{"module",
	 "CREATE TABLE module ( -- executables and libraries\n"
	 "  id INTEGER PRIMARY KEY, -- 0 is no module\n"
	 "  path INTEGER NOT NULL, -- string\n"
	 "  build_id BLOB -- GNU build-id, NULL when unknown\n"
	 ")"},
	{"frame",
	 "CREATE TABLE frame ( -- a place in the code\n"
	 "  id INTEGER PRIMARY KEY,\n"
	 "  module INTEGER NOT NULL,\n"
	 "  offset INTEGER NOT NULL -- ELF address inside the instruction\n"
	 ")"},
	{"location",
	 "CREATE TABLE location ( -- what a frame resolves to; several with inlined functions\n"
	 "  frame INTEGER NOT NULL,\n"
	 "  depth INTEGER NOT NULL, -- 0 is innermost\n"
	 "  file INTEGER NOT NULL, -- string\n"
	 "  line INTEGER NOT NULL, -- 0 when unknown\n"
	 "  function INTEGER NOT NULL, -- string\n"
	 "  module INTEGER NOT NULL, -- string: path of the module\n"
	 "  has_line INTEGER NOT NULL, -- 1: file is a path, 0: it is MODULE(FUNCTION+0xOFF)\n"
	 "  is_plumbing INTEGER NOT NULL, -- 1: allocator wrapper, passed over in top and diff\n"
	 "  PRIMARY KEY (frame, depth)\n"
	 ") WITHOUT ROWID"},
	{"source_line",
	 "CREATE TABLE source_line ( -- source text of the locations\n"
	 "  id INTEGER PRIMARY KEY,\n"
	 "  file INTEGER NOT NULL, -- string\n"
	 "  line INTEGER NOT NULL,\n"
	 "  text TEXT NOT NULL\n"
	 ")"},
	{"stack",
	 "CREATE TABLE stack (\n"
	 "  id INTEGER PRIMARY KEY,\n"
	 "  total_nframe INTEGER NOT NULL, -- true depth, at least the number of frames\n"
	 "  is_truncated INTEGER NOT NULL, -- 1: the unwinder could not go on\n"
	 "  frames TEXT NOT NULL -- JSON array of frames, most recent first\n"
	 ")"},
	{"site",
	 "CREATE TABLE site ( -- what counters are kept for\n"
	 "  id INTEGER PRIMARY KEY,\n"
	 "  stack INTEGER NOT NULL,\n"
	 "  domain INTEGER NOT NULL, -- 0 malloc, 1 new, 2 new[], 3 mmap, 4 and more: the user's\n"
	 "  thread INTEGER NOT NULL\n"
	 ")"},
	{"session",
	 "CREATE TABLE session ( -- one period of tracing one process\n"
	 "  id INTEGER PRIMARY KEY,\n"
	 "  pid INTEGER NOT NULL,\n"
	 "  exe TEXT NOT NULL,\n"
	 "  command TEXT NOT NULL,\n"
	 "  host TEXT NOT NULL,\n"
	 "  start_ns INTEGER NOT NULL, -- begin of tracing, CLOCK_MONOTONIC\n"
	 "  is_from_launch INTEGER NOT NULL\n"
	 ")"},
	{"snapshot",
	 "CREATE TABLE snapshot (\n"
	 "  id INTEGER PRIMARY KEY,\n"
	 "  session INTEGER NOT NULL,\n"
	 "  name TEXT NOT NULL,\n"
	 "  wall_ns INTEGER NOT NULL, -- CLOCK_REALTIME\n"
	 "  time_ns INTEGER NOT NULL, -- CLOCK_MONOTONIC\n"
	 "  nframe INTEGER NOT NULL, -- limit of frames a stack\n"
	 "  live_bytes INTEGER NOT NULL,\n"
	 "  live_blocks INTEGER NOT NULL,\n"
	 "  peak_bytes INTEGER NOT NULL,\n"
	 "  peak_blocks INTEGER NOT NULL,\n"
	 "  total_bytes INTEGER NOT NULL, -- ever allocated\n"
	 "  total_blocks INTEGER NOT NULL,\n"
	 "  frees INTEGER NOT NULL,\n"
	 "  unknown_frees INTEGER NOT NULL,\n"
	 "  replaced INTEGER NOT NULL,\n"
	 "  seq INTEGER NOT NULL, -- number of the newest allocation\n"
	 "  num_live_stacks INTEGER NOT NULL,\n"
	 "  num_sites INTEGER NOT NULL,\n"
	 "  base INTEGER NOT NULL, -- snapshot from which value rows add up to this one\n"
	 "  num_rows INTEGER NOT NULL, -- value rows of this one\n"
	 "  first_value INTEGER NOT NULL, -- value.id - first_value is the site\n"
	 "  last_value INTEGER NOT NULL,\n"
	 "  checksum INTEGER NOT NULL\n"
	 ")"},
	{"snapshot_meta",
	 "CREATE TABLE snapshot_meta ( -- anything else about a snapshot\n"
	 "  snapshot INTEGER NOT NULL,\n"
	 "  key TEXT NOT NULL,\n"
	 "  value TEXT NOT NULL,\n"
	 "  PRIMARY KEY (snapshot, key)\n"
	 ") WITHOUT ROWID"},
	{"older_class",
	 "CREATE TABLE older_class ( -- freed blocks from before tracing, by size class\n"
	 "  snapshot INTEGER NOT NULL,\n"
	 "  usable INTEGER NOT NULL, -- size that the allocator gives, 0: blocks of unknown size\n"
	 "  low INTEGER NOT NULL, -- smallest request of the class\n"
	 "  freed_blocks INTEGER NOT NULL, -- since start or clear\n"
	 "  freed_usable INTEGER NOT NULL, -- bytes\n"
	 "  traced_requested INTEGER NOT NULL, -- bytes of traced allocations of the class\n"
	 "  traced_usable INTEGER NOT NULL,\n"
	 "  PRIMARY KEY (snapshot, usable)\n"
	 ") WITHOUT ROWID",
	 .since = STORE_VERSION_OLDER},
	{"sampling",
	 "CREATE TABLE sampling ( -- snapshots of sampled blocks, whose counters are estimates\n"
	 "  snapshot INTEGER PRIMARY KEY,\n"
	 "  rate INTEGER NOT NULL, -- bytes: one in so many was sampled\n"
	 "  first_seq INTEGER NOT NULL -- totals count allocations after this; -1: live does not\n"
	 "    -- belong to them\n"
	 ")",
	 .since = STORE_VERSION_SAMPLED},
	{"site_variance",
	 "CREATE TABLE site_variance ( -- squares of the standard errors of those counters\n"
	 "  snapshot INTEGER NOT NULL,\n"
	 "  site INTEGER NOT NULL,\n"
	 "  live_bytes REAL NOT NULL,\n"
	 "  live_blocks REAL NOT NULL,\n"
	 "  total_bytes REAL NOT NULL,\n"
	 "  total_blocks REAL NOT NULL,\n"
	 "  PRIMARY KEY (snapshot, site)\n"
	 ") WITHOUT ROWID",
	 .since = STORE_VERSION_SAMPLED},
	{"value",
	 "CREATE TABLE value ( -- changes of sites; see the view snapshot_site\n"
	 "  id INTEGER PRIMARY KEY, -- snapshot.first_value + site\n"
	 "  live_bytes INTEGER NOT NULL,\n"
	 "  live_blocks INTEGER NOT NULL,\n"
	 "  freed_bytes INTEGER NOT NULL,\n"
	 "  freed_blocks INTEGER NOT NULL\n"
	 ")"},
	{NULL, NULL},
};

const char schema_extras[] =
	"INSERT INTO string VALUES (0, '');\n"
	"INSERT INTO module VALUES (0, 0, NULL);\n"

	"CREATE VIEW snapshot_site AS -- every site of every snapshot\n"
	"  SELECT s.id AS snapshot, v.id - p.first_value AS site,\n"
	"    sum(v.live_bytes) AS live_bytes, sum(v.live_blocks) AS live_blocks,\n"
	"    sum(v.live_bytes + v.freed_bytes) AS total_bytes,\n"
	"    sum(v.live_blocks + v.freed_blocks) AS total_blocks\n"
	"  FROM snapshot s\n"
	"  CROSS JOIN snapshot p ON p.id BETWEEN s.base AND s.id AND p.base = s.base\n"
	"  CROSS JOIN value v ON v.id BETWEEN p.first_value AND p.last_value\n"
	"  GROUP BY s.id, v.id - p.first_value;\n"

	"CREATE VIEW newest_site AS -- every site of the newest snapshot\n"
	"  SELECT s.id AS snapshot, v.id - p.first_value AS site,\n"
	"    sum(v.live_bytes) AS live_bytes, sum(v.live_blocks) AS live_blocks,\n"
	"    sum(v.live_bytes + v.freed_bytes) AS total_bytes,\n"
	"    sum(v.live_blocks + v.freed_blocks) AS total_blocks\n"
	"  FROM snapshot s\n"
	"  CROSS JOIN snapshot p ON p.id BETWEEN s.base AND s.id AND p.base = s.base\n"
	"  CROSS JOIN value v ON v.id BETWEEN p.first_value AND p.last_value\n"
	"  WHERE s.id = (SELECT max(id) FROM snapshot)\n"
	"  GROUP BY v.id - p.first_value;\n"

	"CREATE VIEW stack_frame AS -- frames of stacks, depth 0 is most recent\n"
	"  SELECT s.id AS stack, j.key AS depth, j.value AS frame\n"
	"  FROM stack s CROSS JOIN json_each(s.frames) j;\n"

	"CREATE VIEW frame_text AS -- locations of frames in words\n"
	"  SELECT l.frame, l.depth, file.text AS file, l.line, function.text AS function,\n"
	"    module.text AS module, l.has_line, l.is_plumbing, f.offset,\n"
	"    lower(hex(m.build_id)) AS build_id\n"
	"  FROM location l\n"
	"  CROSS JOIN frame f ON f.id = l.frame\n"
	"  CROSS JOIN module m ON m.id = f.module\n"
	"  CROSS JOIN string file ON file.id = l.file\n"
	"  CROSS JOIN string function ON function.id = l.function\n"
	"  CROSS JOIN string module ON module.id = l.module;\n"

	"CREATE VIEW stack_caller AS -- what stands for a stack: the first that is no plumbing\n"
	"  SELECT s.stack, t.file, t.line, t.function, t.module, t.has_line,\n"
	"    min(t.is_plumbing * 16777216 + s.depth * 256 + t.depth) AS rank\n"
	"  FROM stack_frame s CROSS JOIN frame_text t ON t.frame = s.frame\n"
	"  GROUP BY s.stack;\n";
// clang-format on
