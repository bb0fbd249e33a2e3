// SPDX-License-Identifier: GPL-3.0-or-later
/** UTF-8 that may not be UTF-8: names from a foreign process are bytes. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** A byte that is part of no character decodes as this plus the byte (0xdc80 to 0xdcff), as
 *  Python's surrogateescape does. No valid character lies there. */
#define UTF8_STRAY 0xdc00u

/** The character at the beginning of a NUL-terminated string. Returns its size in bytes, 1 to 4; at
 *  the NUL 1 and character 0. Overlong forms, surrogates and what lies above U+10FFFF are stray
 *  bytes. */
size_t utf8_decode(const char *s, uint32_t *ret);

/** s with each stray byte written as \xNN, which is valid UTF-8: a new string that the caller
 *  frees. NULL: out of memory. */
char *utf8_escape(const char *s);

/** Write s so that it can neither drive a terminal nor feign a line: control characters (C0, DEL, C1) and stray bytes are
 *  written as \n, \t, \r or \xNN a byte. A backslash is itself: this is for eyes. */
void utf8_print(FILE *out, const char *s);
/** The same as a new string that the caller frees. NULL: out of memory. */
char *utf8_printable(const char *s);
/** The same; of more than max_num (at least 10) characters the middle is left out, for "...". */
char *utf8_shorten(const char *s, size_t max_num);

#endif
