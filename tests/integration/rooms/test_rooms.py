# SPDX-License-Identifier: Apache-2.0
"""Rooms from outside: creation, membership, events, state, history, aliases, the directory."""

import itertools
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
counter = itertools.count()


class RoomCase(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.parvis.register("alice")
        cls.bob = cls.parvis.register("bob")
        cls.eve = cls.parvis.register("eve")

    def create(self, who=None, **body):
        return self.assert_ok((who or self.alice).post(f"{V3}/createRoom", body))["room_id"]

    def public_room(self, *members, **body):
        room = self.create(preset="public_chat", **body)
        for member in members:
            self.assert_ok(member.post(f"{V3}/join/{quote(room)}"))
        return room

    def send(self, who, room, content, kind="m.room.message", txn=None):
        path = f"{V3}/rooms/{quote(room)}/send/{kind}/{quote(txn or f't{next(counter)}')}"
        return self.assert_ok(who.put(path, content))["event_id"]

    def set_state(self, who, room, kind, content, key=""):
        path = f"{V3}/rooms/{quote(room)}/state/{kind}/{quote(key)}"
        return self.assert_ok(who.put(path, content))["event_id"]

    def state(self, who, room, kind, key=""):
        return who.get(f"{V3}/rooms/{quote(room)}/state/{kind}/{quote(key)}")

    def messages(self, who, room, **query):
        parameters = "&".join(f"{k}={quote(str(v))}" for k, v in query.items())
        return who.get(f"{V3}/rooms/{quote(room)}/messages?{parameters}")


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


class Upgrade(RoomCase):
    def upgrade(self, who, room, version="12", **more):
        return who.post(f"{V3}/rooms/{quote(room)}/upgrade", {"new_version": version, **more})

    def test_upgrade(self):
        for number, (old, new) in enumerate((("10", "12"), ("12", "12"), ("12", "11"))):
            alias = f"#ancienne{number}:localhost"
            room = self.public_room(
                self.bob, room_version=old, name="Salle", visibility="public",
                room_alias_name=f"ancienne{number}", creation_content={"type": "m.space"},
                initial_state=[{"type": "m.space.child", "state_key": "!c:localhost",
                                "content": {"via": ["localhost"]}}])
            self.assert_ok(self.alice.post(f"{V3}/rooms/{quote(room)}/ban",
                                           {"user_id": self.eve.user_id}))
            self.assert_refused(self.upgrade(self.bob, room), 403, "M_FORBIDDEN")
            self.assert_refused(
                self.upgrade(self.alice, room, "no"), 400, "M_UNSUPPORTED_ROOM_VERSION")
            done = self.assert_ok(self.upgrade(self.alice, room, new))["replacement_room"]
            create = self.state(self.alice, done, "m.room.create").json
            self.assertEqual((create["room_version"], create["type"]), (new, "m.space"))
            self.assertEqual(create["predecessor"]["room_id"], room)
            tombstone = self.state(self.bob, room, "m.room.tombstone").json
            self.assertEqual(tombstone["replacement_room"], done)
            self.assertEqual(self.state(self.alice, done, "m.room.name").json, {"name": "Salle"})
            self.assertEqual(self.state(self.alice, done, "m.space.child", "!c:localhost").json,
                             {"via": ["localhost"]})
            self.assertEqual(
                self.alice.get(f"{V3}/directory/room/{quote(alias)}").json["room_id"], done)
            self.assertEqual(self.state(self.alice, done, "m.room.canonical_alias").json,
                             {"alias": alias})
            levels = self.state(self.alice, done, "m.room.power_levels").json
            if new == "12":
                self.assertNotIn(self.alice.user_id, levels["users"])
                self.assertGreater(levels["events"]["m.room.tombstone"], 100)
            else:
                self.assertEqual(levels["users"], {self.alice.user_id: 100})
            listing = f"{V3}/directory/list/room/"
            self.assertEqual(self.bob.get(listing + quote(done)).json, {"visibility": "public"})
            self.assertEqual(self.bob.get(listing + quote(room)).json, {"visibility": "private"})
            self.assert_ok(self.bob.post(f"{V3}/join/{quote(done)}"))
            self.assert_refused(self.eve.post(f"{V3}/join/{quote(done)}"), 403, "M_FORBIDDEN")
            self.assert_refused(
                self.bob.put(f"{V3}/rooms/{quote(room)}/send/m.room.message/late{number}",
                             {"body": "x"}), 403, "M_FORBIDDEN")


class Directory(RoomCase):
    def test_aliases(self):
        room = self.public_room(self.bob)
        alias = f"{V3}/directory/room/{quote('#place:localhost')}"
        self.assert_refused(self.bob.get(alias), 404, "M_NOT_FOUND")
        self.assert_refused(self.eve.put(alias, {"room_id": room}), 403, "M_FORBIDDEN")
        self.assert_ok(self.bob.put(alias, {"room_id": room}))
        self.assert_refused(self.bob.put(alias, {"room_id": room}), 409, "M_UNKNOWN")
        found = self.assert_ok(self.parvis.client().get(alias))
        self.assertEqual(found, {"room_id": room, "servers": ["localhost"]})
        listed = self.assert_ok(self.alice.get(f"{V3}/rooms/{quote(room)}/aliases"))
        self.assertEqual(listed["aliases"], ["#place:localhost"])
        self.assert_refused(self.eve.get(f"{V3}/rooms/{quote(room)}/aliases"), 403, "M_FORBIDDEN")
        path = f"{V3}/rooms/{quote(room)}/state/m.room.canonical_alias"
        self.assert_ok(self.alice.put(path, {"alias": "#place:localhost"}))
        self.assert_refused(
            self.alice.put(path, {"alias": "#other:localhost"}), 400, "M_BAD_ALIAS")
        self.assert_ok(self.eve.post(f"{V3}/join/{quote('#place:localhost')}"))
        self.assert_refused(self.eve.delete(alias), 403, "M_FORBIDDEN")
        self.assert_ok(self.bob.delete(alias))
        self.assert_refused(self.bob.delete(alias), 404, "M_NOT_FOUND")

    def test_directory(self):
        rooms = [self.public_room(visibility="public", name=f"Salle {i}", topic="Conseil")
                 for i in range(5)]
        self.assert_ok(self.bob.post(f"{V3}/join/{quote(rooms[2])}"))
        space = self.public_room(visibility="public", name="ÉCOLES",
                                 creation_content={"type": "m.space"})
        whole = self.assert_ok(self.parvis.client().get(f"{V3}/publicRooms"))
        listed = [r["room_id"] for r in whole["chunk"]]
        self.assertEqual(listed[0], rooms[2])
        self.assertTrue(set(rooms) <= set(listed))
        seen, token, pages = [], None, []
        while True:
            query = f"?limit=2&since={token}" if token else "?limit=2"
            page = self.assert_ok(self.alice.get(f"{V3}/publicRooms{query}"))
            pages.append([r["room_id"] for r in page["chunk"]])
            seen += pages[-1]
            last, token = page, page.get("next_batch")
            if token is None:
                break
        self.assertEqual(seen, listed)
        back = self.assert_ok(
            self.alice.get(f"{V3}/publicRooms?limit=2&since={last['prev_batch']}"))
        self.assertEqual([r["room_id"] for r in back["chunk"]], pages[-2])

        def search(**where):
            reply = self.alice.post(f"{V3}/publicRooms", {"filter": where})
            return {r["room_id"] for r in self.assert_ok(reply)["chunk"]}

        self.assertEqual(search(generic_search_term="conseil"), set(rooms))
        self.assertEqual(search(generic_search_term="écoles"), {space})
        self.assertEqual(search(room_types=["m.space"]), {space})
        self.assertNotIn(space, search(room_types=[None]))

    def test_listing(self):
        room = self.public_room(self.bob)
        path = f"{V3}/directory/list/room/{quote(room)}"
        self.assertEqual(self.bob.get(path).json, {"visibility": "private"})
        self.assert_refused(self.bob.put(path, {"visibility": "public"}), 403, "M_FORBIDDEN")
        self.assert_ok(self.alice.put(path, {"visibility": "public"}))
        self.assertEqual(self.bob.get(path).json, {"visibility": "public"})
        self.assert_refused(
            self.bob.get(f"{V3}/directory/list/room/{quote('!none:localhost')}"), 404,
            "M_NOT_FOUND")

    def test_summary(self):
        room = self.public_room(self.bob, name="Résumé", room_alias_name="resume")
        for path in (f"/_matrix/client/v1/room_summary/{quote(room)}",
                     f"/_matrix/client/v1/room_summary/{quote('#resume:localhost')}",
                     f"/_matrix/client/unstable/im.nheko.summary/summary/{quote(room)}"):
            summary = self.assert_ok(self.bob.get(path))
            self.assertEqual((summary["name"], summary["num_joined_members"],
                              summary["membership"], summary["room_version"]),
                             ("Résumé", 2, "join", "12"))
        self.assertNotIn("membership", self.assert_ok(self.parvis.client().get(path)))
        private = self.create()
        path = f"/_matrix/client/v1/room_summary/{quote(private)}"
        self.assert_refused(self.bob.get(path), 404, "M_NOT_FOUND")
        self.assert_ok(self.alice.get(path))


class Spaces(RoomCase):
    def hierarchy(self, who, room, query=""):
        return who.get(f"/_matrix/client/v1/rooms/{quote(room)}/hierarchy{query}")

    def tree(self):
        def space(**more):
            return self.public_room(creation_content={"type": "m.space"}, **more)

        def child(parent, room, **content):
            self.set_state(self.alice, parent, "m.space.child",
                           {"via": ["localhost"], **content}, room)

        root, below = space(name="Mairie"), space(name="Écoles")
        rooms = [self.public_room(name=f"Salle {i}") for i in range(3)]
        private = self.create()
        child(root, rooms[0], order="b")
        child(root, below, order="a")
        child(root, private)
        child(root, rooms[1], suggested=True)
        child(below, rooms[2])
        child(below, root)
        self.set_state(self.alice, root, "m.space.child", {}, "!removed:localhost")
        return root, below, rooms, private

    def test_walk(self):
        root, below, rooms, private = self.tree()
        whole = self.assert_ok(self.hierarchy(self.bob, root))["rooms"]
        order = [root, below, rooms[2], rooms[0], rooms[1]]
        self.assertEqual([r["room_id"] for r in whole], order)
        self.assertEqual([c["state_key"] for c in whole[0]["children_state"]],
                         [below, rooms[0], private, rooms[1]])
        self.assertEqual(whole[3]["children_state"], [])
        mine = self.assert_ok(self.hierarchy(self.alice, root))["rooms"]
        self.assertEqual([r["room_id"] for r in mine], order[:4] + [private] + order[4:])

        seen, query = [], "?limit=2&max_depth=3"
        while query:
            page = self.assert_ok(self.hierarchy(self.bob, root, query))
            seen += [r["room_id"] for r in page["rooms"]]
            token = page.get("next_batch")
            query = token and f"?limit=2&max_depth=3&from={token}"
        self.assertEqual(seen, order)
        flat = self.assert_ok(self.hierarchy(self.bob, root, "?max_depth=1"))["rooms"]
        self.assertNotIn(rooms[2], [r["room_id"] for r in flat])
        some = self.assert_ok(self.hierarchy(self.bob, root, "?suggested_only=true"))["rooms"]
        self.assertEqual([r["room_id"] for r in some], [root, rooms[1]])
        self.assert_refused(self.hierarchy(self.bob, root, "?from=x"), 400, "M_INVALID_PARAM")
        self.assert_refused(
            self.hierarchy(self.bob, root, "?from=2_3_0&max_depth=4"), 400, "M_INVALID_PARAM")
        self.assert_refused(self.hierarchy(self.bob, private), 403, "M_FORBIDDEN")


class Relations(RoomCase):
    def relate(self, who, room, parent, rel_type, body="x", kind="m.room.message", **more):
        content = {"msgtype": "m.text", "body": body,
                   "m.relates_to": {"rel_type": rel_type, "event_id": parent, **more}}
        if rel_type == "m.replace":
            content["m.new_content"] = {"msgtype": "m.text", "body": body}
        return self.send(who, room, content, kind)

    def related(self, who, room, parent, path="", query=""):
        url = f"/_matrix/client/v1/rooms/{quote(room)}/relations/{quote(parent)}{path}{query}"
        return self.assert_ok(who.get(url))

    def bundled(self, who, room, event):
        seen = self.assert_ok(who.get(f"{V3}/rooms/{quote(room)}/event/{quote(event)}"))
        return seen["unsigned"].get("m.relations", {})

    def redact(self, who, room, event):
        path = f"{V3}/rooms/{quote(room)}/redact/{quote(event)}/t{next(counter)}"
        self.assert_ok(who.put(path))

    def test_relations(self):
        room = self.public_room(self.bob)
        root = self.send(self.alice, room, {"msgtype": "m.text", "body": "root"})
        edit = self.relate(self.alice, room, root, "m.replace", "edit")
        reply = self.relate(self.bob, room, root, "m.thread", "reply")
        like = self.relate(self.bob, room, reply, "m.annotation", kind="m.reaction", key="+1")

        def ids(*args):
            return [e["event_id"] for e in self.related(self.alice, room, *args)["chunk"]]

        self.assertEqual(ids(root), [reply, edit])
        self.assertEqual(ids(root, "", "?dir=f"), [edit, reply])
        self.assertEqual(ids(root, "/m.thread"), [reply])
        self.assertEqual(ids(root, "/m.thread/m.reaction"), [])
        self.assertEqual(ids(root, "", "?recurse=true"), [like, reply, edit])
        page = self.related(self.alice, room, root, "", "?limit=1")
        rest = self.related(self.alice, room, root, "", f"?limit=1&from={page['next_batch']}")
        self.assertEqual([e["event_id"] for e in rest["chunk"]], [edit])
        self.assertNotIn("next_batch", rest)
        path = f"/_matrix/client/v1/rooms/{quote(room)}/relations/{quote('$none')}"
        self.assert_refused(self.alice.get(path), 404, "M_NOT_FOUND")
        self.redact(self.alice, room, edit)
        self.assertEqual(ids(root), [reply])

    def test_bundles(self):
        room = self.public_room(self.bob)
        root = self.send(self.alice, room, {"msgtype": "m.text", "body": "root"})
        self.assertEqual(self.bundled(self.bob, room, root), {})
        self.relate(self.bob, room, root, "m.replace", "not the author's")
        edits = [self.relate(self.alice, room, root, "m.replace", f"edit {i}") for i in range(3)]
        self.assertEqual(self.bundled(self.bob, room, root)["m.replace"]["event_id"], edits[2])
        self.redact(self.alice, room, edits[2])
        bundle = self.bundled(self.bob, room, root)["m.replace"]
        self.assertEqual(bundle["event_id"], edits[1])
        self.assertEqual(bundle["content"]["m.new_content"]["body"], "edit 1")

        replies = [self.relate(self.bob, room, root, "m.thread", str(i)) for i in range(2)]
        edited = self.relate(self.bob, room, replies[1], "m.replace", "edited")
        thread = self.bundled(self.alice, room, root)["m.thread"]
        self.assertEqual((thread["count"], thread["current_user_participated"]), (2, True))
        self.assertEqual(thread["latest_event"]["event_id"], replies[1])
        inner = thread["latest_event"]["unsigned"]["m.relations"]["m.replace"]
        self.assertEqual(inner["event_id"], edited)
        self.redact(self.bob, room, replies[1])
        thread = self.bundled(self.alice, room, root)["m.thread"]
        self.assertEqual((thread["count"], thread["latest_event"]["event_id"]), (1, replies[0]))
        self.redact(self.bob, room, replies[0])
        self.assertNotIn("m.thread", self.bundled(self.alice, room, root))

        other = self.relate(self.bob, room, root, "m.reference")
        self.assertEqual(self.bundled(self.alice, room, root)["m.reference"],
                         {"chunk": [{"event_id": other}]})
        self.redact(self.alice, room, root)
        self.assertNotIn("m.replace", self.bundled(self.alice, room, root))

    def test_threads(self):
        room = self.public_room(self.bob, self.eve)
        roots = [self.send(self.alice, room, {"msgtype": "m.text", "body": str(i)})
                 for i in range(3)]
        for i in (0, 1, 2, 0):
            self.relate(self.bob, room, roots[i], "m.thread")
        path = f"/_matrix/client/v1/rooms/{quote(room)}/threads"

        def listed(who, query=""):
            return [e["event_id"] for e in self.assert_ok(who.get(path + query))["chunk"]]

        expected = [roots[0], roots[2], roots[1]]
        self.assertEqual(listed(self.alice), expected)
        page = self.assert_ok(self.alice.get(path + "?limit=2"))
        self.assertEqual([e["event_id"] for e in page["chunk"]], expected[:2])
        self.assertEqual(page["chunk"][0]["unsigned"]["m.relations"]["m.thread"]["count"], 2)
        self.assertEqual(listed(self.alice, f"?limit=2&from={page['next_batch']}"), expected[2:])
        self.assertEqual(listed(self.eve, "?include=participated"), [])
        self.relate(self.eve, room, roots[1], "m.thread")
        self.assertEqual(listed(self.eve, "?include=participated"), [roots[1]])
        self.assertEqual(listed(self.alice, "?include=participated"),
                         [roots[1], roots[0], roots[2]])
        self.assert_refused(self.alice.get(path + "?include=x"), 400, "M_INVALID_PARAM")
        outsider = self.parvis.register("outsider")
        self.assert_refused(outsider.get(path), 403, "M_FORBIDDEN")

    def test_refusals(self):
        room = self.public_room(self.bob)
        root = self.send(self.alice, room, {"msgtype": "m.text", "body": "root"})
        reply = self.relate(self.bob, room, root, "m.thread")
        path = f"{V3}/rooms/{quote(room)}/send"

        def content(parent, rel_type, **more):
            return {"body": "x",
                    "m.relates_to": {"rel_type": rel_type, "event_id": parent, **more}}

        self.assert_refused(self.bob.put(f"{path}/m.room.message/nested",
                                         content(reply, "m.thread")), 400, "M_BAD_JSON")
        like = content(root, "m.annotation", key="+1")
        first = self.assert_ok(self.bob.put(f"{path}/m.reaction/like", like))["event_id"]
        again = self.assert_ok(self.bob.put(f"{path}/m.reaction/like", like))["event_id"]
        self.assertEqual(first, again)
        self.assert_refused(
            self.bob.put(f"{path}/m.reaction/like2", like), 400, "M_DUPLICATE_ANNOTATION")
        self.assert_ok(self.alice.put(f"{path}/m.reaction/like3", like))
        self.redact(self.bob, room, first)
        self.assert_ok(self.bob.put(f"{path}/m.reaction/like4", like))


if __name__ == "__main__":
    unittest.main()
