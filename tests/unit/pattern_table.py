#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes pattern_table.h: what Python's fnmatch.fnmatchcase() says of patterns chosen for their
traps, and of random ones."""
import fnmatch
import random
import warnings

TRAPS = """
[^a] [!a] [^] [!] [!!] [!^] [[:alpha:]] [[:alpha:]]] [:a] [] []] []a] [!]] [!]a] [a []-a] [a-]
[-a] [--a] [a-c-e] [c-a] [!c-a] [c-a!] [c-a!b] [c-a^b] [c-a!-b] [z-ab-c] [a-cz-b] [a-cz-bx-y]
{a,b} \\a a\\ [\\] [\\a] [a\\-z] [&&a] [~~a] [||a] [a--b] [!--a] [\u00e9-\u00eb] [\udcff]
[!\udcff] \udcff \u00e9 ? * ** *a* a*b*c ?* *? [*] [?] ** .* */c.c *c.c c.c lib/c.c <unknown> [[]
[[a] [a[] [!-a]
""".split() + ["", " ", "[ ]"]
NAMES = """
a b c z ] [ ! ^ - \\ \\a a\\ & ~ | e : : aa ab abc aab a] ^a !a [a] [!a] {a,b} [:alpha:] p] \u00e9
\u00ea \udcff \udcc3 c.c lib/c.c /src/lib/c.c .c.c .hidden <unknown> [a a- -a []
""".split() + ["", " "]


def text(s):
    octets = s.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\?' else "\\%03o" % c
                         for c in octets) + '"'


def patterns():
    yield from TRAPS
    chance = random.Random(1)
    for _ in range(300):
        inside = "".join(chance.choices("abcz!^]-[\\\u00e9", k=chance.randrange(1, 9)))
        before = chance.choice(["", "*", "a", "?"])
        yield before + "[" + inside + "]" + chance.choice(["", "*", "b", "?"])


def main():
    warnings.simplefilter("ignore")
    print("// SPDX-License-Identifier: GPL-3.0-or-later")
    print("/** Made by pattern_table.py: names, and for each pattern which of them Python's fnmatch says")
    print(" *  it matches. */")
    print("#ifndef TESTS_UNIT_PATTERN_TABLE_H\n#define TESTS_UNIT_PATTERN_TABLE_H\n")
    print("struct pattern_row {\n\tconst char *pattern;")
    print("\t/** '1' or '0' for each of pattern_names. */")
    print("\tconst char *matches;\n};\n\n// clang-format off\nstatic const char *const pattern_names[] = {")
    for name in NAMES:
        print("\t%s," % text(name))
    print("};\n\nstatic const struct pattern_row pattern_rows[] = {")
    for pattern in patterns():
        print("\t{%s, \"%s\"}," % (text(pattern), "".join("01"[fnmatch.fnmatchcase(name, pattern)]
                                                          for name in NAMES)))
    print("};\n// clang-format on\n\n#endif")


if __name__ == "__main__":
    main()
