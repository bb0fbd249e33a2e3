# SPDX-License-Identifier: GPL-3.0-or-later
"""Which changes of one token a C file can suffer. It must be formatted as ours are: binary
operators have blanks around."""

import re

# What is no code: comments, strings, characters, and directives other than #define.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|'
                     r'^[ \t]*#(?!\s*define)(?:\\\n|[^\n])*', re.S | re.M)

# Kind, what is searched for (group 1 is replaced), what may take its place.
SWAPS = [
    ("comparison", r" (<) ", ["<=", ">="]),
    ("comparison", r" (>) ", [">=", "<="]),
    ("comparison", r" (<=) ", ["<", ">"]),
    ("comparison", r" (>=) ", [">", "<"]),
    ("comparison", r" (==) ", ["!="]),
    ("comparison", r" (!=) ", ["=="]),
    ("logic", r"(?: |^\t+)(&&)(?= |\n)", ["||"]),
    ("logic", r"(?: |^\t+)(\|\|)(?= |\n)", ["&&"]),
    ("operator", r"[\w)\]] (\+) ", ["-"]),
    ("operator", r"[\w)\]] (-) ", ["+"]),
    ("operator", r"[\w)\]] (\*) ", ["/"]),
    ("operator", r"[\w)\]] (/) ", ["*"]),
    ("operator", r"[\w)\]] (%) ", ["/"]),
    ("operator", r"[\w)\]] (&) ", ["|"]),
    ("operator", r"[\w)\]] (\|) ", ["&"]),
    ("operator", r"[\w)\]] (<<) ", [">>"]),
    ("operator", r"[\w)\]] (>>) ", ["<<"]),
    ("operator", r"(\+\+)", ["--"]),
    ("operator", r"(--)", ["++"]),
    ("operator", r" (\+=) ", ["-="]),
    ("operator", r" (-=) ", ["+="]),
    ("operator", r" (\|=) ", ["&="]),
    ("operator", r" (&=) ", ["|="]),
    ("negation", r"(!)(?=[\w(*])", [""]),
    ("negation", r"(~)(?=[\w(])", [""]),
    ("negation", r"\b(true)\b", ["false"]),
    ("negation", r"\b(false)\b", ["true"]),
]

NUMBER = re.compile(r"(?<![\w.])(0[xX][0-9a-fA-F]+|[0-9]+)(?=[uUlL]*(?![\w.]))")
# A statement of one line: an assignment, a call, a jump; no declaration, and not what only logs or
# asserts.
STATEMENT = re.compile(r"""^\t+(
    (?!log_\w+\(|assert\()
    (?: \*?[a-z_][\w.>\[\]-]* [ ] [-+|&]?= [ ] [^\n]*
      | [a-z_]\w* \( [^\n]* \)
      | [\w.>-]+ (?:\+\+|--)
      | break | continue | return )
    );[ \x01]*$""", re.M | re.X)


class Change:
    """One change: characters [start, end) of a file become new."""

    def __init__(self, kind, file, text, start, end, new):
        self.kind, self.file, self.start, self.end, self.new = kind, file, start, end, new
        self.number = text.count("\n", 0, start) + 1
        self.old = text[start:end]
        begin = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", end)
        self.line = text[begin:stop].strip()
        self.new_line = (text[begin:start] + new + text[end:stop]).strip()

    def apply(self, text):
        """The text of the file with the change; it must be the one that the change was found in."""
        assert text[self.start:self.end] == self.old
        return text[:self.start] + self.new + text[self.end:]

    def place(self):
        return "%s:%d" % (self.file, self.number)

    def __str__(self):
        return "%s %s: %s -> %s" % (self.place(), self.kind, self.line, self.new_line)


def without_comments(text):
    """The same text, of the same length and lines, with blanks in place of what is no code."""
    return NO_CODE.sub(lambda match: re.sub(r"[^\n]", "\x01", match.group()), text)


def other_numbers(digits):
    value = int(digits, 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0"
                and len(digits) > 1 else 10)
    return ["%d" % (value + 1)] + (["%d" % (value - 1)] if value else [])


def find_changes(file, text):
    """All changes of a file, one alternative each."""
    code = without_comments(text)
    changes = []

    def add(kind, match, group, alternatives):
        start, end = match.span(group)
        # Which alternative is a matter of the place, so that a seed means the same each time.
        changes.append(Change(kind, file, text, start, end,
                              alternatives[start % len(alternatives)]))

    for kind, pattern, alternatives in SWAPS:
        for match in re.finditer(pattern, code, re.M):
            add(kind, match, 1, alternatives)
    for match in NUMBER.finditer(code):
        add("constant", match, 1, other_numbers(match.group(1)))
    for match in STATEMENT.finditer(code):
        add("statement", match, 1, ["(void)0"])
    return changes
