// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// jit_code none|map|dump: calls its allocating function through code that it has made, five times
// by two functions with frame pointers, three times by one whose frame pointer is another value.
// The code has no names; in /tmp/perf-PID.map; or in jit-PID.dump in the working directory.
#include "ledger.h"

#include <stdio.h>

typedef void (*function)(void);

/** outer(inner, f) calls inner(f), that calls f(). lost(f, word) calls f() with the frame pointer
 *  word. */
static const unsigned char outer_code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8,
					   0x48, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
static const unsigned char inner_code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
static const unsigned char lost_code[] = {0x55, 0x48, 0x89, 0xf5, 0xff, 0xd7, 0x5d, 0xc3};

#define INNER 0x100
#define LOST  0x200

static char *code;
static char name[64];
/** No code. */
static uint64_t data[2];

SITE void allocate_large(void)
{
	void *p = malloc(1000);

	KEEP(p);
}

SITE void allocate_small(void)
{
	void *p = malloc(10);

	KEEP(p);
}

SITE void call_lost(void)
{
	// It looks like the frame of a caller, but nothing returns to data.
	volatile uint64_t record[2] = {0, (uintptr_t)data};

	((void (*)(function, volatile uint64_t *))(uintptr_t)(code + LOST))(allocate_small, record);
	KEEP(code);
}

SITE void call_made(void)
{
	((void (*)(char *, function))(uintptr_t)code)(code + INNER, allocate_large);
	KEEP(code);
}

static void put(FILE *f, const void *bytes, size_t size)
{
	REQUIRE(fwrite(bytes, size, 1, f) == 1);
}

static void put_load(FILE *f, const char *function_name, const char *at, size_t size)
{
	size_t name_size = strlen(function_name) + 1;
	uint32_t head[6] = {0, (uint32_t)(16 + 40 + name_size + size), 0, 0, (uint32_t)getpid(), 1};
	uint64_t where[4] = {(uintptr_t)at, (uintptr_t)at, size, 1};

	put(f, head, sizeof(head));
	put(f, where, sizeof(where));
	put(f, function_name, name_size);
	put(f, at, size);
}

static void put_line(FILE *f, const char *file, const char *at, uint32_t line)
{
	size_t file_size = strlen(file) + 1;
	uint32_t head[4] = {2, (uint32_t)(16 + 16 + 16 + file_size), 0, 0};
	uint64_t info[3] = {(uintptr_t)at, 1, (uintptr_t)at};
	uint32_t entry[2] = {line, 0};

	put(f, head, sizeof(head));
	put(f, info, sizeof(info));
	put(f, entry, sizeof(entry));
	put(f, file, file_size);
}

static void write_dump(void)
{
	uint32_t header[6] = {0x4a695444, 1, 40, 62, 0, (uint32_t)getpid()};
	uint64_t rest[2] = {0, 0};
	FILE *f;

	snprintf(name, sizeof(name), "jit-%d.dump", (int)getpid());
	f = fopen(name, "w+");
	REQUIRE(f);
	put(f, header, sizeof(header));
	put(f, rest, sizeof(rest));
	put_load(f, "dumped_outer", code, sizeof(outer_code));
	put_line(f, "/src/made.js", code + INNER, 7);
	put_load(f, "dumped_inner", code + INNER, sizeof(inner_code));
	fflush(f);
	// So profilers find it.
	REQUIRE(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(f), 0) != MAP_FAILED);
}

static void write_map(void)
{
	FILE *f;

	snprintf(name, sizeof(name), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(name, "w");
	REQUIRE(f);
	fprintf(f, "%lx 4 replaced\n", (unsigned long)(uintptr_t)code);
	fprintf(f, "%lx %zx made outer\n", (unsigned long)(uintptr_t)code, sizeof(outer_code));
	fprintf(f, "%lx %zx made_inner\n", (unsigned long)(uintptr_t)(code + INNER),
		sizeof(inner_code));
	REQUIRE(fclose(f) == 0);
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 2);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	REQUIRE(code != MAP_FAILED);
	memcpy(code, outer_code, sizeof(outer_code));
	memcpy(code + INNER, inner_code, sizeof(inner_code));
	memcpy(code + LOST, lost_code, sizeof(lost_code));
	if (strcmp(argv[1], "map") == 0)
		write_map();
	if (strcmp(argv[1], "dump") == 0)
		write_dump();
	for (int i = 0; i < 5; i++)
		call_made();
	for (int i = 0; i < 3; i++)
		call_lost();
	checkpoint();
	unlink(name);
	puts("EXIT-SUCCESS");
	return 0;
}
