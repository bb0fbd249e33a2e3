// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/plant_why.h"

static const char *const names[NUM_PLANT_HOW] = {
	[HOW_BREAKPOINT] = "breakpoint",
	[HOW_PATCHED] = "patched",
};

static const char *const texts[NUM_PLANT_WHY] = {
	[WHY_NONE] = "",
	[WHY_LOADING] = "the dynamic linker is at work",
	[WHY_USER] = "it is a function of --probe",
	[WHY_LAYERED] = "its blocks lie in blocks of another allocator",
	[WHY_MEASURED] = "its calls are measured or counted",
	[WHY_THROWS] = "it may throw, and its unwinder is unknown",
	[WHY_FIXED_CODE] = "its first instructions cannot be moved",
	[WHY_ENTERED] = "a jump may lead into its first instructions",
	[WHY_SHORT] = "it is shorter than a jump",
	[WHY_HALVES] = "a uprobe that is taken out of it would leave half of a jump",
	[WHY_NO_HANDLER] = "no handler of SIGTRAP can be installed",
	[WHY_NO_ROOM] = "no address within reach is free",
	[WHY_NO_BARRIER] = "the kernel has no membarrier for changed code",
	[WHY_OCCUPIED] = "another breakpoint is in its first instructions",
	[WHY_REFUSED] = "the kernel refused to change its code",
	[WHY_UNCALLED] = "it is patched at its next call",
};

const char *plant_how_name(enum plant_how how)
{
	return names[how];
}

const char *plant_why_text(enum plant_why why)
{
	return texts[why];
}
