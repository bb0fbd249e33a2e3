// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/words.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS " \t\r\n"

/** Copy one word to out (large enough) and return where it ended; NULL: bad quoting, *why_ret
 *  tells. */
static const char *copy_word(const char *p, char *out, const char **why_ret)
{
	char quote = '\0';

	for (; *p; p++) {
		if (!quote && strchr(BLANKS, *p))
			break;
		if (quote && *p == quote) {
			quote = '\0';
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (*p == '\\' && quote != '\'' && (!quote || p[1] == '"' || p[1] == '\\')) {
			if (!p[1]) {
				*why_ret = "a backslash ends the line";
				return NULL;
			}
			*out++ = *++p;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
	if (quote) {
		*why_ret = quote == '"' ? "missing closing \"" : "missing closing '";
		return NULL;
	}
	return p;
}

struct err *words_split(const char *line, struct words *ret)
{
	_cleanup_words_ struct words words = {0};
	const char *p = line + strspn(line, BLANKS);
	size_t room = strlen(p) + 1;
	const char *why = "";

	if (*p == '#')
		p += strlen(p);
	for (; *p; p += strspn(p, BLANKS)) {
		_cleanup_free_ char *word = malloc(room);

		if (!word || !vec_reserve_one(&words.list))
			return &err_nomem;
		p = copy_word(p, word, &why);
		if (!p)
			return err_create(ERR_USAGE, "%s", why);
		words.list.items[words.list.num++] = no_cleanup_ptr(word);
	}
	*ret = words;
	words = (struct words){0};
	return NULL;
}

void words_deinit(struct words *words)
{
	size_t i;

	for (i = 0; i < words->list.num; i++)
		free(words->list.items[i]);
	vec_deinit(&words->list);
}
