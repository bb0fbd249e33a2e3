#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/field on three programs that are there anyway: they pass, the table can be kept and shown
# again, and what is wrong is said. Whose code a row names is judged by names that nobody else tells
# it.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "no python3"
export PYTHONDONTWRITEBYTECODE=1
programs=(cache-glibc cxx-server)
! command -v sqlite3 >/dev/null || programs+=(sqlite3-stats)
timeout 100 "$srcdir/scripts/field" --build-dir "$builddir" --no-setup --engine "$ENGINE" \
	--keep kept "${programs[@]}" >out 2>err || fail "scripts/field ${programs[*]}: status $?"
is "$(tail -n 1 out)" "${#programs[@]} passed, 0 failed, 0 skipped" "the last line"
for program in "${programs[@]}"; do
	has out "^$program +[0-9]+ .* yes +(breakpoint|agent) +[0-3] of [1-3]\$" "row $program"
done
# It has nothing but containers, strings and shared pointers, and its rows are its own lines.
has out '^cxx-server .* 3 of 3$' "rows of a program in C++"
cp out first
"$srcdir/scripts/field" --show kept --beside kept >out 2>err || fail "--show: status $?"
is "$(sed '/: [0-3] of/,$d' out)" "$(sed '/: [0-3] of/,$d' first)" "the same table again"
has out '^cache-glibc: 1 of 1 rows name its own code, before: 1 of 1$' "rows of two runs"

# A figure that is wrong by a tenth fails, and so does a program that does not come back.
cat >wrong.py <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
from fieldlib import growth, naming
from fieldlib.common import Field, Row

def frame(function, filename="x.c", module="/bin/program"):
    return {"location": "here", "function": function, "filename": filename, "module": module}

for function, filename, module, wanted in (
        ("Store::open(int)", "main.cc", "/tmp/program", "own"),
        ("<server::Store>::open", "main.rs", "/tmp/program", "own"),
        ("<server::Store as core::clone::Clone>::clone", "main.rs", "/tmp/program", "own"),
        ("std::vector<int>::push_back(int&&)", "v.h", "/tmp/program", "wrapper"),
        ("<alloc::vec::Vec<u8>>::push", "m.rs", "/tmp/program", "wrapper"),
        ("Perl_safesysmalloc", None, "/usr/bin/perl", "wrapper"),
        ("ht_create", "/usr/include/x.h", "/tmp/program", "system file"),
        ("inflate", None, "/lib/libz.so.1", "library"), (None, None, "/tmp/program", "nameless")):
    got = naming.judge("server", "here", [frame(function, filename, module)])
    assert got == wanted, f"{function}: {got}, wanted {wanted}"
caller = [frame(None), dict(frame("serve"), module="/tmp/program")]
assert naming.judge("server", "here < serve", caller) == "own"
assert naming.judge("server", "here", caller) == "nameless"

field = Field(sys.argv[2], os.getcwd(), sys.argv[3]).for_program("wrong")
program = field.write("program", "#!/bin/sh\nwhile read x; do echo 1000; done\n")
os.chmod(program, 0o755)
figures = iter((0, 100000))
with growth.talk(field, [program]) as process:
    row = growth.compare_growth(field, process.pid, lambda: next(figures),
                                lambda step: growth.ask(process, "work"),
                                request=lambda i: 1 / 0 if i > 2 else None)
assert row.state == "failed" and len(row.wrong) == 2, row.wrong
rows = Row("perl", names=[naming.Named("perl", 1, "here", [frame("Perl_safesysmalloc")])])
naming.check_names(rows)
print("\n".join(row.wrong + rows.wrong))
END
timeout 60 python3 wrong.py "$srcdir/scripts" "$builddir" "$ENGINE" >out 2>err || fail "wrong.py"
has out '^grew by 100000 B by its own figure, by ' "a wrong figure"
has out '^request 3 of the load: ' "a request without an answer"
has out '^rows do not name its own code: here \(wrapper\)$' "rows that name a wrapper"
