// SPDX-License-Identifier: GPL-3.0-or-later
/** Where the parts of the test process have their call-frame information, for its agent. */
#ifndef TESTS_UNIT_AGENT_AREAS_H
#define TESTS_UNIT_AGENT_AREAS_H

#include "agent_fixture.h"

#include <link.h>

static int add_own_area(struct dl_phdr_info *info, size_t size, void *areas)
{
	struct eh_area area = {.start = UINT64_MAX};
	const Elf64_Phdr *phdr;
	uint64_t start;
	unsigned i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		phdr = &info->dlpi_phdr[i];
		start = info->dlpi_addr + phdr->p_vaddr;
		if (phdr->p_type == PT_LOAD && start < area.start)
			area.start = start;
		if (phdr->p_type == PT_LOAD)
			area.end = start + phdr->p_memsz;
		if (phdr->p_type == PT_GNU_EH_FRAME) {
			area.header = start;
			area.header_size = phdr->p_memsz;
		}
	}
	if (area.header)
		ck_assert(eh_areas_add(areas, &area));
	return 0;
}

static inline void publish_own_areas(void)
{
	static struct eh_areas areas;

	areas.num = 0;
	dl_iterate_phdr(add_own_area, &areas);
	eh_areas_publish(agent_memory_areas(f.memory), &areas);
	f.state->areas = (uint64_t)agent_memory_areas(f.memory);
}

#endif
