// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzz target: a hostile agent, played to the supervisor's own reading of both rings and into its
// tables. The input is a list of steps: put an event, well formed or not; write a word somewhere
// into the memory; let the tracer tell something; read; use the row table. With libFuzzer see
// scripts/fuzz; without, `agent_memory` runs over its corpus and over made-up inputs,
// `agent_memory FILE...` over these.
#include "config.h"

#include "../unit/agent_ring_fixture.h"
#include "base/io.h"
#include "supervisor/core/row_tables.h"

#include <dirent.h>
#include <stdio.h>

/** Steps of an input, and among them those that may look at the whole memory. */
#define MAX_STEPS      2000
#define MAX_ROW_SWEEPS 2
#define MADE_UP_INPUTS 300
/** An input takes some milliseconds. */
#define MAX_SECONDS 60
#define MAX_SIZE    512u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	const uint8_t *end;
};

static struct synthetic agent;
static struct agent_memory *memory;
static unsigned num_sweeps;
/** What the tracer has told last. */
static uint64_t cookie;

static uint8_t take_byte(struct input *in)
{
	return in->data < in->end ? *in->data++ : 0;
}

/** A word that may well matter: small, huge, near what is there. */
static uint64_t take_word(struct input *in, uint64_t old)
{
	uint8_t how = take_byte(in);
	uint64_t word = 0;
	unsigned i;

	switch (how % 7) {
	case 0:
		return take_byte(in);
	case 1:
		return UINT64_MAX - take_byte(in);
	case 2:
		return old + (uint64_t)(int64_t)(int8_t)take_byte(in);
	case 3:
		return 1ull << (take_byte(in) & 63);
	case 4:
		return old + (uint64_t)take_byte(in) * 8192;
	case 5:
		return 0x10000 + take_byte(in) % 16 * 64u;
	default:
		for (i = 0; i < 8; i++)
			word = word << 8 | take_byte(in);
		return word;
	}
}

static void write_ring(struct input *in)
{
	struct ring *ring = agent.view.ring;
	uint64_t at = ring->tail + take_byte(in) - 8;
	struct ring_slot *slot = &ring->slots[at & (agent.view.num_slots - 1)];
	uint64_t *const places[] = {
		&ring->head,
		&ring->buffer_head,
		&ring->tail,
		&ring->buffer_tail,
		&slot->seq,
		&slot->words[take_byte(in) % 7],
		(uint64_t *)ring_buffer_at(&agent.view, take_byte(in) * 8u),
		&ring->producers[take_byte(in)].count,
	};
	uint64_t *place = places[take_byte(in) % (sizeof(places) / sizeof(places[0]))];

	*place = take_word(in, *place);
	if (take_byte(in) % 16 == 0)
		ring->num_producers = (uint32_t)take_word(in, ring->num_producers);
}

/** Members that may be right, in a record of the right size or not. */
static void put_event(struct input *in)
{
	static const uint8_t sizes[] = {
		sizeof(struct event_stack) + 64, sizeof(struct event_alloc),
		sizeof(struct event_free),       sizeof(struct event_usable),
		sizeof(struct event_take),       sizeof(struct event_realloc),
		sizeof(struct event_abandon),
	};
	uint64_t words[MAX_SIZE / 8] = {0};
	struct ring_record header = {.kind = take_byte(in) % 8};
	struct event_stack *stack = (struct event_stack *)words;
	unsigned i, num = take_byte(in) % 12;

	header.size = header.kind < sizeof(sizes) ? sizes[header.kind] : 64;
	header.kind = take_byte(in) % 32 ? header.kind : take_byte(in);
	header.flags = take_byte(in) % 4;
	for (i = 2; i < 2 + num; i++)
		words[i] = take_word(in, i);
	if (header.kind == EVENT_STACK && take_byte(in) % 4) {
		stack->num_pcs = stack->total = 8;
		stack->stop = 0;
	}
	// Thread and probe.
	words[1] = take_byte(in) % 4 | (uint64_t)(take_byte(in) % 64) << 32;
	if (header.kind == EVENT_STACK)
		words[1] = take_byte(in) % 8;
	memcpy(words, &header, sizeof(header));
	ring_put(&agent.view, agent.producer, (struct ring_record *)words, NULL, 0);
}

/** The tracer tells what it always tells. Its own events of blocks wait for room in the agent's
 *  ring only while somebody reads, so this leaves them out when there is none. */
static void tell(struct input *in)
{
	struct event_free *event;

	switch (take_byte(in) % 4) {
	case 0:
		emit_ack(&process, EVENT_CLEAR, 0, 0);
		break;
	case 1:
		emit_ack(&process, EVENT_EPOCH, 1, 0);
		break;
	case 2:
		emit_ack(&process, EVENT_ACK, ++cookie, 0);
		break;
	default:
		process.is_agent_ring_spoilt = true;
		event = emit_begin(&process, EVENT_FREE, sizeof(*event));
		event->addr = 0x10000 + take_byte(in) % 16 * 64u;
		emit_end(&process, event);
		break;
	}
}

static void use_rows(struct input *in)
{
	struct cfi_rows *rows = agent_memory_rows(memory);
	struct cfi_row row = {.kind = CFI_ROW_NO_CFI};
	uint64_t key = take_byte(in);

	switch (take_byte(in) % 8) {
	case 0:
		rows->cap = take_word(in, rows->cap);
		break;
	case 1:
		rows->num = take_word(in, rows->num);
		break;
	case 2:
		rows->slots[key].key = take_word(in, key);
		break;
	case 3:
		if (++num_sweeps <= MAX_ROW_SWEEPS)
			row_tables_withdraw(t, key, key + take_byte(in));
		break;
	case 4:
		row_tables_find(t, key, &row);
		must(row.cfa_reg < WALK_MAX_REGS, "register of a row");
		break;
	default:
		row_tables_put(t, key, &row);
		break;
	}
}

static void step(struct input *in)
{
	switch (take_byte(in) % 8) {
	case 0:
	case 1:
		write_ring(in);
		break;
	case 2:
	case 3:
	case 4:
		put_event(in);
		break;
	case 5:
		tell(in);
		break;
	case 6:
		use_rows(in);
		break;
	default:
		if (take_byte(in) % 8 == 0)
			agent_ring_begin(t);
		drain();
		break;
	}
}

/** The first ring is whole, whatever stands in the other one: all that the tracer told is known in
 *  the end, and nothing else. */
static void check_end(void)
{
	struct heap_totals totals;
	char *note;

	// An event may wait for a producer that says that it is inside, some seconds.
	memset(agent.view.ring->producers, 0, sizeof(agent.view.ring->producers));
	drain();
	must(!agent_ring_position(t), "an event waits for nobody");
	must(t->acked_cookie == cookie, "an answer of the tracer");
	must(t->state == TARGET_RUNNING, "the target has not ended");
	totals = heap_totals(t->heap);
	must(totals.live_blocks <= totals.total_blocks, "live blocks");
	while ((note = traced_take_note(t)))
		free(note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	unsigned i;

	alarm(MAX_SECONDS);
	fixture_setup();
	install_agent();
	memory = process.agent_memory;
	agent = synthetic_join(memory);
	num_sweeps = 0;
	cookie = 0;
	for (i = 0; i < MAX_STEPS && in.data < in.end; i++)
		step(&in);
	check_end();
	fixture_teardown();
	return 0;
}

#ifndef WITH_FUZZER

static void run_file(const char *path)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size;

	must_ok(io_read_file(path, 1 << 20, &bytes, &size));
	LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
}

static size_t run_directory(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	size_t num = 0;

	must(dir, path);
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *file = NULL;

		if (entry->d_name[0] == '.')
			continue;
		must(asprintf(&file, "%s/%s", path, entry->d_name) > 0, "out of memory");
		run_file(file);
		num++;
	}
	closedir(dir);
	return num;
}

static void run_made_up(uint64_t state)
{
	uint8_t bytes[1500];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		bytes[i] = (uint8_t)(state >> 56);
	}
	LLVMFuzzerTestOneInput(bytes, (state >> 33) % sizeof(bytes));
}

int main(int argc, char *argv[])
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *corpus = NULL;
	size_t num = 0, made_up = argc == 1 ? MADE_UP_INPUTS : 0, i;
	int k;

	must(asprintf(&corpus, "%s/tests/fuzz/corpus/agent_memory", srcdir ? srcdir : ".") > 0,
	     "out of memory");
	for (k = 1; k < argc; k++, num++)
		run_file(argv[k]);
	if (argc == 1)
		num = run_directory(corpus);
	for (i = 0; i < made_up; i++)
		run_made_up(i);
	printf("agent_memory: %zu files, %zu made-up inputs\n", num, made_up);
	return num ? 0 : 1;
}

#endif
