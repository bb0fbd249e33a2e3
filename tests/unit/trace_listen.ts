// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace_fixture.h"

#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

/** The supervisor's end of the socket. */
static int supervisor;

static void on_knock(int sig)
{
	(void)sig;
}

static void setup(void)
{
	const struct sigaction action = {.sa_handler = on_knock};
	int ends[2];

	engine_setup();
	e->want_leave = false;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	e->socket = ends[0];
	supervisor = ends[1];
}

/** A command that sets link_state, to 0, and is acknowledged. */
static struct command make_command(uint64_t cookie, uint32_t num_items)
{
	return (struct command){
		.kind = COMMAND_LINK_STATE,
		.cookie = cookie,
		.num_items = num_items,
	};
}

static size_t size_of(const struct command *c)
{
	return offsetof(struct command, items) + c->num_items * sizeof(c->items[0]);
}

static void send_some(const struct command *c, size_t size)
{
	ck_assert_int_eq(send(supervisor, c, size, 0), (ssize_t)size);
}

/** Do as the tracer's main thread until the listener knocks; carries out what it has queued. */
static void wait_for_news(void)
{
	const struct timespec moment = {0, 100000};
	int i;

	for (i = 0; !__atomic_load_n(&e->has_news, __ATOMIC_ACQUIRE); i++) {
		ck_assert_msg(i < 50000, "the listener does not knock");
		nanosleep(&moment, NULL);
	}
	commands_run(e);
}

static bool is_gone(void)
{
	return __atomic_load_n(&e->is_supervisor_gone, __ATOMIC_ACQUIRE);
}

static void wait_until_gone(void)
{
	while (!is_gone())
		wait_for_news();
	commands_run(e);
}

static void check_acknowledged(uint64_t cookie)
{
	const struct event_ack *ack = next_event(EVENT_ACK);

	ck_assert_uint_eq(ack->cookie, cookie);
	consume_event(ack);
}

/** The listener takes what is not a whole command for the end of the supervisor, also when it
 *  comes right behind a whole one, which is carried out. */
static void check_ends_with(const struct command *c, size_t size)
{
	struct command whole = make_command(1, 2);

	whole.value = 0x1000;
	send_some(&whole, size_of(&whole));
	send_some(c, size);
	whole.value = 0x2000;
	send_some(&whole, size_of(&whole));
	ck_assert(listen_start(e));
	wait_until_gone();
	// Nobody is there to hear an acknowledgement.
	ck_assert_uint_eq(e->link_state, 0x1000);
}

#suite trace_listen

#tcase listen

#test whole_commands_are_carried_out
	struct command none = make_command(7, 0), all = make_command(8, COMMAND_MAX_ITEMS);

	ck_assert(listen_start(e));
	send_some(&none, size_of(&none));
	wait_for_news();
	check_acknowledged(7);
	send_some(&all, size_of(&all));
	wait_for_news();
	check_acknowledged(8);
	check_no_event();
	ck_assert(!is_gone());

#test several_at_once_keep_their_order
	struct command c;
	uint64_t i;

	for (i = 1; i <= 20; i++) {
		c = make_command(i, i % 3);
		send_some(&c, size_of(&c));
	}
	ck_assert(listen_start(e));
	wait_for_news();
	for (i = 1; i <= 20; i++) {
		// Some may have come with the next knock.
		if (!ring_peek(e->shared->ring, UINT64_MAX))
			wait_for_news();
		check_acknowledged(i);
	}
	ck_assert(!is_gone());

#test the_end_of_the_supervisor
	ck_assert(listen_start(e));
	close(supervisor);
	wait_until_gone();
	check_no_event();

#test half_a_command_is_the_end
	struct command c = make_command(9, 2);

	ck_assert(listen_start(e));
	send_some(&c, size_of(&c) - 1);
	wait_until_gone();
	check_no_event();

#test half_a_head_is_the_end
	struct command c = make_command(9, 0);

	ck_assert(listen_start(e));
	send_some(&c, offsetof(struct command, items) - 1);
	wait_until_gone();
	check_no_event();

#test too_many_items_are_the_end
	struct command c = make_command(9, COMMAND_MAX_ITEMS + 1);

	ck_assert(listen_start(e));
	send_some(&c, sizeof(c));
	wait_until_gone();
	check_no_event();

#test half_a_command_behind_a_whole_one
	struct command c = make_command(9, 2);

	check_ends_with(&c, size_of(&c) - 1);

#test half_a_head_behind_a_whole_command
	struct command c = make_command(9, 0);

	check_ends_with(&c, 8);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, engine_teardown);
