# SPDX-License-Identifier: GPL-3.0-or-later

# Unit tests: LAYER_MODULE.t is made of LAYER_MODULE.check, by checkmk, and links that layer and the
# ones below (Makefile.am). One that needs more says so below the list.
unit_tests = \
	tests/unit/agent_calls.t \
	tests/unit/agent_doors.t \
	tests/unit/agent_rows.t \
	tests/unit/agent_threads.t \
	tests/unit/arch_call.t \
	tests/unit/arch_dispatch.t \
	tests/unit/arch_interface.t \
	tests/unit/arch_patch.t \
	tests/unit/arch_relocate.t \
	tests/unit/arch_stub.t \
	tests/unit/arch_switch.t \
	tests/unit/base_addrset.t \
	tests/unit/base_fmt.t \
	tests/unit/base_hmap.t \
	tests/unit/base_io.t \
	tests/unit/base_short_name.t \
	tests/unit/base_strtab.t \
	tests/unit/base_utf8.t \
	tests/unit/base_vec.t \
	tests/unit/capture_calls.t \
	tests/unit/capture_frees.t \
	tests/unit/capture_link.t \
	tests/unit/capture_live.t \
	tests/unit/capture_measured.t \
	tests/unit/capture_memo.t \
	tests/unit/capture_random.t \
	tests/unit/capture_sample.t \
	tests/unit/capture_stack.t \
	tests/unit/capture_unknown.t \
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
	tests/unit/heap_measured.t \
	tests/unit/heap_merged.t \
	tests/unit/heap_older.t \
	tests/unit/heap_pattern.t \
	tests/unit/heap_peak.t \
	tests/unit/heap_alloc_wrappers.t \
	tests/unit/heap_sampling.t \
	tests/unit/heap_shown.t \
	tests/unit/heap_skip.t \
	tests/unit/heap_snapshot.t \
	tests/unit/heap_stacks.t \
	tests/unit/heap_stats.t \
	tests/unit/heap_traces.t \
	tests/unit/heap_truncated.t \
	tests/unit/heap_tree.t \
	tests/unit/heap_turnover.t \
	tests/unit/obj_adopt.t \
	tests/unit/obj_cfi.t \
	tests/unit/obj_demangle.t \
	tests/unit/obj_eh_frame.t \
	tests/unit/obj_elf_file.t \
	tests/unit/obj_jit.t \
	tests/unit/obj_maps.t \
	tests/unit/obj_modules.t \
	tests/unit/obj_symbolize.t \
	tests/unit/report_json.t \
	tests/unit/report_text.t \
	tests/unit/report_tree.t \
	tests/unit/store_errors.t \
	tests/unit/store_hostile.t \
	tests/unit/store_roundtrip.t \
	tests/unit/store_wal.t \
	tests/unit/supervisor_agent_ring.t \
	tests/unit/supervisor_arrivals.t \
	tests/unit/supervisor_event_batch.t \
	tests/unit/supervisor_folding.t \
	tests/unit/supervisor_history.t \
	tests/unit/supervisor_probe_table.t \
	tests/unit/supervisor_process.t \
	tests/unit/supervisor_records.t \
	tests/unit/trace_breakpoints.t \
	tests/unit/trace_cpu.t \
	tests/unit/trace_displaced.t \
	tests/unit/trace_emit.t \
	tests/unit/trace_filter.t \
	tests/unit/trace_follow.t \
	tests/unit/trace_install.t \
	tests/unit/trace_life_word.t \
	tests/unit/trace_listen.t \
	tests/unit/trace_new_tasks.t \
	tests/unit/trace_madeup.t \
	tests/unit/trace_regs.t \
	tests/unit/trace_orphan.t \
	tests/unit/trace_patch.t \
	tests/unit/trace_returns.t \
	tests/unit/trace_rooms.t \
	tests/unit/trace_stacks.t \
	tests/unit/trace_stop.t \
	tests/unit/trace_task.t \
	tests/unit/trace_usable.t \
	tests/unit/walk_madeup.t \
	tests/unit/walk_recorded.t \
	tests/unit/walk_walk.t \
	tests/unit/wire_agent_map.t \
	tests/unit/wire_eh_areas.t \
	tests/unit/wire_event_check.t \
	tests/unit/wire_plant_why.t \
	tests/unit/wire_patch_storm.t \
	tests/unit/wire_patched.t \
	tests/unit/wire_planted.t \
	tests/unit/wire_probe.t \
	tests/unit/wire_ring.t \
	tests/unit/wire_cfi_rows.t \
	tests/unit/wire_shared.t
unit_h = \
	tests/unit/agent_areas.h \
	tests/unit/agent_ring_fixture.h \
	tests/unit/arch_cpu.h \
	tests/unit/arch_madeup.h \
	tests/unit/arch_run.h \
	tests/unit/agent_fixture.h \
	tests/unit/capture_fixture.h \
	tests/unit/capture_machine.h \
	tests/unit/console_fixture.h \
	tests/unit/fake_session.h \
	tests/unit/fake_traced.h \
	tests/unit/heap_fixture.h \
	tests/unit/obj_fixture.h \
	tests/unit/pattern_table.h \
	tests/unit/store_fixture.h \
	tests/unit/test_util.h \
	tests/unit/trace_fixture.h \
	tests/unit/walk_fixture.h

# On an architecture that nobody builds.
tests_unit_arch_interface_t_SOURCES = tests/unit/arch_interface.check tests/unit/arch_madeup.c
tests_unit_obj_cfi_t_SOURCES = tests/unit/obj_cfi.check tests/unit/arch_madeup.c
tests_unit_trace_madeup_t_SOURCES = tests/unit/trace_madeup.check tests/unit/arch_madeup.c
tests_unit_capture_link_t_SOURCES = tests/unit/capture_link.check tests/unit/arch_madeup.c
tests_unit_capture_memo_t_SOURCES = tests/unit/capture_memo.check tests/unit/arch_madeup.c
tests_unit_capture_random_t_SOURCES = tests/unit/capture_random.check tests/unit/arch_madeup.c
tests_unit_walk_madeup_t_SOURCES = tests/unit/walk_madeup.check tests/unit/arch_madeup.c
tests_unit_wire_planted_t_SOURCES = tests/unit/wire_planted.check tests/unit/arch_madeup.c
# With the other compiler of rows.
tests_unit_obj_eh_frame_t_LDADD = src/libwalk.a $(obj_libs) $(CHECK_LIBS)
# With the points of the sampling.
tests_unit_heap_sampling_t_LDADD = src/libcapture.a $(heap_libs) $(CHECK_LIBS)
# With a session of their own.
tests_unit_console_batch_t_SOURCES = tests/unit/console_batch.check tests/unit/fake_session.c
# Sessions without a process, for tests of the console: each takes what it needs.
check_LIBRARIES += tests/unit/libfake.a
tests_unit_libfake_a_SOURCES = \
	tests/unit/fake_blocks.c \
	tests/unit/fake_code.c \
	tests/unit/fake_measure.c \
	tests/unit/fake_notes.c \
	tests/unit/fake_processes.c \
	tests/unit/fake_session.c \
	tests/unit/fake_snapshots.c \
	tests/unit/fake_storing.c \
	tests/unit/fake_traced.c \
	tests/unit/fake_waiting.c
tests_unit_console_batch_t_LDADD = $(console_alone_libs) $(CHECK_LIBS)
tests_unit_console_commands_t_LDADD = $(console_alone_libs) $(CHECK_LIBS)
tests_unit_console_complete_t_LDADD = $(console_alone_libs) $(CHECK_LIBS)
tests_unit_console_progress_t_LDADD = $(console_alone_libs) $(CHECK_LIBS)
# Allocations that fail when the test says so.
tests_unit_store_errors_t_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=realpath

# Programs to be traced, each built with the flags of its own "// build:" line
# (tests/targets/build.sh).
targets_c = \
	tests/targets/arena \
	tests/targets/blocking \
	tests/targets/children \
	tests/targets/sharer \
	tests/targets/code_check \
	tests/targets/debugger \
	tests/targets/default_trap \
	tests/targets/dlopen \
	tests/targets/exec \
	tests/targets/exit_threads \
	tests/targets/family \
	tests/targets/forker \
	tests/targets/hammer \
	tests/targets/hostile \
	tests/targets/hostile_cfi \
	tests/targets/jobs \
	tests/targets/leaf \
	tests/targets/libledger.so \
	tests/targets/longjmp \
	tests/targets/many_libraries \
	tests/targets/hidden_stack \
	tests/targets/jit_code \
	tests/targets/many_stacks \
	tests/targets/measured \
	tests/targets/nameless \
	tests/targets/no_allocator \
	tests/targets/nomem.so \
	tests/targets/own_traps \
	tests/targets/plugin.so \
	tests/targets/profiled \
	tests/targets/recurse \
	tests/targets/scribble \
	tests/targets/seccomp \
	tests/targets/seize \
	tests/targets/shim \
	tests/targets/signal_alloc \
	tests/targets/signals \
	tests/targets/single \
	tests/targets/single_cf_protection \
	tests/targets/single_frame_pointers \
	tests/targets/single_lto \
	tests/targets/single_no_pie \
	tests/targets/single_now \
	tests/targets/single_shadow_stack \
	tests/targets/single_static \
	tests/targets/single_static_ifunc \
	tests/targets/single_static_pie \
	tests/targets/single_stripped \
	tests/targets/single_unoptimised \
	tests/targets/spawn \
	tests/targets/spoil_ring \
	tests/targets/storm \
	tests/targets/text \
	tests/targets/thread_cache \
	tests/targets/thread_cache_static \
	tests/targets/thread_life \
	tests/targets/threads \
	tests/targets/turnover \
	tests/targets/wrapped \
	tests/targets/zombie
targets_cxx = \
	tests/targets/containers \
	tests/targets/measured_cxx \
	tests/targets/sampled \
	tests/targets/throw
target_sources = \
	tests/targets/arena.c \
	tests/targets/blocking.c \
	tests/targets/build.sh \
	tests/targets/bump.h \
	tests/targets/children.c \
	tests/targets/sharer.c \
	tests/targets/code_check.c \
	tests/targets/containers.cc \
	tests/targets/debugger.c \
	tests/targets/default_trap.c \
	tests/targets/dlopen.c \
	tests/targets/exec.c \
	tests/targets/exit_threads.c \
	tests/targets/family.c \
	tests/targets/forker.c \
	tests/targets/hammer.c \
	tests/targets/hostile.c \
	tests/targets/hostile_cfi.c \
	tests/targets/jobs.c \
	tests/targets/ledger.h \
	tests/targets/leaf.c \
	tests/targets/libledger.c \
	tests/targets/longjmp.c \
	tests/targets/many_libraries.c \
	tests/targets/hidden_stack.c \
	tests/targets/jit_code.c \
	tests/targets/many_stacks.c \
	tests/targets/measured.c \
	tests/targets/measured_cxx.cc \
	tests/targets/nameless.c \
	tests/targets/no_allocator.c \
	tests/targets/nomem.c \
	tests/targets/own_traps.c \
	tests/targets/plugin.c \
	tests/targets/plugin.h \
	tests/targets/profiled.c \
	tests/targets/recurse.c \
	tests/targets/scribble.c \
	tests/targets/sampled.cc \
	tests/targets/seccomp.c \
	tests/targets/seize.c \
	tests/targets/shim.c \
	tests/targets/signal_alloc.c \
	tests/targets/signals.c \
	tests/targets/single.c \
	tests/targets/single_cf_protection.c \
	tests/targets/single_frame_pointers.c \
	tests/targets/single_lto.c \
	tests/targets/single_no_pie.c \
	tests/targets/single_now.c \
	tests/targets/single_shadow_stack.c \
	tests/targets/single_static.c \
	tests/targets/single_static_ifunc.c \
	tests/targets/single_static_pie.c \
	tests/targets/single_stripped.c \
	tests/targets/single_unoptimised.c \
	tests/targets/sites.h \
	tests/targets/spawn.c \
	tests/targets/spoil_ring.c \
	tests/targets/storm.c \
	tests/targets/text.c \
	tests/targets/thread_cache.c \
	tests/targets/thread_cache_static.c \
	tests/targets/thread_life.c \
	tests/targets/threads.c \
	tests/targets/throw.cc \
	tests/targets/turnover.c \
	tests/targets/wrapped.c \
	tests/targets/zombie.c

# End to end: tests/e2e/lib.sh has their manual.
e2e_tests = \
	tests/e2e/allocators/cxx_domains.sh \
	tests/e2e/allocators/families.sh \
	tests/e2e/allocators/frees.sh \
	tests/e2e/allocators/older_realloc.sh \
	tests/e2e/allocators/probe.sh \
	tests/e2e/allocators/shim.sh \
	tests/e2e/allocators/thread_cache.sh \
	tests/e2e/allocators/turnover.sh \
	tests/e2e/attach/attach.sh \
	tests/e2e/attach/hostile.sh \
	tests/e2e/attach/launch.sh \
	tests/e2e/attach/launch_static.sh \
	tests/e2e/attach/launch_stripped.sh \
	tests/e2e/attach/launch_threads.sh \
	tests/e2e/attach/namespace.sh \
	tests/e2e/attach/no_allocator.sh \
	tests/e2e/attach/permission.sh \
	tests/e2e/attach/real_programs.sh \
	tests/e2e/attach/runtimes.sh \
	tests/e2e/attach/states.sh \
	tests/e2e/children/children.sh \
	tests/e2e/children/debuggers.sh \
	tests/e2e/children/exec.sh \
	tests/e2e/children/follow.sh \
	tests/e2e/children/follow_many.sh \
	tests/e2e/children/merge.sh \
	tests/e2e/children/prefork.sh \
	tests/e2e/children/setid.sh \
	tests/e2e/commands/bad_commands.sh \
	tests/e2e/commands/bad_input.sh \
	tests/e2e/commands/batch.sh \
	tests/e2e/commands/console_pty.sh \
	tests/e2e/commands/docs.sh \
	tests/e2e/commands/engine.sh \
	tests/e2e/commands/engines_agree.sh \
	tests/e2e/commands/example.sh \
	tests/e2e/commands/examples.sh \
	tests/e2e/commands/gates.sh \
	tests/e2e/commands/json.sh \
	tests/e2e/commands/max_memory.sh \
	tests/e2e/commands/names.sh \
	tests/e2e/commands/measure.sh \
	tests/e2e/commands/oracle.sh \
	tests/e2e/commands/sample.sh \
	tests/e2e/commands/semantics.sh \
	tests/e2e/commands/skip.sh \
	tests/e2e/commands/stop.sh \
	tests/e2e/commands/tree.sh \
	tests/e2e/commands/where.sh \
	tests/e2e/files/format.sh \
	tests/e2e/files/full_disk.sh \
	tests/e2e/files/hostile_names.sh \
	tests/e2e/files/offline.sh \
	tests/e2e/files/own_files.sh \
	tests/e2e/files/rights.sh \
	tests/e2e/files/store.sh \
	tests/e2e/selftest/bench_agent.sh \
	tests/e2e/selftest/bench_ci.sh \
	tests/e2e/selftest/field.sh \
	tests/e2e/selftest/mutate.sh \
	tests/e2e/selftest/targets_untraced.sh \
	tests/e2e/signals/default_trap.sh \
	tests/e2e/signals/jobs.sh \
	tests/e2e/signals/profilers.sh \
	tests/e2e/signals/signals.sh \
	tests/e2e/signals/signals_in_malloc.sh \
	tests/e2e/signals/thread_life.sh \
	tests/e2e/signals/undisturbed.sh \
	tests/e2e/stacks/debuginfod.sh \
	tests/e2e/stacks/deep_stack.sh \
	tests/e2e/stacks/expand.sh \
	tests/e2e/stacks/hidden_stack.sh \
	tests/e2e/stacks/jit.sh \
	tests/e2e/stacks/many_libraries.sh \
	tests/e2e/stacks/missing_lines.sh \
	tests/e2e/stacks/modules.sh \
	tests/e2e/stacks/stacks_gdb.sh \
	tests/e2e/stacks/text.sh \
	tests/e2e/survival/areas.sh \
	tests/e2e/survival/churn.sh \
	tests/e2e/survival/death.sh \
	tests/e2e/survival/detach.sh \
	tests/e2e/survival/kills.sh \
	tests/e2e/survival/leave_by_signal.sh \
	tests/e2e/survival/nomem.sh \
	tests/e2e/survival/patching.sh \
	tests/e2e/survival/rounds.sh \
	tests/e2e/survival/sanitizer.sh \
	tests/e2e/survival/scribble.sh \
	tests/e2e/survival/seccomp.sh \
	tests/e2e/survival/spoil_ring.sh

# Killing at named moments.
fault_tests = tests/e2e/survival/faults.sh tests/e2e/survival/pads.sh

# With the agent all of them run but those to which it makes no difference (what is typed, printed
# and stored), that trace nothing, or choose the engine themselves.
engine_less_tests = \
	tests/e2e/attach/permission.sh \
	tests/e2e/commands/bad_commands.sh \
	tests/e2e/commands/bad_input.sh \
	tests/e2e/commands/console_pty.sh \
	tests/e2e/commands/docs.sh \
	tests/e2e/commands/engine.sh \
	tests/e2e/commands/engines_agree.sh \
	tests/e2e/commands/examples.sh \
	tests/e2e/commands/semantics.sh \
	tests/e2e/files/format.sh \
	tests/e2e/files/full_disk.sh \
	tests/e2e/files/hostile_names.sh \
	tests/e2e/files/offline.sh \
	tests/e2e/files/own_files.sh \
	tests/e2e/files/rights.sh \
	tests/e2e/selftest/bench_agent.sh \
	tests/e2e/selftest/bench_ci.sh \
	tests/e2e/selftest/field.sh \
	tests/e2e/selftest/mutate.sh \
	tests/e2e/selftest/targets_untraced.sh
agent_tests = $(patsubst %.sh,%.agent.sh,$(filter-out $(engine_less_tests),$(e2e_tests)))

# What scripts/bench measures of the tables, fed with events that nobody traced.
check_PROGRAMS += tests/bench/tables
tests_bench_tables_SOURCES = tests/bench/tables.c tests/bench/synthetic.c tests/bench/synthetic.h
tests_bench_tables_LDADD = $(store_libs)
# And what the capture core takes for an event.
check_PROGRAMS += tests/bench/events
tests_bench_events_SOURCES = tests/bench/events.c tests/bench/frames.c tests/bench/frames.h
tests_bench_events_LDADD = $(supervisor_libs)
# What the drain costs, fed by synthetic producers.
check_PROGRAMS += tests/bench/drain
tests_bench_drain_SOURCES = tests/bench/drain.c
tests_bench_drain_LDADD = $(supervisor_libs)
# And what a call takes with the agent.
if HAVE_CHECK
check_PROGRAMS += tests/bench/agent
tests_bench_agent_SOURCES = tests/bench/agent.c
tests_bench_agent_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit -include config.h \
	$(CHECK_CFLAGS)
tests_bench_agent_LDADD = $(agent_libs) $(CHECK_LIBS)
endif

test_files = \
	tests/bench/barestop.c \
	tests/bench/frames.c \
	tests/bench/frames.h \
	tests/bench/gaps.c \
	tests/bench/latency.c \
	tests/bench/newdelete.cc \
	tests/bench/pairs.c \
	tests/bench/realloc.c \
	tests/e2e/lib.sh \
	tests/e2e/commands/oracle.py \
	tests/e2e/commands/examples.py \
	tests/e2e/commands/sample.py \
	tests/e2e/stacks/stacks_gdb.py \
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
	tests/unit/pattern_table.py \
	$(unit_h)

# Compiles the rows of tests/recorded/*.txt; built by record.sh alone.
EXTRA_PROGRAMS = tests/recorded/rows
tests_recorded_rows_SOURCES = tests/recorded/rows.c
tests_recorded_rows_LDADD = $(obj_libs)
MOSTLYCLEANFILES += tests/recorded/rows

# Fuzz targets, which run over their corpora here, and with libFuzzer in scripts/fuzz.
fuzz_targets = tests/fuzz/agent_memory tests/fuzz/command_line tests/fuzz/options \
	tests/fuzz/shared_memory tests/fuzz/store_open
check_PROGRAMS += $(fuzz_targets)
if !WITH_FUZZER
TESTS += $(fuzz_targets)
endif
# An agent's memory, the shared memory: without a fuzzer they run their corpora and made-up inputs.
tests_fuzz_agent_memory_SOURCES = tests/fuzz/agent_memory.c
tests_fuzz_agent_memory_LDADD = $(supervisor_libs)
tests_fuzz_agent_memory_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += \
	tests/fuzz/corpus/agent_memory/broken \
	tests/fuzz/corpus/agent_memory/heads \
	tests/fuzz/corpus/agent_memory/honest \
	tests/fuzz/corpus/agent_memory/moves \
	tests/fuzz/corpus/agent_memory/older \
	tests/fuzz/corpus/agent_memory/rows \
	tests/fuzz/corpus/agent_memory/slots
tests_fuzz_shared_memory_SOURCES = tests/fuzz/shared_memory.c
tests_fuzz_shared_memory_LDADD = $(wire_libs)
tests_fuzz_shared_memory_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += \
	tests/fuzz/corpus/shared_memory/head \
	tests/fuzz/corpus/shared_memory/honest \
	tests/fuzz/corpus/shared_memory/producers \
	tests/fuzz/corpus/shared_memory/rows \
	tests/fuzz/corpus/shared_memory/sizes \
	tests/fuzz/corpus/shared_memory/slots \
	tests/fuzz/corpus/shared_memory/texts
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
	tests/fuzz/corpus/store/infinite.db \
	tests/fuzz/corpus/store/locations.db \
	tests/fuzz/corpus/store/negative.db \
	tests/fuzz/corpus/store/older.db \
	tests/fuzz/corpus/store/overflow.db \
	tests/fuzz/corpus/store/ranges.db \
	tests/fuzz/corpus/store/rate.db \
	tests/fuzz/corpus/store/rootpage.db \
	tests/fuzz/corpus/store/text.db \
	tests/fuzz/corpus/store/types.db \
	tests/fuzz/corpus/store/unsized.db \
	tests/fuzz/corpus/store/variance.db \
	tests/fuzz/corpus/store/version.db \
	tests/fuzz/corpus/store/version1.db \
	tests/fuzz/corpus/store/view.db \
	tests/fuzz/store_corpus.sh

# Lines of the console: without a fuzzer it runs its corpus and variants of it.
tests_fuzz_command_line_SOURCES = tests/fuzz/command_line.c tests/fuzz/lines.h
tests_fuzz_command_line_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_command_line_LDADD = $(console_alone_libs) src/libwire.a $(base_libs)
tests_fuzz_command_line_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += tests/fuzz/command_line.dict tests/fuzz/corpus/command_line/commands \
	tests/fuzz/corpus/command_line/names

# Command lines of the program, in the same way.
tests_fuzz_options_SOURCES = tests/fuzz/options.c tests/fuzz/lines.h
tests_fuzz_options_LDADD = $(console_libs)
tests_fuzz_options_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += tests/fuzz/options.dict tests/fuzz/corpus/options/command_lines
