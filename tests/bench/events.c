// SPDX-License-Identifier: GPL-3.0-or-later
/** events [MILLISECONDS [NAME]]: what the capture core takes for an event in the process itself,
 *  without a stop: the program walks its own stack, by rows that are compiled from its own files,
 *  and puts the records into a ring. One line "NAME NANOSECONDS" for each measurement whose name
 *  begins so: the best batch of 256 within MILLISECONDS (200). x86-64 only. */
#include "config.h"

#include "arch/arch.h"
#include "base/addrset.h"
#include "base/clock.h"
#include "capture/capture.h"
#include "frames.h"
#include "obj/modules.h"
#include "wire/ring_take.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 256
/** Records that a producer puts into the ring at a time. */
#define PUTS        1024
#define MAX_ROUNDS  (1u << 16)
#define NUM_ROWS    4096
#define NUM_SLOTS   (1u << 17)
#define BUFFER_SIZE (2u << 20)
#define NUM_KNOWN   1024
#define NUM_PENDING 8
#define NFRAME      128
#define BLOCK       0x10000ull

/** What is done at each call of bench_malloc(). */
enum act {
	/** The walk alone. */
	ACT_WALK,
	/** Entry and return of an allocation and entry of its free; two records. */
	ACT_PAIR,
};

static struct {
	struct capture core;
	struct capture_process process;
	struct capture_thread thread;
	struct capture_pending pending[NUM_PENDING];
	uint64_t pcs[NFRAME];
	struct modules *modules;
	struct cfi_rows *rows;
	struct capture_memo memo;
	struct addrset live;
	struct ring_view ring;
	struct ring_reader *reader;
	union {
		struct ring_record header;
		uint8_t bytes[256];
	} record;
	uint64_t round_ns;
	const char *only;
	enum act act;
	uint64_t best_ns;
	uint64_t num_missed;
} b;

/** The registers of a walk at the entry of bench_malloc(), and that function: it hands them on by a
 *  jump, so that its caller is still the next frame. */
uint64_t bench_regs[WALK_MAX_REGS];
void bench_malloc(void);
void bench_entered(void);
#ifndef __x86_64__
#error "read the registers of a walk"
#endif
__asm__(".text\n"
	".globl bench_malloc\n"
	".type bench_malloc, @function\n"
	"bench_malloc:\n"
	"	mov %rsp, 0+bench_regs(%rip)\n"
	"	mov %rbp, 8+bench_regs(%rip)\n"
	"	mov %rbx, 16+bench_regs(%rip)\n"
	"	mov %r12, 24+bench_regs(%rip)\n"
	"	mov %r13, 32+bench_regs(%rip)\n"
	"	mov %r14, 40+bench_regs(%rip)\n"
	"	mov %r15, 48+bench_regs(%rip)\n"
	"	mov %r10, 56+bench_regs(%rip)\n"
	"	jmp bench_entered\n"
	".size bench_malloc, . - bench_malloc\n");

static void check_ok(struct err *err)
{
	if (!err)
		return;
	fprintf(stderr, "events: %s\n", err_text(err));
	exit(1);
}

static bool op_read(void *owner, uint64_t addr, uint64_t *ret)
{
	(void)owner;
	memcpy(ret, (const void *)(uintptr_t)addr, sizeof(*ret));
	return true;
}

static uint64_t op_arg(void *owner, unsigned i)
{
	(void)owner;
	return i ? 0 : BLOCK;
}

static uint64_t op_original_pc(void *owner, uint64_t pc)
{
	(void)owner;
	return pc;
}

static void op_callee(void *owner, uint64_t return_addr, uint64_t targets_ret[2])
{
	(void)owner;
	(void)return_addr;
	targets_ret[0] = targets_ret[1] = 0;
}

static bool op_arm(void *owner, uint64_t return_addr)
{
	(void)owner;
	(void)return_addr;
	return true;
}

static void op_disarm(void *owner, uint64_t return_addr)
{
	(void)owner;
	(void)return_addr;
}

static void *op_emit_begin(void *owner, enum event_kind kind, size_t size)
{
	(void)owner;
	b.record.header = (struct ring_record){.size = (uint32_t)size, .kind = kind};
	return &b.record;
}

static void op_emit_end(void *owner, void *record, const void *tail, size_t tail_size)
{
	struct ring_record *r = record;

	(void)owner;
	r->size += (uint32_t)tail_size;
	if (ring_put(&b.ring, RING_TRACER, r, tail, (uint32_t)tail_size) == RING_PUT_FULL)
		exit(1);
}

static bool op_live_has(void *owner, uint64_t key)
{
	(void)owner;
	return addrset_has(&b.live, key);
}

static bool op_live_take(void *owner, uint64_t key)
{
	(void)owner;
	return addrset_remove(&b.live, key);
}

static void op_live_add(void *owner, uint64_t key)
{
	(void)owner;
	if (!addrset_add(&b.live, key))
		exit(1);
}

static struct event_size op_size_of_new(void *owner, const struct capture_pending *call,
					uint64_t addr)
{
	(void)owner;
	(void)call;
	(void)addr;
	return (struct event_size){0};
}

static bool op_grow(void *owner, enum capture_table table)
{
	(void)owner;
	(void)table;
	return false;
}

static void op_count(void *owner, enum capture_count what)
{
	(void)owner;
	(void)what;
}

static const struct capture_ops ops = {
	.read_stack = op_read,
	.read_word = op_read,
	.arg = op_arg,
	.original_pc = op_original_pc,
	.callee = op_callee,
	.arm = op_arm,
	.disarm = op_disarm,
	.emit_begin = op_emit_begin,
	.emit_end = op_emit_end,
	.live_has = op_live_has,
	.live_take = op_live_take,
	.live_add = op_live_add,
	.size_of_new = op_size_of_new,
	.grow = op_grow,
	.count = op_count,
};

// clang-format off
static const struct probe probe_malloc =
	{"malloc", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE, 0, DOMAIN_MALLOC};
static const struct probe probe_free =
	{"free", PROBE_FREE, ARG_NONE, ARG_NONE, 0, 0, DOMAIN_MALLOC};
// clang-format on

static void supply_row(const struct walk_frame *frame)
{
	struct cfi_row row;

	check_ok(modules_cfi_row(b.modules, frame->pc, frame->is_call_site, &row));
	cfi_rows_put(b.rows, cfi_rows_key(frame->pc, frame->is_call_site), &row);
	b.num_missed++;
}

static void enter(const struct capture_entry *at)
{
	enum capture_result result;

	while ((result = capture_enter(&b.core, at)) == CAPTURE_MISS)
		supply_row(&b.core.miss);
	if (result != CAPTURE_DONE)
		exit(1);
}

void bench_entered(void)
{
	struct capture_entry at = {.addr = (uintptr_t)bench_malloc, .probe = &probe_malloc};
	struct capture_return back = {.result = BLOCK};
	struct capture_returned ret = {0};

	memcpy(at.regs, bench_regs, sizeof(at.regs));
	enter(&at);
	if (b.act == ACT_WALK) {
		b.thread.num_pending = 0;
		return;
	}
	back.addr = b.pending[0].return_addr;
	back.sp = b.pending[0].sp;
	if (capture_return(&b.core, &back, &ret) != CAPTURE_DONE)
		exit(1);
	at.probe = &probe_free;
	enter(&at);
}

static void drain(void)
{
	while (ring_peek(b.reader, UINT64_MAX))
		ring_consume(b.reader);
}

/** A thread that puts records of the size of an allocation's, or reads. */
struct partner {
	uint32_t place;
	uint64_t spent_ns;
	pthread_t thread;
};

/** How many are to begin together, and have come. They spin: who sleeps is not at its begin. */
static unsigned num_partners, num_arrived, num_done;

static void begin_together(void)
{
	__atomic_add_fetch(&num_arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&num_arrived, __ATOMIC_ACQUIRE) < num_partners)
		;
}

static void *put_many(void *arg)
{
	struct event_alloc record = {.header = {.size = sizeof(record), .kind = EVENT_ALLOC}};
	struct partner *p = arg;
	uint64_t begin;
	unsigned i;

	begin_together();
	begin = clock_now_ns();
	for (i = 0; i < PUTS; i++) {
		record.addr = i;
		if (ring_put(&b.ring, p->place, &record.header, NULL, 0) == RING_PUT_FULL)
			exit(1);
	}
	p->spent_ns = clock_now_ns() - begin;
	__atomic_add_fetch(&num_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *read_meanwhile(void *arg)
{
	(void)arg;
	begin_together();
	while (!__atomic_load_n(&num_done, __ATOMIC_ACQUIRE))
		drain();
	return NULL;
}

/** Nanoseconds that the first one takes for its records, while the second one does that. */
static uint64_t put_beside(void *(*second)(void *arg), uint32_t place)
{
	struct partner partners[2] = {{.place = RING_TRACER}, {.place = place}};

	num_partners = second ? 2 : 1;
	num_arrived = num_done = 0;
	if (second && pthread_create(&partners[1].thread, NULL, second, &partners[1]))
		exit(1);
	put_many(&partners[0]);
	if (second)
		pthread_join(partners[1].thread, NULL);
	drain();
	return partners[0].spent_ns;
}

static int compare_ns(const void *a, const void *c)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)c;

	return (x > y) - (x < y);
}

/** The median: what else runs on these CPUs is not ours to say. */
static void measure_put(const char *name, void *(*second)(void *arg))
{
	uint64_t end = clock_now_ns() + b.round_ns;
	static uint64_t spent[MAX_ROUNDS];
	int place = ring_join(b.ring.ring);
	size_t num = 0;

	if (strncmp(name, b.only, strlen(b.only)) != 0 || place < 0)
		return;
	do
		spent[num++] = put_beside(second, (uint32_t)place);
	while (clock_now_ns() < end && num < MAX_ROUNDS);
	ring_bury(b.ring.ring, (uint32_t)place);
	qsort(spent, num, sizeof(spent[0]), compare_ns);
	printf("%s %.1f\n", name, (double)spent[num / 2] / PUTS);
}

/** Called at the depth in question. A batch is measured, and then the ring is emptied. */
long leaf(void)
{
	uint64_t end = clock_now_ns() + b.round_ns, begin, spent;
	unsigned i;

	do {
		begin = clock_now_ns();
		for (i = 0; i < BATCH; i++)
			bench_malloc();
		spent = clock_now_ns() - begin;
		if (b.best_ns == 0 || spent < b.best_ns)
			b.best_ns = spent;
		drain();
	} while (clock_now_ns() < end);
	return 1;
}

static void measure(const char *name, enum act act, bool has_memo, int depth)
{
	if (strncmp(name, b.only, strlen(b.only)) != 0)
		return;
	b.best_ns = 0;
	b.act = act;
	b.core.memo = has_memo ? &b.memo : NULL;
	frames_call(depth);
	printf("%s-%d %.1f\n", name, depth, (double)b.best_ns / BATCH);
	fflush(stdout);
}

static void *new_memory(size_t size)
{
	void *p = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);

	if (!p)
		exit(1);
	memset(p, 0, size);
	return p;
}

static uint64_t end_of_stack(void)
{
	pthread_attr_t attr;
	size_t size;
	void *begin;

	if (pthread_getattr_np(pthread_self(), &attr) ||
	    pthread_attr_getstack(&attr, &begin, &size))
		exit(1);
	pthread_attr_destroy(&attr);
	return (uintptr_t)begin + size;
}

static void set_up(void)
{
	struct capture_known *known = new_memory(capture_known_size(NUM_KNOWN));
	struct modules_delta delta = {0};

	check_ok(modules_create(&b.modules));
	check_ok(modules_refresh(b.modules, getpid(), &delta));
	modules_delta_deinit(&delta);
	b.rows = new_memory(CFI_ROWS_SHM_SIZE(NUM_ROWS));
	cfi_rows_init(b.rows, NUM_ROWS);
	capture_known_init(known, NUM_KNOWN);
	b.ring = (struct ring_view){new_memory(RING_SHM_SIZE(NUM_SLOTS, BUFFER_SIZE)), NUM_SLOTS,
				    BUFFER_SIZE};
	ring_init(b.ring.ring);
	check_ok(ring_reader_create(&b.ring, &b.reader));
	b.process = (struct capture_process){.nframe = NFRAME, .is_heap_known = true};
	b.core = (struct capture){
		.ops = &ops,
		.arch = arch_host()->unwind,
		.rows = b.rows,
		.process = &b.process,
		.known = known,
		.pcs = b.pcs,
		.thread = &b.thread,
		.pending = b.pending,
		.pending_cap = NUM_PENDING,
		.stack_end = end_of_stack(),
	};
}

int main(int argc, char **argv)
{
	static const int depths[] = {8, 24, 64};
	size_t i;

	set_up();
	b.round_ns = (argc > 1 ? strtoul(argv[1], NULL, 10) : 200) * NS_PER_MS;
	b.only = argc > 2 ? argv[2] : "";
	measure_put("put", NULL);
	measure_put("put-beside-another", put_many);
	measure_put("put-beside-a-reader", read_meanwhile);
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		measure("walk", ACT_WALK, false, depths[i]);
		measure("verify", ACT_WALK, true, depths[i]);
		measure("pair-walked", ACT_PAIR, false, depths[i]);
		measure("pair-verified", ACT_PAIR, true, depths[i]);
	}
	return 0;
}
