# SPDX-License-Identifier: Apache-2.0
"""Aliases, the room directory, summaries, spaces, upgrades."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import V3, RoomCase, quote  # noqa: E402


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


if __name__ == "__main__":
    unittest.main()
