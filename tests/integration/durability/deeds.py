# SPDX-License-Identifier: Apache-2.0
"""What a client does again and again while its server may die, and how to see that none of what
was answered is lost, and nothing done twice.

A deed does one step after the other. A step without an answer stays pending and is tried again
in the next life of the server, as a client would. check() runs after each restart, before that.
"""

import base64
import http.client
import os

from harness import quote

V3 = "/_matrix/client/v3"


class Deed:
    def __init__(self, client):
        self.client = client
        self.number = 0
        self.pending = None
        self.done = 0  # steps answered
        self.faults = []

    def step(self, number):
        """One request; must be the same one for the same number."""
        raise NotImplementedError

    def keep(self, number, answer):
        """Remembers what check() wants to know of a step that was answered."""

    def begin(self, number):
        """Before the request of a step leaves."""

    def check(self, test):
        raise NotImplementedError

    def check_end(self, test):
        """At the very end, when nothing is pending."""

    def _try(self, number):
        """False: no whole answer came."""
        self.begin(number)
        try:
            reply = self.step(number)
        except (OSError, http.client.HTTPException):
            return False
        if reply.status != 200:
            self.faults.append(f"{type(self).__name__} {number}: {reply}")
            return False
        self.keep(number, reply)
        self.done += 1
        return True

    def finish_pending(self):
        if self.pending is None:
            return True
        if not self._try(self.pending):
            return False
        self.pending = None
        return True

    def has_enough(self):
        """Whether to rest until the server's next life."""
        return False

    def go_on(self, steps=None):
        """Until the server is gone, or so many steps are done."""
        while (self.finish_pending() and not self.has_enough()
               and (steps is None or self.number < steps)):
            self.pending = self.number
            self.number += 1


class Messages(Deed):
    def __init__(self, client, room):
        super().__init__(client)
        self.room = room
        self.answered = {}

    def body(self, number):
        return f"{self.client.user_id} {number}"

    def step(self, number):
        path = f"{V3}/rooms/{quote(self.room)}/send/m.room.message/t{number}"
        return self.client.put(path, {"msgtype": "m.text", "body": self.body(number)})

    def keep(self, number, answer):
        self.answered[number] = answer.json["event_id"]

    def _stored(self):
        found, at = [], ""
        while True:
            page = self.client.get(f"{V3}/rooms/{quote(self.room)}/messages?dir=b&limit=1000{at}")
            found += [(e["content"]["body"], e["event_id"]) for e in page.json["chunk"]
                      if e["type"] == "m.room.message" and e["sender"] == self.client.user_id]
            if "end" not in page.json:
                return found
            at = "&from=" + quote(page.json["end"])

    def check(self, test):
        expected = {(self.body(n), event_id) for n, event_id in self.answered.items()}
        stored = self._stored()
        test.assertEqual(len(stored), len(dict(stored)), "a message is there twice")
        test.assertLessEqual(expected, set(stored), "an answered message is lost")
        if self.pending is None:
            test.assertEqual(expected, set(stored))
        else:
            more = {body for body, _ in set(stored) - expected}
            test.assertLessEqual(more, {self.body(self.pending)})


class ToDevice(Deed):
    def __init__(self, client, receiver):
        super().__init__(client)
        self.receiver = receiver

    def step(self, number):
        message = {self.receiver.user_id: {self.receiver.device_id: {"n": number}}}
        return self.client.put(f"{V3}/sendToDevice/test.number/t{number}", {"messages": message})

    def check(self, test):
        """Nothing to see before the device reads, and then it is gone."""

    def check_end(self, test):
        got, since = [], ""
        while True:
            sync = self.receiver.get(f"{V3}/sync?timeout=0{since}").json
            events = sync.get("to_device", {}).get("events", [])
            got += [e["content"]["n"] for e in events if e["type"] == "test.number"]
            since = f"&since={quote(sync['next_batch'])}"
            if not events:
                break
        test.assertEqual(got, list(range(self.number)))


class Counter(Deed):
    """Account data that counts."""

    def __init__(self, client):
        super().__init__(client)
        self.last = None

    def path(self):
        return f"{V3}/user/{quote(self.client.user_id)}/account_data/test.counter"

    def step(self, number):
        return self.client.put(self.path(), {"n": number})

    def keep(self, number, answer):
        self.last = number

    def check(self, test):
        reply = self.client.get(self.path())
        if self.last is not None or reply.status != 404:
            test.assertIn(reply.json["n"], {self.last, self.pending} - {None})


class Receipts(Deed):
    """Reads what has been answered to others, one message after the other."""

    def __init__(self, client, room, messages):
        super().__init__(client)
        self.room, self.messages = room, messages
        self.last = None
        self.trying = None

    def begin(self, number):
        self.trying = None
        deed = self.messages[number % len(self.messages)]
        if deed.answered:
            self.trying = max(deed.answered.items())[1]

    def step(self, number):
        if self.trying is None:
            return self.client.get(f"{V3}/joined_rooms")
        path = f"{V3}/rooms/{quote(self.room)}/receipt/m.read/{quote(self.trying)}"
        return self.client.post(path)

    def keep(self, number, answer):
        self.last = self.trying or self.last

    def _order(self, event_id):
        """A receipt never goes back, so what counts is where in the room an event is."""
        context = self.client.get(
            f"{V3}/rooms/{quote(self.room)}/context/{quote(event_id)}?limit=0").json
        return int("".join(c for c in context["start"] if c.isdigit()))

    def _stored(self):
        sync = self.client.get(f"{V3}/sync?timeout=0").json
        for edu in sync["rooms"]["join"][self.room].get("ephemeral", {}).get("events", []):
            for event_id, kinds in edu["content"].items():
                if self.client.user_id in kinds.get("m.read", {}):
                    return event_id
        return None

    def check(self, test):
        if self.last is None:
            return
        stored = self._stored()
        test.assertIsNotNone(stored, "the receipt is lost")
        test.assertGreaterEqual(self._order(stored), self._order(self.last))


class Keys(Deed):
    """One-time keys, a few at a time. Some stay ahead of Claims, so that no key is claimed before
    its upload was answered: trying that again would be a second upload."""

    BATCH = 3
    AHEAD = 10
    WAITING = 900  # a server lets 1000 wait, and on a fast machine Claims does not keep up

    def __init__(self, client):
        super().__init__(client)
        self.keys = {}
        self.waiting = 0

    def has_enough(self):
        return self.waiting >= self.WAITING

    def go_on(self, steps=None):
        self.waiting = 0  # the next answer tells
        super().go_on(steps)

    def keep(self, number, answer):
        self.waiting = answer.json["one_time_key_counts"].get("curve25519", 0)

    def step(self, number):
        for i in range(self.BATCH):
            name = f"curve25519:A{number}x{i}"
            self.keys.setdefault(name, base64.b64encode(os.urandom(32)).decode().rstrip("="))
        names = [f"curve25519:A{number}x{i}" for i in range(self.BATCH)]
        return self.client.post(f"{V3}/keys/upload",
                                {"one_time_keys": {name: self.keys[name] for name in names}})

    def check(self, test):
        """Claims looks at each."""


class Claims(Deed):
    """Nobody else claims, so what Keys uploaded must come once each, in order."""

    def __init__(self, client, owner):
        super().__init__(client)
        self.owner = owner
        self.claimed = []
        self.lost = 0

    def step(self, number):
        body = {"one_time_keys": {self.owner.user_id: {self.owner.device_id: "curve25519"}}}
        return self.client.post(f"{V3}/keys/claim", body)

    def begin(self, number):
        self.lost += self.pending_before == number
        self.pending_before = number

    pending_before = None

    def keep(self, number, answer):
        keys = answer.json["one_time_keys"].get(self.owner.user_id, {})
        self.claimed += list(keys.get(self.owner.device_id, {}).items())

    def check(self, test):
        names = [name for name, _ in self.claimed]
        test.assertEqual(len(names), len(set(names)), "a key was handed out twice")

    def check_end(self, test):
        counts = self.owner.post(f"{V3}/keys/upload", {}).json["one_time_key_counts"]
        left = counts.get("curve25519", 0)
        for _ in range(left):
            test.assertTrue(self._try(self.number), self.faults)
            self.number += 1
        self.check(test)
        keys = next(d for d in test.deeds if isinstance(d, Keys))
        test.assertLessEqual(dict(self.claimed).items(), keys.keys.items())
        # A claim that was not answered may have taken a key along.
        missing = len(keys.keys) - len(self.claimed)
        test.assertTrue(0 <= missing <= self.lost, f"{missing} keys lost, {self.lost} claims")


class Follows(Deed):
    """Syncs with one token after the other, across the lives of the server: each message comes
    once, in the room's order, and what is unread is counted."""

    FILTER = quote('{"room":{"timeline":{"limit":1000,"types":["m.room.message"]}}}')
    COUNTED = 1000  # of what is unread, no more are counted

    def __init__(self, client, room):
        super().__init__(client)
        self.room = room
        self.since = ""
        self.seen = []
        self.unread = 0
        self.limited = False

    def step(self, number):
        return self.client.get(f"{V3}/sync?timeout=0&filter={self.FILTER}{self.since}")

    def keep(self, number, answer):
        sync = answer.json
        room = sync.get("rooms", {}).get("join", {}).get(self.room)
        if room is not None:
            self.limited |= bool(self.since) and room["timeline"].get("limited", False)
            self.seen += [event["event_id"] for event in room["timeline"]["events"]]
            self.unread = room["unread_notifications"]["notification_count"]
        self.since = f"&since={quote(sync['next_batch'])}"

    def _order(self):
        found, at = [], ""
        while True:
            page = self.client.get(f"{V3}/rooms/{quote(self.room)}/messages?dir=f&limit=1000{at}")
            found += [e["event_id"] for e in page.json["chunk"] if e["type"] == "m.room.message"]
            if not page.json["chunk"] or "end" not in page.json:
                return found
            at = "&from=" + quote(page.json["end"])

    def check(self, test):
        test.assertFalse(self.limited, "more came at once than this test follows")
        test.assertEqual(self.seen, self._order()[:len(self.seen)])

    def check_end(self, test):
        test.assertTrue(self._try(self.number), self.faults)
        test.assertEqual(self.seen, self._order())
        test.assertEqual(self.unread, min(len(self.seen), self.COUNTED))


class Uploads(Deed):
    def __init__(self, client):
        super().__init__(client)
        self.kept = {}

    def content(self, number):
        return (f"{number} " * 3000).encode()

    def step(self, number):
        return self.client.post("/_matrix/media/v3/upload", self.content(number),
                                headers={"Content-Type": "application/octet-stream"})

    def keep(self, number, answer):
        self.kept[number] = answer.json["content_uri"]

    def check(self, test):
        for number, uri in list(self.kept.items())[-20:]:
            path = "/_matrix/client/v1/media/download/" + uri.removeprefix("mxc://")
            reply = self.client.get(path)
            test.assertEqual((reply.status, reply.body), (200, self.content(number)))
