// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/traceback.h"

#include "base/short_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void traceback_deinit(struct traceback *traceback)
{
	free(traceback->locations);
	free(traceback->frames);
	*traceback = (struct traceback){0};
}

static bool reserve(struct traceback *traceback, size_t num)
{
	size_t cap = traceback->cap ? traceback->cap : 32;
	struct location *locations;
	uint64_t *frames;

	if (num <= traceback->cap)
		return true;
	while (cap < num)
		cap *= 2;
	locations = realloc(traceback->locations, cap * sizeof(*locations));
	if (!locations)
		return false;
	traceback->locations = locations;
	frames = realloc(traceback->frames, cap * sizeof(*frames));
	if (!frames)
		return false;
	traceback->frames = frames;
	traceback->cap = cap;
	return true;
}

struct err *traceback_fill(struct traceback *traceback, const struct resolver *resolver,
			   const struct stack *stack)
{
	size_t done = 0, num, k;
	uint32_t i;

	traceback->num = 0;
	for (i = 0; i < stack->num_frames; i++) {
		const struct location *locations;
		struct err *err =
			resolver->resolve(resolver->ctx, stack_frame(stack, i), &locations, &num);

		if (err)
			return err;
		if (!reserve(traceback, done + num))
			return &err_nomem;
		memcpy(traceback->locations + done, locations, num * sizeof(*locations));
		for (k = 0; k < num; k++)
			traceback->frames[done + k] = stack_frame(stack, i);
		done += num;
	}
	traceback->num = done;
	return NULL;
}

char *location_label(const struct location *location, const struct strtab *strings)
{
	const char *file = strtab_get(strings, location->file);
	char *label;

	if (!location->has_line && strcmp(file, "<unknown>") != 0)
		return strdup(file);
	return asprintf(&label, "%s:%" PRIu32, file, location->line) < 0 ? NULL : label;
}

char *location_short_label(const struct location *location, const struct strtab *strings)
{
	_cleanup_free_ char *label = location_label(location, strings);

	// The name of a file is none of a function.
	if (!label || location->has_line || !location->function)
		return no_cleanup_ptr(label);
	return short_name_within(label, strtab_get(strings, location->function));
}
