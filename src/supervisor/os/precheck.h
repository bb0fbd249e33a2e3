// SPDX-License-Identifier: GPL-3.0-or-later
/** Can this be traced? It is checked before anything is touched, so that an error tells cause and
 *  remedy. */
#ifndef SUPERVISOR_OS_PRECHECK_H
#define SUPERVISOR_OS_PRECHECK_H

#include "base/err.h"
#include "trace/tracer.h"

#include <stdbool.h>
#include <sys/types.h>

/** Check that pid can be attached to. Errors as session_attach() promises. */
struct err *precheck_attach(pid_t pid) __must_check;
/** Turn a failed tracer_start() into words. */
struct err *precheck_explain(pid_t pid, const char *program, enum tracer_stage stage,
			     int errnum) __must_check;
/** Find the file that program names, searched on PATH as execvp(3) does, and check that it can be
 *  launched. The caller frees the path. */
struct err *precheck_launch(const char *program, char **ret) __must_check;
/** Check that there are enough file descriptors. */
struct err *precheck_files(void) __must_check;
/** Tell whether pid executes a file that gives privileges (setuid). The kernel withholds them from
 *  a process that is traced without CAP_SYS_PTRACE. */
bool precheck_lacks_privileges(pid_t pid);
/** Check that the ELF header of the program that pid executes names our architecture. */
struct err *precheck_image(pid_t pid) __must_check;

#endif
