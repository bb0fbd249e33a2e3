// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions by what a user types: module_match_functions() and module_complete_functions() of
 *  modules.h. */
#include "config.h"

#include "obj/modules/modules_internal.h"
#include "obj/symbols/demangle.h"
#include "obj/symbols/symindex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/** The last identifier of a name: what a mangled form of it must contain as it is. Empty: there is
 *  none ("operator new", a template). */
static void find_needle(const char *name, const char **ret, size_t *size_ret)
{
	size_t end = strcspn(name, "("), begin;

	if (strstr(name, "operator") || memchr(name, '<', end) || memchr(name, '{', end))
		end = 0;
	for (begin = end;
	     begin && (isalnum((unsigned char)name[begin - 1]) || name[begin - 1] == '_'); begin--)
		;
	*ret = name + begin;
	*size_ret = end - begin;
}

/** Optimised copies of a whole function, as gcc names them; not parts of one (.cold, .part). */
static bool is_clone_suffix(const char *suffix)
{
	static const char *const kinds[] = {".constprop.", ".isra.", ".lto_priv."};
	size_t i;

	while (*suffix) {
		for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (strncmp(suffix, kinds[i], strlen(kinds[i])) == 0)
				break;
		if (i == sizeof(kinds) / sizeof(kinds[0]))
			return false;
		suffix += strlen(kinds[i]);
		suffix += strspn(suffix, "0123456789");
	}
	return true;
}

/** symbol, without version, is the name or a clone of it. */
static bool plain_name_matches(const char *symbol, const char *name)
{
	size_t size = strlen(name);

	return strncmp(symbol, name, size) == 0 &&
	       (symbol[size] == '@' || is_clone_suffix(symbol + size));
}

static bool is_part(const char *full_name)
{
	return strstr(full_name, "[clone .cold") || strstr(full_name, "[clone .part");
}

/** *full_ret: the demangled name to free, or NULL when the symbol is not mangled. */
static bool symbol_matches(const char *symbol, const char *name, const char *needle,
			   size_t needle_size, char **full_ret)
{
	_cleanup_free_ char *base = NULL;
	_cleanup_free_ char *full = NULL;
	bool is_match = plain_name_matches(symbol, name);

	if (!is_match && needle_size && !memmem(symbol, strlen(symbol), needle, needle_size))
		return false;
	full = demangle_full(symbol);
	if (!is_match && full && !is_part(full)) {
		base = demangle_base(symbol);
		is_match = strcmp(full, name) == 0 || (base && strcmp(base, name) == 0);
	}
	*full_ret = is_match ? no_cleanup_ptr(full) : NULL;
	return is_match;
}

struct err *module_match_functions(struct modules *modules, uint32_t id, const char *name,
				   struct err *(*fn)(void *ctx, const char *full_name,
						     uint64_t addr),
				   void *ctx)
{
	const struct module_entry *entry = modules_get_entry(modules, id);
	const struct symindex *index;
	bool has_last = false;
	uint64_t last = 0;
	const char *needle;
	size_t needle_size, i;
	struct err *err;

	if (!entry)
		return &err_not_found;
	err = binary_symbols(entry->binary, &index);
	if (err)
		return err;
	find_needle(name, &needle, &needle_size);
	for (i = 0; i < index->num; i++) {
		const struct symbol *symbol = &index->symbols[i];
		_cleanup_free_ char *full = NULL;

		// Symbols of one address stand together: each address is reported once.
		if (symbol->type != STT_FUNC || (has_last && symbol->addr == last) ||
		    !symbol_matches(symbol->name, name, needle, needle_size, &full))
			continue;
		has_last = true;
		last = symbol->addr;
		err = fn(ctx, full ? full : name, symbol->addr);
		if (err)
			return err;
	}
	return NULL;
}

struct err *module_complete_functions(struct modules *modules, uint32_t id, const char *prefix,
				      struct err *(*fn)(void *ctx, const char *name), void *ctx)
{
	const struct module_entry *entry = modules_get_entry(modules, id);
	size_t prefix_size = strlen(prefix), i;
	const struct symindex *index;
	struct err *err;

	if (!entry)
		return &err_not_found;
	err = binary_symbols(entry->binary, &index);
	if (err)
		return err;
	for (i = 0; i < index->num; i++) {
		const struct symbol *symbol = &index->symbols[i];
		_cleanup_free_ char *name = NULL;

		if (symbol->type != STT_FUNC)
			continue;
		name = demangle_base(symbol->name);
		if (!name)
			name = strndup(symbol->name, strcspn(symbol->name, "@."));
		if (!name)
			return &err_nomem;
		if (!name[0] || strncmp(name, prefix, prefix_size) != 0)
			continue;
		err = fn(ctx, name);
		if (err)
			return err;
	}
	return NULL;
}
