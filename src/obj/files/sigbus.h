// SPDX-License-Identifier: GPL-3.0-or-later
/** libelf maps the files that it reads. One that is truncated meanwhile (an update in place, a
 *  debug file that is being built anew) must not kill us: a page that is not there any more reads
 *  as zeros, which the parsers take for a malformed file. */
#ifndef OBJ_FILES_SIGBUS_H
#define OBJ_FILES_SIGBUS_H

/** From now on, in this process. Anything else that raises SIGBUS ends it as before. Once is
 *  enough; more does no harm. */
void sigbus_survive(void);

/** Pages that were replaced by zeros so far. */
unsigned sigbus_num_pages(void);

#endif
