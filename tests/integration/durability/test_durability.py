# SPDX-License-Identifier: Apache-2.0
"""What was answered is kept, through kill -9 at any moment and through replies that get lost.

PARVIS_SEED repeats the moments of an earlier run, as far as a machine repeats anything.
"""

import itertools
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from deeds import (Claims, Counter, Follows, Keys, Messages, Receipts, ToDevice,  # noqa: E402
                   Uploads)
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
SENDERS = 6
KILLS = 12
LONGEST_LIFE = 0.8  # seconds


class KillTest(unittest.TestCase):
    def setUp(self):
        self.seed = int(os.environ.get("PARVIS_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"# PARVIS_SEED={self.seed}", file=sys.stderr)
        self.random = random.Random(self.seed)
        # Not by way of the proxy: it would answer for a server that is gone.
        self.parvis = harness.Parvis(registration="open", checked=False).start()
        alice, bob, carol = (self.parvis.register(name) for name in ("alice", "bob", "carol"))
        room = alice.post(f"{V3}/createRoom", {"preset": "public_chat"}).json["room_id"]
        senders = [self.parvis.register(f"sender{i}") for i in range(SENDERS)]
        for who in [bob, carol, *senders]:
            self.assertEqual(who.post(f"{V3}/join/{quote(room)}").status, 200)
        messages = [Messages(who, room) for who in senders]
        self.deeds = [*messages, ToDevice(alice, bob), Counter(alice), Receipts(bob, room, messages),
                      Keys(bob), Claims(alice, bob), Uploads(alice), Follows(carol, room)]
        next(d for d in self.deeds if isinstance(d, Keys)).go_on(Keys.AHEAD)

    def tearDown(self):
        self.parvis.stop()

    def live_and_die(self):
        threads = [threading.Thread(target=deed.go_on) for deed in self.deeds]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0, LONGEST_LIFE))
        self.parvis.kill()
        for thread in threads:
            thread.join()

    def check(self):
        for deed in self.deeds:
            self.assertEqual(deed.faults, [], f"seed {self.seed}")
            with self.subTest(deed=type(deed).__name__, seed=self.seed):
                deed.check(self)

    def test_what_was_answered_survives(self):
        unanswered = 0
        for _ in range(KILLS):
            self.live_and_die()
            unanswered += sum(deed.pending is not None for deed in self.deeds)
            self.parvis.launch()
            self.check()
        for deed in self.deeds:
            deed.finish_pending()
        self.check()
        for deed in self.deeds:
            deed.check_end(self)
        self.assertGreater(unanswered, 0)
        print(f"# {KILLS} kills, {unanswered} unanswered; "
              + ", ".join(f"{sum(d.done for d in self.deeds if type(d) is kind)} {kind.__name__}"
                          for kind in dict.fromkeys(type(d) for d in self.deeds)),
              file=sys.stderr)


class StartTest(unittest.TestCase):
    """A first start, with its folders, key and migrations, ends at any moment and begins again."""

    def test_killed_while_it_starts(self):
        chance = random.Random(os.environ.get("PARVIS_SEED"))
        for _ in range(4):
            parvis = harness.Parvis(registration="open", checked=False)
            shutil.rmtree(os.path.join(parvis.dir, "data"))
            for _ in range(8):
                with open(os.path.join(parvis.dir, "log"), "ab") as log:
                    process = subprocess.Popen(
                        [os.path.join(harness.BUILD, "parvis-homeserver"), "--config",
                         parvis.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                time.sleep(chance.uniform(0, 0.15))
                process.kill()
                process.wait()
            parvis.launch()
            alice = parvis.register("alice")
            self.assertEqual(alice.post(f"{V3}/createRoom").status, 200)
            parvis.stop()


class LostReplyTest(harness.Case):
    options = {"checked": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.parvis.register("alice")
        cls.txn = itertools.count()

    def setUp(self):
        self.room = self.assert_ok(self.alice.post(f"{V3}/createRoom"))["room_id"]

    def path(self, txn):
        return f"{V3}/rooms/{quote(self.room)}/send/m.room.message/{txn}"

    def put(self, txn, body):
        return self.alice.put(self.path(txn), {"msgtype": "m.text", "body": body})

    def cut(self, txn, body, missing=0, reset=True):
        """Writes the request, but for its last bytes, and hangs up without reading."""
        text = json.dumps({"msgtype": "m.text", "body": body}).encode()
        request = (f"PUT {self.path(txn)} HTTP/1.1\r\nHost: x\r\n"
                   f"Authorization: Bearer {self.alice.token}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n")
        with socket.create_connection((self.alice.host, self.alice.port)) as s:
            if reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.sendall(request.encode() + text[:len(text) - missing])

    def assert_said_once(self, expected):
        events = self.assert_ok(self.alice.get(
            f"{V3}/rooms/{quote(self.room)}/messages?dir=b&limit=1000"))["chunk"]
        found = [(e["content"]["body"], e["event_id"]) for e in events
                 if e["type"] == "m.room.message"]
        self.assertEqual(sorted(found), sorted(expected.items()))

    def cut_and_retry(self, **how):
        said = {}
        for _ in range(40):
            txn = next(self.txn)
            self.cut(txn, f"m{txn}", **how)
            said[f"m{txn}"] = self.assert_ok(self.put(txn, f"m{txn}"))["event_id"]
        self.assert_said_once(said)

    def test_reset(self):
        self.cut_and_retry()

    def test_end(self):
        self.cut_and_retry(reset=False)

    def test_half_a_body(self):
        self.cut_and_retry(missing=5)

    def test_impatient_client(self):
        """The same transaction from many connections at once, while the first is under way."""
        said = {}
        for _ in range(10):
            txn = next(self.txn)
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(self.put(txn, f"m{txn}")))
                       for _ in range(8)]
            self.cut(txn, f"m{txn}")
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            ids = {self.assert_ok(answer)["event_id"] for answer in answers}
            self.assertEqual((len(answers), len(ids)), (8, 1))
            said[f"m{txn}"] = ids.pop()
        self.assert_said_once(said)

    def test_retry_after_a_restart(self):
        said = {}
        for _ in range(3):
            txns = [next(self.txn) for _ in range(10)]
            for txn in txns:
                self.cut(txn, f"m{txn}", reset=False)
            self.parvis.kill()
            self.parvis.launch()
            for txn in txns:
                said[f"m{txn}"] = self.assert_ok(self.put(txn, f"m{txn}"))["event_id"]
        self.assert_said_once(said)


if __name__ == "__main__":
    unittest.main()
