// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code.h"
#include "supervisor/modules.h"

#include "fake_traced.h"

#include <string.h>

struct err *traced_probes(struct traced *t, void (*fn)(void *ctx, const struct traced_probe *probe),
			  void *ctx)
{
	static const struct traced_probe probes[] = {
		{"/lib/libc.so.6", "malloc", 0x7f0000001000, 12, "alloc", 0, "patched", ""},
		{"/lib/libc.so.6", "free", 0x7f0000002000, 7, "free", 0, "breakpoint",
		 "it is shorter than a jump"},
	};
	size_t i;

	for (i = 0; i < 2 && !t->has_no_probes; i++)
		fn(ctx, &probes[i]);
	return NULL;
}

struct err *traced_modules(struct traced *t,
			   void (*fn)(void *ctx, const struct traced_module *module), void *ctx)
{
	static const uint8_t id[] = {0xab, 0x01};
	static char first[] = "/usr/lib/debug/.build-id/ab/01.debug";
	static char *const tried[] = {first, first};
	const struct traced_module modules[] = {
		{.path = "/usr/bin/leaky", .is_live = true, .debug.place = DEBUG_IN_FILE},
		{.path = "/lib/libgone.so",
		 .build_id = id,
		 .build_id_size = 2,
		 .debug = {DEBUG_SEPARATE, "/lib/libgone.debug", NULL, 0}},
		{.path = "/lib/libbare.so",
		 .build_id = id,
		 .build_id_size = 2,
		 .is_live = true,
		 .debug = {DEBUG_NONE, NULL, tried, 2},
		 .package = "libbare1-dbgsym",
		 .may_be_fetched = true},
		{.path = "/lib/libold.so", .is_stored = true, .debug.place = DEBUG_IN_FILE},
	};
	size_t i;

	(void)t;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		fn(ctx, &modules[i]);
	return NULL;
}

void traced_searched(struct traced *t, void (*fn)(void *ctx, const char *module), void *ctx)
{
	(void)t;
	fn(ctx, "/usr/bin/leaky");
	fn(ctx, "/lib/ld.so");
}

const struct resolver *traced_resolver(struct traced *t)
{
	return &t->resolver;
}

char *traced_source_line(void *traced, const char *file, uint32_t line)
{
	(void)traced;
	return strcmp(file, "/src/leaky.c") == 0 && line == 12 ? strdup("\tp = malloc(n);\n")
							       : NULL;
}

const struct frame_source *traced_source(struct traced *t)
{
	return &t->source;
}

void traced_complete_function(struct traced *t, const char *prefix, size_t limit,
			      void (*fn)(void *ctx, const char *name), void *ctx)
{
	static const char *const names[] = {"fill", "leak", "list::append(int, char)", "main"};
	size_t i;

	(void)t;
	for (i = 0; i < 4 && limit; i++) {
		if (strncmp(names[i], prefix, strlen(prefix)) == 0) {
			fn(ctx, names[i]);
			limit--;
		}
	}
}

bool traced_downloading(struct traced *t, char *buf, size_t size)
{
	if (t->downloading)
		snprintf(buf, size, "%s", t->downloading);
	return t->downloading;
}

void session_stop_download(void)
{
}

bool traced_loading(struct traced *t, size_t *num_ret, size_t *total_ret)
{
	*num_ret = 37;
	*total_ret = 150;
	return t->is_loading;
}
