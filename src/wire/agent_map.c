// SPDX-License-Identifier: GPL-3.0-or-later
// All of this is about a file that a hostile process has made and still has open.
#include "config.h"

#include "wire/agent_map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SIZE_SEALS  (F_SEAL_SHRINK | F_SEAL_GROW)
#define WRITE_SEALS (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

static struct err *not_ours(const char *why)
{
	return err_create(ERR_OTHER, "cannot share memory with the process: %s", why);
}

static struct err *failed(int errnum)
{
	return err_sys(errnum, "cannot share memory with the process");
}

/** A file in memory, in pages of the usual size: where there is no room for a huge one, reading it
 *  would be a SIGBUS. */
static struct err *check_kind(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return failed(errno);
	return S_ISREG(st.st_mode) && fs.f_type == TMPFS_MAGIC ? NULL : not_ours("it is no memfd");
}

struct err *agent_memory_open(pid_t pid, int fd, int *ret)
{
	_cleanup_close_ int place = -1;
	char path[48];
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	// This opens nothing yet, and from now on it is that file and no other.
	place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0)
		return failed(errno);
	err = check_kind(place);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	// Somebody may hold a lease on it.
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return failed(errno);
	*ret = fd;
	return NULL;
}

struct err *agent_memory_prepare(int fd)
{
	struct rlimit limit;

	// To grow a file beyond the limit does not only fail, it is a SIGXFSZ.
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < AGENT_MEMORY_SIZE)
		return not_ours("the limit of file sizes is too small (ulimit -f)");
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, AGENT_MEMORY_SIZE) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_SEAL) < 0)
		return failed(errno);
	return NULL;
}

struct err *agent_memory_map(int fd, struct agent_memory **ret)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	struct err *err;
	void *p;

	if (fstat(fd, &st) < 0)
		return failed(errno);
	if (seals < 0 || (seals & SIZE_SEALS) != SIZE_SEALS || seals & WRITE_SEALS ||
	    st.st_size != (off_t)AGENT_MEMORY_SIZE)
		return not_ours("it is not sealed, or of another version");
	err = check_kind(fd);
	if (err)
		return err;
	p = mmap(NULL, AGENT_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return failed(errno);
	madvise(p, AGENT_MEMORY_SIZE, MADV_DONTDUMP);
	*ret = p;
	return NULL;
}

void agent_memory_init(struct agent_memory *memory)
{
	cfi_rows_init(agent_memory_rows(memory), AGENT_MEMORY_NUM_ROWS);
	ring_init(agent_memory_ring(memory));
}

size_t agent_memory_resident(struct agent_memory *memory)
{
	size_t num_pages = AGENT_MEMORY_SIZE / 4096, num = 0, i;
	_cleanup_free_ unsigned char *is_there = malloc(num_pages);

	if (!is_there || mincore(memory, AGENT_MEMORY_SIZE, is_there) < 0)
		return 0;
	for (i = 0; i < num_pages; i++)
		num += is_there[i] & 1;
	return num * 4096;
}

void agent_memory_unmap(struct agent_memory *memory)
{
	if (memory)
		munmap(memory, AGENT_MEMORY_SIZE);
}
