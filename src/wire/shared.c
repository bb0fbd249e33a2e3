// SPDX-License-Identifier: GPL-3.0-or-later
// The shared memory is a memfd, and anonymous memory where that is refused. Its size is sealed: a
// process that has the descriptor can spoil the contents, but cannot take pages away under the
// others.
#include "config.h"

#include "wire/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

/** What shared_trim() leaves of the rows. */
#define HEAD 4096

/** -1: there can be no file, or none of that size. */
static int create_file(void)
{
	struct rlimit limit;
	int fd;

	// To grow a file beyond the limit does not only fail, it is a SIGXFSZ.
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < SHARED_SIZE)
		return -1;
	fd = memfd_create("malloscope", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	// Linux before 6.3 does not know the last one.
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("malloscope", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, SHARED_SIZE) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

/** fd -1: of nobody but us and our children. */
static struct shared *map(int fd)
{
	int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
	void *p = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		return NULL;
	// Some gigabytes of nothing, with many processes.
	madvise(p, SHARED_SIZE, MADV_DONTDUMP);
	return p;
}

void shared_init(struct shared *shared)
{
	cfi_rows_init(shared_rows(shared), SHARED_NUM_ROWS);
	ring_init(shared_ring(shared));
}

struct err *shared_create(struct shared **ret, int *fd_ret)
{
	int fd = create_file(), errnum;
	struct shared *shared = map(fd);

	errnum = errno;
	if (fd >= 0 && !(shared && fd_ret))
		close(fd);
	if (!shared)
		return err_sys(errnum, "cannot map shared memory");
	shared_init(shared);
	*ret = shared;
	if (fd_ret)
		*fd_ret = fd;
	return NULL;
}

struct err *shared_map(int fd, struct shared **ret)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (fstat(fd, &st) < 0)
		return err_sys(errno, "cannot map shared memory");
	if (st.st_size != (off_t)SHARED_SIZE || seals < 0 || !(seals & F_SEAL_SHRINK))
		return err_create(
			ERR_OTHER,
			"cannot map shared memory: it is not sealed, or of another version");
	*ret = map(fd);
	return *ret ? NULL : err_sys(errno, "cannot map shared memory");
}

struct shared *shared_reserve(void)
{
	int fd = create_file();
	struct shared *shared = map(fd);

	if (fd >= 0)
		close(fd);
	return shared;
}

/** All slots zero: a sequence number of this life would be taken for one of the next. */
static void give_back_slots(struct shared *shared)
{
	struct ring_slot *slots = shared_ring(shared)->slots;

	if (madvise(slots, (size_t)((char *)shared + SHARED_SIZE - (char *)slots), MADV_REMOVE) < 0)
		memset(slots, 0, SHARED_NUM_SLOTS * sizeof(*slots));
}

void shared_trim(struct shared *shared)
{
	char *rows = (char *)shared_rows(shared) + HEAD;
	size_t rows_size = SHARED_RING_OFFSET - SHARED_ROWS_OFFSET - HEAD;

	// The heads stay, since the other side may still look at them.
	if (madvise(rows, rows_size, MADV_REMOVE) < 0)
		memset(rows, 0, rows_size);
	give_back_slots(shared);
}

void shared_renew(struct shared *shared)
{
	memset(&shared->stats, 0, sizeof(shared->stats));
	memset(shared->planted, 0, shared_num_planted(shared) * sizeof(*shared->planted));
	shared->num_planted = 0;
	shared->num_agent_rounds = 0;
	memset(shared->patched, 0, shared_num_patched(shared) * sizeof(*shared->patched));
	shared->num_patched = 0;
	memset(shared_rows(shared), 0, HEAD);
	// Somebody may have put a record since shared_trim().
	give_back_slots(shared);
	shared_init(shared);
}

void shared_destroy(struct shared *shared)
{
	if (shared)
		munmap(shared, SHARED_SIZE);
}
