# SPDX-License-Identifier: Apache-2.0
"""operations.txt: each operation of the client-server API, and the test that calls it or the later
work that it waits for. Here the table is held against the specification, where that is beside the
tree, against the routes of the server, and, at the end of a whole run of the tests, against what
was in fact called: the proxies between tests and servers note it (tests/tools/operations.mjs)."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(ROOT, "tests/conformance/operations.txt")
BUILD = os.path.join(ROOT, os.environ.get("PARVIS_BUILD", "build/asan"))
SPECIFICATION = os.path.join(os.environ.get("PARVIS_SPEC", os.path.join(ROOT, "../shared/spec")),
                             "endpoints.txt")
LINE = re.compile(r"(?P<method>[A-Z]+) +(?P<path>/\S*) +(?:(?P<test>\w\S*)(?P<refused> refused)?"
                  r"|waits for: (?P<wait>.+))")


class Operation:
    def __init__(self, match):
        self.name = f"{match['method']} {match['path']}"
        self.shape = shape(match["method"], match["path"])
        self.test = match["test"]
        self.refused = match["refused"] is not None
        self.wait = match["wait"]


def shape(method, path):
    """Method and path without the names of the parameters."""
    return method, re.sub(r"\{[^}]*\}", "{}", path)


def read_table():
    with open(TABLE, encoding="utf-8") as f:
        lines = [line.strip() for line in f]
    operations = []
    for line in lines:
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if not match:
            raise AssertionError(f"not a line of the table: {line}")
        operations.append(Operation(match))
    return operations


def expand(path):
    """'/a/b|c/d' stands for two paths."""
    paths = [""]
    for segment in path.split("/")[1:]:
        choices = [segment] if segment.startswith("{") else segment.split("|")
        paths = [f"{p}/{choice}" for p in paths for choice in choices]
    return paths


def read_routes():
    """Of the server: a list of sets, each the shapes of one row."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as f:
        subprocess.run([os.path.join(BUILD, "test/homeserver/api/test_routes")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "PARVIS_ROUTES": f.name})
        with open(f.name, encoding="utf-8") as written:
            rows = [line.split() for line in written]
    return [{shape(method, p) for p in expand(path)} for method, path in rows]


def read_seen(folder):
    """Suite to operation to whether it ever succeeded."""
    seen = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            for line in f:
                suite, method, path, how = line.split()
                calls = seen.setdefault(suite, {})
                operation = f"{method} {path}"
                calls[operation] = calls.get(operation, False) or how == "succeeded"
    return seen


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = read_table()
        cls.shapes = {operation.shape for operation in cls.table}

    def test_each_stands_once(self):
        self.assertEqual(len(self.shapes), len(self.table))

    def test_the_specification_is_covered(self):
        if not os.path.exists(SPECIFICATION):
            self.skipTest("the specification is not beside the tree")
        with open(SPECIFICATION, encoding="utf-8") as f:
            text = f.read().split("#### server-server")[0]
        for line in text.splitlines():
            if not line.startswith("#"):
                method, path = line.split()[:2]
                with self.subTest(f"{method} {path}"):
                    self.assertIn(shape(method, path), self.shapes)

    def test_routes_of_the_server_are_in_the_table(self):
        for row in read_routes():
            with self.subTest(sorted(row)):
                self.assertTrue(row & self.shapes, "neither a test nor later work is named")

    def test_what_is_tested_is_served(self):
        served = set().union(*read_routes())
        for operation in self.table:
            with self.subTest(operation.name):
                self.assertEqual(operation.shape in served, operation.test is not None)

    def test_named_tests_exist(self):
        for test in {operation.test for operation in self.table if operation.test}:
            files = [os.path.join(ROOT, "tests", test + end) for end in (".py", ".test.mjs")]
            with self.subTest(test):
                self.assertTrue(any(os.path.exists(file) for file in files))

    def test_named_tests_call_them(self):
        folder = os.environ.get("PARVIS_SEEN")
        if folder is None:
            self.skipTest("only when tests/run.py has run the tests before")
        seen = read_seen(folder)
        for operation in self.table:
            if operation.test is None:
                continue
            if operation.test not in seen and "PARVIS_SEEN_WHOLE" not in os.environ:
                continue  # not run this time
            succeeded = seen.get(operation.test, {}).get(operation.name)
            with self.subTest(operation.name, test=operation.test):
                self.assertIsNotNone(succeeded, "the test does not call it")
                self.assertEqual(succeeded, not operation.refused,
                                 "no call of it succeeded" if not succeeded else
                                 "a call of it succeeded: it is not refused")


if __name__ == "__main__":
    sys.exit(unittest.main())
