// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/demangle.h"

#include "base/cleanup.h"

#include <libiberty/demangle.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/** Names of deep template instances reach some ten thousand characters; longer ones are shown as
 *  they are. */
#define MAX_MANGLED_SIZE 65536

/** Length of the suffix at p: a kind, perhaps a number; 0: none of ours. */
static size_t suffix_size(const char *p)
{
	static const char *const kinds[] = {".cold", ".part", ".constprop",
					    ".isra", ".llvm", ".lto_priv"};
	size_t i, size;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size = strlen(kinds[i]);
		if (strncmp(p, kinds[i], size) != 0)
			continue;
		if (p[size] == '.')
			size += 1 + strspn(p + size + 1, "0123456789");
		return size;
	}
	return 0;
}

size_t demangle_whole_size(const char *name)
{
	size_t whole = strcspn(name, "@"), at;

	for (at = strcspn(name, ".@"); at && name[at] == '.';) {
		size_t end = at, size;

		while ((size = suffix_size(name + end)))
			end += size;
		if (end == whole)
			return at;
		at = end + (end == at);
		at += strcspn(name + at, ".@");
	}
	return whole;
}

static char *demangle(const char *name, int options)
{
	_cleanup_free_ char *copy = NULL;
	size_t size;

	// Other names, of C functions, are none of the demangler's business: "i" would become
	// "int".
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return NULL;
	size = strcspn(name, "@");
	if (size > MAX_MANGLED_SIZE)
		return NULL;
	copy = strndup(name, size);
	return copy ? cplus_demangle(copy, options | DMGL_AUTO) : NULL;
}

char *demangle_full(const char *name)
{
	return demangle(name, DMGL_PARAMS | DMGL_ANSI);
}

char *demangle_base(const char *name)
{
	char *base = demangle(name, DMGL_ANSI);
	char *clone = base ? strstr(base, " [clone ") : NULL;

	if (clone)
		*clone = '\0';
	return base;
}
