# SPDX-License-Identifier: Apache-2.0
"""Edits, threads, references, reactions."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import V3, RoomCase, counter, quote  # noqa: E402


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
