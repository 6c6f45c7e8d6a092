# SPDX-License-Identifier: Apache-2.0
"""Rooms from outside: creation, membership, events, state, history."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import V3, RoomCase, quote  # noqa: E402


class Creation(RoomCase):
    def test_every_version(self):
        for version in ("10", "11", "12"):
            room = self.create(room_version=version, name="Salle", topic="Ordre du jour")
            create = self.assert_ok(self.state(self.alice, room, "m.room.create"))
            self.assertEqual(create["room_version"], version)
            self.assertEqual(":" in room, version != "12")
            self.assertEqual(self.state(self.alice, room, "m.room.name").json, {"name": "Salle"})
            topic = self.state(self.alice, room, "m.room.topic").json
            self.assertEqual(topic["topic"], "Ordre du jour")

    def test_unknown_version(self):
        reply = self.alice.post(f"{V3}/createRoom", {"room_version": "no"})
        self.assert_refused(reply, 400, "M_UNSUPPORTED_ROOM_VERSION")

    def test_presets(self):
        rules = {"private_chat": ("invite", "can_join"), "public_chat": ("public", "forbidden"),
                 "trusted_private_chat": ("invite", "can_join")}
        for preset, (join_rule, guests) in rules.items():
            room = self.create(preset=preset)
            self.assertEqual(self.state(self.alice, room, "m.room.join_rules").json["join_rule"],
                             join_rule)
            self.assertEqual(
                self.state(self.alice, room, "m.room.guest_access").json["guest_access"], guests)
            self.assertEqual(self.state(self.alice, room, "m.room.history_visibility").json,
                             {"history_visibility": "shared"})

    def test_initial_state_wins_over_the_preset(self):
        room = self.create(initial_state=[
            {"type": "m.room.history_visibility", "content": {"history_visibility": "joined"}},
            {"type": "org.example", "state_key": "k", "content": {"n": 1}}])
        self.assertEqual(self.state(self.alice, room, "m.room.history_visibility").json,
                         {"history_visibility": "joined"})
        self.assertEqual(self.state(self.alice, room, "org.example", "k").json, {"n": 1})

    def test_direct_invites(self):
        room = self.create(preset="trusted_private_chat", is_direct=True,
                           invite=[self.bob.user_id])
        create = self.state(self.alice, room, "m.room.create").json
        self.assertEqual(create["additional_creators"], [self.bob.user_id])
        member = self.state(self.alice, room, "m.room.member", self.bob.user_id).json
        self.assertEqual(member["membership"], "invite")
        self.assertTrue(member["is_direct"])
        self.assertEqual(member["displayname"], "bob")
        self.assert_ok(self.bob.post(f"{V3}/rooms/{quote(room)}/join"))

    def test_refusals(self):
        def refused(body, status, errcode):
            self.assert_refused(self.alice.post(f"{V3}/createRoom", body), status, errcode)

        refused({"preset": "none"}, 400, "M_INVALID_PARAM")
        refused({"visibility": "none"}, 400, "M_INVALID_PARAM")
        refused({"invite": ["@nobody:localhost"]}, 404, "M_NOT_FOUND")
        refused({"invite": ["nobody"]}, 400, "M_INVALID_PARAM")
        refused({"invite": ["@a:elsewhere.example"]}, 403, "M_FORBIDDEN")
        refused({"initial_state": [{"content": {}}]}, 400, "M_BAD_JSON")
        refused({"name": 7}, 400, "M_BAD_JSON")
        refused({"room_version": "11", "name": "n",
                 "power_level_content_override": {"users": {self.alice.user_id: 1}}},
                400, "M_INVALID_ROOM_STATE")
        refused({"power_level_content_override": {"users": {self.alice.user_id: 100}}},
                400, "M_INVALID_ROOM_STATE")
        refused({"room_alias_name": "a b:c"}, 400, "M_INVALID_PARAM")

    def test_alias(self):
        room = self.create(room_alias_name="mairie")
        self.assertEqual(self.state(self.alice, room, "m.room.canonical_alias").json,
                         {"alias": "#mairie:localhost"})
        self.assert_refused(
            self.bob.post(f"{V3}/createRoom", {"room_alias_name": "mairie"}), 400,
            "M_ROOM_IN_USE")


class Membership(RoomCase):
    def act(self, who, room, action, target=None, **more):
        body = dict(more)
        if target is not None:
            body["user_id"] = target.user_id
        return who.post(f"{V3}/rooms/{quote(room)}/{action}", body)

    def test_invite_and_join(self):
        room = self.create()
        self.assert_refused(self.act(self.bob, room, "join"), 403, "M_FORBIDDEN")
        self.assert_ok(self.act(self.alice, room, "invite", self.bob, reason="viens"))
        self.assertEqual(self.assert_ok(self.act(self.bob, room, "join"))["room_id"], room)
        self.assert_ok(self.act(self.bob, room, "join"))
        joined = self.assert_ok(self.bob.get(f"{V3}/joined_rooms"))["joined_rooms"]
        self.assertIn(room, joined)
        members = self.assert_ok(self.bob.get(f"{V3}/rooms/{quote(room)}/joined_members"))
        self.assertEqual(set(members["joined"]), {self.alice.user_id, self.bob.user_id})

    def test_kick_ban_unban_forget(self):
        room = self.public_room(self.bob, self.eve)
        self.assert_refused(self.act(self.bob, room, "kick", self.eve), 403, "M_FORBIDDEN")
        self.assert_ok(self.act(self.alice, room, "kick", self.eve, reason="r"))
        self.assert_refused(self.act(self.alice, room, "kick", self.eve), 403, "M_FORBIDDEN")
        self.assert_ok(self.act(self.alice, room, "ban", self.bob))
        self.assert_refused(self.act(self.bob, room, "join"), 403, "M_FORBIDDEN")
        self.assert_refused(self.act(self.alice, room, "unban", self.eve), 403, "M_FORBIDDEN")
        self.assert_ok(self.act(self.alice, room, "unban", self.bob))
        self.assert_ok(self.act(self.bob, room, "join"))
        self.assert_refused(self.act(self.bob, room, "forget"), 400, "M_UNKNOWN")
        self.assert_ok(self.act(self.bob, room, "leave"))
        self.assert_refused(self.act(self.bob, room, "leave"), 403, "M_FORBIDDEN")
        self.assert_ok(self.act(self.bob, room, "forget"))

    def test_knock(self):
        room = self.create()
        path = f"{V3}/knock/{quote(room)}"
        self.assert_refused(self.bob.post(path), 403, "M_FORBIDDEN")
        self.set_state(self.alice, room, "m.room.join_rules", {"join_rule": "knock"})
        self.assert_ok(self.bob.post(path, {"reason": "toc toc"}))
        self.assert_ok(self.act(self.alice, room, "invite", self.bob))
        self.assert_ok(self.act(self.bob, room, "join"))
        self.assert_refused(self.bob.post(path), 403, "M_FORBIDDEN")

    def test_restricted(self):
        space = self.public_room(self.bob)
        room = self.create()
        self.set_state(self.alice, room, "m.room.join_rules", {
            "join_rule": "restricted",
            "allow": [{"type": "m.room_membership", "room_id": space}]})
        self.assert_refused(self.act(self.eve, room, "join"), 403, "M_FORBIDDEN")
        path = f"{V3}/rooms/{quote(room)}/state/m.room.member/{quote(self.eve.user_id)}"
        claim = {"membership": "join", "join_authorised_via_users_server": self.alice.user_id}
        self.assert_refused(self.eve.put(path, claim), 403, "M_FORBIDDEN")
        self.assert_ok(self.act(self.bob, room, "join"))

    def test_unknown_rooms(self):
        self.assert_refused(self.bob.post(f"{V3}/join/{quote('!none:localhost')}"), 404,
                            "M_NOT_FOUND")
        self.assert_refused(self.bob.post(f"{V3}/join/{quote('#none:localhost')}"), 404,
                            "M_NOT_FOUND")
        self.assert_refused(self.bob.post(f"{V3}/join/none"), 400, "M_INVALID_PARAM")

    def test_profiles_follow(self):
        room = self.public_room(self.eve)
        path = f"{V3}/profile/{quote(self.eve.user_id)}/displayname"
        self.assert_ok(self.eve.put(path, {"displayname": "Ève"}))
        member = self.state(self.alice, room, "m.room.member", self.eve.user_id).json
        self.assertEqual(member["displayname"], "Ève")

    def test_members(self):
        room = self.public_room(self.bob)
        before = self.assert_ok(self.messages(self.alice, room, dir="b", limit=1))["start"]
        self.assert_ok(self.act(self.bob, room, "leave"))
        base = f"{V3}/rooms/{quote(room)}/members"

        def members(query):
            chunk = self.assert_ok(self.alice.get(base + query))["chunk"]
            return {e["state_key"]: e["content"]["membership"] for e in chunk}

        self.assertEqual(members("")[self.bob.user_id], "leave")
        self.assertEqual(set(members("?membership=join")), {self.alice.user_id})
        self.assertEqual(set(members("?not_membership=join")), {self.bob.user_id})
        self.assertEqual(members(f"?at={before}")[self.bob.user_id], "join")
        self.assert_refused(self.eve.get(base), 403, "M_FORBIDDEN")


class Events(RoomCase):
    def test_a_transaction_survives_a_kill(self):
        room = self.public_room(self.bob)
        body = {"msgtype": "m.text", "body": "bonjour"}
        event = self.send(self.bob, room, body, txn="once")
        self.parvis.kill()
        self.parvis.launch()
        self.assertEqual(self.send(self.bob, room, body, txn="once"), event)
        chunk = self.messages(self.bob, room, dir="b", limit=50).json["chunk"]
        self.assertEqual([e["event_id"] for e in chunk if e["type"] == "m.room.message"], [event])
        self.assertEqual(chunk[0]["unsigned"]["transaction_id"], "once")
        seen = self.messages(self.alice, room, dir="b", limit=1).json["chunk"][0]
        self.assertNotIn("transaction_id", seen["unsigned"])

    def test_event(self):
        room = self.public_room(self.bob)
        event = self.send(self.bob, room, {"msgtype": "m.text", "body": "é😀"})
        path = f"{V3}/rooms/{quote(room)}/event/{quote(event)}"
        seen = self.assert_ok(self.alice.get(path))
        self.assertEqual(seen["content"]["body"], "é😀")
        self.assertEqual(seen["room_id"], room)
        self.assertEqual(seen["unsigned"]["membership"], "join")
        self.assert_refused(self.eve.get(path), 403, "M_FORBIDDEN")
        other = self.public_room()
        self.assert_refused(
            self.alice.get(f"{V3}/rooms/{quote(other)}/event/{quote(event)}"), 404, "M_NOT_FOUND")

    def test_refused_contents(self):
        room = self.public_room()
        path = f"{V3}/rooms/{quote(room)}/send/m.room.message/"
        self.assert_refused(self.alice.put(path + "r1", {"n": 0.5}), 400, "M_BAD_JSON")
        self.assert_refused(self.alice.put(path + "r2", {"n": 2**53}), 400, "M_BAD_JSON")
        self.assert_refused(self.alice.put(path + "r3", b"{"), 400, "M_NOT_JSON")
        self.assert_refused(self.alice.put(path + "r4", {"body": "x" * 66000}), 413, "M_TOO_LARGE")
        self.assert_refused(self.eve.put(path + "r5", {}), 403, "M_FORBIDDEN")
        self.assert_refused(
            self.alice.put(f"{V3}/rooms/{quote(room)}/state/org.example/%ff", {}), 400,
            "M_INVALID_PARAM")

    def test_state(self):
        room = self.public_room(self.bob)
        for path in ("m.room.name", "m.room.name/"):
            url = f"{V3}/rooms/{quote(room)}/state/{path}"
            self.assert_ok(self.alice.put(url, {"name": path}))
            self.assertEqual(self.assert_ok(self.bob.get(url)), {"name": path})
        event = self.assert_ok(self.bob.get(url + "?format=event"))
        self.assertEqual((event["state_key"], event["content"]["name"]), ("", "m.room.name/"))
        self.assertEqual(event["unsigned"]["prev_content"], {"name": "m.room.name"})
        self.assert_refused(self.bob.put(url, {"name": "x"}), 403, "M_FORBIDDEN")
        self.assert_refused(self.state(self.bob, room, "none"), 404, "M_NOT_FOUND")
        self.assert_refused(self.state(self.eve, room, "m.room.name"), 403, "M_FORBIDDEN")
        everything = self.assert_ok(self.bob.get(f"{V3}/rooms/{quote(room)}/state"))
        kinds = {(e["type"], e["state_key"]) for e in everything}
        self.assertIn(("m.room.member", self.bob.user_id), kinds)
        self.set_state(self.alice, room, "org.example", {"n": 1}, "a/b c")
        self.assertEqual(self.state(self.bob, room, "org.example", "a/b c").json, {"n": 1})

    def test_state_of_those_who_left(self):
        room = self.public_room(self.bob)
        self.set_state(self.alice, room, "m.room.name", {"name": "A"})
        self.assert_ok(self.bob.post(f"{V3}/rooms/{quote(room)}/leave"))
        self.set_state(self.alice, room, "m.room.name", {"name": "B"})
        self.assertEqual(self.state(self.bob, room, "m.room.name").json, {"name": "A"})
        unseen = self.send(self.alice, room, {"body": "x"})
        self.assert_refused(
            self.bob.get(f"{V3}/rooms/{quote(room)}/event/{quote(unseen)}"), 404, "M_NOT_FOUND")

    def test_redaction(self):
        for version in ("10", "12"):
            room = self.public_room(self.bob, room_version=version)
            event = self.send(self.bob, room, {"msgtype": "m.text", "body": "oups"})
            other = self.send(self.alice, room, {"msgtype": "m.text", "body": "ok"})
            base = f"{V3}/rooms/{quote(room)}"
            self.assert_refused(
                self.bob.put(f"{base}/redact/{quote(other)}/{version}"), 403, "M_FORBIDDEN")
            path = f"{base}/redact/{quote(event)}/r{version}"
            redaction = self.assert_ok(self.bob.put(path, {"reason": "faute"}))["event_id"]
            self.assertEqual(self.assert_ok(self.bob.put(path))["event_id"], redaction)
            seen = self.assert_ok(self.alice.get(f"{base}/event/{quote(event)}"))
            self.assertEqual(seen["content"], {})
            because = seen["unsigned"]["redacted_because"]
            self.assertEqual(because["event_id"], redaction)
            self.assertEqual(because["content"], {"reason": "faute", "redacts": event})
            self.assertEqual(because["redacts"], event)
            self.assert_refused(
                self.bob.put(f"{base}/redact/{quote('$none')}/n{version}"), 404, "M_NOT_FOUND")

    def test_messages_both_ways(self):
        room = self.public_room(self.bob)
        sent = [self.send(self.alice, room, {"msgtype": "m.text", "body": str(i)})
                for i in range(25)]
        for direction, expected in (("b", sent[::-1]), ("f", sent)):
            token, seen = None, []
            while True:
                query = {"dir": direction, "limit": 7}
                if token:
                    query["from"] = token
                page = self.assert_ok(self.messages(self.bob, room, **query))
                seen += [e["event_id"] for e in page["chunk"] if e["type"] == "m.room.message"]
                self.assertLessEqual(len(page["chunk"]), 7)
                token = page.get("end")
                if token is None:
                    break
            self.assertEqual(seen, expected)

    def test_messages_filter(self):
        room = self.public_room(self.bob)
        self.send(self.alice, room, {"body": "a"})
        event = self.send(self.bob, room, {"body": "b", "url": "mxc://localhost/x"})
        where = json.dumps({"types": ["m.room.message"], "senders": [self.bob.user_id],
                            "contains_url": True, "lazy_load_members": True})
        page = self.assert_ok(self.messages(self.alice, room, dir="b", filter=where))
        self.assertEqual([e["event_id"] for e in page["chunk"]], [event])
        self.assertEqual([e["state_key"] for e in page["state"]], [self.bob.user_id])
        self.assert_refused(self.messages(self.alice, room), 400, "M_MISSING_PARAM")
        self.assert_refused(self.messages(self.alice, room, dir="x"), 400, "M_INVALID_PARAM")
        self.assert_refused(
            self.messages(self.alice, room, dir="b", **{"from": "x"}), 400, "M_INVALID_PARAM")
        self.assert_refused(self.messages(self.eve, room, dir="b"), 403, "M_FORBIDDEN")

    def test_context(self):
        room = self.public_room(self.bob)
        sent = [self.send(self.alice, room, {"body": str(i)}) for i in range(9)]
        path = f"{V3}/rooms/{quote(room)}/context/{quote(sent[4])}?limit=4"
        around = self.assert_ok(self.bob.get(path))
        self.assertEqual(around["event"]["event_id"], sent[4])
        self.assertEqual([e["event_id"] for e in around["events_before"]], sent[3:1:-1])
        self.assertEqual([e["event_id"] for e in around["events_after"]], sent[5:7])
        older = self.messages(self.bob, room, dir="b", limit=1, **{"from": around["start"]}).json
        self.assertEqual(older["chunk"][0]["event_id"], sent[1])
        newer = self.messages(self.bob, room, dir="f", limit=1, **{"from": around["end"]}).json
        self.assertEqual(newer["chunk"][0]["event_id"], sent[7])


if __name__ == "__main__":
    unittest.main()
