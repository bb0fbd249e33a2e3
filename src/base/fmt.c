// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/fmt.h"

#include <inttypes.h>
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

char *fmt_estimated_size(double size, double error, bool is_estimate, bool is_signed,
			 char buf[FMT_ESTIMATE_MAX])
{
	char value[FMT_SIZE_MAX], text[FMT_SIZE_MAX];

	fmt_size(size, is_signed, value);
	if (is_estimate)
		snprintf(buf, FMT_ESTIMATE_MAX, "~%s +-%s", value, fmt_size(error, false, text));
	else
		strcpy(buf, value);
	return buf;
}

char *fmt_estimated_count(int64_t count, double error, bool is_estimate, bool is_signed,
			  char buf[FMT_ESTIMATE_MAX])
{
	const char *sign = is_signed && count >= 0 ? "+" : "";
	unsigned tenths = error < 10 ? (unsigned)(error * 10 + 0.5) : 0;

	if (!is_estimate)
		snprintf(buf, FMT_ESTIMATE_MAX, "%s%" PRId64, sign, count);
	else if (error < 10)
		snprintf(buf, FMT_ESTIMATE_MAX, "~%s%" PRId64 " +-%u.%u", sign, count, tenths / 10,
			 tenths % 10);
	else
		snprintf(buf, FMT_ESTIMATE_MAX, "~%s%" PRId64 " +-%" PRIu64, sign, count,
			 error < 1e18 ? (uint64_t)(error + 0.5) : (uint64_t)1e18);
	return buf;
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
