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
	src/arch/x86_64.c \
	src/arch/x86_64.h \
	src/arch/x86_64_call.c \
	src/arch/x86_64_dispatch.c \
	src/arch/x86_64_rescue.c \
	src/arch/x86_64_stub.c

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
	src/trace/areas.c \
	src/trace/breakpoints.c \
	src/trace/breakpoints.h \
	src/trace/commands.c \
	src/trace/cpu.c \
	src/trace/displaced.c \
	src/trace/emit.c \
	src/trace/engine.h \
	src/trace/filter.c \
	src/trace/follow.c \
	src/trace/frees.c \
	src/trace/inject.c \
	src/trace/interrupt.c \
	src/trace/leave.c \
	src/trace/listen.c \
	src/trace/measure.c \
	src/trace/memory.c \
	src/trace/probes.c \
	src/trace/rescue.c \
	src/trace/setid.c \
	src/trace/stacks.c \
	src/trace/signals.c \
	src/trace/start.c \
	src/trace/stops.c \
	src/trace/threads.c \
	src/trace/threads.h \
	src/trace/traceme.c \
	src/trace/tracer.c \
	src/trace/tracer.h \
	src/trace/usable.c \
	src/trace/wait.c

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
	src/heap/traceback.c \
	src/heap/traceback.h \
	src/heap/traces.c \
	src/heap/traces.h

src_libobj_a_SOURCES = \
	src/obj/cfi.c \
	src/obj/cfi_check.c \
	src/obj/cfi_check.h \
	src/obj/debug_file.c \
	src/obj/debug_search.c \
	src/obj/debug_search.h \
	src/obj/demangle.c \
	src/obj/demangle.h \
	src/obj/download.c \
	src/obj/download.h \
	src/obj/download_main.c \
	src/obj/dynsym.c \
	src/obj/dynsym.h \
	src/obj/expand.c \
	src/obj/expand.h \
	src/obj/image.c \
	src/obj/image.h \
	src/obj/image_open.c \
	src/obj/libdw_open.c \
	src/obj/libdw_open.h \
	src/obj/lines.c \
	src/obj/lines.h \
	src/obj/maps.c \
	src/obj/maps.h \
	src/obj/maps_view.c \
	src/obj/maps_view.h \
	src/obj/missing.c \
	src/obj/missing.h \
	src/obj/modules.c \
	src/obj/modules_adopt.c \
	src/obj/modules.h \
	src/obj/modules_internal.h \
	src/obj/refresh.c \
	src/obj/rights.c \
	src/obj/rights.h \
	src/obj/scopes.c \
	src/obj/scopes.h \
	src/obj/sigbus.c \
	src/obj/sigbus.h \
	src/obj/slack.c \
	src/obj/source.c \
	src/obj/source.h \
	src/obj/symbolize.c \
	src/obj/symbolize.h \
	src/obj/symindex.c \
	src/obj/symindex.h \
	src/obj/symmatch.c \
	src/obj/symtab.c \
	src/obj/syscall_insn.c \
	src/obj/target_file.c \
	src/obj/target_file.h

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
	src/supervisor/control.c \
	src/supervisor/crash.c \
	src/supervisor/downloads.c \
	src/supervisor/drain.c \
	src/supervisor/family.c \
	src/supervisor/folding.c \
	src/supervisor/frames.c \
	src/supervisor/functions.c \
	src/supervisor/images.c \
	src/supervisor/limits.c \
	src/supervisor/measure.c \
	src/supervisor/precheck.c \
	src/supervisor/process.c \
	src/supervisor/queries.c \
	src/supervisor/sanitizer.c \
	src/supervisor/session.c \
	src/supervisor/session.h \
	src/supervisor/session_internal.h \
	src/supervisor/shim.c \
	src/supervisor/storing.c \
	src/supervisor/trial.c \
	src/supervisor/waiting.c

src_libconsole_a_SOURCES = \
	src/console/args.c \
	src/console/args.h \
	src/console/batch.c \
	src/console/batch.h \
	src/console/cmd_help.c \
	src/console/cmd_measure.c \
	src/console/cmd_process.c \
	src/console/cmd_query.c \
	src/console/cmd_snapshot.c \
	src/console/cmd_state.c \
	src/console/cmd_stats.c \
	src/console/cmd_store.c \
	src/console/cmd_target.c \
	src/console/cmd_traceback.c \
	src/console/command.c \
	src/console/command.h \
	src/console/commands.h \
	src/console/complete.c \
	src/console/complete.h \
	src/console/console.c \
	src/console/console.h \
	src/console/describe.c \
	src/console/describe.h \
	src/console/foresee.c \
	src/console/foresee.h \
	src/console/help.c \
	src/console/help.h \
	src/console/history.c \
	src/console/history.h \
	src/console/interactive.c \
	src/console/interactive.h \
	src/console/line.c \
	src/console/line.h \
	src/console/lineedit.c \
	src/console/lineedit.h \
	src/console/measured.c \
	src/console/measured.h \
	src/console/options.c \
	src/console/options.h \
	src/console/options_files.c \
	src/console/options_internal.h \
	src/console/options_modes.c \
	src/console/options_values.c \
	src/console/progress.c \
	src/console/progress.h \
	src/console/query.c \
	src/console/query.h \
	src/console/run.c \
	src/console/run.h \
	src/console/signals.c \
	src/console/signals.h \
	src/console/snapshot_ref.c \
	src/console/snapshot_ref.h \
	src/console/table.c \
	src/console/table.h \
	src/console/tokens.c \
	src/console/tokens.h

bin_PROGRAMS += malloscope
malloscope_SOURCES = src/main.c
malloscope_LDADD = $(console_libs)
