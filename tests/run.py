#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the suites of tests/suites.py one after the other and counts.

    tests/run.py            all of them
    tests/run.py unit node  those whose name begins so
    tests/run.py --variant tsan build unit integration      with other programs than build/asan

What a suite prints goes to build/test-logs/<suite>.log and, when something in it fails, to the
screen. The last line is "N passed, N failed". A suite that ends without having told a single
result counts as one failure.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suites import SUITES  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "build", "test-logs")

TAP_RESULT = re.compile(r"^(?P<indent> *)(?P<not>not )?ok\b(?P<rest>.*)$")
TAP_PLAN = re.compile(r"^1\.\.(\d+)")
TAP_DIRECTIVE = re.compile(r"(?<!\\)# *(SKIP|TO[D]O)\b", re.IGNORECASE)
UNITTEST_END = re.compile(r"^Ran (\d+) tests? in ")
UNITTEST_BAD = re.compile(r"(?:failures|errors|unexpected successes)=(\d+)")
UNITTEST_SKIPPED = re.compile(r"(?:skipped|expected failures)=(\d+)")
UNITTEST_BROKEN = re.compile(r"^(?:ERROR|FAIL): (\w+ \([^()]*\))")
UNITTEST_FIXTURES = ("setUp", "tearDown")


def tap_detail(lines, i):
    """The block of YAML behind the result in line i."""
    detail = []
    if i + 1 < len(lines) and lines[i + 1].strip() == "---":
        for line in lines[i + 2:]:
            if line.strip() == "...":
                break
            detail.append(line.strip())
    return detail


def count_tap(lines):
    """Counts the leaves. What holds subtests follows them with less indentation, and counts only
    when it failed by itself, as with a hook. What was skipped is in neither figure. Fewer results
    than planned are a failure: something ended the program early, and well."""
    passed = failed = told = planned = before = 0
    for i, line in enumerate(lines):
        plan = TAP_PLAN.match(line)
        if plan:
            planned += int(plan.group(1))
        result = TAP_RESULT.match(line)
        if not result:
            continue
        indent = len(result.group("indent"))
        is_parent, before = before > indent, indent
        told += indent == 0
        detail = tap_detail(lines, i)
        if TAP_DIRECTIVE.search(result.group("rest")):
            continue
        if result.group("not"):
            failed += "failureType: 'subtestsFailed'" not in detail
        else:
            passed += not is_parent and "type: 'suite'" not in detail
    return passed, failed + (told < planned)


def count_unittest(lines):
    """A test may fail in several subtests; fixtures of classes fail without being tests."""
    ran = bad = skipped = 0
    broken = set()
    for line in lines:
        end = UNITTEST_END.match(line)
        if end:
            ran += int(end.group(1))
        if line.startswith(("FAILED (", "OK (")):
            bad += sum(int(n) for n in UNITTEST_BAD.findall(line))
            skipped += sum(int(n) for n in UNITTEST_SKIPPED.findall(line))
        fault = UNITTEST_BROKEN.match(line)
        if fault and not fault.group(1).startswith(UNITTEST_FIXTURES):
            broken.add(fault.group(1))
    return max(0, ran - len(broken) - skipped), bad


def count(kind, lines, exit_code):
    """(passed, failed) of one suite."""
    if kind == "exit":
        return (1, 0) if exit_code == 0 else (0, 1)
    passed, failed = {"tap": count_tap, "unittest": count_unittest}[kind](lines)
    if failed == 0 and (exit_code != 0 or passed == 0):
        failed = 1
    return passed, failed


def run_command(suite, log):
    """In a process group of its own, so that nothing that it started outlives it."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
               PARVIS_SUITE=suite["name"], **suite.get("env", {}))
    process = subprocess.Popen(suite["command"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                               stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        return process.wait(timeout=suite.get("timeout", 600))
    except subprocess.TimeoutExpired:
        log.write(b"\n# the suite did not end in time\n")
        return 124
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def run_suite(suite):
    log_path = os.path.join(LOGS, suite["name"].replace("/", "_") + ".log")
    start = time.monotonic()
    with open(log_path, "wb") as log:
        exit_code = run_command(suite, log)
    with open(log_path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    passed, failed = count(suite["kind"], lines, exit_code)
    print(f"{'ok  ' if failed == 0 else 'FAIL'} {suite['name']:<44} {passed:>4} passed, "
          f"{failed} failed  {time.monotonic() - start:6.1f} s", flush=True)
    if failed:
        print("\n".join("    | " + line for line in lines[-80:]), flush=True)
    return passed, failed


def main():
    os.makedirs(LOGS, exist_ok=True)
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", default="asan")
    parser.add_argument("wanted", nargs="*")
    arguments = parser.parse_args()
    wanted = arguments.wanted
    # Which operations the tests call, for the suite that comes last.
    seen = tempfile.TemporaryDirectory(prefix="parvis-seen-")
    os.environ["PARVIS_SEEN"] = seen.name
    if not wanted:
        os.environ["PARVIS_SEEN_WHOLE"] = "1"
    passed = failed = 0
    for suite in SUITES(arguments.variant):
        if wanted and not any(suite["name"].startswith(w) for w in wanted):
            continue
        p, f = run_suite(suite)
        passed += p
        failed += f
    if passed + failed == 0:
        print("no suite matches " + " ".join(wanted))
        failed = 1
    seen.cleanup()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
