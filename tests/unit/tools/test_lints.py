# SPDX-License-Identifier: Apache-2.0
"""The lints find what they are for, and nothing in a tree that keeps the rules."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TOOLS = os.path.join(ROOT, "tests", "tools")
sys.path.insert(0, TOOLS)

import lint_layers  # noqa: E402
import lint_size  # noqa: E402

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def write(folder, files):
    """Makes {path: text} below the folder."""
    for path, text in files.items():
        whole = os.path.join(folder, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)


class Tree(unittest.TestCase):
    """Has a small tree of its own on the disk."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def layers(self):
        return list(lint_layers.faults(self.folder))

    def sizes(self):
        return list(lint_size.faults(self.folder))


class Layers(Tree):
    def one_include(self, path, include):
        """The faults of a tree that holds one file with one include on its second line."""
        with tempfile.TemporaryDirectory() as folder:
            write(folder, {path: f"{LICENCE}#include {include}\n"})
            return list(lint_layers.faults(folder))

    def refused(self, path, include, *words):
        found = self.one_include(path, include)
        self.assertEqual(len(found), 1, f"{path} includes {include}: {found}")
        self.assertTrue(found[0].startswith(f"{path}:2: "), found[0])
        for word in words:
            self.assertIn(word, found[0])

    def allowed(self, path, include):
        self.assertEqual(self.one_include(path, include), [])

    def test_dependencies_point_down(self):
        self.allowed("homeserver/api/login.c", '"common/base/str.h"')
        self.allowed("homeserver/main.c", '"config/config.h"')
        self.allowed("config/config.c", '"common/base/str.h"')
        self.refused("common/base/str.c", '"config/config.h"', "common may not include config")
        self.refused("config/config.c", '"sfu/sfu.h"', "config may not include sfu")
        self.refused("sfu/main.c", '"homeserver/homeserver.h"', "sfu may not include homeserver")

    def test_layers_inside_a_program(self):
        self.allowed("homeserver/api/rooms.c", '"homeserver/room/room_send.h"')
        self.allowed("homeserver/sync/sync.c", '"homeserver/keys/device_lists.h"')
        self.allowed("homeserver/main.c", '"homeserver/api/api.h"')
        self.allowed("homeserver/store/rows.c", '"homeserver/homeserver.h"')
        self.refused("homeserver/room/auth.c", '"homeserver/api/api.h"', "below homeserver/api")
        self.refused("homeserver/store/rows.c", '"homeserver/room/event.h"', "below homeserver/room")
        self.refused("homeserver/stream/streams.c", '"homeserver/sync/sync.h"')
        self.refused("common/base/buf.c", '"common/json/json.h"', "below common/json")
        self.refused("sfu/transport/ice.c", '"sfu/media/track.h"')
        self.refused("bridge-mail/message/html.c", '"bridge-mail/thread/token.h"')

    def test_joints_include_little(self):
        self.allowed("sfu/sfu.h", '"sfu/transport/candidates.h"')
        self.refused("homeserver/homeserver.h", '"homeserver/api/api.h"', "every layer")

    def test_a_new_folder_needs_a_place(self):
        self.refused("homeserver/attic/old.c", '"homeserver/room/event.h"', "in no layer")
        self.refused("homeserver/room/event.c", '"homeserver/attic/old.h"', "in no layer")

    def test_edges_that_are_forbidden_though_they_point_down(self):
        self.refused("homeserver/room/power.c", '"common/http/server.h"', "never knows HTTP")
        self.refused("homeserver/store/rows.c", '"common/json/json.h"', "never knows JSON")

    def test_children_are_programs_of_their_own(self):
        parser = "bridge-mail/mail-parser/"
        self.allowed(parser + "main.c", f'"{parser}reader.h"')
        self.allowed(parser + "main.c", '"bridge-mail/message/mail.h"')
        self.allowed(parser + "main.c", '"common/base/fs.h"')
        self.refused(parser + "main.c", '"bridge-mail/store/mails.h"', "a program of its own")
        self.refused("bridge-mail/inbound/run.c", f'"{parser}reader.h"', "a program of its own")

    def test_paths_are_whole_and_name_headers(self):
        self.refused("common/base/str.c", '"str.h"', "from the root")
        self.refused("common/base/str.c", '"common/base/mem.c"', "not included")

    def test_libraries_have_owners(self):
        self.allowed("common/db/db.c", "<sqlite3.h>")
        self.allowed("sfu/transport/srtp.c", "<srtp2/srtp.h>")
        self.allowed("sfu/transport/dtls_identity.c", "<openssl/evp.h>")
        self.allowed("common/base/mem.c", "<stdlib.h>")
        self.allowed("sfu/transport/sockets.c", "<netinet/in.h>")
        self.refused("homeserver/store/rows.c", "<sqlite3.h>", "belongs to common/db")
        self.refused("sfu/transport/ice.c", "<openssl/evp.h>", "belongs to")
        self.refused("sfu/media/rtp.c", "<srtp2/srtp.h>", "belongs to")
        self.refused("common/base/mem.c", "<event2/event.h>", "no owner")

    def test_some_libraries_are_seen_by_one_file_only(self):
        text = "#include <jansson.h>\n#include <jansson.h>\n"
        write(self.folder, {"common/json/a.h": text, "common/json/b.h": text})
        found = self.layers()
        self.assertEqual([f.split(": ")[0] for f in found],
                         ["common/json/b.h:1", "common/json/b.h:2"])

    def test_tests_see_their_program(self):
        self.allowed("tests/unit/sfu/media/test_rtp.c", '"sfu/media/rtp.h"')
        self.allowed("tests/unit/sfu/media/test_rtp.c", '"tests/unit/check.h"')
        self.allowed("tests/unit/common/db/test_db.c", "<cmocka.h>")
        self.allowed("tests/unit/mail-parser/test_flowed.c", '"bridge-mail/mail-parser/flowed.h"')
        self.refused("tests/unit/sfu/media/test_rtp.c", '"homeserver/room/event.h"')
        self.refused("tests/fuzz/common/fuzz_json.c", '"sfu/media/rtp.h"')

    def test_fetched_code_is_not_ours(self):
        write(self.folder, {"sfu/web/node_modules/x/x.h": '#include "nowhere.h"\n'})
        self.assertEqual(self.layers(), [])


class Sizes(Tree):
    def refused(self, files, *expected):
        write(self.folder, files)
        found = self.sizes()
        self.assertEqual(len(found), len(expected), found)
        for fault, text in zip(found, expected):
            self.assertIn(text, fault)

    def test_a_file_that_keeps_the_rules(self):
        write(self.folder, {
            "a/good.c": LICENCE + "int main(void)\n{\n\treturn 0;\n}\n",
            "a/run.sh": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\ntrue\n",
            "a/data.json": "{}",
            "node_modules/x/bad.js": "nothing",
            ".hidden/bad.py": "nothing",
        })
        self.assertEqual(self.sizes(), [])

    def test_licence(self):
        self.refused({"a/a.c": "int x;\n", "b/Makefile": "all:\n"},
                     "a/a.c:1: no ", "b/Makefile:1: no ")

    def test_long_files(self):
        write(self.folder, {"a/ok.c": LICENCE + "int x;\n" * 599})
        self.assertEqual(self.sizes(), [])
        self.refused({"a/long.c": LICENCE + "int x;\n" * 600}, "a/long.c:601: 601 lines")

    def test_long_functions(self):
        body = "\tx++;\n" * 98
        write(self.folder, {"a/ok.c": f"{LICENCE}void f(void)\n{{\n{body}}}\n"})
        self.assertEqual(self.sizes(), [])
        self.refused({"a/long.c": f"{LICENCE}void f(void)\n{{\n{body}\tx++;\n}}\n"},
                     "a/long.c:3: a function of 101 lines")

    def test_tables_are_not_functions(self):
        rows = "\t{1},\n" * 300
        write(self.folder, {"a/table.c": f"{LICENCE}static const struct x t[] = {{\n{rows}}};\n"})
        self.assertEqual(self.sizes(), [])

    def test_banned_functions(self):
        lines = ["strcpy(a, b);", "x = atoi (s);", "snprintf(a, 1, s);", "my_strtok(a);",
                 "ops->gets(a);", '"strcat(a)";', "/* rand() */", "// gets(s)", "f('\"', rand());"]
        self.refused({"a/a.c": LICENCE + "\n".join(lines) + "\n"},
                     "a/a.c:2: strcpy() is banned", "a/a.c:3: atoi() is banned",
                     "a/a.c:10: rand() is banned")

    def test_marks_and_code_switched_off(self):
        mark = "TO" + "DO"
        self.refused({"a/a.py": f"# SPDX-License-Identifier: Apache-2.0\n# {mark}: later\n",
                      "b/b.c": LICENCE + 'char t[] = "x.tmp.XXXXXX";\n# if 0\n#endif\n'},
                     f"a/a.py:2: {mark}", "b/b.c:3: code that is switched off")


class Programs(Tree):
    def run_tool(self, name):
        return subprocess.run([sys.executable, os.path.join(TOOLS, name), self.folder],
                              stdout=subprocess.PIPE, text=True, check=False)

    def test_exit_status_and_output(self):
        write(self.folder, {"common/base/a.c": LICENCE})
        for name in ("lint_layers.py", "lint_size.py"):
            done = self.run_tool(name)
            self.assertEqual((done.returncode, done.stdout), (0, ""), name)
        write(self.folder, {"common/base/a.c": '#include "config/config.h"\n'})
        for name in ("lint_layers.py", "lint_size.py"):
            done = self.run_tool(name)
            self.assertEqual(done.returncode, 1, name)
            self.assertRegex(done.stdout, r"\Acommon/base/a\.c:1: [^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main()
