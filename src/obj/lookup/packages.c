// SPDX-License-Identifier: GPL-3.0-or-later
// dpkg's database is text: status names the packages, and info/PACKAGE[:ARCHITECTURE].list has the
// files of each. It is read below the target's root, and nothing of it is believed further than for
// the name of a package in a hint.
#include "config.h"

#include "obj/debug_state.h"

#include "base/cleanup.h"
#include "obj/modules/modules_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE        "/var/lib/dpkg/"
#define MAX_STATUS_SIZE (64u << 20)
#define MAX_LIST_SIZE   (16u << 20)
#define MAX_PACKAGES    50000
#define MAX_NAME        200

struct package {
	char name[MAX_NAME];
	char architecture[MAX_NAME];
	/** Several architectures of it can be installed: the name of its list tells which. */
	bool is_multiarch;
};

/** The value of a field that line begins with, in ret. */
static void take_field(const char *line, const char *field, char ret[MAX_NAME])
{
	size_t size = strlen(field), length;

	if (strncmp(line, field, size) != 0)
		return;
	length = strcspn(line + size, "\n");
	// It becomes part of a path.
	if (length < MAX_NAME && !memchr(line + size, '/', length))
		snprintf(ret, MAX_NAME, "%.*s", (int)length, line + size);
}

/** Take a paragraph of status; where the next one begins, or NULL at the end. */
static const char *take_paragraph(const char *at, struct package *ret)
{
	char multiarch[MAX_NAME] = "";

	*ret = (struct package){.name = ""};
	while (at && *at && *at != '\n') {
		take_field(at, "Package: ", ret->name);
		take_field(at, "Architecture: ", ret->architecture);
		take_field(at, "Multi-Arch: ", multiarch);
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	ret->is_multiarch = strcmp(multiarch, "same") == 0;
	return at && *at ? at + 1 : NULL;
}

static char *read_list(const struct target *target, const struct package *package)
{
	char path[sizeof(DATABASE) + 2 * MAX_NAME + 16];

	snprintf(path, sizeof(path), DATABASE "info/%s%s%s.list", package->name,
		 package->is_multiarch ? ":" : "",
		 package->is_multiarch ? package->architecture : "");
	return target_read(target, path, MAX_LIST_SIZE);
}

static bool has_line(const char *list, const char *line)
{
	size_t size = strlen(line);
	const char *at = list;

	while ((at = strstr(at, line))) {
		if ((at == list || at[-1] == '\n') && (at[size] == '\n' || !at[size]))
			return true;
		at += size;
	}
	return false;
}

/** What was installed in /lib is in /usr/lib where these directories are one. */
static bool owns(const char *list, const char *path)
{
	return has_line(list, path) || (strncmp(path, "/usr/", 5) == 0 && has_line(list, path + 4));
}

static bool answer(struct owner_query *query, const struct package *package)
{
	// The C library has a package of its own kind, which other debuggers need as well.
	const char *suffix = strcmp(package->name, "libc6") == 0 ? "-dbg" : "-dbgsym";

	if (asprintf(&query->package, "%s%s", package->name, suffix) >= 0)
		return true;
	query->package = NULL;
	return false;
}

struct err *modules_debug_packages(const struct modules *modules, struct owner_query *queries,
				   size_t num)
{
	const struct target *target = modules_source_target(modules);
	_cleanup_free_ char *status =
		target && target->is_known ? target_read(target, DATABASE "status", MAX_STATUS_SIZE)
					   : NULL;
	const char *at = status;
	struct package package;
	size_t left = num, i, n;

	for (n = 0; at && left && n < MAX_PACKAGES; n++) {
		_cleanup_free_ char *list = NULL;

		at = take_paragraph(at, &package);
		list = *package.name ? read_list(target, &package) : NULL;
		for (i = 0; list && i < num; i++) {
			if (queries[i].package || !owns(list, queries[i].path))
				continue;
			if (!answer(&queries[i], &package))
				return &err_nomem;
			left--;
		}
	}
	return NULL;
}
