// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct err err_nomem = {ERR_NOMEM, ENOMEM, (char *)"out of memory"};
struct err err_gone = {ERR_GONE, ESRCH, (char *)"the process is gone"};
struct err err_not_found = {ERR_NOT_FOUND, 0, (char *)"not found"};
struct err err_stop = {ERR_STOP, 0, (char *)"stopped"};

static struct err *err_new(enum err_code code, int errnum, char *message)
{
	struct err *err = malloc(sizeof(*err));

	if (!err) {
		free(message);
		return &err_nomem;
	}
	err->code = code;
	err->errnum = errnum;
	err->message = message;
	return err;
}

struct err *err_create(enum err_code code, const char *format, ...)
{
	va_list ap;
	char *message;
	int len;

	va_start(ap, format);
	len = vasprintf(&message, format, ap);
	va_end(ap);
	return len < 0 ? &err_nomem : err_new(code, 0, message);
}

struct err *err_sys(int errnum, const char *format, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list ap;
	char *message;
	int len;

	if (errnum == ESRCH)
		return &err_gone;
	if (errnum == ENOMEM)
		return &err_nomem;
	va_start(ap, format);
	len = vasprintf(&what, format, ap);
	va_end(ap);
	if (len < 0) {
		what = NULL;
		return &err_nomem;
	}
	if (asprintf(&message, "%s: %s%s", what, strerror(errnum),
		     errnum == EMFILE ? "; raise the limit ('ulimit -n')" : "") < 0)
		return &err_nomem;
	return err_new(errnum == EPERM || errnum == EACCES ? ERR_PERM : ERR_OTHER, errnum, message);
}

void err_destroy(struct err *err)
{
	if (!err || err == &err_nomem || err == &err_gone || err == &err_not_found ||
	    err == &err_stop)
		return;
	free(err->message);
	free(err);
}
