# SPDX-License-Identifier: Apache-2.0
"""Invites to addresses, by way of an identity server."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from identity import API, Identity  # noqa: E402
from room_case import V3, RoomCase, quote  # noqa: E402


class ThirdParty(RoomCase):
    options = {"settings": ("identity_private_servers: true",)}

    @classmethod
    def setUpClass(cls):
        cls.identity = Identity()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.identity.stop()

    def setUp(self):
        self.identity.odd.clear()
        self.identity.bound.clear()
        self.identity.invites.clear()
        self.identity.asked.clear()
        self.identity.revoked.clear()

    def address(self, address="Camille@mairie.example", medium="email", **more):
        return {"id_server": self.identity.name, "id_access_token": "token", "medium": medium,
                "address": address, **more}

    def invite(self, who, room, **more):
        return who.post(f"{V3}/rooms/{quote(room)}/invite", self.address(**more))

    def membership(self, room, user):
        reply = self.state(self.alice, room, "m.room.member", user.user_id)
        return reply.json.get("membership")

    def join(self, who, room, signed):
        return who.post(f"{V3}/rooms/{quote(room)}/join", {"third_party_signed": signed})

    def test_an_address_that_is_somebodys(self):
        room = self.create()
        self.identity.bound["email", "camille@mairie.example"] = self.bob.user_id
        self.assert_ok(self.invite(self.alice, room))
        self.assertEqual(self.membership(room, self.bob), "invite")
        self.assertEqual(self.identity.invites, [])
        # Only the hash of the address was sent.
        self.assertNotIn("amille", str(self.identity.asked))
        self.assert_refused(self.invite(self.bob, room), 403, "M_FORBIDDEN")
        self.identity.bound["email", "x@elsewhere.example"] = "@x:elsewhere.example"
        self.assert_refused(
            self.invite(self.alice, room, address="x@elsewhere.example"), 403, "M_FORBIDDEN")

    def test_an_address_that_is_nobodys_in_every_version(self):
        for version in ("1", "5", "10", "11", "12"):
            room = self.create(name="Salle", room_version=version)
            self.assert_ok(self.invite(self.alice, room))
            letter = self.identity.invites[-1]
            self.assertEqual(letter["address"], "camille@mairie.example")
            self.assertEqual((letter["room_id"], letter["sender"]), (room, self.alice.user_id))
            self.assertEqual((letter["room_name"], letter["room_join_rules"]),
                             ("Salle", "invite"))
            held = self.assert_ok(
                self.state(self.alice, room, "m.room.third_party_invite", letter["token"]))
            self.assertEqual(held["display_name"], "c...@m...")
            self.assertEqual(held["public_key"], self.identity.signer.public)
            # Who cannot prove it stays outside.
            signed = self.identity.sign(letter["token"], self.alice.user_id, self.bob.user_id)
            self.assert_refused(self.join(self.eve, room, signed), 403, "M_FORBIDDEN")
            false = {**signed, "mxid": self.eve.user_id}
            self.assert_refused(self.join(self.eve, room, false), 403, "M_FORBIDDEN")
            self.assert_refused(
                self.join(self.bob, room, {**signed, "token": "other"}), 403, "M_FORBIDDEN")
            self.assert_refused(
                self.join(self.bob, room, {**signed, "sender": self.eve.user_id}),
                403, "M_FORBIDDEN")
            self.assert_refused(self.join(self.bob, room, {"mxid": 1}), 400, "M_BAD_JSON")
            self.assert_refused(self.bob.post(f"{V3}/rooms/{quote(room)}/join"),
                                403, "M_FORBIDDEN")
            self.assert_ok(self.join(self.bob, room, signed))
            self.assertEqual(self.membership(room, self.bob), "join")
            page = self.assert_ok(self.messages(self.alice, room, dir="b", limit=2))["chunk"]
            self.assertEqual(page[1]["sender"], self.alice.user_id)
            self.assertEqual(page[1]["content"]["third_party_invite"]["signed"], signed)

    def test_a_key_that_was_revoked(self):
        room = self.create()
        self.assert_ok(self.invite(self.alice, room))
        signed = self.identity.sign(
            self.identity.invites[-1]["token"], self.alice.user_id, self.bob.user_id)
        self.identity.revoked.add(self.identity.signer.public)
        self.assert_refused(self.join(self.bob, room, signed), 403, "M_FORBIDDEN")
        self.identity.odd["/valid"] = (200, b"<html>")
        self.assert_refused(self.join(self.bob, room, signed), 502, "M_UNKNOWN")
        self.assertEqual(
            self.state(self.alice, room, "m.room.member", self.bob.user_id).status, 404)

    def test_a_banned_user_does_not_come_in_by_it(self):
        room = self.create()
        self.assert_ok(self.invite(self.alice, room))
        self.assert_ok(self.alice.post(f"{V3}/rooms/{quote(room)}/ban",
                                       {"user_id": self.bob.user_id}))
        signed = self.identity.sign(
            self.identity.invites[-1]["token"], self.alice.user_id, self.bob.user_id)
        self.assert_refused(self.join(self.bob, room, signed), 403, "M_FORBIDDEN")

    def test_at_the_creation_of_a_room(self):
        self.identity.bound["email", "bob@mairie.example"] = self.bob.user_id
        room = self.create(invite=[self.eve.user_id], invite_3pid=[
            self.address("bob@mairie.example"), self.address("new@mairie.example")])
        self.assertEqual(self.membership(room, self.bob), "invite")
        self.assertEqual(self.membership(room, self.eve), "invite")
        self.assertEqual(len(self.identity.invites), 1)
        self.assertEqual(self.identity.invites[0]["room_id"], room)
        self.assert_ok(self.state(self.alice, room, "m.room.third_party_invite", "token0"))
        self.assert_refused(
            self.alice.post(f"{V3}/createRoom", {"invite_3pid": [{"medium": "email"}]}),
            400, "M_MISSING_PARAM")

    def test_nobody_writes_to_strangers_without_the_power(self):
        room = self.public_room(self.bob)
        self.set_state(self.alice, room, "m.room.power_levels", {"invite": 50})
        self.assert_refused(self.invite(self.bob, room), 403, "M_FORBIDDEN")
        self.assert_refused(self.invite(self.eve, room), 403, "M_FORBIDDEN")
        self.assertEqual(self.identity.asked, [])

    def test_what_is_no_address(self):
        room = self.create()
        for more in ({"id_server": "a b"}, {"id_server": f"{self.identity.name}/x?"},
                     {"id_access_token": "x\r\nX-Evil: 1"}, {"medium": "pigeon"},
                     {"address": ""}, {"address": "a b@c"}, {"address": "x" * 1000}):
            self.assert_refused(self.invite(self.alice, room, **more), 400, "M_INVALID_PARAM")
        body = self.address()
        del body["id_access_token"]
        self.assert_refused(self.alice.post(f"{V3}/rooms/{quote(room)}/invite", body),
                            400, "M_MISSING_PARAM")
        self.assertEqual(self.identity.asked, [])

    def test_an_identity_server_that_talks_nonsense(self):
        room = self.create()
        good_key = {"public_key": self.identity.signer.public, "key_validity_url": "http://x/"}
        for path, answer in (
                ("hash_details", (200, b"no json")), ("hash_details", (200, b"[]")),
                ("hash_details", (200, {"lookup_pepper": 7})),
                ("hash_details", (200, {"lookup_pepper": "x", "algorithms": ["none"]})),
                ("hash_details", (500, {})), ("hash_details", (302, {})),
                ("hash_details", (200, b"{" + b" " * 100000 + b"}")),
                ("lookup", (200, b"{\"mappings\":" + b"[" * 10000)), ("lookup", (400, {})),
                ("store-invite", (200, {"token": "a b", "display_name": "", "public_keys": [good_key]})),
                ("store-invite", (200, {"token": "t", "display_name": "", "public_keys": []})),
                ("store-invite", (200, {"token": "t", "display_name": "",
                                        "public_keys": [{**good_key, "public_key": "x"}]})),
                ("store-invite", (200, {"token": "t", "public_keys": [good_key]}))):
            self.identity.odd = {API + path: answer}
            self.assert_refused(self.invite(self.alice, room), 502, "M_UNKNOWN")
        for status, errcode in ((401, "M_FORBIDDEN"), (403, "M_FORBIDDEN")):
            self.identity.odd = {API + "lookup": (status, {"errcode": "M_UNKNOWN_TOKEN"})}
            self.assert_refused(self.invite(self.alice, room), 403, errcode)
        self.identity.odd = {API + "lookup": (403, {"errcode": "M_TERMS_NOT_SIGNED"})}
        self.assert_refused(self.invite(self.alice, room), 403, "M_TERMS_NOT_SIGNED")
        # Somebody took the address in between.
        self.identity.odd = {API + "store-invite": (
            400, {"errcode": "M_THREEPID_IN_USE", "mxid": self.bob.user_id})}
        self.assert_ok(self.invite(self.alice, room))
        self.assertEqual(self.membership(room, self.bob), "invite")


class PublicOnly(RoomCase):
    """As it is without a word in the configuration."""

    def test_nothing_in_this_network_is_called(self):
        identity = Identity()
        room = self.create()
        for name in (identity.name, "localhost:" + identity.name.split(":")[1], "[::1]:1"):
            reply = self.alice.post(f"{V3}/rooms/{quote(room)}/invite", {
                "id_server": name, "id_access_token": "token", "medium": "email",
                "address": "a@b.example"})
            self.assert_refused(reply, 502, "M_UNKNOWN")
        self.assertEqual(identity.asked, [])
        identity.stop()


if __name__ == "__main__":
    unittest.main()
