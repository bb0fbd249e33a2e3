// SPDX-License-Identifier: GPL-3.0-or-later
/** Small file helpers, mostly for /proc. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Read a whole file of at most max_size bytes into a NUL-terminated buffer that the caller frees.
 *  *size_ret (may be NULL) does not count the NUL. ENOENT and ESRCH become &err_gone. A larger file
 *  is ERR_FORMAT. */
struct err *io_read_file(const char *path, size_t max_size, char **ret,
			 size_t *size_ret) __must_check;
/** The same of a file that is open, and stays so; path is for messages. */
struct err *io_read_fd(int fd, const char *path, size_t max_size, char **ret,
		       size_t *size_ret) __must_check;

/** The value of "KEY:" in /proc/PID/status, without leading blanks, as a string that the caller
 *  frees. &err_gone: no such process; &err_not_found: no such key. */
struct err *io_proc_status(pid_t pid, const char *key, char **ret) __must_check;

/** The same in a buffer of the caller's, without any allocation: for moments when memory may have
 *  run out. A value that does not fit is cut. False: no such process or key. */
bool io_proc_field(pid_t pid, const char *key, char *buf, size_t size) __must_check;

/** Read the beginning of a file as a string into a buffer, without any allocation. False: it cannot
 *  be read. */
bool io_read_head(const char *path, char *buf, size_t size) __must_check;

/** The task whose files in /proc show the memory of process pid. This is its leader; when the
 *  leader has ended before the process (pthread_exit() in main()), it is another thread. 0: there
 *  is none, as the process is gone or a zombie. */
pid_t io_live_task(pid_t pid);

/** Call write(2) until everything is written, also after EINTR. False: errno tells why. */
bool io_write_all(int fd, const void *buf, size_t size) __must_check;

#endif
