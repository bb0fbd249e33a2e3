// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/strtab.h"

#include "base/hmap.h"
#include "base/vec.h"

#include <string.h>

struct strtab {
	VEC(char *) strings;
	/** Hash of a string -> id; strings whose hashes collide probe with hash + 1, + 2, ... */
	struct hmap ids;
};

struct err *strtab_create(struct strtab **ret)
{
	struct strtab *tab = calloc(1, sizeof(*tab));
	struct err *err;
	uint32_t id;

	if (!tab)
		return &err_nomem;
	err = strtab_intern(tab, "", &id);
	if (err) {
		strtab_destroy(tab);
		return err;
	}
	*ret = tab;
	return NULL;
}

void strtab_destroy(struct strtab *tab)
{
	size_t i;

	if (!tab)
		return;
	for (i = 0; i < tab->strings.num; i++)
		free(tab->strings.items[i]);
	vec_deinit(&tab->strings);
	hmap_deinit(&tab->ids);
	free(tab);
}

static uint64_t hash_string(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ull;
	return hash_u64(h);
}

struct err *strtab_intern(struct strtab *tab, const char *s, uint32_t *ret)
{
	uint64_t key = hash_string(s);
	uint64_t *found;
	char *copy;

	for (;; key++) {
		if (key == HMAP_NO_KEY)
			key = 0;
		found = hmap_find(&tab->ids, key);
		if (!found)
			break;
		if (strcmp(tab->strings.items[*found], s) == 0) {
			*ret = *found;
			return NULL;
		}
	}
	if (!vec_reserve_one(&tab->strings))
		return &err_nomem;
	copy = strdup(s);
	if (!copy)
		return &err_nomem;
	if (!hmap_set(&tab->ids, key, tab->strings.num)) {
		free(copy);
		return &err_nomem;
	}
	*ret = tab->strings.num;
	tab->strings.items[tab->strings.num++] = copy;
	return NULL;
}

const char *strtab_get(const struct strtab *tab, uint32_t id)
{
	return tab->strings.items[id];
}

size_t strtab_num(const struct strtab *tab)
{
	return tab->strings.num;
}
