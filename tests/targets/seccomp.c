// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// seccomp: a filter kills the process when it maps executable memory, as sandboxed programs do. Then
// it allocates from several sites.
#include "sites.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define NUM_BLOCKS 300

static struct ledger ledger;

static void forbid_executable_memory(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(void)
{
	uint64_t random = 4711;

	ledger_init();
	ledger_add_slots(&ledger, NUM_BLOCKS);
	forbid_executable_memory();
	ledger_wait_traced();
	for (int i = 0; i < 3000; i++)
		sites_work(&ledger, &random);
	ledger_checkpoint();
	return ledger_finish();
}
