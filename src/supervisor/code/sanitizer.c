// SPDX-License-Identifier: GPL-3.0-or-later
// LeakSanitizer, a part of AddressSanitizer, looks for leaks when the program ends. It does so from
// a task of its own that must ptrace all other tasks. These have a tracer already. So it prints
// "LeakSanitizer does not work under ptrace", and the program ends with its error status before its
// output is flushed. This is no fault of the program, and we cannot mend it. So we say it in time.
#include "config.h"

#include "supervisor/code/sanitizer.h"

#include "base/io.h"
#include "supervisor/core/notes.h"

#include <string.h>

#define MAX_ENVIRON (4 << 20)

static struct err *on_symbol(void *ctx, size_t index, uint64_t addr, uint64_t size)
{
	(void)index;
	(void)addr;
	(void)size;
	*(bool *)ctx = true;
	return NULL;
}

/** The name of the live module that has the leak check, or NULL; lives as long as t. */
static const char *find_leak_check(struct traced *t)
{
	static const char *const names[] = {"__lsan_do_leak_check"};
	const struct module *module;
	bool is_found = false;
	uint32_t id;

	for (id = 1; id <= modules_num(t->modules); id++) {
		module = modules_get(t->modules, id);
		if (!module->is_live)
			continue;
		err_destroy(module_find_functions(t->modules, id, names, 1, false, on_symbol,
						  &is_found));
		if (is_found)
			return module->name;
	}
	return NULL;
}

static bool is_off(const char *variable)
{
	static const char *const off[] = {"detect_leaks=0", "detect_leaks=false",
					  "detect_leaks=no"};
	size_t i;

	if (strncmp(variable, "ASAN_OPTIONS=", 13) != 0 &&
	    strncmp(variable, "LSAN_OPTIONS=", 13) != 0)
		return false;
	for (i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		if (strstr(variable, off[i]))
			return true;
	return false;
}

/** The program was started without its leak check. */
static bool has_switched_off(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	char path[32];
	size_t size = 0, i;
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	err = io_read_file(path, MAX_ENVIRON, &text, &size);
	err_destroy(err);
	if (err)
		return false;
	for (i = 0; i < size; i += strlen(text + i) + 1)
		if (is_off(text + i))
			return true;
	return false;
}

void sanitizer_note(struct traced *t)
{
	const char *module;

	traced_lock_obj(t);
	module = find_leak_check(t);
	traced_unlock_obj(t);
	if (!module || has_switched_off(io_live_task(t->pid)))
		return;
	traced_note(
		t,
		"%s has LeakSanitizer, which does not work under a tracer: traced to its end, "
		"the program fails; start it with ASAN_OPTIONS=detect_leaks=0 (LSAN_OPTIONS with "
		"-fsanitize=leak), or detach before it ends",
		module);
}
