// SPDX-License-Identifier: GPL-3.0-or-later
// A little server with a leak, to try malloscope on:
//
//	cc -g -O2 -o leaky leaky.c && ./leaky &
//	malloscope attach $!
//
// It handles requests in a loop, says nothing, and runs until it is killed. Each request allocates
// and frees several blocks; one function keeps something of every request and never lets go of it.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct request {
	unsigned long id;
	char *path;
	char *body;
	size_t body_size;
};

struct session {
	struct session *next;
	unsigned long id;
	char token[1000];
};

static struct session *sessions;
static unsigned long num_bytes_served;

__attribute__((noinline)) static void parse_request(struct request *request, unsigned long id)
{
	request->id = id;
	request->path = malloc(32 + id % 7);
	request->body_size = 200 + id % 300;
	request->body = calloc(1, request->body_size);
	if (!request->path || !request->body)
		abort();
	strcpy(request->path, "/index.html");
}

__attribute__((noinline)) static void open_session(const struct request *request)
{
	struct session *session = malloc(sizeof(*session)); // the leak: nobody closes sessions

	if (!session)
		abort();
	session->id = request->id;
	session->next = sessions;
	memset(session->token, 'x', sizeof(session->token));
	sessions = session;
}

__attribute__((noinline)) static char *render_page(const struct request *request, size_t *size_ret)
{
	size_t size = 64;
	char *page = malloc(size);

	while (page && size < request->body_size) {
		size *= 2;
		page = realloc(page, size);
	}
	if (!page)
		abort();
	memset(page, ' ', size);
	*size_ret = size;
	return page;
}

__attribute__((noinline)) static void handle_request(unsigned long id)
{
	struct request request;
	size_t size;
	char *page;

	parse_request(&request, id);
	open_session(&request);
	page = render_page(&request, &size);
	num_bytes_served += size;
	free(page);
	free(request.body);
	free(request.path);
}

int main(void)
{
	const struct timespec pause = {0, 1000000};

	for (unsigned long id = 0;; id++) {
		handle_request(id);
		nanosleep(&pause, NULL);
	}
}
