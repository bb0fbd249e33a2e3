// SPDX-License-Identifier: GPL-3.0-or-later
/** A heap whose stacks are written as text, with a resolver to match.
 *
 *  A stack is frames separated by blanks, most recent first. A frame is locations joined by '|',
 *  most recent (innermost inlined) first. A location is FILE:LINE[@FUNCTION[@MODULE]], or
 *  =TEXT[@FUNCTION[@MODULE]] without line information, or <unknown>; a '!' in front makes it an
 *  allocator wrapper. */
#ifndef TESTS_UNIT_HEAP_FIXTURE_H
#define TESTS_UNIT_HEAP_FIXTURE_H

#include "heap/frame.h"
#include "heap/stats.h"
#include "test_util.h"

#include <stdio.h>
#include <stdlib.h>

#define FIXTURE_FRAMES_MAX    1024
#define FIXTURE_LOCATIONS_MAX 4

struct fixture_frame {
	struct location locations[FIXTURE_LOCATIONS_MAX];
	size_t num;
};

struct fixture {
	struct heap *heap;
	/** Frame texts; the id is the frame's address. */
	struct strtab *texts;
	struct fixture_frame frames[FIXTURE_FRAMES_MAX];
	struct strtab *strings;
	struct resolver resolver;
	/** Calls of the resolver. */
	size_t num_resolved;
	/** When set, the resolver fails. */
	bool is_broken;
	uint64_t next_addr;
};

static inline uint32_t fixture_string(struct fixture *f, const char *s)
{
	uint32_t id;

	ck_ok(strtab_intern(f->strings, s, &id));
	return id;
}

static inline struct location fixture_location(struct fixture *f, char *text)
{
	struct location location = {0};
	char *function, *module = NULL, *colon;

	if (*text == '!') {
		location.is_alloc_wrapper = true;
		text++;
	}
	function = strchr(text, '@');
	if (function) {
		*function++ = '\0';
		module = strchr(function, '@');
	}
	if (module)
		*module++ = '\0';
	location.function = function ? fixture_string(f, function) : 0;
	location.module = module ? fixture_string(f, module) : 0;
	colon = strrchr(text, ':');
	if (*text == '=') {
		text++;
	} else if (colon) {
		*colon = '\0';
		location.has_line = true;
		location.line = strtoul(colon + 1, NULL, 10);
	}
	location.file = fixture_string(f, text);
	return location;
}

static inline uint64_t fixture_frame(struct fixture *f, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	struct fixture_frame *frame;
	char *part, *save;
	uint32_t id;

	if (strcmp(text, "<unknown>") == 0)
		return FRAME_UNKNOWN;
	ck_ok(strtab_intern(f->texts, text, &id));
	ck_assert_uint_lt(id, FIXTURE_FRAMES_MAX);
	frame = &f->frames[id];
	if (!frame->num)
		for (part = strtok_r(copy, "|", &save); part; part = strtok_r(NULL, "|", &save)) {
			ck_assert_uint_lt(frame->num, FIXTURE_LOCATIONS_MAX);
			frame->locations[frame->num++] = fixture_location(f, part);
		}
	return frame_make(1, id);
}

static inline uint32_t fixture_stack(struct fixture *f, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	uint64_t frames[256];
	size_t num = 0;
	char *part, *save;
	uint32_t id;

	for (part = strtok_r(copy, " ", &save); part; part = strtok_r(NULL, " ", &save)) {
		ck_assert_uint_lt(num, 256);
		frames[num++] = fixture_frame(f, part);
	}
	ck_ok(stacks_intern(heap_stacks(f->heap), frames, num, num, 0, &id));
	return id;
}

static inline struct err *fixture_resolve(void *ctx, uint64_t frame, const struct location **ret,
					  size_t *num_ret)
{
	struct fixture *f = ctx;
	const struct fixture_frame *known = &f->frames[frame_addr(frame)];

	f->num_resolved++;
	if (f->is_broken)
		return err_create(ERR_FORMAT, "the resolver is broken");
	*ret = known->locations;
	*num_ret = known->num;
	return NULL;
}

/** Give it to fixture_deinit(). */
static inline void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.next_addr = 0x1000};
	ck_ok(heap_create(&f->heap));
	ck_ok(strtab_create(&f->texts));
	ck_ok(strtab_create(&f->strings));
	f->resolver = (struct resolver){f, f->strings, fixture_resolve};
	// FRAME_UNKNOWN is frame 0.
	f->frames[0].locations[0].file = fixture_string(f, "<unknown>");
	f->frames[0].num = 1;
}

static inline void fixture_deinit(struct fixture *f)
{
	heap_destroy(f->heap);
	strtab_destroy(f->texts);
	strtab_destroy(f->strings);
}

/** num blocks of this size. Returns the address of the last. */
static inline uint64_t fixture_alloc(struct fixture *f, unsigned num, uint32_t domain, int32_t tid,
				     uint64_t size, const char *stack)
{
	uint32_t id = fixture_stack(f, stack);

	for (; num; num--)
		ck_ok(heap_alloc(f->heap, f->next_addr += 16, size, id, domain, tid));
	return f->next_addr;
}

static inline void fixture_free_all(struct fixture *f)
{
	uint64_t addr;

	for (addr = 0x1000; addr <= f->next_addr; addr += 16)
		heap_free(f->heap, addr);
}

static inline struct snapshot *fixture_snapshot(struct fixture *f, const char *name)
{
	struct snapshot *snapshot;

	ck_ok(snapshot_create(f->heap, name, &snapshot));
	return snapshot;
}

/** The fixture S1 of CPython's tests. */
static inline void fixture_s1(struct fixture *f)
{
	fixture_alloc(f, 3, 0, 1, 10, "a.py:2 b.py:4");
	fixture_alloc(f, 1, 1, 1, 2, "a.py:5 b.py:4");
	fixture_alloc(f, 1, 2, 1, 66, "b.py:1");
	fixture_alloc(f, 1, 3, 1, 7, "<unknown>");
}

/** The fixture S2 of CPython's tests. */
static inline void fixture_s2(struct fixture *f)
{
	fixture_alloc(f, 3, 0, 1, 10, "a.py:2 b.py:4");
	fixture_alloc(f, 1, 2, 1, 2, "a.py:5 b.py:4");
	fixture_alloc(f, 1, 2, 1, 5000, "a.py:5 b.py:4");
	fixture_alloc(f, 1, 4, 1, 400, "c.py:578");
}

#endif
