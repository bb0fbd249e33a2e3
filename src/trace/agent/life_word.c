// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel goes through a list of nodes, and finds the futex of each at the same distance. The
// target can write the futex, and must not write the list: so the page with the node is ours alone,
// and is mapped in front of the page with the futex.
#include "config.h"

#include "trace/agent/life_word.h"

#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u

/** At the begin of the page in front. */
struct life_word {
	struct robust_list node;
	/** The one before it in the list. */
	struct robust_list *previous;
};

/** glibc registers an empty list of its own for each thread, for robust mutexes, of which there are
 *  none here. */
static struct robust_list_head head;

static bool use_list(size_t offset)
{
	if (head.list.next)
		return head.futex_offset == (long)(PAGE + offset);
	head.list.next = &head.list;
	head.futex_offset = (long)(PAGE + offset);
	return syscall(SYS_set_robust_list, &head, sizeof(head)) == 0;
}

struct life_word *life_word_create(int fd, size_t offset)
{
	struct life_word *word;
	uint32_t *futex;
	char *pages;

	if (!use_list(offset))
		return NULL;
	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return NULL;
	if (mmap(pages + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED) {
		munmap(pages, 2 * PAGE);
		return NULL;
	}
	word = (struct life_word *)pages;
	futex = (uint32_t *)(pages + PAGE + offset);
	word->node.next = head.list.next;
	word->previous = &head.list;
	if (word->node.next != &head.list)
		((struct life_word *)word->node.next)->previous = &word->node;
	__atomic_store_n(futex, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	// The kernel may look at any moment.
	__atomic_store_n(&head.list.next, &word->node, __ATOMIC_RELEASE);
	return word;
}

void life_word_destroy(struct life_word *word)
{
	if (!word)
		return;
	if (word->node.next != &head.list)
		((struct life_word *)word->node.next)->previous = word->previous;
	__atomic_store_n(&word->previous->next, word->node.next, __ATOMIC_RELEASE);
	munmap(word, 2 * PAGE);
}
