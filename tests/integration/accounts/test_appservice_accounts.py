# SPDX-License-Identifier: Apache-2.0
"""What an application service may do with accounts: ghosts, masquerading, devices."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
REGISTRATION = """\
id: mail
url: null
as_token: as-secret-token
hs_token: hs-secret-token
sender_localpart: mailbot
rate_limited: false
namespaces:
  users:
    - exclusive: true
      regex: "@mail_.*:localhost"
  aliases: []
  rooms: []
"""


class Ghosts(harness.Case):
    options = {
        "rate_limits": True,
        "files": {"mail.yaml": REGISTRATION},
        "settings": ["application_services: [mail.yaml]"],
    }

    def setUp(self):
        self.service = self.parvis.client("as-secret-token")

    def ghost(self, name, **more):
        body = {"type": "m.login.application_service", "username": name, **more}
        return self.service.post(f"{V3}/register", body)

    def whoami(self, query):
        return self.service.get(f"{V3}/account/whoami{query}")

    def test_the_sender_is_there_from_the_start(self):
        self.assertEqual(self.assert_ok(self.whoami(""))["user_id"], "@mailbot:localhost")
        profile = self.service.get(f"{V3}/profile/{quote('@mailbot:localhost')}")
        self.assert_ok(profile)

    def test_register_and_masquerade(self):
        self.assertEqual(self.assert_ok(self.ghost("mail_a", inhibit_login=True)),
                         {"user_id": "@mail_a:localhost", "home_server": "localhost"})
        self.assert_refused(self.ghost("mail_a"), 400, "M_USER_IN_USE")
        self.assert_refused(self.ghost("other"), 400, "M_EXCLUSIVE")
        self.assert_refused(self.ghost("mail_UPPER"), 400, "M_INVALID_USERNAME")
        answer = self.assert_ok(self.whoami(f"?user_id={quote('@mail_a:localhost')}"))
        self.assertEqual(answer["user_id"], "@mail_a:localhost")
        self.assert_refused(self.whoami(f"?user_id={quote('@mail_new:localhost')}"),
                            403, "M_FORBIDDEN")
        self.assert_refused(self.whoami(f"?user_id={quote('@admin:localhost')}"),
                            403, "M_FORBIDDEN")

    def test_others_stay_out(self):
        reply = self.parvis.client().post(f"{V3}/register", {
            "username": "mail_b", "password": "long enough"})
        self.assert_refused(reply, 400, "M_EXCLUSIVE")
        reply = self.parvis.client("wrong").post(f"{V3}/register", {
            "type": "m.login.application_service", "username": "mail_b"})
        self.assert_refused(reply, 401, "M_UNKNOWN_TOKEN")
        reply = self.parvis.client().post(f"{V3}/register", {
            "type": "m.login.application_service", "username": "mail_b"})
        self.assert_refused(reply, 401, "M_MISSING_TOKEN")

    def test_devices(self):
        self.assert_ok(self.ghost("mail_c", inhibit_login=True))
        user = quote("@mail_c:localhost")
        path = f"{V3}/devices/GHOST?user_id={user}"
        self.assertEqual(self.service.put(path, {"display_name": "Mail"}).status, 201)
        self.assertEqual(self.service.put(path, {"display_name": "Post"}).status, 200)
        for parameter in ["device_id", "org.matrix.msc3202.device_id"]:
            answer = self.assert_ok(self.whoami(f"?user_id={user}&{parameter}=GHOST"))
            self.assertEqual(answer["device_id"], "GHOST")
        self.assert_refused(self.whoami(f"?user_id={user}&device_id=NOPE"),
                            400, "M_UNKNOWN_DEVICE")
        self.assert_ok(self.service.delete(path))

    def test_login(self):
        self.assert_ok(self.ghost("mail_d", inhibit_login=True))

        def login(user):
            return self.service.post(f"{V3}/login", {
                "type": "m.login.application_service",
                "identifier": {"type": "m.id.user", "user": user}})
        session = self.assert_ok(login("mail_d"))
        self.assertEqual(session["user_id"], "@mail_d:localhost")
        self.assert_refused(login("admin"), 400, "M_EXCLUSIVE")
        self.assert_refused(login("mail_nobody"), 403, "M_FORBIDDEN")

    def test_no_password_is_no_way_in(self):
        """A user without a password never passes a stage that asks for one."""
        ghost = self.assert_ok(self.ghost("mail_e"))
        client = self.parvis.client(ghost["access_token"], ghost["user_id"])
        path = f"{V3}/account/deactivate"
        for password in ["", None, "x", 0]:
            reply = client.with_password("POST", path, password)
            self.assert_refused(reply, 401, "M_FORBIDDEN")
        self.assertEqual(client.post(path, {"auth": {"type": "m.login.dummy"}}).status, 401)
        self.assertEqual(client.post(path, {"auth": {}}).status, 401)
        reply = self.parvis.client().post(f"{V3}/login", {
            "type": "m.login.password", "user": "mail_e", "password": ""})
        self.assert_refused(reply, 403, "M_FORBIDDEN")

    def test_not_limited(self):
        for _ in range(60):
            self.assert_refused(self.ghost("other"), 400, "M_EXCLUSIVE")

    def test_a_service_token_is_no_session(self):
        self.assert_refused(self.service.post(f"{V3}/logout"), 400, "M_UNKNOWN")
        self.assert_refused(self.whoami("?ts=x"), 400, "M_INVALID_PARAM")


if __name__ == "__main__":
    unittest.main()
