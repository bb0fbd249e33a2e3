// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/queries/shown.h"

#include "base/short_name.h"

#include <stdlib.h>
#include <string.h>

const char *shown_label(struct arena *arena, const struct strtab *strings,
			const struct location *location, const char *label)
{
	_cleanup_free_ char *text = NULL;
	char *ret;

	if (!location->function)
		return label;
	text = short_name_within(label, strtab_get(strings, location->function));
	if (!text || strcmp(text, label) == 0)
		return text ? label : NULL;
	ret = arena_alloc(arena, strlen(text) + 1);
	return ret ? strcpy(ret, text) : NULL;
}

static int compare(const void *a, const void *b)
{
	const struct group *ga = *(struct group *const *)a, *gb = *(struct group *const *)b;
	int order = strcmp(ga->shown, gb->shown);

	return order ? order : strcmp(ga->label, gb->label);
}

struct err *shown_tell_apart(struct stat_row *rows, size_t num)
{
	_cleanup_free_ struct group **sorted = malloc((num + 1) * sizeof(struct group *));
	size_t i, first, num_shortened = 0;

	if (!sorted)
		return &err_nomem;
	for (i = 0; i < num; i++) {
		sorted[i] = &rows[i].group;
		num_shortened += rows[i].group.shown != rows[i].group.label;
	}
	if (!num_shortened)
		return NULL;
	qsort(sorted, num, sizeof(*sorted), compare);
	// Of those that look the same, the labels are in order, too.
	for (first = 0; first < num; first = i) {
		const char *shown = sorted[first]->shown;

		for (i = first + 1; i < num && strcmp(sorted[i]->shown, shown) == 0;)
			i++;
		if (strcmp(sorted[first]->label, sorted[i - 1]->label) == 0)
			continue;
		for (size_t k = first; k < i; k++)
			sorted[k]->shown = sorted[k]->label;
	}
	return NULL;
}
