# SPDX-License-Identifier: GPL-3.0-or-later
# Sources of each layer: one archive a folder.

src_libbase_a_SOURCES = \
	src/base/addr.h \
	src/base/addrset.c \
	src/base/addrset.h \
	src/base/cleanup.h \
	src/base/clock.h \
	src/base/create.c \
	src/base/create.h \
	src/base/domain.h \
	src/base/engine.c \
	src/base/engine.h \
	src/base/err.c \
	src/base/err.h \
	src/base/fault.c \
	src/base/fault.h \
	src/base/fmt.c \
	src/base/fmt.h \
	src/base/hash.h \
	src/base/hmap.c \
	src/base/hmap.h \
	src/base/io.c \
	src/base/io.h \
	src/base/log.c \
	src/base/log.h \
	src/base/mem.h \
	src/base/short_name.c \
	src/base/short_name.h \
	src/base/short_name_internal.h \
	src/base/short_name_std.c \
	src/base/strtab.c \
	src/base/strtab.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/base/vec.h

src_libarch_a_SOURCES = \
	src/arch/agent_frame.h \
	src/arch/arch.h \
	src/arch/patch.h \
	src/arch/unwind.h \
	src/arch/x86_64.c \
	src/arch/x86_64.h \
	src/arch/x86_64_agent.c \
	src/arch/x86_64_call.c \
	src/arch/x86_64_callee.c \
	src/arch/x86_64_callee.h \
	src/arch/x86_64_switch.c \
	src/arch/x86_64_dispatch.c \
	src/arch/x86_64_orphan.c \
	src/arch/x86_64_pad.c \
	src/arch/x86_64_relocate.c \
	src/arch/x86_64_stub.c \
	src/arch/x86_64_syscall.c \
	src/arch/x86_64_unwind.c

src_libwire_a_SOURCES = \
	src/wire/agent_map.c \
	src/wire/agent_map.h \
	src/wire/agent_memory.h \
	src/wire/command.h \
	src/wire/event.h \
	src/wire/event_check.c \
	src/wire/event_check.h \
	src/wire/plant_why.c \
	src/wire/plant_why.h \
	src/wire/patched.c \
	src/wire/patched.h \
	src/wire/planted.c \
	src/wire/planted.h \
	src/wire/probe.c \
	src/wire/probe.h \
	src/wire/probe_kind.h \
	src/wire/probe_list.c \
	src/wire/ring.h \
	src/wire/ring_grace.c \
	src/wire/ring_grace.h \
	src/wire/ring_put.c \
	src/wire/ring_take.c \
	src/wire/ring_take.h \
	src/wire/ring_wait.c \
	src/wire/ring_wait.h \
	src/wire/cfi_rows.c \
	src/wire/cfi_rows.h \
	src/wire/eh_areas.c \
	src/wire/eh_areas.h \
	src/wire/shared.c \
	src/wire/shared.h

src_libwalk_a_SOURCES = \
	src/walk/cfi_row.h \
	src/walk/eh_area.h \
	src/walk/eh_cursor.h \
	src/walk/eh_frame.c \
	src/walk/eh_frame.h \
	src/walk/eh_program.c \
	src/walk/eh_program.h \
	src/walk/walk.c \
	src/walk/walk.h

src_libcapture_a_SOURCES = \
	src/capture/capture.c \
	src/capture/capture.h \
	src/capture/frees.c \
	src/capture/internal.h \
	src/capture/known.c \
	src/capture/live.c \
	src/capture/live.h \
	src/capture/measured.c \
	src/capture/passed.c \
	src/capture/memo.c \
	src/capture/memo.h \
	src/capture/memo_verify.c \
	src/capture/pending.c \
	src/capture/sample.c \
	src/capture/sample.h \
	src/capture/stack.c \
	src/capture/state.h \
	src/capture/usable.c \
	src/capture/usable.h

src_libagent_a_SOURCES = \
	src/agent/agent.h \
	src/agent/blob.c \
	src/agent/image.h

# The agent's image: these sources once more, compiled for the inside of a target and linked alone.
agent_inside = \
	src/agent/entry.c \
	src/agent/mem.c \
	src/agent/ops.c \
	src/agent/records.c \
	src/agent/rows.c \
	src/arch/x86_64_agent.c \
	src/arch/x86_64_callee.c \
	src/arch/x86_64_unwind.c \
	src/capture/capture.c \
	src/capture/frees.c \
	src/capture/known.c \
	src/capture/live.c \
	src/capture/measured.c \
	src/capture/memo.c \
	src/capture/passed.c \
	src/capture/pending.c \
	src/capture/sample.c \
	src/capture/stack.c \
	src/capture/usable.c \
	src/walk/eh_frame.c \
	src/walk/eh_program.c \
	src/walk/walk.c \
	src/wire/cfi_rows.c \
	src/wire/eh_areas.c \
	src/wire/ring_put.c
agent_doors = src/arch/x86_64_doors.S
agent_objects = $(agent_inside:.c=.inside.o) $(agent_doors:.S=.inside.o)
agent_script = src/agent/image.ld
EXTRA_DIST += src/agent/entry.c src/agent/hidden.h src/agent/internal.h src/agent/mem.c \
	src/agent/ops.c src/agent/records.c src/agent/rows.c $(agent_doors) $(agent_script)

# No register but the general ones is ours there, and nothing may need a relocation.
agent_inside_cflags = -std=gnu11 -O2 -ffreestanding -fpie -mgeneral-regs-only \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-jump-tables \
	-fcf-protection=none -include agent/hidden.h -U_FORTIFY_SOURCE \
	$(WARN_CFLAGS) $(AGENT_CFLAGS)
# The linker must not make absolute addresses of those that a global offset table would hold.
agent_inside_ldflags = -nostdlib -static -Wl,--build-id=none -Wl,--no-relax \
	-Wl,-T,$(top_srcdir)/$(agent_script)
%.inside.o: %.c
	$(AM_V_CC)$(MKDIR_P) $(@D)/$(DEPDIR) && $(CC) $(DEFS) -I. $(AM_CPPFLAGS) \
		$(agent_inside_cflags) -MMD -MP -MF $(@D)/$(DEPDIR)/$(@F).d -c -o $@ $<
%.inside.o: %.S
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) -c -o $@ $<
-include $(wildcard src/*/$(DEPDIR)/*.inside.o.d)
# With its symbols, for debuggers. The assertions of the script are looked at for this one alone.
src/agent/image.elf: $(agent_objects) $(agent_script)
	$(AM_V_CCLD)$(CC) $(agent_inside_ldflags) -o $@ $(agent_objects)
src/agent/image.bin: src/agent/image.elf
	$(AM_V_GEN)$(OBJCOPY) -O binary src/agent/image.elf $@
src/agent/blob.$(OBJEXT): src/agent/image.bin
MOSTLYCLEANFILES += $(agent_objects) src/agent/image.elf src/agent/image.bin \
	src/*/$(DEPDIR)/*.inside.o.d

src_libtrace_a_SOURCES = \
	src/trace/agent/image.c \
	src/trace/agent/image.h \
	src/trace/agent/inside.c \
	src/trace/agent/inside.h \
	src/trace/agent/install.c \
	src/trace/agent/install.h \
	src/trace/agent/leave.c \
	src/trace/agent/leave.h \
	src/trace/agent/life_word.c \
	src/trace/agent/life_word.h \
	src/trace/agent/patching.c \
	src/trace/agent/patching.h \
	src/trace/agent/process_agent.h \
	src/trace/agent/quiesce.c \
	src/trace/agent/quiesce.h \
	src/trace/agent/unwind.c \
	src/trace/agent/unwind.h \
	src/trace/agent/upcall.c \
	src/trace/agent/upcall.h \
	src/trace/code/breakpoints.c \
	src/trace/code/breakpoints.h \
	src/trace/code/displaced.c \
	src/trace/code/displaced.h \
	src/trace/code/jumps.c \
	src/trace/code/jumps.h \
	src/trace/code/orphan.c \
	src/trace/code/orphan.h \
	src/trace/code/orphan_install.c \
	src/trace/code/orphan_install.h \
	src/trace/code/orphan_internal.h \
	src/trace/code/pads.c \
	src/trace/code/pads.h \
	src/trace/code/patch.c \
	src/trace/code/patch.h \
	src/trace/code/plant.c \
	src/trace/code/plant.h \
	src/trace/code/resume.c \
	src/trace/code/resume.h \
	src/trace/code/xol_areas.c \
	src/trace/code/xol_areas.h \
	src/trace/code/xol_map.c \
	src/trace/code/xol_map.h \
	src/trace/glue/capturer.c \
	src/trace/glue/capturer.h \
	src/trace/glue/exchanged.c \
	src/trace/glue/exchanged.h \
	src/trace/glue/known_stacks.c \
	src/trace/glue/known_stacks.h \
	src/trace/glue/live_set.c \
	src/trace/glue/live_set.h \
	src/trace/glue/probes.c \
	src/trace/glue/probes.h \
	src/trace/glue/returns.c \
	src/trace/glue/returns.h \
	src/trace/glue/rooms.c \
	src/trace/glue/rooms.h \
	src/trace/glue/usable.c \
	src/trace/glue/usable.h \
	src/trace/glue/window.c \
	src/trace/glue/window.h \
	src/trace/life/commands.c \
	src/trace/life/commands.h \
	src/trace/life/create.c \
	src/trace/life/create.h \
	src/trace/life/deliver.c \
	src/trace/life/deliver.h \
	src/trace/life/detach.c \
	src/trace/life/detach.h \
	src/trace/life/engine.c \
	src/trace/life/engine.h \
	src/trace/life/exec.c \
	src/trace/life/exec.h \
	src/trace/life/follow.c \
	src/trace/life/follow.h \
	src/trace/life/listen.c \
	src/trace/life/listen.h \
	src/trace/life/new_tasks.c \
	src/trace/life/new_tasks.h \
	src/trace/life/prepare.c \
	src/trace/life/prepare.h \
	src/trace/life/setid.c \
	src/trace/life/setid.h \
	src/trace/life/start.c \
	src/trace/life/start.h \
	src/trace/life/stops.c \
	src/trace/life/stops.h \
	src/trace/life/traceme.c \
	src/trace/life/traceme.h \
	src/trace/life/tracer.c \
	src/trace/os/cpu.c \
	src/trace/os/cpu.h \
	src/trace/os/cpu_internal.h \
	src/trace/os/emit.c \
	src/trace/os/emit.h \
	src/trace/os/filter.c \
	src/trace/os/filter.h \
	src/trace/os/inject.c \
	src/trace/os/inject.h \
	src/trace/os/memory.c \
	src/trace/os/memory.h \
	src/trace/os/process.h \
	src/trace/os/regs.c \
	src/trace/os/regs.h \
	src/trace/os/restart.c \
	src/trace/os/restart.h \
	src/trace/os/stop.c \
	src/trace/os/stop.h \
	src/trace/os/task.c \
	src/trace/os/task.h \
	src/trace/os/threads.c \
	src/trace/os/threads.h \
	src/trace/os/wait.c \
	src/trace/os/wait.h \
	src/trace/tracer.h

src_libheap_a_SOURCES = \
	src/heap/archive.h \
	src/heap/arena.h \
	src/heap/blocks.h \
	src/heap/domain.h \
	src/heap/filter.h \
	src/heap/frame.h \
	src/heap/gate.h \
	src/heap/growth.h \
	src/heap/heap.h \
	src/heap/measured.h \
	src/heap/merged.h \
	src/heap/namer.h \
	src/heap/older.h \
	src/heap/alloc_wrappers.h \
	src/heap/queries/filter.c \
	src/heap/queries/filter_matcher.c \
	src/heap/queries/filter_matcher.h \
	src/heap/queries/gate.c \
	src/heap/queries/group.c \
	src/heap/queries/group_labels.c \
	src/heap/queries/function_name.c \
	src/heap/queries/function_name.h \
	src/heap/queries/growth.c \
	src/heap/queries/namer.c \
	src/heap/queries/noise.c \
	src/heap/queries/order.c \
	src/heap/queries/pattern.c \
	src/heap/queries/pattern.h \
	src/heap/queries/alloc_wrappers.c \
	src/heap/queries/result.c \
	src/heap/queries/shown.c \
	src/heap/queries/shown.h \
	src/heap/queries/skip_judge.c \
	src/heap/queries/skip_rules.c \
	src/heap/queries/skip_rules.h \
	src/heap/queries/places.c \
	src/heap/queries/places.h \
	src/heap/queries/tree.c \
	src/heap/queries/stats.c \
	src/heap/queries/stats_internal.h \
	src/heap/queries/traceback.c \
	src/heap/queries/traces.c \
	src/heap/queries/truncated.c \
	src/heap/resolve.h \
	src/heap/skip.h \
	src/heap/snapshot.h \
	src/heap/stacks.h \
	src/heap/stats.h \
	src/heap/suggest.h \
	src/heap/queries/suggest.c \
	src/heap/weight.h \
	src/heap/tables/absorb.c \
	src/heap/tables/alloc_sites.c \
	src/heap/tables/alloc_sites.h \
	src/heap/tables/archive.c \
	src/heap/tables/arena.c \
	src/heap/tables/blocks.c \
	src/heap/tables/calls.c \
	src/heap/tables/calls.h \
	src/heap/tables/domain.c \
	src/heap/tables/heap.c \
	src/heap/tables/heap_internal.h \
	src/heap/tables/idset.c \
	src/heap/tables/idset.h \
	src/heap/tables/measured.c \
	src/heap/tables/merged.c \
	src/heap/tables/older.c \
	src/heap/tables/prefetch.c \
	src/heap/tables/sampling.c \
	src/heap/tables/sampling.h \
	src/heap/tables/snapshot.c \
	src/heap/tables/stacks.c \
	src/heap/traceback.h \
	src/heap/traces.h \
	src/heap/tree.h \
	src/heap/truncated.h

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
	src/obj/files/birth.c \
	src/obj/files/birth.h \
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
	src/obj/lookup/eh_area.c \
	src/obj/lookup/find_functions.c \
	src/obj/lookup/jit.c \
	src/obj/lookup/jit.h \
	src/obj/lookup/match_functions.c \
	src/obj/lookup/module_rows.c \
	src/obj/lookup/packages.c \
	src/obj/lookup/source.c \
	src/obj/lookup/source.h \
	src/obj/lookup/symbolize.c \
	src/obj/lookup/syscall_insn.c \
	src/obj/maps.h \
	src/obj/modules.h \
	src/obj/modules/adopt.c \
	src/obj/modules/binary.c \
	src/obj/modules/binary.h \
	src/obj/modules/called.c \
	src/obj/modules/called.h \
	src/obj/modules/code_map.c \
	src/obj/modules/code_map.h \
	src/obj/modules/debug_file.c \
	src/obj/modules/debug_state.c \
	src/obj/debug_state.h \
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
	src/obj/symbols/jit_table.c \
	src/obj/symbols/jit_table.h \
	src/obj/symbols/jitdump.c \
	src/obj/symbols/perf_map.c \
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
	src/store/variance.c \
	src/store/variance.h \
	src/store/write.c

src_libreport_a_SOURCES = \
	src/report/json.c \
	src/report/json.h \
	src/report/json_internal.h \
	src/report/json_stats.c \
	src/report/json_stats.h \
	src/report/text.c \
	src/report/text.h \
	src/report/tree.h \
	src/report/tree_json.c \
	src/report/tree_text.c

src_libsupervisor_a_SOURCES = \
	src/supervisor/blocks.h \
	src/supervisor/code.h \
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
	src/supervisor/code/probe_table.c \
	src/supervisor/code/probe_table.h \
	src/supervisor/code/rows.c \
	src/supervisor/code/rows.h \
	src/supervisor/code/sanitizer.c \
	src/supervisor/code/sanitizer.h \
	src/supervisor/code/silence.c \
	src/supervisor/code/silence.h \
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
	src/supervisor/core/row_tables.c \
	src/supervisor/core/row_tables.h \
	src/supervisor/core/run.h \
	src/supervisor/core/traced.c \
	src/supervisor/core/traced.h \
	src/supervisor/drain/agent_ring.c \
	src/supervisor/drain/agent_ring.h \
	src/supervisor/drain/event_batch.c \
	src/supervisor/drain/event_batch.h \
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
	src/supervisor/drain/pools.c \
	src/supervisor/drain/pools.h \
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
	src/supervisor/measure.h \
	src/supervisor/notes.h \
	src/supervisor/os/crash.c \
	src/supervisor/os/crash.h \
	src/supervisor/os/precheck.c \
	src/supervisor/os/precheck.h \
	src/supervisor/os/process.c \
	src/supervisor/os/process.h \
	src/supervisor/os/thread.c \
	src/supervisor/os/thread.h \
	src/supervisor/processes.h \
	src/supervisor/query/blocks.c \
	src/supervisor/query/measure.c \
	src/supervisor/query/probes.c \
	src/supervisor/query/modules.c \
	src/supervisor/modules.h \
	src/supervisor/query/snapshots.c \
	src/supervisor/query/snapshots.h \
	src/supervisor/query/status.c \
	src/supervisor/session.h \
	src/supervisor/snapshots.h \
	src/supervisor/storing.h \
	src/supervisor/storing/every.c \
	src/supervisor/storing/every.h \
	src/supervisor/storing/files.c \
	src/supervisor/storing/files.h \
	src/supervisor/storing/trial.c \
	src/supervisor/traced.h \
	src/supervisor/waiting.h

src_libconsole_a_SOURCES = \
	src/console/commands/by_process.c \
	src/console/commands/by_process.h \
	src/console/commands/cmd_help.c \
	src/console/commands/cmd_measure.c \
	src/console/commands/cmd_modules.c \
	src/console/commands/cmd_process.c \
	src/console/commands/cmd_query.c \
	src/console/commands/cmd_skip.c \
	src/console/commands/cmd_snapshot.c \
	src/console/commands/cmd_state.c \
	src/console/commands/cmd_stats.c \
	src/console/commands/cmd_store.c \
	src/console/commands/cmd_target.c \
	src/console/commands/cmd_traceback.c \
	src/console/commands/cmd_tree.c \
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
	src/console/commands/merge.c \
	src/console/commands/merge.h \
	src/console/commands/query.c \
	src/console/commands/query.h \
	src/console/commands/snapshot_ref.c \
	src/console/commands/snapshot_ref.h \
	src/console/commands/table.c \
	src/console/commands/table.h \
	src/console/commands/truncated.c \
	src/console/commands/truncated.h \
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
	src/console/shell/options_probes.c \
	src/console/shell/options_values.c \
	src/console/shell/run.c \
	src/console/shell/wrappers.c \
	src/console/shell/wrappers.h \
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

# Where the installed rules of `skip` are.
src/console/shell/wrappers.o: AM_CPPFLAGS += -DWRAPPERS_DIR='"$(wrappersdir)"'
