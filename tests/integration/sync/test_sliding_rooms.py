# SPDX-License-Identifier: Apache-2.0
"""Simplified sliding sync: what is told of a room, and to whom."""

import os
import sys
import unittest

HERE = os.path.dirname(__file__)
sys.path[:0] = [os.path.join(HERE, ".."), HERE]
import harness
from slide import Slider, Slider4, SlidingCase, listing, rooms, state, texts
from talk import V3


class Rooms(SlidingCase):
    def test_fields(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob, name="Name")
        alice.state(room, "m.room.avatar", {"url": "mxc://localhost/a"})
        alice.send(room, "hello")
        alice.account_data("m.direct", {bob.id: [room]})
        first = alice.slide()["rooms"][room]
        self.assertEqual(
            {k: first[k] for k in ("initial", "name", "avatar", "is_dm", "joined_count",
                                   "invited_count", "membership", "num_live", "limited")},
            {"initial": True, "name": "Name", "avatar": "mxc://localhost/a", "is_dm": True,
             "joined_count": 2, "invited_count": 0, "membership": "join", "num_live": 0,
             "limited": True})
        self.assertNotIn("heroes", first)
        bob.send(room, "answer")
        delta = alice.slide()["rooms"][room]
        for key in ("initial", "name", "avatar", "is_dm", "heroes", "joined_count"):
            self.assertNotIn(key, delta)
        self.assertEqual((delta["notification_count"], delta["highlight_count"],
                          delta["num_live"], delta["limited"]), (1, 0, 1, False))
        alice.state(room, "m.room.name", {})
        alice.state(room, "m.room.avatar", {})
        delta = alice.slide()["rooms"][room]
        self.assertIsNone(delta["name"])
        self.assertIsNone(delta["avatar"])
        self.assertEqual(delta["heroes"], [{"user_id": bob.id, "displayname": bob.id[1:-10]}])
        alice.account_data("m.direct", {})
        delta = alice.slide(timeout=30000)["rooms"][room]
        self.assertIs(delta["is_dm"], False)
        bob.leave(room)
        delta = alice.slide()["rooms"][room]
        self.assertEqual((delta["joined_count"], delta["heroes"][0]["user_id"]), (1, bob.id))

    def test_counts_fall_with_a_receipt(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob, name="N")
        event = bob.send(room, "one")
        self.assertEqual(alice.slide()["rooms"][room]["notification_count"], 1)
        later = alice.slide_later()
        alice.room(room, f"receipt/m.read/{harness.quote(event)}")
        self.assertEqual(later.result()["rooms"][room]["notification_count"], 0)
        self.assertEqual(rooms(alice.slide()), set())

    def test_the_timeline_is_cut_and_pages_on(self):
        alice = self.user(Slider, **listing(timeline_limit=3))
        room = alice.create_room(name="N")
        for i in range(5):
            alice.send(room, str(i))
        answer = alice.slide()["rooms"][room]
        self.assertEqual((texts(answer), answer["limited"]), (["2", "3", "4"], True))
        for i in range(5, 10):
            alice.send(room, str(i))
        answer = alice.slide()["rooms"][room]
        self.assertEqual((texts(answer), answer["limited"], answer["num_live"]),
                         (["7", "8", "9"], True, 3))
        page = self.assert_ok(alice.client.get(
            f"{V3}/rooms/{harness.quote(room)}/messages?dir=b&limit=2&from={answer['prev_batch']}"))
        self.assertEqual([e["content"]["body"] for e in page["chunk"]], ["6", "5"])

    def test_a_greater_limit_tells_older_events_at_once(self):
        for kind, key in ((Slider, "unstable_expanded_timeline"), (Slider4, "expanded_timeline")):
            alice = self.user(kind)
            empty = [] if kind is Slider else {}
            room = alice.create_room(name="N")
            for i in range(5):
                alice.send(room, str(i))
            ask = lambda n, **o: alice.slide(
                lists={"l": {"timeline_limit": n, "required_state": empty}}, **o)
            self.assertEqual(texts(ask(1)["rooms"][room]), ["4"])
            answer = ask(4, timeout=30000)["rooms"][room]
            self.assertEqual((texts(answer), answer[key], answer["num_live"]),
                             (["1", "2", "3", "4"], True, 0))
            self.assertEqual(ask(4)["rooms"], {})
            self.assertEqual(ask(2)["rooms"], {})
            alice.send(room, "5")
            answer = ask(2)["rooms"][room]
            self.assertEqual(texts(answer), ["5"])
            self.assertNotIn(key, answer)
            self.assertEqual(ask(4)["rooms"], {})

    def test_required_state(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob, name="N", topic="T")
        alice.state(room, "org.test", {"a": 1}, "one")
        alice.state(room, "org.test", {"a": 2}, "two")
        me = ("m.room.member", alice.id)

        def ask(*pairs):
            return state(alice.slide(
                pos=None, **listing(timeline_limit=0, required_state=pairs))["rooms"][room])

        self.assertEqual(ask(), [])
        self.assertEqual(ask(["m.room.name", ""]), [("m.room.name", "")])
        self.assertEqual(ask(["m.room.member", "$ME"]), [me])
        self.assertEqual(ask(["m.room.member", "$LAZY"]), [])
        self.assertEqual(ask(["org.test", "*"]), [("org.test", "one"), ("org.test", "two")])
        self.assertEqual(ask(["org.test", "two"], ["org.test", "*"]),
                         [("org.test", "one"), ("org.test", "two")])
        self.assertEqual(ask(["*", alice.id]), [me])
        self.assertEqual(ask(["m.room.nothing", ""]), [])
        self.assertEqual(len(ask(["m.room.member", "*"])), 2)
        everything = ask(["*", "*"])
        self.assertIn(("m.room.create", ""), everything)
        self.assertIn(("m.room.member", bob.id), everything)
        lazy = ask(["*", "*"], ["m.room.member", "$LAZY"])
        self.assertEqual(lazy, [s for s in everything if s[0] != "m.room.member"])
        self.assertEqual(ask(["*", "*"], ["m.room.member", "$LAZY"], ["m.room.member", "$ME"]),
                         sorted([*lazy, me]))

    def test_required_state_of_v4(self):
        alice, bob = self.user(Slider4), self.user()
        room = self.room_of(alice, bob, name="N")
        me = {"type": "m.room.member", "state_key": alice.id}

        def ask(limit=0, **rule):
            lists = {"l": {"timeline_limit": limit, "required_state": rule}}
            return state(alice.slide(pos=None, lists=lists)["rooms"][room])

        everything = ask(include=[{}])
        self.assertIn(("m.room.member", bob.id), everything)
        self.assertNotIn(("m.room.create", ""),
                         ask(include=[{}], exclude=[{"type": "m.room.create"}]))
        self.assertEqual(ask(include=[{}], exclude=[{}]), [])
        self.assertEqual(ask(include=[{"state_key": alice.id}]), [("m.room.member", alice.id)])
        self.assertEqual(ask(include=[{"type": "m.room.name"}]), [("m.room.name", "")])
        others = [s for s in everything if s[0] != "m.room.member"]
        self.assertEqual(ask(include=[{}], lazy_members=True), others)
        self.assertEqual(ask(include=[{}, me], lazy_members=True),
                         sorted([*others, ("m.room.member", alice.id)]))
        bob.send(room)
        self.assertEqual(ask(1, lazy_members=True, exclude=[{}]), [("m.room.member", bob.id)])

    def test_state_that_changes(self):
        wanted = [["m.room.topic", ""], ["m.room.member", "$LAZY"]]
        alice, bob = self.user(Slider, **listing(required_state=wanted)), self.user()
        room = self.room_of(alice, bob, name="N")
        alice.slide()
        alice.state(room, "m.room.topic", {"topic": "T"})
        alice.state(room, "org.other", {})
        answer = alice.slide()["rooms"][room]
        self.assertEqual(state(answer),
                         [("m.room.member", alice.id), ("m.room.topic", "")])
        carol = self.user()
        alice.room(room, "invite", user_id=carol.id)
        carol.join(room)
        answer = alice.slide()["rooms"][room]
        self.assertEqual(state(answer), sorted(
            [("m.room.member", alice.id), ("m.room.member", carol.id)]))
        self.assertEqual(answer["joined_count"], 3)

    def test_a_gap_tells_only_the_members_of_the_timeline(self):
        wanted = [["m.room.member", "$LAZY"]]
        alice, bob = self.user(Slider, **listing(timeline_limit=2, required_state=wanted)), \
            self.user()
        room = self.room_of(alice, bob, name="N")
        alice.slide()
        carol = self.user()
        alice.room(room, "invite", user_id=carol.id)
        carol.join(room)
        for i in range(3):
            bob.send(room, str(i))
        answer = alice.slide()["rooms"][room]
        self.assertTrue(answer["limited"])
        self.assertEqual(state(answer), [("m.room.member", bob.id)])

    def test_more_required_state_comes_at_once(self):
        alice = self.user(Slider, **listing(required_state=[["m.room.name", ""]]))
        room = alice.create_room(name="N", topic="T")
        self.assertEqual(state(alice.slide()["rooms"][room]), [("m.room.name", "")])
        alice.body = listing(required_state=[["m.room.name", ""], ["m.room.topic", ""]])
        self.assertIn(("m.room.topic", ""), state(alice.slide(timeout=30000)["rooms"][room]))
        self.assertEqual(rooms(alice.slide()), set())
        alice.body = listing(required_state=[["m.room.topic", ""], ["org.nothing", ""]])
        alice.slide()
        self.assertEqual(rooms(alice.slide()), set())

    def test_subscriptions(self):
        alice, bob = self.user(), self.user()
        mine = alice.create_room(name="mine", topic="T")
        strange = bob.create_room(name="strange", preset="public_chat")
        for i in range(3):
            alice.send(mine, str(i))
        alice.body = listing(ranges=[[5, 5]])
        self.assertEqual(rooms(alice.slide()), set())
        subscription = {"timeline_limit": 2, "required_state": [["m.room.topic", ""]]}
        wanted = {mine: subscription, strange: subscription, "!no:where": subscription, "x": {}}
        answer = alice.slide(room_subscriptions=wanted)
        self.assertEqual(rooms(answer), {mine})
        room = answer["rooms"][mine]
        self.assertEqual((texts(room), state(room)), (["1", "2"], [("m.room.topic", "")]))
        later = alice.slide_later(room_subscriptions=wanted)
        alice.send(mine, "3")
        self.assertEqual(texts(later.result()["rooms"][mine]), ["3"])
        # With a list that holds the room too, the greater of both counts.
        alice.body = listing(timeline_limit=4, required_state=[["m.room.name", ""]])
        room = alice.slide(room_subscriptions=wanted)["rooms"][mine]
        self.assertEqual((texts(room), state(room)),
                         (["0", "1", "2", "3"], [("m.room.name", "")]))

    def test_unsubscribing_keeps_the_room_in_step(self):
        alice = self.user()
        room = alice.create_room(name="N")
        wanted = {room: {"timeline_limit": 20, "required_state": [["m.room.topic", ""]]}}
        alice.slide(room_subscriptions=wanted)
        alice.state(room, "m.room.topic", {"topic": "one"})
        self.assertEqual(rooms(alice.slide()), {room})
        answer = alice.slide(room_subscriptions=wanted)
        self.assertEqual(state(answer["rooms"][room]), [("m.room.topic", "")])
        self.assertEqual(rooms(alice.slide(room_subscriptions=wanted)), set())
        self.assertEqual(rooms(alice.slide()), set())


class Memberships(SlidingCase):
    def test_invites_and_knocks(self):
        for kind, key in ((Slider, "invite_state"), (Slider4, "stripped_state")):
            config = {"timeline_limit": 5, "required_state": [] if kind is Slider else {}}
            alice, bob = self.user(), self.user(kind, lists={"l": config})
            bob.slide()
            later = bob.slide_later()
            room = alice.create_room(name="Secret", invite=[bob.id])
            invite = later.result()["rooms"][room]
            self.assertEqual((invite["membership"], invite["initial"]), ("invite", True))
            self.assertIn("Secret", [e["content"].get("name") for e in invite[key]])
            for hidden in ("timeline", "required_state", "joined_count", "name"):
                self.assertNotIn(hidden, invite)
            alice.send(room, "hidden")
            self.assertEqual(bob.slide()["rooms"], {})
            bob.join(room)
            joined = bob.slide()["rooms"][room]
            self.assertEqual((joined["membership"], joined["initial"], joined["name"]),
                             ("join", True, "Secret"))
            open_room = alice.create_room(initial_state=[
                {"type": "m.room.join_rules", "content": {"join_rule": "knock"}}])
            self.assert_ok(bob.client.post(f"{V3}/knock/{harness.quote(open_room)}"))
            knock = bob.slide()["rooms"][open_room]
            self.assertEqual(knock["membership"], "knock")
            self.assertNotEqual(knock[key], [])

    def test_a_refused_invite(self):
        alice, bob = self.user(), self.user()
        room = alice.create_room(name="N", invite=[bob.id])
        bob.slide()
        bob.leave(room)
        left = bob.slide()["rooms"][room]
        self.assertEqual(left["membership"], "leave")
        self.assertNotIn("name", left)
        self.assertEqual([e["type"] for e in left["required_state"]], ["m.room.member"])
        alice.send(room, "hidden")
        answer = bob.slide()
        self.assertEqual((rooms(answer), answer["lists"]["all"]["count"]), (set(), 0))
        second = alice.create_room(invite=[bob.id])
        alice.room(second, "kick", user_id=bob.id)
        self.assertEqual(rooms(bob.slide()), set())

    def test_nothing_behind_the_leave(self):
        alice, bob = self.user(), self.user(Slider, **listing(
            required_state=[["*", "*"]], timeline_limit=20))
        room = self.room_of(alice, bob, name="Before")
        bob.slide()
        alice.send(room, "seen")
        bob.leave(room)
        alice.send(room, "unseen")
        alice.state(room, "m.room.name", {"name": "After"})
        answer = bob.slide()["rooms"][room]
        self.assertEqual((answer["membership"], texts(answer)), ("leave", ["seen"]))
        self.assertNotIn("name", answer)
        self.assertEqual(answer["timeline"][-1]["content"]["membership"], "leave")
        self.assertEqual(rooms(bob.slide()), set())
        alice.send(room, "more")
        answer = bob.slide()
        self.assertEqual((rooms(answer), answer["lists"]["all"]["count"]), (set(), 0))
        # To another connection the room is gone; asked for by its id it ends at the leave.
        other = Slider(bob.client, conn_id="other", **listing())
        self.assertEqual(rooms(other.slide()), set())
        wanted = {room: {"timeline_limit": 20, "required_state": [["m.room.name", ""]]}}
        answer = other.slide(room_subscriptions=wanted)["rooms"][room]
        self.assertEqual((answer["name"], answer["required_state"][0]["content"]["name"]),
                         ("Before", "Before"))
        self.assertEqual(texts(answer), ["seen"])
        self.assertEqual(rooms(other.slide(room_subscriptions=wanted)), set())

    def test_coming_back_begins_anew(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob, name="N")
        bob.slide()
        bob.leave(room)
        alice.send(room, "between")
        alice.room(room, "invite", user_id=bob.id)
        bob.join(room)
        answer = bob.slide()["rooms"][room]
        self.assertEqual((answer["membership"], answer["initial"]), ("join", True))

    def test_kicked_and_banned_stay_listed(self):
        alice, bob = self.user(), self.user()
        kicked, banned = (self.room_of(alice, bob, name="N") for _ in range(2))
        stranger = alice.create_room()
        alice.room(stranger, "ban", user_id=bob.id)
        alice.room(kicked, "kick", user_id=bob.id)
        alice.room(banned, "ban", user_id=bob.id)
        answer = bob.slide()
        self.assertEqual({r: v["membership"] for r, v in answer["rooms"].items()},
                         {kicked: "leave", banned: "ban"})
        self.assertEqual(answer["lists"]["all"]["count"], 2)
        alice.send(kicked, "unseen")
        answer = bob.slide()
        self.assertEqual((rooms(answer), answer["lists"]["all"]["count"]), (set(), 2))
        bob.room(kicked, "forget")
        self.assertEqual(bob.slide()["lists"]["all"]["count"], 1)

    def test_left_and_forgotten_in_between(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob)
        bob.slide()
        bob.leave(room)
        bob.room(room, "forget")
        self.assertEqual(bob.slide()["rooms"][room]["membership"], "leave")
        self.assertEqual(rooms(bob.slide()), set())

    def test_ignored_users_invite_nobody(self):
        alice, bob = self.user(), self.user()
        bob.account_data("m.ignored_user_list", {"ignored_users": {alice.id: {}}})
        alice.create_room(invite=[bob.id])
        self.assertEqual(rooms(bob.slide()), set())

    def test_an_old_invite_is_not_told_once_invites_are_blocked(self):
        alice, bob = self.user(), self.user()
        room = alice.create_room(invite=[bob.id])
        bob.account_data("m.invite_permission_config", {"default_action": "block"})
        self.assertEqual(rooms(bob.slide()), set())
        bob.account_data("m.invite_permission_config", {})
        self.assertEqual(rooms(bob.slide()), {room})


if __name__ == "__main__":
    unittest.main()
