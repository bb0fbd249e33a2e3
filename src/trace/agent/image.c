// SPDX-License-Identifier: GPL-3.0-or-later
// The text is mapped as xol areas are: it is never
// writable in the target. The memory is a memfd that the target makes, since it has to map it: we
// open it by its number, and believe nothing of it before agent_memory_map() has looked.
#include "config.h"

#include "trace/agent/image.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/log.h"
#include "trace/agent/process_agent.h"
#include "trace/code/breakpoints.h"
#include "trace/code/xol_areas.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/agent_map.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC       1u
#define MFD_ALLOW_SEALING 2u
#endif

/** Nothing is mapped so far before and behind the image: the kernel shows neighbours as one
 *  mapping, and later tracers look for xol areas, and for the image, where mappings begin. */
#define GUARD 4096u

/** As /proc/PID/maps shows it. */
static const char memory_name[] = "malloscope";

bool agent_set_mode(struct process *p, enum agent_mode mode)
{
	uint64_t addr = agent_at(p->agent, p->agent->layout->state_offset) +
			offsetof(struct agent_state, mode);
	uint32_t value = mode;

	p->agent->mode = mode;
	return memory_write_code(p, addr, &value, sizeof(value));
}

/** t makes a system call. &err_gone: it vanished. ERR_OTHER: it is refused. */
static struct err *call(struct process *p, struct thread *t, const char *name, long nr,
			const uint64_t args[6], uint64_t *ret)
{
	int64_t result;

	if (!xol_syscall(p, t, nr, args, &result))
		return &err_gone;
	if (result < 0 && result > -4096)
		return err_create(ERR_OTHER, "it cannot %s: %s", name, strerror((int)-result));
	*ret = (uint64_t)result;
	return NULL;
}

static struct err *map_parts(struct process *p, struct thread *t, const struct process_agent *a)
{
	const struct agent_image *layout = a->layout;
	const uint64_t code[6] = {a->image, layout->text_size, PROT_READ | PROT_EXEC};
	const uint64_t writable[6] = {agent_at(a, layout->private_offset),
				      layout->image_size - layout->private_offset,
				      PROT_READ | PROT_WRITE};
	const uint64_t wiped[6] = {agent_at(a, layout->state_offset), layout->state_size,
				   MADV_WIPEONFORK};
	uint64_t none;
	struct err *err;

	err = call(p, t, "map code", SYS_mprotect, code, &none);
	if (!err)
		err = call(p, t, "map memory", SYS_mprotect, writable, &none);
	if (!err)
		err = call(p, t, "have memory wiped in children", SYS_madvise, wiped, &none);
	return err;
}

static void unmap(struct process *p, struct thread *t, uint64_t addr, uint64_t size)
{
	const uint64_t args[6] = {addr, size};
	uint64_t none;

	err_destroy(call(p, t, "unmap memory", SYS_munmap, args, &none));
}

/** Is the image at start one that an earlier tracer has left, the same as ours? */
static bool is_image(struct process *p, uint64_t start)
{
	size_t size;
	const struct agent_image *text = agent_image(&size);
	_cleanup_free_ uint8_t *there = malloc(size);

	if (!there || breakpoint_read_code(p, start, there, size) != size)
		return false;
	// A trap of upcalls may stand there still.
	there[text->upcall] = ((const uint8_t *)text)[text->upcall];
	return memcmp(there, text, size) == 0;
}

/** An image that is there already: calls in progress may still return to it. 0: none. */
static uint64_t find_image(struct process *p)
{
	_cleanup_free_ char *line = NULL;
	uint64_t start, end, ret = 0;
	char path[32], rights[5];
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)io_live_task(p->pid));
	file = fopen(path, "re");
	while (file && !ret && getline(&line, &size, file) > 0)
		if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) == 3 && rights[2] == 'x' &&
		    end - start == agent_image(&(size_t){0})->text_size && is_image(p, start))
			ret = start;
	if (file)
		fclose(file);
	return ret;
}

struct err *agent_image_map(struct process *p, struct thread *t, struct process_agent *a)
{
	uint64_t size = a->layout->image_size + 2 * GUARD;
	const uint64_t args[6] = {0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0};
	const struct agent_image *text;
	struct err *err;
	size_t text_size;

	a->image = find_image(p);
	if (a->image)
		return NULL;
	err = call(p, t, "reserve memory", SYS_mmap, args, &a->image);
	if (err)
		return err;
	FAULT_POINT("agent-image");
	a->image += GUARD;
	err = map_parts(p, t, a);
	text = agent_image(&text_size);
	if (!err && !memory_write_code(p, a->image, text, text_size))
		err = &err_gone;
	if (err && err != &err_gone)
		unmap(p, t, a->image - GUARD, size);
	return err;
}

/** t has opened it as fd. */
static struct err *open_memory(struct thread *t, int fd, struct process_agent *a)
{
	struct err *err = agent_memory_open(t->tid, fd, &a->memory_fd);

	if (err)
		return err;
	err = agent_memory_prepare(a->memory_fd);
	if (!err)
		err = agent_memory_map(a->memory_fd, &a->memory);
	if (err) {
		close(a->memory_fd);
		a->memory_fd = -1;
		return err;
	}
	agent_memory_init(a->memory);
	a->shared = agent_memory_agent(a->memory);
	return NULL;
}

static struct err *map_memory(struct process *p, struct thread *t, int fd, struct process_agent *a)
{
	const uint64_t args[6] = {0,          AGENT_MEMORY_SIZE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, (uint64_t)fd,      0};
	uint64_t undumped[6] = {0, AGENT_MEMORY_SIZE, MADV_DONTDUMP}, none;
	struct err *err;

	err = call(p, t, "map memory", SYS_mmap, args, &a->memory_addr);
	if (err)
		return err;
	undumped[0] = a->memory_addr;
	err_destroy(call(p, t, "keep memory out of core dumps", SYS_madvise, undumped, &none));
	return NULL;
}

/** Make the memfd. Its name goes to the private part, where nobody has anything yet. */
static struct err *create_memfd(struct process *p, struct thread *t, const struct process_agent *a,
				int *ret)
{
	static const char zeros[sizeof(memory_name)];
	uint64_t name = agent_at(a, a->layout->private_offset), fd;
	const uint64_t args[6] = {name, MFD_CLOEXEC | MFD_ALLOW_SEALING};
	struct err *err;

	if (!memory_write_code(p, name, memory_name, sizeof(memory_name)))
		return &err_gone;
	err = call(p, t, "create a file in memory", SYS_memfd_create, args, &fd);
	if (!err)
		*ret = (int)fd;
	if (!memory_write_code(p, name, zeros, sizeof(zeros)) && !err)
		err = &err_gone;
	return err;
}

struct err *agent_memory_install(struct process *p, struct thread *t, struct process_agent *a)
{
	uint64_t close_args[6] = {0}, none;
	struct err *err;
	int fd;

	err = create_memfd(p, t, a, &fd);
	if (err)
		return err;
	FAULT_POINT("agent-memfd");
	err = open_memory(t, fd, a);
	if (!err)
		err = map_memory(p, t, fd, a);
	close_args[0] = (uint64_t)fd;
	err_destroy(call(p, t, "close a file", SYS_close, close_args, &none));
	FAULT_POINT("agent-memory");
	return err;
}

void agent_memory_uninstall(struct process *p, struct thread *t)
{
	if (!p->agent->memory_addr)
		return;
	unmap(p, t, p->agent->memory_addr, AGENT_MEMORY_SIZE);
	p->agent->memory_addr = 0;
}
