// SPDX-License-Identifier: GPL-3.0-or-later
/** The memory of the target. */
#ifndef TRACE_OS_MEMORY_H
#define TRACE_OS_MEMORY_H

#include "base/cleanup.h"
#include "wire/planted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process;

/** Open /proc/PID/mem of the present process image. False: errno tells; mem_fd stays. */
bool memory_open_process(struct process *p) __must_check;
/** Read size bytes at addr through a stopped or running thread. False: not all of it is there. */
bool memory_read(pid_t tid, uint64_t addr, void *buf, size_t size) __must_check;
/** Read at most size bytes. Returns how many could be read (0: none). Fewer than size end at the
 *  end of a page. */
size_t memory_read_some(pid_t tid, uint64_t addr, void *buf, size_t size);
/** Read one word of a stopped thread's memory. This is cheaper than memory_read(). */
bool memory_peek(pid_t tid, uint64_t addr, uint64_t *ret) __must_check;
/** Read two words at different places, for little more than the price of one. False: one of them is
 *  not there. */
bool memory_read_two(pid_t tid, const uint64_t addrs[2], uint64_t ret[2]) __must_check;
/** Write into code or read-only data. False: refused or gone; errno tells. */
bool memory_write_code(struct process *p, uint64_t addr, const void *buf, size_t size) __must_check;
/** The same for the memory behind mem_fd. If the kernel refuses that, write through stopped_tid. If
 *  that is 0, write through any thread of ours, and stop one if needed. */
bool memory_write(struct process *p, int mem_fd, pid_t stopped_tid, uint64_t addr, const void *buf,
		  size_t size) __must_check;

/** Where code is read and written: the memory behind fd, as memory_write() does it. */
struct memory_code {
	struct process *process;
	int fd;
	pid_t stopped_tid;
};
/** Access to it. */
struct code_ops memory_code_ops(struct memory_code *code);

#endif
