// SPDX-License-Identifier: GPL-3.0-or-later
/** The modules (ELF files) of a traced process. A module gets an id when it is first seen, and
 *  keeps it for ever. Its symbols can still be looked up after it was unloaded, after an exec and
 *  after the end of the process, because its file is opened when it is found. It is opened with the
 *  target's rights (target_file.h): by descriptor, through /proc/PID/map_files, or by its path in
 *  the target's or our directories. A file that cannot be opened (deleted, and no right to use
 *  map_files) is copied from the memory of the process. Not thread-safe.
 *
 *  Finding a module reads ELF header, program headers, dynamic section and build-id, and nothing
 *  else. Symbol tables, CFI and DWARF are read when somebody asks for them.
 *
 *  Libraries may come into our own process: the first search for a separate debug file that is not
 *  on this machine makes libdw load libdebuginfod, if that is installed, and with it libcurl and
 *  some 27 more, even if no server is asked. Any function that looks for debug files may do so
 *  (want_debug, names of users, rows, lines, symbols). modules_refresh() never does. */
#ifndef OBJ_MODULES_H
#define OBJ_MODULES_H

#include "base/err.h"
#include "base/vec.h"
#include "walk/cfi_row.h"
#include "walk/eh_area.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct module {
	/** Counted from 1; 0 means "no module" in frames. A file that comes back after it was gone
	 *  gets its id back, at its old bias or at a new one: frames hold ELF addresses. A file
	 *  that is mapped twice at a time is two modules. */
	uint32_t id;
	/** Path as /proc/PID/maps shows it ("[vdso]" for the vDSO, " (deleted)" removed), owned. */
	char *path;
	/** Last component of path. */
	const char *name;
	/** Of the program: the path by which it was executed, if that has another last component,
	 *  as a link may have; otherwise NULL. Owned. This is what it is called in frames. */
	char *called;
	/** The runtime range [start, end), from the first to the last byte of all its mappings. */
	uint64_t start;
	uint64_t end;
	/** Runtime address = ELF virtual address + bias (mod 2^64). */
	uint64_t bias;
	/** It is mapped in the process now. */
	bool is_live;
	/** It is the main program, static or not, and not a library. */
	bool is_executable_file;
	/** It is an ELF file for the architecture that malloscope runs on. If not, nothing else is
	 *  known of it, and it has no symbols and no rows. */
	bool is_native;
	/** GNU build-id note; size 0: none. */
	uint8_t build_id[64];
	size_t build_id_size;
};

struct modules;

/** Create an empty set of modules. This raises the soft limit of open files to the hard one,
 *  because each module keeps its file open. It also takes DEBUGINFOD_URLS out of the environment:
 *  libdw would ask the network for debug files, even while the target waits for a row (see
 *  download.h). Both hold for programs that this process starts later, so start the target's
 *  first. */
struct err *modules_create(struct modules **ret) __must_check;
/** NULL is fine. */
void modules_destroy(struct modules *modules);

/** What modules_refresh() found, as ids. Zero-fill it before, and call modules_delta_deinit()
 *  after. No id is in both lists: a file that moved is one module removed and another one added. */
struct modules_delta {
	VEC(uint32_t) added;
	VEC(uint32_t) removed;
};
void modules_delta_deinit(struct modules_delta *delta);

/** Read /proc/PID/maps and compare. Only executable file mappings, and the vDSO, make a module.
 *  Modules that are not mapped any more, or whose place another file took, become is_live = false;
 *  start, end and bias of a removed module stay as they were. Unreadable or malformed files are
 *  modules without symbols, and no errors. &err_gone: no such process, or a zombie. On any error
 *  nothing changed. */
struct err *modules_refresh(struct modules *modules, pid_t pid,
			    struct modules_delta *ret) __must_check;

/** Let compressed debug information expand to `size` bytes from now on, for all files together.
 *  Without this call, to half of the memory that the machine has. May be called while another
 *  thread uses the modules. */
void modules_limit_memory(struct modules *modules, uint64_t size);
/** A line about something that was left out for this reason since the last call. The caller frees
 *  it. NULL: none. */
char *modules_next_note(struct modules *modules);

/** All live modules are gone: exec, end of the process. */
void modules_forget_live(struct modules *modules);

/** Find the same file as module id of another table, and give its id in modules. A new file comes
 *  over with its descriptor. Path and build-id tell files apart; without a build-id, the number of
 *  the file does. From then on `from` may be given only to this function and to modules_destroy().
 *  What is opened for the module later is still opened with the rights of the process of `from`.
 *  *ret 0: there is no such module, or modules has max_num (at most FRAME_MODULE_MAX - 1) of other
 *  files. O(modules). */
struct err *modules_adopt(struct modules *modules, struct modules *from, uint32_t id,
			  size_t max_num, uint32_t *ret) __must_check;

/** The live module that has pc in its mappings, or NULL. O(log modules). */
const struct module *modules_find(const struct modules *modules, uint64_t pc);
/** The module of an id, or NULL. */
const struct module *modules_get(const struct modules *modules, uint32_t id);
size_t modules_num(const struct modules *modules);

/** Call fn for every defined STT_FUNC symbol whose name (without @VERSION) equals one of names[].
 *  Addresses are ELF virtual addresses. IFUNCs and undefined symbols are left out. The same (name,
 *  address) is reported once. fn returns an error to stop. Where it looks:
 *  - .dynsym, always, by its hash table: this takes microseconds for a file that has none of the
 *    names;
 *  - .symtab of the file, too, if it is a main program (it may have a private allocator) or has no
 *    .dynsym (static);
 *  - everything, with the separate debug file, if want_debug. */
struct err *module_find_functions(struct modules *modules, uint32_t id, const char *const *names,
				  size_t num_names, bool want_debug,
				  struct err *(*fn)(void *ctx, size_t name_index, uint64_t addr,
						    uint64_t size),
				  void *ctx) __must_check;

/** Find functions by the name that a user types: exact demangled or mangled name, or the demangled
 *  name without arguments ("ns::Class::method"). Copies that the compiler made of a whole function
 *  (.constprop, .isra) have its name. All symbols are searched, also those of the debug file. Each
 *  address is reported once, with the full demangled name. fn returns an error to stop. */
struct err *module_match_functions(struct modules *modules, uint32_t id, const char *name,
				   struct err *(*fn)(void *ctx, const char *full_name,
						     uint64_t addr),
				   void *ctx) __must_check;

/** Find names that begin with prefix, as module_match_functions() takes them (demangled, without
 *  arguments), in no particular order. A name may come several times. fn returns an error to
 *  stop. */
struct err *module_complete_functions(struct modules *modules, uint32_t id, const char *prefix,
				      struct err *(*fn)(void *ctx, const char *name),
				      void *ctx) __must_check;

/** Tell whether the module is a main program, and not a library; an unknown one is none.
 *  *is_go_ret: the compiler of Go made it. */
bool module_is_program(const struct modules *modules, uint32_t id, bool *is_go_ret);
/** Tell whether a function may begin at that ELF virtual address of a known module. False: there is
 *  no code, or the call-frame information says that it is in the middle of a function. */
bool module_may_enter(struct modules *modules, uint32_t id, uint64_t addr);
/** Tell whether a known module has symbols, be it in a debug file. Reads them where nobody has done
 *  so. */
bool module_has_symbols(struct modules *modules, uint32_t id);

/** The name of the function whose address the dynamic linker writes to the word at runtime address
 *  slot, cut to size - 1 bytes. False: it writes none there. O(relocations of the module). */
bool modules_slot_symbol(const struct modules *modules, uint64_t slot, char *ret, size_t size);

/** The runtime address of the dynamic linker's breakpoint function (_dl_debug_state, what r_brk
 *  points at), if the module is a dynamic linker: it defines that symbol, as ld.so of glibc and
 *  libc.so of musl do. &err_not_found: it is none. */
struct err *module_find_rendezvous(struct modules *modules, uint32_t id,
				   uint64_t *ret) __must_check;

/** Tell whether it has a build-id, but neither DWARF nor a separate debug file on this machine.
 *  Reads much of the file the first time. */
bool module_lacks_debug(struct modules *modules, uint32_t id);

/** Give a module its debug file, and the file that it shares information with, or -1. Takes both
 *  over, also on failure. From now on symbols and lines are looked up again. ERR_FORMAT: they
 *  belong to another build. */
struct err *module_give_debug(struct modules *modules, uint32_t id, int fd,
			      int shared_fd) __must_check;

/** Add a module that is known only by its debug file. It is never live, and gets a new id. Lines
 *  and symbols can be looked up by ELF address. Takes both files over as module_give_debug() does.
 *  path is that of the module; it is copied. ERR_FORMAT: the file belongs to another build. */
struct err *modules_add_debug_file(struct modules *modules, const char *path,
				   const uint8_t *build_id, size_t build_id_size, int fd,
				   int shared_fd, uint32_t *ret) __must_check;

/** A runtime address inside an executable mapping of the process that holds a system call
 *  instruction, the vDSO first. Reads the modules' files or memory of pid.
 *  &err_not_found: none. */
struct err *modules_find_syscall_insn(struct modules *modules, pid_t pid,
				      uint64_t *ret) __must_check;

/** The unused rest [start, end) of the last page of a live module's code: executable, near the
 *  code, and in the file part of no code segment. False: there is none. */
bool module_code_cave(struct modules *modules, uint32_t id, uint64_t *start_ret, uint64_t *end_ret);

/** Compile the unwind row for a runtime pc. is_call_site: pc is a return address, and the row is
 *  that of pc - 1. Malformed or missing CFI is no failure: the row is CFI_ROW_NO_CFI, or the plain
 *  row of a function's entry if pc is one by its symbol. Without executable memory it is
 *  CFI_ROW_NO_CODE: /proc/PID/maps is read for that. An expression that fits no kind gives
 *  CFI_ROW_NONE and &err_not_found. The first pc of a module without row in .eh_frame makes libdw
 *  look for a separate debug file with .debug_frame. Otherwise this takes a few microseconds. */
struct err *modules_cfi_row(struct modules *modules, uint64_t pc, bool is_call_site,
			    struct cfi_row *ret) __must_check;
/** Where the process itself has the call-frame information of the code at a runtime pc, by the
 *  headers of the file. False: nowhere. O(log modules). */
bool modules_eh_area(const struct modules *modules, uint64_t pc, struct eh_area *ret);

#endif
