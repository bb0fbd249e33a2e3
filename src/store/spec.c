// SPDX-License-Identifier: GPL-3.0-or-later
// FILE[:SNAPSHOT], as users name a stored snapshot.
#include "config.h"

#include "store/store.h"

#include <string.h>
#include <sys/stat.h>

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

struct err *store_parse_spec(const char *spec, char **path_ret, char **name_ret)
{
	_cleanup_free_ char *path = strdup(spec), *name = NULL;
	char *colon;

	if (!path)
		return &err_nomem;
	while (!exists(path) && (colon = strrchr(path, ':')))
		*colon = '\0';
	if (!exists(path))
		strcpy(path, spec);
	else if (spec[strlen(path)] && spec[strlen(path) + 1]) {
		name = strdup(spec + strlen(path) + 1);
		if (!name)
			return &err_nomem;
	}
	*path_ret = no_cleanup_ptr(path);
	*name_ret = no_cleanup_ptr(name);
	return NULL;
}
