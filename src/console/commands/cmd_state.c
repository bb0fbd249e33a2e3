// SPDX-License-Identifier: GPL-3.0-or-later
// Tracing on and off, and its state: start stop status probes memory reset-peak clear.
#include "config.h"

#include "base/clock.h"
#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/commands.h"
#include "console/commands/describe.h"
#include "console/commands/truncated.h"
#include "heap/domain.h"
#include "supervisor/code.h"
#include "supervisor/session.h"
#include "supervisor/traced.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

static struct err *parse_nframe(const struct args *args, long *ret)
{
	struct err *err;

	if (!args->num_words)
		return NULL;
	err = args_parse_number(args->words[0], LONG_MIN, ret);
	return err ? err : session_check_nframe(*ret);
}

struct err *check_start(const struct args *args)
{
	long nframe = 0;

	return parse_nframe(args, &nframe);
}

struct err *cmd_start(struct console *console, const struct args *args)
{
	long nframe = 0;
	struct err *err = parse_nframe(args, &nframe);

	return err ? err : traced_start(console->traced, (uint32_t)nframe);
}

struct err *cmd_stop(struct console *console, const struct args *args)
{
	(void)args;
	return traced_stop(console->traced);
}

struct err *cmd_reset_peak(struct console *console, const struct args *args)
{
	(void)args;
	return traced_reset_peak(console->traced);
}

struct err *cmd_clear(struct console *console, const struct args *args)
{
	(void)args;
	return traced_clear(console->traced);
}

static char *status_size(const struct traced_status *status, uint64_t size,
			 const struct variance *v, char buf[FMT_ESTIMATE_MAX])
{
	return fmt_estimated_size((double)size, sqrt(v->size), status->sample_rate, false, buf);
}

static char *status_count(const struct traced_status *status, uint64_t count,
			  const struct variance *v, char buf[FMT_ESTIMATE_MAX])
{
	return fmt_estimated_count((int64_t)count, sqrt(v->count), status->sample_rate, false, buf);
}

/** What the sum of the traced blocks does not cover: code, stacks, mappings, and what the allocator
 *  keeps. */
static void print_footprint(FILE *out, const struct traced_footprint *footprint)
{
	char resident[FMT_SIZE_MAX], private[FMT_SIZE_MAX], swapped[FMT_SIZE_MAX];

	fprintf(out, "process: resident=%s, private=%s",
		fmt_size((double)footprint->resident, false, resident),
		fmt_size((double)footprint->private, false, private));
	if (footprint->swapped)
		fprintf(out, ", swapped=%s", fmt_size((double)footprint->swapped, false, swapped));
	putc('\n', out);
}

static void add_footprint(struct jsonl *doc, const struct traced_footprint *footprint)
{
	jsonl_uint(doc, "resident", footprint->resident);
	jsonl_uint(doc, "private", footprint->private);
	jsonl_uint(doc, "swapped", footprint->swapped);
}

static struct err *memory_json(struct console *console, const struct traced_status *status,
			       const struct traced_footprint *footprint)
{
	struct jsonl *doc = jsonl_begin("memory");

	jsonl_uint(doc, "current", status->totals.live_bytes);
	jsonl_uint(doc, "peak", status->totals.peak_bytes);
	if (status->sample_rate) {
		jsonl_uint(doc, "sample_rate", status->sample_rate);
		jsonl_real(doc, "current_stderr", sqrt(status->variance.live.size));
		jsonl_real(doc, "peak_stderr", sqrt(status->variance.peak.size));
	}
	if (footprint)
		add_footprint(doc, footprint);
	return commands_end_json(console, doc);
}

struct err *cmd_memory(struct console *console, const struct args *args)
{
	char current[FMT_ESTIMATE_MAX], peak[FMT_ESTIMATE_MAX];
	const struct traced_footprint *found;
	struct traced_footprint footprint;
	struct traced_status status;
	const char *mark;
	struct err *err = traced_status(console->traced, &status);

	(void)args;
	if (err)
		return err;
	found = traced_footprint(console->traced, &footprint) ? &footprint : NULL;
	if (console->want_json)
		return memory_json(console, &status, found);
	mark = status.sample_rate ? "~" : "";
	fprintf(console->out, "current=%s (%s%" PRIu64 " B), peak=%s (%s%" PRIu64 " B)\n",
		status_size(&status, status.totals.live_bytes, &status.variance.live, current),
		mark, status.totals.live_bytes,
		status_size(&status, status.totals.peak_bytes, &status.variance.peak, peak), mark,
		status.totals.peak_bytes);
	if (found)
		print_footprint(console->out, found);
	return NULL;
}

static void print_target(FILE *out, const struct traced_status *status)
{
	char state[DESCRIBE_STATE_MAX];

	if (status->num_folded)
		fprintf(out, "target: %zu processes, state=%s, program=", status->num_folded,
			describe_state(status, state));
	else
		fprintf(out, "target: pid=%d, state=%s, threads=%u, program=", (int)status->pid,
			describe_state(status, state), status->num_threads);
	utf8_print(out, *status->exe ? status->exe : "<unknown>");
	fputc('\n', out);
	fprintf(out, "tracing: %s, nframe=%" PRIu32 ", probes=%u, traced %.1f s %s\n",
		status->is_tracing ? "on" : "off", status->nframe, status->num_probes,
		describe_traced_s(status), status->is_from_launch ? "from launch" : "since attach");
}

static void print_engine(FILE *out, const struct traced_status *status)
{
	fprintf(out, "engine: %s", engine_name(status->engine));
	if (*status->engine_reason) {
		fputs(" (", out);
		utf8_print(out, status->engine_reason);
		putc(')', out);
	}
	putc('\n', out);
}

static void print_older(FILE *out, const struct traced_status *status)
{
	const struct heap_totals *totals = &status->totals;
	char size[FMT_SIZE_MAX];

	fprintf(out, "older frees: %" PRIu64 " block%s, about %s", totals->older_frees,
		totals->older_frees == 1 ? "" : "s",
		fmt_size((double)status->older_size, false, size));
	if (totals->older_unsized)
		fprintf(out, ", without a known size=%" PRIu64, totals->older_unsized);
	putc('\n', out);
}

static void print_totals(FILE *out, const struct traced_status *status)
{
	const struct heap_totals *totals = &status->totals;
	const struct heap_variance *v = &status->variance;
	char size[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX], peak[FMT_ESTIMATE_MAX],
		peak_count[FMT_ESTIMATE_MAX];

	if (status->sample_rate)
		fprintf(out,
			"sampling: one in %s allocated; sizes and counts are estimates; frees of "
			"older blocks are not known\n",
			fmt_size((double)status->sample_rate, false, size));
	fprintf(out, "live: %s in %s blocks, peak=%s in %s blocks\n",
		status_size(status, totals->live_bytes, &v->live, size),
		status_count(status, totals->live_blocks, &v->live, count),
		status_size(status, totals->peak_bytes, &v->peak, peak),
		status_count(status, totals->peak_blocks, &v->peak, peak_count));
	fprintf(out, "allocated: %s in %s calls, %sfrees=%" PRIu64 "\n",
		status_size(status, totals->total_bytes, &v->total, size),
		status_count(status, totals->total_blocks, &v->total, count),
		status->sample_rate ? "sampled " : "", totals->frees);
}

static void print_waits(FILE *out, const struct traced_status *status)
{
	double seconds = (double)status->wait_ns / NS_PER_S, traced = describe_traced_s(status);

	if (status->wait_ns && traced > 0)
		fprintf(out, "waited: %.1f %% of its time for malloscope\n",
			seconds < traced ? seconds / traced * 100 : 100);
}

static void print_heap(FILE *out, const struct traced_status *status)
{
	const struct heap_totals *totals = &status->totals;

	print_totals(out, status);
	fprintf(out, "events: %" PRIu64 ", %.0f/s, stops=%" PRIu64 "\n", status->num_events,
		status->event_rate, status->num_stops);
	print_waits(out, status);
	fprintf(out, "unwinding: stacks=%zu, truncated=%" PRIu64 ", failed=%" PRIu64 "\n",
		status->num_stacks, status->num_truncated, status->num_failed);
	truncated_print(out, status);
	fprintf(out,
		"oddities: unknown frees=%" PRIu64 ", replaced blocks=%" PRIu64
		", abandoned calls=%" PRIu64 ", lost events=%" PRIu64,
		totals->unknown_frees, totals->replaced, status->num_abandoned, status->num_lost);
	if (totals->unrecorded_blocks)
		fprintf(out, ", unrecorded blocks=%" PRIu64, totals->unrecorded_blocks);
	putc('\n', out);
	if (totals->older_frees)
		print_older(out, status);
}

static void print_own_memory(FILE *out, const struct traced_status *status)
{
	char blocks[FMT_SIZE_MAX], tables[FMT_SIZE_MAX], supervisor[FMT_SIZE_MAX],
		tracer[FMT_SIZE_MAX];

	fprintf(out, "own memory: live blocks=%s",
		fmt_size((double)status->blocks_memory, false, blocks));
	if (status->totals.live_blocks && !status->sample_rate)
		fprintf(out, " (%.1f B each)",
			(double)status->blocks_memory / (double)status->totals.live_blocks);
	fprintf(out, ", stacks=%s, resident: supervisor=%s, tracer=%s",
		fmt_size((double)status->tables_memory, false, tables),
		fmt_size((double)status->supervisor_rss, false, supervisor),
		fmt_size((double)status->tracer_rss, false, tracer));
	if (status->agent_memory)
		fprintf(out, ", shared with the agent=%s",
			fmt_size((double)status->agent_memory, false, tables));
	putc('\n', out);
	if (status->max_memory)
		fprintf(out, "max memory: tables=%s of %s%s\n",
			fmt_size((double)status->used_memory, false, tables),
			fmt_size((double)status->max_memory, false, blocks),
			status->is_full ? ", full: no stacks are added" : "");
}

static void add_target(struct jsonl *doc, const struct traced_status *status)
{
	char state[DESCRIBE_STATE_MAX];

	if (status->num_folded) {
		jsonl_string(doc, "pid", NULL);
		jsonl_uint(doc, "processes", status->num_folded);
	} else {
		jsonl_int(doc, "pid", status->pid);
	}
	jsonl_string(doc, "program", status->exe);
	jsonl_string(doc, "state", describe_state(status, state));
	jsonl_uint(doc, "threads", status->num_threads);
	jsonl_bool(doc, "tracing", status->is_tracing);
	jsonl_bool(doc, "from_launch", status->is_from_launch);
	jsonl_uint(doc, "nframe", status->nframe);
	jsonl_string(doc, "engine", engine_name(status->engine));
	if (*status->engine_reason)
		jsonl_string(doc, "engine_reason", status->engine_reason);
	jsonl_real(doc, "seconds", describe_traced_s(status));
	jsonl_uint(doc, "probes", status->num_probes);
}

static void add_counters(struct jsonl *doc, const struct traced_status *status)
{
	const struct heap_totals *totals = &status->totals;

	jsonl_uint(doc, "size", totals->live_bytes);
	jsonl_uint(doc, "count", totals->live_blocks);
	jsonl_uint(doc, "peak_size", totals->peak_bytes);
	jsonl_uint(doc, "peak_count", totals->peak_blocks);
	jsonl_uint(doc, "allocated", totals->total_bytes);
	jsonl_uint(doc, "calls", totals->total_blocks);
	jsonl_uint(doc, "frees", totals->frees);
	jsonl_uint(doc, "unknown_frees", totals->unknown_frees);
	jsonl_uint(doc, "older_frees", totals->older_frees);
	jsonl_uint(doc, "older_size", status->older_size);
	jsonl_uint(doc, "older_unsized", totals->older_unsized);
	jsonl_uint(doc, "replaced", totals->replaced);
	jsonl_uint(doc, "unrecorded", totals->unrecorded_blocks);
	jsonl_uint(doc, "events", status->num_events);
	jsonl_real(doc, "events_per_second", status->event_rate);
	jsonl_uint(doc, "stops", status->num_stops);
	jsonl_uint(doc, "stacks", status->num_stacks);
	jsonl_uint(doc, "truncated", status->num_truncated);
	truncated_add(doc, status);
	jsonl_uint(doc, "failed", status->num_failed);
	jsonl_uint(doc, "abandoned", status->num_abandoned);
	jsonl_uint(doc, "lost", status->num_lost);
	jsonl_real(doc, "waited", (double)status->wait_ns / NS_PER_S);
}

static void add_sampling(struct jsonl *doc, const struct traced_status *status)
{
	const struct heap_variance *v = &status->variance;

	if (!status->sample_rate)
		return;
	jsonl_uint(doc, "sample_rate", status->sample_rate);
	jsonl_real(doc, "size_stderr", sqrt(v->live.size));
	jsonl_real(doc, "count_stderr", sqrt(v->live.count));
	jsonl_real(doc, "peak_size_stderr", sqrt(v->peak.size));
	jsonl_real(doc, "peak_count_stderr", sqrt(v->peak.count));
	jsonl_real(doc, "allocated_stderr", sqrt(v->total.size));
	jsonl_real(doc, "calls_stderr", sqrt(v->total.count));
}

static struct err *status_json(struct console *console, const struct traced_status *status)
{
	struct jsonl *doc = jsonl_begin("status");

	add_target(doc, status);
	add_counters(doc, status);
	add_sampling(doc, status);
	jsonl_uint(doc, "blocks_memory", status->blocks_memory);
	jsonl_uint(doc, "tables_memory", status->tables_memory);
	if (status->max_memory) {
		jsonl_uint(doc, "used_memory", status->used_memory);
		jsonl_uint(doc, "max_memory", status->max_memory);
		jsonl_bool(doc, "full", status->is_full);
	}
	jsonl_uint(doc, "supervisor_rss", status->supervisor_rss);
	jsonl_uint(doc, "tracer_rss", status->tracer_rss);
	if (status->agent_memory)
		jsonl_uint(doc, "agent_memory", status->agent_memory);
	return commands_end_json(console, doc);
}

struct err *cmd_status(struct console *console, const struct args *args)
{
	struct traced_status status;
	struct err *err = traced_status(console->traced, &status);

	(void)args;
	if (err)
		return err;
	if (console->want_json)
		return status_json(console, &status);
	print_target(console->out, &status);
	print_engine(console->out, &status);
	print_heap(console->out, &status);
	print_own_memory(console->out, &status);
	return NULL;
}

struct probe_listing {
	FILE *out;
	size_t num;
};

static void print_probe(void *ctx, const struct traced_probe *probe)
{
	char domain[DOMAIN_NAME_MAX];
	struct probe_listing *list = ctx;

	if (list->num++ == 0)
		fprintf(list->out, "%-8s %-20s %-18s %10s %-8s %-10s %s\n", "KIND", "SYMBOL",
			"ADDRESS", "CALLS", "DOMAIN", "HOW", "OBJECT");
	fprintf(list->out, "%-8s %-20s 0x%016" PRIx64 " %10" PRIu64 " %-8s %-10s ", probe->kind,
		probe->symbol, probe->addr, probe->hits, domain_name(probe->domain, domain),
		probe->how);
	utf8_print(list->out, probe->module);
	if (*probe->why)
		fprintf(list->out, " (%s)", probe->why);
	fputc('\n', list->out);
}

static void print_searched(void *ctx, const char *module)
{
	fputs("# searched ", ctx);
	utf8_print(ctx, module);
	fputc('\n', ctx);
}

static void add_probe(void *ctx, const struct traced_probe *probe)
{
	jsonl_open_object(ctx, NULL);
	jsonl_string(ctx, "kind", probe->kind);
	jsonl_string(ctx, "symbol", probe->symbol);
	jsonl_address(ctx, "address", probe->addr);
	jsonl_uint(ctx, "calls", probe->hits);
	commands_add_domain(ctx, probe->domain);
	jsonl_string(ctx, "how", probe->how);
	if (*probe->why)
		jsonl_string(ctx, "why", probe->why);
	jsonl_string(ctx, "module", probe->module);
	jsonl_close(ctx);
}

static struct err *probes_json(struct console *console)
{
	struct jsonl *doc = jsonl_begin("probes");
	struct err *err;

	jsonl_open_array(doc, "probes");
	err = traced_probes(console->traced, add_probe, doc);
	jsonl_close(doc);
	if (!err)
		return commands_end_json(console, doc);
	jsonl_destroy(doc);
	return err;
}

struct err *cmd_probes(struct console *console, const struct args *args)
{
	struct probe_listing list = {.out = console->out};
	struct err *err;

	(void)args;
	if (console->want_json)
		return probes_json(console);
	err = traced_probes(console->traced, print_probe, &list);
	if (err || list.num)
		return err;
	fputs("# no allocator function is planted\n", console->out);
	traced_searched(console->traced, print_searched, console->out);
	return NULL;
}
