// SPDX-License-Identifier: GPL-3.0-or-later
/** Names of domains (enum heap_domain). */
#ifndef HEAP_DOMAIN_H
#define HEAP_DOMAIN_H

#include "base/err.h"

#include <stdbool.h>

#include <stdint.h>

/** Room for any domain's name with its NUL. */
#define DOMAIN_NAME_MAX 32
/** How many domains a user can name. */
#define DOMAINS_USER_MAX 100

/** The domain of a name. A new name gets the next free number. It holds for the whole process; any
 *  thread may call this. A name begins with a letter or _, has no blanks, control characters or
 *  quotes, and has at most DOMAIN_NAME_MAX - 1 bytes. ERR_USAGE: the name is not so. ERR_OTHER:
 *  there are DOMAINS_USER_MAX already. */
struct err *domain_define(const char *name, uint32_t *ret) __must_check;

/** Tell whether this domain is one that was named. */
bool domain_is_defined(uint32_t domain);

/** Write the name of a domain to buf: "malloc", "new", "new[]", "mmap", the name that was defined,
 *  or "domain N". Returns buf. */
char *domain_name(uint32_t domain, char buf[DOMAIN_NAME_MAX]);

/** Parse a name as above, or a number alone. ERR_USAGE: it is neither. */
struct err *domain_parse(const char *text, uint32_t *ret) __must_check;

#endif
