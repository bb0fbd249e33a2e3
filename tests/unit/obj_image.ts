// SPDX-License-Identifier: GPL-3.0-or-later
#include "obj/image.h"

#include "test_util.h"

#include <stdlib.h>
#include <sys/mman.h>

#define BUILD_ID "\x01\x23\x45\x67\x89\xab\xcd\xef"
#define ID_SIZE  8

/** An ELF file of nothing but notes. */
struct file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdrs[2];
	char notes[2][256];
};

static void file_init(struct file *file)
{
	size_t i;

	memset(file, 0, sizeof(*file));
	memcpy(file->ehdr.e_ident, ELFMAG, SELFMAG);
	file->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	file->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	file->ehdr.e_phentsize = sizeof(Elf64_Phdr);
	file->ehdr.e_phoff = offsetof(struct file, phdrs);
	file->ehdr.e_phnum = 2;
	for (i = 0; i < 2; i++)
		file->phdrs[i] = (Elf64_Phdr){
			.p_type = PT_NOTE,
			.p_offset = offsetof(struct file, notes) + i * sizeof(file->notes[0]),
		};
}

/** Append a note, with the padding that the alignment asks for between its parts. */
static void add_note(struct file *file, unsigned segment, size_t align, uint32_t type,
		     const char *name, const char *bytes, uint32_t size)
{
	Elf64_Phdr *phdr = &file->phdrs[segment];
	char *notes = file->notes[segment];
	Elf64_Nhdr nhdr = {strlen(name) + 1, size, type};
	size_t at = (phdr->p_filesz + align - 1) / align * align;

	memcpy(notes + at, &nhdr, sizeof(nhdr));
	at += sizeof(nhdr);
	memcpy(notes + at, name, nhdr.n_namesz);
	at = (at + nhdr.n_namesz + align - 1) / align * align;
	memcpy(notes + at, bytes, size);
	phdr->p_filesz = at + size;
	ck_assert_uint_le(phdr->p_filesz, sizeof(file->notes[0]));
}

/** The file has the build-id above (else none at all). */
static void check_build_id(const struct file *file, bool has_build_id)
{
	int fd = memfd_create("notes", MFD_CLOEXEC);
	struct image *image;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, file, sizeof(*file)), sizeof(*file));
	ck_ok(image_create(fd, "notes", 5, &image));
	ck_assert(image->is_elf);
	ck_assert_uint_eq(image->build_id_size, has_build_id ? ID_SIZE : 0);
	if (has_build_id)
		ck_assert_mem_eq(image->build_id, BUILD_ID, ID_SIZE);
	image_destroy(image);
}

/** A note of 4 bytes, and the build-id behind it. What a segment says of its alignment, and how
 *  its notes are padded. */
static void check_padded(uint64_t said, size_t align, bool has_build_id)
{
	struct file file;

	file_init(&file);
	file.phdrs[0].p_align = said;
	add_note(&file, 0, align, 5, "GNU", "\x02\x80\x00\xc0", 4);
	add_note(&file, 0, align, NT_GNU_BUILD_ID, "GNU", BUILD_ID, ID_SIZE);
	check_build_id(&file, has_build_id);
}

#suite obj_image

#tcase notes

#test notes_are_padded_as_their_segment_says
	check_padded(4, 4, true);
	check_padded(8, 8, true);
	// Old linkers say 1, some say nothing: they mean 4.
	check_padded(1, 4, true);
	check_padded(0, 4, true);
	// There are two paddings, and 8 alone asks for the other one.
	check_padded(16, 4, true);

#test other_padding_is_not_guessed
	check_padded(4, 8, false);
	check_padded(8, 4, false);

#test names_and_types_count
	struct file file;

	file_init(&file);
	add_note(&file, 0, 4, NT_GNU_BUILD_ID, "Go", BUILD_ID, ID_SIZE);
	add_note(&file, 0, 4, NT_GNU_BUILD_ID, "GNX", BUILD_ID, ID_SIZE);
	add_note(&file, 0, 4, NT_GNU_ABI_TAG, "GNU", BUILD_ID, ID_SIZE);
	check_build_id(&file, false);
	// Each segment has an alignment of its own.
	file.phdrs[1].p_align = 8;
	add_note(&file, 1, 8, 5, "GNU", "\x02\x80\x00\xc0", 4);
	add_note(&file, 1, 8, NT_GNU_BUILD_ID, "GNU", BUILD_ID, ID_SIZE);
	check_build_id(&file, true);

#test the_first_one_counts
	struct file file;

	file_init(&file);
	add_note(&file, 0, 4, NT_GNU_BUILD_ID, "GNU", BUILD_ID, ID_SIZE);
	add_note(&file, 0, 4, NT_GNU_BUILD_ID, "GNU", "another", 8);
	add_note(&file, 1, 4, NT_GNU_BUILD_ID, "GNU", "another", 8);
	check_build_id(&file, true);

#test notes_that_are_cut_off
	struct file file;
	size_t size;

	file_init(&file);
	add_note(&file, 0, 4, NT_GNU_BUILD_ID, "GNU", BUILD_ID, ID_SIZE);
	check_build_id(&file, true);
	for (size = file.phdrs[0].p_filesz; size-- > 0;) {
		file.phdrs[0].p_filesz = size;
		check_build_id(&file, false);
	}
