// SPDX-License-Identifier: GPL-3.0-or-later
// build: -rdynamic -s -fno-ipa-icf -fno-optimize-sibling-calls
// nameless: a stripped program whose exported functions have names, and whose static ones have
// none. Two exported functions allocate by the same static one. xmalloc(), a name that rules know,
// allocates by another one.
#include <stdlib.h>
#include <unistd.h>

#define SITE    __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")

void take_request(void);
void answer(void);
void *xmalloc(size_t size);
void use_xmalloc(void);
void checkpoint(void);

static SITE void *make_block(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

static SITE void *inside_xmalloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

SITE void take_request(void)
{
	void *p = make_block(1000);

	KEEP(p);
}

SITE void answer(void)
{
	void *p = make_block(2000);

	KEEP(p);
}

SITE void *xmalloc(size_t size)
{
	void *p = inside_xmalloc(size);

	KEEP(p);
	return p;
}

SITE void use_xmalloc(void)
{
	void *p = xmalloc(3000);

	KEEP(p);
}

SITE void checkpoint(void)
{
	__asm__ volatile("" : : : "memory");
}

int main(void)
{
	take_request();
	answer();
	use_xmalloc();
	checkpoint();
	_exit(0);
}
