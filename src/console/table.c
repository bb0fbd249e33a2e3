// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands.h"

#define KEYS_HELP \
	"KEY is one of lineno (default), filename, function, module, traceback, domain, thread.\n"

#define ANY_SNAPSHOT    (COMPLETE_SNAPSHOT | COMPLETE_LIVE | COMPLETE_PEAK)
#define SNAPSHOT_OR_KEY (COMPLETE_SNAPSHOT | COMPLETE_PEAK | COMPLETE_KEY)

// clang-format off
const struct command commands[] = {
	{
		.name = "start", .arguments = "[NFRAME]", .max_words = 1, .check = check_start, .run = cmd_start,
		.summary = "begin tracing, NFRAME frames a stack at most",
		.help = "While tracing it changes nothing. Without NFRAME (1 to 65535) the\n"
			"last limit holds. Of blocks older than the start only the frees\n"
			"are known: the row `<before attach>` of a comparison.\n",
	},
	{
		.name = "stop", .arguments = "", .run = cmd_stop,
		.summary = "end tracing and forget all traces",
		.help = "All breakpoints are taken out; the target runs on at full speed\n"
			"and stays under malloscope: `start` traces it again. Snapshots are\n"
			"kept.\n",
	},
	{
		.name = "status", .arguments = "", .run = cmd_status,
		.summary = "show target, tracing, event counters, own memory",
		.help = "What is not as it should be is counted under `unwinding` and\n"
			"`oddities`:\n"
			"  truncated        end early for want of call-frame information\n"
			"  failed           only the innermost frame is known\n"
			"  unknown frees    of blocks that nobody has allocated\n"
			"  replaced blocks  at the address of a live one: a free was missed\n"
			"  abandoned calls  allocators left by longjmp or thread exit\n"
			"  lost events      always 0: the target waits rather than lose one\n"
			"`older frees` are those of blocks older than the tracing.\n",
	},
	{
		.name = "probes", .arguments = "", .run = cmd_probes,
		.summary = "list the allocator functions found, and their calls",
		.help = "One row each: what it does, symbol, address, number of entries\n"
			"(inner calls of one allocator by another included), and the object\n"
			"that defines it.\n",
	},
	{
		.name = "memory", .arguments = "", .run = cmd_memory,
		.summary = "show traced memory, current and peak",
		.help = "Bytes as the target asked for them, without the allocator's\n"
			"overhead.\n",
	},
	{
		.name = "reset-peak", .arguments = "", .run = cmd_reset_peak,
		.summary = "set the peak to the current size",
		.help = "The peak then shows the maximum since now.\n",
	},
	{
		.name = "clear", .arguments = "", .run = cmd_clear,
		.summary = "forget all traces, set counters to 0",
		.help = "Tracing goes on. Snapshots are kept.\n",
	},
	{
		.name = "snapshot", .arguments = "[NAME]", .max_words = 1,
		.kinds = {COMPLETE_SNAPSHOT}, .run = cmd_snapshot,
		.summary = "keep the state of this moment under a name",
		.help = "The default names are s1, s2, ... A snapshot of the same name is\n"
			"replaced. The target is not stopped. The names of keys, `live`\n"
			"and `peak` cannot be used.\n",
	},
	{
		.name = "snapshots", .arguments = "", .run = cmd_snapshots,
		.summary = "list the snapshots, oldest first",
		.help = "TIME is since the begin of tracing.\n",
	},
	{
		.name = "drop", .arguments = "NAME", .min_words = 1, .max_words = 1,
		.kinds = {COMPLETE_SNAPSHOT}, .run = cmd_drop,
		.summary = "forget a snapshot",
		.help = "",
	},
	{
		.name = "top", .arguments = "[KEY]", .max_words = 1, .kinds = {COMPLETE_KEY},
		.options = {
			{"-n", "N", 0, "rows to print (default 10)"},
			{"--snapshot", "NAME", ANY_SNAPSHOT,
			 "of a snapshot, or the peak; default: the live state"},
			{"--since", "NAME", COMPLETE_SNAPSHOT,
			 "only what was allocated after this snapshot and is live"},
			{"--cumulative", NULL, 0,
			 "count every frame of a stack, not only the innermost one"},
			{"--by", "size|count|allocated|calls", 0,
			 "sort by live bytes (default), live blocks, bytes or calls ever"},
			{"--all", NULL, 0,
			 "show allocator plumbing, and frees of blocks older than the tracing"},
			{"--compat", NULL, 0, "as tracemalloc does it where it differs, see the manual"},
		},
		.check = check_top, .run = cmd_top,
		.summary = "show where live memory was allocated, largest first",
		.help = KEYS_HELP
			"A stack is known by its innermost frame that is no allocator\n"
			"plumbing. Rows sorted by allocated or calls show these numbers at\n"
			"their end and include sites without live blocks. `traceback #2`\n"
			"then shows the stack of the second row.\n",
	},
	{
		.name = "diff", .arguments = "[OLD [NEW]] [KEY]", .max_words = 3,
		.kinds = {SNAPSHOT_OR_KEY, SNAPSHOT_OR_KEY | COMPLETE_LIVE, COMPLETE_KEY},
		.options = {
			{"-n", "N", 0, "rows to print (default 10)"},
			{"--cumulative", NULL, 0,
			 "count every frame of a stack, not only the innermost one"},
			{"--sort", "abs|growth|shrink", 0,
			 "largest change first (default), largest growth, largest shrinkage"},
			{"--changed", NULL, 0, "leave rows out that did not change"},
			{"--all", NULL, 0, "show allocator plumbing (operator new, strdup ...)"},
			{"--compat", NULL, 0, "as tracemalloc does it where it differs, see the manual"},
		},
		.run = cmd_diff,
		.summary = "compare two snapshots, or one with the live state",
		.help = "NEW is the live state unless given (`live` says so), OLD the\n"
			"newest snapshot. `peak` is the state at the maximum. The row\n"
			"`<before attach>` is what was freed of blocks older than the\n"
			"tracing, with estimated sizes; the total change is net of it.\n"
			KEYS_HELP,
	},
	{
		.name = "growth", .arguments = "[KEY]", .max_words = 1, .kinds = {COMPLETE_KEY},
		.options = {
			{"-n", "N", 0, "rows to print (default 10)"},
			{"--last", "K", 0, "over the last K snapshots; default: all"},
			{"--cumulative", NULL, 0,
			 "count every frame of a stack, not only the innermost one"},
			{"--all", NULL, 0, "show allocator plumbing (operator new, strdup ...)"},
			{"--compat", NULL, 0, "as tracemalloc does it where it differs, see the manual"},
		},
		.check = check_growth, .run = cmd_growth,
		.summary = "rank what grew over all snapshots",
		.help = "First what grew from each snapshot to the next, as a leak does with\n"
			"every round, then the rest, by growth. Each row has its slope by\n"
			"snapshot and by second.\n"
			KEYS_HELP,
	},
	{
		.name = "check", .arguments = "growth OLD [NEW] [KEY PATTERN]",
		.min_words = 2, .max_words = 5,
		.choices = "growth",
		.kinds = {0, COMPLETE_SNAPSHOT | COMPLETE_PEAK,
			  ANY_SNAPSHOT | COMPLETE_KEY, COMPLETE_KEY, 0},
		.options = {
			{"--max", "SIZE", 0, "growth that is allowed: 4096, 10KiB, 1.5MiB"},
			{"--all", NULL, 0, "show allocator plumbing (operator new, strdup ...)"},
			{"--compat", NULL, 0, "as tracemalloc does it where it differs, see the manual"},
		},
		.check = check_check, .run = cmd_check,
		.summary = "fail when memory grew by more than it may",
		.help = "The growth from OLD to NEW (default: the live state), of everything\n"
			"or of the rows by KEY that match the shell pattern PATTERN. When it\n"
			"exceeds SIZE, what grew is shown with its traceback, and malloscope\n"
			"exits with status 3 in the end (in batch mode). Freed blocks older\n"
			"than the tracing count as shrinkage, unless PATTERN leaves their\n"
			"row out.\n",
	},
	{
		.name = "traces", .arguments = "",
		.options = {
			{"--snapshot", "NAME", ANY_SNAPSHOT,
			 "of a snapshot, or the peak; default: the live state"},
			{"--all", NULL, 0, "show allocator plumbing (operator new, strdup ...)"},
			{"--compat", NULL, 0, "as tracemalloc does it where it differs, see the manual"},
		},
		.run = cmd_traces,
		.summary = "list every live stack",
		.help = "One a line, largest first: size, count, domain, true depth, frames\n"
			"with the most recent first. With --json an object each.\n",
	},
	{
		.name = "dump", .arguments = "[NAME] FILE", .min_words = 1, .max_words = 2,
		.kinds = {ANY_SNAPSHOT | COMPLETE_FILE, COMPLETE_FILE}, .run = cmd_dump,
		.summary = "append a snapshot to a file",
		.help = "FILE is an SQLite database that holds many snapshots with symbols\n"
			"and source lines: it can be read on any machine. Without NAME a\n"
			"snapshot is taken first, under the next default name.\n",
	},
	{
		.name = "load", .arguments = "FILE[:NAME] [AS]", .min_words = 1, .max_words = 2,
		.kinds = {COMPLETE_FILE, 0}, .run = cmd_load,
		.summary = "read a snapshot back from a file",
		.help = "NAME is a name or a number in the file; default: the newest. It is\n"
			"kept under its own name, or AS.\n",
	},
	{
		.name = "every", .arguments = "SECONDS FILE | off", .min_words = 1, .max_words = 2,
		.choices = "off", .kinds = {0, COMPLETE_FILE},
		.check = check_every, .run = cmd_every,
		.summary = "append a snapshot to a file every so often",
		.help = "They are called e1, e2, ... When one cannot be stored, as on a full\n"
			"disk, a note tells, and the next one tries again.\n",
	},
	{
		.name = "filter", .arguments = "add +PATTERN[:LINE] | add +@DOMAIN | list | clear",
		.want_raw = true, .min_words = 1, .max_words = 2,
		.choices = "add|list|clear",
		.options = {
			{"--all-frames", NULL, 0, "any frame of a stack may match"},
			{"--domain", "D", 0, "match only stacks of this domain"},
		},
		.check = check_filter, .run = cmd_filter,
		.summary = "choose what top, diff and the like count",
		.help = "+ includes what matches, - excludes it; the names of files are\n"
			"matched as a whole, * and ? cross slashes. What some + matches, or\n"
			"everything without a +, is counted unless a - matches. Domains are\n"
			"malloc, new, new[], mmap, or numbers. Snapshots do not change.\n",
	},
	{
		.name = "traceback", .arguments = "[#RANK]", .max_words = 1,
		.options = {
			{"-n", "LIMIT", 0,
			 "only so many innermost frames; negative: outermost"},
			{"--most-recent-first", NULL, 0, "innermost frame first"},
			{"--compat", NULL, 0, "a negative LIMIT leaves so many innermost frames out"},
		},
		.run = cmd_traceback,
		.summary = "show the stack of a row of the last top or diff",
		.help = "RANK counts the rows from 1 (default). The oldest frame comes\n"
			"first. A row of `top traceback` or `diff traceback` is one stack;\n"
			"of any other row the stack with the most live bytes is shown.\n",
	},
	{
		.name = "where", .arguments = "ADDRESS", .min_words = 1, .max_words = 1,
		.check = check_where, .run = cmd_where,
		.summary = "show the live block that contains an address",
		.help = "ADDRESS is hexadecimal, with or without 0x, and may point inside\n"
			"the block.\n",
	},
	{
		.name = "blocks", .arguments = "", .run = cmd_blocks,
		.summary = "list every live block, by address",
		.help = "One a line: address, size in bytes, domain, thread, function (when\n"
			"it is known) and place of the allocation. For scripts: there can\n"
			"be millions.\n",
	},
	{
		.name = "processes", .arguments = "", .run = cmd_processes,
		.summary = "list the followed processes",
		.help = "The process that the commands are about has a `*`. With `--follow\n"
			"fork` children are traced, too, each with tables and snapshots of\n"
			"its own; they begin empty: what a child inherits is unknown. When\n"
			"more than 64 have ended, those of the program with most of them\n"
			"become one table with their sums: `cc1  1234 ended`.\n",
	},
	{
		.name = "process", .arguments = "[PID | #N | PROGRAM]", .max_words = 1,
		.check = check_process, .run = cmd_process,
		.summary = "choose the process that the following commands are about",
		.help = "#2 is the second in the list of `processes`; PROGRAM is a path or a\n"
			"name in it, and means the ended processes of that program if they\n"
			"share a table, else the newest. Without an argument it says which one\n"
			"is chosen; in the beginning that is the first.\n",
	},
	{
		.name = "wait", .arguments = "SECONDS | exit | all | call FUNCTION [COUNT]",
		.min_words = 1, .max_words = 3, .choices = "exit|all|call",
		.kinds = {0, COMPLETE_CALL, 0},
		.check = check_wait, .run = cmd_wait, .is_waiting = true,
		.summary = "let the target run for a time, to its end, or to a call",
		.help = "`wait call` returns when FUNCTION has been entered COUNT times\n"
			"(default 1) from now on, in any thread. All forms return when the\n"
			"target has ended; for `wait call` that is an error. Of several\n"
			"processes the current one is meant, but a time and `wait all` are\n"
			"over when every one has ended.\n",
	},
	{
		.name = "measure", .arguments = "FUNCTION | off [FUNCTION] | list",
		.min_words = 1, .max_words = 2,
		.choices = "off|list", .kinds = {COMPLETE_FUNCTION, COMPLETE_FUNCTION},
		.options = {
			{"--calls", "N", 0, "one result for every N calls (default 1)"},
		},
		.check = check_measure, .run = cmd_measure,
		.summary = "show what calls of a function do to the memory",
		.help = "From now on every call of FUNCTION that returns gives a result, be\n"
			"it during a wait or at the prompt: net bytes and blocks, the peak\n"
			"above entry, duration, thread, and what stayed allocated, by line.\n"
			"Only what the calling thread does counts. Recursive calls are each\n"
			"measured with all that they call. `left` counts calls that ended by\n"
			"longjmp or an exception. `measure off` ends it.\n",
	},
	{
		.name = "detach", .arguments = "", .run = cmd_detach,
		.summary = "leave the target running, keep what is known",
		.help = "Tables and snapshots still answer.\n",
	},
	{
		.name = "kill", .arguments = "", .run = cmd_kill,
		.summary = "end the target with SIGKILL",
		.help = "Tables and snapshots still answer.\n",
	},
	{
		.name = "quit", .arguments = "", .run = cmd_quit,
		.summary = "detach and leave malloscope",
		.help = "The target runs on. At the prompt you are asked first when it is\n"
			"still traced.\n",
	},
	{
		.name = "help", .arguments = "[COMMAND]", .max_words = 1,
		.kinds = {COMPLETE_COMMAND}, .run = cmd_help,
		.summary = "list the commands, or explain one",
		.help = "",
	},
};
// clang-format on

const size_t num_commands = sizeof(commands) / sizeof(commands[0]);
