// SPDX-License-Identifier: GPL-3.0-or-later
/** Rules at work, and their inside. Each distinct function, file and module is compared with them
 *  once in a query. */
#ifndef HEAP_QUERIES_SKIP_RULES_H
#define HEAP_QUERIES_SKIP_RULES_H

#include "base/hmap.h"
#include "base/vec.h"
#include "heap/resolve.h"
#include "heap/skip.h"
#include "heap/tables/idset.h"

struct pattern;

/** What the rules say of a location. */
enum skip_verdict {
	/** It may name a row. */
	SKIP_NOT,
	/** Its file, module or namespace is skipped. It names a row if nothing else can. */
	SKIP_PLACE,
	/** It is an allocator, or passes an allocation on. */
	SKIP_WRAPPER,
};

enum skip_kind {
	/** A reduced name (heap/queries/function_name.h); a whole name; a reduced one of Rust. */
	SKIP_FUNCTION,
	SKIP_WHOLE,
	SKIP_RUST,
	SKIP_FILE,
	/** Base name; whole path. */
	SKIP_MODULE,
	SKIP_MODULE_PATH,
};

struct skip_rule {
	char *text;
	enum skip_kind kind;
	enum skip_verdict verdict;
	bool is_users;
	/** The part of text that is for the name. */
	const char *name;
	/** NULL: name is a function's without any star, which by_name finds. */
	struct pattern *pattern;
	/** What the base name of the module must match; NULL: any. */
	struct pattern *module;
};

struct skip_rules {
	VEC(struct skip_rule) list;
	/** All rules by the hash of kind and name, skip_hash(). */
	struct idset by_name;
	/** Those with a pattern, in order. */
	VEC(uint32_t) patterns;
};

uint32_t skip_hash(enum skip_kind kind, const char *name);

struct skip_judge {
	/** NULL: only allocators are skipped. */
	const struct skip_rules *rules;
	const struct strtab *strings;
	/** String ids with what they are (function, file, module) -> verdict. */
	struct hmap known;
};

/** The verdict on a location. Rules must not change between calls. &err_nomem. */
struct err *skip_judge(struct skip_judge *judge, const struct location *location,
		       enum skip_verdict *ret) __must_check;

static inline void skip_judge_deinit(struct skip_judge *judge)
{
	hmap_deinit(&judge->known);
}

#endif
