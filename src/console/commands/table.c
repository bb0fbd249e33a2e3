// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/table.h"

#include "console/commands/commands.h"
#include "console/commands/foresee.h"

#define KEYS_HELP \
	"KEY is one of lineno (default), filename, function, module, traceback, domain, thread.\n"

// clang-format off
// Options of several queries.
#define ROWS_OPTION {.name = "-n", .value = "N", .help = "rows to print (default 10)"}
#define SNAPSHOT_OPTION \
	{.name = "--snapshot", .value = "NAME", .kinds = COMPLETE_SNAPSHOT, \
	 .fixed = "live|peak", .help = "show a snapshot or the peak; default: the live state"}
#define CUMULATIVE_OPTION \
	{.name = "--cumulative", \
	 .help = "count every frame of a stack, not only the innermost one"}
#define ALL_OPTION {.name = "--all", .help = "skip no frame: show what called the allocator"}
#define MERGE_OPTION \
	{.name = "--merge", .value = "PROGRAM", \
	 .help = "add up all followed processes of a program"}
#define LONG_OPTION {.name = "--long", .help = "do not shorten the names of functions"}
#define COMPAT_OPTION \
	{.name = "--compat", \
	 .help = "do as tracemalloc where malloscope differs, see the manual"}

static const struct command rows[] = {
	{
		.name = "start", .arguments = "[NFRAME]", .max_words = 1,
		.check = check_start, .run = cmd_start,
		.summary = "begin tracing, at most NFRAME frames per stack",
		.help = "It does nothing when tracing is on already. Without NFRAME (1 to\n"
			"65535) the last limit is used. malloscope knows only the frees of\n"
			"older blocks: they are the row `<before attach>` of a comparison.\n",
	},
	{
		.name = "stop", .arguments = "", .run = cmd_stop,
		.summary = "end tracing and forget all traces",
		.help = "Removes all breakpoints: the target runs on at full speed. `start`\n"
			"traces it again. Snapshots are kept.\n",
	},
	{
		.name = "status", .arguments = "", .run = cmd_status,
		.summary = "show target, tracing, event counters, own memory",
		.help = "`unwinding` and `oddities` count what went wrong:\n"
			"  truncated        allocations whose stack could not be followed to\n"
			"                   its end; a line for each reason and file follows\n"
			"  failed           stacks of which only the innermost frame is known\n"
			"  unknown frees    frees of blocks that nobody allocated\n"
			"  replaced blocks  new blocks at the address of a live one: a free\n"
			"                   was missed\n"
			"  abandoned calls  allocator calls left by longjmp or thread exit\n"
			"  lost events      always 0: the target waits instead\n"
			"`older frees` are frees of blocks from before tracing began.\n",
	},
	{
		.name = "probes", .arguments = "", .run = cmd_probes,
		.summary = "list the allocator functions found, and their calls",
		.help = "One row for each: kind, symbol, address, number of calls (including\n"
			"those by other allocators), and the file that defines it.\n",
	},
	{
		.name = "modules", .arguments = "", .run = cmd_modules,
		.summary = "list the objects, and which debug information they have",
		.options = {{.name = "--tried", .help = "list where it was looked for, too"}},
		.help = "One row for each: path, build-id, and where its debug information\n"
			"was found, or the package that should have it (if the target's\n"
			"system has dpkg).\n",
	},
	{
		.name = "memory", .arguments = "", .run = cmd_memory,
		.summary = "show traced memory, current and peak, and that of the process",
		.help = "Bytes that the target asked for, without the overhead of the\n"
			"allocator.\n",
	},
	{
		.name = "reset-peak", .arguments = "", .run = cmd_reset_peak,
		.summary = "set the peak to the current size",
		.help = "The peak is then the maximum from now on.\n",
	},
	{
		.name = "clear", .arguments = "", .run = cmd_clear,
		.summary = "forget all traces, set counters to 0",
		.help = "Tracing goes on. Snapshots are kept.\n",
	},
	{
		.name = "snapshot", .arguments = "[NAME]", .max_words = 1,
		.kinds = {COMPLETE_SNAPSHOT},
		.options = {{.name = "--merge", .value = "PROGRAM",
			     .help = "take one in each followed process of a program"}},
		.foresee = foresee_snapshot, .run = cmd_snapshot,
		.summary = "keep the state of this moment under a name",
		.help = "The default names are s1, s2, ... A snapshot of the same name is\n"
			"replaced. The target is not stopped. The names of keys, `live`\n"
			"and `peak` cannot be used.\n",
	},
	{
		.name = "snapshots", .arguments = "", .run = cmd_snapshots,
		.summary = "list the snapshots, oldest first",
		.help = "TIME is the time since tracing began.\n",
	},
	{
		.name = "drop", .arguments = "NAME", .min_words = 1, .max_words = 1,
		.kinds = {COMPLETE_SNAPSHOT}, .foresee = foresee_drop, .run = cmd_drop,
		.summary = "forget a snapshot",
		.help = "",
	},
	{
		.name = "top", .arguments = "[KEY]", .max_words = 1, .kinds = {COMPLETE_KEY},
		.options = {
			ROWS_OPTION,
			SNAPSHOT_OPTION,
			{.name = "--since", .value = "NAME", .kinds = COMPLETE_SNAPSHOT,
			 .help = "only what was allocated after this snapshot and is live"},
			CUMULATIVE_OPTION,
			{.name = "--by", .value = "size|count|allocated|calls",
			 .help = "sort by live bytes (default), live blocks, total bytes or calls"},
			{.name = "--all",
			 .help = "skip no frame, and show the row <before attach>"},
			MERGE_OPTION,
			{.name = "--processes", .help = "a row for each followed process"},
			LONG_OPTION,
			COMPAT_OPTION,
		},
		.check = check_top, .foresee = foresee_top, .run = cmd_top,
		.summary = "show where live memory was allocated, largest first",
		.help = KEYS_HELP
			"A row shows the innermost frame that `skip` does not skip.\n"
			"`--by allocated` and `--by calls` print these numbers at the end of\n"
			"each row, and show rows without live blocks, too. `traceback #2`\n"
			"shows the stack of the second row.\n",
	},
	{
		.name = "diff", .arguments = "[OLD [NEW]] [KEY]", .max_words = 3,
		.kinds = {COMPLETE_SNAPSHOT | COMPLETE_KEY, COMPLETE_SNAPSHOT | COMPLETE_KEY,
			  COMPLETE_KEY},
		.fixed = {"peak", "live|peak"},
		.options = {
			ROWS_OPTION,
			CUMULATIVE_OPTION,
			{.name = "--sort", .value = "abs|growth|shrink",
			 .help = "largest change first (default), largest growth, largest "
				 "shrinkage"},
			{.name = "--changed", .help = "omit rows that did not change"},
			ALL_OPTION,
			MERGE_OPTION,
			LONG_OPTION,
			COMPAT_OPTION,
		},
		.foresee = foresee_diff, .run = cmd_diff,
		.summary = "compare two snapshots, or one with the live state",
		.help = "NEW defaults to `live`, the live state, OLD to the newest snapshot.\n"
			"`peak` is the state at the maximum. The row `<before attach>` stands\n"
			"for freed blocks from before tracing began, with estimated sizes.\n"
			"The total change includes it.\n"
			KEYS_HELP,
	},
	{
		.name = "tree", .arguments = "[OLD [NEW]]", .max_words = 2,
		.kinds = {COMPLETE_SNAPSHOT, COMPLETE_SNAPSHOT}, .fixed = {"peak", "live|peak"},
		.options = {
			{.name = "-n", .value = "N",
			 .help = "show at most N callees of a place (default 10)"},
			{.name = "--depth", .value = "N", .help = "show at most N levels"},
			{.name = "--threshold", .value = "PERCENT",
			 .help = "sum up places with a smaller share (default 1)"},
			{.name = "--invert",
			 .help = "begin at the places that allocate, go on to their callers"},
			{.name = "--cumulative",
			 .help = "fold recursion: enter a place once on each way"},
			SNAPSHOT_OPTION,
			{.name = "--since", .value = "NAME", .kinds = COMPLETE_SNAPSHOT,
			 .help = "only what was allocated after this snapshot and is live"},
			{.name = "--by", .value = "size|count|allocated|calls",
			 .help = "order, and share of what"},
			ALL_OPTION,
			MERGE_OPTION,
			LONG_OPTION,
		},
		.check = check_tree, .foresee = foresee_tree, .run = cmd_tree,
		.summary = "show the call tree of live bytes, or of what changed",
		.help = "Each place has the sum of what was allocated in it and below, and its\n"
			"share of all. A place with one callee is folded with it. With OLD the\n"
			"tree has the changes from OLD to NEW (default: the live state); a share\n"
			"is then one of all changes, growth and shrinkage added up.\n",
	},
	{
		.name = "growth", .arguments = "[KEY]", .max_words = 1, .kinds = {COMPLETE_KEY},
		.options = {
			ROWS_OPTION,
			{.name = "--last", .value = "K",
			 .help = "use the last K snapshots; default: all"},
			CUMULATIVE_OPTION,
			ALL_OPTION,
			LONG_OPTION,
			COMPAT_OPTION,
		},
		.check = check_growth, .foresee = foresee_growth, .run = cmd_growth,
		.summary = "rank what grew over all snapshots",
		.help = "Rows that grew from every snapshot to the next, as a leak does, come\n"
			"first, then the rest, by growth. Each row shows its growth per\n"
			"snapshot and per second.\n"
			KEYS_HELP,
	},
	{
		.name = "check", .arguments = "growth OLD [NEW] [KEY PATTERN]",
		.min_words = 2, .max_words = 5,
		.kinds = {0, COMPLETE_SNAPSHOT, COMPLETE_SNAPSHOT | COMPLETE_KEY, COMPLETE_KEY, 0},
		.fixed = {"growth", "peak", "live|peak"},
		.options = {
			{.name = "--max", .value = "SIZE",
			 .help = "allowed growth: 4096, 10KiB, 1.5MiB"},
			ALL_OPTION,
			LONG_OPTION,
			COMPAT_OPTION,
		},
		.check = check_check, .foresee = foresee_check, .run = cmd_check,
		.summary = "fail when memory grew by more than allowed",
		.help = "Measures the growth from OLD to NEW (default: the live state), of\n"
			"everything or of the rows by KEY that match the shell pattern\n"
			"PATTERN. If it exceeds SIZE, malloscope shows what grew, with its\n"
			"traceback, and in batch mode exits with status 3 at the end. Freed\n"
			"blocks from before tracing began count as shrinkage, unless PATTERN\n"
			"excludes their row.\n",
	},
	{
		.name = "traces", .arguments = "",
		.options = {
			SNAPSHOT_OPTION,
			ALL_OPTION,
			LONG_OPTION,
			COMPAT_OPTION,
		},
		.foresee = foresee_traces, .run = cmd_traces,
		.summary = "list every live stack",
		.help = "One per line, largest first: size, count, domain, true depth, and\n"
			"the frames, most recent first. --json prints an object for each.\n",
	},
	{
		.name = "dump", .arguments = "[NAME] FILE", .min_words = 1, .max_words = 2,
		.kinds = {COMPLETE_SNAPSHOT | COMPLETE_FILE, COMPLETE_FILE}, .fixed = {"live|peak"},
		.options = {MERGE_OPTION},
		.foresee = foresee_dump, .run = cmd_dump,
		.summary = "append a snapshot to a file",
		.help = "FILE is an SQLite database of snapshots with symbols and source\n"
			"lines. It can be read on any machine. Without NAME, malloscope\n"
			"first takes a snapshot, under the next default name; with --merge\n"
			"it stores the live state of all processes of PROGRAM.\n",
	},
	{
		.name = "load", .arguments = "FILE[:NAME] [AS]", .min_words = 1, .max_words = 2,
		.kinds = {COMPLETE_FILE, 0}, .foresee = foresee_load, .run = cmd_load,
		.summary = "read a snapshot from a file",
		.help = "NAME is a name or a number in the file; default: the newest. The\n"
			"snapshot keeps its own name, or gets the name AS.\n",
	},
	{
		.name = "every", .arguments = "SECONDS FILE | off", .min_words = 1, .max_words = 2,
		.fixed = {"off"}, .kinds = {0, COMPLETE_FILE},
		.check = check_every, .run = cmd_every,
		.summary = "append a snapshot to a file every SECONDS",
		.help = "Their names are e1, e2, ... When malloscope cannot store one, as on\n"
			"a full disk, it prints a note and goes on with the next one.\n",
	},
	{
		.name = "filter", .arguments = "add +PATTERN[:LINE] | add +@DOMAIN | list | clear",
		.want_raw = true, .min_words = 1, .max_words = 2,
		.fixed = {"add|list|clear"},
		.options = {
			{.name = "--all-frames", .help = "any frame of a stack may match"},
			{.name = "--domain", .value = "D",
			 .help = "match only stacks of this domain"},
		},
		.check = check_filter, .run = cmd_filter,
		.summary = "choose what top, diff and the like count",
		.help = "+ includes what matches, - excludes it. A pattern must match the\n"
			"whole file name; * and ? match slashes, too. A stack counts if some\n"
			"+ matches it (or there is no +) and no - matches it. Domains are\n"
			"malloc, new, new[], mmap, or numbers. Snapshots do not change.\n",
	},
	{
		.name = "skip", .arguments = "add RULE | list | clear | suggest",
		.min_words = 1, .max_words = 2, .fixed = {"add|list|clear|suggest"},
		.kinds = {0, COMPLETE_FUNCTION},
		.options = {
			{.name = "--all", .help = "list the installed rules, too"},
			{.name = "-n", .value = "N", .help = "suggestions to print (default 10)"},
		},
		.check = check_skip, .run = cmd_skip,
		.summary = "choose which frames do not name a row",
		.help = "RULE is a FUNCTION, MODULE!FUNCTION, file:PATTERN or module:PATTERN,\n"
			"all shell patterns: my_alloc, 'mylib::*', 'file:*/mylib/*'. Allocators\n"
			"and their wrappers, containers, and the code of system, compiler and\n"
			"toolchain are skipped by installed rules. `clear` forgets the rules\n"
			"of `add`, of --skip, and of ~/.config/malloscope/wrappers. `suggest`\n"
			"lists functions that look like wrappers: they name rows, call nothing\n"
			"but allocators and known wrappers, and have at least three callers.\n"
			"With --all a query skips nothing.\n",
	},
	{
		.name = "traceback", .arguments = "[#RANK]", .max_words = 1,
		.options = {
			{.name = "-n", .value = "LIMIT",
			 .help = "show LIMIT innermost frames; negative: outermost"},
			{.name = "--most-recent-first", .help = "innermost frame first"},
			LONG_OPTION,
			{.name = "--compat",
			 .help = "a negative LIMIT omits that many innermost frames"},
		},
		.foresee = foresee_traceback, .run = cmd_traceback,
		.summary = "show the stack of a row of the last top or diff",
		.help = "RANK counts the rows from 1 (default). The oldest frame comes\n"
			"first. A row of `top traceback` or `diff traceback` is one stack.\n"
			"For any other row, the stack with the most live bytes is shown.\n"
			"Below it stands which frames only frame pointers vouch for, and\n"
			"why a stack is truncated.\n",
	},
	{
		.name = "where", .arguments = "ADDRESS", .min_words = 1, .max_words = 1,
		.options = {LONG_OPTION},
		.check = check_where, .run = cmd_where,
		.summary = "show the live block that contains an address",
		.help = "ADDRESS is hexadecimal, with or without 0x, and may point inside\n"
			"the block.\n",
	},
	{
		.name = "blocks", .arguments = "", .run = cmd_blocks,
		.summary = "list every live block, by address",
		.help = "One per line: address, size in bytes, domain, thread, function (if\n"
			"known) and place of the allocation. This is for scripts: there can\n"
			"be millions.\n",
	},
	{
		.name = "processes", .arguments = "", .run = cmd_processes,
		.summary = "list the followed processes",
		.help = "A `*` marks the current process. With `--follow fork` children are\n"
			"traced, too, each with tables and snapshots of its own. They begin\n"
			"empty: inherited blocks are unknown. When more than 64 have ended,\n"
			"those of the program that has most of them become one table with\n"
			"their sums: `cc1  1234 ended`.\n",
	},
	{
		.name = "process", .arguments = "[PID | #N | PROGRAM]", .max_words = 1,
		.check = check_process, .foresee = foresee_process, .run = cmd_process,
		.summary = "choose the process that commands apply to",
		.help = "#2 is the second in the list of `processes`. PROGRAM is a path or a\n"
			"name in it: it chooses the table of the ended processes of that\n"
			"program, if they share one, or else the newest. Without an argument\n"
			"it prints the current process, which at the beginning is the first.\n",
	},
	{
		.name = "wait", .arguments = "SECONDS | exit | all | call FUNCTION [COUNT]",
		.min_words = 1, .max_words = 3, .fixed = {"exit|all|call"},
		.kinds = {0, COMPLETE_CALL, 0},
		.check = check_wait, .run = cmd_wait, .is_waiting = true,
		.summary = "let the target run for a time, to its end, or to a call",
		.help = "`wait call` returns when FUNCTION has been entered COUNT times\n"
			"(default 1) from now on, in any thread. All forms return when the\n"
			"target has ended; for `wait call` that is an error. `exit` and\n"
			"`call` wait for the current process. `all` and a time end when\n"
			"every followed process has ended.\n",
	},
	{
		.name = "measure", .arguments = "FUNCTION | off [FUNCTION] | list",
		.min_words = 1, .max_words = 2,
		.fixed = {"off|list"}, .kinds = {COMPLETE_FUNCTION, COMPLETE_FUNCTION},
		.options = {
			{.name = "--calls", .value = "N",
			 .help = "print one result for every N calls (default 1)"},
		},
		.check = check_measure, .run = cmd_measure,
		.summary = "show how calls of a function change the memory",
		.help = "From now on every call of FUNCTION that returns prints a result,\n"
			"during a wait or at the prompt: net bytes and blocks, the peak above\n"
			"the entry, duration, thread, and by line what is still allocated.\n"
			"Only allocations of the calling thread count. Each recursive call is\n"
			"measured with everything that it calls. `left` counts calls that\n"
			"ended by longjmp or an exception. `measure off` ends measuring.\n",
	},
	{
		.name = "detach", .arguments = "", .run = cmd_detach, .is_leaving = true,
		.summary = "end tracing, let the target run on",
		.help = "Tables and snapshots can still be queried.\n",
	},
	{
		.name = "kill", .arguments = "", .run = cmd_kill, .is_leaving = true,
		.summary = "end the target with SIGKILL",
		.help = "Tables and snapshots can still be queried.\n",
	},
	{
		.name = "quit", .arguments = "",
		.foresee = foresee_quit, .run = cmd_quit, .is_leaving = true,
		.summary = "detach and leave malloscope",
		.help = "The target runs on. If it is still traced, the prompt asks first.\n",
	},
	{
		.name = "help", .arguments = "[COMMAND]", .max_words = 1,
		.kinds = {COMPLETE_COMMAND}, .run = cmd_help,
		.summary = "list the commands, or explain one",
		.help = "",
	},
};
// clang-format on

const struct command_table all_commands = {rows, sizeof(rows) / sizeof(rows[0])};
