// SPDX-License-Identifier: GPL-3.0-or-later
/** The agent in the test process itself: image and memory are mapped, pads are written, and signal
 *  handlers play the tracer. What the pads lead to are functions of the test, which allocate
 *  nothing: a test says what they return. */
#ifndef TESTS_UNIT_AGENT_FIXTURE_H
#define TESTS_UNIT_AGENT_FIXTURE_H

#include "agent/agent.h"
#include "arch/patch.h"
#include "base/hmap.h"
#include "test_util.h"
#include "wire/agent_map.h"
#include "wire/ring_take.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>

#define NFRAME 32

/** The functions that pads lead to. */
enum function {
	MALLOC,
	FREE,
	REALLOC,
	MEMALIGN,
	NEW,
	DELETE,
	ARENA,
	NUM_FUNCTIONS,
};

static const struct probe probes_of[NUM_FUNCTIONS] = {
	[MALLOC] = {NULL, PROBE_ALLOC, 0, ARG_NONE, ARG_NONE, 0, DOMAIN_MALLOC},
	[FREE] = {NULL, PROBE_FREE, ARG_NONE, ARG_NONE, 0, 0, DOMAIN_MALLOC},
	[REALLOC] = {NULL, PROBE_REALLOC, 1, ARG_NONE, 0, 0, DOMAIN_MALLOC},
	[MEMALIGN] = {NULL, PROBE_ALLOC_OUT, 2, ARG_NONE, 0, 0, DOMAIN_MALLOC},
	[NEW] = {NULL, PROBE_ALLOC, 0, ARG_NONE, ARG_NONE, 0, DOMAIN_NEW},
	[DELETE] = {NULL, PROBE_FREE, ARG_NONE, ARG_NONE, 0, 0, DOMAIN_NEW},
	[ARENA] = {NULL, PROBE_ALLOC, 0, ARG_NONE, ARG_NONE, 0, DOMAIN_USER},
};

/* chain(depth, function, a, b, c): calls itself that often, then the function with a, b and c. Each
 * frame has 32 bytes. nest(): calls nest_before(), nested with the arguments in nested_args, then
 * nest_after(), whose result it returns. tail(): jumps to nested. */
__asm__("	.text\n"
	"chain:	sub	$24, %rsp\n"
	"	test	%rdi, %rdi\n"
	"	jz	1f\n"
	"	dec	%rdi\n"
	"	call	chain\n"
	"chain_called_itself:\n"
	"	add	$24, %rsp\n"
	"	ret\n"
	"1:	mov	%rsi, %rax\n"
	"	mov	%rdx, %rdi\n"
	"	mov	%rcx, %rsi\n"
	"	mov	%r8, %rdx\n"
	"	call	*%rax\n"
	"chain_called:\n"
	"	add	$24, %rsp\n"
	"	ret\n"
	"nest:	sub	$24, %rsp\n"
	"	call	nest_before\n"
	"	mov	nested_args(%rip), %rdi\n"
	"	mov	8+nested_args(%rip), %rsi\n"
	"	call	*nested(%rip)\n"
	"nest_called:\n"
	"	call	nest_after\n"
	"	add	$24, %rsp\n"
	"	ret\n"
	"tail:	jmp	*nested(%rip)\n");

uint64_t chain(uint64_t depth, const void *function, uint64_t a, uint64_t b, uint64_t c);
void nest(void);
void tail(void);
extern const char chain_called_itself[], chain_called[], nest_called[];

const void *nested __attribute__((visibility("hidden")));
uint64_t nested_args[2] __attribute__((visibility("hidden")));
void nest_before(void);
uint64_t nest_after(void);

static struct {
	const struct agent_image *image;
	struct agent_memory *memory;
	struct agent_shared *shared;
	struct agent_state *state;
	struct agent_private *private;
	struct ring_reader *reader;
	uint8_t *pads;
	const void *functions[NUM_FUNCTIONS];
	/** What the function returns, stores, or does. */
	uint64_t result;
	uint64_t out;
	void (*act)(void);
	/** The tracer's: how often it was asked, and what it is to do instead. */
	unsigned upcalls[AGENT_NUM_UPCALLS];
	uint64_t (*answer)(uint64_t reason, void *frame, struct agent_thread *t);
	uint32_t num_threads;
	bool refuses_rows;
	unsigned faults;
	pthread_mutex_t lock;
} f;

void nest_before(void)
{
	if (f.act)
		f.act();
}

uint64_t nest_after(void)
{
	return f.result;
}

/** The functions behind the pads. */
static uint64_t real_alloc(void)
{
	if (f.act)
		f.act();
	return f.result;
}

static uint64_t real_memalign(uint64_t *place)
{
	*place = f.out;
	// An int: the upper half means nothing.
	return 0xdead00000000 | f.result;
}

static uint64_t image_at(uint64_t offset)
{
	return (uint64_t)f.image + offset;
}

static uint64_t thread_pointer(void)
{
	uint64_t ret;

	__asm__("mov %%fs:0, %0" : "=r"(ret));
	return ret;
}

/* The tracer. */

static struct agent_thread *add_thread(uint64_t pointer)
{
	uint32_t index = f.num_threads++, i = agent_place_of(pointer);
	struct agent_thread *t = &f.shared->threads[index].thread;

	t->index = index;
	t->tid = 1000 + (int)index;
	t->producer = -1;
	t->thread_pointer = pointer;
	t->capture.tid = t->tid;
	while (f.shared->places[i].thread_pointer)
		i = (i + 1) % AGENT_NUM_PLACES;
	f.shared->places[i].index = index;
	f.shared->places[i].tid = t->tid;
	__atomic_store_n(&f.shared->places[i].thread_pointer, pointer, __ATOMIC_RELEASE);
	return t;
}

static struct cfi_row row_of(uint64_t pc)
{
	struct cfi_row row = {
		.kind = CFI_ROW_END, .cfa_reg = WALK_SP, .cfa_offset = 32, .ra_offset = -8};
	unsigned i;

	for (i = 0; i < WALK_MAX_SAVED; i++)
		row.reg_offset[i] = CFI_ROW_SAME;
	if (pc == (uint64_t)chain_called || pc == (uint64_t)chain_called_itself ||
	    pc == (uint64_t)nest_called)
		row.kind = CFI_ROW_REG;
	return row;
}

static void supply_row(const struct walk_frame *frame)
{
	struct cfi_row row = row_of(frame->pc);

	cfi_rows_put(agent_memory_rows(f.memory), cfi_rows_key(frame->pc, frame->is_call_site),
		     &row);
}

static uint64_t answer(uint64_t reason, void *frame, struct agent_thread *t)
{
	f.upcalls[reason]++;
	if (f.answer)
		return f.answer(reason, frame, t);
	switch (reason) {
	case AGENT_UPCALL_MISS:
		if (f.refuses_rows)
			return AGENT_DONE;
		supply_row(&t->miss);
		return AGENT_RETRY;
	case AGENT_UPCALL_THREAD:
		add_thread(thread_pointer());
		return AGENT_RETRY;
	default:
		return AGENT_DONE;
	}
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	if ((uint64_t)regs[REG_RIP] != image_at(f.image->upcall) + 1)
		abort();
	pthread_mutex_lock(&f.lock);
	regs[REG_RAX] = (greg_t)answer((uint64_t)regs[REG_RDI], (void *)regs[REG_RSI],
				       (struct agent_thread *)regs[REG_RDX]);
	pthread_mutex_unlock(&f.lock);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t pc = (uint64_t)regs[REG_RIP];

	(void)info;
	if (pc < image_at(f.image->load) || pc >= image_at(f.image->load_end)) {
		signal(sig, SIG_DFL);
		return;
	}
	f.faults++;
	regs[REG_RIP] = (greg_t)image_at(f.image->load_failed);
}

/* Setting it up. */

static void *map(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_NORESERVE | flags,
		       -1, 0);

	ck_assert(p != MAP_FAILED);
	return p;
}

static void map_image(void)
{
	size_t size;
	const struct agent_image *image = agent_image(&size);
	uint8_t *p = map(image->image_size, MAP_PRIVATE);

	ck_assert_uint_le(size, image->text_size);
	memcpy(p, image, size);
	f.image = (const struct agent_image *)p;
	f.private = (struct agent_private *)(p + image->private_offset);
	f.state = (struct agent_state *)(p + image->state_offset);
	// As if there were a breakpoint.
	ck_assert_uint_eq(p[image->upcall], 0x90);
	p[image->upcall] = 0xcc;
	ck_assert_int_eq(mprotect(p, image->text_size, PROT_READ | PROT_EXEC), 0);
	ck_assert_int_eq(madvise(f.state, image->state_size, MADV_WIPEONFORK), 0);
}

static void map_memory(void)
{
	f.memory = map(AGENT_MEMORY_SIZE, MAP_SHARED);
	agent_memory_init(f.memory);
	f.shared = agent_memory_agent(f.memory);
	f.shared->process.nframe = NFRAME;
	f.shared->process.is_heap_known = true;
	f.shared->process.is_live_unknown = true;
	f.shared->process.num_calls = 1ull << 62;
	capture_known_init((struct capture_known *)f.shared->known, AGENT_KNOWN);
}

static void write_pad(enum function function, const void *real)
{
	uint8_t *pad = f.pads + 128 * function + sizeof(struct arch_pad_head);
	struct arch_pad_head head = {(uint64_t)real, function, 0};
	struct agent_probe *probe = &f.shared->probes[function];
	uint64_t target = image_at(f.image->enter);

	memcpy(pad - sizeof(head), &head, sizeof(head));
	// call *32(pad); jmp *40(pad)
	memcpy(pad, "\xff\x15\x1a\0\0\0\xff\x25\x1c\0\0\0", 12);
	memcpy(pad + 32, &target, 8);
	memcpy(pad + 40, &real, 8);
	f.functions[function] = pad;
	probe->function = (uint64_t)real;
	probe->probe = probes_of[function];
	probe->probe_id = function;
	probe->allocator = 0;
}

static void setup(void)
{
	struct sigaction trap = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct ring_view view;

	memset(&f, 0, sizeof(f));
	pthread_mutex_init(&f.lock, NULL);
	map_image();
	map_memory();
	f.pads = map(4096, MAP_PRIVATE);
	ck_assert_int_eq(mprotect(f.pads, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	write_pad(MALLOC, real_alloc);
	write_pad(FREE, real_alloc);
	write_pad(REALLOC, real_alloc);
	write_pad(MEMALIGN, real_memalign);
	write_pad(NEW, nest);
	write_pad(DELETE, nest);
	write_pad(ARENA, nest);
	view = agent_memory_view(f.memory);
	ck_ok(ring_reader_create(&view, &f.reader));
	sigaction(SIGTRAP, &trap, NULL);
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	f.state->shared = (uint64_t)f.shared;
	f.state->rows = (uint64_t)agent_memory_rows(f.memory);
	f.state->ring = (uint64_t)view.ring;
	f.state->ring_num_slots = view.num_slots;
	f.state->ring_buffer_size = view.buffer_size;
	f.state->life = (uint64_t)&f.memory->life;
	f.state->mode = AGENT_ON;
}

static void teardown(void)
{
	f.state->mode = AGENT_OFF;
	ring_reader_destroy(f.reader);
	munmap(f.memory, AGENT_MEMORY_SIZE);
}

/* What the test does, and what came of it. */

static inline uint64_t call(enum function function, uint64_t depth, uint64_t a, uint64_t b,
			    uint64_t c)
{
	return chain(depth, f.functions[function], a, b, c);
}

static inline uint64_t do_malloc(uint64_t size, uint64_t block)
{
	f.result = block;
	return call(MALLOC, 3, size, 0, 0);
}

static inline void do_free(uint64_t block)
{
	f.result = 0;
	call(FREE, 3, block, 0, 0);
}

/** The oldest record that was not looked at; NULL: none. It stays until the next. */
static inline const struct ring_record *next_record(void)
{
	static uint8_t copy[sizeof(struct event_stack) + 8 * 2048];
	const struct ring_record *r = ring_peek(f.reader, UINT64_MAX);

	if (!r)
		return NULL;
	ck_assert_uint_le(r->size, sizeof(copy));
	memcpy(copy, r, r->size);
	ring_consume(f.reader);
	return (const struct ring_record *)copy;
}

/** The next one, which must be of that kind. Stacks that are not asked for are passed by. */
__attribute__((returns_nonnull, unused, noinline)) static const void *expect(enum event_kind kind)
{
	const struct ring_record *r = next_record();

	while (r && r->kind == EVENT_STACK && kind != EVENT_STACK)
		r = next_record();
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->kind, (int)kind);
	return r;
}

/** No other event; there may be stacks. */
static inline void expect_none(void)
{
	const struct ring_record *r;

	while ((r = next_record()))
		ck_assert_int_eq(r->kind, EVENT_STACK);
}

static inline struct agent_thread *this_thread(void)
{
	return &f.shared->threads[0].thread;
}

#endif
