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

	if (write(s->first->note_fd, &one, sizeof(one)) < 0)
		return;
	control_wake(s);
	arrivals_wake(s);
}

void session_note(struct session *s, const char *format, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (s->notes.num >= MAX_NOTES || !vec_push(&s->notes, text)) {
		free(text);
		return;
	}
	session_notify(s);
}

char *session_take_note(struct session *s)
{
	char *note = NULL;
	uint64_t count;

	session_lock(s);
	if (s->notes.num) {
		note = vec_shift(&s->notes);
	} else if (read(s->note_fd, &count, sizeof(count)) < 0) {
		note = NULL;
	}
	if (!note && s->symbolizer) {
		// What the look-ups of the last command have missed.
		session_lock_obj(s);
		note = symbolizer_take_note(s->symbolizer);
		if (!note)
			note = modules_next_note(s->modules);
		session_unlock_obj(s);
	}
	session_unlock(s);
	return note;
}

int session_note_fd(const struct session *s)
{
	return s->note_fd;
}

void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx)
{
	s = s->first;
	s->on_news = fn;
	s->on_news_ctx = ctx;
}
