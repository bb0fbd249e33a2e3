// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The size of a character by its first byte, and the bits of the character in that byte. 0: it is
 *  no first byte. */
static size_t announced(unsigned char byte, uint32_t *bits_ret)
{
	if (byte < 0x80) {
		*bits_ret = byte;
		return 1;
	}
	if (byte >= 0xc2 && byte <= 0xdf) {
		*bits_ret = byte & 0x1f;
		return 2;
	}
	if (byte >= 0xe0 && byte <= 0xef) {
		*bits_ret = byte & 0x0f;
		return 3;
	}
	if (byte >= 0xf0 && byte <= 0xf4) {
		*bits_ret = byte & 0x07;
		return 4;
	}
	return 0;
}

size_t utf8_decode(const char *s, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c = 0;
	size_t size = announced((unsigned char)s[0], &c), i;

	for (i = 1; i < size; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			break;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (!size || i < size || c < smallest[size] || c > 0x10ffff ||
	    (c >= 0xd800 && c < 0xe000)) {
		*ret = UTF8_STRAY + (unsigned char)s[0];
		return 1;
	}
	*ret = c;
	return size;
}

char *utf8_escape(const char *s)
{
	char *escaped = malloc(4 * strlen(s) + 1), *out = escaped;
	uint32_t c;
	size_t size;

	if (!escaped)
		return NULL;
	for (; *s; s += size) {
		size = utf8_decode(s, &c);
		if (c >= UTF8_STRAY && c < UTF8_STRAY + 0x100) {
			out += sprintf(out, "\\x%02x", c - UTF8_STRAY);
		} else {
			memcpy(out, s, size);
			out += size;
		}
	}
	*out = '\0';
	return escaped;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= UTF8_STRAY && c < UTF8_STRAY + 0x100);
}

void utf8_print(FILE *out, const char *s)
{
	uint32_t c;
	size_t size, i;

	for (; *s; s += size) {
		size = utf8_decode(s, &c);
		if (!is_control(c))
			fwrite(s, 1, size, out);
		else if (c == '\n' || c == '\t' || c == '\r')
			fprintf(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
		else
			for (i = 0; i < size; i++)
				fprintf(out, "\\x%02x", (unsigned char)s[i]);
	}
}

char *utf8_printable(const char *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	utf8_print(f, s);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/** Where character number num of a valid text begins. The end of the text if it has fewer. */
static char *skip_characters(char *text, size_t num)
{
	for (; *text && num; num--) {
		text++;
		while (((unsigned char)*text & 0xc0) == 0x80)
			text++;
	}
	return text;
}

static size_t count_characters(const char *text)
{
	size_t num = 0;

	for (; *text; text++)
		num += ((unsigned char)*text & 0xc0) != 0x80;
	return num;
}

char *utf8_shorten(const char *s, size_t max_num)
{
	char *text = utf8_printable(s), *left_out, *rest;
	size_t num = text ? count_characters(text) : 0, kept;

	if (num <= max_num)
		return text;
	// A message says at its beginning what is wrong, and at its end what to do about it.
	kept = (max_num - 3) / 2;
	left_out = skip_characters(text, kept);
	rest = skip_characters(left_out, num - 2 * kept);
	memcpy(left_out, "...", 3);
	memmove(left_out + 3, rest, strlen(rest) + 1);
	return text;
}
