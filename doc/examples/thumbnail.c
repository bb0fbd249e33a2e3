// SPDX-License-Identifier: GPL-3.0-or-later
// A library in C that thumbnails.py uses, with a leak (thumbnails.md).
#include <stdlib.h>
#include <string.h>

struct thumbnail {
	int width, height;
	unsigned char *pixels;
};

struct thumbnail *thumbnail_make(int width, int height)
{
	struct thumbnail *thumbnail = malloc(sizeof(*thumbnail));

	thumbnail->width = width;
	thumbnail->height = height;
	thumbnail->pixels = malloc(width * height * 3);
	memset(thumbnail->pixels, 128, width * height * 3);
	return thumbnail;
}

void thumbnail_free(struct thumbnail *thumbnail)
{
	free(thumbnail); // the leak: its pixels stay
}
