// SPDX-License-Identifier: GPL-3.0-or-later
/** Debug files from debuginfod servers. libdebuginfod brings libcurl and more than twenty other
 *  libraries, and talks to a network. All of that stays in a process of its own, which executes
 *  this program again and can be ended at any moment. */
#ifndef OBJ_DOWNLOAD_H
#define OBJ_DOWNLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** The first argument, by which main() knows that it is that process. The second is a build-id in
 *  hexadecimal digits. */
#define DOWNLOAD_WORD "--fetch-debuginfo"

struct download {
	/** 1 to 64 bytes. */
	const uint8_t *build_id;
	size_t build_id_size;
	/** DEBUGINFOD_URLS of the process; the rest of its environment is ours. */
	const char *urls;
	/** The longest time that it may take. */
	uint64_t limit_ns;
	/** Called from time to time. total 0: not known. May be NULL. */
	void (*progress)(void *ctx, uint64_t num_bytes, uint64_t total);
	void *ctx;
	/** The process, while there is one; else 0. Whoever kills it ends the download. Atomic. */
	pid_t *process;
};

enum download_result {
	/** There is a file. */
	DOWNLOAD_DONE,
	/** No server has one. */
	DOWNLOAD_NOT_FOUND,
	/** The limit is over. */
	DOWNLOAD_TIMED_OUT,
	/** libdebuginfod is not installed. */
	DOWNLOAD_NO_LIBRARY,
	/** The process was ended from outside. */
	DOWNLOAD_ENDED,
	/** Anything else; see errnum_ret. */
	DOWNLOAD_FAILED,
};

/** Fetch the debug file of a build-id, from the servers or from libdebuginfod's cache. fds_ret[0]
 *  is the file. fds_ret[1] is the file that it shares with others (.gnu_debugaltlink), or -1. Both
 *  belong to the caller, and are set only with DOWNLOAD_DONE. With DOWNLOAD_FAILED, *errnum_ret
 *  says why, or is 0. Takes no lock. */
enum download_result download_debug_file(const struct download *download, int fds_ret[2],
					 int *errnum_ret);

/** All that the process does. Returns its exit status. Standard output is the pipe to the process
 *  that started it. It gets records that end in a NUL: p DONE TOTAL (progress), d PATH (debug
 *  file), a PATH (shared file), l (no library), e ERRNO. */
int download_main(const char *build_id);

#endif
