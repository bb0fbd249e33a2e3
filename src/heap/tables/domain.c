// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/domain.h"

#include "heap/heap.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

static const char *const names[DOMAIN_USER] = {
	[DOMAIN_MALLOC] = "malloc",
	[DOMAIN_NEW] = "new",
	[DOMAIN_NEW_ARRAY] = "new[]",
	[DOMAIN_MMAP] = "mmap",
};
static const char user_prefix[] = "domain ";

/** A name is written before it is counted, and never changes. So readers need no lock. */
static char user_names[DOMAINS_USER_MAX][DOMAIN_NAME_MAX];
static uint32_t num_user_names;
static pthread_mutex_t user_lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_name(const char *name)
{
	const char *p;

	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (p = name; *p; p++)
		if (!isgraph((unsigned char)*p) || strchr("\"'\\,@:", *p))
			return false;
	return p - name < DOMAIN_NAME_MAX;
}

static bool find_name(const char *name, uint32_t *ret)
{
	uint32_t num = __atomic_load_n(&num_user_names, __ATOMIC_ACQUIRE), i;

	for (i = 0; i < DOMAIN_USER + num; i++) {
		if (strcmp(name, i < DOMAIN_USER ? names[i] : user_names[i - DOMAIN_USER]) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

struct err *domain_define(const char *name, uint32_t *ret)
{
	struct err *err = NULL;

	if (!is_name(name))
		return err_create(ERR_USAGE, "'%s' cannot be the name of a domain", name);
	pthread_mutex_lock(&user_lock);
	if (!find_name(name, ret)) {
		if (num_user_names == DOMAINS_USER_MAX) {
			err = err_create(ERR_OTHER, "there are %d named domains already",
					 DOMAINS_USER_MAX);
		} else {
			strcpy(user_names[num_user_names], name);
			*ret = DOMAIN_USER + num_user_names;
			__atomic_store_n(&num_user_names, num_user_names + 1, __ATOMIC_RELEASE);
		}
	}
	pthread_mutex_unlock(&user_lock);
	return err;
}

bool domain_is_defined(uint32_t domain)
{
	return domain >= DOMAIN_USER &&
	       domain - DOMAIN_USER < __atomic_load_n(&num_user_names, __ATOMIC_ACQUIRE);
}

char *domain_name(uint32_t domain, char buf[DOMAIN_NAME_MAX])
{
	if (domain < DOMAIN_USER)
		return strcpy(buf, names[domain]);
	if (domain_is_defined(domain))
		return strcpy(buf, user_names[domain - DOMAIN_USER]);
	snprintf(buf, DOMAIN_NAME_MAX, "%s%" PRIu32, user_prefix, domain);
	return buf;
}

struct err *domain_parse(const char *text, uint32_t *ret)
{
	const char *number = text;
	unsigned long value;
	char *end;

	if (find_name(text, ret))
		return NULL;
	if (strncmp(number, user_prefix, strlen(user_prefix)) == 0)
		number += strlen(user_prefix);
	errno = 0;
	value = strtoul(number, &end, 10);
	if (*number < '0' || *number > '9' || *end || errno || value > UINT32_MAX)
		return err_create(
			ERR_USAGE,
			"unknown domain '%s'; there are malloc, new, new[], mmap, and names and "
			"numbers for those of your own",
			text);
	*ret = value;
	return NULL;
}
