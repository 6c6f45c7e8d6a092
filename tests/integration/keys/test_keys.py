# SPDX-License-Identifier: Apache-2.0
"""Device keys, one-time and fallback keys, cross-signing and signatures."""

import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from signer import CrossSigning, Device  # noqa: E402

V3 = "/_matrix/client/v3"
CURVE = "signed_curve25519"


def query(client, *users):
    return client.post(V3 + "/keys/query", {"device_keys": {u: [] for u in users}})


def claim(client, device):
    return client.post(V3 + "/keys/claim", {"one_time_keys": {
        device.client.user_id: {device.client.device_id: CURVE}}})


class DeviceKeys(harness.Case):
    def test_upload_and_query(self):
        camille, robin = self.parvis.register("camille"), self.parvis.register("robin")
        device = Device(camille)
        self.assert_ok(camille.post(V3 + "/keys/upload", {"device_keys": device.keys()}))
        answer = self.assert_ok(query(robin, camille.user_id))
        keys = answer["device_keys"][camille.user_id][camille.device_id]
        self.assertEqual(keys.pop("unsigned", None), None)
        self.assertEqual(keys, device.keys())
        self.assertEqual(answer["failures"], {})
        self.assertEqual(answer["master_keys"], {})

    def test_devices_asked_for_and_names(self):
        first = self.parvis.register("louise", initial_device_display_name="Bureau")
        second = self.parvis.login("louise")
        for client in (first, second):
            self.assert_ok(client.post(V3 + "/keys/upload",
                                       {"device_keys": Device(client).keys()}))
        everything = self.assert_ok(query(second, first.user_id))
        self.assertEqual(set(everything["device_keys"][first.user_id]),
                         {first.device_id, second.device_id})
        one = self.assert_ok(second.post(V3 + "/keys/query", {
            "device_keys": {first.user_id: [first.device_id]}}))["device_keys"][first.user_id]
        self.assertEqual(list(one), [first.device_id])
        self.assertEqual(one[first.device_id]["unsigned"], {"device_display_name": "Bureau"})

    def test_unknown_users_and_servers(self):
        asker = self.parvis.register("asker")
        answer = self.assert_ok(query(asker, "@nobody:localhost", "@x:elsewhere.example"))
        self.assertEqual(answer["device_keys"], {})
        self.assertEqual(list(answer["failures"]), ["elsewhere.example"])

    def test_refusals(self):
        mallory = self.parvis.register("mallory")
        device = Device(mallory)
        path = V3 + "/keys/upload"
        for change in [{"user_id": "@other:localhost"}, {"device_id": "OTHER"},
                       {"algorithms": "x"}, {"keys": {}, "signatures": None},
                       {"keys": {"ed25519:OTHER": "x"}}, {"keys": {"ed25519": "x"}}]:
            body = {"device_keys": {**device.keys(), **change}}
            self.assert_refused(mallory.post(path, body), 400, "M_BAD_JSON")
        for keys in [{"nocolon": "x"}, {CURVE + ":A": 3}, {CURVE + ":A": {"key": "x"}},
                     {CURVE + ":A": {"key": 1, "signatures": {}}}]:
            self.assert_refused(mallory.post(path, {"one_time_keys": keys}), 400, "M_BAD_JSON")
        self.assert_refused(mallory.post(V3 + "/keys/query", {}), 400, "M_MISSING_PARAM")
        self.assert_refused(mallory.post(V3 + "/keys/query", {"device_keys": {"x": []}}),
                            400, "M_BAD_JSON")
        self.assert_refused(mallory.post(V3 + "/keys/claim", {}), 400, "M_MISSING_PARAM")

    def test_logout_takes_the_keys_along(self):
        first, other = self.parvis.register("leaver"), self.parvis.register("stayer")
        self.assert_ok(first.post(V3 + "/keys/upload", {"device_keys": Device(first).keys()}))
        self.assert_ok(first.post(V3 + "/logout"))
        answer = self.assert_ok(query(other, first.user_id))
        self.assertEqual(answer["device_keys"], {first.user_id: {}})


class OneTimeKeys(harness.Case):
    def test_upload_order_then_fallback(self):
        owner, asker = self.parvis.register("owner"), self.parvis.register("asker")
        device = Device(owner)
        path = V3 + "/keys/upload"
        for number in (3, 1, 2):
            keys = {f"{CURVE}:K{number}": device.one_time(number)}
            counts = self.assert_ok(owner.post(path, {"one_time_keys": keys}))
        self.assertEqual(counts, {"one_time_key_counts": {CURVE: 3}})
        self.assert_ok(owner.post(path, {
            "fallback_keys": {f"{CURVE}:F": device.one_time(9, fallback=True)}}))
        seen = []
        for _ in range(5):
            answer = self.assert_ok(claim(asker, device))["one_time_keys"]
            seen.extend(answer[owner.user_id][owner.device_id])
        self.assertEqual(seen, [f"{CURVE}:{k}" for k in ("K3", "K1", "K2", "F", "F")])
        self.assertEqual(self.assert_ok(owner.post(path)), {"one_time_key_counts": {CURVE: 0}})

    def test_a_repeated_upload_gives_no_key_twice(self):
        owner, asker = self.parvis.register("repeater"), self.parvis.register("asker2")
        device = Device(owner)
        body = {"one_time_keys": {f"{CURVE}:A": device.one_time(1)}}
        self.assert_ok(owner.post(V3 + "/keys/upload", body))
        self.assert_ok(owner.post(V3 + "/keys/upload", body))
        self.assertNotEqual(self.assert_ok(claim(asker, device))["one_time_keys"], {})
        again = self.assert_ok(owner.post(V3 + "/keys/upload", body))
        self.assertEqual(again["one_time_key_counts"][CURVE], 0)
        self.assertEqual(self.assert_ok(claim(asker, device))["one_time_keys"], {})

    def test_another_key_of_the_same_id(self):
        owner = self.parvis.register("clasher")
        device = Device(owner)
        for number, status in ((1, 200), (2, 400)):
            reply = owner.post(V3 + "/keys/upload", {
                "one_time_keys": {f"{CURVE}:A": device.one_time(number)}})
            self.assertEqual(reply.status, status, reply)

    def test_more_than_a_device_may_have(self):
        owner = self.parvis.register("hoarder")
        path = V3 + "/keys/upload"

        def keys(count):
            return {"one_time_keys": {f"{CURVE}:{n}": {"key": str(n), "signatures": {}}
                                      for n in range(count)}}

        self.assert_refused(owner.post(path, keys(1001)), 400, "M_INVALID_PARAM")
        self.assertEqual(self.assert_ok(owner.post(path)), {"one_time_key_counts": {CURVE: 0}})
        self.assert_ok(owner.post(path, keys(1000)))
        self.assert_refused(owner.post(path, keys(5001)), 400, "M_BAD_JSON")

    def test_many_askers_at_once(self):
        owner, asker = self.parvis.register("popular"), self.parvis.register("crowd")
        device = Device(owner)
        keys = {f"{CURVE}:{n}": {"key": str(n), "signatures": {}} for n in range(40)}
        self.assert_ok(owner.post(V3 + "/keys/upload", {"one_time_keys": keys}))
        got = []

        def take():
            for _ in range(10):
                answer = claim(asker, device).json["one_time_keys"]
                got.extend(answer[owner.user_id][owner.device_id])

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(got), sorted(keys))


class CrossSigningKeys(harness.Case):
    path = V3 + "/keys/device_signing/upload"

    def test_first_again_and_replaced(self):
        camille = self.parvis.register("camille")
        first = CrossSigning(camille.user_id)
        self.assert_ok(camille.post(self.path, first.upload()))
        self.assert_ok(camille.post(self.path, first.upload()))
        answer = self.assert_ok(query(camille, camille.user_id))
        self.assertEqual(answer["master_keys"][camille.user_id]["keys"],
                         first.master_key()["keys"])
        self.assertEqual(answer["self_signing_keys"][camille.user_id],
                         first.upload()["self_signing_key"])
        self.assertIn(camille.user_id, answer["user_signing_keys"])
        second = CrossSigning(camille.user_id)
        self.assertEqual(camille.post(self.path, second.upload()).status, 401)
        self.assert_ok(camille.with_password("POST", self.path, "camille's password",
                                             second.upload()))
        answer = self.assert_ok(query(camille, camille.user_id))
        self.assertEqual(answer["master_keys"][camille.user_id]["keys"],
                         second.master_key()["keys"])

    def test_refusals(self):
        robin = self.parvis.register("robin")
        keys = CrossSigning(robin.user_id)
        good = keys.upload()
        alone = {"self_signing_key": good["self_signing_key"]}
        self.assert_refused(robin.post(self.path, alone), 400, "M_MISSING_PARAM")
        forged = {**good, "self_signing_key": {
            **good["self_signing_key"], "signatures": good["user_signing_key"]["signatures"]}}
        self.assert_refused(robin.post(self.path, forged), 400, "M_INVALID_SIGNATURE")
        other = {**good, "master_key": {**good["master_key"], "user_id": "@x:localhost"}}
        self.assert_refused(robin.post(self.path, other), 400, "M_INVALID_PARAM")
        twice = {**good, "user_signing_key": keys.master.sign(
            {"user_id": robin.user_id, "usage": ["user_signing"],
             "keys": good["self_signing_key"]["keys"]}, robin.user_id, keys.master.public)}
        self.assert_refused(robin.post(self.path, twice), 403, "M_FORBIDDEN")
        self.assertEqual(self.assert_ok(query(robin, robin.user_id))["master_keys"], {})

    def test_no_device_is_called_like_a_key(self):
        user = self.parvis.register("namesake")
        keys = CrossSigning(user.user_id)
        self.assert_ok(user.post(self.path, keys.upload()))
        reply = self.parvis.client().post(V3 + "/login", {
            "type": "m.login.password", "password": "namesake's password",
            "identifier": {"type": "m.id.user", "user": "namesake"},
            "device_id": keys.self_signing.public})
        self.assert_refused(reply, 400, "M_INVALID_PARAM")
        clash = self.parvis.register("clash")
        keys = CrossSigning(clash.user_id)
        self.parvis.login("clash", device_id=keys.master.public)
        self.assert_refused(clash.post(self.path, keys.upload()), 403, "M_FORBIDDEN")

    def test_signatures(self):
        alice, bob = self.parvis.register("alice"), self.parvis.register("bob")
        eve = self.parvis.register("eve")
        keys = {c: CrossSigning(c.user_id) for c in (alice, bob)}
        devices = {c: Device(c) for c in (alice, bob)}
        for client in (alice, bob):
            self.assert_ok(client.post(V3 + "/keys/upload",
                                       {"device_keys": devices[client].keys()}))
            self.assert_ok(client.post(self.path, keys[client].upload()))
        upload = V3 + "/keys/signatures/upload"

        # Alice's self-signing key on her device, her device on her master key.
        mine = keys[alice]
        device = mine.self_signing.sign(devices[alice].keys(), alice.user_id,
                                        mine.self_signing.public)
        master = devices[alice].signer.sign(mine.master_key(), alice.user_id, alice.device_id)
        # Her user-signing key on Bob's master key.
        bobs = mine.user_signing.sign(keys[bob].master_key(), alice.user_id,
                                      mine.user_signing.public)
        self.assertEqual(self.assert_ok(alice.post(upload, {
            alice.user_id: {alice.device_id: device, mine.master.public: master},
            bob.user_id: {keys[bob].master.public: bobs}})), {"failures": {}})

        for asker, sees_hers in ((alice, True), (bob, False), (eve, False)):
            answer = self.assert_ok(query(asker, alice.user_id, bob.user_id))
            self.assertEqual(answer["device_keys"][alice.user_id][alice.device_id], device)
            self.assertEqual(
                answer["master_keys"][alice.user_id]["signatures"], master["signatures"])
            signers = answer["master_keys"][bob.user_id].get("signatures", {})
            self.assertEqual(alice.user_id in signers, sees_hers)

        # Wrong ones: the signature, the signer, the key, the object.
        broken = {**device, "signatures": {alice.user_id: {
            "ed25519:" + mine.self_signing.public: mine.master.signature({})}}}
        stranger = mine.master.sign(keys[bob].master_key(), alice.user_id, mine.master.public)
        changed = mine.self_signing.sign({**devices[alice].keys(), "algorithms": []},
                                         alice.user_id, mine.self_signing.public)
        answer = self.assert_ok(alice.post(upload, {
            alice.user_id: {alice.device_id: broken, "NOSUCH": device},
            bob.user_id: {keys[bob].master.public: stranger}}))["failures"]
        self.assertEqual(answer[alice.user_id][alice.device_id]["errcode"],
                         "M_INVALID_SIGNATURE")
        self.assertEqual(answer[alice.user_id]["NOSUCH"]["errcode"], "M_NOT_FOUND")
        self.assertEqual(answer[bob.user_id][keys[bob].master.public]["errcode"],
                         "M_INVALID_SIGNATURE")
        answer = self.assert_ok(alice.post(upload, {
            alice.user_id: {alice.device_id: changed}}))["failures"]
        self.assertEqual(answer[alice.user_id][alice.device_id]["errcode"], "M_INVALID_PARAM")


if __name__ == "__main__":
    unittest.main()
