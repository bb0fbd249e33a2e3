// SPDX-License-Identifier: GPL-3.0-or-later
/** Between dlopen.c and plugin.c. */
#ifndef TARGETS_PLUGIN_H
#define TARGETS_PLUGIN_H

#include <stddef.h>

#define PLUGIN_INIT_SIZE 123

/** Blocks of the constructor; the destructor frees the first. */
extern void *plugin_blocks[2];
void *site_plugin_alloc(size_t size);

#endif
