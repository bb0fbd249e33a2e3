// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "fake_session.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define START_NS   (100 * NS_PER_S)
#define PID        4242
#define TID        4243
#define MAX_FRAMES 3

static void log_call(struct session *s, const char *format, ...) __printf(2, 3);
static void log_call(struct session *s, const char *format, ...)
{
	size_t used = strlen(s->log);
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->log + used, sizeof(s->log) - used, format, ap);
	va_end(ap);
	used = strlen(s->log);
	snprintf(s->log + used, sizeof(s->log) - used, " ");
}

static void must(struct err *err)
{
	if (err)
		abort();
}

static struct location locate(struct session *s, const char *file, uint32_t line,
			      const char *function, const char *module)
{
	struct location location = {.line = line, .has_line = line != 0};

	must(strtab_intern(s->strings, file, &location.file));
	must(strtab_intern(s->strings, function, &location.function));
	must(strtab_intern(s->strings, module, &location.module));
	return location;
}

static struct location locations[16][2];

static void fill_locations(struct session *s)
{
	size_t i;

	for (i = 0; i < 16; i++)
		locations[i][0] = locate(s, "<unknown>", 0, "", "");
	locations[FAKE_LEAK][0] = locate(s, "/src/leaky.c", 12, "leak", "/usr/bin/leaky");
	locations[FAKE_FILL][0] = locate(s, "/src/leaky.c", 31, "fill", "/usr/bin/leaky");
	locations[FAKE_MAIN][0] = locate(s, "/src/leaky.c", 50, "main", "/usr/bin/leaky");
	locations[FAKE_GROW][0] =
		locate(s, "libfoo.so(grow+0x12)", 0, "grow", "/usr/lib/libfoo.so");
	locations[FAKE_NEW][0] = locate(s, "libstdc++.so.6(operator new(unsigned long)+0x1c)", 0,
					"operator new(unsigned long)", "/usr/lib/libstdc++.so.6");
	locations[FAKE_NEW][0].is_plumbing = true;
	locations[FAKE_INLINED][0] = locate(s, "/src/list.h", 7, "push", "/usr/bin/leaky");
	locations[FAKE_INLINED][1] = locate(s, "/src/list.c", 20, "append", "/usr/bin/leaky");
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

struct session *fake_session(void)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	must(heap_create(&s->heap));
	must(strtab_create(&s->strings));
	s->resolver = (struct resolver){.ctx = s, .strings = s->strings, .resolve = resolve};
	s->source = (struct frame_source){.ctx = s,
					  .resolver = &s->resolver,
					  .origin = get_origin,
					  .read_line = session_source_line};
	fill_locations(s);
	s->now_ns = START_NS;
	s->status = (struct session_status){.pid = PID,
					    .exe = "/usr/bin/leaky",
					    .state = TARGET_RUNNING,
					    .is_tracing = true,
					    .is_from_launch = true,
					    .nframe = NFRAME_DEFAULT,
					    .num_threads = 3,
					    .start_ns = START_NS,
					    .num_probes = 2};
	return s;
}

void fake_alloc(struct session *s, uint64_t addr, uint64_t size, uint64_t frame0, uint64_t frame1,
		uint64_t frame2)
{
	uint64_t frames[MAX_FRAMES] = {frame0, frame1, frame2};
	size_t num = 0;
	uint32_t stack;

	while (num < MAX_FRAMES && frames[num])
		num++;
	must(stacks_intern(heap_stacks(s->heap), frames, num, num, 0, &stack));
	must(heap_alloc(s->heap, addr, size, stack, DOMAIN_MALLOC, TID));
}

struct err *session_check_nframe(long nframe)
{
	if (nframe >= 1 && nframe <= NFRAME_MAX)
		return NULL;
	return err_create(ERR_USAGE, "the number of frames must be in range [1; %d]", NFRAME_MAX);
}

struct err *session_check_probe(const char *spec)
{
	return *spec ? NULL : err_create(ERR_USAGE, "an empty probe");
}

struct err *session_create(const struct session_options *options, struct session **ret)
{
	*ret = fake_session();
	(*ret)->status.nframe = options->nframe;
	return NULL;
}

struct err *session_launch(struct session *s, char *const argv[])
{
	log_call(s, "launch %s", argv[0]);
	if (strcmp(argv[0], "nosuch") == 0)
		return err_create(ERR_OTHER, "nosuch: no such program");
	return NULL;
}

struct err *session_attach(struct session *s, pid_t pid)
{
	log_call(s, "attach %d", (int)pid);
	s->status.pid = pid;
	s->status.is_from_launch = false;
	return NULL;
}

struct err *session_release(struct session *s)
{
	log_call(s, "release");
	return NULL;
}

struct err *session_detach(struct session *s)
{
	log_call(s, "detach");
	if (s->status.state == TARGET_RUNNING)
		s->status.state = TARGET_DETACHED;
	return NULL;
}

struct err *session_kill(struct session *s)
{
	log_call(s, "kill");
	if (s->status.state != TARGET_RUNNING)
		return err_create(ERR_OTHER, "there is no target any more");
	s->status.state = TARGET_ENDED;
	s->status.exit_status = 9;
	return NULL;
}

void session_destroy(struct session *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->snapshots.num; i++)
		snapshot_destroy(s->snapshots.items[i]);
	vec_deinit(&s->snapshots);
	heap_destroy(s->heap);
	strtab_destroy(s->strings);
	free(s);
}

struct err *session_start(struct session *s, uint32_t nframe)
{
	log_call(s, "start %" PRIu32, nframe);
	return NULL;
}

struct err *session_stop(struct session *s)
{
	log_call(s, "stop");
	s->status.is_tracing = false;
	return NULL;
}

struct err *session_clear(struct session *s)
{
	log_call(s, "clear");
	heap_clear(s->heap);
	return NULL;
}

struct err *session_reset_peak(struct session *s)
{
	log_call(s, "reset-peak");
	heap_reset_peak(s->heap);
	return NULL;
}

struct err *session_lost_tracer(struct session *s, bool expects_it)
{
	(void)s;
	(void)expects_it;
	return NULL;
}

struct err *session_status(struct session *s, struct session_status *ret)
{
	*ret = s->status;
	ret->totals = heap_totals(s->heap);
	ret->older_size = heap_older_size(s->heap);
	ret->num_stacks = stacks_num(heap_stacks(s->heap));
	return NULL;
}

struct err *session_probes(struct session *s,
			   void (*fn)(void *ctx, const struct session_probe *probe), void *ctx)
{
	static const struct session_probe probes[] = {
		{"/lib/libc.so.6", "malloc", 0x7f0000001000, 12, "alloc", 0},
		{"/lib/libc.so.6", "free", 0x7f0000002000, 7, "free", 0},
	};
	size_t i;

	for (i = 0; i < 2 && !s->has_no_probes; i++)
		fn(ctx, &probes[i]);
	return NULL;
}

void session_searched(struct session *s, void (*fn)(void *ctx, const char *module), void *ctx)
{
	(void)s;
	fn(ctx, "/usr/bin/leaky");
	fn(ctx, "/lib/ld.so");
}

static struct err *take_snapshot(struct session *s, const char *name, struct snapshot **ret)
{
	struct err *err = snapshot_create(s->heap, name, ret);

	if (err)
		return err;
	(*ret)->nframe = s->status.nframe;
	(*ret)->time_ns = s->now_ns;
	(*ret)->start_ns = START_NS;
	(*ret)->is_from_launch = s->status.is_from_launch;
	return NULL;
}

struct err *session_snapshot(struct session *s, const char *name, const struct snapshot **ret)
{
	struct snapshot *snapshot;
	char default_name[16];
	struct err *err;

	if (!s->status.is_tracing)
		return err_create(ERR_OTHER, "malloscope must be tracing to take a snapshot");
	snprintf(default_name, sizeof(default_name), "s%u", s->num_names + 1);
	s->num_names += !name;
	err = take_snapshot(s, name ? name : default_name, &snapshot);
	if (err)
		return err;
	if (!vec_push(&s->snapshots, snapshot))
		abort();
	*ret = snapshot;
	return NULL;
}

struct err *session_live(struct session *s, struct snapshot **ret)
{
	return take_snapshot(s, "live", ret);
}

static struct err *find_snapshot(struct session *s, const char *name, size_t *ret)
{
	size_t i;

	for (i = 0; i < s->snapshots.num; i++) {
		if (strcmp(s->snapshots.items[i]->name, name) == 0) {
			*ret = i;
			return NULL;
		}
	}
	return err_create(ERR_NOT_FOUND, "no snapshot '%s'", name);
}

struct err *session_find_snapshot(struct session *s, const char *name, const struct snapshot **ret)
{
	size_t i = 0;
	struct err *err = find_snapshot(s, name, &i);

	if (!err)
		*ret = s->snapshots.items[i];
	return err;
}

size_t session_num_snapshots(const struct session *s)
{
	return s->snapshots.num;
}

const struct snapshot *session_get_snapshot(const struct session *s, size_t index)
{
	return s->snapshots.items[index];
}

struct err *session_drop_snapshot(struct session *s, const char *name)
{
	size_t i = 0;
	struct err *err = find_snapshot(s, name, &i);

	if (err)
		return err;
	snapshot_destroy(s->snapshots.items[i]);
	vec_remove(&s->snapshots, i);
	return NULL;
}

const struct resolver *session_resolver(struct session *s)
{
	return &s->resolver;
}

char *session_source_line(void *session, const char *file, uint32_t line)
{
	(void)session;
	return strcmp(file, "/src/leaky.c") == 0 && line == 12 ? strdup("\tp = malloc(n);\n")
							       : NULL;
}

const struct frame_source *session_source(struct session *s)
{
	return &s->source;
}

struct err *session_peak(struct session *s, struct snapshot **ret)
{
	must(snapshot_create_peak(s->heap, "peak", ret));
	(*ret)->time_ns = s->now_ns;
	(*ret)->start_ns = START_NS;
	return NULL;
}

struct err *session_since(struct session *s, const struct snapshot *snapshot, struct snapshot **ret)
{
	must(snapshot_create_since(s->heap, snapshot->seq, "live since", ret));
	(*ret)->time_ns = s->now_ns;
	(*ret)->start_ns = START_NS;
	return NULL;
}

struct stack session_stack(struct session *s, uint32_t stack_id)
{
	return stacks_get(heap_stacks(s->heap), stack_id);
}

static struct session_block describe(const struct session *s, const struct block *block)
{
	const struct site *site = heap_site(s->heap, block->site);

	return (struct session_block){.addr = block->addr,
				      .size = block->size,
				      .domain = site->domain,
				      .tid = site->tid,
				      .stack = site->stack,
				      .age_ns = 3200 * NS_PER_MS};
}

struct err *session_where(struct session *s, uint64_t addr, struct session_block *ret)
{
	struct block block;

	if (!heap_find(s->heap, addr, &block))
		return &err_not_found;
	*ret = describe(s, &block);
	return NULL;
}

struct collecting {
	const struct session *s;
	VEC(struct session_block) blocks;
};

static void collect(void *ctx, const struct block *block)
{
	struct collecting *c = ctx;

	if (!vec_push(&c->blocks, describe(c->s, block)))
		abort();
}

static int compare_addr(const void *a, const void *b)
{
	const struct session_block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

struct err *session_blocks(struct session *s, struct session_block **ret, size_t *num_ret)
{
	struct collecting c = {.s = s};

	blocks_each(heap_blocks(s->heap), collect, &c);
	if (c.blocks.num)
		qsort(c.blocks.items, c.blocks.num, sizeof(c.blocks.items[0]), compare_addr);
	*ret = c.blocks.items;
	*num_ret = c.blocks.num;
	return NULL;
}

struct err *session_wait(struct session *s, uint64_t ns)
{
	if (ns == UINT64_MAX)
		log_call(s, "wait exit");
	else
		log_call(s, "wait %" PRIu64, ns);
	if (s->on_wait)
		s->on_wait(s);
	return s->stops_waits ? &err_stop : NULL;
}

struct err *session_wait_call(struct session *s, const char *function, uint64_t count,
			      bool is_exact)
{
	log_call(s, "call %s %" PRIu64 "%s", function, count, is_exact ? " exact" : "");
	return s->stops_waits ? &err_stop : NULL;
}

void session_interrupt(struct session *s)
{
	s->stops_waits = true;
}

void session_complete_function(struct session *s, const char *prefix, size_t limit,
			       void (*fn)(void *ctx, const char *name), void *ctx)
{
	static const char *const names[] = {"fill", "leak", "list::append(int, char)", "main"};
	size_t i;

	(void)s;
	for (i = 0; i < 4 && limit; i++) {
		if (strncmp(names[i], prefix, strlen(prefix)) == 0) {
			fn(ctx, names[i]);
			limit--;
		}
	}
}

char *session_take_note(struct session *s)
{
	char *note;

	if (!s->num_notes)
		return NULL;
	note = strdup(s->notes[0]);
	s->num_notes--;
	memmove(&s->notes[0], &s->notes[1], s->num_notes * sizeof(s->notes[0]));
	return note;
}

int session_note_fd(const struct session *s)
{
	(void)s;
	return -1;
}

void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx)
{
	s->on_news = fn;
	s->on_news_ctx = ctx;
}

struct err *session_measure(struct session *s, const char *function, uint64_t num_calls)
{
	log_call(s, "measure %s %" PRIu64, function, num_calls);
	return NULL;
}

struct err *session_measure_off(struct session *s, const char *function)
{
	log_call(s, "off %s", function ? function : "all");
	return NULL;
}

void session_measure_list(struct session *s,
			  void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				     uint64_t num_done, uint64_t num_active),
			  void *ctx)
{
	(void)s;
	fn(ctx, "leak", 2, 7, 1);
}

struct measured_result *session_take_measured(struct session *s)
{
	struct measured_result *measured = s->measured;

	s->measured = NULL;
	return measured;
}

struct err *session_dump(struct session *s, const struct snapshot *snapshot, const char *path)
{
	log_call(s, "dump %s %s", snapshot->name, path);
	return NULL;
}

struct err *session_load(struct session *s, const char *spec, const char *as,
			 const struct snapshot **ret)
{
	log_call(s, "load %s %s", spec, as ? as : "-");
	return session_snapshot(s, as ? as : "loaded", ret);
}

bool session_has_servers(void)
{
	return true;
}

bool session_downloading(struct session *s, char *buf, size_t size)
{
	if (s->downloading)
		snprintf(buf, size, "%s", s->downloading);
	return s->downloading;
}

void session_stop_download(void)
{
}

bool session_loading(struct session *s, size_t *num_ret, size_t *total_ret)
{
	*num_ret = 37;
	*total_ret = 150;
	return s->is_loading;
}

struct err *session_load_pair(struct session *s, const char *first, const char *second)
{
	struct err *err;

	log_call(s, "load %s, %s", first, second);
	err = session_snapshot(s, first, NULL);
	return err ? err : session_snapshot(s, second, NULL);
}

struct err *session_open(struct session *s, const char *path)
{
	log_call(s, "open %s", path);
	s->status.is_stored = true;
	return NULL;
}

struct err *session_check_store(const char *path)
{
	(void)path;
	return NULL;
}

struct err *session_every(struct session *s, uint64_t period_ns, const char *path)
{
	// Stopping what does not run is nothing.
	if (path)
		log_call(s, "every %" PRIu64 " %s", period_ns, path);
	return NULL;
}

void session_hold(struct session *s)
{
	s->num_holds++;
}

void session_let(struct session *s)
{
	s->num_holds--;
}

void session_choose(struct session *process)
{
	(void)process;
}

size_t session_num_processes(struct session *s)
{
	return 1 + (s->child != NULL);
}

struct session *session_process(struct session *s, size_t index)
{
	return index ? s->child : s;
}

pid_t session_pid(const struct session *s)
{
	return s->status.pid;
}

bool session_has_living(struct session *s)
{
	return s->status.state == TARGET_RUNNING || s->status.state == TARGET_HELD;
}

struct err *session_wait_all(struct session *s)
{
	log_call(s, "wait_all");
	return s->stops_waits ? &err_stop : NULL;
}
