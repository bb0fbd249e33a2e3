// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/window.h"

#include "trace/os/memory.h"

#include <string.h>

/** First read of a walk when nothing is known of the thread; most stacks of 30 frames fit. */
#define FIRST_READ 2048
/** What a thread needed the last time is read at once, up to so much: copying more costs as much
 *  as a second call. */
#define MAX_FIRST_READ 16384

/** The outermost frame of a thread stays where it is. So the end of the last walk tells how much of
 *  the stack a walk will ask for, however deep the thread is this time. */
static size_t first_size(uint64_t sp, uint64_t stack_top)
{
	uint64_t size = stack_top - sp;

	// Another stack, or nothing known.
	if (stack_top <= sp || size > (1u << 20))
		return FIRST_READ;
	return size < MAX_FIRST_READ ? size : MAX_FIRST_READ;
}

void window_reset(struct stack_window *w, pid_t tid, uint64_t sp, uint64_t stack_top)
{
	w->tid = tid;
	w->start = 0;
	w->size = 0;
	w->want = first_size(sp, stack_top);
	w->top = 0;
	w->is_behind = false;
}

static bool has_word(const struct stack_window *w, uint64_t addr)
{
	return addr >= w->start && addr + 8 <= w->start + w->size;
}

static bool fill(struct stack_window *w, uint64_t addr)
{
	bool is_first = !w->size;

	// The first word is the lowest; later on saved registers lie a little below the one that is
	// asked for first.
	w->start = is_first ? addr : addr > 128 ? (addr - 128) & ~7ull : 0;
	w->size = memory_read_some(w->tid, w->start, w->bytes, w->want);
	if (is_first)
		w->want = 2 * FIRST_READ;
	else if (w->want < sizeof(w->bytes))
		w->want *= 2;
	return has_word(w, addr);
}

bool window_read(struct stack_window *w, uint64_t addr, uint64_t *ret)
{
	if (addr > UINT64_MAX - 8)
		return false;
	if (w->size && addr < w->start && !w->is_behind) {
		// A register that was saved far below: the walk goes on above.
		w->is_behind = true;
		return memory_read(w->tid, addr, ret, sizeof(*ret));
	}
	if (!has_word(w, addr) && !fill(w, addr))
		return false;
	w->is_behind = false;
	memcpy(ret, w->bytes + (addr - w->start), 8);
	if (addr + 8 > w->top)
		w->top = addr + 8;
	return true;
}

bool window_read_word(const struct stack_window *w, uint64_t addr, uint64_t *ret)
{
	if (addr > UINT64_MAX - 8)
		return false;
	if (!has_word(w, addr))
		return memory_read(w->tid, addr, ret, sizeof(*ret));
	memcpy(ret, w->bytes + (addr - w->start), 8);
	return true;
}
