# SPDX-License-Identifier: Apache-2.0
"""GET /sync as clients see it."""

import itertools
import os
import sys
import time
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."), os.path.dirname(__file__)]
import harness
import talk
from talk import V3, User, bodies, joined, members, types

NAMES = itertools.count()


class SyncCase(harness.Case):
    options = {"registration": "open"}

    def user(self, **query):
        return User(self.parvis.register(f"u{next(NAMES)}"), **query)

    def users(self, count, **query):
        return [self.user(**query) for _ in range(count)]

    def room_of(self, *users, **body):
        room = users[0].create_room(preset="private_chat", invite=[u.id for u in users[1:]], **body)
        for user in users[1:]:
            user.join(room)
        return room


class Tokens(SyncCase):
    def test_garbage_is_refused(self):
        alice = self.user()
        for since in ("x", "p", "s123", "p-1", "p1_", "p9999999999999999999999", "%00"):
            reply = alice.client.get(f"{V3}/sync?since={since}")
            self.assert_refused(reply, 400, "M_INVALID_PARAM")
        for query in ("timeout=soon", "timeout=-1", "full_state=maybe", "set_presence=asleep",
                      "filter=nothing", "filter=99999", "filter={", "filter={\"room\":7}"):
            reply = alice.client.get(f"{V3}/sync?" + query.replace('"', "%22"))
            self.assert_refused(reply, 400, "M_INVALID_PARAM")
        self.assert_refused(self.parvis.client().get(f"{V3}/sync"), 401, "M_MISSING_TOKEN")

    def test_the_same_token_gives_the_same_again(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        since = bob.since
        alice.send(room, "one")
        first = bob.sync(since=since)
        again = bob.sync(since=since)
        self.assertEqual(bodies(joined(first, room)), ["one"])
        self.assertEqual(bodies(joined(again, room)), ["one"])
        self.assertIsNone(joined(bob.sync(), room))

    def test_a_token_from_the_future_starts_anew(self):
        alice = self.user()
        room = alice.create_room(name="N")
        self.assertIsNotNone(joined(alice.sync(since="p99999999999"), room))

    def test_r0_and_v3(self):
        alice = self.user()
        self.assert_ok(alice.client.get("/_matrix/client/r0/sync"))

    def test_filter_by_id(self):
        alice = self.user()
        room = alice.create_room()
        path = f"{V3}/user/{harness.quote(alice.id)}/filter"
        reply = self.assert_ok(
            alice.client.post(path, {"room": {"timeline": {"types": ["m.room.create"]}}}))
        sync = alice.sync(filter=reply["filter_id"])
        self.assertEqual(types(joined(sync, room)["timeline"]["events"]), ["m.room.create"])


class Waiting(SyncCase):
    def test_an_empty_server_waits(self):
        alice = self.user()
        alice.sync()
        begin = time.monotonic()
        alice.sync(timeout=700)
        self.assertGreaterEqual(time.monotonic() - begin, 0.6)

    def test_woken_by_a_message(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        later = bob.sync_later(timeout=30000)
        time.sleep(0.3)
        self.assertTrue(later.is_waiting())
        begin = time.monotonic()
        alice.send(room, "wake")
        self.assertEqual(bodies(joined(later.result(), room)), ["wake"])
        self.assertLess(time.monotonic() - begin, 5)

    def test_woken_by_an_invite_then_by_the_new_room(self):
        alice, bob = self.users(2)
        bob.sync()
        later = bob.sync_later(timeout=30000)
        time.sleep(0.2)
        room = alice.create_room(preset="private_chat", invite=[bob.id])
        self.assertIn(room, later.result()["rooms"]["invite"])
        later = bob.sync_later(timeout=30000)
        time.sleep(0.2)
        bob.join(room)
        self.assertIsNotNone(joined(later.result(), room))
        later = bob.sync_later(timeout=30000)
        time.sleep(0.2)
        alice.send(room, "in")
        self.assertEqual(bodies(joined(later.result(), room)), ["in"])

    def test_not_woken_by_what_the_filter_refuses(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        only = {"room": {"timeline": {"types": ["m.room.message"]}}}
        bob.sync(filter=only)
        later = bob.sync_later(timeout=30000, filter=only)
        alice.send(room, type="com.example.noise")
        time.sleep(0.5)
        self.assertTrue(later.is_waiting())
        alice.send(room, "signal")
        self.assertEqual(bodies(joined(later.result(), room)), ["signal"])

    def test_account_data_and_to_device_wake(self):
        alice = self.user()
        alice.sync()
        later = alice.sync_later(timeout=30000)
        time.sleep(0.2)
        self.assert_ok(alice.client.put(
            f"{V3}/user/{harness.quote(alice.id)}/account_data/com.example.x", {"a": 1}))
        events = later.result()["account_data"]["events"]
        self.assertEqual(events, [{"type": "com.example.x", "content": {"a": 1}}])
        later = alice.sync_later(timeout=30000)
        time.sleep(0.2)
        self.assert_ok(alice.client.put(f"{V3}/sendToDevice/m.test/1", {
            "messages": {alice.id: {"*": {"n": 1}}}}))
        events = later.result()["to_device"]["events"]
        self.assertEqual(events, [{"sender": alice.id, "type": "m.test", "content": {"n": 1}}])

    def test_full_state_does_not_wait(self):
        alice = self.user()
        room = alice.create_room(name="N")
        alice.sync()
        sync = alice.sync(timeout=30000, full_state="true")
        room = joined(sync, room)
        self.assertIn("m.room.name", types(room["state"]["events"]))
        self.assertEqual(room["timeline"]["events"], [])

    def test_signing_out_ends_the_wait(self):
        alice = self.user()
        alice.sync()
        name = alice.id[1:].split(":")[0]
        phone = User(self.parvis.login(name))
        phone.sync()
        later = talk.Later(lambda: phone.client.get(
            f"{V3}/sync?timeout=60000&since={phone.since}"))
        time.sleep(0.3)
        self.assertTrue(later.is_waiting())
        self.assert_ok(phone.client.post(f"{V3}/logout"))
        self.assert_refused(later.result(10), 401, "M_UNKNOWN_TOKEN")

    def test_messages_in_a_hurry_are_all_told(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        seen, gaps = [], 0

        def read():
            nonlocal gaps
            while "end" not in seen:
                told = joined(bob.sync(timeout=30000), room)
                if told:
                    seen.extend(bodies(told))
                    gaps += told["timeline"]["limited"]

        later = talk.Later(read)
        for i in range(60):
            alice.send(room, str(i))
        alice.send(room, "end")
        later.result()
        if gaps == 0:
            self.assertEqual(seen, [str(i) for i in range(60)] + ["end"])


class Timeline(SyncCase):
    def test_first_sync(self):
        alice = self.user()
        room = alice.create_room(name="N", topic="T")
        alice.send(room, "hello")
        sync = alice.sync(filter={"room": {"timeline": {"limit": 3}}})
        told = joined(sync, room)
        self.assertEqual(len(told["timeline"]["events"]), 3)
        self.assertTrue(told["timeline"]["limited"])
        in_timeline = {e["event_id"] for e in told["timeline"]["events"]}
        in_state = {e["event_id"] for e in told["state"]["events"]}
        self.assertFalse(in_timeline & in_state)
        self.assertIn("m.room.create", types(told["state"]["events"]))
        for event in told["timeline"]["events"] + told["state"]["events"]:
            self.assertNotIn("room_id", event)
        self.assertEqual(told["summary"]["m.joined_member_count"], 1)
        self.assertEqual(told["unread_notifications"],
                         {"notification_count": 0, "highlight_count": 0})
        self.assertEqual(sync["device_one_time_keys_count"], {"signed_curve25519": 0})
        self.assertEqual(sync["device_unused_fallback_key_types"], [])

    def test_a_gap_and_what_fills_it(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        for i in range(15):
            alice.send(room, str(i))
        alice.state(room, "m.room.topic", {"topic": "in the gap"})
        for i in range(15, 30):
            alice.send(room, str(i))
        told = joined(bob.sync(), room)
        self.assertTrue(told["timeline"]["limited"])
        self.assertEqual(bodies(told), [str(i) for i in range(20, 30)])
        self.assertEqual(types(told["state"]["events"]), ["m.room.topic"])
        page = self.assert_ok(bob.client.get(
            f"{V3}/rooms/{harness.quote(room)}/messages?dir=b&limit=21"
            f"&from={told['timeline']['prev_batch']}"))
        texts = [e["content"].get("body") for e in page["chunk"]]
        self.assertEqual(texts[:4], ["19", "18", "17", "16"])
        self.assertEqual(texts[-1], "0")

    def test_no_gap_no_state(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        alice.state(room, "m.room.topic", {"topic": "seen"})
        alice.send(room, "text")
        told = joined(bob.sync(), room)
        self.assertFalse(told["timeline"]["limited"])
        self.assertEqual(told["state"]["events"], [])
        self.assertEqual(types(told["timeline"]["events"]), ["m.room.message", "m.room.topic"])

    def test_state_that_the_timeline_filter_takes_out_is_in_the_state(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob, name="before")
        only = {"room": {"timeline": {"types": ["m.room.message"]}}}
        told = joined(bob.sync(filter=only), room)
        self.assertIn("m.room.name", types(told["state"]["events"]))
        alice.state(room, "m.room.name", {"name": "after"})
        alice.send(room, "text")
        told = joined(bob.sync(filter=only), room)
        self.assertEqual(bodies(told), ["text"])
        self.assertEqual([e["content"] for e in told["state"]["events"]], [{"name": "after"}])

    def test_sender_and_url_filters(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        alice.sync()
        alice.send(room, "mine")
        bob.send(room, "picture", url="mxc://localhost/a")
        since = alice.since
        for part, expected in (
                ({"not_senders": [bob.id]}, ["mine"]),
                ({"senders": [bob.id]}, ["picture"]),
                ({"contains_url": True}, ["picture"]),
                ({"contains_url": False}, ["mine"]),
                ({"not_types": ["m.room.*"]}, None),
                ({"not_rooms": [room]}, None)):
            sync = alice.sync(since=since, filter={"room": {"timeline": part}})
            told = joined(sync, room)
            self.assertEqual(bodies(told) if told and told["timeline"]["events"] else None,
                             expected, part)
        self.assertIsNone(joined(alice.sync(since=since, filter={"room": {"rooms": []}}), room))

    def test_event_fields_and_federation_format(self):
        alice = self.user()
        room = alice.create_room()
        alice.sync()
        since = alice.since
        alice.send(room, "text")
        event = joined(alice.sync(since=since, filter={"event_fields": ["content.body"]}),
                       room)["timeline"]["events"][0]
        self.assertEqual(event["content"], {"body": "text"})
        raw = joined(alice.sync(since=since, filter={"event_format": "federation"}),
                     room)["timeline"]["events"][0]
        self.assertIn("auth_events", raw)

    def test_transaction_id_for_the_device_that_sent(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        alice.sync()
        bob.sync()
        alice.send(room, "text")
        self.assertIn("transaction_id",
                      joined(alice.sync(), room)["timeline"]["events"][0]["unsigned"])
        self.assertNotIn("transaction_id",
                         joined(bob.sync(), room)["timeline"]["events"][0]["unsigned"])


class StateAfter(SyncCase):
    def test_state_after_replaces_state(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob, name="one")
        for key, parameter in (
                ("state_after", "use_state_after"),
                ("org.matrix.msc4222.state_after", "org.matrix.msc4222.use_state_after")):
            told = joined(bob.sync(since=None, **{parameter: "true"}), room)
            self.assertNotIn("state", told)
            names = [e["content"]["name"] for e in told[key]["events"]
                     if e["type"] == "m.room.name"]
            self.assertEqual(len(names), 1)
            alice.state(room, "m.room.name", {"name": "changed " + key})
            alice.send(room, "text")
            told = joined(bob.sync(**{parameter: "true"}), room)
            self.assertNotIn("state", told)
            self.assertEqual([e["content"]["name"] for e in told[key]["events"]],
                             ["changed " + key])
            self.assertIn("m.room.name", types(told["timeline"]["events"]))
            alice.send(room, "more")
            told = joined(bob.sync(**{parameter: "true"}), room)
            self.assertEqual(told[key], {"events": []})


class Lazy(SyncCase):
    LAZY = {"room": {"timeline": {"limit": 2}, "state": {"lazy_load_members": True}}}

    def test_only_members_who_are_needed(self):
        alice, bob, carol, dave = self.users(4)
        room = self.room_of(alice, bob, carol, dave, name="N")
        alice.send(room, "a")
        carol.send(room, "c")
        told = joined(bob.sync(filter=self.LAZY), room)
        self.assertEqual(members(told["state"]["events"]), sorted([alice.id, bob.id, carol.id]))
        carol.send(room, "again")
        told = joined(bob.sync(filter=self.LAZY), room)
        self.assertIn(members(told["state"]["events"]), ([], [carol.id]))

    def test_heroes_have_member_events(self):
        alice, bob, carol = self.users(3)
        room = self.room_of(alice, bob, carol)
        bob.send(room, "x")
        bob.send(room, "y")
        told = joined(bob.sync(filter=self.LAZY), room)
        self.assertEqual(sorted(told["summary"]["m.heroes"]), sorted([alice.id, carol.id]))
        self.assertEqual(members(told["state"]["events"]), sorted([alice.id, bob.id, carol.id]))
        self.assertEqual(told["summary"]["m.joined_member_count"], 3)

    def test_membership_changes_in_a_gap(self):
        alice, bob, carol, dave = self.users(4)
        room = self.room_of(alice, bob, carol, name="N")
        bob.sync(filter=self.LAZY)
        carol.leave(room)
        alice.room(room, "invite", user_id=dave.id)
        dave.join(room)
        for i in range(5):
            alice.send(room, str(i))
        told = joined(bob.sync(filter=self.LAZY), room)
        self.assertTrue(told["timeline"]["limited"])
        changed = {e["state_key"]: e["content"]["membership"] for e in told["state"]["events"]}
        self.assertEqual(changed[carol.id], "leave")
        self.assertEqual(changed[dave.id], "join")
        self.assertEqual(told["summary"]["m.joined_member_count"], 3)


class Memberships(SyncCase):
    def test_invite_then_join_then_leave(self):
        alice, bob = self.users(2)
        bob.sync()
        room = alice.create_room(preset="private_chat", name="N", invite=[bob.id])
        sync = bob.sync()
        stripped = sync["rooms"]["invite"][room]["invite_state"]["events"]
        self.assertIn("m.room.name", types(stripped))
        self.assertIn(bob.id, members(stripped))
        self.assertNotIn("invite", bob.sync()["rooms"])
        bob.join(room)
        told = joined(bob.sync(), room)
        everything = told["state"]["events"] + told["timeline"]["events"]
        self.assertIn("m.room.create", types(everything))
        alice.send(room, "before")
        bob.leave(room)
        alice.send(room, "after")
        alice.state(room, "m.room.topic", {"topic": "after"})
        left = bob.sync()["rooms"]["leave"][room]
        self.assertEqual(types(left["timeline"]["events"]), ["m.room.member", "m.room.message"])
        self.assertEqual(left["state"]["events"], [])
        self.assertNotIn("leave", bob.sync()["rooms"])
        sync = bob.sync(since=None)
        self.assertNotIn("leave", sync["rooms"])
        sync = bob.sync(since=None, filter={"room": {"include_leave": True}})
        left = sync["rooms"]["leave"][room]
        texts = [e["content"].get("body") for e in left["timeline"]["events"]]
        self.assertIn("before", texts)
        self.assertNotIn("after", texts)
        self.assertNotIn("m.room.topic", types(left["state"]["events"]))

    def test_kick_ban_and_nothing_after(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        alice.room(room, "ban", user_id=bob.id, reason="noise")
        left = bob.sync()["rooms"]["leave"][room]
        self.assertEqual(left["timeline"]["events"][-1]["content"]["membership"], "ban")
        alice.send(room, "secret")
        self.assertEqual(bob.sync()["rooms"], {})
        alice.room(room, "unban", user_id=bob.id)
        left = bob.sync()["rooms"]["leave"][room]
        texts = [e["content"].get("body") for e in left["timeline"]["events"]]
        self.assertNotIn("secret", texts)

    def test_rejected_invite_shows_no_state(self):
        alice, bob = self.users(2)
        room = alice.create_room(preset="private_chat", name="secret name", invite=[bob.id])
        bob.sync()
        bob.leave(room)
        left = bob.sync()["rooms"]["leave"][room]
        self.assertEqual(left["state"]["events"], [])
        self.assertEqual(left["timeline"]["events"][-1]["content"]["membership"], "leave")
        self.assertNotIn("m.room.name", types(left["timeline"]["events"]))

    def test_left_and_back_between_two_syncs(self):
        alice, bob = self.users(2)
        room = alice.create_room(preset="public_chat", name="N", initial_state=[
            {"type": "m.room.history_visibility", "state_key": "",
             "content": {"history_visibility": "joined"}}])
        bob.join(room)
        bob.sync()
        bob.leave(room)
        alice.state(room, "m.room.name", {"name": "while away"})
        alice.send(room, "hidden")
        bob.join(room)
        alice.send(room, "seen")
        told = joined(bob.sync(), room)
        self.assertNotIn("hidden", bodies(told))
        self.assertIn("seen", bodies(told))
        self.assertTrue(told["timeline"]["limited"])
        names = [e["content"]["name"] for e in told["state"]["events"]
                 if e["type"] == "m.room.name"]
        self.assertEqual(names, ["while away"])

    def test_joined_and_left_between_two_syncs(self):
        alice, bob = self.users(2)
        bob.sync()
        room = self.room_of(alice, bob)
        bob.leave(room)
        sync = bob.sync()
        self.assertIsNone(joined(sync, room))
        self.assertIn(room, sync["rooms"]["leave"])

    def test_knock(self):
        alice, bob = self.users(2)
        room = alice.create_room(preset="public_chat", name="N", initial_state=[
            {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}])
        bob.sync()
        self.assert_ok(bob.client.post(f"{V3}/knock/{harness.quote(room)}", {}))
        stripped = bob.sync()["rooms"]["knock"][room]["knock_state"]["events"]
        self.assertIn(bob.id, members(stripped))

    def test_ignored_users(self):
        alice, bob, carol = self.users(3)
        room = self.room_of(alice, bob, carol)
        self.assert_ok(bob.client.put(
            f"{V3}/user/{harness.quote(bob.id)}/account_data/m.ignored_user_list",
            {"ignored_users": {carol.id: {}}}))
        bob.sync()
        carol.send(room, "ignored")
        alice.send(room, "heard")
        carol.state(room, "m.room.member", {"membership": "join", "displayname": "C"}, carol.id)
        other = carol.create_room(preset="private_chat", invite=[bob.id])
        sync = bob.sync()
        self.assertEqual([b for b in bodies(joined(sync, room)) if b], ["heard"])
        self.assertIn("m.room.member", types(joined(sync, room)["timeline"]["events"]))
        self.assertNotIn(other, sync["rooms"].get("invite", {}))


class Data(SyncCase):
    def test_tags_and_room_account_data(self):
        alice = self.user()
        room = alice.create_room()
        alice.sync()
        base = f"{V3}/user/{harness.quote(alice.id)}/rooms/{harness.quote(room)}"
        self.assert_ok(alice.client.put(f"{base}/tags/m.favourite", {"order": 0.5}))
        self.assert_ok(alice.client.put(f"{base}/account_data/com.example.r", {"b": 2}))
        events = joined(alice.sync(), room)["account_data"]["events"]
        self.assertEqual(events, [
            {"type": "m.tag", "content": {"tags": {"m.favourite": {"order": 0.5}}}},
            {"type": "com.example.r", "content": {"b": 2}}])
        self.assertIsNone(joined(alice.sync(), room))
        first = joined(alice.sync(since=None), room)["account_data"]["events"]
        self.assertEqual(types(first), ["com.example.r", "m.tag"])
        sync = alice.sync(since=None, filter={
            "account_data": {"not_types": ["*"]}, "room": {"account_data": {"types": ["m.tag"]}}})
        self.assertEqual(sync["account_data"]["events"], [])
        self.assertEqual(types(joined(sync, room)["account_data"]["events"]), ["m.tag"])

    def test_push_rules_come_first_and_when_they_change(self):
        alice = self.user()
        self.assertIn("m.push_rules", types(alice.sync()["account_data"]["events"]))
        self.assertEqual(alice.sync()["account_data"]["events"], [])
        self.assert_ok(alice.client.put(
            f"{V3}/pushrules/global/content/word", {"pattern": "word", "actions": ["notify"]}))
        self.assertIn("m.push_rules", types(alice.sync()["account_data"]["events"]))

    def test_to_device_stays_until_the_next_token_is_used(self):
        alice = self.user()
        alice.sync()
        since = alice.since
        self.assert_ok(alice.client.put(f"{V3}/sendToDevice/m.test/1", {
            "messages": {alice.id: {alice.client.device_id: {"n": 1}}}}))
        for _ in range(2):
            self.assertEqual(len(alice.sync(since=since)["to_device"]["events"]), 1)
        self.assertEqual(alice.sync()["to_device"]["events"], [])
        self.assertEqual(alice.sync(since=since)["to_device"]["events"], [])

    def test_many_to_device_messages_come_in_parts(self):
        alice = self.user()
        alice.sync()
        for i in range(230):
            self.assert_ok(alice.client.put(f"{V3}/sendToDevice/m.test/{i}", {
                "messages": {alice.id: {alice.client.device_id: {"n": i}}}}))
        room = alice.create_room()
        seen, told = [], 0
        for _ in range(4):
            sync = alice.sync()
            seen += [e["content"]["n"] for e in sync["to_device"]["events"]]
            told += joined(sync, room) is not None
        self.assertEqual(seen, list(range(230)))
        self.assertEqual(told, 1)

    def test_device_lists(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        alice.sync()
        keys = {"device_keys": {"user_id": bob.id, "device_id": bob.client.device_id,
                                "algorithms": ["m.olm.v1.curve25519-aes-sha2"], "keys": {},
                                "signatures": {}}}
        reply = bob.client.post(f"{V3}/keys/upload", keys)
        if reply.status == 200:
            self.assertIn(bob.id, alice.sync()["device_lists"]["changed"])
        alice.sync()
        bob.leave(room)
        self.assertIn(bob.id, alice.sync()["device_lists"]["left"])


class Restart(SyncCase):
    def test_tokens_survive(self):
        alice, bob = self.users(2)
        room = self.room_of(alice, bob)
        bob.sync()
        for _ in range(3):
            self.assert_ok(bob.client.put(
                f"{V3}/rooms/{harness.quote(room)}/typing/{harness.quote(bob.id)}",
                {"typing": True, "timeout": 30000}))
            self.assert_ok(bob.client.put(
                f"{V3}/rooms/{harness.quote(room)}/typing/{harness.quote(bob.id)}",
                {"typing": False}))
        bob.sync()
        alice.sync()
        self.parvis.kill()
        self.parvis.launch()
        alice.send(room, "after the crash")
        told = joined(bob.sync(), room)
        self.assertEqual(bodies(told), ["after the crash"])
        # Who typed before is not known any more, and clients are told so once.
        self.assertEqual(told["ephemeral"]["events"],
                         [{"type": "m.typing", "content": {"user_ids": []}}])
        self.assertEqual(bob.sync()["rooms"], {})


if __name__ == "__main__":
    unittest.main()
