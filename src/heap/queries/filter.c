// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/filter.h"

#include "heap/domain.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

void filter_deinit(struct filter *filter)
{
	free(filter->pattern);
	filter->pattern = NULL;
}

/** Where the ':' of a :LINE at the end of text is, or NULL. */
static const char *find_line(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")])
		return NULL;
	return colon;
}

static struct err *parse_line(const char *text, struct filter *filter)
{
	unsigned long line;

	errno = 0;
	line = strtoul(text, NULL, 10);
	if (errno || line > UINT32_MAX)
		return err_create(ERR_USAGE, "no file has a line %s", text);
	filter->has_line = true;
	filter->line = line;
	return NULL;
}

static struct err *parse_pattern(const char *text, struct filter *filter)
{
	const char *colon = find_line(text);
	size_t size = colon ? (size_t)(colon - text) : strlen(text);
	struct err *err = NULL;

	if (!size)
		return err_create(ERR_USAGE, "a filter needs a pattern: '%cPATTERN' or '%c@DOMAIN'",
				  filter->is_inclusive ? '+' : '-',
				  filter->is_inclusive ? '+' : '-');
	if (colon)
		err = parse_line(colon + 1, filter);
	if (err)
		return err;
	filter->pattern = strndup(text, size);
	return filter->pattern ? NULL : &err_nomem;
}

static struct err *parse_domain(const char *text, struct filter *filter)
{
	filter->has_domain = true;
	return domain_parse(text, &filter->domain);
}

struct err *filter_parse(const char *text, bool want_all_frames, const char *domain,
			 struct filter *ret)
{
	struct filter filter = {.is_inclusive = *text == '+', .want_all_frames = want_all_frames};
	struct err *err = NULL;

	if (*text != '+' && *text != '-')
		return err_create(ERR_USAGE,
				  "'%s' says neither include nor exclude: write '+%s' or '-%s'",
				  text, text, text);
	if (text[1] == '@') {
		if (want_all_frames || domain)
			return err_create(ERR_USAGE,
					  "'%s' looks at the domain alone; %s goes with a pattern",
					  text, domain ? "--domain" : "--all-frames");
		err = parse_domain(text + 2, &filter);
	} else {
		if (domain)
			err = parse_domain(domain, &filter);
		if (!err)
			err = parse_pattern(text + 1, &filter);
	}
	if (!err)
		*ret = filter;
	return err;
}

struct err *filter_parse_words(const char *const words[], size_t num, struct filter *ret)
{
	const char *text = NULL, *domain = NULL;
	bool want_all_frames = false;
	size_t i;

	for (i = 0; i < num; i++) {
		const char *word = words[i];

		if (strcmp(word, "--") == 0)
			continue;
		if (strcmp(word, "--all-frames") == 0) {
			want_all_frames = true;
		} else if (strcmp(word, "--domain") == 0) {
			if (++i == num)
				return err_create(ERR_USAGE, "--domain needs a value, --domain D");
			domain = words[i];
		} else if (strncmp(word, "--domain=", strlen("--domain=")) == 0) {
			domain = word + strlen("--domain=");
		} else if (strncmp(word, "--", 2) == 0) {
			return err_create(ERR_USAGE,
					  "a filter has no option '%s'; there are --all-frames and "
					  "--domain D (a pattern that begins with - is '-[-]...')",
					  word);
		} else if (text) {
			return err_create(ERR_USAGE, "one filter at a time, not '%s' and '%s'",
					  text, word);
		} else {
			text = word;
		}
	}
	if (!text)
		return err_create(ERR_USAGE, "a filter needs a pattern: '+PATTERN' includes, "
					     "'-PATTERN' excludes");
	return filter_parse(text, want_all_frames, domain, ret);
}

char *filter_text(const struct filter *filter)
{
	char domain[DOMAIN_NAME_MAX], line[16] = "", *text;
	const char *number = domain_name(filter->domain, domain);
	char sign = filter->is_inclusive ? '+' : '-';
	int size;

	// "domain 7" is two words, so the number is written alone.
	if (strchr(number, ' '))
		number = strchr(number, ' ') + 1;
	if (filter->has_line)
		snprintf(line, sizeof(line), ":%" PRIu32, filter->line);
	if (!filter->pattern)
		size = asprintf(&text, "%c@%s", sign, number);
	else
		size = asprintf(&text, "%c%s%s%s%s%s", sign, filter->pattern, line,
				filter->want_all_frames ? " --all-frames" : "",
				filter->has_domain ? " --domain " : "",
				filter->has_domain ? number : "");
	return size < 0 ? NULL : text;
}

struct err *filters_add(struct filters *filters, const struct filter *filter)
{
	struct filter copy = *filter;

	if (filters->list.num >= FILTERS_MAX)
		return err_create(ERR_USAGE,
				  "there are %d filters, no more are possible; "
				  "'filter clear' drops them",
				  FILTERS_MAX);
	if (copy.pattern) {
		copy.pattern = strdup(copy.pattern);
		if (!copy.pattern)
			return &err_nomem;
	}
	if (!vec_push(&filters->list, copy)) {
		filter_deinit(&copy);
		return &err_nomem;
	}
	return NULL;
}

void filters_clear(struct filters *filters)
{
	size_t i;

	for (i = 0; i < filters->list.num; i++)
		filter_deinit(&filters->list.items[i]);
	vec_deinit(&filters->list);
}
