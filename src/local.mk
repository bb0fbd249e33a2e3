# SPDX-License-Identifier: GPL-3.0-or-later
# Sources of each layer: one archive a folder.

src_libbase_a_SOURCES = \
	src/base/cleanup.h \
	src/base/clock.h \
	src/base/err.c \
	src/base/err.h \
	src/base/fmt.c \
	src/base/fmt.h \
	src/base/hmap.c \
	src/base/hmap.h \
	src/base/io.c \
	src/base/io.h \
	src/base/log.c \
	src/base/log.h \
	src/base/strtab.c \
	src/base/strtab.h \
	src/base/vec.h

src_libarch_a_SOURCES = \
	src/arch/arch.h \
	src/arch/x86_64.c

src_libwire_a_SOURCES =

src_libwalk_a_SOURCES = \
	src/walk/row.h

src_libtrace_a_SOURCES =

src_libheap_a_SOURCES = \
	src/heap/blocks.h \
	src/heap/frame.h \
	src/heap/heap.h \
	src/heap/resolve.h \
	src/heap/snapshot.h \
	src/heap/stacks.h \
	src/heap/stats.h

src_libobj_a_SOURCES = \
	src/obj/modules.h \
	src/obj/symbolize.h

src_libreport_a_SOURCES = \
	src/report/text.h

src_libsupervisor_a_SOURCES = \
	src/supervisor/session.h

src_libconsole_a_SOURCES =
