// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -shared -fPIC -fno-ipa-icf
// output: plugin.so
// Allocates in its constructor and when it is called; see dlopen.c.
#include "plugin.h"

#include <stdlib.h>

void *plugin_blocks[2];

__attribute__((noinline, noclone)) static void *site_plugin_init(size_t size)
{
	void *p = malloc(size);

	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

__attribute__((constructor)) static void plugin_start(void)
{
	plugin_blocks[0] = site_plugin_init(PLUGIN_INIT_SIZE);
	plugin_blocks[1] = site_plugin_init(PLUGIN_INIT_SIZE + 1);
}

__attribute__((noinline, noclone)) void *site_plugin_alloc(size_t size)
{
	void *p = calloc(1, size);

	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

__attribute__((destructor)) static void plugin_end(void)
{
	free(plugin_blocks[0]);
}
