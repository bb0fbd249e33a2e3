// SPDX-License-Identifier: GPL-3.0-or-later
/** The domain of a block: which kind of allocator it was asked from. The names are in
 *  heap/domain.h. */
#ifndef BASE_DOMAIN_H
#define BASE_DOMAIN_H

/** Domains, as numbers in the tables. Numbers from DOMAIN_USER on are allocators that the user
 *  named. */
enum heap_domain {
	DOMAIN_MALLOC = 0,
	DOMAIN_NEW = 1,
	DOMAIN_NEW_ARRAY = 2,
	DOMAIN_MMAP = 3,
	DOMAIN_USER = 4,
};

#endif
