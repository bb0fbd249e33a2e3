// SPDX-License-Identifier: GPL-3.0-or-later
// A server that forks two workers, of which each keeps a line of its log for every request
// (workers.md). `workers REQUESTS` ends after so many for each worker, `workers REQUESTS alone`
// forks none.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **log_lines;
static size_t num_lines;

__attribute__((noinline)) void keep_line(int request)
{
	char line[200];

	snprintf(line, sizeof(line), "%d: answered, %180d", request, request);
	log_lines = realloc(log_lines, (num_lines + 1) * sizeof(*log_lines));
	log_lines[num_lines++] = strdup(line); // the leak: nobody writes them
}

__attribute__((noinline)) void handle(int request)
{
	char *volatile answer = malloc(4000);

	memset(answer, 'a', 4000);
	keep_line(request);
	free(answer);
}

static void serve(int num_requests)
{
	for (int i = 0; i < num_requests; i++)
		handle(i);
}

int main(int argc, char **argv)
{
	int num_requests = argc > 1 ? atoi(argv[1]) : 1000;

	if (argc > 2) {
		serve(num_requests);
		return 0;
	}
	for (int worker = 0; worker < 2; worker++) {
		if (fork() == 0) {
			serve(num_requests);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
