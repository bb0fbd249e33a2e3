// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "synthetic.h"

#include "base/strtab.h"
#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUM_FUNCTIONS      4800
#define FUNCTIONS_PER_FILE 8
#define NUM_FILES          (NUM_FUNCTIONS / FUNCTIONS_PER_FILE)
#define NUM_MODULES        12
#define FILES_PER_MODULE   (NUM_FILES / NUM_MODULES)
#define CALLS_PER_FUNCTION 4
#define NUM_CALLS          (NUM_FUNCTIONS * CALLS_PER_FUNCTION)
/** One of so many call sites lies in an inlined function. */
#define INLINED_EVERY 10
#define NUM_THREADS   8
#define MODULE_CODE   0x1000

struct call {
	uint32_t callee;
	struct location locations[2];
	uint32_t num_locations;
};

struct synthetic {
	struct heap *heap;
	struct strtab *strings;
	struct resolver resolver;
	struct frame_source source;
	struct call calls[NUM_CALLS];
	char module_names[NUM_MODULES][40];
	uint64_t random;
	/** In the order of their allocations. */
	VEC(uint32_t) stacks;
	size_t next_stack;
	VEC(uint64_t) live;
	uint64_t next_addr;
};

void check_ok(struct err *err)
{
	if (!err)
		return;
	fprintf(stderr, "tables: %s\n", err_text(err));
	exit(1);
}

static void check_memory(bool is_ok)
{
	if (!is_ok)
		check_ok(&err_nomem);
}

// xorshift64*
static uint64_t random_below(struct synthetic *p, uint64_t limit)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return (p->random * 0x2545f4914f6cdd1dull >> 33) % limit;
}

static uint32_t intern(struct synthetic *p, const char *format, ...) __printf(2, 3);
static uint32_t intern(struct synthetic *p, const char *format, ...)
{
	char text[64];
	uint32_t id;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	check_ok(strtab_intern(p->strings, text, &id));
	return id;
}

static struct location location_in(struct synthetic *p, uint32_t function, uint32_t line)
{
	uint32_t file = function / FUNCTIONS_PER_FILE;

	return (struct location){
		.file = intern(p, "/usr/src/program/source/file_%u.c", file),
		.line = 1 + function % FUNCTIONS_PER_FILE * 100 + line,
		.function = intern(p, "function_%u", function),
		.module = intern(p, "/usr/lib/program/module_%u.so", file / FILES_PER_MODULE),
		.has_line = true,
	};
}

static void make_calls(struct synthetic *p)
{
	uint32_t i;

	for (i = 0; i < NUM_CALLS; i++) {
		struct call *call = &p->calls[i];
		uint32_t function = i / CALLS_PER_FUNCTION;
		struct location at = location_in(p, function, i % CALLS_PER_FUNCTION * 7);

		call->callee = random_below(p, NUM_FUNCTIONS);
		if (i % INLINED_EVERY == 0)
			call->locations[call->num_locations++] =
				location_in(p, random_below(p, NUM_FUNCTIONS), 50);
		call->locations[call->num_locations++] = at;
	}
}

static uint32_t module_of(uint32_t call)
{
	return call / CALLS_PER_FUNCTION / FUNCTIONS_PER_FILE / FILES_PER_MODULE;
}

static uint64_t frame_of(uint32_t call)
{
	return frame_make(1 + module_of(call), MODULE_CODE + call * 16ull);
}

static uint32_t call_of(uint64_t frame)
{
	return (frame_addr(frame) - MODULE_CODE) / 16;
}

static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	const struct synthetic *p = ctx;
	const struct call *call = &p->calls[call_of(frame)];

	*ret = call->locations;
	*num_ret = call->num_locations;
	return NULL;
}

static void origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	struct synthetic *p = ctx;
	char *name = p->module_names[module_of(call_of(frame))];

	snprintf(name, sizeof(p->module_names[0]), "/usr/lib/program/module_%u.so",
		 module_of(call_of(frame)));
	*ret = (struct frame_origin){
		.module = name,
		.build_id = (const uint8_t *)name,
		.build_id_size = 20,
		.offset = frame_addr(frame),
	};
}

static char *read_line(void *ctx, const char *file, uint32_t line)
{
	char *text;

	(void)ctx;
	(void)file;
	check_memory(asprintf(&text, "\tresult = call_number_%u(argument, 0);", line) >= 0);
	return text;
}

static uint32_t make_stack(struct synthetic *p)
{
	uint64_t frames[SYNTHETIC_DEPTH];
	uint32_t call = random_below(p, 8), id;
	size_t i;

	for (i = SYNTHETIC_DEPTH; i-- > 0;) {
		frames[i] = frame_of(call);
		call = p->calls[call].callee * CALLS_PER_FUNCTION +
		       random_below(p, CALLS_PER_FUNCTION);
	}
	check_ok(stacks_intern(heap_stacks(p->heap), frames, SYNTHETIC_DEPTH, SYNTHETIC_DEPTH, 0,
			       &id));
	return id;
}

struct synthetic *synthetic_create(size_t num_stacks)
{
	struct synthetic *p = calloc(1, sizeof(*p));

	check_memory(p);
	p->random = 20240229;
	p->next_addr = 0x10000;
	check_ok(heap_create(&p->heap));
	check_ok(strtab_create(&p->strings));
	p->resolver = (struct resolver){p, p->strings, resolve};
	p->source = (struct frame_source){p, &p->resolver, origin, read_line};
	make_calls(p);
	while (stacks_num(heap_stacks(p->heap)) < num_stacks)
		check_memory(vec_push(&p->stacks, make_stack(p)));
	return p;
}

void synthetic_destroy(struct synthetic *p)
{
	heap_destroy(p->heap);
	strtab_destroy(p->strings);
	vec_deinit(&p->stacks);
	vec_deinit(&p->live);
	free(p);
}

static void allocate(struct synthetic *p, size_t index)
{
	uint32_t stack = p->stacks.items[index];
	// Of each stack all blocks have one size, and all come from one thread.
	uint64_t size = 16ull << stack % 8;

	check_ok(heap_alloc(p->heap, p->next_addr, size, stack, stack % 16 == 0,
			    1000 + (int32_t)(stack % NUM_THREADS)));
	check_memory(vec_push(&p->live, p->next_addr));
	p->next_addr += 16 + (size + 15) / 16 * 16;
}

void synthetic_allocate(struct synthetic *p, size_t num)
{
	for (; num > 0; num--) {
		allocate(p, p->next_stack);
		p->next_stack = (p->next_stack + 1) % p->stacks.num;
	}
}

void synthetic_churn(struct synthetic *p, size_t num, size_t num_stacks)
{
	size_t i;

	for (i = 0; i < num; i++) {
		size_t victim = random_below(p, p->live.num);

		if (!heap_free(p->heap, p->live.items[victim]))
			check_ok(err_create(ERR_OTHER, "a block is lost"));
		p->live.items[victim] = p->live.items[--p->live.num];
		allocate(p, random_below(p, num_stacks));
	}
}

const struct heap *synthetic_heap(const struct synthetic *p)
{
	return p->heap;
}

const struct frame_source *synthetic_source(struct synthetic *p)
{
	return &p->source;
}
