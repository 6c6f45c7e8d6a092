# SPDX-License-Identifier: Apache-2.0
"""To-device messages, and who is told of changed devices and keys."""

import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from harness import quote  # noqa: E402
from signer import CrossSigning, Device  # noqa: E402

V3 = "/_matrix/client/v3"


class Syncing(harness.Case):
    def sync(self, client, since=None, timeout=0):
        query = f"?since={since}&timeout={timeout}" if since else ""
        return self.assert_ok(client.get(V3 + "/sync" + query))

    def room(self, owner, *members):
        room = self.assert_ok(owner.post(V3 + "/createRoom", {
            "preset": "private_chat", "invite": [m.user_id for m in members]}))["room_id"]
        for member in members:
            self.assert_ok(member.post(f"{V3}/join/{quote(room)}"))
        return room


class ToDevice(Syncing):
    def send(self, client, txn, messages):
        return client.put(f"{V3}/sendToDevice/example.ping/{txn}", {"messages": messages})

    def test_order_delivery_and_transactions(self):
        alice, bob = self.parvis.register("alice"), self.parvis.register("bob")
        second = self.parvis.login("bob")
        for n in range(3):
            self.assert_ok(self.send(alice, f"t{n}", {bob.user_id: {bob.device_id: {"n": n}}}))
        self.assert_ok(self.send(alice, "t1", {bob.user_id: {bob.device_id: {"n": 99}}}))
        self.assert_ok(self.send(alice, "all", {bob.user_id: {"*": {"n": 7}}}))
        first = self.sync(bob)
        events = first["to_device"]["events"]
        self.assertEqual([e["content"]["n"] for e in events], [0, 1, 2, 7])
        self.assertEqual(events[0], {"type": "example.ping", "sender": alice.user_id,
                                     "content": {"n": 0}})
        self.assertEqual([e["content"]["n"] for e in self.sync(second)["to_device"]["events"]],
                         [7])
        # A token that was not used yet brings them again; its use ends them.
        self.assertEqual(len(self.sync(bob)["to_device"]["events"]), 4)
        after = self.sync(bob, first["next_batch"])
        self.assertEqual(after.get("to_device", {}).get("events", []), [])
        self.assertEqual(self.sync(bob).get("to_device", {}).get("events", []), [])

    def test_more_than_one_sync_holds(self):
        alice, bob = self.parvis.register("sender"), self.parvis.register("receiver")
        for n in range(130):
            self.send(alice, f"t{n}", {bob.user_id: {bob.device_id: {"n": n}}})
        seen, since = [], None
        for _ in range(2):
            answer = self.sync(bob, since)
            seen.extend(e["content"]["n"] for e in answer["to_device"]["events"])
            since = answer["next_batch"]
        self.assertEqual(seen, list(range(130)))

    def test_a_waiting_sync_wakes(self):
        alice, bob = self.parvis.register("waker"), self.parvis.register("sleeper")
        since = self.sync(bob)["next_batch"]
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(self.sync(bob, since, timeout=20000)))
        thread.start()
        self.assert_ok(self.send(alice, "t", {bob.user_id: {"*": {"wake": True}}}))
        thread.join(timeout=15)
        self.assertEqual(answers[0]["to_device"]["events"][0]["content"], {"wake": True})

    def test_survives_a_kill(self):
        alice, bob = self.parvis.register("careful"), self.parvis.register("patient")
        self.assert_ok(self.send(alice, "t", {bob.user_id: {bob.device_id: {"n": 1}}}))
        self.parvis.kill()
        self.parvis.launch()
        self.assert_ok(self.send(alice, "t", {bob.user_id: {bob.device_id: {"n": 1}}}))
        self.assertEqual(len(self.sync(bob)["to_device"]["events"]), 1)

    def test_refusals(self):
        user = self.parvis.register("refused")
        self.assert_refused(user.put(f"{V3}/sendToDevice/a/b", {}), 400, "M_MISSING_PARAM")
        for messages in [[], {"x": {}}, {user.user_id: []}, {user.user_id: {"D": "x"}}]:
            self.assert_refused(self.send(user, "t", messages), 400, "M_BAD_JSON")
        large = {user.user_id: {user.device_id: {"x": "y" * 70000}}}
        self.assert_refused(self.send(user, "t", large), 413, "M_TOO_LARGE")
        self.assert_ok(self.send(user, "t", {user.user_id: {"NOSUCH": {}},
                                             "@nobody:localhost": {"*": {}}}))


class DeviceLists(Syncing):
    def upload(self, client):
        device = Device(client)
        self.assert_ok(client.post(V3 + "/keys/upload", {"device_keys": device.keys()}))
        return device

    def lists(self, client, since):
        answer = self.sync(client, since)
        told = answer.get("device_lists", {})
        asked = self.assert_ok(client.get(
            f"{V3}/keys/changes?from={since}&to={answer['next_batch']}"))
        for name in ("changed", "left"):
            self.assertEqual(set(asked[name]), set(told.get(name, [])))
        return set(told.get("changed", [])), set(told.get("left", [])), answer["next_batch"]

    def test_sharing_rooms(self):
        alice, bob, eve = (self.parvis.register(n) for n in ("alice", "bob", "eve"))
        self.upload(bob)
        since = self.sync(alice)["next_batch"]
        room = self.room(alice, bob)
        changed, left, since = self.lists(alice, since)
        self.assertEqual((changed, left), ({bob.user_id}, set()))
        eves = self.sync(eve)["next_batch"]
        self.upload(bob)
        changed, left, since = self.lists(alice, since)
        self.assertEqual((changed, left), ({bob.user_id}, set()))
        self.assertEqual(self.lists(eve, eves)[:2], (set(), set()))
        self.assertEqual(self.lists(alice, since)[:2], (set(), set()))

        other = self.room(alice, bob)
        since = self.lists(alice, since)[2]
        self.assert_ok(bob.post(f"{V3}/rooms/{quote(room)}/leave"))
        _, left, since = self.lists(alice, since)
        self.assertEqual(left, set())
        self.assert_ok(bob.post(f"{V3}/rooms/{quote(other)}/leave"))
        _, left, since = self.lists(alice, since)
        self.assertEqual(left, {bob.user_id})
        self.upload(bob)
        self.assertEqual(self.lists(alice, since)[:2], (set(), set()))

    def test_new_and_lost_devices(self):
        alice, bob = self.parvis.register("anna"), self.parvis.register("bert")
        self.room(alice, bob)
        since = self.sync(alice)["next_batch"]
        second = self.parvis.login("bert")
        self.upload(second)
        changed, _, since = self.lists(alice, since)
        self.assertEqual(changed, {bob.user_id})
        self.assert_ok(second.put(f"{V3}/devices/{second.device_id}", {"display_name": "New"}))
        changed, _, since = self.lists(alice, since)
        self.assertEqual(changed, {bob.user_id})
        self.assert_ok(second.post(V3 + "/logout"))
        changed, _, since = self.lists(alice, since)
        self.assertEqual(changed, {bob.user_id})

    def test_own_devices_and_signatures(self):
        alice, bob = self.parvis.register("amelie"), self.parvis.register("basile")
        keys = {c: CrossSigning(c.user_id) for c in (alice, bob)}
        second = self.parvis.login("amelie")
        since, bobs = self.sync(second)["next_batch"], self.sync(bob)["next_batch"]
        for client in (alice, bob):
            self.assert_ok(client.post(V3 + "/keys/device_signing/upload",
                                       keys[client].upload()))
        changed, _, since = self.lists(second, since)
        self.assertEqual(changed, {alice.user_id})
        bobs = self.lists(bob, bobs)[2]
        mine = keys[alice]
        signed = mine.user_signing.sign(keys[bob].master_key(), alice.user_id,
                                        mine.user_signing.public)
        self.assert_ok(alice.post(V3 + "/keys/signatures/upload", {
            bob.user_id: {keys[bob].master.public: signed}}))
        changed, _, since = self.lists(second, since)
        self.assertEqual(changed, {bob.user_id})
        self.assertEqual(self.lists(bob, bobs)[:2], (set(), set()))

    def test_counts_of_one_time_keys(self):
        user, asker = self.parvis.register("counted"), self.parvis.register("counter")
        device = self.upload(user)
        name = "signed_curve25519"
        first = self.sync(user)
        self.assertEqual(first["device_one_time_keys_count"].get(name, 0), 0)
        self.assertEqual(first["device_unused_fallback_key_types"], [])
        self.assert_ok(user.post(V3 + "/keys/upload", {
            "one_time_keys": {f"{name}:A": device.one_time(1)},
            "fallback_keys": {f"{name}:F": device.one_time(2, True)}}))
        second = self.sync(user, first["next_batch"])
        self.assertEqual(second["device_one_time_keys_count"], {name: 1})
        self.assertEqual(second["device_unused_fallback_key_types"], [name])
        for _ in range(2):
            self.assert_ok(asker.post(V3 + "/keys/claim", {
                "one_time_keys": {user.user_id: {user.device_id: name}}}))
        third = self.sync(user)
        self.assertEqual(third["device_one_time_keys_count"].get(name, 0), 0)
        self.assertEqual(third["device_unused_fallback_key_types"], [])


if __name__ == "__main__":
    unittest.main()
