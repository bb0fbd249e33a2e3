// SPDX-License-Identifier: GPL-3.0-or-later
// build: -O2
// code_check PID: compares every executable file mapping of PID with the file. Prints `PATH: N
// bytes differ` for each that differs; status 0: none does, 1: some do, 2: could not look.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char of_memory[65536];
static char of_file[65536];

static unsigned long compare(int memory_fd, int file_fd, uint64_t start, uint64_t end,
			     uint64_t offset)
{
	unsigned long num_different = 0;

	while (start < end) {
		size_t size = end - start < sizeof(of_file) ? end - start : sizeof(of_file);
		ssize_t n = pread(file_fd, of_file, size, (off_t)offset);

		// Behind the end of the file the page is zero-filled.
		if (n < 0)
			n = 0;
		memset(of_file + n, 0, size - (size_t)n);
		if (pread(memory_fd, of_memory, size, (off_t)start) != (ssize_t)size)
			return num_different + 1;
		for (size_t i = 0; i < size; i++)
			num_different += of_memory[i] != of_file[i];
		start += size;
		offset += size;
	}
	return num_different;
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
		unsigned long num;
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
		num = compare(memory_fd, fd, start, end, offset);
		close(fd);
		if (num) {
			printf("%s: %lu bytes differ\n", file, num);
			status = 1;
		}
	}
	return num_mappings ? status : 2;
}
