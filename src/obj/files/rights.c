// SPDX-License-Identifier: GPL-3.0-or-later
// libc changes the rights of all threads, by signals. The bare system calls change those of one
// thread.
#include "config.h"

#include "obj/files/rights.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/** 65536 groups (NGROUPS_MAX) of up to 10 digits, and the rest. */
#define MAX_STATUS_SIZE (1u << 20)
#define MAX_GROUPS      65536

/** What capabilities(7) names for the file system; setfsuid(2) takes and gives most of them by
 *  itself. */
#define FILE_CAPS                                                                     \
	(1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH | \
	 1ull << CAP_FOWNER | 1ull << CAP_FSETID | 1ull << CAP_LINUX_IMMUTABLE |      \
	 1ull << CAP_MKNOD | 1ull << CAP_MAC_OVERRIDE)

static bool read_status(int proc_fd, char **ret)
{
	_cleanup_close_ int fd = openat(proc_fd, "status", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = malloc(MAX_STATUS_SIZE + 1);
	size_t size = 0;
	ssize_t n = 1;

	if (fd < 0 || !text)
		return false;
	while (n && size < MAX_STATUS_SIZE) {
		n = read(fd, text + size, MAX_STATUS_SIZE - size);
		if (n < 0 && errno != EINTR)
			return false;
		size += n > 0 ? (size_t)n : 0;
	}
	text[size] = '\0';
	*ret = no_cleanup_ptr(text);
	return true;
}

/** The text behind "\nKEY:", or NULL. */
static const char *find_value(const char *status, const char *key)
{
	size_t size = strlen(key);
	const char *p;

	for (p = strchr(status, '\n'); p; p = strchr(p + 1, '\n'))
		if (strncmp(p + 1, key, size) == 0 && p[1 + size] == ':')
			return p + size + 2;
	return NULL;
}

/** The last of the four numbers behind Uid and Gid: that for files. */
static bool read_id(const char *status, const char *key, uint32_t *ret)
{
	const char *p = find_value(status, key);
	unsigned long ids[4];

	if (!p || sscanf(p, "%lu %lu %lu %lu", &ids[0], &ids[1], &ids[2], &ids[3]) != 4)
		return false;
	*ret = (uint32_t)ids[3];
	return true;
}

static bool read_groups(const char *status, struct rights *rights)
{
	const char *p = find_value(status, "Groups");
	size_t cap = 0;
	char *end;

	if (!p)
		return false;
	for (;; p = end) {
		p += strspn(p, " \t");
		if (*p < '0' || *p > '9')
			return true;
		if (rights->num_groups == cap) {
			gid_t *bigger;

			cap = cap ? 2 * cap : 16;
			bigger = realloc(rights->groups, cap * sizeof(*bigger));
			if (!bigger || cap > 2 * MAX_GROUPS)
				return false;
			rights->groups = bigger;
		}
		rights->groups[rights->num_groups++] = (gid_t)strtoul(p, &end, 10);
	}
}

/** Capabilities are good for the files of a user namespace. */
static bool is_our_user_namespace(int proc_fd)
{
	struct stat theirs, ours;

	return fstatat(proc_fd, "ns/user", &theirs, 0) == 0 &&
	       stat("/proc/self/ns/user", &ours) == 0 && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

struct err *rights_read(int proc_fd, struct rights *ret)
{
	_cleanup_free_ char *status = NULL;
	struct rights rights = {0};
	const char *state, *caps;

	if (!read_status(proc_fd, &status))
		return &err_gone;
	state = find_value(status, "State");
	// A zombie's namespaces and root are gone.
	if (!state || strchr("ZX", state[strspn(state, " \t")]))
		return &err_gone;
	if (!read_id(status, "Uid", &rights.fsuid) || !read_id(status, "Gid", &rights.fsgid) ||
	    !read_groups(status, &rights)) {
		rights_deinit(&rights);
		return err_create(ERR_FORMAT, "the rights of the process cannot be read");
	}
	caps = find_value(status, "CapEff");
	if (caps && is_our_user_namespace(proc_fd))
		rights.file_caps = strtoull(caps, NULL, 16) & FILE_CAPS;
	*ret = rights;
	return NULL;
}

void rights_deinit(struct rights *rights)
{
	free(rights->groups);
	*rights = (struct rights){0};
}

static uid_t set_fsuid(uid_t id)
{
	return (uid_t)syscall(SYS_setfsuid, id);
}

static gid_t set_fsgid(gid_t id)
{
	return (gid_t)syscall(SYS_setfsgid, id);
}

static bool get_effective(uint64_t *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	*ret = data[0].effective | (uint64_t)data[1].effective << 32;
	return true;
}

static bool set_effective(uint64_t effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint64_t old;

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	old = data[0].effective | (uint64_t)data[1].effective << 32;
	effective &= data[0].permitted | (uint64_t)data[1].permitted << 32;
	if (effective == old)
		return true;
	data[0].effective = (uint32_t)effective;
	data[1].effective = (uint32_t)(effective >> 32);
	return syscall(SYS_capset, &header, data) == 0;
}

/** Every one of ours is one of theirs. */
static bool has_no_more_groups(const struct rights_before *ours, const struct rights *theirs)
{
	size_t i, k;

	for (i = 0; i < ours->num_groups; i++) {
		for (k = 0; k < theirs->num_groups; k++)
			if (ours->groups[i] == theirs->groups[k])
				break;
		if (k == theirs->num_groups && ours->groups[i] != theirs->fsgid)
			return false;
	}
	return true;
}

static bool set_groups(const struct rights_before *before, const struct rights *rights)
{
	size_t size = rights->num_groups * sizeof(*rights->groups);

	if (before->num_groups == rights->num_groups &&
	    (!size || memcmp(before->groups, rights->groups, size) == 0))
		return true;
	// Without CAP_SETGID: fewer groups do not hurt.
	return syscall(SYS_setgroups, rights->num_groups, rights->groups) == 0 ||
	       has_no_more_groups(before, rights);
}

static bool remember(struct rights_before *before)
{
	long num = syscall(SYS_getgroups, 0, NULL);

	*before = (struct rights_before){0};
	before->groups = calloc(num > 0 ? (size_t)num : 1, sizeof(*before->groups));
	if (num < 0 || !before->groups || !get_effective(&before->effective))
		return false;
	num = syscall(SYS_getgroups, num, before->groups);
	before->num_groups = num > 0 ? (size_t)num : 0;
	// An id that cannot be is how to ask.
	before->fsuid = set_fsuid((uid_t)-1);
	before->fsgid = set_fsgid((gid_t)-1);
	return num >= 0;
}

bool rights_enter(const struct rights *rights, struct rights_before *before)
{
	uint64_t effective;

	if (!remember(before)) {
		free(before->groups);
		before->groups = NULL;
		errno = EACCES;
		return false;
	}
	effective = before->effective & (~FILE_CAPS | rights->file_caps);
	before->is_changed = true;
	if (set_groups(before, rights)) {
		set_fsgid(rights->fsgid);
		// Takes capabilities away, and gives them, with a user that is not or is root: they
		// come last.
		set_fsuid(rights->fsuid);
		if (set_fsgid((gid_t)-1) == rights->fsgid &&
		    set_fsuid((uid_t)-1) == rights->fsuid && set_effective(effective))
			return true;
	}
	rights_leave(before);
	errno = EACCES;
	return false;
}

void rights_leave(struct rights_before *before)
{
	int errnum = errno;
	bool is_restored;

	if (!before->is_changed)
		return;
	set_fsuid(before->fsuid);
	set_fsgid(before->fsgid);
	is_restored = set_effective(before->effective);
	// EPERM: they were not changed, for the same reason.
	if (syscall(SYS_setgroups, before->num_groups, before->groups) < 0 && errno != EPERM)
		is_restored = false;
	if (!is_restored)
		log_debug("cannot take back the own rights over files, ignoring");
	free(before->groups);
	*before = (struct rights_before){0};
	errno = errnum;
}
