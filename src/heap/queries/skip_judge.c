// SPDX-License-Identifier: GPL-3.0-or-later
// Most rules are names of functions without any star: a hash finds these. Others are tried one
// after the other, but only once for each distinct name of a query.
#include "config.h"

#include "heap/queries/function_name.h"
#include "heap/queries/pattern.h"
#include "heap/queries/skip_rules.h"

#include <string.h>

static enum skip_verdict max(enum skip_verdict a, enum skip_verdict b)
{
	return a > b ? a : b;
}

/** A name that is judged. */
struct judged {
	const struct skip_rules *rules;
	/** Base name of its module. */
	const char *module;
};

static bool is_of_module(const struct skip_rule *rule, const char *module)
{
	return !rule->module || pattern_matches(rule->module, module);
}

/** The strictest of the rules with a pattern. */
static enum skip_verdict match_patterns(const struct judged *judged, enum skip_kind kind,
					const char *name)
{
	const struct skip_rules *rules = judged->rules;
	enum skip_verdict verdict = SKIP_NOT;
	size_t i;

	for (i = 0; i < rules->patterns.num && verdict != SKIP_WRAPPER; i++) {
		const struct skip_rule *rule = &rules->list.items[rules->patterns.items[i]];

		if (rule->kind == kind && rule->verdict > verdict &&
		    pattern_matches(rule->pattern, name) && is_of_module(rule, judged->module))
			verdict = rule->verdict;
	}
	return verdict;
}

static bool is_listed(const struct judged *judged, const char *name)
{
	const struct skip_rules *rules = judged->rules;
	uint32_t hash = skip_hash(SKIP_FUNCTION, name), id;
	size_t pos;

	for (pos = idset_first(&rules->by_name, hash);
	     idset_next(&rules->by_name, hash, &pos, &id);) {
		const struct skip_rule *rule = &rules->list.items[id];

		if (rule->kind == SKIP_FUNCTION && !rule->pattern &&
		    strcmp(rule->name, name) == 0 && is_of_module(rule, judged->module))
			return true;
	}
	return false;
}

/** The verdict on a reduced name. */
static enum skip_verdict match_name(const struct judged *judged, const char *name, bool is_rust)
{
	enum skip_verdict verdict;

	if (is_listed(judged, name))
		return SKIP_WRAPPER;
	verdict = match_patterns(judged, SKIP_FUNCTION, name);
	if (is_rust)
		verdict = max(verdict, match_patterns(judged, SKIP_RUST, name));
	return verdict;
}

// Rust's `<A as B>::f` belongs to the crate of A or to that of B: it is skipped when both are.
static enum skip_verdict match_function(const struct judged *judged, const char *function)
{
	enum skip_verdict verdict = match_patterns(judged, SKIP_WHOLE, function), of_trait;
	struct function_name name;
	bool is_rust;

	if (verdict == SKIP_WRAPPER || !function_name_reduce(function, &name))
		return verdict;
	is_rust = !name.has_arguments;
	of_trait = name.trait[0] ? match_name(judged, name.trait, is_rust) : SKIP_WRAPPER;
	if (!name.name[0])
		return max(verdict, of_trait);
	if (of_trait == SKIP_NOT)
		return verdict;
	return max(verdict, match_name(judged, name.name, is_rust));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum skip_verdict match(struct skip_judge *judge, enum skip_kind kind,
			       const struct location *location)
{
	const char *module = strtab_get(judge->strings, location->module);
	struct judged judged = {judge->rules, base_name(module)};

	switch (kind) {
	case SKIP_FUNCTION:
		return match_function(&judged, strtab_get(judge->strings, location->function));
	case SKIP_MODULE:
		return max(match_patterns(&judged, SKIP_MODULE, judged.module),
			   match_patterns(&judged, SKIP_MODULE_PATH, module));
	default:
		return match_patterns(&judged, kind, strtab_get(judge->strings, location->file));
	}
}

/** The verdict on a part of a location. id: of the string, or strings, that it depends on. */
static struct err *judge_part(struct skip_judge *judge, enum skip_kind kind, uint64_t id,
			      const struct location *location, enum skip_verdict *ret)
{
	uint64_t key = (uint64_t)kind << 60 | id, *known = hmap_find(&judge->known, key);

	if (known) {
		*ret = *known;
		return NULL;
	}
	*ret = match(judge, kind, location);
	return hmap_set(&judge->known, key, *ret) ? NULL : &err_nomem;
}

struct err *skip_judge(struct skip_judge *judge, const struct location *location,
		       enum skip_verdict *ret)
{
	enum skip_verdict verdict = location->is_alloc_wrapper ? SKIP_WRAPPER : SKIP_NOT;
	struct err *err = NULL;

	if (judge->rules && location->function && verdict == SKIP_NOT)
		err = judge_part(judge, SKIP_FUNCTION,
				 (uint64_t)location->module << 30 | location->function, location,
				 &verdict);
	if (!err && judge->rules && location->has_line && verdict == SKIP_NOT)
		err = judge_part(judge, SKIP_FILE, location->file, location, &verdict);
	if (!err && judge->rules && location->module && verdict == SKIP_NOT)
		err = judge_part(judge, SKIP_MODULE, location->module, location, &verdict);
	if (!err)
		*ret = verdict;
	return err;
}
