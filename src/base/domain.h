// SPDX-License-Identifier: GPL-3.0-or-later
/** Domains: what a block was asked for by. Their names: heap/domain.h. */
#ifndef BASE_DOMAIN_H
#define BASE_DOMAIN_H

/** Domains, as numbers in the tables. 4 and above: allocators of the user's own. */
enum heap_domain {
	DOMAIN_MALLOC = 0,
	DOMAIN_NEW = 1,
	DOMAIN_NEW_ARRAY = 2,
	DOMAIN_MMAP = 3,
	DOMAIN_USER = 4,
};

#endif
