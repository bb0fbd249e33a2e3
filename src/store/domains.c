// SPDX-License-Identifier: GPL-3.0-or-later
// Domains that the user named. Each process gives them numbers as they come, so a file has its own
// numbers and keeps the names beside them.
#include "config.h"

#include "store/store_internal.h"

#include "heap/domain.h"

#include <inttypes.h>
#include <string.h>

#define KEY_PREFIX "domain."

static bool parse_key(const char *key, uint32_t *ret)
{
	unsigned long value;
	char *end;

	if (strncmp(key, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
		return false;
	key += strlen(KEY_PREFIX);
	value = strtoul(key, &end, 10);
	if (*key < '1' || *key > '9' || *end || value < DOMAIN_USER || value > INT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

struct err *domains_read(struct store *store)
{
	struct file_domain domain = {0};
	struct err *err = NULL;
	struct query q;

	store->domains.num = 0;
	query_begin(&q, store,
		    "SELECT key AS \"meta.key\", value AS \"meta.value\" FROM meta"
		    " WHERE key GLOB '" KEY_PREFIX "*' ORDER BY key LIMIT 1000",
		    0);
	while (!err && query_next(&q)) {
		if (!parse_key(query_text(&q, 0), &domain.id))
			continue;
		// The name is not valid here; then its domain is shown as a number.
		err = domain_define(query_text(&q, 1), &domain.here);
		if (err && err != &err_nomem) {
			err_destroy(err);
			err = NULL;
			continue;
		}
		if (!err && !vec_push(&store->domains, domain))
			err = &err_nomem;
	}
	return query_end(&q, err);
}

struct err *domains_from_file(struct store *store, uint32_t domain, uint32_t *ret)
{
	size_t i;

	*ret = domain;
	for (i = 0; i < store->domains.num; i++)
		if (store->domains.items[i].id == domain)
			*ret = store->domains.items[i].here;
	return NULL;
}

struct err *domains_to_file(struct store *store, uint32_t domain, uint32_t *ret)
{
	struct file_domain new = {.id = DOMAIN_USER, .here = domain, .is_new = true};
	size_t i;

	*ret = domain;
	if (!domain_is_defined(domain))
		return NULL;
	for (i = 0; i < store->domains.num; i++) {
		const struct file_domain *known = &store->domains.items[i];

		if (known->here == domain) {
			*ret = known->id;
			return NULL;
		}
		if (known->id >= new.id)
			new.id = known->id + 1;
	}
	if (!vec_push(&store->domains, new))
		return &err_nomem;
	*ret = new.id;
	return NULL;
}

struct err *domains_write(struct store *store)
{
	struct err *err = NULL;
	size_t i;

	for (i = 0; i < store->domains.num && !err; i++) {
		struct file_domain *domain = &store->domains.items[i];
		char key[32], name[DOMAIN_NAME_MAX];
		sqlite3_stmt *stmt;

		if (!domain->is_new)
			continue;
		stmt = insert_begin(store, INSERT_FILE_META, &err);
		if (!stmt)
			return err;
		snprintf(key, sizeof(key), KEY_PREFIX "%" PRIu32, domain->id);
		bind_text(stmt, 1, key);
		bind_text(stmt, 2, domain_name(domain->here, name));
		err = insert_end(store, stmt);
		domain->is_new = false;
	}
	return err;
}
