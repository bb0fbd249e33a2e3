// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/describe.h"

#include "base/clock.h"
#include "base/fmt.h"
#include "heap/snapshot.h"
#include "report/json.h"
#include "supervisor/traced.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

/** When the traced time of a snapshot ends: nothing is traced after the end of tracing. */
static uint64_t traced_until(const struct snapshot *snapshot, const struct traced_status *status)
{
	if (status->end_ns && snapshot->start_ns == status->start_ns &&
	    status->end_ns < snapshot->time_ns)
		return status->end_ns;
	return snapshot->time_ns;
}

static char *describe(const struct snapshot *snapshot, const struct traced_status *status,
		      uint64_t num_truncated)
{
	char size[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX], *text = NULL;
	struct variance v = snapshot_variance(snapshot);
	bool is_estimate = snapshot->sample_rate;
	size_t text_size;
	FILE *f = open_memstream(&text, &text_size);

	if (!f)
		return NULL;
	fprintf(f, "%s: %s in %s blocks, %zu stacks, traced %.1f s %s", snapshot->name,
		fmt_estimated_size((double)snapshot->totals.live_bytes, sqrt(v.size), is_estimate,
				   false, size),
		fmt_estimated_count((int64_t)snapshot->totals.live_blocks, sqrt(v.count),
				    is_estimate, false, count),
		snapshot->num_live_stacks,
		seconds(snapshot->start_ns, traced_until(snapshot, status)),
		snapshot->is_from_launch ? "from launch" : "since attach");
	if (is_estimate)
		fprintf(f, ", sampled by %s", fmt_size((double)snapshot->sample_rate, false, size));
	if (snapshot->totals.unknown_frees)
		fprintf(f, ", %" PRIu64 " unknown frees", snapshot->totals.unknown_frees);
	if (num_truncated)
		fprintf(f, ", %" PRIu64 " truncated stacks", num_truncated);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

char *describe_snapshot(const struct snapshot *snapshot, const struct traced_status *status)
{
	return describe(snapshot, status, 0);
}

char *describe_live(const struct snapshot *snapshot, const struct traced_status *status)
{
	return describe(snapshot, status, status->num_truncated);
}

static void describe_end(int exit_status, char buf[DESCRIBE_STATE_MAX])
{
	const char *name;

	if (!WIFSIGNALED(exit_status)) {
		snprintf(buf, DESCRIBE_STATE_MAX, "ended (exit status %d)",
			 WEXITSTATUS(exit_status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(exit_status));
	if (name)
		snprintf(buf, DESCRIBE_STATE_MAX, "ended (killed by SIG%s)", name);
	else
		snprintf(buf, DESCRIBE_STATE_MAX, "ended (killed by signal %d)",
			 WTERMSIG(exit_status));
}

/** What became of several processes. */
static void describe_ends(const struct traced_status *status, char buf[DESCRIBE_STATE_MAX])
{
	size_t num_ended = status->num_folded - status->num_left, len = 0;

	if (num_ended)
		len = (size_t)snprintf(buf, DESCRIBE_STATE_MAX, "%zu ended", num_ended);
	if (status->num_unsuccessful)
		len += (size_t)snprintf(buf + len, DESCRIBE_STATE_MAX - len, ", %zu failed",
					status->num_unsuccessful);
	if (status->num_left)
		snprintf(buf + len, DESCRIBE_STATE_MAX - len, "%s%zu left running", len ? ", " : "",
			 status->num_left);
}

char *describe_state(const struct traced_status *status, char buf[DESCRIBE_STATE_MAX])
{
	if (status->is_stored)
		return strcpy(buf, "stored in a file");
	if (status->num_folded) {
		describe_ends(status, buf);
		return buf;
	}
	switch (status->state) {
	case TARGET_HELD:
		strcpy(buf, "held before its start");
		break;
	case TARGET_RUNNING:
		strcpy(buf, "running");
		break;
	case TARGET_ENDED:
		describe_end(status->exit_status, buf);
		break;
	case TARGET_DETACHED:
		strcpy(buf, "left running");
		break;
	}
	return buf;
}

double describe_traced_s(const struct traced_status *status)
{
	if (!status->start_ns)
		return 0;
	return seconds(status->start_ns, status->end_ns ? status->end_ns : clock_now_ns());
}

void describe_snapshot_json(struct jsonl *doc, const char *key, const struct snapshot *snapshot)
{
	struct variance v = snapshot_variance(snapshot);

	jsonl_open_object(doc, key);
	jsonl_string(doc, "name", snapshot->name);
	jsonl_real(doc, "seconds", (double)(snapshot->time_ns - snapshot->start_ns) / 1e9);
	jsonl_uint(doc, "size", snapshot->totals.live_bytes);
	jsonl_uint(doc, "count", snapshot->totals.live_blocks);
	if (snapshot->sample_rate) {
		jsonl_uint(doc, "sample_rate", snapshot->sample_rate);
		jsonl_real(doc, "size_stderr", sqrt(v.size));
		jsonl_real(doc, "count_stderr", sqrt(v.count));
	}
	jsonl_uint(doc, "peak_size", snapshot->totals.peak_bytes);
	jsonl_uint(doc, "peak_count", snapshot->totals.peak_blocks);
	jsonl_uint(doc, "stacks", snapshot->num_live_stacks);
	jsonl_uint(doc, "unknown_frees", snapshot->totals.unknown_frees);
	jsonl_uint(doc, "older_frees", snapshot->totals.older_frees);
	jsonl_uint(doc, "nframe", snapshot->nframe);
	jsonl_bool(doc, "from_launch", snapshot->is_from_launch);
	jsonl_string(doc, "engine", engine_name(snapshot->engine));
	jsonl_close(doc);
}
