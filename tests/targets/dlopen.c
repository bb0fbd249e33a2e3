// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// dlopen PLUGIN: loads and unloads plugin.so again and again; blocks that it leaves behind outlive
// its code.
#include "ledger.h"

#include "plugin.h"

#define NUM_ROUNDS 20

static struct ledger ledger;

static void *find(void *handle, const char *name)
{
	void *symbol = dlsym(handle, name);

	REQUIRE(symbol);
	return symbol;
}

static void load_once(const char *path, struct slot *slots)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *(*allocate)(size_t);
	void **blocks;

	REQUIRE(handle);
	blocks = find(handle, "plugin_blocks");
	*(void **)&allocate = find(handle, "site_plugin_alloc");
	slot_set(&slots[0], blocks[1], PLUGIN_INIT_SIZE + 1, "site_plugin_init", false);
	slot_set(&slots[1], allocate(77), 77, "site_plugin_alloc", false);
	slot_set(&slots[2], allocate(78), 78, "site_plugin_alloc", false);
	free(slot_take(&slots[2]));
	REQUIRE(dlclose(handle) == 0);
}

int main(int argc, char **argv)
{
	REQUIRE(argc > 1);
	ledger_init();
	ledger_add_slots(&ledger, NUM_ROUNDS * 3);
	ledger_wait_traced();
	for (size_t i = 0; i < NUM_ROUNDS; i++)
		load_once(argv[1], &ledger.slots[3 * i]);
	ledger_checkpoint();
	return ledger_finish();
}
