#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the suites of tests/suites.py one after the other and counts.

    tests/run.py            all of them
    tests/run.py unit node  those whose name begins so

What a suite prints goes to build/test-logs/<suite>.log and, when something in it fails, to the
screen. The last line is "N passed, N failed". A suite that ends without having told a single
result counts as one failure.
"""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suites import SUITES  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "build", "test-logs")

TAP_LINE = re.compile(r"^\s*(not ok|ok) \d+\b(?P<rest>.*)$")
UNITTEST_END = re.compile(r"^Ran (\d+) tests? in ")
UNITTEST_BAD = re.compile(r"(?:failures|errors|unexpected successes)=(\d+)")


def count_tap(lines, exit_code):
    """Leaves only: a subtest's parent repeats its verdict, and is told apart by what it holds."""
    passed = failed = 0
    for i, line in enumerate(lines):
        match = TAP_LINE.match(line)
        if not match:
            continue
        following = lines[i + 1:i + 6]
        if any("type: 'suite'" in f for f in following):
            continue
        if match.group(1) == "ok":
            passed += 1
        else:
            failed += 1
    return passed, failed


def count_unittest(lines, exit_code):
    ran = bad = 0
    for line in lines:
        end = UNITTEST_END.match(line)
        if end:
            ran += int(end.group(1))
        if line.startswith("FAILED ("):
            bad += sum(int(n) for n in UNITTEST_BAD.findall(line))
    return ran - bad, bad


def count_exit(lines, exit_code):
    return (1, 0) if exit_code == 0 else (0, 1)


COUNTERS = {"tap": count_tap, "unittest": count_unittest, "exit": count_exit}


def run_suite(suite):
    log_path = os.path.join(LOGS, suite["name"].replace("/", "_") + ".log")
    start = time.monotonic()
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", **suite.get("env", {}))
    with open(log_path, "wb") as log:
        try:
            done = subprocess.run(suite["command"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=subprocess.STDOUT,
                                  timeout=suite.get("timeout", 600))
            exit_code = done.returncode
        except subprocess.TimeoutExpired:
            log.write(b"\n# the suite did not end in time\n")
            exit_code = 124
    with open(log_path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    passed, failed = COUNTERS[suite["kind"]](lines, exit_code)
    if failed == 0 and (exit_code != 0 or passed == 0):
        failed = 1
    print(f"{'ok  ' if failed == 0 else 'FAIL'} {suite['name']:<44} {passed:>4} passed, "
          f"{failed} failed  {time.monotonic() - start:6.1f} s", flush=True)
    if failed:
        print("\n".join("    | " + line for line in lines[-80:]), flush=True)
    return passed, failed


def main():
    os.makedirs(LOGS, exist_ok=True)
    wanted = sys.argv[1:]
    passed = failed = 0
    for suite in SUITES():
        if wanted and not any(suite["name"].startswith(w) for w in wanted):
            continue
        p, f = run_suite(suite)
        passed += p
        failed += f
    if passed + failed == 0:
        print("no suite matches " + " ".join(wanted))
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
