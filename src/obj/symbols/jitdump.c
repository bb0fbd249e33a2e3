// SPDX-License-Identifier: GPL-3.0-or-later
// The format is that of tools/perf/Documentation/jitdump-specification.txt in Linux. A record of
// lines comes before the code that it belongs to.
#include "config.h"

#include "obj/symbols/jit_table.h"

#include <string.h>

#define MAGIC 0x4a695444u

enum {
	CODE_LOAD = 0,
	CODE_DEBUG_INFO = 2,
};

struct file_header {
	uint32_t magic;
	uint32_t version;
	uint32_t total_size;
	uint32_t elf_mach;
	uint32_t pad;
	uint32_t pid;
	uint64_t timestamp;
	uint64_t flags;
};

struct record_header {
	uint32_t id;
	uint32_t total_size;
	uint64_t timestamp;
};

/** Behind its record_header; name and code follow. */
struct code_load {
	uint32_t pid;
	uint32_t tid;
	uint64_t vma;
	uint64_t code_addr;
	uint64_t code_size;
	uint64_t code_index;
};

/** Behind its record_header; entries follow. */
struct debug_info {
	uint64_t code_addr;
	uint64_t num_entries;
};

/** The name of a file and its NUL follow. */
struct debug_entry {
	uint64_t addr;
	uint32_t line;
	uint32_t discriminator;
};

/** The code of a record, with the lines that came before it. */
static bool add_code(struct jit_table *table, const char *body, size_t size,
		     const struct jit_code *lines)
{
	struct jit_code code = {.seq = (uint32_t)table->codes.num};
	struct code_load load;

	if (size <= sizeof(load) || !memchr(body + sizeof(load), '\0', size - sizeof(load)))
		return true;
	memcpy(&load, body, sizeof(load));
	code.start = load.code_addr;
	code.end = load.code_addr + load.code_size;
	code.name = body + sizeof(load);
	if (lines->start == load.code_addr) {
		code.lines = lines->lines;
		code.lines_size = lines->lines_size;
	}
	return code.end <= code.start || vec_push(&table->codes, code);
}

static struct jit_code take_lines(const char *body, size_t size)
{
	struct jit_code lines = {0};
	struct debug_info info;

	if (size < sizeof(info))
		return lines;
	memcpy(&info, body, sizeof(info));
	lines.start = info.code_addr;
	lines.lines = body + sizeof(info);
	lines.lines_size = size - sizeof(info);
	return lines;
}

static bool is_header(const char *data, size_t size, uint32_t pid, size_t *size_ret)
{
	struct file_header header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	*size_ret = header.total_size;
	return header.magic == MAGIC && header.total_size >= sizeof(header) &&
	       header.total_size <= size && header.pid == pid;
}

bool jitdump_parse(struct jit_table *table, const char *data, size_t size, uint32_t pid)
{
	struct jit_code lines = {0};
	struct record_header record;
	size_t at, body_size;

	if (!is_header(data, size, pid, &at))
		return true;
	for (; size - at >= sizeof(record); at += record.total_size) {
		const char *body = data + at + sizeof(record);

		memcpy(&record, data + at, sizeof(record));
		if (record.total_size < sizeof(record) || record.total_size > size - at)
			return true;
		body_size = record.total_size - sizeof(record);
		if (record.id == CODE_DEBUG_INFO)
			lines = take_lines(body, body_size);
		else if (record.id == CODE_LOAD && !add_code(table, body, body_size, &lines))
			return false;
	}
	return true;
}

bool jitdump_line(const struct jit_code *code, uint64_t addr, const char **file_ret,
		  uint32_t *line_ret)
{
	const char *at = code->lines, *end = at + code->lines_size, *nul;
	struct debug_entry entry;
	bool is_found = false;

	while (at && (size_t)(end - at) > sizeof(entry)) {
		memcpy(&entry, at, sizeof(entry));
		at += sizeof(entry);
		nul = memchr(at, '\0', (size_t)(end - at));
		// Entries are in the order of their addresses.
		if (!nul || entry.addr > addr)
			break;
		*file_ret = at;
		*line_ret = entry.line;
		is_found = true;
		at = nul + 1;
	}
	return is_found && **file_ret && *line_ret;
}
