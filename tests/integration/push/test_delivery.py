# SPDX-License-Identifier: Apache-2.0
"""Notifications reach a push gateway: once each, in order, whatever happens to either side."""

import collections
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from gateway import Gateway  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
NAMES = iter(f"user{i}" for i in range(1000))


class Pushed(harness.Case):
    options = {"registration": "open", "settings": ["push_private_gateways: true"]}

    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.stop)

    def user(self):
        return self.parvis.register(next(NAMES))

    def add_pusher(self, user, gateway=None, pushkey=None, **data):
        body = {"kind": "http", "app_id": "test.app", "pushkey": pushkey or "key of " + user.user_id,
                "app_display_name": "Test", "device_display_name": "Phone", "lang": "fr",
                "data": {"url": (gateway or self.gateway).url, **data}}
        self.assert_ok(user.post(f"{V3}/pushers/set", body))
        return body

    def pushers(self, user):
        return self.assert_ok(user.get(f"{V3}/pushers"))["pushers"]

    def room(self, owner, *members, **options):
        room = self.assert_ok(owner.post(
            f"{V3}/createRoom", {"preset": "public_chat", **options}))["room_id"]
        for member in members:
            self.assert_ok(member.post(f"{V3}/join/{quote(room)}"))
        return room

    def send(self, user, room, body, type="m.room.message", **content):
        path = f"{V3}/rooms/{quote(room)}/send/{type}/{next(NAMES)}"
        content = {"msgtype": "m.text", "body": body, **content}
        return self.assert_ok(user.put(path, content))["event_id"]

    def read(self, user, room, event, **body):
        path = f"{V3}/rooms/{quote(room)}/receipt/m.read/{quote(event)}"
        self.assert_ok(user.post(path, body))

    def pair(self, **options):
        alice, bob = self.user(), self.user()
        return alice, bob, self.room(alice, bob, **options)


class Payloads(Pushed):
    def test_all_there_is_to_tell(self):
        alice, bob, room = self.pair(name="Voirie")
        self.assert_ok(alice.put(f"{V3}/profile/{quote(alice.user_id)}/displayname",
                                 {"displayname": "Alice"}))
        self.add_pusher(bob, default_payload={"aps": {}}, format=None)
        event = self.send(alice, room, "Bonjour")
        told = self.gateway.next()
        self.assertEqual(told.pop("event_id"), event)
        device = told.pop("devices")
        self.assertEqual(told, {
            "room_id": room, "type": "m.room.message", "sender": alice.user_id,
            "sender_display_name": "Alice", "room_name": "Voirie", "prio": "high",
            "content": {"msgtype": "m.text", "body": "Bonjour"}, "counts": {"unread": 1}})
        self.assertGreater(device[0].pop("pushkey_ts"), 1600000000)
        self.assertEqual(device, [{
            "app_id": "test.app", "pushkey": "key of " + bob.user_id,
            "data": {"default_payload": {"aps": {}}, "format": None},
            "tweaks": {"sound": "default"}}])

    def test_the_event_id_only(self):
        alice, bob, room = self.pair()
        self.add_pusher(bob, format="event_id_only")
        event = self.send(alice, room, "secret")
        told = self.gateway.next()
        self.assertEqual(told["event_id"], event)
        self.assertEqual(set(told), {"event_id", "room_id", "prio", "counts", "devices"})
        self.assertNotIn("tweaks", told["devices"][0])

    def test_priorities_and_mentions(self):
        alice, bob, third = self.user(), self.user(), self.user()
        room = self.room(alice, bob, third)
        self.add_pusher(bob)
        event = self.send(alice, room, "for everybody")
        self.assertEqual(self.gateway.next_event(event)["prio"], "low")
        event = self.send(alice, room, "for you", **{"m.mentions": {"user_ids": [bob.user_id]}})
        told = self.gateway.next_event(event)
        self.assertEqual(told["prio"], "high")
        self.assertEqual(told["devices"][0]["tweaks"], {"sound": "default", "highlight": True})
        event = self.send(alice, room, None, type="m.room.encrypted", ciphertext="x")
        self.assertEqual(self.gateway.next_event(event)["prio"], "high")
        # Of a room without a name, who else is in it.
        self.assertIn("user", self.gateway_name(alice, room))

    def gateway_name(self, alice, room):
        return self.gateway.next_event(self.send(alice, room, "again"))["room_name"]

    def test_an_invite(self):
        alice, bob = self.user(), self.user()
        self.add_pusher(bob)
        room = self.room(alice, name="Mairie")
        self.assert_ok(alice.post(f"{V3}/rooms/{quote(room)}/invite", {"user_id": bob.user_id}))
        told = self.gateway.next()
        self.assertEqual((told["type"], told["membership"], told["user_is_target"]),
                         ("m.room.member", "invite", True))
        self.assertEqual((told["room_id"], told["room_name"], told["counts"]),
                         (room, "Mairie", {"unread": 1}))

    def test_who_is_not_told(self):
        alice, bob, room = self.pair()
        self.add_pusher(alice)
        self.add_pusher(bob)
        self.send(bob, room, "notice", msgtype="m.notice")
        self.assert_ok(bob.put(
            f"{V3}/user/{quote(bob.user_id)}/account_data/m.ignored_user_list",
            {"ignored_users": {alice.user_id: {}}}))
        self.send(alice, room, "ignored")
        last = self.send(bob, room, "last")
        told = self.gateway.next()
        self.assertEqual(told["event_id"], last)
        self.assertEqual(told["devices"][0]["pushkey"], "key of " + alice.user_id)
        self.assertTrue(self.gateway.accepted.empty())

    def test_missed_calls(self):
        alice, bob, room = self.pair()
        self.add_pusher(bob)

        def call(user, type, call_id, **content):
            return self.send(user, room, None, type=type, call_id=call_id, version="1", **content)

        event = call(alice, "m.call.invite", "a", lifetime=60000)
        told = self.gateway.next_event(event)
        self.assertEqual(told["devices"][0]["tweaks"]["sound"], "ring")
        self.assertNotIn("missed_calls", told["counts"])
        call(alice, "m.call.hangup", "a")
        self.gateway.next_event(call(alice, "m.call.invite", "b", lifetime=60000))
        call(bob, "m.call.answer", "b")
        call(alice, "m.call.hangup", "b")
        event = self.send(alice, room, "you were not there")
        self.assertEqual(self.gateway.next_event(event)["counts"]["missed_calls"], 1)
        self.read(bob, room, event)
        event = self.send(alice, room, "now you are")
        self.assertNotIn("missed_calls", self.gateway.next_event(event)["counts"])


class Badges(Pushed):
    def next_count(self):
        while True:
            told = self.gateway.next()
            if "event_id" not in told:
                return told

    def test_reading_elsewhere_clears_the_badge(self):
        alice, bob, room = self.pair()
        other = self.room(alice, bob)
        self.add_pusher(bob)
        first, second = self.send(alice, room, "one"), self.send(alice, other, "two")
        self.assertEqual([self.gateway.next()["counts"] for _ in range(2)],
                         [{"unread": 1}, {"unread": 2}])
        self.read(bob, room, first)
        told = self.next_count()
        self.assertEqual(told["counts"], {"unread": 1})
        self.assertEqual(set(told), {"counts", "devices"})
        self.read(bob, other, second)
        self.assertEqual(self.next_count()["counts"], {"unread": 0})
        self.read(bob, other, second)
        event = self.send(alice, room, "three")
        self.assertEqual(self.gateway.next()["event_id"], event)

    def test_threads_are_read_by_themselves(self):
        alice, bob, room = self.pair()
        self.add_pusher(bob)
        root = self.send(alice, room, "root")
        self.gateway.next_event(root)
        reply = self.send(alice, room, "in the thread", **{
            "m.relates_to": {"rel_type": "m.thread", "event_id": root}})
        self.assertEqual(self.gateway.next_event(reply)["counts"], {"unread": 2})
        self.read(bob, room, reply, thread_id=root)
        self.assertEqual(self.next_count()["counts"], {"unread": 1})
        self.read(bob, room, root, thread_id="main")
        self.assertEqual(self.next_count()["counts"], {"unread": 0})

    def test_what_is_read_is_not_sent(self):
        alice, bob, room = self.pair()
        self.add_pusher(bob)
        self.gateway.answer = lambda _: (503, {})
        event = self.send(alice, room, "read before the gateway is back")
        self.gateway.tries.get(timeout=30)
        self.read(bob, room, event)
        self.gateway.answer = lambda _: (200, {})
        last = self.send(alice, room, "last")
        self.assertEqual(self.gateway.next()["event_id"], last)
        while not self.gateway.accepted.empty():
            self.assertNotEqual(self.gateway.next().get("event_id"), event)


class Failures(Pushed):
    def test_a_rejected_pushkey_ends_the_pusher(self):
        alice, bob, room = self.pair()
        pusher = self.add_pusher(bob)
        self.gateway.answer = lambda _: (200, {"rejected": ["another"]})
        self.send(alice, room, "one")
        self.gateway.next()
        self.assertEqual(len(self.pushers(bob)), 1)
        self.gateway.answer = lambda _: (200, {"rejected": [pusher["pushkey"]]})
        self.send(alice, room, "two")
        self.gateway.next()
        harness.eventually("the pusher is gone", lambda: not self.pushers(bob))

    def test_errors_are_tried_again(self):
        alice, bob, room = self.pair()
        self.add_pusher(bob)
        answers = iter([(429, {}, ("Retry-After", "1")), None])
        self.gateway.answer = lambda _: next(answers, (200, {}))
        events = [self.send(alice, room, "one"), self.send(alice, room, "two")]
        self.assertEqual([self.gateway.next()["event_id"] for _ in events], events)
        tries = [self.gateway.tries.get() for _ in range(4)]
        self.assertEqual([t[0]["event_id"] for t in tries], [events[0]] * 3 + [events[1]])

    def test_a_slow_gateway_holds_up_nobody_else(self):
        release = threading.Event()
        self.addCleanup(release.set)
        slow = Gateway()
        self.addCleanup(slow.stop)
        slow.answer = lambda _: (release.wait(30), (200, {}))[1]
        alice = self.user()
        readers = [self.user() for _ in range(12)]
        room = self.room(alice, *readers)
        for i, reader in enumerate(readers):
            self.add_pusher(reader, slow if i < 11 else self.gateway)
        event = self.send(alice, room, "quick")
        self.gateway.next_event(event)
        harness.eventually("eight calls are under way", lambda: slow.under_way == 8)
        self.assertTrue(slow.accepted.empty())
        release.set()
        keys = {slow.next()["devices"][0]["pushkey"] for _ in range(11)}
        self.assertEqual(len(keys), 11)
        self.assertEqual(slow.most, 8)

    def test_pushers_of_a_session_end_with_it(self):
        alice, bob, room = self.pair()
        phone = self.parvis.login(bob.user_id, f"{bob.user_id[1:].split(':')[0]}'s password")
        self.add_pusher(phone, pushkey="phone")
        self.add_pusher(bob, pushkey="desk")
        self.assert_ok(phone.post(f"{V3}/logout"))
        self.assertEqual([p["pushkey"] for p in self.pushers(bob)], ["desk"])
        event = self.send(alice, room, "hello")
        self.assertEqual(self.gateway.next_event(event)["devices"][0]["pushkey"], "desk")

    def test_gateways_that_are_none(self):
        user = self.user()
        for url in ["http://127.0.0.1/", "ftp://a/_matrix/push/v1/notify",
                    "http:///_matrix/push/v1/notify", "https://a/_matrix/push/v1/notify/x"]:
            self.assert_refused(user.post(f"{V3}/pushers/set", {
                "kind": "http", "app_id": "a", "pushkey": "k", "app_display_name": "A",
                "device_display_name": "D", "lang": "fr", "data": {"url": url}}),
                400, "M_INVALID_PARAM")


class Private(harness.Case):
    options = {"registration": "open"}

    def test_a_name_that_leads_inside_is_not_followed(self):
        gateway = Gateway()
        self.addCleanup(gateway.stop)
        alice, bob = self.parvis.register("alice"), self.parvis.register("bob")
        for host in ("localhost", "127.0.0.1", "[::1]"):
            self.assert_ok(bob.post(f"{V3}/pushers/set", {
                "kind": "http", "app_id": "a", "pushkey": host, "app_display_name": "A",
                "device_display_name": "D", "lang": "fr",
                "data": {"url": f"https://{host}:{gateway.port}/_matrix/push/v1/notify"}}))
        room = self.assert_ok(alice.post(f"{V3}/createRoom", {"invite": [bob.user_id]}))
        self.assertIn("room_id", room)
        harness.eventually("the failure is told",
                           lambda: "push gateway does not answer" in self.parvis.log)
        self.assertTrue(gateway.tries.empty())


class Crashes(unittest.TestCase):
    """A gateway that is dead for a while, and a homeserver that is killed meanwhile."""

    def setUp(self):
        self.parvis = harness.Parvis(registration="open", checked=False,
                                     settings=["push_private_gateways: true"]).start()
        self.addCleanup(self.parvis.stop)
        self.case = Pushed()
        self.case.parvis = self.parvis

    def nobody_waits(self):
        return b"parvis_homeserver_pushers_waiting 0\n" in self.parvis.client().get("/metrics").body

    def test_each_is_notified(self):
        case = self.case
        case.gateway = Gateway()
        port = case.gateway.port
        alice = case.user()
        readers = [case.user() for _ in range(3)]
        room = case.room(alice, *readers)
        for reader in readers:
            case.add_pusher(reader)
        sent = [case.send(alice, room, "before")]
        told = collections.Counter()

        def collect(gateway, until):
            while sum(told.values()) < until:
                note = gateway.next()
                told[note["event_id"], note["devices"][0]["pushkey"]] += 1

        collect(case.gateway, 3)
        # A kill between an answer and its commit may repeat a notification; not here.
        harness.eventually("the answers are saved", self.nobody_waits)
        case.gateway.stop()
        sent += [case.send(alice, room, f"dead {i}") for i in range(3)]
        self.parvis.kill()
        self.parvis.launch()
        sent += [case.send(alice, room, f"restarted {i}") for i in range(3)]
        self.parvis.kill()
        gateway = Gateway(port)
        self.addCleanup(gateway.stop)
        self.parvis.launch()
        collect(gateway, 3 * len(sent))
        last = case.send(alice, room, "after")
        collect(gateway, 3 * len(sent) + 3)
        self.assertEqual(set(told), {(event, "key of " + reader.user_id)
                                     for event in [*sent, last] for reader in readers})
        self.assertEqual(set(told.values()), {1})


if __name__ == "__main__":
    unittest.main()
