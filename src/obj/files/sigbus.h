// SPDX-License-Identifier: GPL-3.0-or-later
/** libelf maps the files that it reads. A file may be truncated meanwhile: an update in place, a
 *  debug file that is being built again. That must not kill us. So a page that does not exist any
 *  more reads as zeros, which the parsers take for a malformed file. */
#ifndef OBJ_FILES_SIGBUS_H
#define OBJ_FILES_SIGBUS_H

/** Survive that from now on, in this process. Any other SIGBUS ends the process as before. Calling
 *  this again does no harm. */
void sigbus_survive(void);

/** How many pages were replaced by zeros so far. */
unsigned sigbus_num_pages(void);

#endif
