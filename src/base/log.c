// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/log.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

bool log_is_debug;

void log_init(void)
{
	const char *value = getenv("MALLOSCOPE_DEBUG");

	log_is_debug = value && *value && strcmp(value, "0") != 0;
}

static void __printf(2, 0) write_line(const char *prefix, const char *format, va_list ap)
{
	char line[2048];
	int used = snprintf(line, sizeof(line), "%s", prefix);
	int len = vsnprintf(line + used, sizeof(line) - used - 1, format, ap);
	size_t size = used + (len < 0 ? 0 : len);
	_cleanup_free_ char *escaped = NULL;

	if (size > sizeof(line) - 2)
		size = sizeof(line) - 2;
	line[size] = '\0';
	escaped = utf8_printable(line);
	if (escaped) {
		dprintf(STDERR_FILENO, "%s\n", escaped);
		return;
	}
	line[size++] = '\n';
	// Nothing sensible can be done when standard error itself fails.
	if (write(STDERR_FILENO, line, size) < 0)
		return;
}

void log_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_line("malloscope: ", format, ap);
	va_end(ap);
}

void log_note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_line("# ", format, ap);
	va_end(ap);
}

void log_debug_write(const char *format, ...)
{
	char prefix[32];
	va_list ap;

	snprintf(prefix, sizeof(prefix), "malloscope[%d]: ", (int)getpid());
	va_start(ap, format);
	write_line(prefix, format, ap);
	va_end(ap);
}
