// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzz target: the shared memory as a hostile process writes it. The input is a list of steps:
// write a word somewhere into ring or row table, put a record, take records, look up rows. With
// libFuzzer see scripts/fuzz; without, `shared_memory` runs over its corpus and over made-up
// inputs, `shared_memory FILE...` over these.
#include "config.h"

#include "base/io.h"
#include "wire/cfi_rows.h"
#include "wire/event_check.h"
#include "wire/ring_take.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUM_SLOTS   16u
#define BUFFER_SIZE 1024u
#define NUM_PROBES  40u
/** Steps of an input, and among them those that go through the whole row table. */
#define MAX_STEPS      2000
#define MAX_ROW_CLEARS 4
#define MADE_UP_INPUTS 4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	const uint8_t *end;
};

static struct ring_view view = {NULL, NUM_SLOTS, BUFFER_SIZE};
static struct ring_reader *reader;
static struct cfi_rows *rows;
static bool is_rows_used;
static unsigned num_clears;
/** What was read counts for something, so that no compiler leaves the reading out. */
static uint64_t sum;

static void check_that(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "shared_memory: %s\n", what);
	abort();
}

static uint8_t take_byte(struct input *in)
{
	return in->data < in->end ? *in->data++ : 0;
}

/** A word that may well matter: small, huge, near a multiple of what is there. */
static uint64_t take_word(struct input *in, uint64_t old)
{
	uint8_t how = take_byte(in);
	uint64_t word = 0;
	unsigned i;

	switch (how % 6) {
	case 0:
		return take_byte(in);
	case 1:
		return UINT64_MAX - take_byte(in);
	case 2:
		return old + (uint64_t)(int64_t)(int8_t)take_byte(in);
	case 3:
		return 1ull << (take_byte(in) & 63);
	case 4:
		return old + (uint64_t)take_byte(in) * 64;
	default:
		for (i = 0; i < 8; i++)
			word = word << 8 | take_byte(in);
		return word;
	}
}

static void write_word(struct input *in, uint64_t *place)
{
	*place = take_word(in, *place);
}

static void write_ring(struct input *in)
{
	struct ring *ring = view.ring;
	struct ring_slot *slot = &ring->slots[take_byte(in) % NUM_SLOTS];

	switch (take_byte(in) % 10) {
	case 0:
		write_word(in, &ring->head);
		break;
	case 1:
		write_word(in, &ring->buffer_head);
		break;
	case 2:
		write_word(in, &ring->tail);
		break;
	case 3:
		write_word(in, &ring->buffer_tail);
		break;
	case 4:
		ring->is_producer_waiting = take_byte(in) & 1;
		break;
	case 5:
		ring->num_producers = (uint32_t)take_word(in, ring->num_producers);
		break;
	case 6:
		write_word(in, &ring->producers[take_byte(in)].count);
		break;
	case 7:
		write_word(in, &slot->seq);
		break;
	case 8:
		write_word(in, &slot->words[take_byte(in) % 7]);
		break;
	default:
		write_word(in, (uint64_t *)ring_buffer_at(&view, take_byte(in) * 8u));
		break;
	}
}

static void put(struct input *in)
{
	uint64_t words[BUFFER_SIZE / 8 + 8] = {0};
	struct ring_record record = {.size = take_byte(in) * 8u % (BUFFER_SIZE + 32),
				     .kind = take_byte(in) % 32,
				     .flags = take_byte(in)};
	uint32_t tail = take_byte(in) * 8u;
	unsigned i, num = take_byte(in) % 8;

	if (record.size < sizeof(record))
		record.size = sizeof(record);
	for (i = 1; i <= num; i++)
		write_word(in, &words[i]);
	memcpy(words, &record, sizeof(record));
	if (tail > record.size - sizeof(record))
		tail = 0;
	ring_put(&view, take_byte(in), (const struct ring_record *)words,
		 (uint8_t *)words + record.size - tail, tail);
}

/** As whoever handles it: all of its bytes, and what it says of them. */
static void look_at(const struct ring_record *record)
{
	const struct event_stack *stack = (const void *)record;
	const struct event_text *text = (const void *)record;
	const struct event_engine *engine = (const void *)record;
	const struct event_planted *planted = (const void *)record;
	const uint8_t *bytes = (const void *)record;
	uint32_t i;

	check_that(record->size >= sizeof(*record) && record->size % 8 == 0 &&
			   record->size <= BUFFER_SIZE / 2,
		   "size of a record");
	for (i = 0; i < record->size; i++)
		sum += bytes[i];
	if (!event_is_valid(record, NUM_PROBES))
		return;
	if (record->kind == EVENT_STACK) {
		check_that(stack->num_pcs <= stack->total, "depth of a stack");
		for (i = 0; i < stack->num_pcs; i++)
			sum += stack->pcs[i];
	}
	if (record->kind == EVENT_NOTE || record->kind == EVENT_RELEASED)
		check_that(strlen(text->text) < record->size, "length of a text");
	if (record->kind == EVENT_ENGINE)
		check_that(engine->engine < ENGINE_AUTO && strlen(engine->reason) < record->size,
			   "an engine");
	if (record->kind == EVENT_PLANTED)
		sum += (uint8_t)*plant_how_name(planted->how) +
		       strlen(plant_why_text(planted->why));
}

/** Nobody writes meanwhile, so there are not more records than slots. */
static void take(uint8_t max)
{
	const struct ring_record *record;
	unsigned num = 0;

	while (num < max && (record = ring_peek(reader, UINT64_MAX))) {
		look_at(record);
		ring_consume(reader);
		check_that(++num <= NUM_SLOTS, "records without end");
	}
}

static void use_rows(struct input *in)
{
	struct cfi_row row;
	uint64_t key = take_byte(in);

	is_rows_used = true;
	memset(&row, take_byte(in), sizeof(row));
	switch (take_byte(in) % 8) {
	case 0:
		write_word(in, &rows->cap);
		break;
	case 1:
		write_word(in, &rows->num);
		break;
	case 2:
		write_word(in, &rows->slots[key].key);
		break;
	case 3:
		write_word(in, &rows->slots[key].row[take_byte(in) % 2]);
		break;
	case 4:
		if (rows->num > 1000 && ++num_clears > MAX_ROW_CLEARS)
			break;
		cfi_rows_put(rows, key, &row);
		break;
	case 5:
		if (++num_clears <= MAX_ROW_CLEARS)
			cfi_rows_withdraw(rows, key, key + take_byte(in));
		break;
	case 6:
		if (++num_clears <= MAX_ROW_CLEARS)
			cfi_rows_clear(rows);
		break;
	default:
		if (cfi_rows_get(rows, key, &row))
			check_that(row.cfa_reg < WALK_MAX_REGS, "register of a row");
		break;
	}
}

static void step(struct input *in)
{
	switch (take_byte(in) % 6) {
	case 0:
	case 1:
		write_ring(in);
		break;
	case 2:
		put(in);
		break;
	case 3:
		take(take_byte(in));
		break;
	case 4:
		use_rows(in);
		break;
	default:
		if (take_byte(in) & 1)
			ring_bury(view.ring, take_byte(in));
		else
			ring_join(view.ring);
		break;
	}
}

static void *allocate(size_t size)
{
	void *p = NULL;

	check_that(posix_memalign(&p, 4096, size) == 0, "out of memory");
	return memset(p, 0, size);
}

static void begin(void)
{
	size_t rows_size = CFI_ROWS_SHM_SIZE(CFI_ROWS_MAX_CAP);

	// Of exactly that size, so that a sanitizer sees what is read beyond it.
	view.ring = allocate(RING_SHM_SIZE(NUM_SLOTS, BUFFER_SIZE));
	ring_init(view.ring);
	check_that(!ring_reader_create(&view, &reader), "out of memory");
	if (!rows)
		rows = allocate(rows_size);
	else if (is_rows_used)
		memset(rows, 0, rows_size);
	cfi_rows_init(rows, CFI_ROWS_MAX_CAP);
	is_rows_used = false;
	num_clears = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	unsigned i;

	begin();
	for (i = 0; i < MAX_STEPS && in.data < in.end; i++)
		step(&in);
	take(UINT8_MAX);
	ring_reader_destroy(reader);
	free(view.ring);
	return 0;
}

#ifndef WITH_FUZZER

static void run_file(const char *path)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size;
	struct err *err = io_read_file(path, 1 << 20, &bytes, &size);

	check_that(!err, path);
	LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
}

static size_t run_directory(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	size_t num = 0;

	check_that(dir, path);
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *file = NULL;

		if (entry->d_name[0] == '.')
			continue;
		check_that(asprintf(&file, "%s/%s", path, entry->d_name) > 0, "out of memory");
		run_file(file);
		num++;
	}
	closedir(dir);
	return num;
}

static void run_made_up(uint64_t state)
{
	uint8_t bytes[400];
	size_t i, size;

	for (i = 0; i < sizeof(bytes); i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		bytes[i] = (uint8_t)(state >> 56);
	}
	size = state >> 33;
	LLVMFuzzerTestOneInput(bytes, size % sizeof(bytes));
}

int main(int argc, char *argv[])
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *corpus = NULL;
	size_t num = 0, made_up = argc == 1 ? MADE_UP_INPUTS : 0, i;
	int k;

	check_that(asprintf(&corpus, "%s/tests/fuzz/corpus/shared_memory", srcdir ? srcdir : ".") >
			   0,
		   "out of memory");
	for (k = 1; k < argc; k++, num++)
		run_file(argv[k]);
	if (argc == 1)
		num = run_directory(corpus);
	for (i = 0; i < made_up; i++)
		run_made_up(i);
	printf("shared_memory: %zu files, %zu made-up inputs (%u)\n", num, made_up,
	       (unsigned)(sum & 1));
	free(rows);
	return num ? 0 : 1;
}

#endif
