// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/notes.h"

#include "fake_session.h"

#include <string.h>

char *traced_take_note(struct traced *t)
{
	char *note;

	if (!t->num_notes)
		return NULL;
	note = strdup(t->notes[0]);
	t->num_notes--;
	memmove(&t->notes[0], &t->notes[1], t->num_notes * sizeof(t->notes[0]));
	return note;
}

int session_note_fd(const struct session *s)
{
	(void)s;
	return -1;
}

void session_quiet_notes(struct session *s)
{
	(void)s;
}

void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx)
{
	s->on_news = fn;
	s->on_news_ctx = ctx;
}
