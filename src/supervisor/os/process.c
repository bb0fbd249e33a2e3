// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/os/process.h"

#include "base/clock.h"
#include "base/io.h"
#include "supervisor/traced.h"

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

/** A value of the auxiliary vector. False: not there. */
static bool auxv_get(pid_t pid, uint64_t type, uint64_t *ret)
{
	_cleanup_free_ char *bytes = NULL;
	char path[32];
	struct err *err;
	size_t size, i;
	uint64_t entry[2];

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	err = io_read_file(path, 1 << 16, &bytes, &size);
	if (err) {
		err_destroy(err);
		return false;
	}
	for (i = 0; i + sizeof(entry) <= size; i += sizeof(entry)) {
		memcpy(entry, bytes + i, sizeof(entry));
		if (entry[0] == type) {
			*ret = entry[1];
			return true;
		}
	}
	return false;
}

bool process_read(pid_t pid, uint64_t addr, void *buf, size_t size)
{
	struct iovec local = {buf, size}, remote = {(void *)addr, size};

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/** The program headers of the executable, as the kernel mapped them. False: unreadable. */
static bool read_phdrs(pid_t pid, Elf64_Phdr phdrs[64], size_t *num_ret, uint64_t *bias_ret)
{
	uint64_t addr, num, i;

	if (!auxv_get(pid, AT_PHDR, &addr) || !auxv_get(pid, AT_PHNUM, &num) || num > 64 ||
	    !process_read(pid, addr, phdrs, num * sizeof(*phdrs)))
		return false;
	*num_ret = num;
	*bias_ret = 0;
	for (i = 0; i < num; i++)
		if (phdrs[i].p_type == PT_PHDR)
			*bias_ret = addr - phdrs[i].p_vaddr;
	return true;
}

bool process_has_interpreter(pid_t pid)
{
	Elf64_Phdr phdrs[64];
	size_t num, i;
	uint64_t bias;

	if (!read_phdrs(pid, phdrs, &num, &bias))
		return false;
	for (i = 0; i < num; i++)
		if (phdrs[i].p_type == PT_INTERP)
			return true;
	return false;
}

bool process_link_state(pid_t pid, uint64_t *ret)
{
	Elf64_Phdr phdrs[64];
	size_t num, i, k;
	uint64_t bias;
	Elf64_Dyn dyn;

	if (!read_phdrs(pid, phdrs, &num, &bias))
		return false;
	for (i = 0; i < num; i++) {
		if (phdrs[i].p_type != PT_DYNAMIC)
			continue;
		for (k = 0; k < phdrs[i].p_memsz / sizeof(dyn); k++) {
			if (!process_read(pid, bias + phdrs[i].p_vaddr + k * sizeof(dyn), &dyn,
					  sizeof(dyn)) ||
			    dyn.d_tag == DT_NULL)
				break;
			if (dyn.d_tag != DT_DEBUG || !dyn.d_un.d_ptr)
				continue;
			*ret = dyn.d_un.d_ptr + offsetof(struct r_debug, r_state);
			return true;
		}
	}
	return false;
}

bool process_is_linking(pid_t pid, uint64_t link_state)
{
	uint32_t state;

	return process_read(pid, link_state, &state, sizeof(state)) && state != RT_CONSISTENT;
}

bool process_entry(pid_t pid, uint64_t *ret)
{
	return auxv_get(pid, AT_ENTRY, ret);
}

/** The sum of the lines "KEY: N kB", in bytes. */
static uint64_t sum_of(const char *text, const char *key)
{
	size_t size = strlen(key);
	uint64_t sum = 0;
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) == 0)
			sum += strtoull(line + size, NULL, 10) * 1024;
	}
	return sum;
}

bool process_footprint(pid_t pid, struct traced_footprint *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[40];
	struct err *err;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	err = io_read_file(path, 1 << 16, &text, &size);
	err_destroy(err);
	// That of a process without memory, a zombie, is empty.
	if (err || !size)
		return false;
	ret->resident = sum_of(text, "Rss:");
	ret->private = sum_of(text, "Private_Clean:") + sum_of(text, "Private_Dirty:") +
		       sum_of(text, "Private_Hugetlb:");
	ret->swapped = sum_of(text, "Swap:");
	return true;
}

bool process_cpu_ns(pid_t pid, uint64_t *ret)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
		return false;
	*ret = (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
	return true;
}
