# SPDX-License-Identifier: Apache-2.0
"""Application services: transactions, queries, ping, third-party lookups."""

import http.server
import itertools
import json
import os
import queue
import sys
import threading
import unittest
import urllib.parse

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "sync"), os.path.join(TESTS, "keys")]
import harness
from signer import Device
from talk import V3, Later, User

NAMES = itertools.count()
GHOST = "@_irc_ghost:localhost"


class Service:
    """An application service that writes down what it is asked."""

    def __init__(self):
        self.transactions = queue.Queue()
        self.requests = queue.Queue()
        self.answer = lambda method, path, body: (404, {"errcode": "M_UNRECOGNIZED"})
        self.refuse = 0  # transactions to refuse
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.loads(body) if body else None
                status, answer = service.handle(self.command, self.path, body,
                                                self.headers.get("Authorization"))
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a killed homeserver resets connections
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handle(self, method, path, body, auth):
        if auth != "Bearer hs-secret":
            return 403, {"errcode": "M_FORBIDDEN"}
        if method == "PUT" and path.startswith("/_matrix/app/v1/transactions/"):
            refused = self.refuse > 0
            self.refuse -= refused
            self.transactions.put((path.rsplit("/", 1)[1], body, not refused))
            return (503, {}) if refused else (200, {})
        self.requests.put((method, path, body))
        return self.answer(method, path, body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


REGISTRATION = """\
id: irc
url: http://127.0.0.1:{port}/
as_token: as-secret
hs_token: hs-secret
sender_localpart: _ircbot
rate_limited: false
de.sorunome.msc2409.push_ephemeral: true
org.matrix.msc3202: true
protocols: [irc]
com.example.unknown: {{a: [1, 2]}}
namespaces:
  users:
    - exclusive: true
      regex: "@_irc_.*:localhost"
  aliases:
    - exclusive: true
      regex: "#_irc_.*:localhost"
  rooms: []
"""


class ServiceCase(harness.Case):
    presence = "disabled"

    @classmethod
    def setUpClass(cls):
        cls.service = Service()
        cls.options = {
            "registration": "open",
            "files": {"irc.yaml": REGISTRATION.format(port=cls.service.port)},
            "settings": ["application_services: [irc.yaml]", "workers: 4"],
            "presence": cls.presence,
        }
        super().setUpClass()
        cls.bot = cls.parvis.client("as-secret", "@_ircbot:localhost")
        cls.bot.post(f"{V3}/register",
                     {"type": "m.login.application_service", "username": "_irc_ghost"})

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.service.stop()

    def setUp(self):
        self.alice = User(self.parvis.register(f"alice{next(NAMES)}"))
        self.service.answer = lambda method, path, body: (404, {"errcode": "M_UNRECOGNIZED"})

    def as_ghost(self, method, path, body=None):
        joint = "&" if "?" in path else "?"
        return self.bot.request(method, f"{path}{joint}user_id={harness.quote(GHOST)}",
                                body if body is not None else {})

    def bridged_room(self):
        """A room with the ghost in it; what was told of its making is drained."""
        room = self.alice.create_room(preset="private_chat", invite=[GHOST])
        self.assert_ok(self.as_ghost("POST", f"{V3}/rooms/{harness.quote(room)}/join"))
        self.events_until(lambda e: e["type"] == "m.room.member" and e["state_key"] == GHOST
                          and e["content"]["membership"] == "join" and e["room_id"] == room)
        return room

    def next_transaction(self):
        return self.service.transactions.get(timeout=30)

    def events_until(self, is_last):
        events = []
        while True:
            _, body, accepted = self.next_transaction()
            if accepted:
                events += body["events"]
            if any(is_last(e) for e in body["events"]) and accepted:
                return events

    def text_events(self, room, last):
        events = self.events_until(lambda e: e["content"].get("body") == last)
        return [e["content"]["body"] for e in events
                if e["room_id"] == room and "body" in e["content"]]


class Transactions(ServiceCase):
    def test_the_invite_of_a_ghost_and_what_follows(self):
        room = self.alice.create_room(preset="private_chat", invite=[GHOST])
        events = self.events_until(lambda e: e.get("state_key") == GHOST and e["room_id"] == room)
        invite = [e for e in events if e.get("state_key") == GHOST][-1]
        self.assertEqual(invite["content"]["membership"], "invite")
        self.assertEqual(invite["sender"], self.alice.id)
        self.assertIn("event_id", invite)
        # Nothing of the room concerns the service before its ghost is in it.
        self.assertNotIn("m.room.create", [e["type"] for e in events if e["room_id"] == room])
        self.alice.send(room, "not yet")
        self.assert_ok(self.as_ghost("POST", f"{V3}/rooms/{harness.quote(room)}/join"))
        self.alice.send(room, "now")
        self.assertEqual(self.text_events(room, "now"), ["now"])

    def test_in_order_and_once(self):
        room = self.bridged_room()
        for i in range(150):
            self.alice.send(room, str(i))
        self.assertEqual(self.text_events(room, "149"), [str(i) for i in range(150)])

    def test_other_rooms_stay_private(self):
        room, other = self.bridged_room(), self.alice.create_room()
        self.alice.send(other, "private")
        self.alice.send(room, "public")
        events = self.events_until(lambda e: e["content"].get("body") == "public")
        self.assertNotIn(other, [e["room_id"] for e in events])

    def test_nothing_after_the_ghost_left(self):
        room, still = self.bridged_room(), self.bridged_room()
        self.assert_ok(self.as_ghost("POST", f"{V3}/rooms/{harness.quote(room)}/leave"))
        self.alice.send(room, "alone")
        self.alice.send(still, "heard")
        events = self.events_until(lambda e: e["content"].get("body") == "heard")
        self.assertNotIn("alone", [e["content"].get("body") for e in events])

    def test_a_room_alias_makes_interest(self):
        room = self.alice.create_room(preset="public_chat")
        self.assert_ok(self.bot.post(f"{V3}/join/{harness.quote(room)}"))
        self.assert_ok(self.bot.put(
            f"{V3}/directory/room/{harness.quote('#_irc_a:localhost')}", {"room_id": room}))
        self.assert_ok(self.bot.post(f"{V3}/rooms/{harness.quote(room)}/leave"))
        self.alice.send(room, "by alias")
        self.assertEqual(self.text_events(room, "by alias"), ["by alias"])

    def test_a_refused_transaction_comes_again_unchanged(self):
        room = self.bridged_room()
        self.service.refuse = 2
        self.alice.send(room, "first")
        tries = [self.next_transaction()]
        self.alice.send(room, "second")
        while not tries[-1][2]:
            tries.append(self.next_transaction())
        self.assertEqual(len(tries), 3)
        self.assertEqual(len({t[0] for t in tries}), 1)
        self.assertEqual(tries[0][1], tries[1][1])
        self.assertEqual(tries[0][1], tries[2][1])
        self.assertEqual(self.text_events(room, "second"), ["second"])

    def test_a_kill_between_the_tries_changes_nothing(self):
        room = self.bridged_room()
        self.service.refuse = 1000
        self.alice.send(room, "before the kill")
        txn, body, _ = self.next_transaction()
        self.parvis.kill()
        while not self.service.transactions.empty():
            self.service.transactions.get()
        self.service.refuse = 0
        self.parvis.launch()
        self.assertEqual(self.next_transaction(), (txn, body, True))
        self.alice.send(room, "after the kill")
        self.assertEqual(self.text_events(room, "after the kill"), ["after the kill"])

    def test_ephemeral(self):
        room = self.bridged_room()
        path = f"{V3}/rooms/{harness.quote(room)}"
        self.assert_ok(self.alice.client.put(
            f"{path}/typing/{harness.quote(self.alice.id)}", {"typing": True, "timeout": 30000}))
        _, body, _ = self.next_transaction()
        self.assertEqual(body["ephemeral"], [
            {"type": "m.typing", "room_id": room, "content": {"user_ids": [self.alice.id]}}])
        event = self.alice.send(room, "read me")
        self.events_until(lambda e: e["content"].get("body") == "read me")
        self.assert_ok(self.alice.client.post(
            f"{path}/receipt/m.read.private/{harness.quote(event)}", {}))
        self.assert_ok(self.alice.client.post(f"{path}/receipt/m.read/{harness.quote(event)}", {}))
        while True:
            _, body, _ = self.next_transaction()
            receipts = [e for e in body.get("ephemeral", []) if e["type"] == "m.receipt"]
            if receipts:
                break
        self.assertEqual(receipts[0]["room_id"], room)
        self.assertEqual(list(receipts[0]["content"][event]), ["m.read"])


class Devices(ServiceCase):
    """What an encrypted bridge needs: it makes a device without signing in, has keys, and hears of
    everything by transactions."""

    def setUp(self):
        super().setUp()
        self.device = f"BRIDGE{next(NAMES)}"
        reply = self.as_ghost("PUT", f"{V3}/devices/{self.device}", {"display_name": "Bridge"})
        self.assertEqual(reply.status, 201, reply)

    def as_device(self, method, path, body=None, name="device_id"):
        joint = "&" if "?" in path else "?"
        return self.as_ghost(method, f"{path}{joint}{name}={self.device}", body)

    def part_until(self, *names):
        """The first transaction that has one of these parts."""
        while True:
            _, body, accepted = self.next_transaction()
            if accepted and any(name in body for name in names):
                return body

    def test_masquerading_as_a_device(self):
        for name in ("device_id", "org.matrix.msc3202.device_id"):
            me = self.assert_ok(self.as_device("GET", f"{V3}/account/whoami", name=name))
            self.assertEqual((me["user_id"], me["device_id"]), (GHOST, self.device))
        path = f"{V3}/account/whoami?device_id=NONE"
        self.assert_refused(self.as_ghost("GET", path), 400, "M_UNKNOWN_DEVICE")

    def test_messages_to_its_devices_and_the_keys_left(self):
        keys = Device(harness.Client(self.parvis.url, None, GHOST, self.device))
        self.assert_ok(self.as_device("POST", f"{V3}/keys/upload", {
            "device_keys": keys.keys(),
            "one_time_keys": {f"signed_curve25519:{i}": keys.one_time(i) for i in range(3)},
            "fallback_keys": {"signed_curve25519:f": keys.one_time(9, fallback=True)}}))
        self.assert_ok(self.alice.client.post(f"{V3}/keys/claim", {
            "one_time_keys": {GHOST: {self.device: "signed_curve25519"}}}))
        path = f"{V3}/sendToDevice/m.room.encrypted/{next(NAMES)}"
        content = {"ciphertext": "x"}
        self.assert_ok(self.alice.client.put(
            path, {"messages": {GHOST: {self.device: content}}}))
        body = self.part_until("to_device")
        self.assertEqual(body["to_device"], [{
            "type": "m.room.encrypted", "sender": self.alice.id, "content": content,
            "to_user_id": GHOST, "to_device_id": self.device}])
        self.assertEqual(body["de.sorunome.msc2409.to_device"], body["to_device"])
        counts = body["org.matrix.msc3202.device_one_time_keys_count"][GHOST][self.device]
        self.assertEqual(counts, {"signed_curve25519": 2})
        self.assertEqual(
            body["org.matrix.msc3202.device_unused_fallback_key_types"][GHOST][self.device],
            ["signed_curve25519"])
        # The device may sync as well: it finds the message there too.
        sync = self.assert_ok(self.as_device("GET", f"{V3}/sync"))
        self.assertEqual([e["content"] for e in sync["to_device"]["events"]], [content])

    def test_messages_survive_a_kill_before_they_are_taken(self):
        self.service.refuse = 1000
        path = f"{V3}/sendToDevice/m.dummy/{next(NAMES)}"
        self.assert_ok(self.alice.client.put(
            path, {"messages": {GHOST: {self.device: {"n": 1}}}}))
        self.parvis.kill()
        self.service.refuse = 0
        self.parvis.launch()
        body = self.part_until("to_device")
        self.assertEqual(body["to_device"][0]["content"], {"n": 1})

    def test_changed_devices_of_those_it_meets(self):
        self.bridged_room()
        stranger = User(self.parvis.register(f"stranger{next(NAMES)}"))
        for user in (stranger, self.alice):
            self.assert_ok(user.client.post(
                f"{V3}/keys/upload", {"device_keys": Device(user.client).keys()}))
        body = self.part_until("device_lists")
        self.assertIn(self.alice.id, body["device_lists"]["changed"])
        self.assertNotIn(stranger.id, body["device_lists"]["changed"])


class Presence(ServiceCase):
    presence = "enabled"

    def test_presence_of_those_it_meets(self):
        self.bridged_room()
        self.assert_ok(self.alice.client.put(
            f"{V3}/presence/{harness.quote(self.alice.id)}/status",
            {"presence": "online", "status_msg": "here"}))
        while True:
            _, body, _ = self.next_transaction()
            told = [e for e in body.get("ephemeral", []) if e["type"] == "m.presence"
                    and e["sender"] == self.alice.id and "status_msg" in e["content"]]
            if told:
                break
        self.assertEqual((told[0]["content"]["presence"], told[0]["content"]["status_msg"]),
                         ("online", "here"))
        self.assertNotIn("room_id", told[0])


class Questions(ServiceCase):
    def test_ping(self):
        path = "/_matrix/client/v1/appservice/irc/ping"
        while not self.service.requests.empty():
            self.service.requests.get()
        self.service.answer = lambda method, path, body: (200, {})
        reply = self.assert_ok(self.bot.post(path, {"transaction_id": "meow"}))
        self.assertGreaterEqual(reply["duration_ms"], 0)
        self.assertEqual(self.service.requests.get(timeout=5),
                         ("POST", "/_matrix/app/v1/ping", {"transaction_id": "meow"}))
        self.service.answer = lambda method, path, body: (403, {"errcode": "M_FORBIDDEN"})
        reply = self.assert_refused(self.bot.post(path, {}), 502, "M_BAD_STATUS")
        self.assertEqual(reply.json["status"], 403)
        self.assert_refused(self.bot.post(path.replace("irc", "other"), {}), 403, "M_FORBIDDEN")
        self.assert_refused(self.alice.client.post(path, {}), 403, "M_FORBIDDEN")

    def test_a_service_that_hangs_does_not_hang_the_server(self):
        release = threading.Event()

        def hang(method, path, body):
            release.wait(30)
            return 200, {}

        self.service.answer = hang
        pings = [Later(lambda: self.bot.post("/_matrix/client/v1/appservice/irc/ping", {}))
                 for _ in range(8)]
        try:
            # As many as may wait do; the others are refused at once, and all else goes on.
            harness.eventually("six pings are refused",
                               lambda: sum(not p.is_waiting() for p in pings) == 6)
            self.assert_ok(self.alice.client.get(f"{V3}/joined_rooms"))
        finally:
            release.set()
        statuses = sorted(p.result().status for p in pings)
        self.assertEqual(statuses, [200, 200] + [502] * 6)

    def test_an_unknown_alias_is_asked_for(self):
        alias = "#_irc_wanted:localhost"

        def make(method, path, body):
            if urllib.parse.unquote(path) != f"/_matrix/app/v1/rooms/{alias}":
                return 404, {}
            reply = self.bot.post(f"{V3}/createRoom", {
                "preset": "public_chat", "room_alias_name": "_irc_wanted"})
            return (200, {}) if reply.status == 200 else (500, {})

        self.service.answer = make
        path = f"{V3}/join/{harness.quote(alias)}"
        self.assertIn("room_id", self.assert_ok(self.alice.client.post(path)))
        path = f"{V3}/join/{harness.quote('#_irc_unwanted:localhost')}"
        self.assert_refused(self.alice.client.post(path), 404, "M_NOT_FOUND")

    def test_an_unknown_user_is_asked_for(self):
        user = "@_irc_wanted:localhost"

        def make(method, path, body):
            if urllib.parse.unquote(path) != f"/_matrix/app/v1/users/{user}":
                return 404, {}
            reply = self.bot.post(f"{V3}/register", {
                "type": "m.login.application_service", "username": "_irc_wanted"})
            return (200, {}) if reply.status == 200 else (500, {})

        self.service.answer = make
        room = self.alice.create_room(preset="private_chat")
        self.alice.room(room, "invite", user_id=user)
        self.assertEqual(self.alice.client.get(
            f"{V3}/profile/{harness.quote(user)}").status, 200)

    def test_third_party_lookups(self):
        def answer(method, path, body):
            path, _, query = path.partition("?")
            path = path.removeprefix("/_matrix/app/v1/thirdparty/")
            if path == "protocol/irc":
                return 200, {"user_fields": ["nick"], "location_fields": ["channel"],
                             "icon": "mxc://localhost/i", "field_types": {},
                             "instances": [{"network_id": "n", "desc": "Net", "fields": {}}]}
            if path == "location/irc":
                return 200, [{"alias": "#_irc_x:localhost", "protocol": "irc",
                              "fields": {"asked": query}}]
            if path == "user":
                return 200, [{"userid": GHOST, "protocol": "irc", "fields": {"asked": query}}]
            return 404, {}

        self.service.answer = answer
        get = self.alice.client.get
        protocols = self.assert_ok(get(f"{V3}/thirdparty/protocols"))
        self.assertEqual(protocols["irc"]["instances"][0]["desc"], "Net")
        self.assertEqual(self.assert_ok(get(f"{V3}/thirdparty/protocol/irc")), protocols["irc"])
        self.assert_refused(get(f"{V3}/thirdparty/protocol/icq"), 404, "M_NOT_FOUND")
        found = self.assert_ok(get(f"{V3}/thirdparty/location/irc?channel=%23x&user_id=no"))
        self.assertEqual(found[0]["fields"]["asked"], "channel=%23x")
        self.assertEqual(self.assert_ok(get(f"{V3}/thirdparty/user/irc?nick=a")), [])
        found = self.assert_ok(get(f"{V3}/thirdparty/user?userid={harness.quote(GHOST)}"))
        self.assertEqual(found[0]["userid"], GHOST)
        self.assert_refused(get(f"{V3}/thirdparty/location?alias=%23a:b"), 404, "M_NOT_FOUND")
        self.assert_refused(get(f"{V3}/thirdparty/location"), 400, "M_MISSING_PARAM")


class Registrations(unittest.TestCase):
    def refused(self, *texts):
        """What a start with these registrations says."""
        files = {f"{i}.yaml": text for i, text in enumerate(texts)}
        parvis = harness.Parvis(checked=False, files=files, settings=[
            f"application_services: [{', '.join(files)}]"])
        try:
            done = parvis.run([], check=False)
            self.assertNotEqual(done.returncode, 0)
            return done.stderr
        finally:
            parvis.stop()

    def test_wrong_ones_are_refused_with_a_reason(self):
        good = REGISTRATION.format(port=1)
        self.assertIn("as_token", self.refused(good.replace("as_token: as-secret\n", "")))
        self.assertIn("regular expression", self.refused(good.replace("@_irc_.*", "@_irc_(")))
        self.assertIn("url", self.refused(good.replace("http://", "gopher://")))
        self.assertIn("id", self.refused(good, good))
        self.assertIn("empty", self.refused("\n"))


if __name__ == "__main__":
    unittest.main()
