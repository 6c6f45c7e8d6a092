# SPDX-License-Identifier: Apache-2.0
"""Profiles, account data, tags, filters, OpenID, the user directory."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
MSC4133 = "/_matrix/client/unstable/uk.tcpip.msc4133"


class Profile(harness.Case):
    def profile(self, user_id, field="", prefix=V3):
        return f"{prefix}/profile/{quote(user_id)}" + (f"/{quote(field)}" if field else "")

    def test_name_and_picture(self):
        camille = self.parvis.register("camille")
        anybody = self.parvis.client()
        path = self.profile(camille.user_id)
        self.assertEqual(self.assert_ok(anybody.get(path)), {"displayname": "camille"})
        self.assert_ok(camille.put(path + "/displayname", {"displayname": "Camille Dupré"}))
        self.assert_ok(camille.put(path + "/avatar_url", {"avatar_url": "mxc://localhost/abc"}))
        self.assertEqual(self.assert_ok(anybody.get(path)), {
            "displayname": "Camille Dupré", "avatar_url": "mxc://localhost/abc"})
        self.assertEqual(self.assert_ok(anybody.get(path + "/displayname")),
                         {"displayname": "Camille Dupré"})
        self.assert_ok(camille.put(path + "/avatar_url", {"avatar_url": ""}))
        self.assert_refused(anybody.get(path + "/avatar_url"), 404, "M_NOT_FOUND")
        self.assert_ok(camille.delete(path + "/displayname"))
        self.assertEqual(self.assert_ok(anybody.get(path)), {})

    def test_fields(self):
        camille = self.parvis.register("fielder")
        for prefix in [V3, MSC4133]:
            path = self.profile(camille.user_id, "m.tz", prefix)
            self.assert_ok(camille.put(path, {"m.tz": "Europe/Paris"}))
            self.assertEqual(self.assert_ok(camille.get(path)), {"m.tz": "Europe/Paris"})
            custom = self.profile(camille.user_id, "example.ville.office", prefix)
            value = {"floor": 2, "desk": None, "tags": ["a", 1.5]}
            self.assert_ok(camille.put(custom, {"example.ville.office": value}))
            whole = self.assert_ok(camille.get(self.profile(camille.user_id, prefix=prefix)))
            self.assertEqual(whole["example.ville.office"], value)
            self.assert_ok(camille.delete(custom))
            self.assert_ok(camille.delete(custom))
            self.assert_refused(camille.get(custom), 404, "M_NOT_FOUND")

    def test_refusals(self):
        camille = self.parvis.register("refused")
        other = self.parvis.register("refuser")
        name = self.profile(camille.user_id, "displayname")
        self.assert_refused(other.put(name, {"displayname": "x"}), 403, "M_FORBIDDEN")
        self.assert_refused(self.parvis.client().put(name, {"displayname": "x"}),
                            401, "M_MISSING_TOKEN")
        self.assert_refused(camille.put(name, {"name": "x"}), 400, "M_MISSING_PARAM")
        self.assert_refused(camille.put(name, {"displayname": 3}), 400, "M_BAD_JSON")
        for bad in ["x" * 300, "a\u0000b"]:
            self.assert_refused(camille.put(name, {"displayname": bad}),
                                400, "M_INVALID_PARAM")
        picture = self.profile(camille.user_id, "avatar_url")
        self.assert_refused(camille.put(picture, {"avatar_url": "https://x/y.png"}),
                            400, "M_INVALID_PARAM")
        long_name = "a" * 256
        self.assert_refused(camille.put(self.profile(camille.user_id, long_name),
                                        {long_name: 1}), 400, "M_KEY_TOO_LARGE")
        self.assert_refused(camille.put(self.profile(camille.user_id, "Bad Name"),
                                        {"Bad Name": 1}), 400, "M_INVALID_PARAM")
        self.assert_refused(camille.get(self.profile("@nobody:localhost")), 404, "M_NOT_FOUND")

    def test_rooms_learn_of_a_change(self):
        camille = self.parvis.register("renamed")
        rooms = [self.assert_ok(camille.post(f"{V3}/createRoom", {}))["room_id"]
                 for _ in range(2)]
        self.assert_ok(camille.put(self.profile(camille.user_id, "displayname"),
                                   {"displayname": "Nouveau"}))
        self.assert_ok(camille.put(self.profile(camille.user_id, "avatar_url"),
                                   {"avatar_url": "mxc://localhost/face"}))
        for room in rooms:
            member = self.assert_ok(camille.get(
                f"{V3}/rooms/{quote(room)}/state/m.room.member/{quote(camille.user_id)}"))
            self.assertEqual(member, {"membership": "join", "displayname": "Nouveau",
                                      "avatar_url": "mxc://localhost/face"})

    def test_size(self):
        camille = self.parvis.register("large")
        for i in range(4):
            field = f"example.f{i}"
            reply = camille.put(self.profile(camille.user_id, field), {field: "x" * 20000})
        self.assert_refused(reply, 400, "M_PROFILE_TOO_LARGE")
        field = "example.f0"
        self.assert_ok(camille.put(self.profile(camille.user_id, field), {field: "small"}))


class AccountData(harness.Case):
    def test_global_and_room(self):
        camille = self.parvis.register("keeper")
        user = quote(camille.user_id)
        room = quote("!room:localhost")
        for path in [f"{V3}/user/{user}/account_data/m.direct",
                     f"{V3}/user/{user}/rooms/{room}/account_data/org.example.x"]:
            self.assert_refused(camille.get(path), 404, "M_NOT_FOUND")
            self.assert_ok(camille.put(path, {"b": [1, "é"], "a": {}}))
            self.assertEqual(self.assert_ok(camille.get(path)), {"b": [1, "é"], "a": {}})
            self.assert_ok(camille.put(path, {}))
            self.assertEqual(self.assert_ok(camille.get(path)), {})

    def test_sync_tells(self):
        camille = self.parvis.register("told")
        room = self.assert_ok(camille.post(f"{V3}/createRoom", {}))["room_id"]
        since = self.assert_ok(camille.get(f"{V3}/sync"))["next_batch"]
        base = f"{V3}/user/{quote(camille.user_id)}"
        self.assert_ok(camille.put(f"{base}/account_data/org.example.g", {"v": 1}))
        self.assert_ok(camille.put(f"{base}/rooms/{quote(room)}/tags/m.favourite", {"order": 0.5}))
        news = self.assert_ok(camille.get(f"{V3}/sync?since={since}"))
        self.assertIn({"type": "org.example.g", "content": {"v": 1}},
                      news["account_data"]["events"])
        self.assertIn({"type": "m.tag", "content": {"tags": {"m.favourite": {"order": 0.5}}}},
                      news["rooms"]["join"][room]["account_data"]["events"])

    def test_refusals(self):
        camille = self.parvis.register("refused")
        other = self.parvis.register("curious")
        base = f"{V3}/user/{quote(camille.user_id)}"
        for kind in ["m.fully_read", "m.push_rules"]:
            self.assert_refused(camille.put(f"{base}/account_data/{kind}", {}), 405, "M_BAD_JSON")
        self.assert_refused(other.get(f"{base}/account_data/m.direct"), 403, "M_FORBIDDEN")
        self.assert_refused(other.put(f"{base}/account_data/m.direct"), 403, "M_FORBIDDEN")
        self.assert_refused(camille.put(f"{base}/rooms/nope/account_data/x"),
                            400, "M_INVALID_PARAM")
        self.assert_refused(camille.request("PUT", f"{base}/account_data/x", b"[]"),
                            400, "M_BAD_JSON")
        self.assert_refused(camille.put(f"{base}/account_data/x", {"x": "y" * 300000}),
                            413, "M_TOO_LARGE")

    def test_tags(self):
        camille = self.parvis.register("tagger")
        base = f"{V3}/user/{quote(camille.user_id)}/rooms/{quote('!room:localhost')}/tags"
        self.assertEqual(self.assert_ok(camille.get(base)), {"tags": {}})
        self.assert_ok(camille.put(f"{base}/m.favourite", {"order": 0.25}))
        self.assert_ok(camille.put(f"{base}/{quote('u.Travail/été')}", {}))
        self.assertEqual(self.assert_ok(camille.get(base)), {
            "tags": {"m.favourite": {"order": 0.25}, "u.Travail/été": {}}})
        self.assert_refused(camille.put(f"{base}/x", {"order": "high"}), 400, "M_BAD_JSON")
        self.assert_ok(camille.delete(f"{base}/m.favourite"))
        self.assertEqual(self.assert_ok(camille.get(base)), {"tags": {"u.Travail/été": {}}})

    def test_filters(self):
        camille = self.parvis.register("filterer")
        base = f"{V3}/user/{quote(camille.user_id)}/filter"
        wanted = {"room": {"timeline": {"limit": 20, "types": ["m.room.*"]}}}
        filter_id = self.assert_ok(camille.post(base, wanted))["filter_id"]
        self.assertEqual(self.assert_ok(camille.get(f"{base}/{filter_id}")), wanted)
        self.assertEqual(self.assert_ok(camille.post(base, wanted))["filter_id"], filter_id)
        for bad in [{"room": []}, {"room": {"timeline": {"limit": "x"}}},
                    {"event_format": "other"}, {"room": {"timeline": {"types": "m.room"}}}]:
            self.assertEqual(camille.post(base, bad).status, 400, bad)
        for missing in ["999", "x", "-1"]:
            self.assert_refused(camille.get(f"{base}/{missing}"), 404, "M_NOT_FOUND")
        other = self.parvis.register("filterer2")
        self.assert_refused(other.get(f"{base}/{filter_id}"), 403, "M_FORBIDDEN")


class OpenId(harness.Case):
    def test_token_and_userinfo(self):
        camille = self.parvis.register("speaker")
        path = f"{V3}/user/{quote(camille.user_id)}/openid/request_token"
        answer = self.assert_ok(camille.post(path))
        self.assertEqual(answer["matrix_server_name"], "localhost")
        userinfo = "/_matrix/federation/v1/openid/userinfo"
        client = self.parvis.client()
        token = answer["access_token"]
        self.assertEqual(self.assert_ok(client.get(f"{userinfo}?access_token={token}")),
                         {"sub": camille.user_id})
        self.assert_refused(client.get(f"{userinfo}?access_token=x"), 401, "M_UNKNOWN_TOKEN")
        self.assert_refused(client.get(userinfo), 401, "M_MISSING_TOKEN")
        # It speaks for the user to others, not to us.
        reply = self.parvis.client(token).get(f"{V3}/account/whoami")
        self.assert_refused(reply, 401, "M_UNKNOWN_TOKEN")
        other = self.parvis.register("other")
        self.assert_refused(other.post(path), 403, "M_FORBIDDEN")


class UserDirectory(harness.Case):
    def search(self, client, term, **more):
        reply = client.post(f"{V3}/user_directory/search", {"search_term": term, **more})
        found = self.assert_ok(reply)
        return [user["user_id"] for user in found["results"]], found["limited"]

    def test_who_is_found(self):
        camille = self.parvis.register("dcamille")
        dupre = self.parvis.register("dupre")
        self.parvis.register("hermit")
        self.assert_ok(dupre.put(f"{V3}/profile/{quote(dupre.user_id)}/displayname",
                                 {"displayname": "Élodie Dupré"}))
        self.assertEqual(self.search(camille, "elodie"), ([], False))
        room = self.assert_ok(dupre.post(f"{V3}/createRoom", {"preset": "public_chat"}))
        for term in ["elodie", "ÉLO", "dupr", "Dupré élodie", "@dupre:localhost", "\"dupr*"]:
            self.assertEqual(self.search(camille, term)[0], [dupre.user_id], term)
        for term in ["", "*", "\"", "AND", "lodie", "-", "dupre:x", "\u0000"]:
            self.assertEqual(self.search(camille, term)[0], [], term)
        self.assertEqual(self.search(camille, "hermit")[0], [])
        self.assertEqual(self.search(camille, "@hermit:localhost")[0], ["@hermit:localhost"])
        self.assertTrue(room["room_id"])

    def test_limit(self):
        camille = self.parvis.register("seeker")
        for i in range(3):
            one = self.parvis.register(f"crowd{i}", initial_device_display_name="x")
            self.assert_ok(one.post(f"{V3}/createRoom", {"preset": "public_chat"}))
        found, limited = self.search(camille, "crowd", limit=2)
        self.assertEqual((len(found), limited), (2, True))
        found, limited = self.search(camille, "crowd")
        self.assertEqual((len(found), limited), (3, False))


if __name__ == "__main__":
    unittest.main()
