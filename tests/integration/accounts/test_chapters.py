# SPDX-License-Identifier: Apache-2.0
"""Dehydrated devices, erased users, contact information, networks' room directories."""

import itertools
import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), folder)
                for folder in ("..", "../sync", "../keys")]
import harness
from harness import quote
from signer import Device
from talk import V3, User

NAMES = itertools.count()
UNSTABLE = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"


class Dehydrated(harness.Case):
    def put(self, client, device_id, **more):
        device = Device(harness.Client(client.url, None, client.user_id, device_id))
        return client.put(UNSTABLE, {
            "device_id": device_id, "device_data": {"algorithm": "m.dehydration.v2"},
            "initial_device_display_name": "Asleep", "device_keys": device.keys(),
            "one_time_keys": {"signed_curve25519:A": device.one_time(1)}, **more})

    def send(self, sender, user_id, device_id, count):
        for i in range(count):
            self.assert_ok(sender.put(f"{V3}/sendToDevice/m.room.encrypted/t{next(NAMES)}", {
                "messages": {user_id: {device_id: {"n": i}}}}))

    def test_sleeps_and_wakes(self):
        camille, robin = self.parvis.register("camille"), self.parvis.register("robin")
        self.assert_refused(camille.get(UNSTABLE), 404, "M_NOT_FOUND")
        self.assert_refused(camille.delete(UNSTABLE), 404, "M_NOT_FOUND")
        self.assertEqual(self.assert_ok(self.put(camille, "SLEEP/1")), {"device_id": "SLEEP/1"})
        self.assertEqual(self.assert_ok(camille.get(UNSTABLE)), {
            "device_id": "SLEEP/1", "device_data": {"algorithm": "m.dehydration.v2"}})
        keys = self.assert_ok(robin.post(f"{V3}/keys/query", {
            "device_keys": {camille.user_id: []}}))["device_keys"][camille.user_id]
        self.assertIn("SLEEP/1", keys)
        claimed = self.assert_ok(robin.post(f"{V3}/keys/claim", {"one_time_keys": {
            camille.user_id: {"SLEEP/1": "signed_curve25519"}}}))
        self.assertIn("SLEEP/1", claimed["one_time_keys"][camille.user_id])
        self.send(robin, camille.user_id, "SLEEP/1", 120)
        events = f"{UNSTABLE}/{quote('SLEEP/1')}/events"
        first = self.assert_ok(camille.get(events))
        rest = self.assert_ok(camille.get(f"{events}?from={first['next_batch']}"))
        self.assertNotIn("next_batch", rest)
        told = [e["content"]["n"] for e in first["events"] + rest["events"]]
        self.assertEqual(told, list(range(120)))
        older, body = [], {}
        while True:
            page = self.assert_ok(camille.post(events, body))
            if not page["events"]:
                break
            older += [e["content"]["n"] for e in page["events"]]
            body = {"next_batch": page["next_batch"]}
        self.assertEqual(older, told)
        self.assertEqual(self.assert_ok(self.put(camille, "SLEEP2")), {"device_id": "SLEEP2"})
        self.assert_refused(camille.get(events), 403, "M_FORBIDDEN")
        devices = self.assert_ok(camille.get(f"{V3}/devices"))["devices"]
        self.assertEqual({d["device_id"] for d in devices}, {camille.device_id, "SLEEP2"})
        self.assertEqual(self.assert_ok(camille.delete(UNSTABLE)), {"device_id": "SLEEP2"})
        self.assert_refused(camille.get(UNSTABLE), 404, "M_NOT_FOUND")

    def test_refusals(self):
        louise = self.parvis.register("louise")
        self.assert_refused(self.put(louise, louise.device_id), 400, "M_INVALID_PARAM")
        self.assert_refused(self.put(louise, "X", device_keys={}), 400, "M_BAD_JSON")
        self.assert_refused(louise.put(UNSTABLE, {}), 400, "M_MISSING_PARAM")
        self.assert_ok(self.put(louise, "X"))
        self.assert_refused(louise.get(f"{UNSTABLE}/X/events?from=x"), 400, "M_INVALID_PARAM")


class Erased(harness.Case):
    options = {"registration": "open"}

    def contents(self, who, room):
        page = self.assert_ok(who.client.get(
            f"{V3}/rooms/{quote(room)}/messages?dir=b&limit=50"))["chunk"]
        return {e["event_id"]: e for e in page}

    def test_who_comes_later_reads_nothing_of_theirs(self):
        alice, bob, carol = (User(self.parvis.register(n)) for n in ("alice", "bob", "carol"))
        room = bob.create_room(preset="public_chat")
        alice.join(room)
        carol.join(room)
        event = alice.send(room, "my secret")
        member = next(e for e in self.contents(bob, room).values()
                      if e.get("state_key") == alice.id)
        carol.leave(room)
        path = f"{V3}/account/deactivate"
        refused = alice.client.with_password("POST", path, "alice's password", {"erase": 1})
        self.assert_refused(refused, 400, "M_BAD_JSON")
        self.assert_ok(alice.client.with_password("POST", path, "alice's password",
                                                  {"erase": True}))
        dave = User(self.parvis.register("dave"))
        dave.join(room)
        carol.join(room)
        for who in (bob, carol):
            self.assertEqual(self.contents(who, room)[event]["content"]["body"], "my secret")
        self.assertEqual(self.contents(dave, room)[event]["content"], {})
        self.assertEqual(self.contents(dave, room)[member["event_id"]]["content"],
                         {"membership": "join"})
        state = f"{V3}/rooms/{quote(room)}/state/m.room.member/{quote(alice.id)}"
        self.assertNotIn("displayname", self.assert_ok(dave.client.get(state)))
        synced = dave.sync(filter={"room": {"timeline": {"limit": 50}}})
        told = {e["event_id"]: e for e in
                synced["rooms"]["join"][room]["timeline"]["events"]}
        self.assertEqual(told[event]["content"], {})


class Contacts(harness.Case):
    options = {"settings": ["support_page: https://ville.example/aide",
                            "support_matrix_id: '@aide:ville.example'",
                            "security_email: rssi@ville.example"]}

    def test_support(self):
        answer = self.assert_ok(self.parvis.client().get("/.well-known/matrix/support"))
        self.assertEqual(answer, {
            "contacts": [{"matrix_id": "@aide:ville.example", "role": "m.role.admin"},
                         {"email_address": "rssi@ville.example", "role": "m.role.security"}],
            "support_page": "https://ville.example/aide"})

    def test_no_mail_addresses_are_kept(self):
        camille = self.parvis.register("camille")
        ask = {"client_secret": "s", "send_attempt": 1, "email": "a@b.example"}
        account = f"{V3}/account"
        self.assertEqual(self.assert_ok(camille.get(f"{account}/3pid")), {"threepids": []})
        for medium in ("email", "msisdn"):
            self.assert_refused(camille.post(f"{account}/3pid/{medium}/requestToken", ask), 400,
                                "M_THREEPID_MEDIUM_NOT_SUPPORTED")
            for path in (f"{account}/password", f"{V3}/register"):
                self.assert_refused(camille.post(f"{path}/{medium}/requestToken", ask), 403,
                                    "M_THREEPID_DENIED")
        for path in ("3pid", "3pid/add"):
            self.assert_refused(camille.post(f"{account}/{path}", ask), 403, "M_THREEPID_DENIED")
        self.assert_refused(camille.post(f"{account}/3pid/bind", ask), 400, "M_SERVER_NOT_TRUSTED")
        for path in ("3pid/delete", "3pid/unbind"):
            self.assertEqual(self.assert_ok(camille.post(
                f"{account}/{path}", {"medium": "email", "address": "a@b.example"})),
                {"id_server_unbind_result": "no-support"})


class NoContacts(harness.Case):
    def test_support(self):
        self.assert_refused(self.parvis.client().get("/.well-known/matrix/support"), 404,
                            "M_NOT_FOUND")


class Networks(harness.Case):
    options = {
        "files": {"irc.yaml": (
            "id: irc-bridge\nurl: ''\nas_token: as\nhs_token: hs\nsender_localpart: irc\n"
            "namespaces: {}\nprotocols: [irc]\n")},
        "settings": ["application_services: [irc.yaml]"],
    }

    def listed(self, who, **body):
        answer = self.assert_ok(who.post(f"{V3}/publicRooms", body))
        return [r["room_id"] for r in answer["chunk"]], answer["total_room_count_estimate"]

    def test_directories(self):
        camille = self.parvis.register("camille")
        bridge = self.parvis.client("as")
        published = self.assert_ok(camille.post(f"{V3}/createRoom",
                                                {"visibility": "public"}))["room_id"]
        bridged = self.assert_ok(camille.post(f"{V3}/createRoom",
                                              {"preset": "public_chat"}))["room_id"]
        path = f"{V3}/directory/list/appservice/libera/"
        self.assert_ok(bridge.put(path + quote(bridged), {"visibility": "public"}))
        self.assertEqual(self.listed(camille), ([published], 1))
        libera = {"third_party_instance_id": "irc-bridge|libera"}
        self.assertEqual(self.listed(camille, **libera), ([bridged], 1))
        self.assertEqual(self.listed(camille, third_party_instance_id="irc-bridge|oftc"), ([], 0))
        rooms, count = self.listed(camille, include_all_networks=True)
        self.assertEqual((set(rooms), count), ({published, bridged}, 2))
        page = self.assert_ok(camille.post(f"{V3}/publicRooms",
                                           {"include_all_networks": True, "limit": 1}))
        rooms, _ = self.listed(camille, include_all_networks=True, since=page["next_batch"])
        self.assertEqual({page["chunk"][0]["room_id"], *rooms}, {published, bridged})
        self.assert_ok(bridge.put(path + quote(bridged), {"visibility": "private"}))
        self.assertEqual(self.listed(camille, **libera), ([], 0))
        self.assert_refused(camille.put(path + quote(bridged), {"visibility": "public"}), 403,
                            "M_FORBIDDEN")
        self.assert_refused(bridge.put(path + "!none:x", {"visibility": "public"}), 404,
                            "M_NOT_FOUND")
        self.assert_refused(bridge.put(path + quote(bridged), {"visibility": "some"}), 400,
                            "M_INVALID_PARAM")
        for body in [{"third_party_instance_id": "x"}, {**libera, "include_all_networks": True}]:
            self.assert_refused(camille.post(f"{V3}/publicRooms", body), 400, "M_INVALID_PARAM")


if __name__ == "__main__":
    unittest.main()
