// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/fmt.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
#define NUM_UNITS (sizeof(units) / sizeof(units[0]))

char *fmt_size(double size, bool is_signed, char buf[FMT_SIZE_MAX])
{
	size_t i;

	for (i = 0;; i++, size /= 1024) {
		if (fabs(size) < 100 && i > 0) {
			snprintf(buf, FMT_SIZE_MAX, is_signed ? "%+.1f %s" : "%.1f %s", size,
				 units[i]);
			return buf;
		}
		if (fabs(size) < 10 * 1024 || i == NUM_UNITS - 1) {
			snprintf(buf, FMT_SIZE_MAX, is_signed ? "%+.0f %s" : "%.0f %s", size,
				 units[i]);
			return buf;
		}
	}
}

struct err *fmt_parse_size(const char *text, uint64_t *ret)
{
	double value, scale = 1;
	char *end;
	size_t i;

	if (*text < '0' || *text > '9')
		goto bad;
	value = strtod(text, &end);
	end += strspn(end, " ");
	for (i = 0; *end && i < NUM_UNITS; i++, scale *= 1024)
		if (strcasecmp(end, units[i]) == 0)
			break;
	if (i == NUM_UNITS || !isfinite(value) || value * scale >= 0x1p63)
		goto bad;
	*ret = (uint64_t)(value * scale);
	return NULL;
bad:
	return err_create(ERR_USAGE, "'%s' is no size; write 4096, 10KiB or 1.5MiB", text);
}
