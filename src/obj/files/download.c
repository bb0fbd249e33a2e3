// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/download.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define URLS_NAME "DEBUGINFOD_URLS"

extern char **environ;

/** A download in progress. */
struct fetching {
	const struct download *download;
	pid_t pid;
	/** The pipe from the process. */
	int fd;
	/** The beginning of a record. */
	char record[PATH_MAX + 16];
	size_t record_size;
	int files[2];
	bool has_no_library;
	int errnum;
};

/** Our environment and the servers; the strings but the last one are borrowed. */
struct environment {
	VEC(char *) list;
	char *urls;
};

static void environment_deinit(struct environment *environment)
{
	vec_deinit(&environment->list);
	free(environment->urls);
}

static bool environment_init(struct environment *environment, const char *urls)
{
	size_t len = strlen(URLS_NAME);
	char **p;

	for (p = environ; *p; p++)
		if ((strncmp(*p, URLS_NAME, len) != 0 || (*p)[len] != '=') &&
		    !vec_push(&environment->list, *p))
			return false;
	if (asprintf(&environment->urls, URLS_NAME "=%s", urls) < 0) {
		environment->urls = NULL;
		return false;
	}
	return vec_push(&environment->list, environment->urls) &&
	       vec_push(&environment->list, (char *)NULL);
}

static void write_digits(const struct download *download, char digits[2 * 64 + 1])
{
	size_t i;

	digits[0] = '\0';
	for (i = 0; i < download->build_id_size && i < 64; i++)
		snprintf(digits + 2 * i, 3, "%02x", download->build_id[i]);
}

/** Returns errno. */
static int spawn(const struct download *download, int out, pid_t *ret)
{
	_cleanup_(environment_deinit) struct environment environment = {0};
	char digits[2 * 64 + 1], name[] = PACKAGE_NAME, word[] = DOWNLOAD_WORD;
	char *argv[] = {name, word, digits, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int errnum;

	if (!environment_init(&environment, download->urls))
		return ENOMEM;
	write_digits(download, digits);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	// We ignore SIGPIPE, and threads of ours block everything.
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	errnum = posix_spawn(ret, "/proc/self/exe", &actions, &attr, argv, environment.list.items);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return errnum;
}

static int begin(struct fetching *f)
{
	int pipe_fds[2], errnum;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return errno;
	errnum = spawn(f->download, pipe_fds[1], &f->pid);
	close(pipe_fds[1]);
	if (errnum) {
		close(pipe_fds[0]);
		return errnum;
	}
	f->fd = pipe_fds[0];
	__atomic_store_n(f->download->process, f->pid, __ATOMIC_SEQ_CST);
	return 0;
}

static void take_file(struct fetching *f, size_t index, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && f->files[index] < 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		f->files[index] = fd;
	else if (fd >= 0)
		close(fd);
}

static void take_record(struct fetching *f)
{
	const struct download *download = f->download;
	const char *text = f->record + 1;
	unsigned long long num_bytes, total;

	switch (f->record[0]) {
	case 'p':
		if (download->progress && sscanf(text, "%llu %llu", &num_bytes, &total) == 2)
			download->progress(download->ctx, num_bytes, total);
		break;
	case 'd':
		take_file(f, 0, text);
		break;
	case 'a':
		take_file(f, 1, text);
		break;
	case 'l':
		f->has_no_library = true;
		break;
	case 'e':
		f->errnum = (int)strtol(text, NULL, 10);
		break;
	default:
		break;
	}
}

/** False: the process has closed its end, or says what it should not. */
static bool take_bytes(struct fetching *f)
{
	char buf[4096];
	ssize_t size = read(f->fd, buf, sizeof(buf)), i;

	if (size < 0 && errno == EINTR)
		return true;
	for (i = 0; i < size; i++) {
		if (f->record_size == sizeof(f->record))
			return false;
		f->record[f->record_size++] = buf[i];
		if (buf[i])
			continue;
		take_record(f);
		f->record_size = 0;
	}
	return size > 0;
}

/** False: the time is over. */
static bool take_all(struct fetching *f)
{
	uint64_t deadline = clock_now_ns() + f->download->limit_ns, now;
	struct pollfd poll_fd = {.fd = f->fd, .events = POLLIN};
	int num;

	for (;;) {
		now = clock_now_ns();
		if (now >= deadline)
			return false;
		num = poll(&poll_fd, 1, (int)((deadline - now) / NS_PER_MS % INT_MAX) + 1);
		if (num > 0 && !take_bytes(f))
			return true;
	}
}

static void end(struct fetching *f)
{
	// It has its number until waitpid(): nobody else is killed.
	kill(f->pid, SIGKILL);
	__atomic_store_n(f->download->process, 0, __ATOMIC_SEQ_CST);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(f->fd);
}

static enum download_result result_of(const struct fetching *f, bool is_in_time)
{
	if (f->files[0] >= 0)
		return DOWNLOAD_DONE;
	if (!is_in_time)
		return DOWNLOAD_TIMED_OUT;
	if (f->has_no_library)
		return DOWNLOAD_NO_LIBRARY;
	// Whatever it comes to, it says so before it ends by itself.
	if (!f->errnum)
		return DOWNLOAD_ENDED;
	return f->errnum == ENOENT ? DOWNLOAD_NOT_FOUND : DOWNLOAD_FAILED;
}

enum download_result download_debug_file(const struct download *download, int fds_ret[2],
					 int *errnum_ret)
{
	struct fetching f = {.download = download, .files = {-1, -1}};
	enum download_result result;
	bool is_in_time;

	*errnum_ret = begin(&f);
	if (*errnum_ret)
		return DOWNLOAD_FAILED;
	is_in_time = take_all(&f);
	end(&f);
	*errnum_ret = f.errnum;
	result = result_of(&f, is_in_time);
	if (result == DOWNLOAD_DONE) {
		fds_ret[0] = f.files[0];
		fds_ret[1] = f.files[1];
	}
	return result;
}
