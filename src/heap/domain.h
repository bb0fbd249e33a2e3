// SPDX-License-Identifier: GPL-3.0-or-later
/** Names of domains (enum heap_domain). */
#ifndef HEAP_DOMAIN_H
#define HEAP_DOMAIN_H

#include "base/err.h"

#include <stdint.h>

/** Room for any domain's name with its NUL. */
#define DOMAIN_NAME_MAX 24

/** "malloc", "new", "new[]", "mmap", or "domain N" from DOMAIN_USER on, in buf. Returns buf. */
char *domain_name(uint32_t domain, char buf[DOMAIN_NAME_MAX]);

/** A name as above, or the number alone. ERR_USAGE: neither. */
struct err *domain_parse(const char *text, uint32_t *ret) __must_check;

#endif
