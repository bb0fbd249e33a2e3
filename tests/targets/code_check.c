// SPDX-License-Identifier: GPL-3.0-or-later
// build: -O2
// code_check PID: compares every executable file mapping of PID with the file. Prints `PATH: N
// bytes differ` for each that differs; status 0: none does, 1: some do, 2: could not look. The
// padding behind a module's code does not count: instructions that a thread may still be in can
// stay there.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char of_memory[65536];
static char of_file[65536];

struct difference {
	unsigned long num;
	/** Behind the last byte of the mapping that is not 0 in the file: no code of the
	 *  program's. */
	unsigned long num_in_padding;
};

static void count(struct difference *d, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		d->num_in_padding += of_memory[i] != of_file[i];
		if (of_file[i]) {
			d->num += d->num_in_padding;
			d->num_in_padding = 0;
		}
	}
}

static struct difference compare(int memory_fd, int file_fd, uint64_t start, uint64_t end,
				 uint64_t offset)
{
	struct difference d = {0};

	while (start < end) {
		size_t size = end - start < sizeof(of_file) ? end - start : sizeof(of_file);
		ssize_t n = pread(file_fd, of_file, size, (off_t)offset);

		// Behind the end of the file the page is zero-filled.
		if (n < 0)
			n = 0;
		memset(of_file + n, 0, size - (size_t)n);
		if (pread(memory_fd, of_memory, size, (off_t)start) != (ssize_t)size) {
			d.num++;
			break;
		}
		count(&d, size);
		start += size;
		offset += size;
	}
	return d;
}

int main(int argc, char **argv)
{
	char path[64], line[4608], file[4096];
	unsigned num_mappings = 0;
	int memory_fd, status = 0;
	FILE *maps;

	if (argc < 2)
		return 2;
	snprintf(path, sizeof(path), "/proc/%d/mem", atoi(argv[1]));
	memory_fd = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/maps", atoi(argv[1]));
	maps = fopen(path, "r");
	if (memory_fd < 0 || !maps)
		return 2;
	while (fgets(line, sizeof(line), maps)) {
		uint64_t start, end, offset;
		char mode[8];
		struct difference d;
		int fd;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %4095[^\n]",
			   &start, &end, mode, &offset, file) != 5)
			continue;
		if (mode[2] != 'x' || file[0] != '/')
			continue;
		fd = open(file, O_RDONLY);
		if (fd < 0)
			continue;
		num_mappings++;
		d = compare(memory_fd, fd, start, end, offset);
		close(fd);
		if (d.num_in_padding)
			printf("# %s: %lu bytes of padding differ\n", file, d.num_in_padding);
		if (d.num) {
			printf("%s: %lu bytes differ\n", file, d.num);
			status = 1;
		}
	}
	return num_mappings ? status : 2;
}
