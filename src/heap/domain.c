// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/domain.h"

#include "heap/heap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const names[DOMAIN_USER] = {
	[DOMAIN_MALLOC] = "malloc",
	[DOMAIN_NEW] = "new",
	[DOMAIN_NEW_ARRAY] = "new[]",
	[DOMAIN_MMAP] = "mmap",
};
static const char user_prefix[] = "domain ";

char *domain_name(uint32_t domain, char buf[DOMAIN_NAME_MAX])
{
	if (domain < DOMAIN_USER)
		return strcpy(buf, names[domain]);
	snprintf(buf, DOMAIN_NAME_MAX, "%s%" PRIu32, user_prefix, domain);
	return buf;
}

struct err *domain_parse(const char *text, uint32_t *ret)
{
	const char *number = text;
	unsigned long value;
	char *end;
	uint32_t i;

	for (i = 0; i < DOMAIN_USER; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = i;
			return NULL;
		}
	}
	if (strncmp(number, user_prefix, strlen(user_prefix)) == 0)
		number += strlen(user_prefix);
	errno = 0;
	value = strtoul(number, &end, 10);
	if (*number < '0' || *number > '9' || *end || errno || value > UINT32_MAX)
		return err_create(
			ERR_USAGE,
			"unknown domain '%s'; there are malloc, new, new[], mmap, and numbers "
			"for those of your own",
			text);
	*ret = value;
	return NULL;
}
