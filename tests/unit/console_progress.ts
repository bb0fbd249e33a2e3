// SPDX-License-Identifier: GPL-3.0-or-later
/** The line about long work, on a pseudo terminal. */
#include "console/progress.h"
#include "fake_session.h"
#include "test_util.h"

#include <fcntl.h>
#include <poll.h>

struct terminal {
	int master;
	FILE *out;
	char text[4096];
	size_t size;
};

static void terminal_open(struct terminal *t)
{
	*t = (struct terminal){.master = posix_openpt(O_RDWR | O_NOCTTY)};
	ck_assert_int_ge(t->master, 0);
	ck_assert_int_eq(grantpt(t->master), 0);
	ck_assert_int_eq(unlockpt(t->master), 0);
	t->out = fopen(ptsname(t->master), "r+");
	ck_assert_ptr_nonnull(t->out);
	setenv("TERM", "xterm", 1);
}

static void terminal_close(struct terminal *t)
{
	fclose(t->out);
	close(t->master);
}

/** Read what comes within so many milliseconds. False: nothing came. */
static bool terminal_read(struct terminal *t, int ms)
{
	struct pollfd pfd = {.fd = t->master, .events = POLLIN};
	ssize_t n;

	if (poll(&pfd, 1, ms) <= 0)
		return false;
	n = read(t->master, t->text + t->size, sizeof(t->text) - 1 - t->size);
	ck_assert_int_gt(n, 0);
	t->size += (size_t)n;
	t->text[t->size] = '\0';
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

#suite console_progress

#tcase progress

#test shown_and_erased
	struct session s = {.is_loading = true};
	struct progress *progress;
	struct terminal t;

	terminal_open(&t);
	progress = progress_begin(&s, t.out, NULL);
	ck_assert_ptr_nonnull(progress);
	while (!strstr(t.text, "# loading symbols 37/150"))
		ck_assert_msg(terminal_read(&t, 3000), "nothing is shown: '%s'", t.text);
	progress_end(progress);
	while (!ends_with(t.text, "150\r\033[K"))
		ck_assert_msg(terminal_read(&t, 3000), "nothing is erased: '%s'", t.text);
	terminal_close(&t);

#test download_is_shown
	struct session s = {.is_loading = true, .downloading = "debug information of libx.so.1"};
	struct progress *progress;
	struct terminal t;

	terminal_open(&t);
	progress = progress_begin(&s, t.out, NULL);
	while (!strstr(t.text, "# debug information of libx.so.1"))
		ck_assert_msg(terminal_read(&t, 3000), "nothing is shown: '%s'", t.text);
	ck_assert_ptr_null(strstr(t.text, "loading symbols"));
	progress_end(progress);
	terminal_close(&t);

#test what_is_done
	struct session s = {0};
	struct progress *progress;
	struct terminal t;

	terminal_open(&t);
	progress = progress_begin(&s, t.out, "storing");
	while (!strstr(t.text, "# storing"))
		ck_assert_msg(terminal_read(&t, 3000), "nothing is shown: '%s'", t.text);
	progress_end(progress);
	terminal_close(&t);

#test nothing_to_tell
	struct session s = {0};
	struct progress *progress;
	struct terminal t;

	terminal_open(&t);
	progress = progress_begin(&s, t.out, NULL);
	ck_assert(!terminal_read(&t, 900));
	progress_end(progress);
	ck_assert(!terminal_read(&t, 10));
	terminal_close(&t);

#test short_work
	struct session s = {.is_loading = true};
	struct terminal t;

	terminal_open(&t);
	progress_end(progress_begin(&s, t.out, NULL));
	ck_assert(!terminal_read(&t, 10));
	terminal_close(&t);

#test no_terminal
	struct session s = {.is_loading = true};
	FILE *out = tmpfile();

	ck_assert_ptr_null(progress_begin(&s, out, NULL));
	progress_end(NULL);
	fclose(out);
