// SPDX-License-Identifier: GPL-3.0-or-later
/** Before every source of the agent's image (src/local.mk): whatever is declared is in the same
 *  image, so that its address is found without a global offset table. */
#ifndef AGENT_HIDDEN_H
#define AGENT_HIDDEN_H

#pragma GCC visibility push(hidden)

#endif
