# SPDX-License-Identifier: Apache-2.0
"""Typing, receipts, read markers and unread counts, as sync tells them."""

import itertools
import os
import sys
import time
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."), os.path.dirname(__file__)]
import harness
from talk import V3, User, joined

NAMES = itertools.count()


def ephemeral(sync, room, kind):
    told = joined(sync, room)
    events = told["ephemeral"]["events"] if told else []
    return [e["content"] for e in events if e["type"] == kind]


class EphemeralCase(harness.Case):
    options = {"registration": "open"}

    def setUp(self):
        self.alice = User(self.parvis.register(f"alice{next(NAMES)}"))
        self.bob = User(self.parvis.register(f"bob{next(NAMES)}"))
        self.room = self.alice.create_room(preset="private_chat", invite=[self.bob.id])
        self.bob.join(self.room)
        self.path = f"{V3}/rooms/{harness.quote(self.room)}"

    def typing(self, user, **body):
        return user.client.put(f"{self.path}/typing/{harness.quote(user.id)}", body)

    def receipt(self, user, kind, event, **body):
        return user.client.post(f"{self.path}/receipt/{kind}/{harness.quote(event)}", body)


class Typing(EphemeralCase):
    def test_starts_and_stops(self):
        self.bob.sync()
        later = self.bob.sync_later(timeout=30000)
        time.sleep(0.2)
        self.assert_ok(self.typing(self.alice, typing=True, timeout=30000))
        self.assertEqual(ephemeral(later.result(), self.room, "m.typing"),
                         [{"user_ids": [self.alice.id]}])
        self.assert_ok(self.typing(self.alice, typing=True, timeout=30000))
        self.assertEqual(self.bob.sync()["rooms"], {})
        first = self.bob.sync(since=None)
        self.assertEqual(ephemeral(first, self.room, "m.typing"),
                         [{"user_ids": [self.alice.id]}])
        self.assert_ok(self.typing(self.alice, typing=False))
        self.assertEqual(ephemeral(self.bob.sync(), self.room, "m.typing"), [{"user_ids": []}])
        self.assertEqual(ephemeral(self.bob.sync(since=None), self.room, "m.typing"), [])

    def test_ends_by_itself(self):
        self.bob.sync()
        self.assert_ok(self.typing(self.alice, typing=True, timeout=300))
        self.assertEqual(ephemeral(self.bob.sync(), self.room, "m.typing"),
                         [{"user_ids": [self.alice.id]}])
        sync = self.bob.sync(timeout=30000)
        self.assertEqual(ephemeral(sync, self.room, "m.typing"), [{"user_ids": []}])

    def test_ends_with_the_message(self):
        self.assert_ok(self.typing(self.alice, typing=True, timeout=30000))
        self.bob.sync()
        self.alice.send(self.room, "done")
        self.assertEqual(ephemeral(self.bob.sync(), self.room, "m.typing"), [{"user_ids": []}])

    def test_filtered(self):
        self.bob.sync()
        self.assert_ok(self.typing(self.alice, typing=True, timeout=30000))
        sync = self.bob.sync(filter={"room": {"ephemeral": {"not_types": ["m.typing"]}}})
        self.assertEqual(ephemeral(sync, self.room, "m.typing"), [])

    def test_refused(self):
        carol = User(self.parvis.register(f"carol{next(NAMES)}"))
        self.assert_refused(self.typing(carol, typing=True), 403, "M_FORBIDDEN")
        path = f"{self.path}/typing/{harness.quote(self.bob.id)}"
        self.assert_refused(self.alice.client.put(path, {"typing": True}), 403, "M_FORBIDDEN")
        self.assert_refused(self.typing(self.alice, timeout=1), 400, "M_MISSING_PARAM")
        self.assert_refused(self.typing(self.alice, typing="yes"), 400, "M_BAD_JSON")


class Receipts(EphemeralCase):
    def test_public_and_private(self):
        event = self.alice.send(self.room, "one")
        self.alice.sync()
        self.bob.sync()
        self.assert_ok(self.receipt(self.bob, "m.read.private", event))
        own = ephemeral(self.bob.sync(), self.room, "m.receipt")
        self.assertEqual(list(own[0][event]), ["m.read.private"])
        self.assertEqual(self.alice.sync()["rooms"], {})
        later = self.alice.sync_later(timeout=30000)
        time.sleep(0.2)
        self.assert_ok(self.receipt(self.bob, "m.read", event))
        told = ephemeral(later.result(), self.room, "m.receipt")
        self.assertEqual(list(told[0][event]["m.read"]), [self.bob.id])
        self.assertNotIn("thread_id", told[0][event]["m.read"][self.bob.id])
        first = ephemeral(self.alice.sync(since=None), self.room, "m.receipt")
        self.assertEqual(list(first[0][event]), ["m.read"])

    def test_never_goes_back(self):
        one, two = self.alice.send(self.room, "one"), self.alice.send(self.room, "two")
        self.assert_ok(self.receipt(self.bob, "m.read", two))
        self.alice.sync()
        self.assert_ok(self.receipt(self.bob, "m.read", one))
        self.assertEqual(self.alice.sync()["rooms"], {})

    def test_threads(self):
        root = self.alice.send(self.room, "root")
        answer = self.alice.send(self.room, "answer", **{
            "m.relates_to": {"rel_type": "m.thread", "event_id": root}})
        self.alice.sync()
        self.assert_ok(self.receipt(self.bob, "m.read", answer, thread_id=root))
        self.assert_ok(self.receipt(self.bob, "m.read", root, thread_id="main"))
        self.assert_ok(self.receipt(self.bob, "m.read", root))
        events = ephemeral(self.alice.sync(), self.room, "m.receipt")
        threads = {}
        for content in events:
            for event, kinds in content.items():
                receipt = kinds["m.read"][self.bob.id]
                threads.setdefault(event, set()).add(receipt.get("thread_id"))
        self.assertEqual(threads, {answer: {root}, root: {"main", None}})
        for event, thread in ((answer, "main"), (root, "$other"), (answer, ""), (answer, 7)):
            self.assert_refused(self.receipt(self.bob, "m.read", event, thread_id=thread),
                                400, "M_INVALID_PARAM")
        self.assert_refused(self.receipt(self.bob, "m.fully_read", root, thread_id="main"),
                            400, "M_INVALID_PARAM")

    def test_refused(self):
        event = self.alice.send(self.room, "one")
        carol = User(self.parvis.register(f"carol{next(NAMES)}"))
        self.assert_refused(self.receipt(carol, "m.read", event), 403, "M_FORBIDDEN")
        self.assert_refused(self.receipt(self.bob, "m.seen", event), 400, "M_INVALID_PARAM")
        self.assert_refused(self.receipt(self.bob, "m.read", "$none"), 404, "M_NOT_FOUND")

    def test_markers(self):
        one, two = self.alice.send(self.room, "one"), self.alice.send(self.room, "two")
        self.bob.sync()
        self.assert_ok(self.bob.client.post(f"{self.path}/read_markers", {
            "m.fully_read": one, "m.read": two}))
        told = joined(self.bob.sync(), self.room)
        self.assertEqual(told["account_data"]["events"],
                         [{"type": "m.fully_read", "content": {"event_id": one}}])
        self.assertIn(two, told["ephemeral"]["events"][0]["content"])
        self.assert_ok(self.receipt(self.bob, "m.fully_read", two))
        self.assert_ok(self.receipt(self.bob, "m.fully_read", one))
        told = joined(self.bob.sync(), self.room)
        self.assertEqual(told["account_data"]["events"][0]["content"], {"event_id": two})


class Unread(EphemeralCase):
    def test_counts(self):
        self.bob.sync()
        one = self.alice.send(self.room, "one")
        two = self.alice.send(self.room, "two")
        told = joined(self.bob.sync(), self.room)
        self.assertEqual(told["unread_notifications"]["notification_count"], 2)
        self.assert_ok(self.receipt(self.bob, "m.read", one))
        told = joined(self.bob.sync(), self.room)
        self.assertEqual(told["unread_notifications"]["notification_count"], 1)
        later = self.bob.sync_later(timeout=30000)
        time.sleep(0.2)
        self.assert_ok(self.receipt(self.bob, "m.read.private", two))
        told = joined(later.result(), self.room)
        self.assertEqual(told["unread_notifications"]["notification_count"], 0)

    def test_threads_apart(self):
        by_thread = {"room": {"timeline": {"unread_thread_notifications": True}}}
        root = self.alice.send(self.room, "root")
        self.alice.send(self.room, "answer", **{
            "m.relates_to": {"rel_type": "m.thread", "event_id": root}})
        told = joined(self.bob.sync(filter=by_thread), self.room)
        self.assertEqual(told["unread_notifications"]["notification_count"], 1)
        self.assertEqual(told["unread_thread_notifications"][root]["notification_count"], 1)
        told = joined(self.bob.sync(since=None), self.room)
        self.assertEqual(told["unread_notifications"]["notification_count"], 2)
        self.assertNotIn("unread_thread_notifications", told)


if __name__ == "__main__":
    unittest.main()
