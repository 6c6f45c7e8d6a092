# SPDX-License-Identifier: Apache-2.0
"""A client that only syncs holds the room's true state, whatever happened in between."""

import itertools
import os
import random
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."), os.path.dirname(__file__)]
import harness
from talk import V3, User, joined

NAMES = itertools.count()


class Follower:
    """Applies what sync says as the specification tells a client to."""

    def __init__(self, user, room, after, **query):
        self.user, self.room, self.after = user, room, after
        self.query = {**query, "use_state_after": "true"} if after else query
        self.state = {}

    def apply(self, events):
        for event in events:
            if "state_key" in event:
                self.state[event["type"], event["state_key"]] = event["event_id"]

    def sync(self):
        told = joined(self.user.sync(**self.query), self.room)
        if told is None:
            return
        if self.after:
            self.apply(told["state_after"]["events"])
        else:
            self.apply(told["state"]["events"])
            self.apply(told["timeline"]["events"])


class Drift(harness.Case):
    options = {"registration": "open"}

    def follow(self, seed, visibility="shared", leaves=False, members_too=True, after=False,
               filter=None):
        dice = random.Random(seed)
        owner, others = User(self.parvis.register(f"o{next(NAMES)}")), [
            User(self.parvis.register(f"p{next(NAMES)}")) for _ in range(3)]
        follower = User(self.parvis.register(f"f{next(NAMES)}"))
        room = owner.create_room(preset="public_chat", initial_state=[
            {"type": "m.room.history_visibility", "state_key": "",
             "content": {"history_visibility": visibility}}])
        follower.join(room)
        view = Follower(follower, room, after, **({"filter": filter} if filter else {}))
        path = f"{V3}/rooms/{harness.quote(room)}"
        inside = set()

        def come_or_go(user):
            if user in inside:
                user.leave(room)
                inside.remove(user)
            else:
                user.join(room)
                inside.add(user)

        def act():
            what = dice.randrange(6)
            if what == 0:
                owner.state(room, "m.room.name", {"name": str(dice.random())})
            elif what == 1:
                owner.state(room, "com.example.x", {"n": dice.randrange(1000000)}, str(dice.randrange(3)))
            elif what == 2:
                come_or_go(dice.choice(others))
            elif what == 3:
                owner.state(room, "m.room.member", {
                    "membership": "join", "displayname": str(dice.random())}, owner.id)
            else:
                owner.send(room, "text")

        for _ in range(15):
            for _ in range(dice.choice((0, 1, 2, 5, 9))):
                act()
            if leaves and dice.random() < 0.3:
                follower.leave(room)
                for _ in range(dice.choice((0, 1, 3))):
                    act()
                if dice.random() < 0.5:
                    view.sync()
                for _ in range(dice.choice((0, 1, 3))):
                    act()
                follower.join(room)
            view.sync()
            truth = {(e["type"], e["state_key"]): e["event_id"]
                     for e in self.assert_ok(follower.client.get(f"{path}/state"))}
            held = view.state
            if not members_too:
                truth = {k: v for k, v in truth.items() if k[0] != "m.room.member"}
                held = {k: v for k, v in held.items() if k[0] != "m.room.member"}
            self.assertEqual(held, truth, f"seed {seed}")

    def limit(self, n, **timeline):
        return {"room": {"timeline": {"limit": n, **timeline}}}

    def test_plain(self):
        self.follow(1)

    def test_small_timelines(self):
        for seed, n in ((2, 1), (3, 2), (4, 4)):
            self.follow(seed, filter=self.limit(n))

    def test_leaving_and_coming_back(self):
        for seed, visibility in ((5, "shared"), (6, "joined"), (7, "invited"), (8, "joined")):
            self.follow(seed, visibility, leaves=True, filter=self.limit(3))

    def test_filtered_timelines(self):
        for seed, timeline in ((9, {"types": ["m.room.message"]}),
                               (10, {"not_types": ["m.room.name", "com.*"]}),
                               (11, {"types": []})):
            self.follow(seed, filter=self.limit(2, **timeline))
            self.follow(seed, "joined", leaves=True, filter=self.limit(2, **timeline))

    def test_state_after(self):
        for seed, n in ((12, 1), (13, 10)):
            self.follow(seed, after=True, filter=self.limit(n))
            self.follow(seed, "joined", leaves=True, after=True, filter=self.limit(n))

    def test_lazy_members(self):
        for after in (False, True):
            lazy = {"room": {"timeline": {"limit": 2}, "state": {"lazy_load_members": True}}}
            self.follow(14, members_too=False, after=after, filter=lazy)

    def test_every_message_is_had_by_sync_or_by_filling_the_gap(self):
        dice = random.Random(15)
        owner = User(self.parvis.register(f"o{next(NAMES)}"))
        follower = User(self.parvis.register(f"f{next(NAMES)}"))
        room = owner.create_room(preset="public_chat")
        follower.join(room)
        follower.sync()
        sent, had = [], []
        for _ in range(25):
            for _ in range(dice.choice((0, 1, 2, 4, 11))):
                sent.append(owner.send(room, "text"))
            since = follower.since
            told = joined(follower.sync(filter=self.limit(3)), room)
            if told is None:
                continue
            gap, token = [], told["timeline"]["prev_batch"]
            while told["timeline"]["limited"] and token:
                page = self.assert_ok(follower.client.get(
                    f"{V3}/rooms/{harness.quote(room)}/messages"
                    f"?dir=b&limit=4&from={token}&to={since}"))
                gap = [e["event_id"] for e in reversed(page["chunk"])] + gap
                token = page.get("end")
            had += gap + [e["event_id"] for e in told["timeline"]["events"]]
        self.assertEqual(had, sent)


if __name__ == "__main__":
    unittest.main()
