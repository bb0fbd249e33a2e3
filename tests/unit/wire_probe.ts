// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/probe.h"

#include "test_util.h"

#include <stdbool.h>
#include <string.h>

static const struct probe *find(const char *symbol)
{
	unsigned i;

	for (i = 0; i < num_probes; i++)
		if (strcmp(probes[i].symbol, symbol) == 0)
			return &probes[i];
	ck_abort_msg("no probe for %s", symbol);
	return NULL;
}

static void check(const char *symbol, int kind, int size_arg, int factor_arg, int ptr_arg)
{
	const struct probe *probe = find(symbol);

	ck_assert_msg(probe->kind == kind, "%s: kind %u", symbol, probe->kind);
	ck_assert_msg(probe->size_arg == size_arg, "%s: size_arg %u", symbol, probe->size_arg);
	ck_assert_msg(probe->factor_arg == factor_arg, "%s: factor_arg %u", symbol,
		      probe->factor_arg);
	ck_assert_msg(probe->ptr_arg == ptr_arg, "%s: ptr_arg %u", symbol, probe->ptr_arg);
}

static bool is_arg(uint8_t arg)
{
	return arg < 6;
}

static bool is_cxx(const char *symbol)
{
	return strncmp(symbol, "_Z", 2) == 0;
}

#suite wire_probe

#tcase table

#test each_is_complete
	unsigned i;

	for (i = 0; i < num_probes; i++) {
		const struct probe *p = &probes[i];
		bool is_ok = false;

		switch ((enum probe_kind)p->kind) {
		case PROBE_ALLOC:
			is_ok = is_arg(p->size_arg) && p->ptr_arg == ARG_NONE;
			break;
		case PROBE_ALLOC_OUT:
		case PROBE_REALLOC:
			is_ok = is_arg(p->size_arg) && is_arg(p->ptr_arg) &&
				p->ptr_arg != p->size_arg;
			break;
		case PROBE_FREE:
			is_ok = p->size_arg == ARG_NONE && p->factor_arg == ARG_NONE &&
				is_arg(p->ptr_arg);
			break;
		}
		is_ok &= p->factor_arg == ARG_NONE ||
			 (is_arg(p->factor_arg) && p->factor_arg != p->size_arg);
		ck_assert_msg(is_ok, "arguments of %s", p->symbol);
		// Only C++ operators are left to the malloc below them, and have a domain of their
		// own.
		ck_assert_msg(p->needs_malloc == is_cxx(p->symbol), "needs_malloc of %s", p->symbol);
		ck_assert_msg(p->domain == 0 || (is_cxx(p->symbol) && p->kind == PROBE_ALLOC),
			      "domain of %s", p->symbol);
	}

#test each_name_once
	unsigned i, k;

	for (i = 0; i < num_probes; i++)
		for (k = 0; k < i; k++)
			ck_assert_msg(strcmp(probes[i].symbol, probes[k].symbol) != 0, "%s twice",
				      probes[i].symbol);

#test number_fits
	// The number of a probe travels in 16 bits; one look into a module searches at most 256
	// names.
	ck_assert_uint_gt(num_probes, 0);
	ck_assert_uint_lt(num_probes + PROBES_USER_MAX, 240);

#test arguments
	// As their manual pages declare them.
	check("malloc", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE);
	check("calloc", PROBE_ALLOC, 1, 0, ARG_NONE);
	check("realloc", PROBE_REALLOC, 1, ARG_NONE, 0);
	check("reallocarray", PROBE_REALLOC, 2, 1, 0);
	check("free", PROBE_FREE, ARG_NONE, ARG_NONE, 0);
	check("cfree", PROBE_FREE, ARG_NONE, ARG_NONE, 0);
	check("memalign", PROBE_ALLOC, 1, ARG_NONE, ARG_NONE);
	check("aligned_alloc", PROBE_ALLOC, 1, ARG_NONE, ARG_NONE);
	check("posix_memalign", PROBE_ALLOC_OUT, 2, ARG_NONE, 0);
	check("valloc", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE);
	check("pvalloc", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE);
	check("free_sized", PROBE_FREE, ARG_NONE, ARG_NONE, 0);
	check("free_aligned_sized", PROBE_FREE, ARG_NONE, ARG_NONE, 0);

#test other_allocators
	static const char *const prefixes[] = {"je_", "_rjem_", "tc_", "mi_"};
	char symbol[64];
	unsigned i;

	for (i = 0; i < 4; i++) {
		snprintf(symbol, sizeof(symbol), "%smalloc", prefixes[i]);
		check(symbol, PROBE_ALLOC, 0, ARG_NONE, ARG_NONE);
		snprintf(symbol, sizeof(symbol), "%sposix_memalign", prefixes[i]);
		check(symbol, PROBE_ALLOC_OUT, 2, ARG_NONE, 0);
		snprintf(symbol, sizeof(symbol), "%sfree", prefixes[i]);
		check(symbol, PROBE_FREE, ARG_NONE, ARG_NONE, 0);
	}
	check("_rjem_mallocx", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE);
	check("_rjem_rallocx", PROBE_REALLOC, 1, ARG_NONE, 0);
	check("sdallocx", PROBE_FREE, ARG_NONE, ARG_NONE, 0);
	check("mi_realloc_aligned", PROBE_REALLOC, 1, ARG_NONE, 0);

#test operators
	unsigned i, num_new = 0;

	ck_assert_uint_eq(find("_Znwm")->domain, DOMAIN_NEW);
	ck_assert_uint_eq(find("_ZnwmSt11align_val_tRKSt9nothrow_t")->domain, DOMAIN_NEW);
	ck_assert_uint_eq(find("_Znam")->domain, DOMAIN_NEW_ARRAY);
	ck_assert_uint_eq(find("_ZnamSt11align_val_t")->domain, DOMAIN_NEW_ARRAY);
	// What tells the domain of a stack: all of operator new, and nothing else.
	for (i = 0; i < num_probes; i++) {
		ck_assert_int_eq(probe_is_new(i), strncmp(probes[i].symbol, "_Zn", 3) == 0);
		num_new += probe_is_new(i);
	}
	ck_assert_uint_eq(num_new, 8);
	ck_assert(!probe_is_new(num_probes));
	check("_Znwm", PROBE_ALLOC, 0, ARG_NONE, ARG_NONE);
	check("_ZdlPvm", PROBE_FREE, ARG_NONE, ARG_NONE, 0);
	check("_ZdaPvSt11align_val_t", PROBE_FREE, ARG_NONE, ARG_NONE, 0);

#tcase list

#test spec
	struct probe_list list = {0};
	char domain[PROBE_DOMAIN_MAX];
	const struct probe *p;
	size_t first;

	ck_assert_uint_eq(probe_num(NULL), num_probes);
	ck_ok(probe_list_parse(&list, "domain=arena,alloc=arena_alloc(size=2),free=arena_free(ptr=2)",
			       domain, &first));
	ck_assert_str_eq(domain, "arena");
	ck_assert_uint_eq(first, 0);
	ck_ok(probe_list_parse(&list,
			       "alloc=get(out=1,size=2,count=6),realloc=more(ptr=1,size=2,count=3),"
			       "alloc=take(),domain=new[]",
			       domain, &first));
	ck_assert_str_eq(domain, "new[]");
	ck_assert_uint_eq(first, 2);
	ck_assert_uint_eq(probe_num(&list), num_probes + 5);
	ck_assert_ptr_eq(probe_at(&list, 0), &probes[0]);
	p = probe_at(&list, num_probes);
	ck_assert_str_eq(p->symbol, "arena_alloc");
	ck_assert(p->kind == PROBE_ALLOC && p->size_arg == 1 && p->factor_arg == ARG_NONE);
	p = probe_at(&list, num_probes + 1);
	ck_assert(p->kind == PROBE_FREE && p->ptr_arg == 1 && p->size_arg == ARG_NONE);
	p = probe_at(&list, num_probes + 2);
	ck_assert(p->kind == PROBE_ALLOC_OUT && p->ptr_arg == 0 && p->size_arg == 1 &&
		  p->factor_arg == 5);
	p = probe_at(&list, num_probes + 3);
	ck_assert(p->kind == PROBE_REALLOC && p->ptr_arg == 0 && p->size_arg == 1 &&
		  p->factor_arg == 2);
	p = probe_at(&list, num_probes + 4);
	ck_assert(p->kind == PROBE_ALLOC && p->size_arg == ARG_NONE);
	// What is wrong leaves the list as it was.
	ck_err(probe_list_parse(&list, "domain=x,alloc=f(size=1),alloc=take(size=1)", domain, &first),
	       ERR_USAGE, "has a role already");
	ck_assert_uint_eq(list.items.num, 5);
	probe_list_deinit(&list);

#test wrong_specs
	static const char *const wrong[][2] = {
		{"", "domain=, alloc=, realloc= and free= are possible, at ''"},
		{"domain=", "begins with a letter"},
		{"domain=a,domain=b,alloc=f(size=1)", "one domain only"},
		{"domain=a", "nothing allocates"},
		{"alloc=f(size=1)", "which domain?"},
		{"domain=a,alloc=(size=1)", "name of a function"},
		{"domain=a,alloc=f(size=1)x", "a comma is missing, at 'x'"},
		{"domain=a,alloc=f(size=12)", "1 to 6"},
		{"domain=a,alloc=f(size=1,size=2)", "given twice"},
		{"domain=a,alloc=f(count=2)", "count=N goes with size=N"},
		{"domain=a,alloc=f(size=1", "a comma or ) is missing"},
		{"domain=a,realloc=f(ptr=1)", "which argument is the size"},
		{"domain=a,alloc=f(size=1),free=g()", "which argument is the block"},
		{"domain=a2345678901234567890123456789012,alloc=f(size=1)", "too long"},
	};
	struct probe_list list = {0};
	char domain[PROBE_DOMAIN_MAX];
	size_t first, i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_err(probe_list_parse(&list, wrong[i][0], domain, &first), ERR_USAGE, wrong[i][1]);
	ck_assert_uint_eq(list.items.num, 0);
	probe_list_deinit(&list);

#tcase names

#test kind_names
	ck_assert_str_eq(probe_kind_name(PROBE_ALLOC), "alloc");
	ck_assert_str_eq(probe_kind_name(PROBE_ALLOC_OUT), "alloc");
	ck_assert_str_eq(probe_kind_name(PROBE_REALLOC), "realloc");
	ck_assert_str_eq(probe_kind_name(PROBE_FREE), "free");

#tcase usable

#test sources_of_usable_sizes
	uint64_t addrs[NUM_USABLE_SYMBOLS] = {0};
	struct usable_source source = usable_choose(addrs, "free");
	unsigned i;

	ck_assert_uint_eq(source.kind, USABLE_NONE);
	for (i = 0; i < NUM_USABLE_SYMBOLS; i++)
		ck_assert_ptr_nonnull(usable_symbols[i]);
	// tcmalloc and jemalloc define __libc_memalign, too.
	addrs[USABLE_SYMBOL_MEMALIGN] = 0x10;
	addrs[USABLE_SYMBOL_CALL] = 0x20;
	source = usable_choose(addrs, "_ZdlPv");
	ck_assert_uint_eq(source.kind, USABLE_CALL);
	ck_assert_uint_eq(source.block_function, 0x20);
	ck_assert_uint_eq(source.request_function, 0);
	addrs[USABLE_SYMBOL_INFO] = 0x30;
	ck_assert_uint_eq(usable_choose(addrs, "free").kind, USABLE_GLIBC);

#test functions_go_by_their_prefix
	uint64_t addrs[NUM_USABLE_SYMBOLS] = {0};
	unsigned i;

	// Two allocators in one program: je_ and mi_.
	for (i = USABLE_SYMBOL_CALL; i < NUM_USABLE_SYMBOLS; i++)
		if (strncmp(usable_symbols[i], "je_", 3) == 0 ||
		    strncmp(usable_symbols[i], "mi_", 3) == 0)
			addrs[i] = (uint64_t)usable_symbols[i][0] << 8 | (i >= USABLE_SYMBOL_GOOD);
	ck_assert_uint_eq(usable_choose(addrs, "je_free").block_function, 'j' << 8);
	ck_assert_uint_eq(usable_choose(addrs, "je_sdallocx").request_function, 'j' << 8 | 1);
	ck_assert_uint_eq(usable_choose(addrs, "mi_free").block_function, 'm' << 8);
	ck_assert_uint_eq(usable_choose(addrs, "mi_free").request_function, 'm' << 8 | 1);
	ck_assert_uint_eq(usable_choose(addrs, "_ZdlPv").block_function, 'j' << 8);
