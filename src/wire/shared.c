// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/shared.h"

#include <errno.h>
#include <sys/mman.h>

#define ALIGN_UP(n) (((n) + 4095) & ~(size_t)4095)

static size_t rows_place(void)
{
	return ALIGN_UP(sizeof(struct shared));
}

static size_t ring_place(void)
{
	return rows_place() + ALIGN_UP(rows_shm_size(SHARED_NUM_ROWS));
}

static size_t total_size(void)
{
	return ring_place() + ring_shm_size(SHARED_RING_SIZE);
}

struct err *shared_create(struct shared **ret)
{
	// Both processes map it at the same address, since one is forked from the other: pointers
	// into it hold.
	char *p =
		mmap(NULL, total_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct shared *shared = (struct shared *)p;

	if (p == MAP_FAILED)
		return err_sys(errno, "cannot map shared memory");
	shared->rows = (struct rows *)(p + rows_place());
	shared->ring = (struct ring *)(p + ring_place());
	rows_init(shared->rows, SHARED_NUM_ROWS);
	ring_init(shared->ring, SHARED_RING_SIZE);
	*ret = shared;
	return NULL;
}

void shared_destroy(struct shared *shared)
{
	if (shared)
		munmap(shared, total_size());
}
