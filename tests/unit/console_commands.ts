// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"
#include "console/commands.h"
#include "console_fixture.h"

static struct fixture f;

static void setup(void)
{
	fixture_init(&f);
}

static void teardown(void)
{
	fixture_deinit(&f);
}

static void check_log(const char *expected)
{
	ck_assert_str_eq(f.s->log, expected);
	f.s->log[0] = '\0';
}

/** Two snapshots: between them one site grows, one vanishes, one stays. */
static void take_two_snapshots(void)
{
	const struct snapshot *snapshot;

	fixture_fill(&f);
	ck_ok(session_snapshot(f.s, "before", &snapshot));
	f.s->now_ns += 3200 * NS_PER_MS;
	fake_alloc(f.s, 0x6000, 2000, FAKE_LEAK, FAKE_FILL, FAKE_MAIN);
	ck_assert(heap_free(f.s->heap, 0x3000));
	ck_ok(session_snapshot(f.s, "after", &snapshot));
}

/** A second process, which holds one block. */
static void give_child(struct fixture *fixture)
{
	fixture->s->child = fake_session();
	fixture->s->child->status.pid = 5000;
	fixture->s->child->status.parent = 4242;
	fake_alloc(fixture->s->child, 0x1000, 7, FAKE_LEAK, FAKE_MAIN, 0);
}

static void check_not_held(struct session *s)
{
	ck_assert_int_eq(s->num_holds, 0);
}

static void take_child(struct fixture *fixture)
{
	ck_ok(console_execute(fixture->console, "process #1"));
	session_destroy(fixture->s->child);
	fixture->s->child = NULL;
}

#suite console_commands

#tcase state

#test nothing_to_do
	check_output(&f, "", "");
	check_output(&f, "  # comment", "");

#test start_and_stop
	check_output(&f, "start", "");
	check_log("start 0 ");
	check_output(&f, "start 5", "");
	check_log("start 5 ");
	check_output(&f, "stop", "");
	check_output(&f, "stop", "");
	check_log("stop stop ");
	check_failure(&f, "start 0", "start: the number of frames must be in range [1; 65535]");
	check_failure(&f, "start 65536", "start: the number of frames must be in range [1; 65535]");
	check_failure(&f, "start -1", "start: the number of frames must be in range [1; 65535]");
	check_failure(&f, "start 4294967297",
		      "start: the number of frames must be in range [1; 65535]");
	check_failure(&f, "start many", "start: 'many' is no whole number");
	check_log("");

#test memory
	check_output(&f, "memory", "current=0 B (0 B), peak=0 B (0 B)\n");
	fake_alloc(f.s, 0x1000, 10240, FAKE_LEAK, 0, 0);
	fake_alloc(f.s, 0x9000, 10240, FAKE_LEAK, 0, 0);
	ck_assert(heap_free(f.s->heap, 0x1000));
	check_output(&f, "memory", "current=10.0 KiB (10240 B), peak=20.0 KiB (20480 B)\n");
	check_output(&f, "reset-peak", "");
	check_output(&f, "memory", "current=10.0 KiB (10240 B), peak=10.0 KiB (10240 B)\n");
	check_output(&f, "clear", "");
	check_output(&f, "memory", "current=0 B (0 B), peak=0 B (0 B)\n");

#test status
	fixture_fill(&f);
	ck_assert(heap_free(f.s->heap, 0x2000));
	ck_assert(!heap_free(f.s->heap, 0x2000));
	f.s->status.end_ns = f.s->status.start_ns + 12340 * NS_PER_MS;
	f.s->status.is_tracing = false;
	f.s->status.state = TARGET_ENDED;
	f.s->status.exit_status = 3 << 8;
	f.s->status.num_events = 6;
	f.s->status.event_rate = 1234.5;
	f.s->status.num_stops = 11;
	f.s->status.num_truncated = 1;
	f.s->status.blocks_memory = 128;
	f.s->status.tables_memory = 4096;
	f.s->status.supervisor_rss = 12 << 20;
	f.s->status.tracer_rss = 1 << 20;
	check_output(&f, "status",
		     "target: pid=4242, state=ended (exit status 3), threads=3, "
		     "program=/usr/bin/leaky\n"
		     "tracing: off, nframe=32, probes=2, traced 12.3 s from launch\n"
		     "live: 1166 B in 4 blocks, peak=1190 B in 5 blocks\n"
		     "allocated: 1190 B in 5 calls, frees=1\n"
		     "events: 6, 1234/s, stops=11\n"
		     "unwinding: stacks=4, truncated=1, failed=0\n"
		     "oddities: unknown frees=1, replaced blocks=0, abandoned calls=0, "
		     "lost events=0\n"
		     "own memory: live blocks=128 B (32.0 B each), stacks=4096 B, "
		     "resident: supervisor=12.0 MiB, tracer=1024 KiB\n");

#test status_of_older_frees
	fake_alloc(f.s, 0x1000, 100, FAKE_LEAK, 0, 0);
	ck_ok(heap_note_usable(f.s->heap, 100, 104, 89));
	ck_ok(heap_free_older(f.s->heap, 104, 89));
	rewind(f.out);
	ck_ok(console_execute(f.console, "status"));
	ck_assert_ptr_nonnull(strstr(f.text, "lost events=0\nolder frees: 1 block, about 100 B\n"));
	ck_ok(heap_free_older(f.s->heap, 104, 89));
	ck_ok(heap_free_older(f.s->heap, 0, 0));
	rewind(f.out);
	ck_ok(console_execute(f.console, "status"));
	ck_assert_ptr_nonnull(
		strstr(f.text, "\nolder frees: 3 blocks, about 200 B, without a known size=1\n"));

#test probes
	check_output(&f, "probes",
		     "KIND     SYMBOL               ADDRESS                 CALLS DOMAIN   OBJECT\n"
		     "alloc    malloc               0x00007f0000001000         12 malloc   /lib/libc.so.6\n"
		     "free     free                 0x00007f0000002000          7 malloc   /lib/libc.so.6\n");
	f.s->has_no_probes = true;
	check_output(&f, "probes",
		     "# no allocator function is planted\n"
		     "# searched /usr/bin/leaky\n"
		     "# searched /lib/ld.so\n");

#test notes
	f.s->notes[0] = "allocator found late";
	f.s->notes[1] = "the target has ended";
	f.s->num_notes = 2;
	check_output(&f, "memory",
		     "current=0 B (0 B), peak=0 B (0 B)\n"
		     "# allocator found late\n"
		     "# the target has ended\n");

#tcase snapshots

#test take_list_drop
	check_output(&f, "snapshots", "# no snapshots; 'snapshot' takes one\n");
	fixture_fill(&f);
	f.s->now_ns += 12340 * NS_PER_MS;
	check_output(&f, "snapshot",
		     "s1: 1190 B in 5 blocks, 4 stacks, traced 12.3 s from launch\n");
	check_output(&f, "snapshot 'long name'",
		     "long name: 1190 B in 5 blocks, 4 stacks, traced 12.3 s from launch\n");
	check_output(&f, "snapshots",
		     "NAME            TIME       SIZE     BLOCKS   STACKS\n"
		     "s1            12.3 s     1190 B          5        4\n"
		     "long name     12.3 s     1190 B          5        4\n");
	check_output(&f, "drop s1", "");
	check_failure(&f, "drop s1", "drop: no snapshot 's1'");
	check_output(&f, "snapshots",
		     "NAME            TIME       SIZE     BLOCKS   STACKS\n"
		     "long name     12.3 s     1190 B          5        4\n");

#test names
	check_failure(&f, "snapshot lineno", "snapshot: 'lineno' is a key, choose another name");
	check_failure(&f, "snapshot live",
		      "snapshot: 'live' is the present state, choose another name");
	check_failure(&f, "snapshot peak",
		      "snapshot: 'peak' is the state at the maximum, choose another name");
	check_failure(&f, "snapshot ''", "snapshot: '' cannot be a name");
	check_failure(&f, "snapshot '#1'", "snapshot: '#1' cannot be a name");
	check_failure(&f, "snapshot -- -n", "snapshot: '-n' cannot be a name");
	check_failure(&f, "snapshot 'a\nb'", "snapshot: a name has no control characters");
	ck_assert_uint_eq(f.s->snapshots.num, 0);

#test not_tracing
	check_output(&f, "stop", "");
	check_failure(&f, "snapshot",
		      "snapshot: malloscope must be tracing to take a snapshot");

#tcase statistics

#test top
	fixture_fill(&f);
	f.s->now_ns += 12340 * NS_PER_MS;
	check_output(&f, "top",
		     "[ Top 4 ] live: 1190 B in 5 blocks, 4 stacks, traced 12.3 s from launch\n"
		     "/src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "/src/leaky.c:31: size=100 B, count=1, average=100 B\n"
		     "libfoo.so(grow+0x12): size=50 B, count=1, average=50 B\n"
		     "/src/leaky.c:50: size=16 B, count=1, average=16 B\n"
		     "Total allocated size: 1190 B\n");

#test top_options
	fixture_fill(&f);
	check_output(&f, "top -n 1",
		     "[ Top 1 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "/src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "3 other: 166 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top -n 0",
		     "[ Top 0 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "4 other: 1190 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top function --cumulative -n 2",
		     "[ Top 2 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "main (leaky): size=1190 B, count=5, average=238 B\n"
		     "fill (leaky): size=1124 B, count=3, average=375 B\n"
		     "3 other: 1090 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top module",
		     "[ Top 2 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "/usr/bin/leaky: size=1140 B, count=4, average=285 B\n"
		     "/usr/lib/libfoo.so: size=50 B, count=1, average=50 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top module --all",
		     "[ Top 3 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "/usr/bin/leaky: size=1124 B, count=3, average=375 B\n"
		     "/usr/lib/libfoo.so: size=50 B, count=1, average=50 B\n"
		     "/usr/lib/libstdc++.so.6: size=16 B, count=1, average=16 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top thread",
		     "[ Top 1 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "thread 4243: size=1190 B, count=5, average=238 B\n"
		     "Total allocated size: 1190 B\n");

#test top_by
	fixture_fill(&f);
	ck_assert(heap_free(f.s->heap, 0x1000));
	ck_assert(heap_free(f.s->heap, 0x2000));
	check_output(&f, "top --by allocated -n 1",
		     "[ Top 1 ] live: 166 B in 3 blocks, 3 stacks, traced 0.0 s from launch\n"
		     "/src/leaky.c:12: size=0 B, count=0, allocated=1024 B, calls=2\n"
		     "3 other: 166 B\n"
		     "Total allocated size: 166 B\n");
	check_output(&f, "top --by size -n 1",
		     "[ Top 1 ] live: 166 B in 3 blocks, 3 stacks, traced 0.0 s from launch\n"
		     "/src/leaky.c:31: size=100 B, count=1, average=100 B\n"
		     "2 other: 66 B\n"
		     "Total allocated size: 166 B\n");

#test top_heading
	f.s->status.is_from_launch = false;
	f.s->status.num_truncated = 2;
	f.s->now_ns += 5 * NS_PER_S;
	ck_assert(!heap_free(f.s->heap, 0x1000));
	check_output(&f, "top",
		     "[ Top 0 ] live: 0 B in 0 blocks, 0 stacks, traced 5.0 s since attach, "
		     "1 unknown frees, 2 truncated stacks\n"
		     "Total allocated size: 0 B\n");
	// The clock goes on after the end of tracing, the traced time does not.
	f.s->status.end_ns = f.s->now_ns;
	f.s->now_ns += 5 * NS_PER_S;
	check_output(&f, "top",
		     "[ Top 0 ] live: 0 B in 0 blocks, 0 stacks, traced 5.0 s since attach, "
		     "1 unknown frees, 2 truncated stacks\n"
		     "Total allocated size: 0 B\n");

#test top_of_a_snapshot
	take_two_snapshots();
	check_output(&f, "top --snapshot before -n 1",
		     "[ Top 1 ] before: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "/src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "3 other: 166 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top --snapshot live -n 1",
		     "[ Top 1 ] live: 3090 B in 5 blocks, 3 stacks, traced 3.2 s from launch\n"
		     "/src/leaky.c:12: size=3024 B, count=3, average=1008 B\n"
		     "2 other: 66 B\n"
		     "Total allocated size: 3090 B\n");

#test top_failures
	check_failure(&f, "top foo",
		      "top: unknown key_type: 'foo'; there are lineno, filename, function, "
		      "module, traceback, domain and thread");
	check_failure(&f, "top traceback --cumulative",
		      "top: cumulative mode cannot by used with key type 'traceback'");
	check_failure(&f, "top --snapshot nosuch", "top: no snapshot 'nosuch'");
	check_failure(&f, "top -n ten", "top: 'ten' is no whole number");
	check_failure(&f, "top -n -1", "top: -1 is too small, at least 0 is needed");
	check_failure(&f, "to foo bar",
		      "top: too many arguments; usage: top [KEY] [-n N] [--snapshot NAME] "
		      "[--since NAME] [--cumulative] [--by size|count|allocated|calls] [--all] "
		      "[--compat]");

#test diff
	take_two_snapshots();
	check_output(&f, "diff before after",
		     "[ Top 4 differences ] before -> after, 3.2 s apart\n"
		     "/src/leaky.c:12: size=3024 B (+2000 B), count=3 (+1), average=1008 B\n"
		     "/src/leaky.c:31: size=0 B (-100 B), count=0 (-1)\n"
		     "libfoo.so(grow+0x12): size=50 B (+0 B), count=1 (+0), average=50 B\n"
		     "/src/leaky.c:50: size=16 B (+0 B), count=1 (+0), average=16 B\n"
		     "Total change: +1900 B in +0 blocks\n");
	check_output(&f, "diff before after filename -n 1",
		     "[ Top 1 differences ] before -> after, 3.2 s apart\n"
		     "/src/leaky.c: size=3040 B (+1900 B), count=4 (+0), average=760 B\n"
		     "1 other: +0 B\n"
		     "Total change: +1900 B in +0 blocks\n");
	check_output(&f, "diff before after --sort shrink --changed",
		     "[ Top 2 differences ] before -> after, 3.2 s apart\n"
		     "/src/leaky.c:31: size=0 B (-100 B), count=0 (-1)\n"
		     "/src/leaky.c:12: size=3024 B (+2000 B), count=3 (+1), average=1008 B\n"
		     "Total change: +1900 B in +0 blocks\n");

#test diff_subjects
	take_two_snapshots();
	f.s->now_ns += NS_PER_S;
	check_output(&f, "diff -n 0",
		     "[ Top 0 differences ] after -> live, 1.0 s apart\n"
		     "3 other: +0 B\n"
		     "Total change: +0 B in +0 blocks\n");
	check_output(&f, "diff before -n 0",
		     "[ Top 0 differences ] before -> live, 4.2 s apart\n"
		     "4 other: +1900 B\n"
		     "Total change: +1900 B in +0 blocks\n");
	check_output(&f, "diff module -n 0",
		     "[ Top 0 differences ] after -> live, 1.0 s apart\n"
		     "2 other: +0 B\n"
		     "Total change: +0 B in +0 blocks\n");
	check_output(&f, "diff before live module -n 0",
		     "[ Top 0 differences ] before -> live, 4.2 s apart\n"
		     "2 other: +1900 B\n"
		     "Total change: +1900 B in +0 blocks\n");
	check_output(&f, "diff after before -n 0",
		     "[ Top 0 differences ] after -> before, -3.2 s apart\n"
		     "4 other: -1900 B\n"
		     "Total change: -1900 B in +0 blocks\n");

#test diff_failures
	check_failure(&f, "diff",
		      "diff: there is no snapshot to compare with; 'snapshot' takes one");
	take_two_snapshots();
	check_failure(&f, "diff nosuch", "diff: no snapshot 'nosuch'");
	check_failure(&f, "diff before nosuch", "diff: no snapshot 'nosuch'");
	check_failure(&f, "diff before after foo",
		      "diff: unknown key_type: 'foo'; there are lineno, filename, function, "
		      "module, traceback, domain and thread");
	check_failure(&f, "diff live", "diff: no snapshot 'live'");
	check_failure(&f, "diff before traceback --cumulative",
		      "diff: cumulative mode cannot by used with key type 'traceback'");

#test diff_of_different_limits
	const struct snapshot *snapshot;

	fixture_fill(&f);
	ck_ok(session_snapshot(f.s, "a", &snapshot));
	f.s->status.nframe = 5;
	check_output(&f, "diff a traceback -n 0",
		     "[ Top 0 differences ] a -> live, 0.0 s apart\n"
		     "4 other: +0 B\n"
		     "Total change: +0 B in +0 blocks\n"
		     "# a has 32 frames a stack and live 5: the same stack may count as two\n");
	check_output(&f, "diff a -n 0",
		     "[ Top 0 differences ] a -> live, 0.0 s apart\n"
		     "4 other: +0 B\n"
		     "Total change: +0 B in +0 blocks\n");

#tcase queries

// L2, L8 and F4.
#test filters
	fixture_fill(&f);
	check_output(&f, "filter list", "# no filters; 'filter add' adds one\n");
	check_output(&f, "filter add +*.c", "");
	check_output(&f, "filter add -/src/leaky.c:31", "");
	check_output(&f, "filter list", "+*.c\n-/src/leaky.c:31\n");
	check_output(&f, "top -n 1",
		     "[ Top 1 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "/src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "1 other: 16 B\n"
		     "Total allocated size: 1040 B\n"
		     "# filtered by +*.c, -/src/leaky.c:31\n");
	check_output(&f, "filter clear", "");
	check_output(&f, "filter add -@malloc", "");
	check_output(&f, "traces", "");
	check_output(&f, "filter clear", "");
	check_output(&f, "top filename --compat -n 1",
		     "[ Top 1 ] live: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "/src/leaky.c:0: size=1124 B, count=3, average=375 B\n"
		     "2 other: 66 B\n"
		     "Total allocated size: 1190 B\n");

#test filter_failures
	check_failure(&f, "filter",
		      "filter: argument missing; usage: filter add +PATTERN[:LINE] | add +@DOMAIN | "
		      "list | clear [--all-frames] [--domain D]");
	check_failure(&f, "filter drop", "filter: filter can add, list and clear, not 'drop'");
	check_failure(&f, "filter list all", "filter: too many arguments for 'filter list'");
	ck_err(console_execute(f.console, "filter add *.c"), ERR_USAGE, "filter: ");
	ck_err(console_execute(f.console, "filter add +@nosuch"), ERR_USAGE, "filter: ");
	ck_err(console_execute(f.console, "filter add"), ERR_USAGE, "filter: ");

#test peak
	fixture_fill(&f);
	ck_assert(heap_free(f.s->heap, 0x1000));
	check_output(&f, "top --snapshot peak -n 1",
		     "[ Top 1 ] peak: 1190 B in 5 blocks, 4 stacks, traced 0.0 s since attach\n"
		     "/src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "3 other: 166 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "diff peak -n 1",
		     "[ Top 1 differences ] peak -> live, 0.0 s apart\n"
		     "/src/leaky.c:12: size=24 B (-1000 B), count=1 (-1), average=24 B\n"
		     "3 other: +0 B\n"
		     "Total change: -1000 B in -1 blocks\n");

#test since
	take_two_snapshots();
	check_output(&f, "top --since before",
		     "[ Top 1 ] live since: 2000 B in 1 blocks, 1 stacks, traced 3.2 s since attach\n"
		     "/src/leaky.c:12: size=2000 B, count=1, average=2000 B\n"
		     "Total allocated size: 2000 B\n");
	check_failure(&f, "top --since peak",
		      "top: --since takes a snapshot that was kept, not peak");
	check_failure(&f, "top --since before --snapshot after",
		      "top: --since is about the live state: no --snapshot");

#test growth
	check_failure(&f, "growth",
		      "growth: growth needs two snapshots or more, there are 0");
	take_two_snapshots();
	check_output(&f, "growth -n 1",
		     "[ Top 1 growing ] over 2 snapshots, before -> after, 3.2 s apart\n"
		     "/src/leaky.c:12: size=3024 B (+2000 B), count=3 (+1), average=1008 B, "
		     "+2000 B/snapshot, +625 B/s, grew 1 of 1\n"
		     "3 other: -100 B\n");
	check_failure(&f, "growth --last 1", "growth: 1 is too small, at least 2 is needed");

#test gates
	take_two_snapshots();
	check_output(&f, "check growth before after --max 1900",
		     "growth of before -> after: +1900 B in +0 blocks, within 1900 B\n");
	ck_assert(!console_has_failed_gate(f.console));
	check_output(&f, "check growth before after lineno nosuch --max 0",
		     "growth of before -> after: +0 B in +0 blocks, within 0 B\n"
		     "# nothing matches 'nosuch' in either snapshot\n");
	check_output(&f, "check growth before lineno */leaky.c:12 --max 1KiB",
		     "growth of before -> live: +2000 B in +1 blocks, more than 1024 B\n"
		     "/src/leaky.c:12: size=3024 B (+2000 B), count=3 (+1), average=1008 B\n"
		     "  File \"/src/leaky.c\", line 50, in main\n"
		     "  File \"/src/leaky.c\", line 31, in fill\n"
		     "  File \"/src/leaky.c\", line 12, in leak\n"
		     "    p = malloc(n);\n");
	ck_assert(console_has_failed_gate(f.console));
	check_failure(&f, "check growth before", "check: how much growth is allowed? --max SIZE");
	ck_err(console_execute(f.console, "check growth before --max lots"), ERR_USAGE, "check: ");
	check_failure(&f, "check size before --max 1",
		      "check: only growth can be checked, not 'size'");

#test older_blocks
	const struct snapshot *snapshot;
	int i;

	fixture_fill(&f);
	ck_ok(session_snapshot(f.s, "before", &snapshot));
	f.s->now_ns += 1000 * NS_PER_MS;
	for (i = 0; i < 10; i++) {
		ck_ok(heap_free_older(f.s->heap, 1032, 1017));
		fake_alloc(f.s, 0x10000 + i * 0x1000, 1024, FAKE_LEAK, FAKE_MAIN, 0);
		ck_ok(heap_note_usable(f.s->heap, 1024, 1032, 1017));
	}
	ck_ok(session_snapshot(f.s, "after", &snapshot));
	check_output(&f, "diff before after --changed",
		     "[ Top 2 differences ] before -> after, 1.0 s apart\n"
		     "/src/leaky.c:12: size=11.0 KiB (+10.0 KiB), count=12 (+10), average=939 B\n"
		     "<before attach>: size=-10.0 KiB (-10.0 KiB), count=-10 (-10), average=1024 B\n"
		     "Total change: +0 B in +0 blocks\n"
		     "# 10 blocks from before attach were freed in between, about 10.0 KiB: their sizes "
		     "are estimated\n");
	check_failure(&f, "traceback #2",
		      "traceback: #2, <before attach>, has no traceback: these blocks were allocated "
		      "before the tracing began");
	check_output(&f, "growth -n 1",
		     "[ Top 1 growing ] over 2 snapshots, before -> after, 1.0 s apart\n"
		     "/src/leaky.c:12: size=11.0 KiB (+10.0 KiB), count=12 (+10), average=939 B, "
		     "+10.0 KiB/snapshot, +10.0 KiB/s, grew 1 of 1\n"
		     "4 other: -10.0 KiB\n"
		     "# 10 blocks from before attach were freed in between, about 10.0 KiB: their sizes "
		     "are estimated\n");
	check_output(&f, "check growth before --max 0",
		     "growth of before -> live: +0 B in +0 blocks, within 0 B\n"
		     "# 10 blocks from before attach were freed in between, about 10.0 KiB: their sizes "
		     "are estimated\n");
	check_output(&f, "check growth before lineno nosuch --max 0",
		     "growth of before -> live: +0 B in +0 blocks, within 0 B\n"
		     "# nothing matches 'nosuch' in either snapshot\n"
		     "# 10 blocks from before attach were freed in between, about 10.0 KiB: their sizes "
		     "are estimated\n");
	ck_assert(!console_has_failed_gate(f.console));
	// One place alone is not net.
	ck_ok(console_execute(f.console, "check growth before lineno */leaky.c:12 --max 0"));
	ck_assert(console_has_failed_gate(f.console));
	check_output(&f, "diff after before -n 0",
		     "[ Top 0 differences ] after -> before, -1.0 s apart\n"
		     "5 other: +0 B\n"
		     "Total change: +0 B in +0 blocks\n"
		     "# 10 blocks from before attach were freed in between, about 10.0 KiB: their sizes "
		     "are estimated\n");
	check_output(&f, "top -n 0 --all --snapshot after",
		     "[ Top 0 ] after: 11.2 KiB in 15 blocks, 5 stacks, traced 1.0 s from launch\n"
		     "5 other: 1190 B\n"
		     "Total allocated size: 1190 B\n");
	check_output(&f, "top -n 0 --snapshot after",
		     "[ Top 0 ] after: 11.2 KiB in 15 blocks, 5 stacks, traced 1.0 s from launch\n"
		     "4 other: 11.2 KiB\n"
		     "Total allocated size: 11.2 KiB\n");

#test files
	fixture_fill(&f);
	check_output(&f, "dump 'a file'",
		     "s1: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "# written to a file\n");
	check_output(&f, "dump s1 a",
		     "s1: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "# written to a\n");
	check_output(&f, "load a:s1 old",
		     "old: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "# from a:s1\n");
	check_log("dump s1 a file dump s1 a load a:s1 old ");
	check_failure(&f, "load a peak",
		      "load: 'peak' is the state at the maximum, choose another name");
	check_output(&f, "every 0.5 a", "");
	check_output(&f, "every off", "");
	check_log("every 500000000 a ");
	check_failure(&f, "every 5", "every: which file? usage: every SECONDS FILE | off");
	check_failure(&f, "every often a",
		      "every: 'often' is no number of seconds, at least 0.001");
	check_failure(&f, "every off a", "every: too many arguments for 'every off'");

// In a file any name is one.
#test stored_subjects
	const struct snapshot *snapshot;

	fixture_fill(&f);
	f.s->status.is_stored = true;
	check_failure(&f, "top", "top: there is no snapshot to compare with; 'snapshot' takes one");
	ck_ok(session_snapshot(f.s, "a", &snapshot));
	check_output(&f, "top -n 0",
		     "[ Top 0 ] a: 1190 B in 5 blocks, 4 stacks, traced 0.0 s from launch\n"
		     "4 other: 1190 B\n"
		     "Total allocated size: 1190 B\n");
	check_failure(&f, "top --snapshot peak", "top: no snapshot 'peak'");

#test json
	fixture_fill(&f);
	check_output(&f, "memory --json",
		     "{\"command\":\"memory\",\"current\":1190,\"peak\":1190}\n");
	check_output(&f, "start --json", "{\"command\":\"start\"}\n");
	check_output(&f, "filter add +* --json", "{\"command\":\"filter\"}\n");
	check_output(&f, "memory", "current=1190 B (1190 B), peak=1190 B (1190 B)\n");

#test measure
	struct session_measured *m = calloc(1, sizeof(*m));

	fixture_fill(&f);
	ck_assert_ptr_nonnull(m);
	*m = (struct session_measured){.function = strdup("leak"),
				       .num_calls = 2,
				       .net_bytes = -100,
				       .net_blocks = -1,
				       .peak_bytes = 10240,
				       .duration_ns = 1500000,
				       .max_duration_ns = 1000000};
	ck_ok(session_live(f.s, &m->stayed));
	f.s->measured = m;
	check_output(&f, "measure leak --calls 2",
		     "[ Measured leak ] calls=2, net=-100 B (-100 B) in -1 blocks, "
		     "peak=10.0 KiB (10240 B), duration=1.500 ms, longest=1.000 ms, "
		     "thread=several\n"
		     "/src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "/src/leaky.c:31: size=100 B, count=1, average=100 B\n"
		     "libfoo.so(grow+0x12): size=50 B, count=1, average=50 B\n"
		     "/src/leaky.c:50: size=16 B, count=1, average=16 B\n");
	check_log("measure leak 2 ");
	check_output(&f, "measure list",
		     "leak: calls=7, in progress=1, a result every 2 calls\n");
	check_output(&f, "measure off", "");
	check_output(&f, "measure off leak", "");
	check_log("off all off leak ");
	check_failure(&f, "measure leak fill", "measure: too many arguments for 'measure leak'");
	check_failure(&f, "measure leak --calls 0",
		      "measure: 0 is too small, at least 1 is needed");

#tcase stacks

#test traceback
	fixture_fill(&f);
	ck_ok(console_execute(f.console, "top traceback"));
	check_output(&f, "traceback",
		     "[ Traceback #1 ] /src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "  File \"/src/leaky.c\", line 50, in main\n"
		     "  File \"/src/leaky.c\", line 31, in fill\n"
		     "  File \"/src/leaky.c\", line 12, in leak\n"
		     "    p = malloc(n);\n");
	check_output(&f, "traceback #3 --most-recent-first",
		     "[ Traceback #3 ] libfoo.so(grow+0x12): size=50 B, count=1, average=50 B\n"
		     "  libfoo.so(grow+0x12)\n"
		     "  File \"/src/leaky.c\", line 50, in main\n");
	check_output(&f, "traceback 2 -n 1",
		     "[ Traceback #2 ] /src/leaky.c:31: size=100 B, count=1, average=100 B\n"
		     "  File \"/src/leaky.c\", line 31, in fill\n");
	check_output(&f, "traceback -n -1",
		     "[ Traceback #1 ] /src/leaky.c:12: size=1024 B, count=2, average=512 B\n"
		     "  File \"/src/leaky.c\", line 50, in main\n");

#test traceback_of_other_tables
	take_two_snapshots();
	ck_ok(console_execute(f.console, "diff before after"));
	check_output(&f, "traceback #2",
		     "[ Traceback #2 ] /src/leaky.c:31: size=0 B (-100 B), count=0 (-1)\n"
		     "  File \"/src/leaky.c\", line 50, in main\n"
		     "  File \"/src/leaky.c\", line 31, in fill\n"
		     "# the stack of this row with the most live bytes\n");
	// The table outlives its snapshots.
	ck_ok(console_execute(f.console, "drop before"));
	ck_ok(console_execute(f.console, "clear"));
	check_output(&f, "traceback #2 -n 1",
		     "[ Traceback #2 ] /src/leaky.c:31: size=0 B (-100 B), count=0 (-1)\n"
		     "  File \"/src/leaky.c\", line 31, in fill\n"
		     "# the stack of this row with the most live bytes\n");

#test traceback_inlined_and_cut
	uint64_t frames[] = {FAKE_INLINED, FAKE_MAIN};
	uint32_t stack;

	ck_ok(stacks_intern(heap_stacks(f.s->heap), frames, 2, 9, 0, &stack));
	ck_ok(heap_alloc(f.s->heap, 0x1000, 2, stack, DOMAIN_NEW, 1));
	ck_ok(stacks_intern(heap_stacks(f.s->heap), frames, 1, 1, STACK_TRUNCATED, &stack));
	ck_ok(heap_alloc(f.s->heap, 0x2000, 1, stack, DOMAIN_NEW, 1));
	ck_ok(console_execute(f.console, "top traceback"));
	check_output(&f, "traceback",
		     "[ Traceback #1 ] /src/list.h:7: size=2 B, count=1, average=2 B\n"
		     "  File \"/src/leaky.c\", line 50, in main\n"
		     "  File \"/src/list.c\", line 20, in append\n"
		     "  File \"/src/list.h\", line 7, in push\n"
		     "# 2 of 9 frames: -n of malloscope or 'start NFRAME' keeps more\n");
	check_output(&f, "traceback #2",
		     "[ Traceback #2 ] /src/list.h:7: size=1 B, count=1, average=1 B\n"
		     "  File \"/src/list.c\", line 20, in append\n"
		     "  File \"/src/list.h\", line 7, in push\n"
		     "# truncated: the oldest frame has no usable call-frame information\n");

#test traceback_failures
	check_failure(&f, "traceback", "traceback: there are no rows yet; use 'top' or 'diff' first");
	ck_ok(console_execute(f.console, "top"));
	check_failure(&f, "traceback", "traceback: the last table has no rows");
	fixture_fill(&f);
	ck_ok(console_execute(f.console, "top"));
	check_failure(&f, "traceback #5", "traceback: there is no row #5, the last is #4");
	check_failure(&f, "traceback #0", "traceback: 0 is too small, at least 1 is needed");
	check_failure(&f, "traceback #x", "traceback: 'x' is no whole number");
	check_failure(&f, "traceback -n x", "traceback: 'x' is no whole number");

#test where
	fixture_fill(&f);
	check_output(&f, "where 0x3010",
		     "0x3000: size=100 B (100 B), offset=16, domain=malloc, thread=4243, age=3.20 s\n"
		     "  File \"/src/leaky.c\", line 50, in main\n"
		     "  File \"/src/leaky.c\", line 31, in fill\n");
	check_output(&f, "where 3064", "not traced\n");
	check_failure(&f, "where nowhere", "where: 'nowhere' is no hexadecimal address");
	check_failure(&f, "where -1", "where: '-1' is no hexadecimal address");
	check_failure(&f, "where 0x1ffffffffffffffff",
		      "where: '0x1ffffffffffffffff' is no hexadecimal address");
	check_failure(&f, "where", "where: argument missing; usage: where ADDRESS");

#test blocks
	uint64_t frame = FAKE_NEW;
	uint32_t stack;

	check_output(&f, "blocks", "");
	fixture_fill(&f);
	ck_ok(stacks_intern(heap_stacks(f.s->heap), &frame, 1, 1, 0, &stack));
	ck_ok(heap_alloc(f.s->heap, 0x6000, 5, stack, DOMAIN_USER, 1));
	ck_ok(stacks_intern(heap_stacks(f.s->heap), NULL, 0, 0, 0, &stack));
	ck_ok(heap_alloc(f.s->heap, 0x7000, 0, stack, DOMAIN_NEW_ARRAY, 1));
	check_output(&f, "blocks",
		     "0x1000 1000 malloc 4243 leak /src/leaky.c:12\n"
		     "0x2000 24 malloc 4243 leak /src/leaky.c:12\n"
		     "0x3000 100 malloc 4243 fill /src/leaky.c:31\n"
		     "0x4000 50 malloc 4243 grow libfoo.so(grow+0x12)\n"
		     "0x5000 16 malloc 4243 main /src/leaky.c:50\n"
		     "0x6000 5 4 1 operator new(unsigned long) "
		     "libstdc++.so.6(operator new(unsigned long)+0x1c)\n"
		     "0x7000 0 new[] 1 <unknown>\n");

#tcase target

#test wait
	check_output(&f, "wait 2", "");
	check_output(&f, "wait .5", "");
	check_output(&f, "wait exit", "");
	check_output(&f, "wait call main", "");
	check_output(&f, "wait call 'f(int, char)' 3", "");
	check_log("wait 2000000000 wait 500000000 wait exit call main 1 exact "
		  "call f(int, char) 3 exact ");

#test wait_failures
	check_failure(&f, "wait soon", "wait: 'soon' is no number of seconds, nor exit, all or call");
	check_failure(&f, "wait -1", "wait: '-1' is no number of seconds, nor exit, all or call");
	check_failure(&f, "wait nan", "wait: 'nan' is no number of seconds, nor exit, all or call");
	check_failure(&f, "wait 1e30", "wait: '1e30' is no number of seconds, nor exit, all or call");
	check_failure(&f, "wait 1 2", "wait: too many arguments for 'wait 1'");
	check_failure(&f, "wait call",
		      "wait: which function? usage: wait call FUNCTION [COUNT]");
	check_failure(&f, "wait call f 0", "wait: 0 is too small, at least 1 is needed");
	check_log("");
	f.s->stops_waits = true;
	ck_assert_ptr_eq(console_execute(f.console, "wait exit"), &err_stop);
	ck_assert_ptr_eq(console_execute(f.console, "wait call main"), &err_stop);

#test leaving
	check_output(&f, "detach", "");
	check_failure(&f, "wait exit", "wait: malloscope has detached and cannot see the end of the target");
	check_failure(&f, "kill", "kill: there is no target any more");
	ck_assert(!console_take_quit(f.console));
	check_output(&f, "quit", "");
	ck_assert(console_take_quit(f.console));
	ck_assert(!console_take_quit(f.console));

#tcase processes

#test one_process
	fixture_fill(&f);
	check_output(&f, "processes",
		     "      PID  PARENT         SIZE     BLOCKS  PROGRAM             STATE\n"
		     "*    4242       -       1190 B          5  leaky               running\n");
	check_output(&f, "process", "process 4242: /usr/bin/leaky, running\n");
	check_output(&f, "process 4242", "process 4242: /usr/bin/leaky, running\n");

#test two_processes
	give_child(&f);
	fixture_fill(&f);
	check_output(&f, "process #2", "process 5000: /usr/bin/leaky, running\n");
	check_output(&f, "processes",
		     "      PID  PARENT         SIZE     BLOCKS  PROGRAM             STATE\n"
		     "     4242       -       1190 B          5  leaky               running\n"
		     "*    5000    4242          7 B          1  leaky               running\n");
	check_output(&f, "memory", "current=7 B (7 B), peak=7 B (7 B)\n");
	check_output(&f, "process 4242", "process 4242: /usr/bin/leaky, running\n");
	check_output(&f, "memory", "current=1190 B (1190 B), peak=1190 B (1190 B)\n");
	check_output(&f, "processes --json",
		     "{\"command\":\"processes\",\"processes\":[{\"pid\":4242,\"parent\":null,"
		     "\"program\":\"/usr/bin/leaky\",\"state\":\"running\",\"current\":true,"
		     "\"size\":1190,\"count\":5,\"calls\":5},{\"pid\":5000,\"parent\":4242,"
		     "\"program\":\"/usr/bin/leaky\",\"state\":\"running\",\"current\":false,"
		     "\"size\":7,\"count\":1,\"calls\":1}]}\n");
	take_child(&f);

#test no_such_process
	give_child(&f);
	check_failure(&f, "process 17", "process: no process 17 is followed; 'processes' lists them");
	check_failure(&f, "process #3", "process: there is no #3: processes=2");
	check_failure(&f, "process #0", "process: 0 is too small, at least 1 is needed");
	check_failure(&f, "process x",
		      "process: no process that runs 'x' is followed; 'processes' lists them");
	check_failure(&f, "process #x", "process: 'x' is no whole number");
	check_output(&f, "process", "process 4242: /usr/bin/leaky, running\n");
	take_child(&f);

#test processes_in_one_table
	struct session_status *status;

	give_child(&f);
	fixture_fill(&f);
	status = &f.s->child->status;
	status->pid = status->parent = 0;
	status->exe = "/usr/lib/cc1";
	status->state = TARGET_ENDED;
	status->num_folded = 1234;
	check_output(&f, "processes",
		     "      PID  PARENT         SIZE     BLOCKS  PROGRAM             STATE\n"
		     "*    4242       -       1190 B          5  leaky               running\n"
		     "        -       -          7 B          1  cc1                 1234 ended\n");
	check_output(&f, "process cc1", "processes of /usr/lib/cc1, 1234 ended\n");
	check_output(&f, "process leaky", "process 4242: /usr/bin/leaky, running\n");
	check_output(&f, "process /usr/lib/cc1", "processes of /usr/lib/cc1, 1234 ended\n");
	check_output(&f, "memory", "current=7 B (7 B), peak=7 B (7 B)\n");
	status->num_unsuccessful = 3;
	status->num_left = 4;
	check_output(&f, "process",
		     "processes of /usr/lib/cc1, 1230 ended, 3 failed, 4 left running\n");
	check_output(&f, "process --json",
		     "{\"command\":\"process\",\"pid\":null,\"processes\":1234,\"unsuccessful\":3,"
		     "\"left\":4,\"parent\":null,\"program\":\"/usr/lib/cc1\","
		     "\"state\":\"1230 ended, 3 failed, 4 left running\",\"current\":true,"
		     "\"size\":7,\"count\":1,\"calls\":1}\n");
	take_child(&f);

#test held_but_in_waits
	give_child(&f);
	ck_ok(console_execute(f.console, "processes"));
	ck_ok(console_execute(f.console, "wait all"));
	ck_assert_int_eq(f.s->num_holds, 0);
	f.s->on_wait = check_not_held;
	ck_ok(console_execute(f.console, "wait 1"));
	take_child(&f);

#test another_process_has_another_table
	give_child(&f);
	fixture_fill(&f);
	ck_ok(console_execute(f.console, "top"));
	ck_ok(console_execute(f.console, "process #2"));
	check_failure(&f, "traceback", "traceback: there are no rows yet; use 'top' or 'diff' first");
	take_child(&f);

#test notes_tell_whose_they_are
	give_child(&f);
	f.s->child->notes[0] = "no allocator found";
	f.s->child->num_notes = 1;
	f.s->notes[0] = "process 4242 executes x";
	f.s->num_notes = 1;
	check_output(&f, "wait all",
		     "# process 4242 executes x\n# process 5000: no allocator found\n");
	check_log("wait_all ");
	take_child(&f);

#tcase help

#test list_names_every_command_in_order
	const char *p;
	size_t i;

	ck_ok(console_execute(f.console, "help"));
	p = f.text;
	for (i = 0; i < num_commands; i++) {
		_cleanup_free_ char *line = NULL;

		ck_assert_int_gt(asprintf(&line, "  %-12s%s\n", commands[i].name,
					  commands[i].summary),
				 0);
		ck_assert_msg(strncmp(p, line, strlen(line)) == 0, "%s: %s", line, p);
		p += strlen(line);
	}
	ck_assert_str_eq(p, "\n`help COMMAND` explains one. Names may be abbreviated while "
			    "unambiguous.\nEvery command takes --json.\n");

#test of_a_command
	check_output(&f, "help drop", "drop NAME\n  forget a snapshot\n");
	check_output(&f, "help traceb",
		     "traceback [#RANK] [-n LIMIT] [--most-recent-first] [--compat]\n"
		     "  show the stack of a row of the last top or diff\n"
		     "\n"
		     "RANK counts the rows from 1 (default). The oldest frame comes\n"
		     "first. A row of `top traceback` or `diff traceback` is one stack.\n"
		     "For any other row, the stack with the most live bytes is shown.\n"
		     "\n"
		     "  -n LIMIT              show LIMIT innermost frames; negative: outermost\n"
		     "  --most-recent-first   innermost frame first\n"
		     "  --compat              a negative LIMIT omits that many innermost frames\n");
	check_failure(&f, "help frob", "help: frob: unknown command, 'help' lists them all");

#test every_help_names_every_option
	size_t i, j;

	for (i = 0; i < num_commands; i++) {
		_cleanup_free_ char *line = NULL;

		ck_assert_int_gt(asprintf(&line, "help %s", commands[i].name), 0);
		rewind(f.out);
		ck_ok(console_execute(f.console, line));
		for (j = 0; commands[i].options[j].name; j++)
			ck_assert_ptr_nonnull(strstr(f.text, commands[i].options[j].help));
	}

#tcase surroundings

#test check_runs_nothing
	ck_ok(console_check("kill"));
	ck_ok(console_check("top --snapshot later"));
	ck_ok(console_check("# nothing"));
	ck_err(console_check("frobnicate"), ERR_USAGE, "frobnicate: unknown command");
	ck_err(console_check("top --foo"), ERR_USAGE, "top: unknown option --foo");
	ck_err(console_check("top 'a"), ERR_USAGE, "closing '");
	check_log("");

#test check_looks_at_the_words
	ck_err(console_check("top foo"), ERR_USAGE, "top: unknown key_type: 'foo'");
	ck_err(console_check("growth -n x"), ERR_USAGE, "growth: 'x' is no whole number");
	ck_err(console_check("growth --last 1"), ERR_USAGE, "growth: 1 is too small");
	ck_err(console_check("filter add a.c"), ERR_USAGE, "filter: ");
	ck_err(console_check("filter add +@nosuch"), ERR_USAGE, "unknown domain 'nosuch'");
	ck_err(console_check("filter remove"), ERR_USAGE, "not 'remove'");
	ck_err(console_check("check growth a"), ERR_USAGE, "--max SIZE");
	ck_err(console_check("check growth a --max lots"), ERR_USAGE, "check: ");
	ck_err(console_check("check growth a foo '*' --max 1"), ERR_USAGE, "unknown key_type");
	ck_err(console_check("every 0 f"), ERR_USAGE, "every: '0' is no number of seconds");
	ck_err(console_check("where there"), ERR_USAGE, "no hexadecimal address");
	ck_err(console_check("wait soon"), ERR_USAGE, "wait: 'soon' is no number");
	ck_err(console_check("wait call f 0"), ERR_USAGE, "wait: 0 is too small");
	ck_err(console_check("measure f --calls 0"), ERR_USAGE, "measure: 0 is too small");
	ck_err(console_check("start 0"), ERR_USAGE, "must be in range");
	ck_ok(console_check("filter add -@new"));
	ck_ok(console_check("check growth a b lineno '*' --max 1KiB"));
	check_log("");

#test bold_headings
	fixture_deinit(&f);
	fixture_init_as(&f, true, true);
	check_output(&f, "top",
		     "\033[1m[ Top 0 ] live: 0 B in 0 blocks, 0 stacks, traced 0.0 s from launch\033[0m\n"
		     "Total allocated size: 0 B\n");

#test interactive_call_does_not_stand_still
	fixture_deinit(&f);
	fixture_init_as(&f, true, false);
	check_output(&f, "wait call main 2", "");
	check_log("call main 2 ");

#test unwritable_output
	struct console_config config = {.out = fopen("/dev/full", "w")};
	struct console *console = NULL;

	ck_assert_ptr_nonnull(config.out);
	ck_ok(console_create(f.s, &config, &console));
	ck_err(console_execute(console, "memory"), ERR_OTHER, "memory: cannot write the output: No space");
	console_destroy(console);
	fclose(config.out);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
	tcase_add_checked_fixture(tc1_2, setup, teardown);
	tcase_add_checked_fixture(tc1_3, setup, teardown);
	tcase_add_checked_fixture(tc1_4, setup, teardown);
	tcase_add_checked_fixture(tc1_5, setup, teardown);
	tcase_add_checked_fixture(tc1_6, setup, teardown);
	tcase_add_checked_fixture(tc1_7, setup, teardown);
	tcase_add_checked_fixture(tc1_8, setup, teardown);
	tcase_add_checked_fixture(tc1_9, setup, teardown);
