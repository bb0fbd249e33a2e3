# SPDX-License-Identifier: GPL-3.0-or-later
# Sources of each layer: one archive a folder.

src_libbase_a_SOURCES = \
	src/base/addrset.c \
	src/base/addrset.h \
	src/base/cleanup.h \
	src/base/clock.h \
	src/base/create.c \
	src/base/create.h \
	src/base/domain.h \
	src/base/err.c \
	src/base/err.h \
	src/base/fault.c \
	src/base/fault.h \
	src/base/fmt.c \
	src/base/fmt.h \
	src/base/hmap.c \
	src/base/hmap.h \
	src/base/io.c \
	src/base/io.h \
	src/base/log.c \
	src/base/log.h \
	src/base/strtab.c \
	src/base/strtab.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/base/vec.h

src_libarch_a_SOURCES = \
	src/arch/arch.h \
	src/arch/unwind.h \
	src/arch/x86_64.c \
	src/arch/x86_64.h \
	src/arch/x86_64_call.c \
	src/arch/x86_64_dispatch.c \
	src/arch/x86_64_relocate.c \
	src/arch/x86_64_rescue.c \
	src/arch/x86_64_stub.c \
	src/arch/x86_64_syscall.c \
	src/arch/x86_64_unwind.c

src_libwire_a_SOURCES = \
	src/wire/command.h \
	src/wire/event.h \
	src/wire/probe.c \
	src/wire/probe.h \
	src/wire/probe_list.c \
	src/wire/ring.c \
	src/wire/ring.h \
	src/wire/cfi_rows.c \
	src/wire/cfi_rows.h \
	src/wire/shared.c \
	src/wire/shared.h

src_libwalk_a_SOURCES = \
	src/walk/cfi_row.h \
	src/walk/walk.c \
	src/walk/walk.h

src_libtrace_a_SOURCES = \
	src/trace/code/breakpoints.c \
	src/trace/code/breakpoints.h \
	src/trace/code/displaced.c \
	src/trace/code/orphan.c \
	src/trace/code/xol_areas.c \
	src/trace/engine.h \
	src/trace/glue/frees.c \
	src/trace/glue/measure.c \
	src/trace/glue/probes.c \
	src/trace/glue/stacks.c \
	src/trace/glue/usable.c \
	src/trace/life/commands.c \
	src/trace/life/detach.c \
	src/trace/life/follow.c \
	src/trace/life/listen.c \
	src/trace/life/process.c \
	src/trace/life/setid.c \
	src/trace/life/start.c \
	src/trace/life/stops.c \
	src/trace/life/traceme.c \
	src/trace/life/tracer.c \
	src/trace/os/cpu.c \
	src/trace/os/emit.c \
	src/trace/os/filter.c \
	src/trace/os/inject.c \
	src/trace/os/memory.c \
	src/trace/os/restart.c \
	src/trace/os/signals.c \
	src/trace/os/threads.c \
	src/trace/os/threads.h \
	src/trace/os/wait.c \
	src/trace/tracer.h

src_libheap_a_SOURCES = \
	src/heap/archive.c \
	src/heap/archive.h \
	src/heap/arena.c \
	src/heap/arena.h \
	src/heap/blocks.c \
	src/heap/blocks.h \
	src/heap/domain.c \
	src/heap/domain.h \
	src/heap/filter.c \
	src/heap/filter.h \
	src/heap/frame.h \
	src/heap/gate.c \
	src/heap/gate.h \
	src/heap/group.c \
	src/heap/growth.c \
	src/heap/growth.h \
	src/heap/heap.c \
	src/heap/heap.h \
	src/heap/idset.c \
	src/heap/idset.h \
	src/heap/older.c \
	src/heap/older.h \
	src/heap/order.c \
	src/heap/pattern.c \
	src/heap/pattern.h \
	src/heap/places.c \
	src/heap/plumbing.c \
	src/heap/plumbing.h \
	src/heap/resolve.h \
	src/heap/result.c \
	src/heap/sieve.c \
	src/heap/sieve.h \
	src/heap/snapshot.c \
	src/heap/snapshot.h \
	src/heap/stacks.c \
	src/heap/stacks.h \
	src/heap/stats.c \
	src/heap/stats.h \
	src/heap/stats_internal.h \
	src/heap/tables/calls.c \
	src/heap/tables/calls.h \
	src/heap/tables/measured.c \
	src/heap/tables/measured.h \
	src/heap/traceback.c \
	src/heap/traceback.h \
	src/heap/traces.c \
	src/heap/traces.h

src_libobj_a_SOURCES = \
	src/obj/cfi/cfi.c \
	src/obj/cfi/cfi.h \
	src/obj/cfi/cfi_check.c \
	src/obj/cfi/cfi_check.h \
	src/obj/download.h \
	src/obj/elf/debug_search.c \
	src/obj/elf/debug_search.h \
	src/obj/elf/elf_file.c \
	src/obj/elf/elf_file.h \
	src/obj/elf/libdw_view.c \
	src/obj/elf/libdw_view.h \
	src/obj/elf/mapped_file.c \
	src/obj/elf/mapped_file.h \
	src/obj/files/download.c \
	src/obj/files/download_main.c \
	src/obj/files/expand.c \
	src/obj/files/expand.h \
	src/obj/files/libdw_open.c \
	src/obj/files/libdw_open.h \
	src/obj/files/maps.c \
	src/obj/files/rights.c \
	src/obj/files/rights.h \
	src/obj/files/sigbus.c \
	src/obj/files/sigbus.h \
	src/obj/files/target_file.c \
	src/obj/files/target_file.h \
	src/obj/lookup/code_cave.c \
	src/obj/lookup/find_functions.c \
	src/obj/lookup/match_functions.c \
	src/obj/lookup/module_rows.c \
	src/obj/lookup/source.c \
	src/obj/lookup/source.h \
	src/obj/lookup/symbolize.c \
	src/obj/lookup/syscall_insn.c \
	src/obj/maps.h \
	src/obj/modules.h \
	src/obj/modules/adopt.c \
	src/obj/modules/binary.c \
	src/obj/modules/binary.h \
	src/obj/modules/debug_file.c \
	src/obj/modules/maps_view.c \
	src/obj/modules/maps_view.h \
	src/obj/modules/modules.c \
	src/obj/modules/modules_internal.h \
	src/obj/modules/refresh.c \
	src/obj/symbolize.h \
	src/obj/symbols/demangle.c \
	src/obj/symbols/demangle.h \
	src/obj/symbols/dynsym.c \
	src/obj/symbols/dynsym.h \
	src/obj/symbols/lines.c \
	src/obj/symbols/lines.h \
	src/obj/symbols/missing.c \
	src/obj/symbols/missing.h \
	src/obj/symbols/scopes.c \
	src/obj/symbols/scopes.h \
	src/obj/symbols/symindex.c \
	src/obj/symbols/symindex.h

src_libstore_a_SOURCES = \
	src/store/append.c \
	src/store/checksum.c \
	src/store/domains.c \
	src/store/files.c \
	src/store/load.c \
	src/store/mirror.c \
	src/store/older.c \
	src/store/open.c \
	src/store/schema.c \
	src/store/schema.h \
	src/store/spec.c \
	src/store/sql.c \
	src/store/state.c \
	src/store/store.h \
	src/store/store_internal.h \
	src/store/transfer.c \
	src/store/write.c

src_libreport_a_SOURCES = \
	src/report/json.c \
	src/report/json.h \
	src/report/json_internal.h \
	src/report/json_stats.c \
	src/report/json_stats.h \
	src/report/text.c \
	src/report/text.h

src_libsupervisor_a_SOURCES = \
	src/supervisor/code/allocators.c \
	src/supervisor/code/allocators.h \
	src/supervisor/code/calls.c \
	src/supervisor/code/calls.h \
	src/supervisor/code/downloads.c \
	src/supervisor/code/downloads.h \
	src/supervisor/code/frames.c \
	src/supervisor/code/frames.h \
	src/supervisor/code/functions.c \
	src/supervisor/code/functions.h \
	src/supervisor/code/loaded.c \
	src/supervisor/code/loaded.h \
	src/supervisor/code/rows.c \
	src/supervisor/code/rows.h \
	src/supervisor/code/sanitizer.c \
	src/supervisor/code/sanitizer.h \
	src/supervisor/code/shim.c \
	src/supervisor/code/shim.h \
	src/supervisor/core/arrivals.c \
	src/supervisor/core/arrivals.h \
	src/supervisor/core/control.c \
	src/supervisor/core/control.h \
	src/supervisor/core/memory.c \
	src/supervisor/core/memory.h \
	src/supervisor/core/notes.c \
	src/supervisor/core/notes.h \
	src/supervisor/core/state.c \
	src/supervisor/core/state.h \
	src/supervisor/drain/drain.c \
	src/supervisor/drain/drain.h \
	src/supervisor/drain/heap_events.c \
	src/supervisor/drain/heap_events.h \
	src/supervisor/drain/history.c \
	src/supervisor/drain/history.h \
	src/supervisor/drain/limits.c \
	src/supervisor/drain/limits.h \
	src/supervisor/drain/measuring.c \
	src/supervisor/drain/measuring.h \
	src/supervisor/drain/process_image.c \
	src/supervisor/drain/process_image.h \
	src/supervisor/drain/records.c \
	src/supervisor/drain/records.h \
	src/supervisor/life/assemble.c \
	src/supervisor/life/assemble.h \
	src/supervisor/life/family.c \
	src/supervisor/life/family.h \
	src/supervisor/life/folding.c \
	src/supervisor/life/folding.h \
	src/supervisor/life/open.c \
	src/supervisor/life/session.c \
	src/supervisor/life/tracing.c \
	src/supervisor/life/tracing.h \
	src/supervisor/life/waiting.c \
	src/supervisor/life/watch.c \
	src/supervisor/life/watch.h \
	src/supervisor/os/crash.c \
	src/supervisor/os/crash.h \
	src/supervisor/os/precheck.c \
	src/supervisor/os/precheck.h \
	src/supervisor/os/process.c \
	src/supervisor/os/process.h \
	src/supervisor/os/thread.c \
	src/supervisor/os/thread.h \
	src/supervisor/query/blocks.c \
	src/supervisor/query/measure.c \
	src/supervisor/query/snapshots.c \
	src/supervisor/query/snapshots.h \
	src/supervisor/query/status.c \
	src/supervisor/session.h \
	src/supervisor/storing/every.c \
	src/supervisor/storing/every.h \
	src/supervisor/storing/files.c \
	src/supervisor/storing/files.h \
	src/supervisor/storing/trial.c

src_libconsole_a_SOURCES = \
	src/console/commands/cmd_help.c \
	src/console/commands/cmd_measure.c \
	src/console/commands/cmd_process.c \
	src/console/commands/cmd_query.c \
	src/console/commands/cmd_snapshot.c \
	src/console/commands/cmd_state.c \
	src/console/commands/cmd_stats.c \
	src/console/commands/cmd_store.c \
	src/console/commands/cmd_target.c \
	src/console/commands/cmd_traceback.c \
	src/console/commands/commands.h \
	src/console/commands/console.c \
	src/console/commands/console.h \
	src/console/commands/describe.c \
	src/console/commands/describe.h \
	src/console/commands/foresee.c \
	src/console/commands/foresee.h \
	src/console/commands/help.c \
	src/console/commands/help.h \
	src/console/commands/measured.c \
	src/console/commands/measured.h \
	src/console/commands/query.c \
	src/console/commands/query.h \
	src/console/commands/snapshot_ref.c \
	src/console/commands/snapshot_ref.h \
	src/console/commands/table.c \
	src/console/commands/table.h \
	src/console/options.h \
	src/console/run.h \
	src/console/shell/batch.c \
	src/console/shell/batch.h \
	src/console/shell/complete.c \
	src/console/shell/complete.h \
	src/console/shell/history.c \
	src/console/shell/history.h \
	src/console/shell/interactive.c \
	src/console/shell/interactive.h \
	src/console/shell/lineedit.c \
	src/console/shell/lineedit.h \
	src/console/shell/options.c \
	src/console/shell/options_files.c \
	src/console/shell/options_internal.h \
	src/console/shell/options_modes.c \
	src/console/shell/options_values.c \
	src/console/shell/run.c \
	src/console/syntax/args.c \
	src/console/syntax/args.h \
	src/console/syntax/command.c \
	src/console/syntax/command.h \
	src/console/syntax/line.c \
	src/console/syntax/line.h \
	src/console/syntax/tokens.c \
	src/console/syntax/tokens.h \
	src/console/terminal/progress.c \
	src/console/terminal/progress.h \
	src/console/terminal/signals.c \
	src/console/terminal/signals.h

bin_PROGRAMS += malloscope
malloscope_SOURCES = src/main.c
malloscope_LDADD = $(console_libs)
