# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, registration, interactive authentication, devices."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
V1 = "/_matrix/client/v1"


class Discovery(harness.Case):
    def test_versions_name_every_release(self):
        versions = self.assert_ok(self.parvis.client().get("/_matrix/client/versions"))["versions"]
        for known in ["r0.6.1", "v1.1", "v1.11", "v1.13", "v1.19"]:
            self.assertIn(known, versions)

    def test_well_known_names_the_homeserver_and_the_sfu(self):
        reply = self.parvis.client().get("/.well-known/matrix/client")
        body = self.assert_ok(reply)
        self.assertEqual(body["m.homeserver"]["base_url"], self.parvis.homeserver)
        self.assertEqual(body["org.matrix.msc4143.rtc_foci"][0]["type"], "livekit")
        self.assertEqual(reply.headers["Access-Control-Allow-Origin"], "*")
        server = self.assert_ok(self.parvis.client().get("/.well-known/matrix/server"))
        self.assertEqual(server["m.server"], f"127.0.0.1:{self.parvis.port}")

    def test_unknown_paths_and_methods(self):
        client = self.parvis.client()
        self.assert_refused(client.get(f"{V1}/auth_metadata"), 404, "M_UNRECOGNIZED")
        self.assert_refused(client.get("/_matrix/client/v3/nothing"), 404, "M_UNRECOGNIZED")
        self.assert_refused(client.delete(f"{V3}/login"), 405, "M_UNRECOGNIZED")

    def test_login_flows(self):
        flows = self.assert_ok(self.parvis.client().get(f"{V3}/login"))["flows"]
        self.assertIn("m.login.password", [flow["type"] for flow in flows])

    def test_capabilities(self):
        camille = self.parvis.register("capable")
        capabilities = self.assert_ok(camille.get(f"{V3}/capabilities"))["capabilities"]
        self.assertEqual(capabilities["m.room_versions"]["default"], "12")
        self.assertTrue(capabilities["m.change_password"]["enabled"])
        self.assertTrue(capabilities["m.profile_fields"]["enabled"])

    def test_rtc_transports(self):
        path = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"
        self.assert_refused(self.parvis.client().get(path), 401, "M_MISSING_TOKEN")
        camille = self.parvis.register("caller")
        transport = self.assert_ok(camille.get(path))["rtc_transports"][0]
        self.assertEqual(transport["type"], "livekit")

    def test_turn_server_and_protocols(self):
        camille = self.parvis.register("turner")
        self.assertEqual(self.assert_ok(camille.get(f"{V3}/voip/turnServer"))["uris"], [])
        self.assertEqual(self.assert_ok(camille.get(f"{V3}/thirdparty/protocols")), {})

    def test_metrics_are_for_this_machine(self):
        client = harness.Client(self.parvis.homeserver)
        reply = client.get("/metrics")
        self.assertEqual(reply.status, 200)
        self.assertIn(b"process_resident_memory_bytes", reply.body)
        proxied = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
        self.assert_refused(proxied, 403, "M_FORBIDDEN")


class Login(harness.Case):
    def login(self, **body):
        return self.parvis.client().post(f"{V3}/login", body)

    def test_password(self):
        self.parvis.register("camille")
        for user in ["camille", "@camille:localhost", "Camille"]:
            session = self.parvis.login(user, "camille's password")
            self.assertEqual(session.user_id, "@camille:localhost")
            whoami = self.assert_ok(session.get(f"{V3}/account/whoami"))
            self.assertEqual(whoami["device_id"], session.device_id)

    def test_legacy_user_member(self):
        self.parvis.register("ancient")
        self.assert_ok(self.login(type="m.login.password", user="ancient",
                                  password="ancient's password"))

    def test_wrong_password_and_unknown_user(self):
        self.parvis.register("dominique")
        for user, password in [("dominique", "wrong"), ("nobody", "dominique's password"),
                               ("@dominique:elsewhere", "dominique's password"), ("", "x")]:
            identifier = {"type": "m.id.user", "user": user}
            reply = self.login(type="m.login.password", identifier=identifier, password=password)
            self.assert_refused(reply, 403, "M_FORBIDDEN")
        thirdparty = {"type": "m.id.thirdparty", "medium": "email", "address": "a@b.example"}
        reply = self.login(type="m.login.password", identifier=thirdparty, password="x")
        self.assert_refused(reply, 403, "M_FORBIDDEN")

    def test_malformed(self):
        client = self.parvis.client()
        self.assert_refused(self.login(type="m.login.magic"), 400, "M_UNKNOWN")
        self.assert_refused(self.login(), 400, "M_MISSING_PARAM")
        self.assert_refused(self.login(type=3), 400, "M_BAD_JSON")
        self.assert_refused(client.post(f"{V3}/login", b"{"), 400, "M_NOT_JSON")
        self.assert_refused(client.post(f"{V3}/login", b"[]"), 400, "M_BAD_JSON")
        self.assert_refused(client.post(f"{V3}/login", b'{"type":"' + b"x" * 200000 + b'"}'),
                            413, "M_TOO_LARGE")
        long_device = "D" * 300
        self.parvis.register("longdevice")
        reply = self.login(type="m.login.password", user="longdevice", device_id=long_device,
                           password="longdevice's password")
        self.assert_refused(reply, 400, "M_INVALID_PARAM")

    def test_a_device_taken_up_again_ends_its_old_token(self):
        first = self.parvis.register("reuser", device_id="PHONE",
                                     initial_device_display_name="Téléphone")
        second = self.parvis.login("reuser", device_id="PHONE",
                                   initial_device_display_name="ignored")
        self.assertEqual(second.device_id, "PHONE")
        self.assert_refused(first.get(f"{V3}/account/whoami"), 401, "M_UNKNOWN_TOKEN")
        device = self.assert_ok(second.get(f"{V3}/devices/PHONE"))
        self.assertEqual(device["display_name"], "Téléphone")

    def test_tokens_in_the_query_and_in_odd_cases(self):
        camille = self.parvis.register("querier")
        client = self.parvis.client()
        whoami = f"{V3}/account/whoami"
        self.assert_ok(client.get(f"{whoami}?access_token={camille.token}"))
        self.assert_ok(client.get(whoami, headers={"Authorization": f"bearer {camille.token}"}))
        self.assert_refused(client.get(whoami), 401, "M_MISSING_TOKEN")
        for bad in ["Bearer", "Bearer ", "Basic x"]:
            reply = client.get(whoami, headers={"Authorization": bad})
            self.assert_refused(reply, 401, "M_MISSING_TOKEN")
        reply = client.get(whoami, headers={"Authorization": "Bearer nonsense"})
        self.assert_refused(reply, 401, "M_UNKNOWN_TOKEN")
        self.assertFalse(reply.json["soft_logout"])

    def test_sessions_survive_kill_9(self):
        camille = self.parvis.register("durable")
        self.parvis.kill()
        self.parvis.launch()
        self.assert_ok(camille.get(f"{V3}/account/whoami"))

    def test_logout(self):
        self.parvis.register("leaver")
        one, two, three = (self.parvis.login("leaver") for _ in range(3))
        self.assert_ok(one.post(f"{V3}/logout"))
        self.assert_refused(one.get(f"{V3}/account/whoami"), 401, "M_UNKNOWN_TOKEN")
        devices = self.assert_ok(two.get(f"{V3}/devices"))["devices"]
        self.assertNotIn(one.device_id, [device["device_id"] for device in devices])
        self.assert_ok(two.post(f"{V3}/logout/all"))
        self.assert_refused(three.get(f"{V3}/account/whoami"), 401, "M_UNKNOWN_TOKEN")

    def test_login_token(self):
        camille = self.parvis.register("passer")
        reply = camille.with_password("POST", f"{V1}/login/get_token", "passer's password")
        token = self.assert_ok(reply)["login_token"]
        session = self.assert_ok(self.login(type="m.login.token", token=token))
        self.assertEqual(session["user_id"], camille.user_id)
        self.assert_refused(self.login(type="m.login.token", token=token), 403, "M_FORBIDDEN")

    def test_application_service_login_needs_its_token(self):
        reply = self.login(type="m.login.application_service",
                           identifier={"type": "m.id.user", "user": "x"})
        self.assert_refused(reply, 401, "M_MISSING_TOKEN")


class Refresh(harness.Case):
    def refresh(self, token):
        return self.parvis.client().post(f"{V3}/refresh", {"refresh_token": token})

    def whoami(self, token):
        return self.parvis.client(token).get(f"{V3}/account/whoami")

    def test_chain(self):
        session = self.parvis.register("renewer", refresh_token=True).session
        self.assertGreater(session["expires_in_ms"], 0)
        lost = self.assert_ok(self.refresh(session["refresh_token"]))
        # The answer got lost: the same token is good again, and what was lost is not.
        new = self.assert_ok(self.refresh(session["refresh_token"]))
        self.assert_refused(self.whoami(lost["access_token"]), 401, "M_UNKNOWN_TOKEN")
        # The first use of the new token ends the old pair.
        self.assert_ok(self.whoami(new["access_token"]))
        harness.eventually("the old access token has ended", lambda: self.whoami(
            session["access_token"]).status == 401, 10)
        self.assert_refused(self.refresh(session["refresh_token"]), 401, "M_UNKNOWN_TOKEN")
        newer = self.assert_ok(self.refresh(new["refresh_token"]))
        newest = self.assert_ok(self.refresh(newer["refresh_token"]))
        self.assert_refused(self.refresh(new["refresh_token"]), 401, "M_UNKNOWN_TOKEN")
        self.assert_ok(self.whoami(newest["access_token"]))

    def test_nonsense(self):
        self.assert_refused(self.refresh("nonsense"), 401, "M_UNKNOWN_TOKEN")
        reply = self.parvis.client().post(f"{V3}/refresh", {})
        self.assert_refused(reply, 400, "M_MISSING_PARAM")


class Registration(harness.Case):
    def register(self, query="", **body):
        return self.parvis.client().post(f"{V3}/register{query}", body)

    def test_token_flow(self):
        body = {"username": "newcomer", "password": "long enough"}
        refusal = self.register(**body)
        self.assertEqual(refusal.status, 401)
        self.assertEqual(refusal.json["flows"], [{"stages": ["m.login.registration_token"]}])
        session = refusal.json["session"]
        wrong = self.register(**body, auth={"type": "m.login.registration_token",
                                            "token": "guess", "session": session})
        self.assert_refused(wrong, 401, "M_FORBIDDEN")
        self.assertEqual(wrong.json["session"], session)
        right = {"type": "m.login.registration_token", "token": harness.REGISTRATION_TOKEN,
                 "session": session}
        answer = self.assert_ok(self.register(**body, auth=right))
        self.assertEqual(answer["user_id"], "@newcomer:localhost")
        # The session has done its work.
        again = self.register(username="second", password="long enough",
                              auth={"session": session})
        self.assertEqual(again.status, 401)
        self.assertNotEqual(again.json["session"], session)

    def test_dummy_is_not_enough(self):
        reply = self.register(username="x", password="long enough",
                              auth={"type": "m.login.dummy"})
        self.assertEqual(reply.status, 401)

    def test_without_auth_it_never_succeeds(self):
        for auth in [None, {}, {"session": "x"}, {"session": None}]:
            self.assertEqual(self.register(username="y", password="long enough",
                                           auth=auth).status, 401)

    def test_names(self):
        self.parvis.register("taken")
        self.assert_refused(self.register(username="taken"), 400, "M_USER_IN_USE")
        for bad in ["a b", "é", "a:b", "@x", "", "a" * 260, "a\u0000b", "#x"]:
            self.assert_refused(self.register(username=bad), 400, "M_INVALID_USERNAME")
        self.assertEqual(self.parvis.register("UPPER").user_id, "@upper:localhost")
        self.assertRegex(self.parvis.register(None).user_id, "^@[a-z0-9]+:localhost$")

    def test_availability(self):
        self.parvis.register("gone")
        client = self.parvis.client()
        path = f"{V3}/register/available?username="
        self.assertTrue(self.assert_ok(client.get(path + "free"))["available"])
        self.assert_refused(client.get(path + "gone"), 400, "M_USER_IN_USE")
        self.assert_refused(client.get(path + "%20"), 400, "M_INVALID_USERNAME")

    def test_passwords(self):
        self.assert_refused(self.register(username="weak", password="short"),
                            400, "M_WEAK_PASSWORD")
        auth = {"type": "m.login.registration_token", "token": harness.REGISTRATION_TOKEN}
        self.assert_refused(self.register(username="none", auth=auth), 400, "M_MISSING_PARAM")

    def test_inhibit_login(self):
        auth = {"type": "m.login.registration_token", "token": harness.REGISTRATION_TOKEN}
        body = {"username": "later", "password": "later's password", "inhibit_login": True}
        answer = self.assert_ok(self.register(**body, auth=auth))
        self.assertNotIn("access_token", answer)
        self.parvis.login("later")

    def test_guests_are_refused(self):
        self.assert_refused(self.register("?kind=guest"), 403, "M_FORBIDDEN")

    def test_token_validity(self):
        path = f"{V1}/register/m.login.registration_token/validity?token="
        client = self.parvis.client()
        self.assertTrue(self.assert_ok(client.get(path + "welcome"))["valid"])
        self.assertFalse(self.assert_ok(client.get(path + "guess"))["valid"])
        self.assertFalse(self.assert_ok(client.get(path))["valid"])


class ClosedRegistration(harness.Case):
    options = {"registration": "closed"}

    def test_closed(self):
        reply = self.parvis.client().post(f"{V3}/register", {"username": "x"})
        self.assert_refused(reply, 403, "M_FORBIDDEN")
        path = f"{V1}/register/m.login.registration_token/validity?token=welcome"
        self.assert_refused(self.parvis.client().get(path), 403, "M_FORBIDDEN")
        self.parvis.login_admin()


class OpenRegistration(harness.Case):
    options = {"registration": "open", "rate_limits": True,
               "settings": ["trust_forwarded: true"]}

    def test_open_still_asks_once(self):
        reply = self.parvis.client().post(f"{V3}/register", {})
        self.assertEqual(reply.json["flows"], [{"stages": ["m.login.dummy"]}])
        self.parvis.register("anybody")

    def guess(self, address, password="guess"):
        return self.parvis.client().post(f"{V3}/login", {
            "type": "m.login.password", "password": password,
            "identifier": {"type": "m.id.user", "user": "target"},
        }, headers={"X-Forwarded-For": address})

    def test_limits_on_guessing(self):
        self.parvis.register("target")
        for _ in range(60):
            reply = self.guess("192.0.2.1")
            if reply.status == 429:
                break
        self.assert_refused(reply, 429, "M_LIMIT_EXCEEDED")
        self.assertGreater(reply.json["retry_after_ms"], 0)
        self.assertGreater(int(reply.headers["Retry-After"]), 0)
        # Who guesses keeps nobody but themselves out.
        self.assert_ok(self.guess("192.0.2.2", "target's password"))


class Account(harness.Case):
    def test_change_password(self):
        camille = self.parvis.register("changer")
        other = self.parvis.login("changer")
        path = f"{V3}/account/password"
        wrong = camille.with_password("POST", path, "wrong", {"new_password": "the new one"})
        self.assert_refused(wrong, 401, "M_FORBIDDEN")
        self.assert_ok(camille.with_password("POST", path, "changer's password",
                                             {"new_password": "the new one"}))
        self.assert_ok(camille.get(f"{V3}/account/whoami"))
        self.assert_refused(other.get(f"{V3}/account/whoami"), 401, "M_UNKNOWN_TOKEN")
        third = self.parvis.login("changer", "the new one")
        self.assert_ok(camille.with_password("POST", path, "the new one", {
            "new_password": "one more time", "logout_devices": False}))
        self.assert_ok(third.get(f"{V3}/account/whoami"))

    def test_interactive_authentication_is_bound(self):
        camille = self.parvis.register("binder")
        dominique = self.parvis.register("stranger")
        path = f"{V3}/account/password"
        session = camille.post(path, {"new_password": "long enough"}).json["session"]
        # Somebody else's password does not do, whoever is named.
        for user in ["stranger", "binder"]:
            auth = {"type": "m.login.password", "session": session,
                    "identifier": {"type": "m.id.user", "user": user},
                    "password": "stranger's password"}
            reply = camille.post(path, {"new_password": "long enough", "auth": auth})
            self.assert_refused(reply, 401, "M_FORBIDDEN")
        # A session is good for its own request line and user only.
        auth = {"session": session}
        self.assertEqual(dominique.post(path, {"auth": auth}).status, 401)
        self.assertEqual(camille.post(f"{V3}/account/deactivate", {"auth": auth}).status, 401)
        # An unknown stage is refused, not skipped.
        for stage in ["m.login.dummy", "m.login.registration_token", "m.login.sso", "x"]:
            auth = {"type": stage, "token": "welcome", "session": session}
            reply = camille.post(path, {"new_password": "long enough", "auth": auth})
            self.assertEqual(reply.status, 401)

    def test_deactivation_leaves_rooms(self):
        quitter = self.parvis.register("mover")
        witness = self.parvis.register("witness")
        path = f"{V3}/createRoom"
        room = self.assert_ok(witness.post(path, {"preset": "public_chat"}))["room_id"]
        self.assert_ok(quitter.post(f"{V3}/join/{quote(room)}"))
        invited = self.assert_ok(witness.post(path, {"invite": [quitter.user_id]}))["room_id"]
        self.assert_ok(quitter.with_password("POST", f"{V3}/account/deactivate",
                                             "mover's password", {"erase": True}))
        for where in [room, invited]:
            member = self.assert_ok(witness.get(
                f"{V3}/rooms/{quote(where)}/state/m.room.member/{quote(quitter.user_id)}"))
            self.assertEqual(member["membership"], "leave")

    def test_deactivate(self):
        camille = self.parvis.register("quitter")
        reply = camille.with_password("POST", f"{V3}/account/deactivate", "quitter's password")
        self.assertEqual(self.assert_ok(reply)["id_server_unbind_result"], "success")
        self.assert_refused(camille.get(f"{V3}/account/whoami"), 401, "M_UNKNOWN_TOKEN")
        reply = self.parvis.client().post(f"{V3}/login", {
            "type": "m.login.password", "user": "quitter", "password": "quitter's password"})
        self.assert_refused(reply, 403, "M_USER_DEACTIVATED")
        reply = self.parvis.client().post(f"{V3}/register", {"username": "quitter"})
        self.assert_refused(reply, 400, "M_USER_IN_USE")
        profile = self.parvis.client().get(f"{V3}/profile/{quote('@quitter:localhost')}")
        self.assert_refused(profile, 404, "M_NOT_FOUND")


class Devices(harness.Case):
    def test_list_rename_delete(self):
        camille = self.parvis.register("owner")
        other = self.parvis.login("owner", initial_device_display_name="Old phone")
        path = f"{V3}/devices/{other.device_id}"
        self.assertEqual(self.assert_ok(camille.get(path))["display_name"], "Old phone")
        self.assert_ok(camille.put(path, {"display_name": "Ancien téléphone"}))
        devices = self.assert_ok(camille.get(f"{V3}/devices"))["devices"]
        names = {device["device_id"]: device.get("display_name") for device in devices}
        self.assertEqual(names[other.device_id], "Ancien téléphone")
        self.assert_refused(camille.get(f"{V3}/devices/NOPE"), 404, "M_NOT_FOUND")
        self.assert_refused(camille.put(f"{V3}/devices/NOPE", {"display_name": "x"}),
                            404, "M_NOT_FOUND")
        self.assertEqual(camille.delete(path).status, 401)
        self.assert_ok(camille.with_password("DELETE", path, "owner's password"))
        self.assert_refused(other.get(f"{V3}/account/whoami"), 401, "M_UNKNOWN_TOKEN")
        self.assert_ok(camille.with_password("DELETE", path, "owner's password"))

    def test_delete_several(self):
        camille = self.parvis.register("cleaner")
        others = [self.parvis.login("cleaner") for _ in range(3)]
        body = {"devices": [other.device_id for other in others]}
        self.assert_ok(camille.with_password("POST", f"{V3}/delete_devices",
                                             "cleaner's password", body))
        self.assertEqual(len(self.assert_ok(camille.get(f"{V3}/devices"))["devices"]), 1)
        reply = camille.post(f"{V3}/delete_devices", {"devices": [1]})
        self.assert_refused(reply, 400, "M_BAD_JSON")

    def test_last_seen(self):
        camille = self.parvis.register("seen")
        camille.get(f"{V3}/account/whoami")
        harness.eventually("last_seen_ts", lambda: camille.get(
            f"{V3}/devices/{camille.device_id}").json.get("last_seen_ts"))


if __name__ == "__main__":
    unittest.main()
