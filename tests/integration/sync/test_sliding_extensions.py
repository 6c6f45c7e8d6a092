# SPDX-License-Identifier: Apache-2.0
"""Simplified sliding sync: its extensions."""

import os
import sys
import unittest

HERE = os.path.dirname(__file__)
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "../keys"), HERE]
import harness
from signer import Device
from slide import NAMES, Slider, SlidingCase, listing
from talk import V3


class Extensions(SlidingCase):
    def to_device(self, sender, user, text):
        path = f"{V3}/sendToDevice/m.test/x{next(NAMES)}"
        self.assert_ok(sender.client.put(
            path, {"messages": {user.id: {"*": {"text": text}}}}))

    def test_to_device(self):
        alice, bob = self.user(), self.user()
        bob.body = {"extensions": {"to_device": {"enabled": True}}, "conn_id": "encryption"}
        first = bob.slide()["extensions"]["to_device"]
        self.assertEqual(first["events"], [])

        def ask(since, **more):
            extensions = {"to_device": {"enabled": True, "since": since}}
            answer = bob.slide(extensions=extensions, **more)["extensions"]["to_device"]
            return [e["content"]["text"] for e in answer["events"]], answer["next_batch"]

        later = bob.slide_later()
        self.to_device(alice, bob, "one")
        self.assertEqual(len(later.result()["extensions"]["to_device"]["events"]), 1)
        texts_, since = ask(first["next_batch"])
        self.assertEqual(texts_, ["one"])
        self.assertEqual(ask(first["next_batch"])[0], ["one"])
        self.to_device(alice, bob, "two")
        self.assertEqual(ask(since)[0], ["two"])
        self.assertEqual(ask("0")[0], ["two"])
        extensions = {"to_device": {"enabled": True, "since": since, "limit": 1}}
        self.to_device(alice, bob, "three")
        answer = bob.slide(extensions=extensions)["extensions"]["to_device"]
        self.assertEqual(len(answer["events"]), 1)
        self.assertEqual(ask(answer["next_batch"])[0], ["three"])
        self.assertNotIn("to_device", bob.slide(extensions={})["extensions"])

    def test_e2ee(self):
        alice, bob = self.user(), self.user()
        self.room_of(alice, bob)
        bob.body = {"extensions": {"e2ee": {"enabled": True}}, "conn_id": "encryption"}
        answer = bob.slide()["extensions"]["e2ee"]
        self.assertEqual(answer["device_one_time_keys_count"], {"signed_curve25519": 0})
        self.assertEqual(answer["device_unused_fallback_key_types"], [])
        self.assertNotIn("device_lists", answer)
        later = bob.slide_later()
        self.assert_ok(alice.client.post(
            f"{V3}/keys/upload", {"device_keys": Device(alice.client).keys()}))
        self.assertEqual(later.result()["extensions"]["e2ee"]["device_lists"]["changed"],
                         [alice.id])
        self.assertNotIn("device_lists", bob.slide()["extensions"]["e2ee"])
        dave = self.user()
        self.room_of(dave, bob)
        self.assertIn(dave.id, bob.slide()["extensions"]["e2ee"]["device_lists"]["changed"])

    def test_account_data(self):
        alice = self.user()
        one, two = alice.create_room(), alice.create_room()
        alice.account_data("org.one", {"v": 1}, one)
        alice.account_data("org.two", {"v": 2}, two)
        alice.account_data("org.global", {"v": 0})
        alice.body = {**listing(ranges=[[0, 0]]), "extensions": {"account_data": {"enabled": True}}}
        answer = alice.slide()["extensions"]["account_data"]
        self.assertEqual({e["type"] for e in answer["global"]}, {"m.push_rules", "org.global"})
        self.assertEqual(list(answer["rooms"]), [two])
        answer = alice.slide()["extensions"]["account_data"]
        self.assertEqual(answer, {"global": [], "rooms": {}})
        later = alice.slide_later()
        alice.account_data("org.two", {"v": 3}, two)
        self.assertEqual(later.result()["extensions"]["account_data"]["rooms"],
                         {two: [{"type": "org.two", "content": {"v": 3}}]})
        alice.account_data("org.global", {"v": 4})
        self.assertEqual(alice.slide()["extensions"]["account_data"]["global"],
                         [{"type": "org.global", "content": {"v": 4}}])
        # What changes while the room is out of sight comes when it is back.
        alice.send(one)
        alice.slide()
        alice.account_data("org.two", {"v": 5}, two)
        self.assertEqual(alice.slide()["extensions"]["account_data"]["rooms"], {})
        alice.send(two)
        self.assertEqual(alice.slide()["extensions"]["account_data"]["rooms"],
                         {two: [{"type": "org.two", "content": {"v": 5}}]})

    def receipt(self, user, room, event, kind="m.read", **body):
        user.room(room, f"receipt/{kind}/{harness.quote(event)}", **body)

    def test_receipts(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob)
        old = alice.send(room, "old")
        self.receipt(bob, room, old)
        for i in range(3):
            last = alice.send(room, str(i))
        alice.body = {**listing(timeline_limit=2), "extensions": {"receipts": {"enabled": True}}}
        bob.body = alice.body
        # Of others, only what is at the events that are shown.
        self.assertEqual(alice.slide()["extensions"]["receipts"]["rooms"], {})
        own = bob.slide()["extensions"]["receipts"]["rooms"][room]
        self.assertEqual(own["type"], "m.receipt")
        self.assertIn(bob.id, own["content"][old]["m.read"])
        later = alice.slide_later()
        self.receipt(bob, room, last)
        self.assertIn(bob.id, later.result()["extensions"]["receipts"]["rooms"][room]
                      ["content"][last]["m.read"])
        self.receipt(bob, room, last, "m.read.private")
        self.assertEqual(alice.slide()["extensions"]["receipts"]["rooms"], {})
        self.assertIn("m.read.private", bob.slide()["extensions"]["receipts"]["rooms"][room]
                      ["content"][last])
        carol = Slider(alice.client, conn_id="x", **alice.body)
        self.assertIn(last, carol.slide()["extensions"]["receipts"]["rooms"][room]["content"])

    def test_extensions_of_some_lists_and_rooms(self):
        alice = self.user()
        one, two = alice.create_room(), alice.create_room()
        alice.account_data("org.one", {}, one)
        alice.account_data("org.two", {}, two)
        config = {"timeline_limit": 1, "required_state": []}

        def ask(**scope):
            answer = alice.slide(
                pos=None, lists={"a": {**config, "ranges": [[0, 0]]}},
                room_subscriptions={one: config},
                extensions={"account_data": {"enabled": True, **scope}})
            return set(answer["extensions"]["account_data"]["rooms"])

        self.assertEqual(ask(), {one, two})
        self.assertEqual(ask(lists=[]), {one})
        self.assertEqual(ask(rooms=[]), {two})
        self.assertEqual(ask(lists=["a"], rooms=[one]), {one, two})
        self.assertEqual(ask(lists=["b"], rooms=["*"]), {one})
        self.assertEqual(ask(lists=["*"], rooms=[two]), {two})

    def test_typing(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob)
        alice.body = {**listing(), "extensions": {"typing": {"enabled": True}}}
        self.assertEqual(alice.slide()["extensions"]["typing"], {"rooms": {}})

        def type(timeout):
            body = {"typing": timeout > 0, "timeout": timeout}
            path = f"{V3}/rooms/{harness.quote(room)}/typing/{harness.quote(bob.id)}"
            self.assert_ok(bob.client.put(path, body))

        later = alice.slide_later()
        type(60000)
        event = {"type": "m.typing", "content": {"user_ids": [bob.id]}}
        self.assertEqual(later.result()["extensions"]["typing"]["rooms"], {room: event})
        self.assertEqual(alice.slide()["extensions"]["typing"]["rooms"], {})
        type(0)
        event["content"]["user_ids"] = []
        self.assertEqual(alice.slide()["extensions"]["typing"]["rooms"], {room: event})


if __name__ == "__main__":
    unittest.main()
