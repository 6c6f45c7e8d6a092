# SPDX-License-Identifier: Apache-2.0
"""The suites that make test runs, in order: cheap and telling ones first."""

import glob
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def make(name, *targets, timeout=1500):
    return {"name": name, "kind": "exit", "timeout": timeout,
            "command": ["make", "-s", f"-j{os.cpu_count()}", *targets]}


def unit_programs(build):
    """The built unit test programs; the makefile says which there are."""
    programs = []
    for source in sorted(glob.glob(os.path.join(ROOT, "tests/unit/**/test_*.c"), recursive=True)):
        name = os.path.relpath(source, os.path.join(ROOT, "tests/unit"))[:-2]
        programs.append({"name": "unit/" + name, "kind": "tap", "timeout": 120,
                         "command": [os.path.join(ROOT, build, "test", name)]})
    return programs


def python_suites():
    """tests/<folder>/test_*.py for the folders that hold Python tests."""
    suites = []
    for source in sorted(glob.glob(os.path.join(ROOT, "tests/*/**/test_*.py"), recursive=True)):
        if "/node_modules/" in source:
            continue
        name = os.path.relpath(source, os.path.join(ROOT, "tests"))[:-3]
        suites.append({"name": name, "kind": "unittest", "timeout": 600,
                       "command": ["/usr/bin/python3", "-m", "unittest", "-v", source]})
    return suites


def is_operations(suite):
    """Looks at what the other tests have called, so it comes behind them."""
    return suite["name"] == "conformance/test_operations"


def node_suites():
    """tests/<folder>/*.test.mjs, each under the Node that tests/package.json brings. Not with
    --test: that starts a second process, of which --test-force-exit loses results."""
    suites = []
    node = os.path.join(ROOT, "tests/node_modules/.bin/node")
    for source in sorted(glob.glob(os.path.join(ROOT, "tests/*/*.test.mjs"))):
        name = os.path.relpath(source, os.path.join(ROOT, "tests"))[:-len(".test.mjs")]
        suites.append({"name": name, "kind": "tap", "timeout": 600,
                       "command": [node, "--test-force-exit", "--test-reporter=tap", source]})
    return suites


def SUITES(variant="asan"):
    """PARVIS_BUILD names another folder of programs than build/<variant>."""
    build = os.environ.setdefault("PARVIS_BUILD", f"build/{variant}")
    tests = sorted([*python_suites(), *node_suites()], key=is_operations)
    return [
        make("lint/format", "format-check"),
        make("lint/layers-and-sizes", "lint"),
        make("lint/shell", "lint-shell"),
        make(f"build/{variant}", f"VARIANT={variant}", f"B={build}", "build", "unit-build"),
        *unit_programs(build),
        *tests,
        make("lint/thread-safety", "VARIANT=clang", "build"),
        make("lint/cppcheck", "cppcheck"),
        make("lint/clang-tidy", "tidy"),
        make("fuzz/seconds", "fuzz", "FUZZ_SECONDS=3"),
    ]
