// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/missing.h"

#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** ELFCOMPRESS_ZSTD; glibc has it since 2.37. */
#define COMPRESSED_BY_ZSTD 2
/** Of the name of a split unit, which may be any. */
#define MAX_NAME 200
/** Symbols that are asked for the file they are from. */
#define MAX_SYMBOLS 4

static const char *name_of(const struct libdw_view *view)
{
	const char *slash = strrchr(view->file->path, '/');

	return slash ? slash + 1 : view->file->path;
}

/** Takes the text over, NULL too. */
static void note(struct libdw_view *view, char *text)
{
	if (view->is_noted) {
		free(text);
		return;
	}
	view->note = text;
	view->is_noted = text;
}

/** A package of split units (.dwp) stands beside the file. elfutils 0.188 reads none; later ones do
 *  by themselves. */
static bool has_package(const struct libdw_view *view)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s.dwp", view->file->path) < 0) {
		path = NULL;
		return false;
	}
	return access(path, R_OK) == 0;
}

void missing_split_units(struct libdw_view *view, const char *first, size_t num)
{
	const char *name = name_of(view);
	char *text, more[48] = "", package[512] = "";

	if (view->is_noted)
		return;
	if (num > 1)
		snprintf(more, sizeof(more), " and %zu more", num - 1);
	if (has_package(view))
		snprintf(package, sizeof(package), "; elfutils %s cannot use %.*s.dwp",
			 dwfl_version(NULL), MAX_NAME, name);
	if (asprintf(&text, "%s: split debug information is missing (%.*s%s)%s: no lines there",
		     name, MAX_NAME, first ? first : "of no name", more, package) >= 0)
		note(view, text);
}

static bool has_zstd(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;
	GElf_Chdr chdr;

	while (elf && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &shdr) && shdr.sh_flags & SHF_COMPRESSED &&
		    gelf_getchdr(section, &chdr) && chdr.ch_type == COMPRESSED_BY_ZSTD)
			return true;
	return false;
}

/** The separate debug file that libdwfl has open has no name for us, but its symbols come first. */
static bool has_debug_file_zstd(Dwfl_Module *module)
{
	int num = dwfl_module_getsymtab(module), i;
	Dwarf_Addr bias;
	GElf_Word section;
	GElf_Addr addr;
	GElf_Sym sym;
	Elf *elf;

	for (i = 1; i < num && i < MAX_SYMBOLS; i++)
		if (dwfl_module_getsym_info(module, i, &sym, &addr, &section, &elf, &bias) &&
		    has_zstd(elf))
			return true;
	return false;
}

void missing_compressed(struct libdw_view *view)
{
	Dwfl_Module *module = libdw_view_module(view);
	GElf_Addr bias;
	char *text;

	if (!module || view->is_noted ||
	    !(has_zstd(dwfl_module_getelf(module, &bias)) || has_debug_file_zstd(module)))
		return;
	if (asprintf(&text,
		     "%s: its debug information is compressed with zstd, which this elfutils (%s) "
		     "cannot read: no lines there",
		     name_of(view), dwfl_version(NULL)) >= 0)
		note(view, text);
}
