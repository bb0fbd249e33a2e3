// SPDX-License-Identifier: GPL-3.0-or-later
/** Scope guards. `_cleanup_free_ char *s = ...;` frees s when the scope ends. no_cleanup_ptr()
 *  hands s out instead. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define __must_check        __attribute__((warn_unused_result))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define _cleanup_(func)     __attribute__((cleanup(func)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

/** free() the pointer when it leaves the scope; NULL is fine. */
#define _cleanup_free_ _cleanup_(cleanup_free)
/** close() the descriptor when it leaves the scope unless it is negative. */
#define _cleanup_close_ _cleanup_(cleanup_close)
/** fclose() the stream when it leaves the scope; NULL is fine. */
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

/** The value of a guarded pointer. The pointer is set to NULL, and the caller owns the value. */
#define no_cleanup_ptr(p)                      \
	({                                     \
		__typeof__(p) *_addr = &(p);   \
		__typeof__(p) _value = *_addr; \
		*_addr = NULL;                 \
		_value;                        \
	})

#endif
