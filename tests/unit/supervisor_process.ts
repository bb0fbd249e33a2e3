// SPDX-License-Identifier: GPL-3.0-or-later
#include "supervisor/session_internal.h"

#include "test_util.h"

#include <elf.h>
#include <link.h>
#include <limits.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>

/** A program without interpreter and dynamic section that sleeps for ever: pause(), again and
 *  again. The kernel gives it the addresses of its program headers and of its code. */
#define BASE 0x4000000u
static const uint8_t code[] = {0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7};

struct program {
	Elf64_Ehdr ehdr;
	/** As many as are used; the rest is padding. */
	Elf64_Phdr phdrs[72];
	uint8_t code[sizeof(code)];
};

static void program_init(struct program *p, unsigned num_phdrs)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->ehdr.e_ident, ELFMAG, SELFMAG);
	p->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	p->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	p->ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	p->ehdr.e_type = ET_EXEC;
	p->ehdr.e_machine = EM_X86_64;
	p->ehdr.e_version = EV_CURRENT;
	p->ehdr.e_entry = BASE + offsetof(struct program, code);
	p->ehdr.e_phoff = offsetof(struct program, phdrs);
	p->ehdr.e_ehsize = sizeof(p->ehdr);
	p->ehdr.e_phentsize = sizeof(p->phdrs[0]);
	p->ehdr.e_phnum = num_phdrs;
	p->phdrs[0] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = BASE,
		.p_paddr = BASE,
		.p_filesz = sizeof(*p),
		.p_memsz = sizeof(*p),
		.p_align = 4096,
	};
	memcpy(p->code, code, sizeof(code));
}

/** Run it; returns when it has been executed. */
static pid_t start(const struct program *p)
{
	int fd = memfd_create("program", MFD_CLOEXEC), fds[2];
	char byte;
	pid_t pid;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, sizeof(*p)), sizeof(*p));
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	// Not test_fork(), which closes files without a name.
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char *const none[] = {NULL};

		fexecve(fd, none, none);
		_exit(write(fds[1], "x", 1) == 1);
	}
	close(fd);
	close(fds[1]);
	// Its end is closed by the exec, without a byte unless that failed.
	ck_assert_int_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	return pid;
}

/** Where the dynamic linker has its state, as it told this program. */
static uint64_t own_link_state(void)
{
	const ElfW(Dyn) * dyn;

	for (dyn = _DYNAMIC; dyn->d_tag != DT_DEBUG; dyn++)
		ck_assert_int_ne(dyn->d_tag, DT_NULL);
	return dyn->d_un.d_ptr + offsetof(struct r_debug, r_state);
}

static void stop(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

#suite supervisor_process

#tcase process

#test a_program_with_a_dynamic_linker
	uint64_t value = 0;

	// This one.
	ck_assert(process_has_interpreter(getpid()));
	ck_assert(process_link_state(getpid(), &value));
	ck_assert_uint_eq(value, own_link_state());
	ck_assert(!process_is_linking(getpid(), value));
	ck_assert(process_entry(getpid(), &value));
	ck_assert_uint_eq(value, getauxval(AT_ENTRY));

#test a_program_without
	struct program p;
	uint64_t value = 1;
	pid_t pid;

	program_init(&p, 1);
	pid = start(&p);
	ck_assert(!process_has_interpreter(pid));
	ck_assert(!process_link_state(pid, &value));
	ck_assert_uint_eq(value, 1);
	ck_assert(process_entry(pid, &value));
	ck_assert_uint_eq(value, BASE + offsetof(struct program, code));
	stop(pid);

#test as_many_headers_as_are_read
	Elf64_Dyn dyns[] = {{.d_tag = DT_FLAGS}, {.d_tag = DT_DEBUG}, {.d_tag = DT_NULL}};
	struct program p;
	uint64_t value = 1;
	pid_t pid;

	// Its dynamic section in the space of headers that are not used. The last header counts.
	program_init(&p, 64);
	// It is where it says, not moved.
	p.phdrs[1] = (Elf64_Phdr){
		.p_type = PT_PHDR,
		.p_vaddr = BASE + offsetof(struct program, phdrs),
	};
	p.phdrs[63] = (Elf64_Phdr){
		.p_type = PT_DYNAMIC,
		.p_vaddr = BASE + offsetof(struct program, phdrs[70]),
		.p_memsz = sizeof(dyns),
	};
	dyns[1].d_un.d_ptr = 0x1230;
	memcpy(&p.phdrs[70], dyns, sizeof(dyns));
	pid = start(&p);
	ck_assert(process_link_state(pid, &value));
	ck_assert_uint_eq(value, 0x1230 + offsetof(struct r_debug, r_state));
	// Nothing is there.
	ck_assert(!process_is_linking(pid, value));
	stop(pid);
	p.ehdr.e_phnum = 65;
	pid = start(&p);
	value = 1;
	ck_assert(!process_link_state(pid, &value));
	ck_assert_uint_eq(value, 1);
	ck_assert(!process_has_interpreter(pid));
	stop(pid);

#test a_linker_that_has_not_begun
	Elf64_Dyn dyns[] = {{.d_tag = DT_DEBUG}, {.d_tag = DT_NULL}};
	struct program p;
	uint64_t value = 1;
	pid_t pid;

	program_init(&p, 2);
	p.phdrs[1] = (Elf64_Phdr){
		.p_type = PT_DYNAMIC,
		.p_vaddr = BASE + offsetof(struct program, phdrs[70]),
		.p_memsz = sizeof(dyns),
	};
	memcpy(&p.phdrs[70], dyns, sizeof(dyns));
	pid = start(&p);
	ck_assert(!process_link_state(pid, &value));
	ck_assert_uint_eq(value, 1);
	stop(pid);

#test the_state_of_the_linker
	uint32_t state;

	state = RT_CONSISTENT;
	ck_assert(!process_is_linking(getpid(), (uintptr_t)&state));
	state = RT_ADD;
	ck_assert(process_is_linking(getpid(), (uintptr_t)&state));
	state = RT_DELETE;
	ck_assert(process_is_linking(getpid(), (uintptr_t)&state));
	ck_assert(!process_is_linking(getpid(), 8));

#test a_process_that_is_gone
	uint64_t value = 1;

	ck_assert(!process_has_interpreter(INT_MAX));
	ck_assert(!process_link_state(INT_MAX, &value));
	ck_assert(!process_entry(INT_MAX, &value));
	ck_assert_uint_eq(value, 1);
