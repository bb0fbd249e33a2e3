// SPDX-License-Identifier: GPL-3.0-or-later
/** Errors. NULL is success. Expected outcomes are static sentinels that cost nothing. Surprises are
 *  objects with a text of one line that names the cause and, where there is one, the remedy. Every
 *  function that can fail returns an error and leaves its out-parameters untouched on failure. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/cleanup.h"

enum err_code {
	/** Anything without a code of its own. */
	ERR_OTHER,
	/** Out of memory (&err_nomem). */
	ERR_NOMEM,
	/** The tracee vanished: a normal result of everything that touches it (&err_gone). */
	ERR_GONE,
	/** What was asked for does not exist (&err_not_found, or with a text). */
	ERR_NOT_FOUND,
	/** A loop or a wait ended early because somebody asked for it (&err_stop). */
	ERR_STOP,
	/** No permission. */
	ERR_PERM,
	/** The user's words are wrong: unknown command, bad argument. */
	ERR_USAGE,
	/** Foreign bytes (ELF, /proc, CFI) are malformed or not supported. */
	ERR_FORMAT,
};

struct err {
	enum err_code code;
	/** errno of the failed system call, or 0. */
	int errnum;
	/** One line without newline, owned by the object. */
	char *message;
};

extern struct err err_nomem;
extern struct err err_gone;
extern struct err err_not_found;
extern struct err err_stop;

/** A new error with a printf text. Returns &err_nomem when there is no memory for it. */
struct err *err_create(enum err_code code, const char *format, ...) __printf(2, 3) __must_check;

/** The same for a failed system call: ": strerror(errnum)" is appended. ESRCH becomes &err_gone,
 *  and ENOMEM becomes &err_nomem. */
struct err *err_sys(int errnum, const char *format, ...) __printf(2, 3) __must_check;

/** Free an error; NULL and the sentinels are fine. */
void err_destroy(struct err *err);

/** The text; never NULL. */
static inline const char *err_text(const struct err *err)
{
	return err->message;
}

static inline void cleanup_err(struct err **err)
{
	err_destroy(*err);
}

/** Destroy the error when it leaves the scope. */
#define _cleanup_err_ _cleanup_(cleanup_err)

#endif
