# SPDX-License-Identifier: Apache-2.0
"""Every room version from outside: what all of them do, and what each does otherwise."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import V3, RoomCase, quote  # noqa: E402

VERSIONS = [str(n) for n in range(1, 13)]
IDS = {"1": r"\$[A-Za-z0-9]{18}:localhost", "2": r"\$[A-Za-z0-9]{18}:localhost",
       "3": r"\$[A-Za-z0-9+/]{43}"}


class Versions(RoomCase):
    def each(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                yield version, int(version)

    def event(self, who, room, event_id):
        return self.assert_ok(who.get(f"{V3}/rooms/{quote(room)}/event/{quote(event_id)}"))

    def redact(self, who, room, event_id, txn):
        return who.put(f"{V3}/rooms/{quote(room)}/redact/{quote(event_id)}/{txn}", {"reason": "r"})

    def test_all_are_told_and_stable(self):
        told = self.assert_ok(self.alice.get(f"{V3}/capabilities"))["capabilities"]
        self.assertEqual(told["m.room_versions"], {
            "default": "12", "available": {version: "stable" for version in VERSIONS}})

    def test_events_state_and_redactions(self):
        for version, number in self.each():
            room = self.public_room(self.bob, room_version=version, name="Salle")
            create = self.state(self.alice, room, "m.room.create").json
            self.assertEqual(create["room_version"], version)
            self.assertEqual("creator" in create, number <= 10)
            self.assertEqual(":" in room, number <= 11)
            said = self.send(self.bob, room, {"msgtype": "m.text", "body": "bonjour"})
            self.assertRegex(said, "^" + IDS.get(version, r"\$[A-Za-z0-9_-]{43}") + "$")
            self.assertEqual(self.event(self.alice, room, said)["content"]["body"], "bonjour")
            named = self.set_state(self.alice, room, "m.room.name", {"name": "Grande salle"})
            self.assertEqual(self.state(self.bob, room, "m.room.name").json,
                             {"name": "Grande salle"})
            # Both ways to redact, by the sender and by who has the power.
            first = self.assert_ok(self.redact(self.bob, room, said, "own"))["event_id"]
            self.check_redacted(room, said, first)
            second = self.send(self.alice, room, {"redacts": named, "reason": "r"},
                               "m.room.redaction", "sent")
            self.check_redacted(room, named, second)
            self.assertEqual(self.state(self.bob, room, "m.room.name").json, {})
            third = self.send(self.alice, room, {"msgtype": "m.text", "body": "x"})
            self.assert_refused(self.redact(self.bob, room, third, "no"), 403, "M_FORBIDDEN")
            # Repeating gives the same event, whatever its id looks like.
            again = self.assert_ok(self.redact(self.bob, room, said, "own"))["event_id"]
            self.assertEqual(again, first)
            context = self.assert_ok(self.alice.get(
                f"{V3}/rooms/{quote(room)}/context/{quote(third)}?limit=4"))
            self.assertEqual(context["event"]["event_id"], third)

    def check_redacted(self, room, event_id, redaction_id):
        event = self.event(self.bob, room, event_id)
        self.assertEqual(event["content"], {})
        self.assertEqual(event["unsigned"]["redacted_because"]["event_id"], redaction_id)
        redaction = self.event(self.bob, room, redaction_id)
        self.assertEqual((redaction["redacts"], redaction["content"]["redacts"]),
                         (event_id, event_id))

    def test_what_redaction_leaves_of_a_member(self):
        for version, _ in self.each():
            room = self.public_room(self.bob, room_version=version)
            join = self.assert_ok(self.bob.get(
                f"{V3}/rooms/{quote(room)}/state/m.room.member/{quote(self.bob.user_id)}"
                "?format=event"))
            self.assertEqual(join["content"]["displayname"], "bob")
            self.assert_ok(self.redact(self.alice, room, join["event_id"], "m"))
            self.assertEqual(self.event(self.alice, room, join["event_id"])["content"],
                             {"membership": "join"})
            self.send(self.bob, room, {"msgtype": "m.text", "body": "still here"})

    def test_knocks_and_rooms_that_let_members_of_others_in(self):
        space = self.public_room(self.bob)
        allow = [{"type": "m.room_membership", "room_id": space}]
        for version, number in self.each():
            for rule, knocks, joins in (("knock", 7, 99), ("restricted", 99, 8),
                                        ("knock_restricted", 10, 10)):
                room = self.create(room_version=version)
                self.set_state(self.alice, room, "m.room.join_rules",
                               {"join_rule": rule, "allow": allow})
                knock = self.eve.post(f"{V3}/knock/{quote(room)}")
                self.assertEqual(knock.status, 200 if number >= knocks else 403, knock)
                join = self.bob.post(f"{V3}/join/{quote(room)}")
                self.assertEqual(join.status, 200 if number >= joins else 403, join)

    def test_levels_that_are_texts(self):
        for version, number in self.each():
            levels = {"ban": "50", "events": {"m.room.name": " +20 "},
                      "users": {self.bob.user_id: "020"}}
            if number <= 11:
                levels["users"][self.alice.user_id] = 100
            room = self.public_room(self.bob, room_version=version)
            reply = self.alice.put(f"{V3}/rooms/{quote(room)}/state/m.room.power_levels", levels)
            if number >= 10:
                self.assert_refused(reply, 403, "M_FORBIDDEN")
                continue
            self.assert_ok(reply)
            self.set_state(self.bob, room, "m.room.name", {"name": "n"})
            self.assert_refused(self.bob.put(
                f"{V3}/rooms/{quote(room)}/state/m.room.topic", {"topic": "t"}),
                403, "M_FORBIDDEN")
            done = self.upgrade(room, "11")
            moved = self.state(self.alice, done, "m.room.power_levels").json
            self.assertEqual((moved["ban"], moved["events"]["m.room.name"]), (50, 20))
            self.assertEqual(moved["users"][self.bob.user_id], 20)

    def upgrade(self, room, version):
        return self.assert_ok(self.alice.post(f"{V3}/rooms/{quote(room)}/upgrade",
                                              {"new_version": version}))["replacement_room"]

    def test_one_room_through_all_versions_and_back(self):
        room = self.public_room(self.bob, room_version="1", name="Salle")
        for version in [*VERSIONS[1:], *reversed(VERSIONS[:-1])]:
            with self.subTest(version=version):
                before, room = room, self.upgrade(room, version)
                create = self.state(self.alice, room, "m.room.create").json
                self.assertEqual(create["room_version"], version)
                self.assertEqual(create["predecessor"]["room_id"], before)
                tombstone = self.state(self.bob, before, "m.room.tombstone").json
                self.assertEqual(tombstone["replacement_room"], room)
                self.assertEqual(self.state(self.alice, room, "m.room.name").json,
                                 {"name": "Salle"})
                self.assert_ok(self.bob.post(f"{V3}/join/{quote(room)}"))
                self.send(self.bob, room, {"msgtype": "m.text", "body": version})
                self.set_state(self.alice, room, "m.room.topic", {"topic": version})

    def test_a_rule_that_an_older_version_does_not_know(self):
        for rule, version, nearest in (("knock_restricted", "9", "restricted"),
                                       ("knock_restricted", "7", "knock"),
                                       ("restricted", "7", "invite"), ("knock", "6", "invite"),
                                       ("knock_restricted", "10", "knock_restricted")):
            room = self.create(room_version="12")
            content = {"join_rule": rule, "allow": []}
            self.set_state(self.alice, room, "m.room.join_rules", content)
            done = self.upgrade(room, version)
            self.assertEqual(self.state(self.alice, done, "m.room.join_rules").json,
                             {**content, "join_rule": nearest})

    def test_limits(self):
        for version, _ in self.each():
            room = self.create(room_version=version)
            path = f"{V3}/rooms/{quote(room)}"
            self.assert_ok(self.alice.put(f"{path}/state/t/{'k' * 255}", {}))
            self.assert_refused(self.alice.put(f"{path}/state/t/{'k' * 256}", {}),
                                413, "M_TOO_LARGE")
            self.assert_refused(
                self.alice.put(f"{path}/state/t/{quote('é' * 128)}", {}), 413, "M_TOO_LARGE")
            self.assert_refused(self.alice.put(f"{path}/send/{'t' * 256}/1", {}),
                                413, "M_TOO_LARGE")
            self.assert_refused(self.alice.put(f"{path}/send/t/2", {"body": "x" * 65536}),
                                413, "M_TOO_LARGE")
            self.assert_ok(self.alice.put(f"{path}/send/t/3", {"body": "x" * 64000}))
            for number in (1.5, 2**53):
                self.assert_refused(self.alice.put(f"{path}/send/t/4", {"n": number}),
                                    400, "M_BAD_JSON")

    def test_policies_and_server_acls_are_state_like_any_other(self):
        acl = {"allow": ["*"], "deny": ["*.evil.example"], "allow_ip_literals": False}
        for version in ("1", "11", "12"):
            room = self.public_room(self.bob, room_version=version)
            for kind in ("user", "room", "server"):
                rule = {"entity": "*evil*", "recommendation": "m.ban", "reason": "spam"}
                self.set_state(self.alice, room, f"m.policy.rule.{kind}", rule, "rule1")
                self.assertEqual(
                    self.state(self.bob, room, f"m.policy.rule.{kind}", "rule1").json, rule)
                self.assert_refused(self.bob.put(
                    f"{V3}/rooms/{quote(room)}/state/m.policy.rule.{kind}/rule2", rule),
                    403, "M_FORBIDDEN")
            event_id = self.set_state(self.alice, room, "m.room.server_acl", acl)
            self.assertEqual(self.state(self.bob, room, "m.room.server_acl").json, acl)
            self.assert_refused(self.redact(self.alice, room, event_id, "acl"),
                                403, "M_FORBIDDEN")


if __name__ == "__main__":
    unittest.main()
