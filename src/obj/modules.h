// SPDX-License-Identifier: GPL-3.0-or-later
/** Modules (ELF images) of a traced process. A module gets an id when it is first seen and keeps it for ever: after it is
 *  unloaded, after an exec and after the end of the process its symbols can still be looked up, because its file is
 *  opened (by descriptor, through /proc/PID/map_files or /proc/PID/root) when it is found. Not thread-safe. */
#ifndef OBJ_MODULES_H
#define OBJ_MODULES_H

#include "base/err.h"
#include "base/vec.h"
#include "walk/row.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct module {
	/** From 1; 0 means "no module" in frames. The same file mapped at the same place again keeps its id. */
	uint32_t id;
	/** Path as /proc/PID/maps shows it ("[vdso]" for the vDSO, " (deleted)" removed), owned. */
	char *path;
	/** Last component of path. */
	const char *name;
	/** Runtime range [start, end) from the first to the last byte of all its mappings. */
	uint64_t start;
	uint64_t end;
	/** Runtime address = ELF virtual address + bias (mod 2^64). */
	uint64_t bias;
	/** Mapped in the process now. */
	bool is_live;
	/** ELF header facts. */
	bool is_executable_file;
	bool is_64bit_x86;
	uint8_t build_id[64];
	size_t build_id_size;
};

struct modules;

struct err *modules_create(struct modules **ret) __must_check;
void modules_destroy(struct modules *modules);

/** What modules_refresh() found. Zero-fill before, modules_delta_deinit() after. Ids. */
struct modules_delta {
	VEC(uint32_t) added;
	VEC(uint32_t) removed;
};
void modules_delta_deinit(struct modules_delta *delta);

/** Read /proc/PID/maps and compare: only executable file mappings (and the vDSO) make a module. Modules that are no
 *  longer mapped (or whose place another file took) become is_live = false. Unreadable or malformed files are modules
 *  without symbols, not errors. &err_gone: no such process; nothing changed. */
struct err *modules_refresh(struct modules *modules, pid_t pid,
			    struct modules_delta *ret) __must_check;

/** All live modules are gone (exec, end of the process). */
void modules_forget_live(struct modules *modules);

/** The live module whose mappings contain pc, or NULL. O(log modules). */
const struct module *modules_find(const struct modules *modules, uint64_t pc);
/** By id, or NULL. */
const struct module *modules_get(const struct modules *modules, uint32_t id);
size_t modules_num(const struct modules *modules);

/** Function symbols: calls fn for every defined STT_FUNC symbol (.dynsym and .symtab, and of a separate debug file when
 *  want_debug) whose name equals one of names[]; addresses are ELF virtual addresses. IFUNCs and undefined symbols are
 *  left out; the same (name, address) is reported once. fn returns an error to stop. Looking in .dynsym is cheap (hash
 *  table or a scan), .symtab is read when the file has one. */
struct err *module_find_functions(struct modules *modules, uint32_t id, const char *const *names,
				  size_t num_names, bool want_debug,
				  struct err *(*fn)(void *ctx, size_t name_index, uint64_t addr,
						    uint64_t size),
				  void *ctx) __must_check;

/** Functions by the name a user types: exact demangled or mangled name, or the demangled name without arguments
 *  ("ns::Class::method"). Same callback rules; matches reports the demangled full name. */
struct err *module_match_functions(struct modules *modules, uint32_t id, const char *name,
				   struct err *(*fn)(void *ctx, const char *full_name,
						     uint64_t addr),
				   void *ctx) __must_check;

/** Runtime address of the dynamic linker's breakpoint function (_dl_debug_state, r_brk) when the module is a dynamic
 *  linker (has that symbol, or its SONAME/path is the PT_INTERP of the executable). &err_not_found: it is none. */
struct err *module_find_rendezvous(struct modules *modules, uint32_t id,
				   uint64_t *ret) __must_check;

/** A runtime address inside an executable mapping of the process that holds a `syscall` instruction (0f 05), the vDSO
 *  first. Reads the modules' files or memory of pid. &err_not_found: none. */
struct err *modules_find_syscall_insn(struct modules *modules, pid_t pid,
				      uint64_t *ret) __must_check;

/** Compile the unwind row for a runtime pc. is_call_site: pc is a return address, the row is that of pc - 1. Never fails for
 *  malformed or missing CFI (ROW_NO_CFI); ROW_NONE is returned with &err_not_found when an expression does not fit any kind. */
struct err *modules_cfi_row(struct modules *modules, uint64_t pc, bool is_call_site,
			    struct row *ret) __must_check;

#endif
