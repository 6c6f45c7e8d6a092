# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: what would write is refused and leaves nothing behind, what reads goes on,
and once there is room again all goes on without a restart."""

import contextlib
import itertools
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
UPLOAD = "/_matrix/media/v3/upload"
BINARY = {"Content-Type": "application/octet-stream"}


class FullDisk:
    """The tests; a subclass says how a disk becomes full, in fill(), and gets room, in free()."""

    wrapper = ()

    def setUp(self):
        self.parvis = harness.Parvis(checked=False, wrapper=self.wrapper)
        self.addCleanup(self.stop)
        self.prepare()
        self.parvis.launch()
        self.alice = self.parvis.register("alice")
        self.bob = self.parvis.register("bob")
        self.room = self.alice.post(f"{V3}/createRoom", {"preset": "public_chat"}).json["room_id"]
        self.assertEqual(self.bob.post(f"{V3}/join/{quote(self.room)}").status, 200)
        self.numbers = itertools.count()
        self.said = {}
        self.refused = []

    def prepare(self):
        """Before the server starts."""

    def stop(self):
        self.parvis.stop()

    def database(self):
        return os.path.join(self.parvis.dir, "data/homeserver/homeserver.db")

    def send(self, number):
        path = f"{V3}/rooms/{quote(self.room)}/send/m.room.message/t{number}"
        reply = self.alice.put(path, {"msgtype": "m.text", "body": f"m{number} " + "x" * 2000})
        if reply.status == 200:
            self.said[number] = reply.json["event_id"]
        else:
            self.assert_full(reply)
            self.refused.append(number)
        return reply.status == 200

    def send_until_refused(self):
        for number in itertools.islice(self.numbers, 5000):
            if not self.send(number):
                return
        self.fail("the disk does not become full")

    def assert_full(self, reply):
        self.assertIn(reply.status, (503, 507), reply)
        self.assertTrue(reply.errcode, reply)

    def assert_works(self, reply):
        self.assertEqual(reply.status, 200, reply)
        return reply

    def stored(self):
        found, at = [], ""
        while True:
            page = self.assert_works(self.bob.get(
                f"{V3}/rooms/{quote(self.room)}/messages?dir=b&limit=1000{at}")).json
            found += [(int(e["content"]["body"].split()[0][1:]), e["event_id"])
                      for e in page["chunk"] if e["type"] == "m.room.message"]
            if "end" not in page:
                return found
            at = "&from=" + quote(page["end"])

    def assert_stored_is_said(self):
        self.assertEqual(sorted(self.stored()), sorted(self.said.items()))

    def assert_sound(self):
        """The files themselves, when nobody has them open."""
        self.assertIsNone(self.parvis.end())
        # Closed before the server is back: the last to close a database removes its log.
        with contextlib.closing(sqlite3.connect(self.database())) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(db.execute("PRAGMA foreign_key_check").fetchall(), [])
        self.parvis.launch()

    def sync(self, who, since=None):
        query = f"timeout=0&since={quote(since)}" if since else "timeout=0"
        return self.assert_works(who.get(f"{V3}/sync?{query}")).json

    def retry_refused(self):
        refused, self.refused = self.refused, []
        for number in refused:
            self.assertTrue(self.send(number))

    def test_messages(self):
        for number in itertools.islice(self.numbers, 5):
            self.assertTrue(self.send(number))
        since = self.sync(self.bob)["next_batch"]
        for _ in range(3):
            self.fill()
            self.send_until_refused()
            for number in itertools.islice(self.numbers, 10):
                self.send(number)
            self.assert_stored_is_said()
            since = self.sync(self.bob, since)["next_batch"]
            self.free()
            self.retry_refused()
            self.assert_stored_is_said()
            self.assertIn(self.room, self.sync(self.bob, since)["rooms"]["join"])
        self.assert_sound()
        self.assert_stored_is_said()

    def test_many_at_once(self):
        """A batch that does not fit takes none of its changes along."""
        self.fill()
        self.send_until_refused()
        for _ in range(5):
            threads = [threading.Thread(target=self.send, args=(number,))
                       for number in itertools.islice(self.numbers, 12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assert_stored_is_said()
        self.free()
        self.retry_refused()
        self.assert_stored_is_said()
        self.assert_sound()

    def test_power_fails_while_full(self):
        self.fill()
        self.send_until_refused()
        said = dict(self.said)
        self.parvis.kill()
        self.free()
        self.parvis.launch()
        self.assertEqual(sorted(self.stored()), sorted(said.items()))
        self.retry_refused()
        self.assert_stored_is_said()

    def test_what_else_writes(self):
        """Everything is refused alike, or done, and what is read stays readable."""
        content = os.urandom(50000)
        kept = self.assert_works(self.alice.post(UPLOAD, content, headers=BINARY)).json
        device = {self.bob.user_id: {self.bob.device_id: {"n": 1}}}
        self.assert_works(self.alice.put(f"{V3}/sendToDevice/test.n/t1", {"messages": device}))
        since = self.sync(self.bob)["next_batch"]
        self.fill()
        self.send_until_refused()
        account_data = f"{V3}/user/{quote(self.alice.user_id)}/account_data/test.big"
        attempts = [
            lambda: self.alice.put(account_data, {"text": "x" * 60000}),
            lambda: self.alice.post(f"{V3}/createRoom", {"topic": "y" * 10000}),
            lambda: self.alice.post(UPLOAD, os.urandom(3000000), headers=BINARY),
            lambda: self.alice.post(f"{V3}/login", {
                "type": "m.login.password", "password": "alice's password",
                "identifier": {"type": "m.id.user", "user": "alice"}}),
        ]
        for attempt in attempts * 3:
            reply = attempt()
            if reply.status != 200:
                self.assert_full(reply)
        self.assert_full(self.alice.put(account_data, {"text": "x" * 60000}))
        self.assert_full(self.alice.post(UPLOAD, os.urandom(3000000), headers=BINARY))
        for path in ["/capabilities", "/joined_rooms", "/pushrules/", "/account/whoami",
                     f"/rooms/{quote(self.room)}/state", f"/rooms/{quote(self.room)}/members"]:
            self.assert_works(self.bob.get(V3 + path))
        path = "/_matrix/client/v1/media/download/" + kept["content_uri"].removeprefix("mxc://")
        self.assertEqual(self.assert_works(self.alice.get(path)).body, content)
        # Its token says that the to-device message has arrived, which would be worth a row.
        synced = self.sync(self.bob, since)
        self.assertEqual(synced.get("to_device", {}).get("events", []), [])
        self.free()
        for attempt in attempts:
            self.assert_works(attempt())
        self.assert_sound()


class FileSystemTest(FullDisk, unittest.TestCase):
    """A small file system of its own, for whoever may mount one."""

    SIZE = 16 << 20

    def prepare(self):
        data = os.path.join(self.parvis.dir, "data")
        aside = data + "-aside"
        os.rename(data, aside)
        os.mkdir(data, 0o700)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.SIZE},mode=700", "parvis-test", data],
            check=False, capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("no file system may be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", data], check=True)
        shutil.copytree(aside, data, dirs_exist_ok=True)
        self.filler = os.path.join(data, "filler")

    def stop(self):
        try:
            self.assertIsNone(self.parvis.end())
        finally:
            self.doCleanups()  # the mount goes before the folder does
            self.parvis.stop()

    def fill(self):
        with open(self.filler, "wb", buffering=0) as f:
            for size in (65536, 4096, 512, 1):
                try:
                    while f.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def free(self):
        os.remove(self.filler)

    def test_start_while_full(self):
        self.assertTrue(self.send(next(self.numbers)))
        self.fill()
        self.send_until_refused()
        self.parvis.kill()
        self.fill()
        self.parvis.launch()
        self.assert_stored_is_said()
        self.assertFalse(self.send(next(self.numbers)))
        self.free()
        self.retry_refused()
        self.assert_stored_is_said()
        self.assert_sound()


class LimitTest(FullDisk, unittest.TestCase):
    """No file may grow: a write fails with another error than on a full disk."""

    wrapper = ("/bin/sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh")

    def limit(self, size):
        hard = resource.prlimit(self.parvis.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.parvis.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def fill(self):
        self.limit(max(os.path.getsize(self.database() + end) for end in ("", "-wal")))

    def free(self):
        if self.parvis.process is not None:
            self.limit(resource.RLIM_INFINITY)


if __name__ == "__main__":
    unittest.main()
