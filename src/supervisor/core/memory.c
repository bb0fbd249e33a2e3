// SPDX-License-Identifier: GPL-3.0-or-later
// A descriptor of /proc/PID/mem that was opened while all was well: when the tracer dies, nothing
// more has to be asked for to write the bytes back. The shared list says which.
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

void memory_restore(struct traced *t)
{
	const struct shared *shared = t->shared;
	uint32_t i, num = shared_num_planted(shared);
	int fd = __atomic_load_n(&t->mem_fd, __ATOMIC_SEQ_CST);
	uint8_t byte;

	if (fd < 0)
		return;
	for (i = 0; i < num; i++) {
		const struct planted *p = &shared->planted[i];

		if (!__atomic_load_n(&p->is_planted, __ATOMIC_ACQUIRE) ||
		    pread(fd, &byte, 1, (off_t)p->addr) != 1 || byte != arch_host()->trap[0])
			continue;
		if (pwrite(fd, &p->original, 1, (off_t)p->addr) != 1)
			log_debug("cannot restore %#llx", (unsigned long long)p->addr);
	}
}
