// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/shared.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/** What shared_trim() leaves of ring and rows. */
#define HEAD        4096
#define ALIGN_UP(n) (((n) + 4095) & ~(size_t)4095)

static size_t rows_place(void)
{
	return ALIGN_UP(sizeof(struct shared));
}

static size_t ring_place(void)
{
	return rows_place() + ALIGN_UP(cfi_rows_shm_size(SHARED_NUM_ROWS));
}

static size_t total_size(void)
{
	return ring_place() + ring_shm_size(SHARED_RING_SIZE);
}

static struct shared *map(int flags)
{
	void *p = mmap(NULL, total_size(), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void shared_init(struct shared *shared)
{
	// All processes map it at the same address, since they are forked from one: pointers into
	// it hold.
	shared->rows = (struct cfi_rows *)((char *)shared + rows_place());
	shared->ring = (struct ring *)((char *)shared + ring_place());
	cfi_rows_init(shared->rows, SHARED_NUM_ROWS);
	ring_init(shared->ring, SHARED_RING_SIZE);
}

struct err *shared_create(struct shared **ret)
{
	struct shared *shared = map(0);

	if (!shared)
		return err_sys(errno, "cannot map shared memory");
	shared_init(shared);
	*ret = shared;
	return NULL;
}

struct shared *shared_reserve(void)
{
	struct shared *shared = map(MAP_NORESERVE);

	// Some gigabytes of nothing, in all.
	if (shared)
		madvise(shared, total_size(), MADV_DONTDUMP);
	return shared;
}

void shared_trim(struct shared *shared)
{
	char *p = (char *)shared;
	size_t size = ring_place() - rows_place() - HEAD;

	// The heads stay, since the other side may still look at them.
	if (madvise(p + rows_place() + HEAD, size, MADV_REMOVE) < 0)
		memset(p + rows_place() + HEAD, 0, size);
	// Kernels that cannot do it keep the pages.
	madvise(p + ring_place() + HEAD, total_size() - ring_place() - HEAD, MADV_REMOVE);
}

void shared_renew(struct shared *shared)
{
	memset(&shared->stats, 0, sizeof(shared->stats));
	memset(shared->planted, 0, shared->num_planted * sizeof(*shared->planted));
	shared->num_planted = 0;
	memset((char *)shared + rows_place(), 0, HEAD);
	shared_init(shared);
}

void shared_destroy(struct shared *shared)
{
	if (shared)
		munmap(shared, total_size());
}
