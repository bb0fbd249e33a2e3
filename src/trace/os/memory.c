// SPDX-License-Identifier: GPL-3.0-or-later
// Memory is read by process_vm_readv(), code is written through /proc/PID/mem. Kernels that refuse
// the latter take PTRACE_POKEDATA, for which some thread must stand still.
#include "config.h"

#include "trace/os/memory.h"

#include "base/clock.h"
#include "base/io.h"
#include "trace/os/process.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

/** How long one thread may take to stop when a write needs one that is stopped. */
#define POKE_TIMEOUT_NS (200 * NS_PER_MS)

bool memory_open_process(struct process *p)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)io_live_task(p->pid));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (p->mem_fd >= 0)
		close(p->mem_fd);
	p->mem_fd = fd;
	return true;
}

size_t memory_read_some(pid_t tid, uint64_t addr, void *buf, size_t size)
{
	struct iovec local = {buf, size};
	struct iovec remote = {(void *)addr, size};
	ssize_t n = process_vm_readv(tid, &local, 1, &remote, 1, 0);
	size_t to_page_end = 4096 - (addr & 4095);

	// An unreadable page later on makes some kernels refuse the whole call: try the first page.
	if (n < 0 && size > to_page_end) {
		local.iov_len = remote.iov_len = to_page_end;
		n = process_vm_readv(tid, &local, 1, &remote, 1, 0);
	}
	return n < 0 ? 0 : (size_t)n;
}

bool memory_read(pid_t tid, uint64_t addr, void *buf, size_t size)
{
	return memory_read_some(tid, addr, buf, size) == size;
}

bool memory_peek(pid_t tid, uint64_t addr, uint64_t *ret)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, tid, addr, 0);
	if (errno)
		return false;
	*ret = (uint64_t)word;
	return true;
}

bool memory_read_two(pid_t tid, const uint64_t addrs[2], uint64_t ret[2])
{
	struct iovec local = {ret, 2 * sizeof(*ret)};
	struct iovec remote[2] = {{(void *)addrs[0], sizeof(*ret)},
				  {(void *)addrs[1], sizeof(*ret)}};

	return process_vm_readv(tid, &local, 1, remote, 2, 0) == 2 * sizeof(*ret);
}

/** Kernels can be told to refuse writes to read-only memory through /proc/PID/mem
 *  (proc_mem.force_override=never, Linux 6.12). In test builds, MALLOSCOPE_NO_FORCED_WRITES
 *  simulates this. */
static bool write_forced(int fd, uint64_t addr, const void *buf, size_t size)
{
#ifdef ENABLE_FAULT_POINTS
	if (getenv("MALLOSCOPE_NO_FORCED_WRITES")) {
		errno = EIO;
		return false;
	}
#endif
	return pwrite(fd, buf, size, (off_t)addr) == (ssize_t)size;
}

/** By PTRACE_POKEDATA, which no such setting forbids, through a stopped thread. */
static bool poke(pid_t tid, uint64_t addr, const uint8_t *buf, size_t size)
{
	while (size) {
		uint64_t start = addr & ~7ull;
		size_t skip = addr - start, num = size < 8 - skip ? size : 8 - skip;
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, tid, start, 0);
		if (errno)
			return false;
		memcpy((uint8_t *)&word + skip, buf, num);
		if (ptrace(PTRACE_POKEDATA, tid, start, word) < 0)
			return false;
		addr += num;
		buf += num;
		size -= num;
	}
	return true;
}

static bool poke_by_stopped(struct process *p, uint64_t addr, const void *buf, size_t size)
{
	const struct thread *t;
	size_t i;

	hmap_each (&p->threads, i, t) {
		// One that listens for the end of its group-stop refuses.
		if (t->is_stopped && poke(t->tid, addr, buf, size))
			return true;
	}
	return false;
}

static bool stop_thread(struct waiter *w, struct thread *t)
{
	struct stop stop;

	if (t->is_stopped || !thread_interrupt(t) ||
	    !waiter_await(w, t->tid, POKE_TIMEOUT_NS, &stop))
		return false;
	return t->is_stopped = !stop_is_end(&stop);
}

/** Stop a thread to write through, if possible one that does not sleep in a system call. Its stop
 *  is acted on later, in its turn. */
static bool stop_one(struct process *p)
{
	struct thread *t;
	bool is_asleep;
	size_t i;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		hmap_each (&p->threads, i, t) {
			is_asleep = task_is_asleep(t->tid);
			if (is_asleep == (pass == 1) && stop_thread(p->tracer->waiter, t))
				return true;
		}
	}
	return false;
}

bool memory_write(struct process *p, int mem_fd, pid_t stopped_tid, uint64_t addr, const void *buf,
		  size_t size)
{
	uint8_t byte;

	if (write_forced(mem_fd, addr, buf, size))
		return true;
	// Not even readable: it is not there.
	if (pread(mem_fd, &byte, 1, (off_t)addr) != 1)
		return false;
	if (stopped_tid)
		return poke(stopped_tid, addr, buf, size);
	return poke_by_stopped(p, addr, buf, size) ||
	       (stop_one(p) && poke_by_stopped(p, addr, buf, size));
}

bool memory_write_code(struct process *p, uint64_t addr, const void *buf, size_t size)
{
	return memory_write(p, p->mem_fd, 0, addr, buf, size);
}

static bool read_code(void *ctx, uint64_t addr, void *buf, size_t size)
{
	const struct memory_code *code = ctx;

	return pread(code->fd, buf, size, (off_t)addr) == (ssize_t)size;
}

static bool write_code(void *ctx, uint64_t addr, const void *buf, size_t size)
{
	const struct memory_code *code = ctx;

	return memory_write(code->process, code->fd, code->stopped_tid, addr, buf, size);
}

struct code_ops memory_code_ops(struct memory_code *code)
{
	return (struct code_ops){read_code, write_code, code};
}
