// SPDX-License-Identifier: GPL-3.0-or-later
/** What a seccomp filter says, computed: as the kernel's own BPF does, and never more than that. */
#include "test_util.h"
#include "trace/engine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define DATA(member) ((uint32_t)offsetof(struct seccomp_data, member))
#define NUM(array)   (sizeof(array) / sizeof((array)[0]))

static const struct seccomp_data data = {
	.nr = SYS_mmap,
	.arch = AUDIT_ARCH_X86_64,
	.instruction_pointer = 0x7f0000001234,
	.args = {0x10, 0x20, 0x5, 0x22, 0xffffffffffffffff, 0x123456789},
};

#suite trace_filter

#tcase filter

#test allow_list
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct seccomp_data other = data;

	ck_assert_uint_eq(filter_run(insns, NUM(insns), &data), SECCOMP_RET_ALLOW);
	other.nr = SYS_munmap;
	ck_assert_uint_eq(filter_run(insns, NUM(insns), &other), SECCOMP_RET_ERRNO | EPERM);
	other.arch = AUDIT_ARCH_I386;
	ck_assert_uint_eq(filter_run(insns, NUM(insns), &other), SECCOMP_RET_KILL_PROCESS);

#test arguments
	// mmap of executable memory, as the low and the high half of an argument.
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
	};

	ck_assert_uint_eq(filter_run(insns, NUM(insns), &data), SECCOMP_RET_TRAP);
	insns[0].k += 4;
	ck_assert_uint_eq(filter_run(insns, NUM(insns), &data), SECCOMP_RET_LOG);

#test malformed
	const struct sock_filter off_the_end[] = {BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff)};
	const struct sock_filter no_return[] = {BPF_STMT(BPF_LD | BPF_IMM, SECCOMP_RET_ALLOW)};
	const struct sock_filter no_data[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_filter no_scratch[] = {
		BPF_STMT(BPF_ST, 16),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	ck_assert_uint_eq(filter_run(off_the_end, 1, &data), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(filter_run(no_return, 1, &data), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(filter_run(no_data, 2, &data), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(filter_run(no_scratch, 2, &data), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(filter_run(NULL, 0, &data), SECCOMP_RET_KILL_PROCESS);

#test as_the_kernel
	// All operations on random arguments; the result comes back as the error of getpid().
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[0])),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[1])),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_STX, 4),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_NEG, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 1, 0),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x80000000, 0, 1),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 5),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 7),
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
		BPF_STMT(BPF_LDX | BPF_MEM, 4),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 2),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 3),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7ff),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = {NUM(insns), (struct sock_filter *)insns};
	struct seccomp_data d = {.nr = SYS_getpid, .arch = AUDIT_ARCH_X86_64};
	uint64_t random = 4711;
	uint32_t verdict;
	int status, i;
	pid_t pid = test_fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(77);
		for (i = 0; i < 2000; i++) {
			d.args[0] = test_random(&random);
			d.args[1] = i % 3 ? test_random(&random) : d.args[0] >> 7;
			verdict = filter_run(insns, NUM(insns), &d);
			errno = 0;
			syscall(SYS_getpid, d.args[0], d.args[1]);
			if (verdict != (SECCOMP_RET_ERRNO | (uint32_t)errno))
				_exit(1);
		}
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	// No filters here: nothing to compare with.
	if (WEXITSTATUS(status) != 77)
		ck_assert_int_eq(WEXITSTATUS(status), 0);

#test without_a_filter
	struct thread self = {.tid = getpid()};

	// Where the tests themselves run under one it is seen.
	ck_assert(filter_exists(&self) == (prctl(PR_GET_SECCOMP) > 0));
