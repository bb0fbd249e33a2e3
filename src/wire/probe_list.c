// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/probe.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Arguments that travel in registers. */
#define ARGS_MAX 6

struct parser {
	const char *spec;
	const char *at;
	struct probe_list *list;
	char *domain;
};

static struct err *wrong(const struct parser *p, const char *what)
{
	return err_create(ERR_USAGE, "'%s': %s, at '%s'", p->spec, what, p->at);
}

static size_t word_size(const char *text)
{
	size_t size = 0;

	while (isalnum((unsigned char)text[size]) || (text[size] && strchr("_.$@-+", text[size])))
		size++;
	return size;
}

static bool take(struct parser *p, const char *text)
{
	size_t size = strlen(text);

	if (strncmp(p->at, text, size) != 0)
		return false;
	p->at += size;
	return true;
}

static struct err *parse_number(struct parser *p, uint8_t *ret)
{
	if (*ret != ARG_NONE)
		return wrong(p, "this argument is given twice");
	if (*p->at < '1' || *p->at > '0' + ARGS_MAX || isdigit((unsigned char)p->at[1]))
		return wrong(p, "the number of an argument is 1 to 6");
	*ret = (uint8_t)(*p->at++ - '1');
	return NULL;
}

static struct err *parse_pool(struct parser *p, struct probe *probe)
{
	uint8_t arg = probe->pool ? (uint8_t)(probe->pool - 1) : ARG_NONE;
	struct err *err = parse_number(p, &arg);

	if (!err)
		probe->pool = (uint8_t)(arg + 1);
	return err;
}

static struct err *parse_argument(struct parser *p, struct probe *probe)
{
	bool is_free = probe->kind == PROBE_FREE;

	if (probe->kind == PROBE_DESTROY)
		return take(p, "pool=") ? parse_number(p, &probe->ptr_arg)
					: wrong(p, "destroy takes pool=N");
	if (!is_free && take(p, "size="))
		return parse_number(p, &probe->size_arg);
	if (!is_free && take(p, "count="))
		return parse_number(p, &probe->factor_arg);
	if (!is_free && take(p, "pool="))
		return parse_pool(p, probe);
	if ((is_free || probe->kind == PROBE_REALLOC) && take(p, "ptr="))
		return parse_number(p, &probe->ptr_arg);
	if (!is_free && probe->kind != PROBE_REALLOC && take(p, "out=")) {
		probe->kind = PROBE_ALLOC_OUT;
		return parse_number(p, &probe->ptr_arg);
	}
	return wrong(p, is_free ? "free takes ptr=N"
			: probe->kind == PROBE_REALLOC
				? "realloc takes ptr=N, size=N, count=N and pool=N"
				: "alloc takes size=N, count=N, out=N and pool=N");
}

static struct err *check_arguments(const struct parser *p, const struct probe *probe)
{
	if (probe->kind == PROBE_DESTROY && probe->ptr_arg == ARG_NONE)
		return wrong(p, "which argument is the pool? pool=N");
	if (probe->kind != PROBE_ALLOC && probe->ptr_arg == ARG_NONE)
		return wrong(p, "which argument is the block? ptr=N");
	if (probe->kind == PROBE_REALLOC && probe->size_arg == ARG_NONE)
		return wrong(p, "which argument is the size? size=N");
	if (probe->factor_arg != ARG_NONE && probe->size_arg == ARG_NONE)
		return wrong(p, "count=N goes with size=N");
	return NULL;
}

static struct err *parse_arguments(struct parser *p, struct probe *probe)
{
	struct err *err = NULL;

	if (!take(p, "("))
		return wrong(p, "arguments follow the function, as in free=f(ptr=1)");
	while (!err && !take(p, ")")) {
		err = parse_argument(p, probe);
		if (!err && *p->at != ')' && !take(p, ","))
			err = wrong(p, "a comma or ) is missing");
	}
	return err ? err : check_arguments(p, probe);
}

bool probe_place(const char *symbol, size_t *file_size_ret, uint64_t *addr_ret)
{
	// The name of a file may have a +, too.
	const char *plus = strrchr(symbol, '+'), *number = plus ? plus + 1 : symbol;
	char *end;

	if (strncmp(number, "0x", 2) != 0 || !isxdigit((unsigned char)number[2]))
		return false;
	errno = 0;
	*addr_ret = strtoull(number + 2, &end, 16);
	*file_size_ret = plus ? (size_t)(plus - symbol) : 0;
	return !*end && !errno && symbol != plus;
}

/** A name, or a place that is one. */
static bool is_function(const char *symbol)
{
	uint64_t addr;
	size_t size;

	return (!strchr(symbol, '+') && strncmp(symbol, "0x", 2) != 0) ||
	       probe_place(symbol, &size, &addr);
}

static struct err *parse_function(struct parser *p, enum probe_kind kind)
{
	struct probe probe = {NULL, kind, ARG_NONE, ARG_NONE, ARG_NONE, 0, 0, 0};
	size_t size = word_size(p->at), i;
	struct err *err;
	char *symbol;

	if (!size)
		return wrong(p, "the name of a function is missing");
	if (p->list->items.num >= PROBES_USER_MAX)
		return wrong(p, "no more functions than 64");
	symbol = strndup(p->at, size);
	if (!symbol)
		return &err_nomem;
	if (!is_function(symbol)) {
		free(symbol);
		return wrong(p, "an address is 0xADDRESS or FILE+0xADDRESS");
	}
	probe.symbol = symbol;
	for (i = 0; i < p->list->items.num; i++) {
		if (strcmp(p->list->items.items[i].symbol, symbol) == 0) {
			free(symbol);
			return wrong(p, "this function has a role already");
		}
	}
	p->at += size;
	err = parse_arguments(p, &probe);
	if (!err && !vec_push(&p->list->items, probe))
		err = &err_nomem;
	if (err)
		free(symbol);
	return err;
}

static struct err *parse_domain(struct parser *p)
{
	size_t size = word_size(p->at);

	if (*p->domain)
		return wrong(p, "one domain only; give --probe again for another");
	// "new[]" is a name, too.
	if (strncmp(p->at, "new[]", 5) == 0)
		size = 5;
	if (!size || (!isalpha((unsigned char)*p->at) && *p->at != '_'))
		return wrong(p, "the name of a domain begins with a letter");
	if (size >= PROBE_DOMAIN_MAX)
		return wrong(p, "the name of the domain is too long, 31 characters are possible");
	memcpy(p->domain, p->at, size);
	p->domain[size] = '\0';
	p->at += size;
	return NULL;
}

static struct err *parse_part(struct parser *p)
{
	if (take(p, "domain="))
		return parse_domain(p);
	if (take(p, "alloc="))
		return parse_function(p, PROBE_ALLOC);
	if (take(p, "realloc="))
		return parse_function(p, PROBE_REALLOC);
	if (take(p, "free="))
		return parse_function(p, PROBE_FREE);
	if (take(p, "destroy="))
		return parse_function(p, PROBE_DESTROY);
	return wrong(p, "domain=, alloc=, realloc=, free= and destroy= are possible");
}

static struct err *check_list(const struct parser *p, size_t first)
{
	bool has_alloc = false;
	size_t i;

	for (i = first; i < p->list->items.num; i++)
		has_alloc |= p->list->items.items[i].kind < PROBE_FREE;
	if (!*p->domain)
		return err_create(ERR_USAGE, "'%s': which domain? domain=NAME", p->spec);
	if (!has_alloc)
		return err_create(ERR_USAGE, "'%s': nothing allocates; alloc=FUNCTION(size=N)",
				  p->spec);
	return NULL;
}

static void cut(struct probe_list *list, size_t num)
{
	while (list->items.num > num)
		free((char *)list->items.items[--list->items.num].symbol);
}

struct err *probe_list_parse(struct probe_list *list, const char *spec,
			     char domain_ret[PROBE_DOMAIN_MAX], size_t *first_ret)
{
	char domain[PROBE_DOMAIN_MAX] = "";
	struct parser p = {spec, spec, list, domain};
	size_t first = list->items.num;
	struct err *err;

	do
		err = parse_part(&p);
	while (!err && take(&p, ","));
	if (!err && *p.at)
		err = wrong(&p, "a comma is missing");
	if (!err)
		err = check_list(&p, first);
	if (err) {
		cut(list, first);
		return err;
	}
	strcpy(domain_ret, domain);
	*first_ret = first;
	return NULL;
}

void probe_list_deinit(struct probe_list *list)
{
	cut(list, 0);
	vec_deinit(&list->items);
}

const struct probe *probe_at(const struct probe_list *list, uint32_t index)
{
	return index < num_probes ? &probes[index] : &list->items.items[index - num_probes];
}

uint32_t probe_num(const struct probe_list *list)
{
	return num_probes + (list ? (uint32_t)list->items.num : 0);
}
