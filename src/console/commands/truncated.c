// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/truncated.h"

#include "base/utf8.h"
#include "report/json.h"

#include <inttypes.h>

/** Of a line of `status`, of the notes below a traceback, in JSON. */
static const struct {
	const char *line;
	const char *note;
	const char *name;
} ends[STACK_NUM_ENDS + 1] = {
	[STACK_END_UNKNOWN] = {"for an unknown reason",
			       "the oldest frame has no usable call-frame information", "unknown"},
	[STACK_END_NO_CFI] = {"without call-frame information",
			      "the oldest frame has no call-frame information", "no-cfi"},
	[STACK_END_NO_MODULE] = {"in memory that belongs to no file",
				 "the oldest frame is in memory that belongs to no file",
				 "no-file"},
	[STACK_END_UNREADABLE] = {"with an unreadable stack",
				  "the stack is unreadable beyond the oldest frame", "unreadable"},
	[STACK_END_BROKEN] = {"with frames that lead nowhere",
			      "the oldest frame does not lead to another one", "broken"},
	[STACK_NUM_ENDS] = {"elsewhere", "", "other"},
};

const char *truncated_text(uint32_t flags)
{
	return ends[stack_end(flags)].note;
}

void truncated_print(FILE *out, const struct traced_status *status)
{
	const struct traced_truncated *row = status->truncated;
	const struct traced_truncated *end = row + status->num_truncated_rows;

	for (; row < end; row++) {
		fprintf(out, "truncated: %" PRIu64 " %s", row->count, ends[row->end].line);
		if (*row->module) {
			fputs(": ", out);
			utf8_print(out, row->module);
		}
		fputc('\n', out);
	}
}

void truncated_add(struct jsonl *doc, const struct traced_status *status)
{
	const struct traced_truncated *row = status->truncated;
	const struct traced_truncated *end = row + status->num_truncated_rows;

	jsonl_open_array(doc, "truncated_by");
	for (; row < end; row++) {
		jsonl_open_object(doc, NULL);
		jsonl_string(doc, "reason", ends[row->end].name);
		if (*row->module)
			jsonl_string(doc, "module", row->module);
		jsonl_uint(doc, "count", row->count);
		jsonl_close(doc);
	}
	jsonl_close(doc);
}
