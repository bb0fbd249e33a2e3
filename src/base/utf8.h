// SPDX-License-Identifier: GPL-3.0-or-later
/** Text that should be UTF-8, but may be anything: names from a foreign process are bytes. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** A stray byte is part of no character. It decodes as this plus the byte (0xdc80 to 0xdcff), as in
 *  Python's surrogateescape. No valid character lies there. */
#define UTF8_STRAY 0xdc00u

/** Decode the character at the beginning of a NUL-terminated string. Returns its size in bytes, 1
 *  to 4; at the NUL, 1 and character 0. Overlong forms, surrogates and values above U+10FFFF are
 *  stray bytes. */
size_t utf8_decode(const char *s, uint32_t *ret);

/** A copy of s with each stray byte written as \xNN, which is valid UTF-8. The caller frees it.
 *  NULL: out of memory. */
char *utf8_escape(const char *s);

/** Write s so that it can neither drive a terminal nor look like a second line. Control characters
 *  (C0, DEL, C1) and stray bytes are written as \n, \t, \r or, byte by byte, \xNN. A backslash
 *  stays as it is, because only people read this. */
void utf8_print(FILE *out, const char *s);
/** The same text as a new string that the caller frees. NULL: out of memory. */
char *utf8_printable(const char *s);
/** The same, shortened to max_num characters (at least 10): "..." replaces the middle of a longer
 *  text. */
char *utf8_shorten(const char *s, size_t max_num);

#endif
