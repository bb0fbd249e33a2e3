// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/strtab.h"

#include "base/hmap.h"

#include <stdlib.h>
#include <string.h>

/** How many ids a chunk of the index has, and how many chunks are enough for all ids. */
#define INDEX_CHUNK 4096u
#define NUM_CHUNKS  (1u << 20)

/** The index consists of chunks, because an array that grows would move under a reader. Its upper
 *  level has its full size from the start: 8 MiB of address space, of which only touched pages cost
 *  memory. */
struct strtab {
	char ***index;
	size_t num;
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
	tab->index = calloc(NUM_CHUNKS, sizeof(*tab->index));
	err = tab->index ? strtab_intern(tab, "", &id) : &err_nomem;
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
	for (i = 0; i < tab->num; i++)
		free(tab->index[i / INDEX_CHUNK][i % INDEX_CHUNK]);
	for (i = 0; tab->index && i < NUM_CHUNKS && tab->index[i]; i++)
		free(tab->index[i]);
	free(tab->index);
	hmap_deinit(&tab->ids);
	free(tab);
}

static bool index_reserve_one(struct strtab *tab)
{
	char ***chunk = &tab->index[tab->num / INDEX_CHUNK];

	if (!*chunk)
		*chunk = malloc(INDEX_CHUNK * sizeof(**chunk));
	return *chunk != NULL;
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
		if (strcmp(strtab_get(tab, *found), s) == 0) {
			*ret = *found;
			return NULL;
		}
	}
	if (tab->num >= UINT32_MAX - 1 || !index_reserve_one(tab))
		return &err_nomem;
	copy = strdup(s);
	if (!copy)
		return &err_nomem;
	if (!hmap_set(&tab->ids, key, tab->num)) {
		free(copy);
		return &err_nomem;
	}
	tab->index[tab->num / INDEX_CHUNK][tab->num % INDEX_CHUNK] = copy;
	*ret = tab->num++;
	return NULL;
}

const char *strtab_get(const struct strtab *tab, uint32_t id)
{
	return tab->index[id / INDEX_CHUNK][id % INDEX_CHUNK];
}

size_t strtab_num(const struct strtab *tab)
{
	return tab->num;
}
