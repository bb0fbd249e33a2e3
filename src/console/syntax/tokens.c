// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/syntax/tokens.h"

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

struct err *tokens_split(const char *line, struct tokens *ret)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	const char *p = line + strspn(line, BLANKS);
	size_t room = strlen(p) + 1;
	const char *why = "";

	if (*p == '#')
		p += strlen(p);
	for (; *p; p += strspn(p, BLANKS)) {
		_cleanup_free_ char *word = malloc(room);

		if (!word || !vec_reserve_one(&tokens.list))
			return &err_nomem;
		p = copy_word(p, word, &why);
		if (!p)
			return err_create(ERR_USAGE, "%s", why);
		tokens.list.items[tokens.list.num++] = no_cleanup_ptr(word);
	}
	*ret = tokens;
	tokens = (struct tokens){0};
	return NULL;
}

void tokens_deinit(struct tokens *tokens)
{
	size_t i;

	for (i = 0; i < tokens->list.num; i++)
		free(tokens->list.items[i]);
	vec_deinit(&tokens->list);
}
