// SPDX-License-Identifier: GPL-3.0-or-later
/** agent [MILLISECONDS]: what a call takes with the agent, in the process itself and without a
 *  tracer: pads, registers, the core and the ring, from 8, 24 and 64 frames, beside the call of the
 *  same function without a pad. Nobody reads the ring while the clock runs. One line "NAME
 *  NANOSECONDS" for each, the median
 *  of MILLISECONDS (200). x86-64 only. */
#include "agent_fixture.h"

#include "base/clock.h"

#define BATCH       256
#define MAX_BATCHES 65536

static uint64_t round_ns = 200 * NS_PER_MS;
/* pairs() and frees() call BATCH times, from frames of the size that chain() has. */
__asm__("	.text\n"
	"pairs:	push	%rbx\n"
	"	sub	$16, %rsp\n"
	"	mov	$256, %ebx\n"
	"1:	mov	$8, %edi\n"
	"	call	*allocate(%rip)\n"
	"pairs_allocated:\n"
	"	mov	$0x10000, %edi\n"
	"	call	*release(%rip)\n"
	"	dec	%ebx\n"
	"	jnz	1b\n"
	"	add	$16, %rsp\n"
	"	pop	%rbx\n"
	"	ret\n"
	"frees:	push	%rbx\n"
	"	sub	$16, %rsp\n"
	"	mov	$256, %ebx\n"
	"1:	mov	$0x10000, %edi\n"
	"	call	*release(%rip)\n"
	"	dec	%ebx\n"
	"	jnz	1b\n"
	"	add	$16, %rsp\n"
	"	pop	%rbx\n"
	"	ret\n");

void pairs(void);
void frees(void);
extern const char pairs_allocated[];
const void *allocate __attribute__((visibility("hidden")));
const void *release __attribute__((visibility("hidden")));

static uint64_t real(void)
{
	return 0x10000;
}

/** Those that row_of() does not know. */
static void add_rows(void)
{
	struct cfi_row row = row_of((uint64_t)chain_called);

	cfi_rows_put(agent_memory_rows(f.memory), cfi_rows_key((uint64_t)pairs_allocated, true),
		     &row);
}

static void drain(void)
{
	while (ring_peek(f.reader, UINT64_MAX))
		ring_consume(f.reader);
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/** The median of all batches: one in which somebody else had the CPU is none of ours. */
static double measure(unsigned depth, void (*what)(void))
{
	static uint64_t ns[MAX_BATCHES];
	uint64_t begin, total = 0;
	size_t num = 0;

	while (total < round_ns && num < MAX_BATCHES) {
		begin = clock_now_ns();
		chain(depth, (const void *)what, 0, 0, 0);
		ns[num] = clock_now_ns() - begin;
		total += ns[num++];
		drain();
	}
	qsort(ns, num, sizeof(*ns), by_value);
	return (double)ns[num / 2] / BATCH;
}

START_TEST(measure_all)
{
	static const unsigned depths[] = {8, 24, 64};
	unsigned i;

	f.shared->process.nframe = 128;
	write_pad(MALLOC, real);
	write_pad(FREE, real);
	add_rows();
	for (i = 0; i < 3; i++) {
		allocate = release = (const void *)real;
		printf("pair-untraced-%u %.1f\n", depths[i], measure(depths[i], pairs));
		allocate = f.functions[MALLOC];
		release = f.functions[FREE];
		f.state->mode = AGENT_OFF;
		printf("pair-off-%u %.1f\n", depths[i], measure(depths[i], pairs));
		f.state->mode = AGENT_ON;
		printf("pair-%u %.1f\n", depths[i], measure(depths[i], pairs));
		printf("free-%u %.1f\n", depths[i], measure(depths[i], frees));
		f.shared->process.is_live_unknown = false;
		f.shared->process.sample_rate = 512 << 10;
		f.state->is_sampling = 1;
		printf("pair-sampled-%u %.1f\n", depths[i], measure(depths[i], pairs));
		f.state->is_sampling = 0;
		f.shared->process.sample_rate = 0;
		f.shared->process.is_live_unknown = true;
	}
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("bench");
	TCase *tcase = tcase_create("agent");
	SRunner *runner;
	int failed;

	if (argc > 1)
		round_ns = strtoull(argv[1], NULL, 10) * NS_PER_MS;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, measure_all);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
