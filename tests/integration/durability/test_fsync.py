# SPDX-License-Identifier: Apache-2.0
"""What is answered is on the disk by then: kill -9 proves nothing about that, as the kernel lives
on, so the order of the system calls is looked at."""

import collections
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
CALLS = "fsync,fdatasync,write,pwrite64,writev,sendto,sendmsg,recvfrom,read,linkat,renameat,rename"

Call = collections.namedtuple("Call", "name path text begin end")
LINE = re.compile(r"^(\d+) +(.*)$")  # short process ids are padded
WHOLE = re.compile(r"^(\w+)\((.*)\) += (-?\d+)(.*)$")
UNFINISHED = re.compile(r"^(\w+)\((.*)<unfinished \.\.\.>$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)(.*)$")
DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")


def read_trace(path):
    """The calls that succeeded, with the lines in which they began and ended."""
    calls, open_calls = [], {}

    def add(name, text, result, begin, end):
        if int(result) >= 0:
            descriptor = DESCRIPTOR.match(text)
            calls.append(Call(name, descriptor.group(1) if descriptor else "", text, begin, end))

    with open(path, encoding="utf-8", errors="replace") as f:
        for number, line in enumerate(f):
            thread, rest = LINE.match(line.rstrip("\n")).groups()
            if match := UNFINISHED.match(rest):
                open_calls[thread] = (match.group(1), match.group(2), number)
            elif match := RESUMED.match(rest):
                name, text, begin = open_calls.pop(thread)
                add(name, text + match.group(2), match.group(3), begin, number)
            elif match := WHOLE.match(rest):
                add(match.group(1), match.group(2), match.group(3), number, number)
    return sorted(calls, key=lambda call: call.end)


class FsyncTest(unittest.TestCase):
    def setUp(self):
        # As a grandchild, so that the process started is the server itself. The leak sanitizer
        # cannot do its work on a process that is traced.
        self.parvis = harness.Parvis(checked=False)
        self.trace = os.path.join(self.parvis.dir, "trace")
        self.parvis.wrapper = ("strace", "-D", "-f", "-y", "-s", "600", "-o", self.trace,
                               "-e", "trace=" + CALLS, "-e", "signal=none")
        self.parvis.environment["ASAN_OPTIONS"] = "detect_leaks=0"
        self.parvis.launch()
        self.alice = self.parvis.register("alice")
        self.room = self.alice.post(f"{V3}/createRoom").json["room_id"]

    def calls(self):
        """After the server's end, when the trace is complete."""
        self.assertIsNone(self.parvis.end())
        harness.eventually("the trace is written", self._is_complete)
        calls = read_trace(self.trace)
        self.parvis.stop()
        return calls

    def _is_complete(self):
        with open(self.trace, encoding="utf-8", errors="replace") as f:
            return "+++ exited with 0 +++" in f.read()

    def exchange(self, calls, request, reply):
        """The calls from when the request was read to the one that writes the reply."""
        asked = next((c for c in calls if c.name in ("read", "recvfrom") and request in c.text),
                     None)
        self.assertIsNotNone(asked, f"{request} is not in the trace, which holds "
                             f"{collections.Counter(c.name for c in calls)}")
        answers = (c for c in calls if c.name in ("write", "writev", "sendto", "sendmsg")
                   and c.begin > asked.end and reply in c.text)
        answer = next(answers)
        self.assertIn("socket:", answer.path)
        return [c for c in calls if asked.end < c.end and c.begin < answer.begin], answer

    def assert_synced_before(self, calls, answer, what):
        """Each file that was written and matches is synced once more before the answer begins."""
        writes = {}
        for call in calls:
            if call.name in ("pwrite64", "write") and what(call.path):
                writes[call.path] = call.end
        self.assertTrue(writes, "nothing was written before the answer")
        for path, end in writes.items():
            synced = [c for c in calls if c.name in ("fsync", "fdatasync") and c.path == path
                      and c.begin > end and c.end < answer.begin]
            self.assertTrue(synced, f"{path} was not synced before {answer}")

    def assert_log_synced(self, calls, request, reply):
        between, answer = self.exchange(calls, request, reply)
        self.assert_synced_before(between, answer, lambda path: path.endswith("-wal"))
        return between, answer

    def test_events(self):
        said = {}
        for i in range(30):
            path = f"{V3}/rooms/{quote(self.room)}/send/m.room.message/transaction-{i}-"
            said[f"transaction-{i}-"] = self.alice.put(
                path, {"msgtype": "m.text", "body": "hello"}).json["event_id"]
        state = self.alice.put(f"{V3}/rooms/{quote(self.room)}/state/m.room.topic",
                               {"topic": "how things stand"}).json["event_id"]
        calls = self.calls()
        for request, reply in [*said.items(), ("/state/m.room.topic", state)]:
            with self.subTest(request=request):
                self.assert_log_synced(calls, request, reply)

    def test_account_data_keys_and_messages_to_devices(self):
        # Each request is marked, and the first answer behind it is its own.
        user = quote(self.alice.user_id)
        device = {self.alice.user_id: {self.alice.device_id: {}}}
        requests = {
            "/account_data/test.mark": lambda path: self.alice.put(
                f"{V3}/user/{user}{path}", {"a": 1}),
            "/sendToDevice/test.mark/t1": lambda path: self.alice.put(
                V3 + path, {"messages": device}),
            "/keys/upload": lambda path: self.alice.post(
                V3 + path, {"one_time_keys": {"curve25519:AAAA": "A" * 43}}),
        }
        for path, send in requests.items():
            self.assertEqual(send(path).status, 200)
        calls = self.calls()
        for path in requests:
            with self.subTest(path=path):
                self.assert_log_synced(calls, path, "HTTP/1.1 200")

    def test_upload(self):
        content = b"what was said in the council\n" * 100
        uri = self.alice.post("/_matrix/media/v3/upload", content,
                              headers={"Content-Type": "text/plain"}).json["content_uri"]
        calls = self.calls()
        between, answer = self.assert_log_synced(calls, "POST /_matrix/media/v3/upload", uri)
        link = next(c for c in between if c.name in ("linkat", "renameat", "rename"))
        syncs = [c for c in between if c.name in ("fsync", "fdatasync")]
        self.assertTrue([c for c in syncs if "/uploads/" in c.path and c.end < link.begin],
                        "the content is not synced before it has its name")
        row = max(c.end for c in between if c.name == "pwrite64" and c.path.endswith("-wal"))
        self.assertTrue([c for c in syncs if "/media/" in c.path
                         and link.end < c.begin and c.end < row],
                        "the name is not synced before the row that leads to it")


if __name__ == "__main__":
    unittest.main()
