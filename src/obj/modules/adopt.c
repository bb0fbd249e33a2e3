// SPDX-License-Identifier: GPL-3.0-or-later
// Merges the modules of processes that have ended. Thousands of short-lived processes of one
// program have the same few files, and each open file costs descriptors and memory.
#include "config.h"

#include "obj/modules.h"

#include "obj/modules/modules_internal.h"

#include <string.h>

static bool has_same_file(const struct module_entry *a, const struct module_entry *b)
{
	const struct elf_file *x = a->binary->file, *y = b->binary->file;

	if (strcmp(a->pub.path, b->pub.path) != 0 || x->build_id_size != y->build_id_size ||
	    x->size != y->size)
		return false;
	if (x->build_id_size)
		return memcmp(x->build_id, y->build_id, x->build_id_size) == 0;
	return x->dev == y->dev && x->inode == y->inode;
}

static struct module_entry *find_same(const struct modules *modules,
				      const struct module_entry *entry)
{
	size_t i;

	for (i = 0; i < modules->entries.num; i++)
		if (has_same_file(modules->entries.items[i], entry))
			return modules->entries.items[i];
	return NULL;
}

/** The caller has room for it in the lists. NULL: no memory. */
static struct module_entry *copy_entry(struct modules *modules, const struct module_entry *entry)
{
	struct module_entry *copy = malloc(sizeof(*copy));
	const char *slash;

	if (!copy)
		return NULL;
	*copy = *entry;
	copy->pub.path = strdup(entry->pub.path);
	copy->pub.called = entry->pub.called ? strdup(entry->pub.called) : NULL;
	if (!copy->pub.path || (entry->pub.called && !copy->pub.called)) {
		free(copy->pub.path);
		free(copy->pub.called);
		free(copy);
		return NULL;
	}
	slash = strrchr(copy->pub.path, '/');
	copy->pub.name = slash ? slash + 1 : copy->pub.path;
	copy->pub.is_live = false;
	modules->entries.items[modules->entries.num++] = copy;
	copy->pub.id = (uint32_t)modules->entries.num;
	return copy;
}

/** The process of `from`, as long as modules live. */
static struct err *keep_target(struct modules *modules, const struct modules *from,
			       const struct target **ret)
{
	struct target *copy;
	struct err *err;
	size_t i;

	for (i = 0; i < modules->former.num; i++) {
		*ret = modules->former.items[i];
		if (target_is_like(*ret, &from->target))
			return NULL;
	}
	if (!vec_reserve_one(&modules->former) || !(copy = malloc(sizeof(*copy))))
		return &err_nomem;
	err = target_copy(&from->target, copy);
	if (err) {
		free(copy);
		return err;
	}
	modules->former.items[modules->former.num++] = copy;
	*ret = copy;
	return NULL;
}

static void move_binary(struct modules *modules, struct modules *from, struct binary *binary)
{
	size_t i;

	for (i = 0; i < from->binaries.num; i++)
		if (from->binaries.items[i] == binary)
			from->binaries.items[i--] = from->binaries.items[--from->binaries.num];
	modules->binaries.items[modules->binaries.num++] = binary;
}

struct err *modules_adopt(struct modules *modules, struct modules *from, uint32_t id,
			  size_t max_num, uint32_t *ret)
{
	const struct module_entry *entry = modules_get_entry(from, id);
	struct module_entry *there = entry ? find_same(modules, entry) : NULL;
	const struct target *target;
	struct err *err;

	if (!entry || (!there && modules->entries.num >= max_num)) {
		*ret = 0;
		return NULL;
	}
	if (!there) {
		err = keep_target(modules, from, &target);
		if (err)
			return err;
		if (!vec_reserve_one(&modules->entries) || !vec_reserve_one(&modules->binaries) ||
		    !(there = copy_entry(modules, entry)))
			return &err_nomem;
		move_binary(modules, from, entry->binary);
		entry->binary->libdw.target = target;
		entry->binary->libdw.expansion = &modules->expansion;
	}
	*ret = there->pub.id;
	return NULL;
}
