// SPDX-License-Identifier: GPL-3.0-or-later
/** For the tests of the console: a console on a fake session. Its output is a string. */
#ifndef TESTS_UNIT_CONSOLE_FIXTURE_H
#define TESTS_UNIT_CONSOLE_FIXTURE_H

#include "console/commands/console.h"
#include "console/commands/table.h"
#include "fake_session.h"
#include "test_util.h"

struct fixture {
	struct session *s;
	struct console *console;
	FILE *out;
	/** What was printed since fixture_take(). */
	char *text;
	size_t size;
};

static inline void fixture_create(struct fixture *f, struct console_config config)
{
	f->s = fake_session();
	f->out = open_memstream(&f->text, &f->size);
	ck_assert_ptr_nonnull(f->out);
	config.out = f->out;
	ck_ok(console_create(f->s, &config, &f->console));
}

static inline void fixture_init_as(struct fixture *f, bool is_interactive, bool is_coloured)
{
	fixture_create(f, (struct console_config){.commands = &all_commands,
						  .is_interactive = is_interactive,
						  .is_coloured = is_coloured});
}

/** A console with another table of commands. */
static inline void fixture_init_with(struct fixture *f, const struct command_table *table)
{
	fixture_create(f, (struct console_config){.commands = table});
}

static inline void fixture_init(struct fixture *f)
{
	fixture_init_as(f, false, false);
}

static inline void fixture_deinit(struct fixture *f)
{
	console_destroy(f->console);
	fclose(f->out);
	free(f->text);
	session_destroy(f->s);
}

/** 1190 B in 5 blocks with 4 stacks. */
static inline void fixture_fill(struct fixture *f)
{
	fake_alloc(f->s->first, 0x1000, 1000, FAKE_LEAK, FAKE_FILL, FAKE_MAIN);
	fake_alloc(f->s->first, 0x2000, 24, FAKE_LEAK, FAKE_FILL, FAKE_MAIN);
	fake_alloc(f->s->first, 0x3000, 100, FAKE_FILL, FAKE_MAIN, 0);
	fake_alloc(f->s->first, 0x4000, 50, FAKE_GROW, FAKE_MAIN, 0);
	fake_alloc(f->s->first, 0x5000, 16, FAKE_NEW, FAKE_MAIN, 0);
}

/** Run a line that must succeed and print exactly this. */
#define check_output(f, line, expected)                       \
	do {                                                  \
		rewind((f)->out);                             \
		ck_ok(console_execute((f)->console, (line))); \
		fflush((f)->out);                             \
		(f)->text[(f)->size] = '\0';                  \
		ck_assert_str_eq((f)->text, (expected));      \
	} while (0)

/** Run a line that must fail with exactly this text. */
#define check_failure(f, line, expected)                                                   \
	do {                                                                               \
		_cleanup_err_ struct err *failure = console_execute((f)->console, (line)); \
		ck_assert_ptr_nonnull(failure);                                            \
		ck_assert_str_eq(err_text(failure), (expected));                           \
	} while (0)

#endif
