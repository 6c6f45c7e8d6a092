# SPDX-License-Identifier: Apache-2.0
"""What came before /sync and is still answered, looking into rooms, events by their time, rooms in
common, reports."""

import os
import sqlite3
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from room_case import V3, RoomCase, harness, quote  # noqa: E402

V1 = "/_matrix/client/v1"


class InitialSync(RoomCase):
    def test_all_rooms(self):
        room = self.public_room(self.bob, name="Mairie")
        event = self.send(self.alice, room, {"msgtype": "m.text", "body": "bonjour"})
        invited = self.create(invite=[self.bob.user_id])
        left = self.public_room(self.bob)
        self.assert_ok(self.bob.post(f"{V3}/rooms/{quote(left)}/leave"))
        declined = self.create(invite=[self.bob.user_id])
        self.assert_ok(self.bob.post(f"{V3}/rooms/{quote(declined)}/leave"))
        answer = self.assert_ok(self.bob.get(f"{V3}/initialSync?limit=2"))
        rooms = {r["room_id"]: r for r in answer["rooms"]}
        self.assertEqual(rooms[room]["membership"], "join")
        self.assertEqual(rooms[room]["messages"]["chunk"][-1]["event_id"], event)
        self.assertEqual(len(rooms[room]["messages"]["chunk"]), 2)
        self.assertIn("m.room.name", [e["type"] for e in rooms[room]["state"]])
        self.assertEqual(rooms[invited]["invite"]["sender"], self.alice.user_id)
        self.assertNotIn(left, rooms)
        older = self.assert_ok(self.bob.get(
            f"{V3}/rooms/{quote(room)}/messages?dir=b&from={rooms[room]['messages']['start']}"))
        self.assertTrue(older["chunk"])
        answer = self.assert_ok(self.bob.get(f"{V3}/initialSync?archived=true"))
        rooms = {r["room_id"]: r for r in answer["rooms"]}
        self.assertEqual(rooms[left]["membership"], "leave")
        self.assertNotIn(declined, rooms)

    def test_one_room(self):
        room = self.public_room(self.bob)
        self.assert_refused(self.eve.get(f"{V3}/rooms/{quote(room)}/initialSync"), 403,
                            "M_FORBIDDEN")
        self.set_state(self.alice, room, "m.room.history_visibility",
                       {"history_visibility": "world_readable"})
        event = self.send(self.alice, room, {"msgtype": "m.text", "body": "to the world"})
        answer = self.assert_ok(self.eve.get(f"{V3}/rooms/{quote(room)}/initialSync?limit=1"))
        self.assertEqual([e["event_id"] for e in answer["messages"]["chunk"]], [event])
        self.assertNotIn("membership", answer)
        mine = self.assert_ok(self.bob.get(f"{V3}/rooms/{quote(room)}/initialSync"))
        self.assertEqual((mine["membership"], mine["visibility"]), ("join", "private"))


class Events(RoomCase):
    def later(self, call):
        result = []
        thread = threading.Thread(target=lambda: result.append(call()))
        thread.start()
        return lambda: (thread.join(60), self.assert_ok(result[0]))[1]

    def test_stream_of_all_rooms(self):
        room = self.public_room(self.bob)
        start = self.assert_ok(self.bob.get(f"{V3}/initialSync"))["end"]
        path = f"{V3}/events?timeout=30000&from="
        answer = self.later(lambda: self.bob.get(path + start))
        event = self.send(self.alice, room, {"msgtype": "m.text", "body": "now"})
        told = answer()
        self.assertEqual([e["event_id"] for e in told["chunk"]], [event])
        again = self.assert_ok(self.bob.get(f"{V3}/events?timeout=0&from={told['end']}"))
        self.assertEqual((again["chunk"], again["start"]), ([], told["end"]))
        invited = self.create(invite=[self.bob.user_id])
        told = self.assert_ok(self.bob.get(path + told["end"]))
        self.assertEqual([(e["room_id"], e["type"]) for e in told["chunk"]],
                         [(invited, "m.room.member")])

    def test_many_events_come_in_parts(self):
        room = self.public_room(self.bob)
        start = self.assert_ok(self.bob.get(f"{V3}/initialSync"))["end"]
        sent = [self.send(self.alice, room, {"body": str(i)}) for i in range(130)]
        seen = []
        while len(seen) < len(sent):
            told = self.assert_ok(self.bob.get(f"{V3}/events?timeout=0&from={start}"))
            self.assertTrue(told["chunk"])
            seen += [e["event_id"] for e in told["chunk"]]
            start = told["end"]
        self.assertEqual(seen, sent)

    def test_looking_into_a_room(self):
        room = self.public_room()
        path = f"{V3}/events?room_id={quote(room)}&timeout=30000"
        self.assert_refused(self.eve.get(path), 403, "M_FORBIDDEN")
        self.set_state(self.alice, room, "m.room.history_visibility",
                       {"history_visibility": "world_readable"})
        look = self.assert_ok(self.eve.get(f"{V3}/rooms/{quote(room)}/initialSync"))
        answer = self.later(lambda: self.eve.get(f"{path}&from={look['messages']['end']}"))
        event = self.send(self.alice, room, {"body": "seen from outside"})
        self.assertEqual([e["event_id"] for e in answer()["chunk"]], [event])

    def test_one_event(self):
        room = self.public_room(self.bob)
        event = self.send(self.alice, room, {"body": "one"})
        path = f"{V3}/events/{quote(event)}"
        self.assertEqual(self.assert_ok(self.bob.get(path))["event_id"], event)
        self.assert_refused(self.eve.get(path), 404, "M_NOT_FOUND")
        self.assert_refused(self.bob.get(f"{V3}/events/$none"), 404, "M_NOT_FOUND")

    def test_refusals(self):
        self.assert_refused(self.bob.get(f"{V3}/events?from=x"), 400, "M_INVALID_PARAM")
        self.assert_refused(self.bob.get(f"{V3}/events?timeout=-1"), 400, "M_INVALID_PARAM")


class ByTime(RoomCase):
    def nearest(self, who, room, ts, dir):
        return who.get(f"{V1}/rooms/{quote(room)}/timestamp_to_event?ts={ts}&dir={dir}")

    def test_nearest_event(self):
        room = self.public_room(self.bob)
        first = self.send(self.alice, room, {"body": "first"})
        event = self.assert_ok(self.alice.get(f"{V3}/rooms/{quote(room)}/event/{quote(first)}"))
        ts = event["origin_server_ts"]
        forward = self.assert_ok(self.nearest(self.bob, room, 0, "f"))
        created = self.assert_ok(self.bob.get(
            f"{V3}/rooms/{quote(room)}/event/{quote(forward['event_id'])}"))
        self.assertEqual(created["type"], "m.room.create")
        backward = self.assert_ok(self.nearest(self.bob, room, ts + 10 ** 9, "b"))
        self.assertEqual(backward, {"event_id": first, "origin_server_ts": ts})
        for offset, dir in [(10 ** 9, "f"), (-10 ** 12, "b")]:
            self.assert_refused(self.nearest(self.bob, room, ts + offset, dir), 404, "M_NOT_FOUND")
        huge = self.assert_ok(self.nearest(self.bob, room, 2 ** 63 - 1, "b"))
        self.assertEqual(huge["event_id"], first)

    def test_hidden_events_are_passed_over(self):
        room = self.create(initial_state=[{
            "type": "m.room.history_visibility", "content": {"history_visibility": "joined"}}],
            preset="public_chat")
        hidden = [self.send(self.alice, room, {"body": f"before {i}"}) for i in range(60)]
        ts = self.assert_ok(self.alice.get(
            f"{V3}/rooms/{quote(room)}/event/{quote(hidden[0])}"))["origin_server_ts"]
        self.assert_ok(self.bob.post(f"{V3}/join/{quote(room)}"))
        found = self.assert_ok(self.nearest(self.bob, room, ts, "f"))["event_id"]
        event = self.assert_ok(self.bob.get(f"{V3}/rooms/{quote(room)}/event/{quote(found)}"))
        self.assertEqual((event["type"], event["state_key"]), ("m.room.member", self.bob.user_id))

    def test_refusals(self):
        room = self.public_room()
        self.assert_refused(self.nearest(self.eve, room, 0, "f"), 403, "M_FORBIDDEN")
        self.assert_refused(self.nearest(self.alice, room, "x", "f"), 400, "M_INVALID_PARAM")
        self.assert_refused(self.nearest(self.alice, room, 0, "x"), 400, "M_INVALID_PARAM")
        self.assert_refused(self.alice.get(f"{V1}/rooms/{quote(room)}/timestamp_to_event"), 400,
                            "M_MISSING_PARAM")


class MutualRooms(RoomCase):
    def test_rooms_in_common(self):
        carol = self.parvis.register("carol")
        dave = self.parvis.register("dave")
        rooms = [self.create(carol, preset="public_chat") for _ in range(101)]
        for room in rooms:
            self.assert_ok(dave.post(f"{V3}/join/{quote(room)}"))
        path = f"{V1}/mutual_rooms?user_id={quote(dave.user_id)}"
        page = self.assert_ok(carol.get(path))
        self.assertEqual((page["joined"], page["count"]), (rooms[:100], 101))
        page = self.assert_ok(carol.get(f"{path}&from={page['next_batch']}"))
        self.assertEqual((page["joined"], "next_batch" in page), (rooms[100:], False))
        none = self.assert_ok(carol.get(f"{V1}/mutual_rooms?user_id=@nobody:localhost"))
        self.assertEqual(none, {"joined": [], "count": 0})

    def test_refusals(self):
        for query, errcode in [("", "M_MISSING_PARAM"), ("?user_id=x", "M_INVALID_PARAM"),
                               (f"?user_id={quote(self.alice.user_id)}", "M_INVALID_PARAM"),
                               ("?user_id=@b:c&from=x", "M_INVALID_PARAM")]:
            self.assert_refused(self.alice.get(f"{V1}/mutual_rooms{query}"), 400, errcode)


class Reports(RoomCase):
    def kept(self):
        path = os.path.join(self.parvis.dir, "data", "homeserver", "homeserver.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return db.execute("SELECT reporter, room_id, event_id, reported_user, reason "
                              "FROM reports ORDER BY id DESC").fetchall()

    def test_reports_are_kept(self):
        room = self.public_room(self.bob)
        event = self.send(self.alice, room, {"body": "rude"})
        self.assert_ok(self.bob.post(f"{V3}/rooms/{quote(room)}/report/{quote(event)}",
                                     {"reason": "rude", "score": -100}))
        self.assertEqual(self.kept()[0],
                         (self.bob.user_id, room, event, self.alice.user_id, "rude"))
        self.assert_ok(self.eve.post(f"{V3}/rooms/{quote(room)}/report", {"reason": ""}))
        self.assertEqual(self.kept()[0], (self.eve.user_id, room, None, None, ""))
        self.assert_ok(self.eve.post(f"{V3}/users/{quote(self.alice.user_id)}/report",
                                     {"reason": "spam"}))
        self.assertEqual(self.kept()[0],
                         (self.eve.user_id, None, None, self.alice.user_id, "spam"))

    def test_refusals(self):
        room = self.public_room()
        event = self.send(self.alice, room, {"body": "x"})
        reason = {"reason": "x"}
        for path in [f"rooms/{quote(room)}/report/{quote(event)}",
                     f"rooms/{quote(room)}/report/$none", "rooms/!none:x/report",
                     "users/@nobody:localhost/report"]:
            self.assert_refused(self.eve.post(f"{V3}/{path}", reason), 404, "M_NOT_FOUND")
        self.assert_refused(self.eve.post(f"{V3}/rooms/{quote(room)}/report", {}), 400,
                            "M_MISSING_PARAM")
        self.assert_refused(self.eve.post(f"{V3}/rooms/{quote(room)}/report",
                                          {"reason": "x" * 9000}), 400, "M_INVALID_PARAM")


class ReportLimits(harness.Case):
    options = {"rate_limits": True}

    def test_nobody_floods_the_administrator(self):
        eve = self.parvis.register("eve")
        path = f"{V3}/users/{quote('@admin:localhost')}/report"
        replies = [eve.post(path, {"reason": "x"}) for _ in range(30)]
        self.assertEqual([r.status for r in replies[:15]], [200] * 15)
        self.assert_refused(replies[-1], 429, "M_LIMIT_EXCEEDED")
        self.assertGreater(replies[-1].json["retry_after_ms"], 0)
        self.assertGreater(int(replies[-1].headers["Retry-After"]), 0)


if __name__ == "__main__":
    unittest.main()
