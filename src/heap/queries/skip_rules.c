// SPDX-License-Identifier: GPL-3.0-or-later
// Rules are kept in the order in which they came, with an index that also finds the rules that are
// plain names.
#include "config.h"

#include "heap/queries/skip_rules.h"

#include "base/utf8.h"
#include "heap/queries/pattern.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *prefix;
	enum skip_kind kind;
} prefixes[] = {
	{"rust:", SKIP_RUST},
	{"file:", SKIP_FILE},
	{"module:", SKIP_MODULE},
};

#define NUM_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

struct err *skip_rules_create(struct skip_rules **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : &err_nomem;
}

static void rule_deinit(struct skip_rule *rule)
{
	pattern_destroy(rule->pattern);
	pattern_destroy(rule->module);
	free(rule->text);
}

void skip_rules_destroy(struct skip_rules *rules)
{
	size_t i;

	if (!rules)
		return;
	for (i = 0; i < rules->list.num; i++)
		rule_deinit(&rules->list.items[i]);
	vec_deinit(&rules->list);
	idset_deinit(&rules->by_name);
	vec_deinit(&rules->patterns);
	free(rules);
}

uint32_t skip_hash(enum skip_kind kind, const char *s)
{
	uint32_t hash = 2166136261u + kind;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

/** The text of a rule in parts. */
struct parts {
	enum skip_kind kind;
	/** What stands in front of the '!'; 0 when there is none. */
	size_t module_size;
	const char *name;
};

static struct parts split(const char *text)
{
	struct parts parts = {.kind = SKIP_FUNCTION, .name = text};
	const char *mark;
	size_t i;

	for (i = 0; i < NUM_PREFIXES; i++) {
		size_t len = strlen(prefixes[i].prefix);

		if (strncmp(text, prefixes[i].prefix, len) == 0) {
			parts.kind = prefixes[i].kind;
			parts.name = text + len;
		}
	}
	// Not the '!' of [!a].
	mark = parts.kind == SKIP_FUNCTION ? strchr(text, '!') : NULL;
	if (mark && mark > text && mark[-1] != '[') {
		parts.module_size = mark - text;
		parts.name = mark + 1;
	}
	if (parts.kind == SKIP_FUNCTION && strpbrk(parts.name, "<("))
		parts.kind = SKIP_WHOLE;
	if (parts.kind == SKIP_MODULE && strchr(parts.name, '/'))
		parts.kind = SKIP_MODULE_PATH;
	return parts;
}

/** A word and a single colon: a kind that there is not. */
static bool has_unknown_kind(const char *pattern)
{
	size_t len = 0;

	while (isalnum((unsigned char)pattern[len]) || pattern[len] == '_')
		len++;
	return len && pattern[len] == ':' && pattern[len + 1] != ':';
}

struct err *skip_rule_check(const char *text)
{
	struct parts parts = split(text);
	const char *s;
	_cleanup_free_ char *shown = utf8_shorten(text, 100);

	if (!shown)
		return &err_nomem;
	for (s = text; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return err_create(ERR_USAGE, "'%s' has control characters", shown);
	if (s - text > SKIP_TEXT_MAX)
		return err_create(ERR_USAGE, "'%s' has more than %d characters", shown,
				  SKIP_TEXT_MAX);
	if (!*parts.name)
		return err_create(ERR_USAGE,
				  "'%s' has no pattern; as in ngx_alloc, "
				  "file:*/mylib/* or module:libfoo*",
				  shown);
	if (!parts.module_size && !parts.name[strspn(parts.name, "*")])
		return err_create(ERR_USAGE, "'%s' would skip every frame", shown);
	if ((parts.kind == SKIP_FUNCTION || parts.kind == SKIP_WHOLE) && has_unknown_kind(text))
		return err_create(
			ERR_USAGE,
			"'%s' begins with no kind that there is: rust:, file: and module:; "
			"a function has none",
			shown);
	return NULL;
}

static bool is_there(const struct skip_rules *rules, const char *text, const struct parts *parts)
{
	uint32_t hash = skip_hash(parts->kind, parts->name), id;
	size_t pos;

	for (pos = idset_first(&rules->by_name, hash);
	     idset_next(&rules->by_name, hash, &pos, &id);)
		if (strcmp(rules->list.items[id].text, text) == 0)
			return true;
	return false;
}

static struct err *make_module_pattern(const char *text, size_t size, struct pattern **ret)
{
	_cleanup_free_ char *module = strndup(text, size);

	return module ? pattern_create(module, ret) : &err_nomem;
}

static struct err *make_rule(const char *text, const struct parts *parts, bool is_users,
			     struct skip_rule *rule)
{
	size_t len = strlen(parts->name);
	bool is_namespace = len > 3 && strcmp(parts->name + len - 3, "::*") == 0;
	struct err *err = NULL;

	// Everything in a namespace says where a function is, not what it does.
	*rule = (struct skip_rule){
		.text = strdup(text),
		.kind = parts->kind,
		.verdict = parts->kind >= SKIP_FILE || is_namespace ? SKIP_PLACE : SKIP_WRAPPER,
		.is_users = is_users,
	};
	if (!rule->text)
		return &err_nomem;
	rule->name = rule->text + (parts->name - text);
	if (parts->kind != SKIP_FUNCTION || strpbrk(parts->name, "*?["))
		err = pattern_create(parts->name, &rule->pattern);
	if (!err && parts->module_size)
		err = make_module_pattern(text, parts->module_size, &rule->module);
	if (err)
		rule_deinit(rule);
	return err;
}

struct err *skip_rules_add(struct skip_rules *rules, const char *text, bool is_users)
{
	struct parts parts = split(text);
	uint32_t id = rules->list.num;
	struct skip_rule rule;
	struct err *err = skip_rule_check(text);

	if (err || is_there(rules, text, &parts))
		return err;
	if (id >= SKIP_RULES_MAX)
		return err_create(ERR_USAGE, "more than %d rules", SKIP_RULES_MAX);
	if (!vec_reserve_one(&rules->list) || !vec_reserve_one(&rules->patterns) ||
	    !idset_reserve_one(&rules->by_name))
		return &err_nomem;
	err = make_rule(text, &parts, is_users, &rule);
	if (err)
		return err;
	rules->list.items[rules->list.num++] = rule;
	if (rule.pattern)
		rules->patterns.items[rules->patterns.num++] = id;
	idset_add(&rules->by_name, skip_hash(rule.kind, rule.name), id);
	return NULL;
}

static struct err *add_line(struct skip_rules *rules, const char *line, size_t size, bool is_users)
{
	_cleanup_free_ char *copy = NULL;

	while (size && isspace((unsigned char)*line)) {
		line++;
		size--;
	}
	while (size && isspace((unsigned char)line[size - 1]))
		size--;
	if (!size || *line == '#')
		return NULL;
	if (memchr(line, '\0', size))
		return err_create(ERR_USAGE, "a NUL character");
	copy = strndup(line, size);
	return copy ? skip_rules_add(rules, copy, is_users) : &err_nomem;
}

struct err *skip_rules_add_lines(struct skip_rules *rules, const char *text, size_t size,
				 const char *name, bool is_users)
{
	const char *end = text + size;
	unsigned number = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t len = newline ? newline - text : end - text;
		struct err *err = add_line(rules, text, len, is_users), *told;

		number++;
		if (err && err->code == ERR_USAGE) {
			told = err_create(ERR_USAGE, "%s:%u: %s", name, number, err_text(err));
			err_destroy(err);
			return told;
		}
		if (err)
			return err;
		text += len + 1;
	}
	return NULL;
}

void skip_rules_clear(struct skip_rules *rules)
{
	size_t i, num = 0;

	idset_clear(&rules->by_name);
	rules->patterns.num = 0;
	for (i = 0; i < rules->list.num; i++) {
		struct skip_rule rule = rules->list.items[i];

		if (rule.is_users) {
			rule_deinit(&rule);
			continue;
		}
		rules->list.items[num] = rule;
		idset_add(&rules->by_name, skip_hash(rule.kind, rule.name), num);
		if (rule.pattern)
			rules->patterns.items[rules->patterns.num++] = num;
		num++;
	}
	rules->list.num = num;
}

size_t skip_rules_num(const struct skip_rules *rules)
{
	return rules->list.num;
}

const char *skip_rules_get(const struct skip_rules *rules, size_t i, bool *is_users_ret)
{
	*is_users_ret = rules->list.items[i].is_users;
	return rules->list.items[i].text;
}
