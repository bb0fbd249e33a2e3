// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include <errno.h>
#include <sys/uio.h>

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

bool memory_write_code(struct engine *e, uint64_t addr, const void *buf, size_t size)
{
	return pwrite(e->mem_fd, buf, size, (off_t)addr) == (ssize_t)size;
}

size_t memory_read_code(struct engine *e, uint64_t addr, uint8_t *buf, size_t size)
{
	ssize_t n = pread(e->mem_fd, buf, size, (off_t)addr);
	struct breakpoint *b;
	ssize_t i;

	if (n < 0 && size > 4096 - (addr & 4095))
		n = pread(e->mem_fd, buf, 4096 - (addr & 4095), (off_t)addr);
	for (i = 0; i < n; i++) {
		b = breakpoint_find(e, addr + i);
		if (b && b->is_planted)
			buf[i] = e->shared->planted[b->planted_index].original;
	}
	return n < 0 ? 0 : (size_t)n;
}
