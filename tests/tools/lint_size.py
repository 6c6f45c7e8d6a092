#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes and small rules that a machine can see.

    lint_size.py [FOLDER]

Files of 600 lines at most, functions of 100; a licence line in each source file; no function of
the banned list; no mark of unfinished work; no code switched off. One line a fault,
"path:line: text"; exit status 1 when there was any.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 100
LICENCE = "SPDX-License-Identifier: Apache-2.0"
# A shebang, a document type or an XML declaration may stand before it.
LICENCE_WITHIN = 5

C_FILES = (".c", ".h")
SOURCES = C_FILES + (".py", ".sh", ".mk", ".mjs", ".js", ".ts", ".css", ".html", ".sql", ".proto")
SOURCE_NAMES = ("Makefile",)
SKIPPED = {"build", "node_modules", "corpus", "dist", "__pycache__"}

# What to use in their place.
BANNED = {
    "strcpy": "struct str, or a buffer with a length",
    "strcat": "struct buf",
    "sprintf": "snprintf() or buf_printf()",
    "vsprintf": "vsnprintf() or buf_vprintf()",
    "strtok": "str_cut()",
    "gets": "fs_read_file()",
    "atoi": "str_to_i64()",
    "atol": "str_to_i64()",
    "atoll": "str_to_i64()",
    "atof": "strtod() with its end looked at",
    "rand": "secret_random()",
    "srand": "secret_random()",
    "alloca": "an arena",
    "tmpnam": "mkostemp()",
    "mktemp": "mkostemp()",
}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
# Written apart, so that this file does not hold them.
MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
SWITCHED_OFF = re.compile(r"^\s*#\s*if\s+0\b")

# Comments and literals of C, which are not code.
NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def code_of(text):
    """The text with comments and literals blank; line numbers stay."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def long_functions(lines):
    """Bodies begin and end with a brace of their own at the start of a line (.clang-format)."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            length = number - start + 1
            if length > MAX_FUNCTION_LINES:
                yield start, f"a function of {length} lines, {MAX_FUNCTION_LINES} are allowed"
            start = None


def c_faults(text):
    lines = code_of(text).splitlines()
    yield from long_functions(lines)
    for number, line in enumerate(lines, 1):
        for match in BANNED_CALL.finditer(line):
            yield number, f"{match.group(1)}() is banned: use {BANNED[match.group(1)]}"
        if SWITCHED_OFF.match(line):
            yield number, "code that is switched off"


def file_faults(path, text):
    lines = text.splitlines()
    if not any(LICENCE in line for line in lines[:LICENCE_WITHIN]):
        yield 1, f'no "{LICENCE}"'
    if len(lines) > MAX_FILE_LINES:
        yield len(lines), f"{len(lines)} lines, {MAX_FILE_LINES} are allowed"
    for number, line in enumerate(lines, 1):
        mark = MARKS.search(line)
        if mark:
            yield number, f"{mark.group(1)}: finish it or leave it out"
    if path.endswith(C_FILES):
        yield from c_faults(text)


def sources(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED and not f.startswith("."))
        for name in sorted(files):
            if name.endswith(SOURCES) or name in SOURCE_NAMES:
                yield os.path.relpath(os.path.join(folder, name), root)


def faults(root):
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        for number, fault in file_faults(path, text):
            yield f"{path}:{number}: {fault}"


def main():
    found = list(faults(sys.argv[1] if len(sys.argv) > 1 else ROOT))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
