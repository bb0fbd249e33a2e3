// SPDX-License-Identifier: GPL-3.0-or-later
// A seccomp filter decides by the number and the arguments of a system call alone. So its answer
// can be computed before: the kernel gives its program to a tracer with CAP_SYS_ADMIN.
#include "config.h"

#include "trace/os/filter.h"

#include "base/io.h"
#include "trace/os/process.h"
#include "trace/os/stop.h"
#include "trace/os/threads.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ptrace.h>

/** Classic BPF in the form that seccomp(2) takes: scratch words, and the kernel's longest
 *  program. */
#define NUM_SCRATCH 16
#define MAX_INSNS   4096

/** The machine in which a filter runs. */
struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t scratch[NUM_SCRATCH];
};

static uint32_t calculate(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default:
		return -a;
	}
}

static bool is_jump_taken(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return a & b;
	}
}

/** A word of the data, of the scratch memory, or a constant. False: there is none. */
static bool load(const struct machine *m, const struct sock_filter *insn,
		 const struct seccomp_data *data, uint32_t *ret)
{
	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		if (insn->k % 4 || insn->k > sizeof(*data) - 4)
			return false;
		memcpy(ret, (const uint8_t *)data + insn->k, sizeof(*ret));
		return true;
	case BPF_MEM:
		if (insn->k >= NUM_SCRATCH)
			return false;
		*ret = m->scratch[insn->k];
		return true;
	case BPF_IMM:
		*ret = insn->k;
		return true;
	case BPF_LEN:
		*ret = sizeof(*data);
		return true;
	default:
		return false;
	}
}

/** An instruction that neither jumps nor returns. False: malformed. */
static bool step(struct machine *m, const struct sock_filter *insn, const struct seccomp_data *data)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return load(m, insn, data, &m->a);
	case BPF_LDX:
		return load(m, insn, data, &m->x);
	case BPF_ST:
	case BPF_STX:
		if (insn->k >= NUM_SCRATCH)
			return false;
		m->scratch[insn->k] = BPF_CLASS(insn->code) == BPF_ST ? m->a : m->x;
		return true;
	case BPF_ALU:
		m->a = calculate(BPF_OP(insn->code), m->a,
				 BPF_SRC(insn->code) == BPF_X ? m->x : insn->k);
		return true;
	case BPF_MISC:
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	default:
		return false;
	}
}

uint32_t filter_run(const struct sock_filter *insns, size_t num, const struct seccomp_data *data)
{
	struct machine m = {0};
	size_t i;

	// Jumps lead forward only, so this ends.
	for (i = 0; i < num; i++) {
		const struct sock_filter *insn = &insns[i];
		uint32_t operand = BPF_SRC(insn->code) == BPF_X ? m.x : insn->k;

		if (BPF_CLASS(insn->code) == BPF_RET)
			return BPF_RVAL(insn->code) == BPF_A ? m.a : insn->k;
		if (BPF_CLASS(insn->code) != BPF_JMP) {
			if (!step(&m, insn, data))
				break;
		} else if (BPF_OP(insn->code) == BPF_JA) {
			i += insn->k;
		} else {
			i += is_jump_taken(BPF_OP(insn->code), m.a, operand) ? insn->jt : insn->jf;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

bool filter_exists(const struct thread *t)
{
	char mode[8];

	return !io_proc_field(t->tid, "Seccomp", mode, sizeof(mode)) || *mode != '0';
}

bool filter_allows(struct process *p, const struct thread *t, long nr, const uint64_t args[6],
		   uint64_t pc)
{
	static struct sock_filter insns[MAX_INSNS];
	struct seccomp_data data = {
		.nr = (int)nr, .arch = p->arch->audit_arch, .instruction_pointer = pc};
	uint32_t verdict;
	long num;
	int i;

	if (!filter_exists(t))
		return true;
	memcpy(data.args, args, sizeof(data.args));
	for (i = 0;; i++) {
		// Without a buffer: the number of instructions.
		num = ptrace(PTRACE_SECCOMP_GET_FILTER, t->tid, i, NULL);
		if (num < 0)
			// There is no further one. Other failures are no knowledge at all, and so
			// is the strict mode.
			return errno == ENOENT && i > 0;
		if (num > MAX_INSNS || ptrace(PTRACE_SECCOMP_GET_FILTER, t->tid, i, insns) != num)
			return false;
		verdict = filter_run(insns, (size_t)num, &data) & SECCOMP_RET_ACTION_FULL;
		if (verdict != SECCOMP_RET_ALLOW && verdict != SECCOMP_RET_LOG)
			return false;
	}
}

bool filter_suspend(const struct thread *t)
{
	return ptrace(PTRACE_SETOPTIONS, t->tid, 0,
		      STOP_SEIZE_OPTIONS | PTRACE_O_SUSPEND_SECCOMP) == 0;
}

void filter_resume(const struct thread *t)
{
	ptrace(PTRACE_SETOPTIONS, t->tid, 0, STOP_SEIZE_OPTIONS);
}
