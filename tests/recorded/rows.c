// SPDX-License-Identifier: GPL-3.0-or-later
/** rows PID: rows of pcs in a stopped process. Each line of standard input is a pc in hexadecimal
 *  and "call" (it is a return address) or "exact"; what comes out are lines of a record, as
 *  README.md describes them. */
#include "config.h"

#include "arch/x86_64.h"
#include "obj/modules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {"none", "reg", "deref", "plt", "signal", "end", "no_cfi"};
static const char *const regs[] = {"sp", "bp", "bx", "r12", "r13", "r14", "r15", "r10"};

static void print_offset(int16_t offset)
{
	if (offset == CFI_ROW_SAME)
		printf(" same");
	else
		printf(" %d", offset);
}

static void print_row(uint64_t pc, bool is_call_site, const struct cfi_row *row)
{
	unsigned i;

	printf("row %" PRIx64 " %s %s", pc, is_call_site ? "call" : "exact", kinds[row->kind]);
	if (row->kind >= CFI_ROW_REG && row->kind <= CFI_ROW_PLT) {
		printf(" %s %d %d %d", regs[row->cfa_reg], row->cfa_offset, row->deref_offset,
		       row->ra_offset);
		for (i = X86_BP; i <= X86_R15; i++)
			print_offset(row->reg_offset[i]);
	}
	printf("\n");
}

static void print_module(const struct module *m)
{
	size_t i;

	printf("module %" PRIx64 " %" PRIx64 " %s ", m->start, m->end, m->name);
	for (i = 0; i < m->build_id_size; i++)
		printf("%02x", m->build_id[i]);
	printf("\n");
}

static struct err *run(pid_t pid)
{
	bool is_printed[256] = {false};
	struct modules *modules = NULL;
	struct modules_delta delta = {0};
	struct err *err = modules_create(&modules);
	char how[8];
	uint64_t pc;

	if (!err)
		err = modules_refresh(modules, pid, &delta);
	while (!err && scanf("%" SCNx64 " %7s", &pc, how) == 2) {
		bool is_call_site = strcmp(how, "call") == 0;
		const struct module *m = modules_find(modules, pc - is_call_site);
		struct cfi_row row;

		if (m && m->id < 256 && !is_printed[m->id])
			print_module(m);
		if (m && m->id < 256)
			is_printed[m->id] = true;
		err = modules_cfi_row(modules, pc, is_call_site, &row);
		if (!err)
			print_row(pc, is_call_site, &row);
	}
	modules_delta_deinit(&delta);
	modules_destroy(modules);
	return err;
}

int main(int argc, char **argv)
{
	_cleanup_err_ struct err *err = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: rows PID\n");
		return 2;
	}
	err = run(atoi(argv[1]));
	if (err)
		fprintf(stderr, "rows: %s\n", err_text(err));
	return err != NULL;
}
