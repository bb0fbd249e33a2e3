// SPDX-License-Identifier: GPL-3.0-or-later
// This file must not call open(): libdw_open.c defines it, and comes here.
#include "config.h"

#include "obj/files/target_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/** O_NONBLOCK: it may be a FIFO by now, or a device. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

#define CONFIGFS_MAGIC 0x62656570
#define FUSE_MAGIC     0x65735546
#define FUSECTL_MAGIC  0x65735543
#define MQUEUE_MAGIC   0x19800202
#define RPC_PIPE_MAGIC 0x67596969

/** Same mount namespace and same root directory as ours. What cannot be seen counts as another. */
static bool has_our_directories(int proc_fd)
{
	struct stat theirs, ours;

	if (fstatat(proc_fd, "ns/mnt", &theirs, 0) < 0 || stat("/proc/self/ns/mnt", &ours) < 0 ||
	    theirs.st_ino != ours.st_ino)
		return false;
	return fstatat(proc_fd, "root/.", &theirs, 0) == 0 && stat("/", &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

struct err *target_look(struct target *target, pid_t pid)
{
	struct target looked = {.is_known = true};
	char path[32];
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	looked.proc_fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (looked.proc_fd < 0)
		return errno == ENOENT ? &err_gone : err_sys(errno, "cannot open %s", path);
	err = rights_read(looked.proc_fd, &looked.rights);
	if (err) {
		close(looked.proc_fd);
		return err;
	}
	looked.is_elsewhere = !has_our_directories(looked.proc_fd);
	target_deinit(target);
	*target = looked;
	return NULL;
}

void target_deinit(struct target *target)
{
	if (target->is_known)
		close(target->proc_fd);
	rights_deinit(&target->rights);
	*target = (struct target){0};
}

/** ret: without owned parts until success. */
static struct err *copy_rights(const struct rights *rights, struct rights *ret)
{
	size_t size = rights->num_groups * sizeof(gid_t);
	gid_t *groups = malloc(size + 1);

	if (!groups)
		return &err_nomem;
	if (size)
		memcpy(groups, rights->groups, size);
	*ret = *rights;
	ret->groups = groups;
	return NULL;
}

struct err *target_copy(const struct target *target, struct target *ret)
{
	struct target copy = *target;
	struct err *err;

	if (!target->is_known) {
		*ret = copy;
		return NULL;
	}
	err = copy_rights(&target->rights, &copy.rights);
	if (err)
		return err;
	copy.proc_fd = fcntl(target->proc_fd, F_DUPFD_CLOEXEC, 0);
	if (copy.proc_fd < 0) {
		err = err_sys(errno, "cannot copy a descriptor");
		rights_deinit(&copy.rights);
		return err;
	}
	*ret = copy;
	return NULL;
}

bool target_is_like(const struct target *a, const struct target *b)
{
	const struct rights *x = &a->rights, *y = &b->rights;

	if (!a->is_known || !b->is_known)
		return a->is_known == b->is_known;
	return a->is_elsewhere == b->is_elsewhere && x->fsuid == y->fsuid && x->fsgid == y->fsgid &&
	       x->file_caps == y->file_caps && x->num_groups == y->num_groups &&
	       (!x->num_groups || memcmp(x->groups, y->groups, x->num_groups * sizeof(gid_t)) == 0);
}

/** File systems whose files are made by the kernel when they are read, by whoever reads them: with
 *  more rights than the target's (hidepid, kmsg), or without an end. */
static bool is_made_up(const struct statfs *fs)
{
	switch ((uint32_t)fs->f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case TRACEFS_MAGIC:
	case DEBUGFS_MAGIC:
	case SECURITYFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case RDTGROUP_SUPER_MAGIC:
	case BPF_FS_MAGIC:
	case PSTOREFS_MAGIC:
	case EFIVARFS_MAGIC:
	case BINFMTFS_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case NSFS_MAGIC:
	case PIPEFS_MAGIC:
	case SOCKFS_MAGIC:
	case CONFIGFS_MAGIC:
	case FUSECTL_MAGIC:
	case MQUEUE_MAGIC:
	case RPC_PIPE_MAGIC:
		return true;
	default:
		return false;
	}
}

/** Closes fd when it is not what target_file.h promises. */
static int check_opened(const struct target *target, int fd, uint64_t max_size)
{
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -1;
	errno = EACCES;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max_size &&
	    fstatfs(fd, &fs) == 0 && !is_made_up(&fs) &&
	    // The process behind a FUSE file system answers when it likes. Our own user may do that
	    // to us.
	    ((uint32_t)fs.f_type != FUSE_MAGIC || !target || !target->is_known ||
	     target->rights.fsuid == geteuid()))
		return fd;
	close(fd);
	errno = EACCES;
	return -1;
}

/** Links of /proc bypass the directories above a file, and lead to what other processes have
 *  open. */
static int open_beneath(int root_fd, const char *path)
{
	struct open_how how = {.flags = OPEN_FLAGS,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

/** Read rights and directories as they are now. When the process has ended, the last ones stay. */
static struct err *look_again(const struct target *target, struct rights *rights,
			      bool *is_elsewhere_ret, bool *is_gone_ret)
{
	struct err *err = rights_read(target->proc_fd, rights);

	*is_gone_ret = err == &err_gone;
	*is_elsewhere_ret = target->is_elsewhere;
	if (err != &err_gone) {
		if (!err)
			*is_elsewhere_ret = !has_our_directories(target->proc_fd);
		return err;
	}
	return copy_rights(&target->rights, rights);
}

static int open_with_rights(const struct rights *rights, int root_fd, const char *path,
			    bool is_our_root)
{
	struct rights_before before;
	int fd;

	if (!rights_enter(rights, &before))
		return -1;
	fd = open_beneath(root_fd, path);
	// Before Linux 5.6.
	if (fd < 0 && errno == ENOSYS && is_our_root)
		fd = openat(AT_FDCWD, path, OPEN_FLAGS);
	rights_leave(&before);
	return fd;
}

static int open_of_process(const struct target *target, enum target_root root, const char *path)
{
	_cleanup_(rights_deinit) struct rights rights = {0}, ignored = {0};
	_cleanup_close_ int root_fd = -1;
	bool is_elsewhere, is_gone;
	struct err *err = look_again(target, &rights, &is_elsewhere, &is_gone);
	int fd;

	err_destroy(err);
	if (err || (root == TARGET_ROOT_ITS && is_gone && is_elsewhere)) {
		errno = ESRCH;
		return -1;
	}
	is_elsewhere &= root == TARGET_ROOT_ITS;
	root_fd = is_elsewhere ? openat(target->proc_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC)
			       : openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -1;
	fd = open_with_rights(&rights, root_fd, path, !is_elsewhere);
	// Its mounts go with it: the path may have led to what lies below them, outside.
	if (fd >= 0 && is_elsewhere) {
		err = rights_read(target->proc_fd, &ignored);
		err_destroy(err);
		if (err) {
			close(fd);
			errno = ESRCH;
			return -1;
		}
	}
	return fd;
}

static int open_ours(const char *path)
{
	_cleanup_close_ int root_fd = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = root_fd < 0 ? -1 : open_beneath(root_fd, path);

	return fd < 0 && errno == ENOSYS ? openat(AT_FDCWD, path, OPEN_FLAGS) : fd;
}

int target_open(const struct target *target, enum target_root root, const char *path,
		uint64_t max_size)
{
	int fd;

	if (path[0] != '/') {
		errno = ENOENT;
		return -1;
	}
	fd = target && target->is_known ? open_of_process(target, root, path) : open_ours(path);
	return check_opened(target, fd, max_size);
}

int target_open_mapping(const struct target *target, uint64_t start, uint64_t end)
{
	_cleanup_(rights_deinit) struct rights rights = {0};
	struct rights_before before;
	char path[64];
	struct err *err;
	int fd;

	errno = ESRCH;
	if (!target || !target->is_known)
		return -1;
	err = rights_read(target->proc_fd, &rights);
	err_destroy(err);
	if (err || !rights_enter(&rights, &before))
		return -1;
	snprintf(path, sizeof(path), "map_files/%" PRIx64 "-%" PRIx64, start, end);
	fd = openat(target->proc_fd, path, OPEN_FLAGS);
	rights_leave(&before);
	return check_opened(target, fd, UINT64_MAX);
}

char *target_read(const struct target *target, const char *path, size_t max_size)
{
	_cleanup_close_ int fd = target_open(target, TARGET_ROOT_ITS, path, max_size);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0 || (uint64_t)st.st_size > max_size)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	while (text && n && size < (size_t)st.st_size) {
		n = read(fd, text + size, (size_t)st.st_size - size);
		if (n < 0 && errno != EINTR)
			return NULL;
		size += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[size] = '\0';
	return no_cleanup_ptr(text);
}
