// SPDX-License-Identifier: GPL-3.0-or-later
/** Names of domains (enum heap_domain). */
#ifndef HEAP_DOMAIN_H
#define HEAP_DOMAIN_H

#include "base/err.h"

#include <stdbool.h>

#include <stdint.h>

/** Room for any domain's name with its NUL. */
#define DOMAIN_NAME_MAX 32
/** Named domains of the user's own at most. */
#define DOMAINS_USER_MAX 100

/** The domain of a name, which is given to the next free number if nothing has it yet; for the
 *  whole process, from any thread. A name begins with a letter or _ and has no blanks, control
 *  characters or quotes; at most DOMAIN_NAME_MAX - 1 bytes. ERR_USAGE: it has not; ERR_OTHER:
 *  DOMAINS_USER_MAX are there. */
struct err *domain_define(const char *name, uint32_t *ret) __must_check;

/** A name was given to this domain of the user's own? */
bool domain_is_defined(uint32_t domain);

/** "malloc", "new", "new[]", "mmap", the name that was defined, or "domain N", in buf. Returns
 *  buf. */
char *domain_name(uint32_t domain, char buf[DOMAIN_NAME_MAX]);

/** A name as above, or the number alone. ERR_USAGE: neither. */
struct err *domain_parse(const char *text, uint32_t *ret) __must_check;

#endif
