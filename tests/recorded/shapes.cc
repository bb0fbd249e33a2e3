// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of many shapes, for a record: a thread, virtual functions, a callback from the C library,
// a frame that is realigned and grows, a catch block.
#include <alloca.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

extern "C" __attribute__((noinline, noipa)) void stop_here(volatile char *p)
{
	*p = 1;
}

struct shape {
	virtual ~shape() = default;
	virtual long visit(const std::vector<long> &numbers, int depth) = 0;
};

struct aligned : shape {
	// The frame is realigned, and its size is not known: the CFA is in memory.
	__attribute__((noinline)) long visit(const std::vector<long> &numbers, int depth) override
	{
		alignas(64) volatile char block[128];
		auto *grown = static_cast<volatile char *>(alloca(numbers.size() * 24 + depth));

		std::memset(const_cast<char *>(block), 0, sizeof(block));
		grown[0] = 1;
		stop_here(block);
		return block[depth] + grown[0] + numbers[depth];
	}
};

struct thrower : shape {
	shape &next;

	explicit thrower(shape &s) : next(s)
	{
	}
	__attribute__((noinline)) long visit(const std::vector<long> &numbers, int depth) override
	{
		std::vector<long> copy(numbers);

		try {
			copy.push_back(numbers.at(numbers.size() + depth));
		} catch (const std::out_of_range &e) {
			return next.visit(copy, depth) + static_cast<long>(std::strlen(e.what()));
		}
		return 0;
	}
};

static shape *current;
static bool is_done;

static int compare(const void *a, const void *b)
{
	static const std::vector<long> numbers(40, 7);

	if (!is_done) {
		is_done = true;
		if (current->visit(numbers, 3) < 0)
			std::abort();
	}
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

int main()
{
	aligned inner;
	thrower outer(inner);
	int items[] = {3, 1, 2};

	current = &outer;
	std::thread thread([&] { std::qsort(items, 3, sizeof(items[0]), compare); });
	thread.join();
	return items[0] - 1;
}
