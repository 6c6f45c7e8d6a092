# SPDX-License-Identifier: Apache-2.0
"""Polls (MSC3381), as clients ask for them: answers and the end refer to the question."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import RoomCase, quote  # noqa: E402

V1 = "/_matrix/client/v1"
POLL = "org.matrix.msc3381.poll"


class Polls(RoomCase):
    def refer(self, who, room, question, kind, **content):
        return self.send(who, room, {
            "m.relates_to": {"rel_type": "m.reference", "event_id": question}, **content},
            f"{POLL}.{kind}")

    def related(self, room, question, kind=""):
        path = f"{V1}/rooms/{quote(room)}/relations/{quote(question)}/m.reference{kind}?limit=50"
        return [e["event_id"] for e in self.assert_ok(self.eve.get(path))["chunk"]]

    def test_a_vote(self):
        room = self.public_room(self.bob, self.eve)
        question = self.send(self.alice, room, {f"{POLL}.start": {
            "question": {"org.matrix.msc1767.text": "Mardi ou jeudi ?"},
            "kind": f"{POLL}.disclosed", "max_selections": 1,
            "answers": [{"id": d, "org.matrix.msc1767.text": d} for d in ("mardi", "jeudi")]}},
            f"{POLL}.start")
        answers = [self.refer(who, room, question, "response",
                              **{f"{POLL}.response": {"answers": [day]}})
                   for who, day in [(self.bob, "mardi"), (self.eve, "jeudi"), (self.bob, "jeudi")]]
        end = self.refer(self.alice, room, question, "end", **{f"{POLL}.end": {}})
        self.assertEqual(self.related(room, question, f"/{POLL}.response"), answers[::-1])
        self.assertEqual(self.related(room, question, f"/{POLL}.end"), [end])
        self.assertEqual(self.related(room, question), [end, *answers[::-1]])
        event = self.assert_ok(self.eve.get(
            f"/_matrix/client/v3/rooms/{quote(room)}/event/{quote(question)}"))
        bundled = event["unsigned"]["m.relations"]["m.reference"]["chunk"]
        self.assertEqual([e["event_id"] for e in bundled], [*answers, end])
        # A vote that is taken back is one no longer.
        path = f"/_matrix/client/v3/rooms/{quote(room)}/redact/{quote(answers[1])}/r"
        self.assert_ok(self.eve.put(path, {}))
        self.assertEqual(self.related(room, question, f"/{POLL}.response"),
                         [answers[2], answers[0]])


if __name__ == "__main__":
    unittest.main()
