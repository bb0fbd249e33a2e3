// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's answers are errno values that say neither cause nor remedy. So what can be known is
// asked of /proc before, and once more when the kernel has refused.
#include "config.h"

#include "supervisor/os/precheck.h"

#include "arch/arch.h"
#include "base/io.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/** Below that not even the modules of a small program can be opened. */
#define MIN_FILES 32u

/** A number of /proc/PID/status. False: not there. */
static bool status_number(pid_t pid, const char *key, int base, unsigned long long *ret)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = io_proc_status(pid, key, &text);

	if (err) {
		err_destroy(err);
		return false;
	}
	*ret = strtoull(text, NULL, base);
	return true;
}

static bool can_ptrace_all(void)
{
	unsigned long long effective;

	return status_number(getpid(), "CapEff", 16, &effective) &&
	       effective & (1ull << CAP_SYS_PTRACE);
}

/** Yama's setting, 0 to 3; -1: no Yama. MALLOSCOPE_YAMA names another file, for tests on kernels
 *  without Yama. */
static int yama_scope(void)
{
	const char *path = getenv("MALLOSCOPE_YAMA");
	_cleanup_free_ char *text = NULL;
	struct err *err;

	err = io_read_file(path ? path : "/proc/sys/kernel/yama/ptrace_scope", 64, &text, NULL);
	if (err) {
		err_destroy(err);
		return -1;
	}
	return atoi(text);
}

/** PF_KTHREAD in the flags of /proc/PID/stat (proc(5): field 9; include/linux/sched.h). */
static bool is_kernel_thread(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	char path[32];
	unsigned flags = 0;
	struct err *err;
	char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	err = io_read_file(path, 1 << 16, &text, NULL);
	if (err) {
		err_destroy(err);
		return false;
	}
	p = strrchr(text, ')');
	return p && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && flags & 0x200000;
}

static struct err *check_proc(void)
{
	if (access("/proc/self/status", R_OK) == 0)
		return NULL;
	return err_create(ERR_OTHER, "/proc is not mounted; 'mount -t proc proc /proc' first");
}

static struct err *no_process(pid_t pid)
{
	struct err *err = check_proc();

	if (err)
		return err;
	if (kill(pid, 0) == 0 || errno == EPERM)
		return err_create(
			ERR_PERM,
			"process %d is hidden from you (/proc is mounted with hidepid); run as "
			"its user or as root",
			(int)pid);
	return err_create(ERR_GONE, "no process %d; see 'ps -e' for process ids", (int)pid);
}

static struct err *check_state(pid_t pid)
{
	_cleanup_free_ char *state = NULL;
	unsigned long long vm_size, tracer;
	struct err *err = io_proc_status(pid, "State", &state);
	pid_t task;

	if (err && err != &err_gone)
		return err;
	if (err)
		return no_process(pid);
	// The leader may have ended before its process.
	task = *state == 'Z' || *state == 'X' ? io_live_task(pid) : pid;
	if (!task)
		return err_create(ERR_OTHER,
				  "process %d has ended already (a zombie: its parent has not "
				  "fetched its exit status); there is no memory to trace",
				  (int)pid);
	if (!status_number(task, "VmSize", 10, &vm_size) && !is_kernel_thread(pid))
		return err_create(ERR_GONE, "process %d is just ending", (int)pid);
	if (!status_number(task, "VmSize", 10, &vm_size))
		return err_create(ERR_OTHER,
				  "process %d is a kernel thread; it has no memory of its own "
				  "to trace",
				  (int)pid);
	if (status_number(task, "TracerPid", 10, &tracer) && tracer)
		return err_create(ERR_OTHER,
				  "process %d is already traced by process %llu; end that tracer "
				  "(a debugger, strace?) first",
				  (int)pid, tracer);
	return NULL;
}

/** PID is a thread of another process? */
static struct err *check_leader(pid_t pid)
{
	unsigned long long tgid;

	if (status_number(pid, "Tgid", 10, &tgid) && tgid != (unsigned long long)pid)
		return err_create(ERR_USAGE, "%d is a thread of process %llu; attach to %llu",
				  (int)pid, tgid, tgid);
	return NULL;
}

static struct err *refused_by_yama(pid_t pid, int scope)
{
	if (scope == 1)
		return err_create(
			ERR_PERM,
			"no permission to trace process %d: kernel.yama.ptrace_scope is 1 "
			"(own children only); run as root, or 'sysctl kernel.yama.ptrace_scope=0'",
			(int)pid);
	if (scope == 2)
		return err_create(
			ERR_PERM,
			"no permission to trace process %d: kernel.yama.ptrace_scope is 2 "
			"(CAP_SYS_PTRACE is needed); run as root",
			(int)pid);
	return err_create(
		ERR_PERM,
		"no permission to trace process %d: kernel.yama.ptrace_scope is 3 (nobody may "
		"trace, until the next boot)",
		(int)pid);
}

/** Why may we not? Called when it is known or likely that the kernel refuses. */
static struct err *refused(pid_t pid)
{
	unsigned long long uid = 0;
	int scope = yama_scope();

	if (status_number(pid, "Uid", 10, &uid) && uid != geteuid() && !can_ptrace_all())
		return err_create(
			ERR_PERM,
			"no permission to trace process %d: it belongs to uid %llu, you are "
			"uid %u; run as that user or as root (CAP_SYS_PTRACE)",
			(int)pid, uid, geteuid());
	if (scope == 3 || (scope >= 1 && !can_ptrace_all()))
		return refused_by_yama(pid, scope);
	return err_create(
		ERR_PERM,
		"no permission to trace process %d: it forbids it (setuid program, "
		"PR_SET_DUMPABLE 0, or more privileges than ours); run as root with CAP_SYS_PTRACE",
		(int)pid);
}

bool precheck_lacks_privileges(pid_t pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (can_ptrace_all() || stat(path, &st) < 0)
		return false;
	return (st.st_mode & S_ISUID && st.st_uid != geteuid()) ||
	       (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

struct err *precheck_image(pid_t pid)
{
	char path[32];
	_cleanup_close_ int fd = -1;
	Elf64_Ehdr header;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)io_live_task(pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return refused(pid);
	// No executable to look at: let what follows find out.
	if (fd < 0 || read(fd, &header, sizeof(header)) != sizeof(header))
		return NULL;
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return err_create(ERR_FORMAT,
				  "process %d runs a 32-bit program; malloscope traces %s programs "
				  "only",
				  (int)pid, arch_host()->title);
	if (header.e_machine != arch_host()->elf_machine)
		return err_create(
			ERR_FORMAT,
			"process %d runs a program for another processor (ELF machine %u); "
			"malloscope traces %s programs only",
			(int)pid, header.e_machine, arch_host()->title);
	return NULL;
}

struct err *precheck_attach(pid_t pid)
{
	struct err *err;

	if (pid <= 0)
		return err_create(ERR_USAGE, "%d is no process id", (int)pid);
	if (pid == getpid())
		return err_create(ERR_USAGE, "malloscope cannot trace itself");
	err = check_state(pid);
	if (!err)
		err = check_leader(pid);
	if (!err && yama_scope() == 3)
		err = refused_by_yama(pid, 3);
	if (!err && yama_scope() >= 1 && !can_ptrace_all())
		err = refused_by_yama(pid, yama_scope());
	return err ? err : precheck_image(pid);
}

/** execvp(3)'s search: the first executable regular file of that name on PATH. */
static struct err *search_path(const char *program, char **ret)
{
	const char *path = getenv("PATH"), *next;
	struct stat st;
	char *full;

	for (path = path ? path : "/bin:/usr/bin"; path; path = next) {
		size_t len = strcspn(path, ":");

		next = path[len] ? path + len + 1 : NULL;
		if (asprintf(&full, "%.*s%s%s", (int)len, path, len ? "/" : "", program) < 0)
			return &err_nomem;
		if (stat(full, &st) == 0 && S_ISREG(st.st_mode) && access(full, X_OK) == 0) {
			*ret = full;
			return NULL;
		}
		free(full);
	}
	return err_create(ERR_NOT_FOUND, "no such program on PATH: %s", program);
}

static struct err *check_file(const char *path)
{
	_cleanup_close_ int fd = -1;
	Elf64_Ehdr header;
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? err_create(ERR_NOT_FOUND, "no such program: %s", path)
			       : err_sys(errno, "cannot run %s", path);
	if (S_ISDIR(st.st_mode))
		return err_create(ERR_USAGE, "cannot run %s: it is a directory", path);
	if (access(path, X_OK) < 0)
		return err_create(ERR_PERM,
				  "cannot run %s: it is not executable; 'chmod +x' it, or name the "
				  "interpreter: malloscope run -- sh %s",
				  path, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &header, sizeof(header)) == sizeof(header) &&
	    memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] != ELFCLASS64)
		return err_create(ERR_FORMAT,
				  "%s is a 32-bit program; malloscope traces %s programs only",
				  path, arch_host()->title);
	return NULL;
}

struct err *precheck_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max >= MIN_FILES)
		return NULL;
	return err_create(ERR_OTHER,
			  "%llu file descriptors are too few, malloscope needs %u; raise the limit "
			  "('ulimit -n')",
			  (unsigned long long)limit.rlim_max, MIN_FILES);
}

struct err *precheck_launch(const char *program, char **ret)
{
	_cleanup_free_ char *path = NULL;
	struct err *err = NULL;

	if (!*program)
		return err_create(ERR_USAGE, "the program's name is empty");
	err = check_proc();
	if (err)
		return err;
	if (!strchr(program, '/'))
		err = search_path(program, &path);
	else if (!(path = strdup(program)))
		err = &err_nomem;
	if (!err)
		err = check_file(path);
	if (!err)
		*ret = no_cleanup_ptr(path);
	return err;
}

struct err *precheck_explain(pid_t pid, const char *program, enum tracer_stage stage, int errnum)
{
	struct err *err;

	if (stage == TRACER_FAILED_EXEC && errnum == ENOENT)
		return err_create(ERR_NOT_FOUND, "no such program: %s", program);
	if (stage == TRACER_FAILED_EXEC && errnum == EACCES)
		return err_create(ERR_PERM, "cannot run %s: it is not executable", program);
	if (stage == TRACER_FAILED_EXEC && errnum == ENOEXEC)
		return err_create(
			ERR_FORMAT,
			"cannot run %s: it is no program for this machine (a script needs "
			"a #! line)",
			program);
	if (stage == TRACER_FAILED_EXEC)
		return err_sys(errnum, "cannot run %s", program);
	if (stage == TRACER_FAILED_SETUP && !errnum)
		return err_create(ERR_OTHER, "the tracer process died while it started");
	if (stage == TRACER_FAILED_SETUP && errnum == EAGAIN)
		return err_create(ERR_OTHER, "cannot start the tracer: too many processes; raise "
					     "the limit ('ulimit -u')");
	if (stage == TRACER_FAILED_SEIZE && !pid && (errnum == EPERM || errnum == EACCES))
		return err_create(ERR_PERM,
				  "cannot trace %s: ptrace is refused; is malloscope itself traced "
				  "('strace -f', a debugger), or does a container forbid ptrace?",
				  program);
	if (stage == TRACER_FAILED_SETUP || !pid)
		return err_sys(errnum, "cannot start the tracer");
	// What was fine a moment ago may have changed.
	err = check_state(pid);
	if (err)
		return err;
	if (errnum == EPERM || errnum == EACCES)
		return refused(pid);
	if (errnum == ESRCH)
		return err_create(ERR_GONE, "process %d ended while it was attached to", (int)pid);
	return err_sys(errnum, "cannot attach to process %d", (int)pid);
}
