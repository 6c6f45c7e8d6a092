# SPDX-License-Identifier: Apache-2.0
"""A client of sliding sync that only ever applies what it is told, compared with what is so."""

import os
import random
import sys
import unittest

HERE = os.path.dirname(__file__)
sys.path[:0] = [os.path.join(HERE, ".."), HERE]
import harness
from slide import Slider, Slider4, SlidingCase
from talk import V3

ROUNDS = 40
WIDE = 99


class Model:
    """What the client believes: each room's membership, state and newest events."""

    def __init__(self, slider):
        self.slider = slider
        self.rooms = {}

    def config(self, width, limit):
        if self.slider.v4:
            rule = {"timeline_limit": limit, "required_state": {"include": [{}]}}
            return {"lists": {"l": {**rule, "range": [0, width]}}}
        rule = {"timeline_limit": limit, "required_state": [["*", "*"]]}
        return {"lists": {"l": {**rule, "ranges": [[0, width]]}}}

    def slide(self, width, limit, lost=False):
        self.slider.body = self.config(width, limit)
        if lost:
            self.slider.slide(pos=self.slider.pos)
            return None
        answer = self.slider.slide()
        for room_id, told in answer["rooms"].items():
            if told.get("initial"):
                self.rooms[room_id] = {"state": {}, "events": []}
            room = self.rooms[room_id]
            room["membership"] = told["membership"]
            for event in told.get("required_state", []):
                room["state"][event["type"], event["state_key"]] = event["event_id"]
            if told.get("limited") and not told.get("initial"):
                room["events"] = []
            known = set(room["events"])
            room["events"] += [e["event_id"] for e in told.get("timeline", [])
                               if e["event_id"] not in known]
        return answer


class Drift(SlidingCase):
    def deed(self, dice, alice, bob, rooms):
        room = dice.choice(rooms)
        what = dice.randrange(10)
        if what < 5:
            bob.send(room, str(dice.random()))
        elif what < 7:
            bob.state(room, dice.choice(["m.room.topic", "org.a"]), {"topic": str(dice.random())},
                      dice.choice(["", "k"]))
        elif what == 7:
            alice.client.post(f"{V3}/rooms/{harness.quote(room)}/leave")
        elif what == 8:
            alice.client.post(f"{V3}/rooms/{harness.quote(room)}/join")
        else:
            rooms.append(bob.create_room(preset="public_chat"))
            alice.join(rooms[-1])

    def compare(self, alice, model):
        joined = set(self.assert_ok(alice.client.get(f"{V3}/joined_rooms"))["joined_rooms"])
        self.assertEqual({r for r, m in model.rooms.items() if m["membership"] == "join"}, joined)
        for room_id in joined:
            path = f"{V3}/rooms/{harness.quote(room_id)}"
            state = self.assert_ok(alice.client.get(f"{path}/state"))
            self.assertEqual({(e["type"], e["state_key"]): e["event_id"] for e in state},
                             model.rooms[room_id]["state"])
            page = self.assert_ok(alice.client.get(f"{path}/messages?dir=b&limit=100"))
            events = [e["event_id"] for e in reversed(page["chunk"])]
            had = model.rooms[room_id]["events"]
            self.assertEqual(had, events[len(events) - len(had):])

    def drift(self, kind, seed, limits):
        dice = random.Random(seed)
        alice, bob = self.user(kind), self.user()
        rooms = [bob.create_room(preset="public_chat") for _ in range(4)]
        for room in rooms[:3]:
            alice.join(room)
        model = Model(alice)
        for _ in range(ROUNDS):
            for _ in range(dice.randrange(4)):
                self.deed(dice, alice, bob, rooms)
            width = dice.choice([0, 1, 2, 5, WIDE])
            if alice.pos and dice.random() < 0.2:
                pos = alice.pos
                model.slide(width, dice.choice(limits), lost=True)
                alice.pos = pos
            model.slide(width, dice.choice(limits))
        model.slide(WIDE, max(limits))
        self.assertEqual(model.slide(WIDE, max(limits))["rooms"], {})
        self.compare(alice, model)

    def test_windows_and_lost_answers(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self.drift(Slider, seed, [3])

    def test_v4(self):
        self.drift(Slider4, 7, [2])

    def test_a_server_that_is_killed(self):
        alice, bob = self.user(), self.user()
        model = Model(alice)
        dice = random.Random(5)
        rooms = [bob.create_room(preset="public_chat")]
        alice.join(rooms[0])
        for _ in range(6):
            for _ in range(5):
                self.deed(dice, alice, bob, rooms)
                model.slide(dice.choice([0, WIDE]), 4)
            self.parvis.kill()
            self.parvis.launch()
        model.slide(WIDE, 4)
        self.compare(alice, model)


if __name__ == "__main__":
    unittest.main()
