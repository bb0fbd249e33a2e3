// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// C++: every form of new and delete, and exceptions thrown through frames that hold blocks, in two
// threads.
#include "ledger.h"

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

const size_t NUM_KEPT = 40;
const int NUM_ROUNDS = 200;
// Not a constant, or the compiler sees through it.
volatile size_t too_much = SIZE_MAX / 2;

struct alignas(64) Wide {
	char bytes[192];
};

struct Fails {
	char bytes[48];
	explicit Fails(int n)
	{
		if (n % 2)
			throw std::runtime_error("a constructor throws, its memory goes back");
		memset(bytes, 0, sizeof(bytes));
	}
};

SITE void *site_new(size_t size)
{
	void *p = ::operator new(size);
	KEEP(p);
	return p;
}

SITE char *site_new_array(size_t size)
{
	char *p = new char[size];
	KEEP(p);
	return p;
}

SITE Wide *site_new_aligned()
{
	Wide *p = new Wide;
	KEEP(p);
	return p;
}

SITE void *site_new_nothrow(size_t size)
{
	void *p = ::operator new(size, std::nothrow);
	KEEP(p);
	return p;
}

SITE int throw_deep(int depth)
{
	std::unique_ptr<char[]> held(new char[static_cast<size_t>(depth) + 1]);
	std::string text(static_cast<size_t>(depth) + 30, 'x');
	int result;

	if (depth == 0)
		throw std::invalid_argument(text);
	result = throw_deep(depth - 1);
	KEEP(result);
	return result + held[0];
}

void keep_blocks(struct ledger *ledger)
{
	for (size_t i = 0; i < NUM_KEPT; i += 4) {
		slot_set(&ledger->slots[i], site_new(50 + i), 50 + i, "site_new", false);
		slot_set(&ledger->slots[i + 1], site_new_array(60 + i), 60 + i, "site_new_array",
			 false);
		slot_set(&ledger->slots[i + 2], site_new_aligned(), sizeof(Wide),
			 "site_new_aligned", false);
		slot_set(&ledger->slots[i + 3], site_new_nothrow(70 + i), 70 + i,
			 "site_new_nothrow", false);
	}
}

void free_some(struct ledger *ledger)
{
	::operator delete(slot_take(&ledger->slots[0]));
	delete[] static_cast<char *>(slot_take(&ledger->slots[1]));
	delete static_cast<Wide *>(slot_take(&ledger->slots[2]));
	::operator delete(slot_take(&ledger->slots[3]), std::nothrow);
}

void run(struct ledger *ledger)
{
	int num_caught = 0;

	keep_blocks(ledger);
	for (int i = 0; i < NUM_ROUNDS; i++) {
		try {
			throw_deep(i % 20);
		} catch (const std::exception &e) {
			num_caught += strlen(e.what()) == 30;
		}
		try {
			delete new Fails(i);
		} catch (const std::runtime_error &) {
			num_caught++;
		}
	}
	REQUIRE(num_caught == NUM_ROUNDS + NUM_ROUNDS / 2);
	free_some(ledger);
	REQUIRE(!site_new_nothrow(too_much));
}

} // namespace

int main()
{
	static struct ledger ledgers[2];

	ledger_init();
	ledger_add_slots(&ledgers[0], NUM_KEPT);
	ledger_add_slots(&ledgers[1], NUM_KEPT);
	ledger_wait_traced();
	std::thread other(run, &ledgers[1]);
	run(&ledgers[0]);
	other.join();
	ledger_checkpoint();
	return ledger_finish();
}
