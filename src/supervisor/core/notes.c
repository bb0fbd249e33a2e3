// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/core/notes.h"

#include "supervisor/core/arrivals.h"
#include "supervisor/core/control.h"

#include <stdarg.h>

#define MAX_NOTES 1000

void session_notify(struct session *s)
{
	const uint64_t one = 1;

	if (write(s->note_fd, &one, sizeof(one)) < 0)
		return;
	control_wake(s);
	arrivals_wake(s);
}

void traced_note(struct traced *t, const char *format, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (t->notes.num >= MAX_NOTES || !vec_push(&t->notes, text)) {
		free(text);
		return;
	}
	session_notify(t->session);
}

char *traced_take_note(struct traced *t)
{
	char *note = NULL;

	traced_lock(t);
	if (t->notes.num)
		note = vec_shift(&t->notes);
	if (!note && t->symbolizer) {
		// What the look-ups of the last command have missed.
		traced_lock_obj(t);
		note = symbolizer_take_note(t->symbolizer);
		if (!note)
			note = modules_next_note(t->modules);
		traced_unlock_obj(t);
	}
	traced_unlock(t);
	return note;
}

int session_note_fd(const struct session *s)
{
	return s->note_fd;
}

void session_quiet_notes(struct session *s)
{
	uint64_t count;

	// Nothing to be read: it is quiet.
	if (read(s->note_fd, &count, sizeof(count)) < 0)
		return;
}

void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx)
{
	s->on_news = fn;
	s->on_news_ctx = ctx;
}
