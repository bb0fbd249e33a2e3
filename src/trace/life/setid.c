// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel gives a traced process no privileges from a setuid file, unless the tracer has
// CAP_SYS_PTRACE (execve(2); ptracer_capable() in security/commoncap.c). Forked children are not
// traced any more when they execute such a file. Those that share the target's memory are traced.
// So their execve is looked at, and they are released before it when it would matter. After a
// successful execve none of our breakpoints is in their way.
#include "config.h"

#include "trace/life/setid.h"

#include "base/io.h"
#include "trace/glue/probes.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

bool setid_must_watch(void)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = io_proc_status(getpid(), "CapEff", &text);

	err_destroy(err);
	return err || !(strtoull(text, NULL, 16) & (1ull << CAP_SYS_PTRACE));
}

/** The string at addr. False: none that fits. */
static bool read_string(pid_t tid, uint64_t addr, char *buf, size_t size)
{
	size_t num = memory_read_some(tid, addr, buf, size), n;

	// The first page is certain, what is behind it is not.
	while (num && num < size && !memchr(buf, '\0', num)) {
		n = memory_read_some(tid, addr + num, buf + num, size - num);
		if (!n)
			break;
		num += n;
	}
	return num && memchr(buf, '\0', num);
}

/** Our path of the file that t is about to execute. */
static bool find_file(struct process *p, const struct thread *t, char *buf, size_t size)
{
	const struct arch *arch = p->arch;
	bool has_dir = arch->syscall_nr(&t->regs) == SYS_execveat;
	int dir = has_dir ? (int)arch->syscall_arg(&t->regs, 0) : AT_FDCWD, n;
	char path[PATH_MAX];

	if (!read_string(t->tid, arch->syscall_arg(&t->regs, has_dir), path, sizeof(path)))
		return false;
	if (path[0] == '/')
		n = snprintf(buf, size, "/proc/%d/root%s", (int)t->tid, path);
	else if (dir == AT_FDCWD)
		n = snprintf(buf, size, "/proc/%d/cwd/%s", (int)t->tid, path);
	else
		n = snprintf(buf, size, "/proc/%d/fd/%d%s%s", (int)t->tid, dir, *path ? "/" : "",
			     path);
	return n > 0 && (size_t)n < size;
}

/** Executing it gives privileges that its caller does not have? */
static bool is_privileged(const char *path, uid_t uid)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0 ||
	    (statvfs(path, &fs) == 0 && fs.f_flag & ST_NOSUID))
		return false;
	if (st.st_mode & S_ISUID && st.st_uid != uid)
		return true;
	if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return true;
	return getxattr(path, "security.capability", NULL, 0) > 0;
}

bool setid_is_exec(struct process *p, const struct thread *t, char *buf, size_t size)
{
	long nr = p->arch->syscall_nr(&t->regs);

	return (nr == SYS_execve || nr == SYS_execveat) && p->arch->is_syscall_entry(&t->regs) &&
	       find_file(p, t, buf, size);
}

bool setid_let_go(struct process *p, struct thread *t)
{
	char path[PATH_MAX + 64], *name;
	pid_t tid = t->tid;

	if (!setid_is_exec(p, t, path, sizeof(path)) || !is_privileged(path, geteuid()) ||
	    !setid_must_watch())
		return false;
	name = strrchr(path, '/');
	emit_note(p,
		  "process %d executes %s, which has privileges of its own (setuid): it is left "
		  "alone",
		  (int)tid, name ? name + 1 : path);
	ptrace(PTRACE_DETACH, tid, 0, 0);
	probes_remove_thread(p, t);
	return true;
}
