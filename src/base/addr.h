// SPDX-License-Identifier: GPL-3.0-or-later
/** Addresses of the target. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

/** No address of a process has more bits than these, on any architecture that malloscope runs on
 *  (struct arch has each one's number). What is packed into a word with an address uses the bits
 *  above. */
#define ADDR_BITS 47

#endif
