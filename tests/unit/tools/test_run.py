# SPDX-License-Identifier: Apache-2.0
"""The runner counts what its suites tell: each test once, and each failure."""

import os
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tests"))

import run  # noqa: E402


def tap(text, exit_code=0):
    return run.count("tap", text.splitlines(), exit_code)


class Tap(unittest.TestCase):
    def test_leaves_are_counted(self):
        self.assertEqual(tap("1..2\nok 1 - a\nok 2 - b\n"), (2, 0))
        self.assertEqual(tap("1..2\nok 1 - a\nnot ok 2 - b\n# said why\n", 1), (1, 1))

    def test_parents_are_not(self):
        self.assertEqual(tap("""\
    # Subtest: in
        ok 1 - n
          ---
          type: 'test'
          ...
        1..1
    ok 1 - in
      ---
      type: 'suite'
      ...
    1..1
ok 1 - out
  ---
  type: 'test'
  ...
ok 2 - beside
  ---
  type: 'test'
  ...
1..2
"""), (2, 0))

    def test_a_parent_of_failures_is_not(self):
        self.assertEqual(tap("""\
    not ok 1 - n
      ---
      failureType: 'testCodeFailure'
      error: 'y'
      ...
    1..1
not ok 1 - out
  ---
  failureType: 'subtestsFailed'
  ...
1..1
""", 1), (0, 1))

    def test_a_hook_that_fails_counts(self):
        self.assertEqual(tap("""\
    ok 1 - n
      ---
      type: 'test'
      ...
    1..1
not ok 1 - out
  ---
  type: 'suite'
  failureType: 'hookFailed'
  ...
1..1
""", 1), (1, 1))
        # Of the file as a whole, which Node ends with status 0 all the same.
        self.assertEqual(tap("ok 1 - n\nnot ok 2 - /file.mjs\n1..1\n"), (1, 1))

    def test_skipped_is_neither(self):
        self.assertEqual(tap("ok 1 - a # SKIP\nok 2 - b\nnot ok 3 - c # TO" + "DO\n1..3\n"), (1, 0))

    def test_an_early_end_is_a_failure(self):
        self.assertEqual(tap("1..3\nok 1 - a\n"), (1, 1))
        self.assertEqual(tap("1..3\nok 1 - a\n", 139), (1, 1))

    def test_two_groups_in_one_program(self):
        self.assertEqual(tap("1..1\nok 1 - a\n1..1\nok 1 - b\n"), (2, 0))

    def test_silence_is_a_failure(self):
        self.assertEqual(tap(""), (0, 1))
        self.assertEqual(tap("1..0\n"), (0, 1))

    def test_a_bad_end_after_good_results_is_a_failure(self):
        self.assertEqual(tap("1..1\nok 1 - a\n", 23), (1, 1))


class Unittest(unittest.TestCase):
    def counted(self, source):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "test_x.py"), "w", encoding="utf-8") as file:
                file.write("import unittest\n" + source)
            done = subprocess.run([sys.executable, "-m", "unittest", "-v", "test_x.py"], text=True,
                                  cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.count("unittest", done.stdout.splitlines(), done.returncode)

    def test_each_kind(self):
        self.assertEqual(self.counted("""
class A(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.fail()
    def test_error(self): raise OSError
    def test_subtests(self):
        for i in range(3):
            with self.subTest(i=i): self.assertEqual(i, 1)
    @unittest.skip("no")
    def test_skipped(self): pass
"""), (1, 4))

    def test_fixtures(self):
        self.assertEqual(self.counted("""
class A(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError
    def test_a(self): pass
class B(unittest.TestCase):
    @classmethod
    def tearDownClass(cls): raise OSError
    def test_b(self): pass
"""), (1, 2))

    def test_what_cannot_be_read(self):
        self.assertEqual(self.counted("import nothing_of_that_name\n"), (0, 1))
        self.assertEqual(self.counted(""), (0, 1))


class Commands(unittest.TestCase):
    def run_command(self, *command, timeout=20):
        with tempfile.TemporaryFile() as log:
            suite = {"name": "tools/test_run", "command": command, "timeout": timeout}
            return run.run_command(suite, log)

    def test_status(self):
        self.assertEqual(self.run_command("sh", "-c", "exit 3"), 3)
        self.assertEqual(run.count("exit", [], 3), (0, 1))
        self.assertEqual(run.count("exit", [], 0), (1, 0))

    def test_time_is_limited(self):
        self.assertEqual(self.run_command("sh", "-c", "sleep 60 & wait", timeout=0.2), 124)

    def test_nothing_outlives_a_suite(self):
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        child = os.fork()
        if child == 0:
            with open(os.devnull, "wb") as log:
                process = subprocess.Popen
                run.subprocess.Popen = lambda *a, **k: process(*a, pass_fds=[writing], **k)
                suite = {"name": "tools/test_run", "command": ["sh", "-c", "sleep 60 & exit 7"]}
                os._exit(run.run_command(suite, log))
        os.close(writing)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        began = time.monotonic()
        # The pipe ends with the last process that holds it.
        self.assertEqual(os.read(reading, 1), b"")
        self.assertLess(time.monotonic() - began, 30)
        os.close(reading)


if __name__ == "__main__":
    unittest.main()
