# SPDX-License-Identifier: Apache-2.0
"""Simplified sliding sync: requests, tokens, lists, waiting."""

import os
import sys
import unittest

HERE = os.path.dirname(__file__)
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "../keys"), HERE]
import harness
import slide
from slide import ALL, NAMES, Slider, Slider4, SlidingCase, listing, rooms, texts
from talk import V3, Later


class Requests(SlidingCase):
    def test_it_is_announced(self):
        versions = self.assert_ok(self.parvis.client().get("/_matrix/client/versions"))
        self.assertTrue(versions["unstable_features"]["org.matrix.simplified_msc3575"])

    def test_a_bare_request(self):
        for kind in (Slider, Slider4):
            alice = self.user(kind)
            alice.body = {}
            alice.create_room()
            answer = alice.slide()
            self.assertEqual((answer["lists"], answer["rooms"], answer["extensions"]),
                             ({}, {}, {}))
            self.assertIsInstance(answer["pos"], str)

    def test_garbage_is_refused(self):
        alice = self.user()
        lists = [
            {"lists": []}, {"lists": {"a": 7}}, {"lists": {"a": {**ALL, "ranges": 7}}},
            {"lists": {"a": {**ALL, "ranges": [[0]]}}},
            {"lists": {"a": {**ALL, "ranges": [[-1, 2]]}}},
            {"lists": {"a": {**ALL, "ranges": [["0", "1"]]}}},
            {"lists": {"a": {**ALL, "timeline_limit": -1}}},
            {"lists": {"a": {**ALL, "timeline_limit": "many"}}},
            {"lists": {"a": {**ALL, "required_state": [["m.room.name"]]}}},
            {"lists": {"a": {**ALL, "required_state": {}}}},
            {"lists": {"a": {**ALL, "required_state": [["x" * 300, ""]]}}},
            {"lists": {"a": {**ALL, "filters": {"is_dm": "yes"}}}},
            {"lists": {"a": {**ALL, "filters": {"tags": [7]}}}},
            {"lists": {"a": {**ALL, "filters": []}}},
            {"lists": {str(i): ALL for i in range(101)}},
            {"lists": {"": ALL}}, {"lists": {"x" * 300: ALL}},
            {"room_subscriptions": {f"!{i}": ALL for i in range(101)}},
            {"room_subscriptions": {"!a": []}},
            {"conn_id": 7}, {"conn_id": "x" * 300}, {"extensions": []},
            {"extensions": {"to_device": {"enabled": True, "since": "abc"}}},
            {"extensions": {"to_device": {"enabled": "yes"}}},
            {"extensions": {"typing": {"enabled": True, "rooms": "all"}}},
        ]
        for body in lists:
            with self.subTest(str(body)[:80]):
                reply = alice.ask(**{"lists": {}, **body})
                self.assert_refused(reply, 400, "M_INVALID_PARAM")
        self.assert_refused(alice.ask(timeout="soon"), 400, "M_INVALID_PARAM")
        reply = alice.client.post(slide.UNSTABLE + "?set_presence=asleep", {})
        self.assert_refused(reply, 400, "M_INVALID_PARAM")
        reply = alice.client.post(slide.UNSTABLE, b"[]")
        self.assertEqual(reply.status, 400)
        reply = self.parvis.client().post(slide.V4, {})
        self.assert_refused(reply, 401, "M_MISSING_TOKEN")

    def test_v4_garbage_is_refused(self):
        alice = self.user(Slider4)
        good = {"timeline_limit": 1, "required_state": {}}
        for config in ({"timeline_limit": 1}, {"required_state": {}},
                       {**good, "range": [[0, 1]]}, {**good, "range": [3]},
                       {**good, "required_state": []},
                       {**good, "required_state": {"include": {}}},
                       {**good, "required_state": {"include": [{"type": 7}]}},
                       {**good, "required_state": {"lazy_members": 1}},
                       {**good, "filters": {"is_invited": "x"}}):
            with self.subTest(str(config)):
                self.assert_refused(alice.ask(lists={"a": config}), 400, "M_INVALID_PARAM")
        for more in ({"timeout": "soon"}, {"set_presence": "asleep"}, {"pos": 7}):
            reply = alice.client.post(slide.V4, more)
            self.assert_refused(reply, 400, "M_INVALID_PARAM")
        self.assert_ok(alice.ask(lists={"a": good}))

    def test_the_transaction_is_named_again(self):
        alice = self.user()
        self.assertEqual(alice.slide(txn_id="t1")["txn_id"], "t1")


class Positions(SlidingCase):
    def test_unknown_ones_are_refused(self):
        alice, bob = self.user(), self.user()
        alice.create_room()
        alice.slide()
        bob.slide()
        for pos in ("", "x", "p", "p1", "p1_", "p1_999999", "p99999999_1", "s5_7", "p-1_1",
                    "p1_1_1", bob.pos, alice.pos.split("_")[0], "p0_" + alice.pos.split("_")[1]):
            with self.subTest(pos):
                self.assert_refused(alice.ask(pos=pos), 400, "M_UNKNOWN_POS")
        self.assert_refused(alice.ask(conn_id="other"), 400, "M_UNKNOWN_POS")
        other = self.again(alice)
        self.assert_refused(other.ask(pos=alice.pos), 400, "M_UNKNOWN_POS")
        self.assert_ok(alice.ask())

    def test_the_same_pos_gives_the_same_again(self):
        alice, bob = self.user(), self.user()
        first = self.room_of(alice, bob, name="first")
        bob.slide()
        pos = bob.pos
        second = self.room_of(alice, bob, name="second")
        alice.send(first, "hello")
        answer = bob.slide()
        for _ in range(7):
            again = bob.slide(pos=pos)
            self.assertEqual(rooms(again), {first, second})
            self.assertEqual(texts(again["rooms"][first]), ["hello"])
            self.assertTrue(again["rooms"][second]["initial"])
        self.assertEqual(rooms(answer), {first, second})
        self.assertEqual(rooms(bob.slide()), set())
        # The client went on: what came before is gone once something new is kept.
        third = self.room_of(alice, bob)
        self.assertEqual(rooms(bob.slide()), {third})
        bob.slide()
        self.assert_refused(bob.ask(pos=pos), 400, "M_UNKNOWN_POS")

    def test_connections_are_apart_and_few(self):
        alice = self.user()
        room = alice.create_room()
        clients = []
        for i in range(20):
            client = Slider(alice.client, **listing(), conn_id=f"c{i}")
            self.assertEqual(rooms(client.slide()), {room})
            clients.append(client)
        self.assert_refused(clients[0].ask(), 400, "M_UNKNOWN_POS")
        for client in clients[-15:]:
            self.assertEqual(rooms(client.slide()), set())

    def test_a_restart_loses_nothing(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob)
        bob.slide()
        self.parvis.kill()
        self.parvis.launch()
        self.assertEqual(rooms(bob.slide()), set())
        alice.send(room, "after")
        answer = bob.slide()
        self.assertEqual(texts(answer["rooms"][room]), ["after"])
        self.assertNotIn("initial", answer["rooms"][room])

    def test_a_device_that_signs_out_takes_its_connections(self):
        alice = self.user()
        alice.create_room()
        second = self.again(alice)
        second.slide()
        self.assert_ok(second.client.post(f"{V3}/logout"))
        third = self.again(alice, device_id=second.client.device_id)
        self.assert_refused(third.ask(pos=second.pos), 400, "M_UNKNOWN_POS")

    def test_pos_pages_through_messages(self):
        alice = self.user()
        room = alice.create_room()
        alice.send(room, "before")
        alice.slide()
        alice.send(room, "behind")
        page = self.assert_ok(alice.client.get(
            f"{V3}/rooms/{harness.quote(room)}/messages?dir=b&limit=1&from={alice.pos}"))
        self.assertEqual(page["chunk"][0]["content"]["body"], "before")


class Lists(SlidingCase):
    def test_latest_activity_first(self):
        alice = self.user()
        made = [alice.create_room(name=str(i)) for i in range(5)]
        alice.send(made[1])
        alice.state(made[0], "m.room.topic", {"topic": "t"})
        alice.body = listing(ranges=[[0, 1]])
        answer = alice.slide()
        self.assertEqual(answer["lists"], {"all": {"count": 5}})
        self.assertEqual(rooms(answer), {made[0], made[1]})
        # Topics are no activity.
        bumps = {r: answer["rooms"][r]["bump_stamp"] for r in (made[0], made[1])}
        self.assertGreater(bumps[made[1]], bumps[made[0]])

    def test_a_window_that_grows_tells_the_new_rooms(self):
        alice = self.user()
        made = [alice.create_room(name=str(i)) for i in range(6)]
        alice.body = listing(ranges=[[0, 1]])
        self.assertEqual(rooms(alice.slide()), {made[5], made[4]})
        alice.body = listing(ranges=[[0, 3]])
        answer = alice.slide(timeout=30000)
        self.assertEqual(rooms(answer), {made[3], made[2]})
        self.assertTrue(all(r["initial"] for r in answer["rooms"].values()))
        alice.body = listing(ranges=[[0, 1], [5, 5]])
        self.assertEqual(rooms(alice.slide()), {made[0]})
        alice.body = {"lists": {"all": {"timeline_limit": 1, "required_state": []}}}
        self.assertEqual(rooms(alice.slide()), {made[1]})

    def test_what_happens_outside_the_window_comes_when_it_is_back(self):
        alice = self.user()
        old = alice.create_room(name="old")
        new = alice.create_room(name="new")
        alice.body = listing(ranges=[[0, 1]])
        self.assertEqual(rooms(alice.slide()), {old, new})
        alice.body = listing(ranges=[[0, 0]])
        alice.send(old, "one")
        alice.state(old, "m.room.name", {"name": "renamed"})
        alice.send(new, "two")
        answer = alice.slide()
        self.assertEqual(rooms(answer), {new})
        self.assertEqual(texts(answer["rooms"][new]), ["two"])
        self.assertEqual(rooms(alice.slide()), set())
        alice.send(new, "three")
        self.assertEqual(rooms(alice.slide()), {new})
        alice.body = listing(ranges=[[0, 1]])
        answer = alice.slide()
        self.assertEqual(rooms(answer), {old})
        self.assertNotIn("initial", answer["rooms"][old])
        self.assertEqual(texts(answer["rooms"][old]), ["one"])
        self.assertEqual(answer["rooms"][old]["name"], "renamed")
        self.assertEqual(answer["rooms"][old]["num_live"], 0)

    def filtered(self, user, **filters):
        answer = user.slide(pos=None, lists={"l": {**ALL, "filters": filters}})
        self.assertEqual(answer["lists"]["l"]["count"], len(answer["rooms"]))
        return rooms(answer)

    def test_filters(self):
        alice, bob = self.user(), self.user()
        plain = alice.create_room(name="Plain Talk")
        secret = alice.create_room(initial_state=[
            {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}])
        space = alice.create_room(creation_content={"type": "m.space"})
        invited = bob.create_room(invite=[alice.id])
        alice.state(space, "m.space.child", {"via": ["localhost"]}, plain)
        alice.state(space, "m.space.child", {}, secret)
        alice.account_data("m.direct", {bob.id: [secret, 7], "x": 7})
        user = harness.quote(alice.id)
        for room, tag in ((plain, "m.favourite"), (secret, "u.work"), (plain, "u.work")):
            self.assert_ok(alice.client.put(
                f"{V3}/user/{user}/rooms/{harness.quote(room)}/tags/{tag}", {}))
        every = {plain, secret, space, invited}
        for filters, wanted in [
                ({}, every),
                ({"is_dm": True}, {secret}), ({"is_dm": False}, every - {secret}),
                ({"is_encrypted": True}, {secret}), ({"is_encrypted": False}, every - {secret}),
                ({"is_invite": True}, {invited}), ({"is_invite": False}, every - {invited}),
                ({"is_dm": None, "is_invite": None}, every),
                ({"room_types": ["m.space"]}, {space}), ({"room_types": []}, set()),
                ({"room_types": [None]}, every - {space}),
                ({"room_types": [None, "m.space"]}, every),
                ({"not_room_types": ["m.space"]}, every - {space}),
                ({"not_room_types": [None]}, {space}),
                ({"room_types": ["m.space"], "not_room_types": ["m.space"]}, set()),
                ({"room_name_like": "n TA"}, {plain}), ({"room_name_like": "nothing"}, set()),
                ({"tags": ["m.favourite"]}, {plain}), ({"tags": ["u.work"]}, {plain, secret}),
                ({"not_tags": ["m.favourite"]}, every - {plain}),
                ({"tags": ["u.work"], "not_tags": ["m.favourite"]}, {secret}),
                ({"spaces": [space]}, {plain}), ({"spaces": ["!no"]}, set()),
                ({"spaces": [space, "!no"], "tags": ["u.work"]}, {plain})]:
            with self.subTest(str(filters)):
                self.assertEqual(self.filtered(alice, **filters), wanted)
        fourth = Slider4(alice.client)
        config = {"timeline_limit": 1, "required_state": {}}
        answer = fourth.slide(lists={
            "invited": {**config, "filters": {"is_invited": True}},
            "rest": {**config, "filters": {"is_invited": False, "not_room_types": ["m.space"]}}})
        self.assertEqual({r: v["lists"] for r, v in answer["rooms"].items()},
                         {invited: ["invited"], plain: ["rest"], secret: ["rest"]})

    def test_names_and_types_follow_their_rooms(self):
        alice = self.user()
        room = alice.create_room(name="Before")
        event = alice.state(room, "m.room.name", {"name": "Middle"})
        self.assertEqual(self.filtered(alice, room_name_like="middle"), {room})
        self.assert_ok(alice.client.put(
            f"{V3}/rooms/{harness.quote(room)}/redact/{harness.quote(event)}/r1", {}))
        self.assertEqual(self.filtered(alice, room_name_like="middle"), set())
        self.assertEqual(self.filtered(alice, is_encrypted=False), {room})
        alice.state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        self.assertEqual(self.filtered(alice, is_encrypted=True), {room})


class Waiting(SlidingCase):
    def test_the_time_ends_it(self):
        alice = self.user()
        alice.create_room()
        alice.slide()
        answer = alice.slide(timeout=50)
        self.assertEqual(answer["rooms"], {})
        self.assertEqual(rooms(alice.slide(pos=None, timeout=30000)), rooms(alice.slide(pos=None)))

    def test_a_connection_without_rooms_sleeps_through_messages(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob)
        bob.body = {"extensions": {"to_device": {"enabled": True}, "e2ee": {"enabled": True}}}
        bob.slide()
        later = bob.slide_later()
        for _ in range(5):
            alice.send(room)
        self.assertTrue(later.is_waiting())
        path = f"{V3}/sendToDevice/m.test/w{next(NAMES)}"
        self.assert_ok(alice.client.put(path, {"messages": {bob.id: {"*": {}}}}))
        self.assertEqual(len(later.result()["extensions"]["to_device"]["events"]), 1)

    def test_every_message_once_and_in_order(self):
        alice, bob = self.user(), self.user()
        room = self.room_of(alice, bob)
        bob.slide()
        sent = [str(i) for i in range(60)]

        def send():
            for text in sent:
                alice.send(room, text)

        sending = Later(send)
        got = []
        while len(got) < len(sent):
            answer = bob.slide(timeout=30000)
            room_ = answer["rooms"].get(room)
            self.assertIsNotNone(room_, "woken for nothing")
            self.assertFalse(room_["limited"])
            got += texts(room_)
        sending.result()
        self.assertEqual(got, sent)


class Services(SlidingCase):
    """An application service's user has no device of its own."""

    options = {
        **SlidingCase.options,
        "settings": ["application_services: [service.yaml]"],
        "files": {"service.yaml": """\
id: service
url: null
as_token: as-secret-token
hs_token: hs-secret-token
sender_localpart: bot
rate_limited: false
namespaces: {users: [], aliases: [], rooms: []}
"""},
    }

    def test_without_a_device(self):
        extensions = {"to_device": {"enabled": True}, "e2ee": {"enabled": True}}
        client = self.parvis.client("as-secret-token", "@bot:localhost")
        bot = Slider(client, **listing(), extensions=extensions)
        room = bot.create_room()
        answer = bot.slide()
        self.assertEqual(rooms(answer), {room})
        self.assertEqual(answer["extensions"]["e2ee"], {})
        self.assertEqual(answer["extensions"]["to_device"]["events"], [])
        bot.send(room, "hello")
        self.assertEqual(texts(bot.slide()["rooms"][room]), ["hello"])
        other = Slider(client, **listing())
        other.slide()
        self.assert_refused(bot.ask(), 400, "M_UNKNOWN_POS")


if __name__ == "__main__":
    unittest.main()
