// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "fake_traced.h"

#include "base/clock.h"
#include "fake_session.h"
#include "supervisor/code.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define PID        4242
#define TID        4243
#define MAX_FRAMES 3

void fake_log(struct session *s, const char *format, ...)
{
	size_t used = strlen(s->log);
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->log + used, sizeof(s->log) - used, format, ap);
	va_end(ap);
	used = strlen(s->log);
	snprintf(s->log + used, sizeof(s->log) - used, " ");
}

static struct location locate(struct traced *t, const char *file, uint32_t line,
			      const char *function, const char *module)
{
	struct location location = {.line = line, .has_line = line != 0};

	fake_must(strtab_intern(t->strings, file, &location.file));
	fake_must(strtab_intern(t->strings, function, &location.function));
	fake_must(strtab_intern(t->strings, module, &location.module));
	return location;
}

static struct location locations[16][2];

static void fill_locations(struct traced *t)
{
	size_t i;

	for (i = 0; i < 16; i++)
		locations[i][0] = locate(t, "<unknown>", 0, "", "");
	locations[FAKE_LEAK][0] = locate(t, "/src/leaky.c", 12, "leak", "/usr/bin/leaky");
	locations[FAKE_FILL][0] = locate(t, "/src/leaky.c", 31, "fill", "/usr/bin/leaky");
	locations[FAKE_MAIN][0] = locate(t, "/src/leaky.c", 50, "main", "/usr/bin/leaky");
	locations[FAKE_GROW][0] =
		locate(t, "libfoo.so(grow+0x12)", 0, "grow", "/usr/lib/libfoo.so");
	locations[FAKE_NEW][0] = locate(t, "libstdc++.so.6(operator new(unsigned long)+0x1c)", 0,
					"operator new(unsigned long)", "/usr/lib/libstdc++.so.6");
	locations[FAKE_NEW][0].is_alloc_wrapper = true;
	locations[FAKE_INLINED][0] = locate(t, "/src/list.h", 7, "push", "/usr/bin/leaky");
	locations[FAKE_INLINED][1] = locate(t, "/src/list.c", 20, "append", "/usr/bin/leaky");
}

static struct err *resolve(void *ctx, uint64_t frame, const struct location **ret, size_t *num_ret)
{
	(void)ctx;
	*ret = locations[frame < 16 ? frame : 0];
	*num_ret = frame == FAKE_INLINED ? 2 : 1;
	return NULL;
}

static void get_origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	(void)ctx;
	*ret = (struct frame_origin){.module = "", .offset = frame};
}

struct traced *fake_traced(struct session *s)
{
	struct traced *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->session = s;
	fake_must(heap_create(&t->heap));
	fake_must(strtab_create(&t->strings));
	t->resolver = (struct resolver){.ctx = t, .strings = t->strings, .resolve = resolve};
	t->source = (struct frame_source){.ctx = t,
					  .resolver = &t->resolver,
					  .origin = get_origin,
					  .read_line = traced_source_line};
	fill_locations(t);
	t->now_ns = FAKE_START_NS;
	t->status = (struct traced_status){.pid = PID,
					   .exe = "/usr/bin/leaky",
					   .state = TARGET_RUNNING,
					   .is_tracing = true,
					   .is_from_launch = true,
					   .nframe = NFRAME_DEFAULT,
					   .num_threads = 3,
					   .start_ns = FAKE_START_NS,
					   .num_probes = 2};
	return t;
}

void fake_traced_destroy(struct traced *t)
{
	size_t i;

	for (i = 0; i < t->snapshots.num; i++)
		snapshot_destroy(t->snapshots.items[i]);
	vec_deinit(&t->snapshots);
	heap_destroy(t->heap);
	strtab_destroy(t->strings);
	free(t);
}

void fake_alloc(struct traced *t, uint64_t addr, uint64_t size, uint64_t frame0, uint64_t frame1,
		uint64_t frame2)
{
	uint64_t frames[MAX_FRAMES] = {frame0, frame1, frame2};
	size_t num = 0;
	uint32_t stack;

	while (num < MAX_FRAMES && frames[num])
		num++;
	fake_must(stacks_intern(heap_stacks(t->heap), frames, num, num, 0, &stack));
	fake_must(heap_alloc(t->heap, addr, size, stack, DOMAIN_MALLOC, TID));
}

bool traced_footprint(struct traced *t, struct traced_footprint *ret)
{
	*ret = t->footprint;
	return t->footprint.resident;
}

struct err *traced_start(struct traced *t, uint32_t nframe)
{
	fake_log(t->session, "start %" PRIu32, nframe);
	return NULL;
}

struct err *traced_stop(struct traced *t)
{
	fake_log(t->session, "stop");
	t->status.is_tracing = false;
	return NULL;
}

struct err *traced_clear(struct traced *t)
{
	fake_log(t->session, "clear");
	heap_clear(t->heap);
	return NULL;
}

struct err *traced_reset_peak(struct traced *t)
{
	fake_log(t->session, "reset-peak");
	heap_reset_peak(t->heap);
	return NULL;
}

struct err *traced_kill(struct traced *t)
{
	fake_log(t->session, "kill");
	if (t->status.state != TARGET_RUNNING)
		return err_create(ERR_OTHER, "there is no target any more");
	t->status.state = TARGET_ENDED;
	t->status.exit_status = 9;
	return NULL;
}

struct err *traced_status(struct traced *t, struct traced_status *ret)
{
	*ret = t->status;
	ret->totals = heap_totals(t->heap);
	ret->older_size = heap_older_size(t->heap);
	ret->num_stacks = stacks_num(heap_stacks(t->heap));
	return NULL;
}

pid_t traced_pid(const struct traced *t)
{
	return t->status.pid;
}
