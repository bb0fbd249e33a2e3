// SPDX-License-Identifier: GPL-3.0-or-later
// The leaf of pairs and work as a C++ program has it.
extern "C" long leaf();

__attribute__((noinline)) long leaf()
{
	char *p = new char[64];

	__asm__ volatile("" : "+r"(p) : : "memory");
	delete[] p;
	return p != nullptr;
}
