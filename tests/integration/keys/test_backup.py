# SPDX-License-Identifier: Apache-2.0
"""Server-side key backup."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
VERSION = V3 + "/room_keys/version"
ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2"
ROOM = "!salle:localhost"


def key(index=0, forwarded=0, verified=False, data="x"):
    return {"first_message_index": index, "forwarded_count": forwarded, "is_verified": verified,
            "session_data": {"ciphertext": data}}


def keys_path(version, *parts):
    path = "/".join([V3 + "/room_keys/keys", *(quote(part) for part in parts)])
    return f"{path}?version={version}"


class Backup(harness.Case):
    def create(self, client):
        reply = client.post(VERSION, {"algorithm": ALGORITHM, "auth_data": {"public_key": "k"}})
        return self.assert_ok(reply)["version"]

    def test_versions(self):
        user = self.parvis.register("versions")
        self.assert_refused(user.get(VERSION), 404, "M_NOT_FOUND")
        first = self.create(user)
        info = {"algorithm": ALGORITHM, "auth_data": {"public_key": "k"}, "count": 0,
                "etag": "0", "version": first}
        self.assertEqual(self.assert_ok(user.get(VERSION)), info)
        self.assertEqual(self.assert_ok(user.get(f"{VERSION}/{first}")), info)
        second = self.create(user)
        self.assertNotEqual(first, second)
        self.assertEqual(self.assert_ok(user.get(VERSION))["version"], second)

        change = {"algorithm": ALGORITHM, "auth_data": {"public_key": "new"}}
        self.assert_ok(user.put(f"{VERSION}/{second}", change))
        self.assertEqual(self.assert_ok(user.get(VERSION))["auth_data"], {"public_key": "new"})
        self.assert_refused(user.put(f"{VERSION}/{second}", {**change, "version": first}),
                            400, "M_INVALID_PARAM")
        self.assert_refused(user.put(f"{VERSION}/{second}", {**change, "algorithm": "other"}),
                            400, "M_INVALID_PARAM")
        self.assert_refused(user.put(f"{VERSION}/77", change), 404, "M_NOT_FOUND")

        self.assert_ok(user.delete(f"{VERSION}/{second}"))
        self.assert_refused(user.get(f"{VERSION}/{second}"), 404, "M_NOT_FOUND")
        self.assert_refused(user.delete(f"{VERSION}/{second}"), 404, "M_NOT_FOUND")
        self.assertEqual(self.assert_ok(user.get(VERSION))["version"], first)
        third = self.create(user)
        self.assertNotIn(third, (first, second))
        self.assert_refused(user.get(f"{VERSION}/abc"), 404, "M_NOT_FOUND")

    def test_three_shapes(self):
        user = self.parvis.register("shapes")
        version = self.create(user)
        other = "!autre:localhost"
        sums = self.assert_ok(user.put(keys_path(version), {"rooms": {
            ROOM: {"sessions": {"a": key(), "b/c": key()}}, other: {"sessions": {"d": key()}}}}))
        self.assertEqual(sums["count"], 3)
        sums2 = self.assert_ok(user.put(keys_path(version, ROOM), {"sessions": {"e": key()}}))
        self.assertEqual(sums2["count"], 4)
        self.assertNotEqual(sums["etag"], sums2["etag"])
        self.assertEqual(self.assert_ok(user.put(keys_path(version, ROOM, "f"), key()))["count"],
                         5)
        everything = self.assert_ok(user.get(keys_path(version)))["rooms"]
        self.assertEqual(set(everything[ROOM]["sessions"]), {"a", "b/c", "e", "f"})
        self.assertEqual(self.assert_ok(user.get(keys_path(version, other))),
                         {"sessions": {"d": key()}})
        self.assertEqual(self.assert_ok(user.get(keys_path(version, ROOM, "b/c"))), key())
        self.assert_refused(user.get(keys_path(version, ROOM, "zzz")), 404, "M_NOT_FOUND")
        self.assertEqual(self.assert_ok(user.get(keys_path(version, "!none:localhost"))),
                         {"sessions": {}})
        self.assertEqual(self.assert_ok(user.delete(keys_path(version, ROOM, "a")))["count"], 4)
        self.assertEqual(self.assert_ok(user.delete(keys_path(version, ROOM)))["count"], 1)
        self.assertEqual(self.assert_ok(user.delete(keys_path(version)))["count"], 0)
        self.assertEqual(self.assert_ok(user.get(keys_path(version))), {"rooms": {}})

    def test_only_better_keys_replace(self):
        user = self.parvis.register("better")
        version = self.create(user)
        path = keys_path(version, ROOM, "s")
        steps = [
            (key(5, 5), True), (key(5, 5, data="same"), False), (key(6, 0), False),
            (key(5, 4), True), (key(4, 9), True), (key(9, 9, True), True),
            (key(0, 0, False), False), (key(9, 8, True), True),
        ]
        kept, etag = None, None
        for candidate, taken in steps:
            answer = self.assert_ok(user.put(path, candidate))
            self.assertEqual(answer["etag"] != etag, taken, candidate)
            kept, etag = candidate if taken else kept, answer["etag"]
            self.assertEqual(self.assert_ok(user.get(path)), kept)
            self.assertEqual(answer["count"], 1)

    def test_wrong_versions(self):
        user = self.parvis.register("wrong")
        path = keys_path("1", ROOM, "s")
        self.assert_refused(user.put(path, key()), 404, "M_NOT_FOUND")
        first, second = self.create(user), self.create(user)
        reply = user.put(keys_path(first, ROOM, "s"), key())
        self.assert_refused(reply, 403, "M_WRONG_ROOM_KEYS_VERSION")
        self.assertEqual(reply.json["current_version"], second)
        self.assert_refused(user.put(keys_path("99", ROOM, "s"), key()), 404, "M_NOT_FOUND")
        self.assert_refused(user.get(keys_path("99")), 404, "M_NOT_FOUND")
        self.assert_refused(user.get(V3 + "/room_keys/keys"), 400, "M_MISSING_PARAM")
        for body in [{}, {"rooms": []}, {"rooms": {ROOM: {}}},
                     {"rooms": {ROOM: {"sessions": {"s": {**key(), "is_verified": 1}}}}},
                     {"rooms": {ROOM: {"sessions": {"s": {**key(), "session_data": "x"}}}}},
                     {"rooms": {ROOM: {"sessions": {"s": {**key(), "forwarded_count": -1}}}}}]:
            self.assert_refused(user.put(keys_path(second), body), 400, "M_BAD_JSON")

    def test_as_many_as_clients_send_at_once(self):
        user = self.parvis.register("many")
        version = self.create(user)
        sessions = {f"s{n}": key() for n in range(5000)}
        sums = self.assert_ok(user.put(keys_path(version, ROOM), {"sessions": sessions}))
        self.assertEqual(sums["count"], 5000)
        sessions["more"] = key()
        self.assert_refused(user.put(keys_path(version, ROOM), {"sessions": sessions}),
                            413, "M_TOO_LARGE")
        self.assertEqual(len(self.assert_ok(user.get(keys_path(version)))["rooms"][ROOM][
            "sessions"]), 5000)

    def test_survives_a_kill(self):
        user = self.parvis.register("killed")
        version = self.create(user)
        self.assert_ok(user.put(keys_path(version, ROOM, "s"), key()))
        self.parvis.kill()
        self.parvis.launch()
        self.assertEqual(self.assert_ok(user.get(keys_path(version, ROOM, "s"))), key())


if __name__ == "__main__":
    unittest.main()
