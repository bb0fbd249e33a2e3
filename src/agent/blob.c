// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's image as a part of the program. It is linked alone, from the same sources as we are
// (src/local.mk says how), since it runs where there is neither a C library nor a dynamic linker.
#include "config.h"

#include "agent/image.h"

__asm__("	.pushsection .rodata\n"
	"	.balign 64\n"
	"	.globl agent_image_start, agent_image_end\n"
	"	.hidden agent_image_start, agent_image_end\n"
	"agent_image_start:\n"
	"	.incbin \"src/agent/image.bin\"\n"
	"agent_image_end:\n"
	"	.popsection\n");

extern const struct agent_image agent_image_start;
extern const uint8_t agent_image_end[];

const struct agent_image *agent_image(size_t *size_ret)
{
	*size_ret = (size_t)(agent_image_end - (const uint8_t *)&agent_image_start);
	return &agent_image_start;
}
