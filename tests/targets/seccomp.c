// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// seccomp [forbid|allow]: a filter kills the process when it maps executable memory, as sandboxed
// programs do. Then it allocates from several sites. With an argument it does so until SIGUSR1;
// `allow`: the filter allows that, too.
#include "sites.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>

#define NUM_BLOCKS 300

static struct ledger ledger;
static volatile sig_atomic_t has_to_end;

static void on_signal(int sig)
{
	(void)sig;
	has_to_end = 1;
}

static void set_filter(uint32_t verdict)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	uint64_t random = 4711;
	bool is_allowing = argc > 1 && strcmp(argv[1], "allow") == 0;

	ledger_init();
	ledger_add_slots(&ledger, NUM_BLOCKS);
	sigaction(SIGUSR1, &action, NULL);
	set_filter(is_allowing ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
	ledger_wait_traced();
	if (argc > 1)
		ledger_print(1, "running\n");
	while (argc > 1 && !has_to_end)
		sites_work(&ledger, &random);
	for (int i = 0; i < 3000; i++)
		sites_work(&ledger, &random);
	ledger_checkpoint();
	return ledger_finish();
}
