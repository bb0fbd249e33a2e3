# SPDX-License-Identifier: GPL-3.0-or-later

# Unit tests: FILE.ts goes through checkmk, then links its layer and the ones below.
unit_tests = \
	tests/unit/arch_call.t \
	tests/unit/arch_dispatch.t \
	tests/unit/arch_relocate.t \
	tests/unit/arch_stub.t \
	tests/unit/base_addrset.t \
	tests/unit/base_fmt.t \
	tests/unit/base_hmap.t \
	tests/unit/base_io.t \
	tests/unit/base_strtab.t \
	tests/unit/base_utf8.t \
	tests/unit/base_vec.t \
	tests/unit/console_batch.t \
	tests/unit/console_commands.t \
	tests/unit/console_complete.t \
	tests/unit/console_options.t \
	tests/unit/console_parse.t \
	tests/unit/console_progress.t \
	tests/unit/heap_absorb.t \
	tests/unit/heap_archive.t \
	tests/unit/heap_blocks.t \
	tests/unit/heap_filter.t \
	tests/unit/heap_gate.t \
	tests/unit/heap_growth.t \
	tests/unit/heap_heap.t \
	tests/unit/heap_idset.t \
	tests/unit/heap_older.t \
	tests/unit/heap_pattern.t \
	tests/unit/heap_peak.t \
	tests/unit/heap_plumbing.t \
	tests/unit/heap_snapshot.t \
	tests/unit/heap_stacks.t \
	tests/unit/heap_stats.t \
	tests/unit/heap_traces.t \
	tests/unit/heap_turnover.t \
	tests/unit/obj_adopt.t \
	tests/unit/obj_cfi.t \
	tests/unit/obj_demangle.t \
	tests/unit/obj_image.t \
	tests/unit/obj_maps.t \
	tests/unit/obj_modules.t \
	tests/unit/obj_symbolize.t \
	tests/unit/report_json.t \
	tests/unit/report_text.t \
	tests/unit/store_errors.t \
	tests/unit/store_hostile.t \
	tests/unit/store_roundtrip.t \
	tests/unit/store_wal.t \
	tests/unit/supervisor_process.t \
	tests/unit/trace_breakpoints.t \
	tests/unit/trace_cpu.t \
	tests/unit/trace_displaced.t \
	tests/unit/trace_filter.t \
	tests/unit/trace_follow.t \
	tests/unit/trace_listen.t \
	tests/unit/trace_signals.t \
	tests/unit/trace_stacks.t \
	tests/unit/walk_recorded.t \
	tests/unit/walk_walk.t \
	tests/unit/wire_probe.t \
	tests/unit/wire_ring.t \
	tests/unit/wire_cfi_rows.t \
	tests/unit/wire_shared.t
unit_h = \
	tests/unit/arch_cpu.h \
	tests/unit/arch_run.h \
	tests/unit/console_fixture.h \
	tests/unit/fake_session.h \
	tests/unit/heap_fixture.h \
	tests/unit/obj_fixture.h \
	tests/unit/pattern_table.h \
	tests/unit/store_fixture.h \
	tests/unit/test_util.h \
	tests/unit/trace_fixture.h \
	tests/unit/walk_fixture.h

tests_unit_arch_call_t_SOURCES = tests/unit/arch_call.ts
tests_unit_arch_call_t_LDADD = $(arch_libs) $(unit_libs)
tests_unit_arch_dispatch_t_SOURCES = tests/unit/arch_dispatch.ts
tests_unit_arch_dispatch_t_LDADD = $(arch_libs) $(unit_libs)
tests_unit_arch_relocate_t_SOURCES = tests/unit/arch_relocate.ts
tests_unit_arch_relocate_t_LDADD = $(arch_libs) $(unit_libs)
tests_unit_arch_stub_t_SOURCES = tests/unit/arch_stub.ts
tests_unit_arch_stub_t_LDADD = $(arch_libs) $(unit_libs)
tests_unit_base_addrset_t_SOURCES = tests/unit/base_addrset.ts
tests_unit_base_addrset_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_base_fmt_t_SOURCES = tests/unit/base_fmt.ts
tests_unit_base_fmt_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_base_hmap_t_SOURCES = tests/unit/base_hmap.ts
tests_unit_base_hmap_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_base_io_t_SOURCES = tests/unit/base_io.ts
tests_unit_base_io_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_base_strtab_t_SOURCES = tests/unit/base_strtab.ts
tests_unit_base_strtab_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_base_utf8_t_SOURCES = tests/unit/base_utf8.ts
tests_unit_base_utf8_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_base_vec_t_SOURCES = tests/unit/base_vec.ts
tests_unit_base_vec_t_LDADD = $(base_libs) $(unit_libs)
tests_unit_console_batch_t_SOURCES = tests/unit/console_batch.ts tests/unit/fake_session.c
tests_unit_console_batch_t_LDADD = $(console_alone_libs) $(unit_libs)
tests_unit_console_commands_t_SOURCES = tests/unit/console_commands.ts tests/unit/fake_session.c
tests_unit_console_commands_t_LDADD = $(console_alone_libs) $(unit_libs)
tests_unit_console_complete_t_SOURCES = tests/unit/console_complete.ts tests/unit/fake_session.c
tests_unit_console_complete_t_LDADD = $(console_alone_libs) $(unit_libs)
tests_unit_console_options_t_SOURCES = tests/unit/console_options.ts
tests_unit_console_options_t_LDADD = $(console_libs) $(unit_libs)
tests_unit_console_parse_t_SOURCES = tests/unit/console_parse.ts
tests_unit_console_parse_t_LDADD = $(console_libs) $(unit_libs)
tests_unit_console_progress_t_SOURCES = tests/unit/console_progress.ts tests/unit/fake_session.c
tests_unit_console_progress_t_LDADD = $(console_alone_libs) $(unit_libs)
tests_unit_heap_absorb_t_SOURCES = tests/unit/heap_absorb.ts
tests_unit_heap_absorb_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_archive_t_SOURCES = tests/unit/heap_archive.ts
tests_unit_heap_archive_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_blocks_t_SOURCES = tests/unit/heap_blocks.ts
tests_unit_heap_blocks_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_filter_t_SOURCES = tests/unit/heap_filter.ts
tests_unit_heap_filter_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_gate_t_SOURCES = tests/unit/heap_gate.ts
tests_unit_heap_gate_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_growth_t_SOURCES = tests/unit/heap_growth.ts
tests_unit_heap_growth_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_heap_t_SOURCES = tests/unit/heap_heap.ts
tests_unit_heap_heap_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_idset_t_SOURCES = tests/unit/heap_idset.ts
tests_unit_heap_idset_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_older_t_SOURCES = tests/unit/heap_older.ts
tests_unit_heap_older_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_pattern_t_SOURCES = tests/unit/heap_pattern.ts
tests_unit_heap_pattern_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_peak_t_SOURCES = tests/unit/heap_peak.ts
tests_unit_heap_peak_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_plumbing_t_SOURCES = tests/unit/heap_plumbing.ts
tests_unit_heap_plumbing_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_snapshot_t_SOURCES = tests/unit/heap_snapshot.ts
tests_unit_heap_snapshot_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_stacks_t_SOURCES = tests/unit/heap_stacks.ts
tests_unit_heap_stacks_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_stats_t_SOURCES = tests/unit/heap_stats.ts
tests_unit_heap_stats_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_traces_t_SOURCES = tests/unit/heap_traces.ts
tests_unit_heap_traces_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_heap_turnover_t_SOURCES = tests/unit/heap_turnover.ts
tests_unit_heap_turnover_t_LDADD = $(heap_libs) $(unit_libs)
tests_unit_obj_adopt_t_SOURCES = tests/unit/obj_adopt.ts
tests_unit_obj_adopt_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_obj_cfi_t_SOURCES = tests/unit/obj_cfi.ts
tests_unit_obj_cfi_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_obj_demangle_t_SOURCES = tests/unit/obj_demangle.ts
tests_unit_obj_demangle_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_obj_image_t_SOURCES = tests/unit/obj_image.ts
tests_unit_obj_image_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_obj_maps_t_SOURCES = tests/unit/obj_maps.ts
tests_unit_obj_maps_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_obj_modules_t_SOURCES = tests/unit/obj_modules.ts
tests_unit_obj_modules_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_obj_symbolize_t_SOURCES = tests/unit/obj_symbolize.ts
tests_unit_obj_symbolize_t_LDADD = $(obj_libs) $(unit_libs)
tests_unit_report_json_t_SOURCES = tests/unit/report_json.ts
tests_unit_report_json_t_LDADD = $(report_libs) $(unit_libs)
tests_unit_report_text_t_SOURCES = tests/unit/report_text.ts
tests_unit_report_text_t_LDADD = $(report_libs) $(unit_libs)
tests_unit_store_errors_t_SOURCES = tests/unit/store_errors.ts
tests_unit_store_errors_t_LDADD = $(store_libs) $(unit_libs)
tests_unit_store_errors_t_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=realpath
tests_unit_store_hostile_t_SOURCES = tests/unit/store_hostile.ts
tests_unit_store_hostile_t_LDADD = $(store_libs) $(unit_libs)
tests_unit_store_roundtrip_t_SOURCES = tests/unit/store_roundtrip.ts
tests_unit_store_roundtrip_t_LDADD = $(store_libs) $(unit_libs)
tests_unit_store_wal_t_SOURCES = tests/unit/store_wal.ts
tests_unit_store_wal_t_LDADD = $(store_libs) $(unit_libs)
tests_unit_supervisor_process_t_SOURCES = tests/unit/supervisor_process.ts
tests_unit_supervisor_process_t_LDADD = $(supervisor_libs) $(unit_libs)
tests_unit_trace_breakpoints_t_SOURCES = tests/unit/trace_breakpoints.ts
tests_unit_trace_breakpoints_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_cpu_t_SOURCES = tests/unit/trace_cpu.ts
tests_unit_trace_cpu_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_displaced_t_SOURCES = tests/unit/trace_displaced.ts
tests_unit_trace_displaced_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_filter_t_SOURCES = tests/unit/trace_filter.ts
tests_unit_trace_filter_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_follow_t_SOURCES = tests/unit/trace_follow.ts
tests_unit_trace_follow_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_listen_t_SOURCES = tests/unit/trace_listen.ts
tests_unit_trace_listen_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_signals_t_SOURCES = tests/unit/trace_signals.ts
tests_unit_trace_signals_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_trace_stacks_t_SOURCES = tests/unit/trace_stacks.ts
tests_unit_trace_stacks_t_LDADD = $(trace_libs) $(unit_libs)
tests_unit_walk_recorded_t_SOURCES = tests/unit/walk_recorded.ts
tests_unit_walk_recorded_t_LDADD = $(walk_libs) $(unit_libs)
tests_unit_walk_walk_t_SOURCES = tests/unit/walk_walk.ts
tests_unit_walk_walk_t_LDADD = $(walk_libs) $(unit_libs)
tests_unit_wire_probe_t_SOURCES = tests/unit/wire_probe.ts
tests_unit_wire_probe_t_LDADD = $(wire_libs) $(unit_libs)
tests_unit_wire_ring_t_SOURCES = tests/unit/wire_ring.ts
tests_unit_wire_ring_t_LDADD = $(wire_libs) $(unit_libs)
tests_unit_wire_cfi_rows_t_SOURCES = tests/unit/wire_cfi_rows.ts
tests_unit_wire_cfi_rows_t_LDADD = $(wire_libs) $(unit_libs)
tests_unit_wire_shared_t_SOURCES = tests/unit/wire_shared.ts
tests_unit_wire_shared_t_LDADD = $(wire_libs) $(unit_libs)

# Programs to be traced, each built with the flags of its own "// build:" line (tests/targets/build.sh).
targets_c = \
	tests/targets/arena \
	tests/targets/blocking \
	tests/targets/children \
	tests/targets/code_check \
	tests/targets/debugger \
	tests/targets/default_trap \
	tests/targets/dlopen \
	tests/targets/exec \
	tests/targets/exit_threads \
	tests/targets/family \
	tests/targets/forker \
	tests/targets/hostile \
	tests/targets/hostile_cfi \
	tests/targets/jobs \
	tests/targets/leaf \
	tests/targets/libledger.so \
	tests/targets/longjmp \
	tests/targets/many_libraries \
	tests/targets/many_stacks \
	tests/targets/measured \
	tests/targets/no_allocator \
	tests/targets/nomem.so \
	tests/targets/own_traps \
	tests/targets/plugin.so \
	tests/targets/recurse \
	tests/targets/seccomp \
	tests/targets/seize \
	tests/targets/shim \
	tests/targets/signal_alloc \
	tests/targets/signals \
	tests/targets/single \
	tests/targets/single_frame_pointers \
	tests/targets/single_no_pie \
	tests/targets/single_now \
	tests/targets/single_static \
	tests/targets/single_static_pie \
	tests/targets/single_stripped \
	tests/targets/single_unoptimised \
	tests/targets/spawn \
	tests/targets/storm \
	tests/targets/text \
	tests/targets/thread_cache \
	tests/targets/thread_cache_static \
	tests/targets/thread_life \
	tests/targets/threads \
	tests/targets/turnover \
	tests/targets/zombie
targets_cxx = \
	tests/targets/measured_cxx \
	tests/targets/throw
target_sources = \
	tests/targets/arena.c \
	tests/targets/blocking.c \
	tests/targets/build.sh \
	tests/targets/bump.h \
	tests/targets/children.c \
	tests/targets/code_check.c \
	tests/targets/debugger.c \
	tests/targets/default_trap.c \
	tests/targets/dlopen.c \
	tests/targets/exec.c \
	tests/targets/exit_threads.c \
	tests/targets/family.c \
	tests/targets/forker.c \
	tests/targets/hostile.c \
	tests/targets/hostile_cfi.c \
	tests/targets/jobs.c \
	tests/targets/ledger.h \
	tests/targets/leaf.c \
	tests/targets/libledger.c \
	tests/targets/longjmp.c \
	tests/targets/many_libraries.c \
	tests/targets/many_stacks.c \
	tests/targets/measured.c \
	tests/targets/measured_cxx.cc \
	tests/targets/no_allocator.c \
	tests/targets/nomem.c \
	tests/targets/own_traps.c \
	tests/targets/plugin.c \
	tests/targets/plugin.h \
	tests/targets/recurse.c \
	tests/targets/seccomp.c \
	tests/targets/seize.c \
	tests/targets/shim.c \
	tests/targets/signal_alloc.c \
	tests/targets/signals.c \
	tests/targets/single.c \
	tests/targets/single_frame_pointers.c \
	tests/targets/single_no_pie.c \
	tests/targets/single_now.c \
	tests/targets/single_static.c \
	tests/targets/single_static_pie.c \
	tests/targets/single_stripped.c \
	tests/targets/single_unoptimised.c \
	tests/targets/sites.h \
	tests/targets/spawn.c \
	tests/targets/storm.c \
	tests/targets/text.c \
	tests/targets/thread_cache.c \
	tests/targets/thread_cache_static.c \
	tests/targets/thread_life.c \
	tests/targets/threads.c \
	tests/targets/throw.cc \
	tests/targets/turnover.c \
	tests/targets/zombie.c

# End to end: tests/e2e/lib.sh has their manual.
e2e_tests = \
	tests/e2e/areas.sh \
	tests/e2e/attach.sh \
	tests/e2e/bad_commands.sh \
	tests/e2e/bad_input.sh \
	tests/e2e/batch.sh \
	tests/e2e/bench_ci.sh \
	tests/e2e/children.sh \
	tests/e2e/churn.sh \
	tests/e2e/console_pty.sh \
	tests/e2e/cxx_domains.sh \
	tests/e2e/death.sh \
	tests/e2e/debuginfod.sh \
	tests/e2e/debuggers.sh \
	tests/e2e/deep_stack.sh \
	tests/e2e/default_trap.sh \
	tests/e2e/detach.sh \
	tests/e2e/docs.sh \
	tests/e2e/example.sh \
	tests/e2e/exec.sh \
	tests/e2e/expand.sh \
	tests/e2e/follow.sh \
	tests/e2e/follow_many.sh \
	tests/e2e/format.sh \
	tests/e2e/frees.sh \
	tests/e2e/full_disk.sh \
	tests/e2e/gates.sh \
	tests/e2e/hostile.sh \
	tests/e2e/hostile_names.sh \
	tests/e2e/jobs.sh \
	tests/e2e/kills.sh \
	tests/e2e/json.sh \
	tests/e2e/launch.sh \
	tests/e2e/launch_static.sh \
	tests/e2e/launch_stripped.sh \
	tests/e2e/launch_threads.sh \
	tests/e2e/leave_by_signal.sh \
	tests/e2e/many_libraries.sh \
	tests/e2e/max_memory.sh \
	tests/e2e/measure.sh \
	tests/e2e/missing_lines.sh \
	tests/e2e/mutate.sh \
	tests/e2e/namespace.sh \
	tests/e2e/no_allocator.sh \
	tests/e2e/nomem.sh \
	tests/e2e/offline.sh \
	tests/e2e/oracle.sh \
	tests/e2e/own_files.sh \
	tests/e2e/permission.sh \
	tests/e2e/prefork.sh \
	tests/e2e/probe.sh \
	tests/e2e/real_programs.sh \
	tests/e2e/rights.sh \
	tests/e2e/rounds.sh \
	tests/e2e/sanitizer.sh \
	tests/e2e/seccomp.sh \
	tests/e2e/semantics.sh \
	tests/e2e/setid.sh \
	tests/e2e/shim.sh \
	tests/e2e/signals.sh \
	tests/e2e/signals_in_malloc.sh \
	tests/e2e/stacks_gdb.sh \
	tests/e2e/stop.sh \
	tests/e2e/states.sh \
	tests/e2e/store.sh \
	tests/e2e/targets_untraced.sh \
	tests/e2e/text.sh \
	tests/e2e/thread_cache.sh \
	tests/e2e/thread_life.sh \
	tests/e2e/turnover.sh \
	tests/e2e/undisturbed.sh \
	tests/e2e/where.sh

# Killing at named moments.
fault_tests = tests/e2e/faults.sh

# What scripts/bench measures of the tables, fed with events that nobody traced.
check_PROGRAMS += tests/bench/tables
tests_bench_tables_SOURCES = tests/bench/tables.c tests/bench/synthetic.c tests/bench/synthetic.h
tests_bench_tables_LDADD = $(store_libs)

test_files = \
	tests/bench/barestop.c \
	tests/bench/frames.c \
	tests/bench/frames.h \
	tests/bench/gaps.c \
	tests/bench/newdelete.cc \
	tests/bench/pairs.c \
	tests/e2e/lib.sh \
	tests/e2e/oracle.py \
	tests/e2e/stacks_gdb.py \
	tests/recorded/README.md \
	tests/recorded/handler.c \
	tests/recorded/handler_load.txt \
	tests/recorded/handler_null.txt \
	tests/recorded/python3.txt \
	tests/recorded/record.py \
	tests/recorded/record.sh \
	tests/recorded/shapes.cc \
	tests/recorded/shapes.txt \
	tests/recorded/sqlite3.txt \
	tests/unit/fake_session.c \
	tests/unit/pattern_table.py \
	$(unit_h)

# Compiles the rows of tests/recorded/*.txt; built by record.sh alone.
EXTRA_PROGRAMS = tests/recorded/rows
tests_recorded_rows_SOURCES = tests/recorded/rows.c
tests_recorded_rows_LDADD = $(obj_libs)
MOSTLYCLEANFILES += tests/recorded/rows

# Fuzz targets, which run over their corpora here, and with libFuzzer in scripts/fuzz.
fuzz_targets = tests/fuzz/command_line tests/fuzz/options tests/fuzz/store_open
check_PROGRAMS += $(fuzz_targets)
if !WITH_FUZZER
TESTS += $(fuzz_targets)
endif
tests_fuzz_store_open_SOURCES = tests/fuzz/store_open.c
tests_fuzz_store_open_LDADD = $(store_libs)
tests_fuzz_store_open_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += \
	tests/fuzz/corpus/store/application.db \
	tests/fuzz/corpus/store/base.db \
	tests/fuzz/corpus/store/dangling.db \
	tests/fuzz/corpus/store/empty.db \
	tests/fuzz/corpus/store/frames.db \
	tests/fuzz/corpus/store/good.db \
	tests/fuzz/corpus/store/half.db \
	tests/fuzz/corpus/store/head.db \
	tests/fuzz/corpus/store/locations.db \
	tests/fuzz/corpus/store/negative.db \
	tests/fuzz/corpus/store/older.db \
	tests/fuzz/corpus/store/overflow.db \
	tests/fuzz/corpus/store/ranges.db \
	tests/fuzz/corpus/store/rootpage.db \
	tests/fuzz/corpus/store/text.db \
	tests/fuzz/corpus/store/types.db \
	tests/fuzz/corpus/store/unsized.db \
	tests/fuzz/corpus/store/version.db \
	tests/fuzz/corpus/store/version1.db \
	tests/fuzz/corpus/store/view.db \
	tests/fuzz/store_corpus.sh

# Lines of the console: without a fuzzer it runs its corpus and variants of it.
tests_fuzz_command_line_SOURCES = tests/fuzz/command_line.c tests/fuzz/lines.h tests/unit/fake_session.c
tests_fuzz_command_line_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_command_line_LDADD = $(console_alone_libs) src/libwire.a $(base_libs)
tests_fuzz_command_line_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += tests/fuzz/command_line.dict tests/fuzz/corpus/command_line/commands

# Command lines of the program, in the same way.
tests_fuzz_options_SOURCES = tests/fuzz/options.c tests/fuzz/lines.h
tests_fuzz_options_LDADD = $(console_libs)
tests_fuzz_options_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += tests/fuzz/options.dict tests/fuzz/corpus/options/command_lines
