// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// hostile_cfi: the call-frame information of a function names a register in the hundreds of
// millions.
#include "ledger.h"

__asm__(".text\n"
	".globl site_hostile\n"
	".type site_hostile, @function\n"
	"site_hostile:\n"
	".cfi_startproc\n"
	"sub $8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	// DW_CFA_offset_extended of register 0x7ffffff.
	".cfi_escape 0x05, 0xff, 0xff, 0xff, 0x3f, 0x01\n"
	"call malloc@plt\n"
	"add $8, %rsp\n"
	".cfi_adjust_cfa_offset -8\n"
	"ret\n"
	".cfi_endproc\n"
	".size site_hostile, .-site_hostile\n");
void *site_hostile(size_t size);

static struct ledger ledger;

int main(void)
{
	ledger_init();
	ledger_add_slots(&ledger, 20);
	ledger_wait_traced();
	for (size_t i = 0; i < 20; i++)
		slot_set(&ledger.slots[i], site_hostile(i + 1), i + 1, "site_hostile", false);
	ledger_checkpoint();
	return ledger_finish();
}
