# SPDX-License-Identifier: Apache-2.0
"""Who may read what: each setting of history visibility, by every way to read."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import V3, RoomCase, quote  # noqa: E402

# What Bob sees of the four messages: before his invite, while he was invited, while he was in,
# after he left.
SEEN = {"world_readable": (1, 1, 1, 1), "shared": (1, 1, 1, 0), "invited": (0, 1, 1, 0),
        "joined": (0, 0, 1, 0)}


class History(RoomCase):
    def tell(self, version, visibility):
        """A thread's root that all may see, and a reply, a reference and an edit at each stage."""
        room = self.create(room_version=version, initial_state=[{
            "type": "m.room.history_visibility",
            "content": {"history_visibility": visibility}}])
        stages = []

        def say():
            stages.append(self.send(self.alice, room, {
                "msgtype": "m.text", "body": str(len(stages)),
                "m.relates_to": {"rel_type": "m.reference", "event_id": root} if root else {}}))

        root = None
        say()
        self.assert_ok(self.alice.post(f"{V3}/rooms/{quote(room)}/invite",
                                       {"user_id": self.bob.user_id}))
        say()
        self.assert_ok(self.bob.post(f"{V3}/join/{quote(room)}"))
        root = self.send(self.alice, room, {"msgtype": "m.text", "body": "root"})
        say()
        self.assert_ok(self.bob.post(f"{V3}/rooms/{quote(room)}/leave"))
        self.set_state(self.alice, room, "m.room.topic", {"topic": "after"})
        say()
        return room, root, stages

    def test_every_way_to_read(self):
        for version in ("1", "12"):
            for visibility, seen in SEEN.items():
                with self.subTest(version=version, visibility=visibility):
                    room, root, stages = self.tell(version, visibility)
                    visible = {e for e, is_seen in zip(stages, seen) if is_seen}
                    hidden = set(stages) - visible
                    path = f"{V3}/rooms/{quote(room)}"
                    for direction in "fb":
                        page = self.messages(self.bob, room, dir=direction, limit=100)
                        told = {e["event_id"] for e in self.assert_ok(page)["chunk"]}
                        self.assertEqual(told & set(stages), visible)
                    for event_id in visible:
                        self.assert_ok(self.bob.get(f"{path}/event/{quote(event_id)}"))
                        self.assert_ok(self.bob.get(f"{path}/context/{quote(event_id)}"))
                    for event_id in hidden:
                        for way in ("event", "context"):
                            self.assert_refused(self.bob.get(f"{path}/{way}/{quote(event_id)}"),
                                                404, "M_NOT_FOUND")
                        self.assert_refused(
                            self.bob.get(f"/_matrix/client/v1/rooms/{quote(room)}/relations/"
                                         f"{quote(event_id)}"), 404, "M_NOT_FOUND")
                    around = self.assert_ok(self.bob.get(
                        f"{path}/context/{quote(root)}?limit=50"))
                    near = self.assert_ok(self.bob.get(
                        f"/_matrix/client/v1/rooms/{quote(room)}/relations/{quote(root)}"))
                    latest = self.assert_ok(self.bob.get(
                        f"/_matrix/client/v1/rooms/{quote(room)}/timestamp_to_event"
                        "?dir=b&ts=9999999999999"))
                    for event_id in hidden:
                        for answer in (around, near, latest):
                            self.assertNotIn(event_id, str(answer))
                    self.check_state(room, visibility)

    def check_state(self, room, visibility):
        now = visibility == "world_readable"
        topic = self.state(self.bob, room, "m.room.topic")
        self.assertEqual(topic.status, 200 if now else 404)
        path = f"{V3}/rooms/{quote(room)}"
        whole = self.assert_ok(self.bob.get(f"{path}/state"))
        self.assertEqual(any(e["type"] == "m.room.topic" for e in whole), now)
        self.assert_ok(self.bob.get(f"{path}/members"))
        self.assert_refused(self.bob.get(f"{path}/joined_members"), 403, "M_FORBIDDEN")
        for way in ("state", "members", "messages?dir=b"):
            reply = self.eve.get(f"{path}/{way}")
            self.assertEqual(reply.status, 200 if now else 403, reply)

    def test_a_setting_counts_for_what_comes_after_it(self):
        room = self.public_room()
        before = self.send(self.alice, room, {"msgtype": "m.text", "body": "1"})
        self.set_state(self.alice, room, "m.room.history_visibility",
                       {"history_visibility": "joined"})
        after = self.send(self.alice, room, {"msgtype": "m.text", "body": "2"})
        self.assert_ok(self.bob.post(f"{V3}/join/{quote(room)}"))
        told = str(self.assert_ok(self.messages(self.bob, room, dir="b", limit=100)))
        self.assertIn(before, told)
        self.assertNotIn(after, told)

    def test_who_has_forgotten_a_room_reads_it_no_more(self):
        room = self.public_room(self.bob)
        said = self.send(self.alice, room, {"msgtype": "m.text", "body": "1"})
        path = f"{V3}/rooms/{quote(room)}"
        self.assert_ok(self.bob.post(f"{path}/leave"))
        self.assert_ok(self.bob.get(f"{path}/event/{quote(said)}"))
        self.assert_ok(self.bob.post(f"{path}/forget"))
        for way in (f"event/{quote(said)}", "messages?dir=b", "state", "members"):
            self.assert_refused(self.bob.get(f"{path}/{way}"), 403, "M_FORBIDDEN")
        self.assert_ok(self.bob.post(f"{path}/join"))
        self.assert_ok(self.bob.get(f"{path}/event/{quote(said)}"))


if __name__ == "__main__":
    unittest.main()
