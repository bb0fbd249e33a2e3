// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread
// containers: what idiomatic C++ allocates, in functions of its own, and then checkpoint(). Nothing
// is freed.
#include <functional>
#include <map>
#include <memory>
#include <stdlib.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#define SITE    __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")

namespace
{

std::map<int, std::string> tree;
std::unordered_map<std::string, int> table;
std::vector<std::vector<int>> rows;
std::vector<std::unique_ptr<int[]>> owned;

} // namespace

extern "C" SITE void fill_tree()
{
	for (int i = 0; i < 100; i++)
		tree[i] = std::string(100, 'x');
}

extern "C" SITE void fill_table()
{
	for (int i = 0; i < 100; i++)
		table["a long key with the number " + std::to_string(i)] = i;
}

extern "C" SITE void fill_rows()
{
	for (int i = 0; i < 100; i++)
		rows.push_back(std::vector<int>(50));
}

// The program's own wrapper.
extern "C" SITE void *my_alloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

extern "C" SITE void use_wrapper()
{
	void *p = my_alloc(5000);

	KEEP(p);
}

extern "C" SITE void use_wrapper_again()
{
	void *p = my_alloc(10);

	KEEP(p);
}

extern "C" SITE void use_wrapper_a_third_time()
{
	void *p = my_alloc(20);

	KEEP(p);
}

extern "C" SITE void checkpoint()
{
	__asm__ volatile("" : : : "memory");
}

int main()
{
	std::function<void()> work = [] { fill_rows(); };
	std::thread thread([] { owned.push_back(std::make_unique<int[]>(1000)); });

	thread.join();
	fill_tree();
	fill_table();
	work();
	use_wrapper();
	use_wrapper_again();
	use_wrapper_a_third_time();
	checkpoint();
	_exit(0);
}
