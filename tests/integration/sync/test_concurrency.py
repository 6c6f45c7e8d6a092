# SPDX-License-Identifier: Apache-2.0
"""Many send into one room at once while others follow it: whichever way somebody reads, every
message arrives exactly once, and all see one order."""

import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
SENDERS = 8
EACH = 25
GAPLESS = '{"room":{"timeline":{"limit":1000,"types":["m.room.message"]}}}'
NARROW = '{"room":{"timeline":{"limit":3,"types":["m.room.message"]}}}'


def messages(events):
    return [event["event_id"] for event in events if event["type"] == "m.room.message"]


class Follower:
    """Reads until it is told that all was sent and it has seen the last of it."""

    def __init__(self, client, room):
        self.client, self.room = client, room
        self.seen = []
        self.fault = None
        self.since = None

    def get(self, path):
        reply = self.client.get(path)
        if reply.status != 200:
            raise AssertionError(f"{path}: {reply}")
        return reply.json

    def run(self, expected):
        try:
            while len(self.seen) < expected:
                self.look()
        except (AssertionError, OSError, KeyError) as fault:
            self.fault = fault

    def look(self):
        raise NotImplementedError


class Syncing(Follower):
    filter = GAPLESS

    def look(self):
        since = f"&since={quote(self.since)}" if self.since else ""
        answer = self.get(f"{V3}/sync?timeout=10000&filter={quote(self.filter)}{since}")
        room = answer.get("rooms", {}).get("join", {}).get(self.room)
        if room is not None:
            timeline = room["timeline"]
            if timeline.get("limited"):
                self.seen += self.gap(timeline["prev_batch"])
            self.seen += messages(timeline["events"])
        self.since = answer["next_batch"]

    def gap(self, start):
        """What lies between the last answer and this one, page by page backwards."""
        found, at = [], start
        end = f"&to={quote(self.since)}" if self.since else ""
        while at is not None:
            page = self.get(f"{V3}/rooms/{quote(self.room)}/messages?dir=b&limit=7"
                            f"&from={quote(at)}{end}")
            found = messages(reversed(page["chunk"])) + found
            at = page.get("end")
        return found


class Narrow(Syncing):
    """With so short a timeline that almost each answer leaves a gap."""

    filter = NARROW


class Paging(Follower):
    """Goes on forwards from where the last page ended. The newest page has no end: it is read
    again, and what was taken of it before is passed over."""

    taken = 0

    def look(self):
        at = f"&from={quote(self.since)}" if self.since else ""
        page = self.get(f"{V3}/rooms/{quote(self.room)}/messages?dir=f&limit=11{at}")
        found = messages(page["chunk"])
        self.seen += found[self.taken:]
        self.taken = 0 if "end" in page else len(found)
        self.since = page.get("end", self.since)


class Concurrency(harness.Case):
    options = {"registration": "open", "checked": False}

    def send_all(self, client, room, sent):
        for i in range(EACH):
            path = f"{V3}/rooms/{quote(room)}/send/m.room.message/{i}"
            reply = client.put(path, {"msgtype": "m.text", "body": str(i)})
            if reply.status != 200:
                sent.append(reply)
                return
            sent.append(reply.json["event_id"])

    def test_every_message_once_and_in_one_order(self):
        senders = [self.parvis.register(f"s{i}") for i in range(SENDERS)]
        readers = [self.parvis.register(f"r{i}") for i in range(4)]
        room = self.assert_ok(senders[0].post(
            f"{V3}/createRoom", {"preset": "public_chat"}))["room_id"]
        for who in senders[1:] + readers:
            self.assert_ok(who.post(f"{V3}/join/{quote(room)}"))
        followers = [kind(who, room) for kind, who in
                     zip((Syncing, Syncing, Narrow, Paging), readers)]
        sent = [[] for _ in senders]
        total = SENDERS * EACH
        threads = [threading.Thread(target=follower.run, args=(total,)) for follower in followers]
        threads += [threading.Thread(target=self.send_all, args=(who, room, mine))
                    for who, mine in zip(senders, sent)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=300)
            self.assertFalse(thread.is_alive(), [len(f.seen) for f in followers])
        order = self.whole_room(senders[0], room)
        self.assertEqual(len(order), total)
        self.assertEqual(sorted(order), sorted(sum(sent, [])))
        for mine in sent:  # what one sends after an answer comes later
            self.assertEqual(mine, [event for event in order if event in set(mine)])
        for follower in followers:
            with self.subTest(kind=type(follower).__name__):
                self.assertIsNone(follower.fault)
                self.assertEqual(follower.seen, order)
        self.check_counts(readers[0], room, total)

    def whole_room(self, client, room):
        events = self.assert_ok(client.get(
            f"{V3}/rooms/{quote(room)}/messages?dir=b&limit=1000"))["chunk"]
        return messages(reversed(events))

    def check_counts(self, reader, room, total):
        """Unread: all; then what lies behind a receipt; then, with a rule of one's own, the same."""
        def unread():
            sync = self.assert_ok(reader.get(f"{V3}/sync?timeout=0"))
            return sync["rooms"]["join"][room]["unread_notifications"]["notification_count"]

        self.assertEqual(unread(), total)
        order = self.whole_room(reader, room)
        self.assert_ok(reader.post(f"{V3}/rooms/{quote(room)}/receipt/m.read/{quote(order[-6])}"))
        self.assertEqual(unread(), 5)
        self.assert_ok(reader.put(f"{V3}/pushrules/global/content/word",
                                  {"pattern": "cheese", "actions": ["notify"]}))
        self.assertEqual(unread(), 5)
        other = self.parvis.register("late")
        self.assert_ok(other.post(f"{V3}/join/{quote(room)}"))
        last = self.assert_ok(other.put(f"{V3}/rooms/{quote(room)}/send/m.room.message/x", {
            "msgtype": "m.text", "body": "x", "m.mentions": {"user_ids": [reader.user_id]}}))
        self.assertEqual(unread(), 6)
        self.assert_ok(reader.post(
            f"{V3}/rooms/{quote(room)}/receipt/m.read.private/{quote(last['event_id'])}"))
        self.assertEqual(unread(), 0)


if __name__ == "__main__":
    unittest.main()
