#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Allocators under names of their own, beside the malloc of the C library that they do not call:
# prefixed builds, libgc, Blink's partitions, and with --probe Rust's global allocator. Each block
# is there, and each free is known.
. "$(dirname "$0")/../lib.sh"

cc=$(command -v "${CC:-gcc}") || skip "no C compiler"
cat >families.c <<'END'
#include <stddef.h>
#include <string.h>
#define SITE __attribute__((noinline))
#define KEEP(p) __asm__ volatile("" : "+r"(p) : : "memory")
static char pool[1 << 20];
static size_t used;
static void *bump(size_t size)
{
	void *p = pool + used;
	used += (size + 31) & ~(size_t)15;
	return p;
}
#define ALLOCATOR(tag, malloc_name, realloc_name, free_name)                                   \
	SITE void *tag##_malloc_(size_t size) __asm__(malloc_name);                            \
	SITE void *tag##_realloc_(void *old, size_t size) __asm__(realloc_name);               \
	SITE void tag##_free_(void *p) __asm__(free_name);                                     \
	void *tag##_malloc_(size_t size) { void *p = bump(size); KEEP(p); return p; }          \
	void *tag##_realloc_(void *old, size_t size)                                           \
	{ void *p = bump(size); memcpy(p, old, 8); KEEP(p); return p; }                        \
	void tag##_free_(void *p) { KEEP(p); }                                                 \
	SITE void site_##tag(size_t size)                                                      \
	{                                                                                      \
		void *a = tag##_malloc_(size), *b = tag##_malloc_(1000), *c = tag##_malloc_(9);\
		KEEP(a);                                                                       \
		b = tag##_realloc_(b, size + 1);                                               \
		KEEP(b);                                                                       \
		tag##_free_(c);                                                                \
	}
ALLOCATOR(je, "je_malloc", "je_realloc", "je_free")
ALLOCATOR(rjem, "_rjem_malloc", "_rjem_realloc", "_rjem_free")
ALLOCATOR(mi, "mi_new", "mi_new_realloc", "mi_free")
ALLOCATOR(tc, "tc_newarray", "tc_realloc", "tc_delete_sized")
ALLOCATOR(gc, "GC_malloc_atomic", "GC_realloc", "GC_free")
ALLOCATOR(blink, "_ZN5blink10Partitions12BufferMallocEmPKc",
	  "_ZN5blink10Partitions16BufferTryReallocEPvmPKc", "_ZN5blink10Partitions8FastFreeEPv")
SITE void checkpoint(void) { __asm__ volatile(""); }
int main(void)
{
	site_je(100); site_rjem(200); site_mi(300); site_tc(400); site_gc(500); site_blink(600);
	checkpoint();
	return 0;
}
END
"$cc" -O1 -g -o families families.c || exit 99

# blocks_of LISTING: sizes and functions of the blocks that site functions have, in order.
blocks_of() {
	awk '/^0x/ && $5 ~ /site_/ { sub(/\(.*/, "", $5); print $2, $5 }' "$1" | sort -n
}
ms run -o listing -e 'wait call checkpoint' -e blocks -e probes -e status -- ./families
is "$status" 0 "status"
is "$(blocks_of listing)" "100 site_je
101 site_je
200 site_rjem
201 site_rjem
300 site_mi
301 site_mi
400 site_tc
401 site_tc
500 site_gc
501 site_gc
600 site_blink
601 site_blink" "blocks of the families"
has listing '^free +GC_free +0x[0-9a-f]+ +1 malloc ' "calls of GC_free"
is "$(grep -c '^# families collects garbage: blocks that it takes back' listing)" 1 "note"
nothing_odd listing "the families"

# The real libgc: what is freed by hand is known.
if [ -e /usr/include/gc.h ]; then
	cat >collect.c <<'END'
#include <gc.h>
static void *kept[100];
__attribute__((noinline)) void site_gc(int i) { kept[i] = GC_MALLOC(40 + i); }
__attribute__((noinline)) void checkpoint(void) { __asm__ volatile(""); }
int main(void)
{
	GC_INIT();
	for (int i = 0; i < 100; i++)
		site_gc(i);
	for (int i = 10; i < 100; i++)
		GC_FREE(kept[i]);
	checkpoint();
	return 0;
}
END
	"$cc" -O1 -g -o collect collect.c -lgc || exit 99
	ms run -o listing -e 'wait call checkpoint' -e blocks -e status -- ./collect
	is "$status" 0 "status with libgc"
	is "$(blocks_of listing)" "$(printf '%d site_gc\n' {40..49})" "blocks of libgc"
	has listing '^# libgc\.so\..* collects garbage' "note with libgc"
	nothing_odd listing "libgc"
	echo "ok: libgc"
else
	echo "# libgc's headers are not installed"
fi

# A global allocator of Rust that has a pool of its own; newer compilers mangle its functions.
command -v rustc >/dev/null || exit 0
cat >global.rs <<'END'
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
struct Pool;
static mut POOL: [u128; 65536] = [0; 65536];
static USED: AtomicUsize = AtomicUsize::new(0);
unsafe impl GlobalAlloc for Pool {
	unsafe fn alloc(&self, l: Layout) -> *mut u8 {
		let at = USED.fetch_add((l.size() + 15) / 16, SeqCst);
		std::ptr::addr_of_mut!(POOL[at]) as *mut u8
	}
	unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
#[global_allocator]
static GLOBAL: Pool = Pool;
fn site_rust(size: usize) -> Vec<u8> {
	let _gone: Vec<u8> = Vec::with_capacity(size + 7);
	let mut grown: Vec<u8> = Vec::with_capacity(size);
	grown.reserve_exact(2 * size);
	grown
}
#[no_mangle]
pub extern "C" fn checkpoint() {}
fn main() {
	let kept = [site_rust(1000), site_rust(3000)];
	checkpoint();
	std::process::exit((kept[0].capacity() + kept[1].capacity() - 8000) as i32);
}
END
rustc -g -A warnings -o global global.rs 2>err || {
	echo "# this rustc does not compile the program: $(head -n 1 err)"
	exit 0
}
cat >rust.probes <<'END'
# As they are declared in library/alloc/src/alloc.rs.
domain=rust,
	alloc=__rust_alloc(size=1),
	alloc=__rust_alloc_zeroed(size=1),
	realloc=__rust_realloc(ptr=1,size=4),
	free=__rust_dealloc(ptr=1)
END
ms run -o listing --probes rust.probes -e 'wait call checkpoint' -e blocks -e probes \
	-e status -- ./global
is "$status" 0 "status of Rust"
is "$(awk '/^0x/ && $3 == "rust" && $2 >= 1000 { print $2 }' listing | sort -n | tr '\n' ' ')" \
	'2000 6000 ' "blocks of Rust"
has listing '^free +__rust_dealloc +0x[0-9a-f]+ +[1-9][0-9]* rust ' "calls of __rust_dealloc"
nothing_odd listing "Rust"
exit 0
