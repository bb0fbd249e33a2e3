// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/exchanged.h"

#include "agent/agent.h"
#include "base/log.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <stddef.h>
#include <unistd.h>

static bool read_bucket(struct process *p, uint32_t i, struct agent_record ret[AGENT_WAYS])
{
	size_t size = AGENT_WAYS * sizeof(*ret);

	return pread(p->mem_fd, ret, size, (off_t)(p->agent_private + i * size)) == (ssize_t)size;
}

void exchanged_original(struct process *p, uint64_t slot, uint64_t *word)
{
	struct agent_record records[AGENT_WAYS];
	size_t i;

	if (!p->trampoline || *word != p->trampoline ||
	    !read_bucket(p, agent_bucket(slot), records))
		return;
	for (i = 0; i < AGENT_WAYS; i++)
		if (records[i].slot == slot)
			*word = records[i].return_addr;
}

static void put_back(struct process *p, const struct agent_record *record)
{
	uint64_t word;

	if (record->slot <= AGENT_RECORD_BUSY ||
	    pread(p->mem_fd, &word, sizeof(word), (off_t)record->slot) != sizeof(word) ||
	    word != p->trampoline)
		return;
	word = record->return_addr;
	if (!memory_write_code(p, record->slot, &word, sizeof(word)))
		log_debug("the return address at %#llx stays exchanged",
			  (unsigned long long)record->slot);
}

void exchanged_put_back(struct process *p)
{
	struct agent_record records[AGENT_WAYS];
	uint32_t i, k;

	if (!p->trampoline)
		return;
	for (i = 0; i < AGENT_BUCKETS; i++) {
		if (!read_bucket(p, i, records))
			return;
		for (k = 0; k < AGENT_WAYS; k++)
			put_back(p, &records[k]);
	}
}
