// SPDX-License-Identifier: GPL-3.0-or-later
/** Stacks of real programs, recorded with the frames that gdb found (tests/recorded/README). */
#include "walk_fixture.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_FRAMES 128

struct record {
	struct fake fake;
	struct walk_frame frame;
	/** What gdb found, as look-up addresses. */
	uint64_t frames[MAX_FRAMES];
	size_t num_frames;
	/** Numbers of rows by kind. */
	unsigned kinds[CFI_ROW_NO_CFI + 1];
};

static struct record record;

/** Index of word in names; names ends with NULL. */
static unsigned index_of(const char *word, const char *const *names)
{
	unsigned i;

	for (i = 0; names[i]; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	ck_abort_msg("'%s' is not known", word);
	return 0;
}

static const char *const reg_names[] = {"sp",  "bp",  "bx",  "r12", "r13",
					"r14", "r15", "r10", NULL};
static const char *const kind_names[] = {"none", "reg", "deref", "plt",
					 "signal", "end", "no_cfi", NULL};

/** The next word of a line. */
static char *word(void)
{
	char *w = strtok(NULL, " \n");

	ck_assert_ptr_nonnull(w);
	return w;
}

static uint64_t hex(const char *w)
{
	char *end;
	uint64_t value = strtoull(w, &end, 16);

	ck_assert_msg(*end == '\0', "'%s' is no number", w);
	return value;
}

static void read_row(void)
{
	uint64_t pc = hex(word());
	bool is_call_site = strcmp(word(), "call") == 0;
	struct cfi_row row = {.kind = (uint8_t)index_of(word(), kind_names)};
	unsigned i;

	if (row.kind >= CFI_ROW_REG && row.kind <= CFI_ROW_PLT) {
		row.cfa_reg = (uint8_t)index_of(word(), reg_names);
		row.cfa_offset = atoi(word());
		row.deref_offset = (int16_t)atoi(word());
		row.ra_offset = (int16_t)atoi(word());
		row.reg_offset[WALK_SP] = CFI_ROW_SAME;
		for (i = WALK_BP; i <= WALK_R15; i++) {
			const char *w = word();

			row.reg_offset[i] = strcmp(w, "same") ? (int16_t)atoi(w) : CFI_ROW_SAME;
		}
	}
	record.kinds[row.kind]++;
	fake_add_row(&record.fake, pc, is_call_site, row);
}

static void read_words(void)
{
	uint64_t addr = hex(word());
	const char *w;

	for (w = strtok(NULL, " \n"); w; w = strtok(NULL, " \n")) {
		fake_poke(&record.fake, addr, hex(w));
		addr += 8;
	}
}

static void read_line(char *line)
{
	const char *key = strtok(line, " \n");

	if (!key || key[0] == '#' || strcmp(key, "module") == 0)
		return;
	if (strcmp(key, "pc") == 0) {
		record.frame.pc = hex(word());
		record.frame.is_call_site = strcmp(word(), "call") == 0;
	} else if (strcmp(key, "reg") == 0) {
		unsigned reg = index_of(word(), reg_names);

		record.frame.regs[reg] = hex(word());
	} else if (strcmp(key, "row") == 0) {
		read_row();
	} else if (strcmp(key, "stack") == 0) {
		uint64_t start = hex(word());

		fake_map(&record.fake, start, hex(word()) / 8);
	} else if (strcmp(key, "at") == 0) {
		read_words();
	} else if (strcmp(key, "frame") == 0) {
		ck_assert_uint_lt(record.num_frames, MAX_FRAMES);
		record.frames[record.num_frames++] = hex(word());
	} else {
		ck_abort_msg("line '%s ...'", key);
	}
}

static void load(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512], line[1024];
	FILE *f;

	memset(&record, 0, sizeof(record));
	snprintf(path, sizeof(path), "%s/tests/recorded/%s.txt", srcdir ? srcdir : ".", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	while (fgets(line, sizeof(line), f))
		read_line(line);
	fclose(f);
	ck_assert_uint_gt(record.num_frames, 5);
}

static void unload(void)
{
	fake_deinit(&record.fake);
}

static struct walk_stack walk(uint64_t *pcs, size_t cap)
{
	struct walk_stack stack = {.pcs = pcs, .cap = cap};
	struct walk_ops ops = fake_ops(&record.fake);
	struct walk_frame frame = record.frame;

	walk_stack(&frame, &ops, &stack);
	return stack;
}

static void check_frames(const uint64_t *pcs, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++)
		ck_assert_msg(pcs[i] == record.frames[i],
			      "frame %zu: %#" PRIx64 ", gdb has %#" PRIx64, i, pcs[i],
			      record.frames[i]);
}

static void check_same_frames(void)
{
	uint64_t pcs[MAX_FRAMES];
	struct walk_stack stack = walk(pcs, MAX_FRAMES);

	check_frames(pcs, stack.num < record.num_frames ? stack.num : record.num_frames);
	ck_assert_uint_eq(stack.total, record.num_frames);
	ck_assert_uint_eq(stack.num, record.num_frames);
	ck_assert_int_eq(stack.result, WALK_END);
}

/** Without one of the rows it stops there, with the frames up to it. */
static void check_misses(void)
{
	uint64_t pcs[MAX_FRAMES];
	size_t i;

	for (i = 0; i < record.fake.rows.num; i++) {
		struct walk_stack stack;

		record.fake.rows.items[i].pc ^= 1ull << 62;
		stack = walk(pcs, MAX_FRAMES);
		record.fake.rows.items[i].pc ^= 1ull << 62;
		ck_assert_int_eq(stack.result, WALK_MISS);
		ck_assert_uint_gt(stack.num, 0);
		check_frames(pcs, stack.num - 1);
	}
}

/** With a part of the stack alone it is truncated, with the frames up to there. */
static void check_cut_stacks(void)
{
	struct fake_range *last = &record.fake.ranges.items[record.fake.ranges.num - 1];
	size_t num = last->num, num_truncated = 0;
	uint64_t pcs[MAX_FRAMES];

	while (last->num > 0) {
		struct walk_stack stack;

		last->num -= last->num > 16 ? 16 : last->num;
		stack = walk(pcs, MAX_FRAMES);
		ck_assert_int_ne(stack.result, WALK_OK);
		ck_assert_int_ne(stack.result, WALK_MISS);
		check_frames(pcs, stack.num);
		num_truncated += stack.result == WALK_TRUNCATED;
	}
	ck_assert_uint_gt(num_truncated, 0);
	last->num = num;
}

static void check_limits(void)
{
	uint64_t pcs[MAX_FRAMES];
	size_t cap;

	for (cap = 0; cap < record.num_frames; cap++) {
		struct walk_stack stack = walk(pcs, cap);

		ck_assert_uint_eq(stack.num, cap);
		ck_assert_uint_eq(stack.total, record.num_frames);
		check_frames(pcs, cap);
	}
}

static void check_record(const char *name)
{
	load(name);
	check_same_frames();
	check_misses();
	check_cut_stacks();
	check_limits();
}

#suite walk_recorded

#tcase records

#test sqlite3
	// Without frame pointers, stripped.
	check_record("sqlite3");
	ck_assert_uint_gt(record.kinds[CFI_ROW_REG], 10);
	unload();

#test python3
	check_record("python3");
	ck_assert_uint_gt(record.num_frames, 25);
	unload();

#test shapes
	// C++: virtual functions, a realigned frame of unknown size, a catch block, a callback, a
	// thread.
	check_record("shapes");
	ck_assert_uint_ge(record.kinds[CFI_ROW_DEREF], 1);
	unload();

#test handler_load
	// From a handler on an alternate stack to the load that raised the signal, in a leaf
	// function.
	check_record("handler_load");
	ck_assert_uint_eq(record.kinds[CFI_ROW_SIGNAL], 1);
	unload();

#test handler_null
	// The same with a call of a null pointer.
	check_record("handler_null");
	ck_assert_uint_eq(record.kinds[CFI_ROW_SIGNAL], 1);
	ck_assert_uint_eq(record.frames[3], 0);
	unload();
