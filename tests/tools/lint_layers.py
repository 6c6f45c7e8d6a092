#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom.

    lint_layers.py [FOLDER]

Reads every #include below the folder (the repository by default) and compares it with the tables
here. One line a fault, "path:line: text"; exit status 1 when there was any.

Dependencies point down: programs, config, common. Inside a program the folders stand in layers,
and a file includes its own layer and those below. A program's headers outside of any folder
(homeserver.h) are its joints: every layer may include them, and so they include little. Headers
of libraries have one owner each.
"""

import fnmatch
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A top-level folder may include itself and these.
BELOW = {
    "common": set(),
    "config": {"common"},
    "homeserver": {"config", "common"},
    "sfu": {"config", "common"},
    "bridge-mail": {"config", "common"},
}

# Layers of each, from the top. What stands in one set may include each other.
LAYERS = {
    "common": [{"http"}, {"crypto", "db", "json", "matrix", "metrics"}, {"base"}],
    "homeserver": [
        {"api", "federation"},
        {"appservice", "keys", "media", "push", "sync"},
        {"room"},
        {"stream"},
        {"store"},
    ],
    "sfu": [{"api", "signal"}, {"meeting"}, {"media"}, {"store", "transport"}],
    "bridge-mail": [
        {"report"},
        {"command", "guest", "inbound", "matrix", "outbound"},
        {"thread", "trust"},
        {"message"},
        {"store"},
    ],
}

# Sandboxed children: programs of their own, which see common/ and the header that says what goes
# over the pipe; nobody includes anything of theirs.
CHILDREN = {
    "homeserver/thumbnailer": {"homeserver/media/thumbnail.h"},
    "bridge-mail/mail-parser": {"bridge-mail/message/mail.h"},
}

# Edges that the layers would allow and the house does not: (from, to, why).
FORBIDDEN = [
    ("homeserver/room/*", "common/http/*", "the domain never knows HTTP"),
    ("homeserver/store/*", "common/http/*", "the store never knows HTTP"),
    ("homeserver/store/*", "common/json/*", "the store never knows JSON"),
    ("sfu/media/*", "common/http/*", "the media plane never knows HTTP"),
    ("sfu/transport/*", "common/http/*", "the media plane never knows HTTP"),
    ("sfu/transport/*", "common/json/*", "the media plane never knows JSON"),
    ("sfu/transport/*", "common/db/*", "the media plane never knows a database"),
    ("bridge-mail/store/*", "common/http/*", "the store never knows HTTP"),
]

# Library headers: pattern, who may include it, in how many files at most (None: any number).
OWNERS = [
    ("malloc.h", ["common/base/mem.c"], None),
    ("sqlite3.h", ["common/db/*"], None),
    ("jansson.h", ["common/json/*"], 1),
    ("microhttpd.h", ["common/http/*"], None),
    ("curl/*", ["common/http/*", "bridge-mail/outbound/*"], 2),
    ("openssl/*", ["common/crypto/*", "sfu/transport/dtls*", "tests/unit/sfu/*",
                   "tests/bench/sfu/peer.c"], None),
    ("opus/*", ["tests/bench/sfu/media.c"], 1),
    ("vpx/*", ["tests/bench/sfu/media.c"], None),
    ("argon2.h", ["common/crypto/*"], 1),
    ("yaml.h", ["config/*", "homeserver/appservice/*"], None),
    ("cyaml/*", ["config/*", "homeserver/appservice/*"], None),
    ("libwebsockets.h", ["sfu/signal/*"], 1),
    ("srtp2/*", ["sfu/transport/srtp.c"], 1),
    ("usrsctp.h", ["sfu/transport/sctp.c"], 1),
    ("protobuf-c/*", ["sfu/signal/*"], None),
    ("zlib.h", ["sfu/signal/*", "tests/unit/sfu/signal/*"], 2),
    ("gmime/*", ["bridge-mail/mail-parser/*"], None),
    ("glib*", ["bridge-mail/mail-parser/*", "homeserver/thumbnailer/*"], None),
    ("gdk-pixbuf/*", ["homeserver/thumbnailer/*"], None),
    ("libxml/*", ["bridge-mail/mail-parser/*"], None),
    ("idn2.h", ["bridge-mail/*"], 1),
    ("libpsl.h", ["bridge-mail/trust/*"], 1),
    ("ares.h", ["bridge-mail/trust/*"], 1),
    ("unicode/*", ["bridge-mail/trust/*"], 1),
    ("pcre2.h", ["homeserver/appservice/*"], 1),
    ("cmocka.h", ["tests/unit/*"], None),
]

SYSTEM_FOLDERS = ("arpa/", "asm/", "linux/", "net/", "netinet/", "netpacket/", "sys/")
SYSTEM_HEADERS = set("""
assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string time uchar wchar wctype
dirent dlfcn endian fcntl fnmatch ftw getopt glob grp iconv ifaddrs libgen mqueue netdb poll
pthread pwd regex sched semaphore spawn strings sysexits syslog termios unistd
""".split())

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def sources(root):
    """All C files, relative to the root; what is generated or fetched is not ours."""
    for top in [*BELOW, "tests"]:
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in ("node_modules", "build"))
            for name in sorted(files):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def includes(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1) == "<", match.group(2)


def child_of(path):
    return next((child for child in CHILDREN if path.startswith(child + "/")), None)


def place(path):
    """(top-level folder, folder inside it or "" for the joints)"""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def rank(top, folder):
    """0 is the highest layer; None when the table does not know the folder."""
    return next((i for i, layer in enumerate(LAYERS[top]) if folder in layer), None)


def child_fault(path, target):
    """About a path of which one end at least is in a child's folder; None when it may be."""
    ours, theirs = child_of(path), child_of(target)
    if ours == theirs:
        return None
    if ours is None:
        return f"{theirs} is a program of its own"
    if theirs is None and (target.startswith("common/") or target in CHILDREN[ours]):
        return None
    return f"{ours} is a program of its own and may not include {target}"


def layer_fault(path, target):
    top, folder = place(path)
    _, target_folder = place(target)
    if top not in LAYERS or folder == target_folder:
        return None
    if folder and rank(top, folder) is None:
        return f"{top}/{folder} is in no layer: give it a place in lint_layers.py"
    if target_folder and rank(top, target_folder) is None:
        return f"{top}/{target_folder} is in no layer: give it a place in lint_layers.py"
    if not folder:
        lowest = len(LAYERS[top]) - 1
        if path.endswith(".h") and rank(top, target_folder) != lowest:
            return f"every layer includes {path}, so it may not include {target}"
        return None
    if target_folder and rank(top, target_folder) < rank(top, folder):
        return f"{top}/{folder} is below {top}/{target_folder} and may not include {target}"
    return None


def own_fault(path, target):
    """About an include in quotes, between files of ours; None when it may be."""
    top, target_top = place(path)[0], place(target)[0]
    if target_top not in BELOW:
        return f"{target}: write the path from the root of the tree"
    if target.endswith(".c"):
        return f"{target}: a .c file is not included"
    if child_of(path) or child_of(target):
        return child_fault(path, target)
    if target_top != top:
        if target_top not in BELOW[top]:
            return f"{top} may not include {target_top} ({target})"
    else:
        fault = layer_fault(path, target)
        if fault:
            return fault
    for source, forbidden, why in FORBIDDEN:
        if fnmatch.fnmatch(path, source) and fnmatch.fnmatch(target, forbidden):
            return f"{target}: {why}"
    return None


def test_fault(path, target):
    """Tests of a program see that program and what is below it, and the tests' own helpers."""
    parts = path.split("/")
    target_top = place(target)[0]
    if target_top == "tests":
        return None
    if target_top not in BELOW:
        return f"{target}: write the path from the root of the tree"
    if parts[1] not in ("unit", "fuzz") or len(parts) < 4:
        return None
    program = {"mail-parser": "bridge-mail", "thumbnailer": "homeserver"}.get(parts[2], parts[2])
    if program in BELOW and target_top != program and target_top not in BELOW[program] | {"config"}:
        return f"tests of {program} may not include {target_top} ({target})"
    return None


def library_fault(path, header, seen):
    for pattern, owners, most in OWNERS:
        if not fnmatch.fnmatch(header, pattern):
            continue
        if not any(fnmatch.fnmatch(path, owner) for owner in owners):
            return f"<{header}> belongs to {' and '.join(owners)}"
        files = seen.setdefault(pattern, [])
        if path not in files:
            files.append(path)
        if most is not None and len(files) > most:
            return f"<{header}> is included by {', '.join(files[:-1])} already, and may be by {most}"
        return None
    if header.startswith(SYSTEM_FOLDERS) or header.removesuffix(".h") in SYSTEM_HEADERS:
        return None
    return f"<{header}> has no owner: give it one in lint_layers.py"


def faults(root):
    seen = {}
    for path in sources(root):
        for number, is_library, target in includes(root, path):
            if is_library:
                fault = library_fault(path, target, seen)
            elif path.startswith("tests/"):
                fault = test_fault(path, target)
            else:
                fault = own_fault(path, target)
            if fault:
                yield f"{path}:{number}: {fault}"


def main():
    found = list(faults(sys.argv[1] if len(sys.argv) > 1 else ROOT))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
