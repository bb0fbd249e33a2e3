// SPDX-License-Identifier: GPL-3.0-or-later
// The descriptor of /proc/PID/mem was opened while all was well. So when the tracer dies, nothing
// more must be asked for to write the original bytes back. The list in shared memory says which
// bytes.
#include "config.h"

#include "supervisor/core/memory.h"

#include "base/io.h"
#include "base/log.h"

#include <fcntl.h>

void memory_open(struct traced *t)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)io_live_task(t->pid));
	fd = open(path, O_RDWR | O_CLOEXEC);
	fd = __atomic_exchange_n(&t->mem_fd, fd, __ATOMIC_SEQ_CST);
	if (fd >= 0)
		close(fd);
}

void memory_close(struct traced *t)
{
	int fd = __atomic_exchange_n(&t->mem_fd, -1, __ATOMIC_SEQ_CST);

	if (fd >= 0)
		close(fd);
}

static bool read_code(void *ctx, uint64_t addr, void *buf, size_t size)
{
	return pread(*(const int *)ctx, buf, size, (off_t)addr) == (ssize_t)size;
}

static bool write_code(void *ctx, uint64_t addr, const void *buf, size_t size)
{
	return pwrite(*(const int *)ctx, buf, size, (off_t)addr) == (ssize_t)size;
}

void memory_restore(struct traced *t)
{
	int fd = __atomic_load_n(&t->mem_fd, __ATOMIC_SEQ_CST);
	const struct code_ops ops = {read_code, write_code, &fd};
	const struct code_sync sync = {patched_sync_all_cpus, NULL};
	size_t num_left;

	if (fd < 0)
		return;
	// Calls pass a jump that stays, since the agent does nothing without its tracer.
	num_left =
		patched_restore_all(t->shared->patched, shared_num_patched(t->shared),
				    t->shared->planted, shared_num_planted(t->shared), arch_host(),
				    &ops, patched_can_sync_all_cpus() ? &sync : NULL);
	if (num_left)
		log_debug("%zu traps and jumps cannot be taken out", num_left);
}
