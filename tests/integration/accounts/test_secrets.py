# SPDX-License-Identifier: Apache-2.0
"""What nobody may read in a log or in the database: passwords and tokens."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

V3 = "/_matrix/client/v3"
REGISTRATION = """\
id: quiet
url: null
as_token: secret-as-token
hs_token: secret-hs-token
sender_localpart: quiet
namespaces: {users: [{exclusive: true, regex: '@quiet_.*:localhost'}]}
"""


class Secrets(unittest.TestCase):
    def setUp(self):
        self.parvis = harness.Parvis(checked=False, files={"quiet.yaml": REGISTRATION},
                                     settings=["application_services: [quiet.yaml]"])
        self.addCleanup(self.parvis.stop)
        with open(self.parvis.config, encoding="utf-8") as f:
            text = f.read()
        with open(self.parvis.config, "w", encoding="utf-8") as f:
            f.write(text.replace("log_level: warning", "log_level: debug"))
        self.parvis.launch()
        self.secrets = {"secret-as-token", "secret-hs-token", harness.REGISTRATION_TOKEN}

    def say_everything(self):
        """Requests that hold secrets in each place where one can stand, good and bad."""
        camille = self.parvis.register("camille", "a long secret password")
        self.secrets |= {camille.token, "a long secret password", "a wrong secret password",
                         "guessed-secret-token", "secret in broken json"}
        anybody = self.parvis.client()
        anybody.get(f"{V3}/account/whoami?access_token={camille.token}")
        anybody.get(f"{V3}/nowhere/{camille.token}?access_token=guessed-secret-token")
        anybody.get(f"{V3}/account/whoami", headers={"Authorization":
                                                     "Bearer guessed-secret-token"})
        anybody.post(f"{V3}/login", {
            "type": "m.login.password", "password": "a wrong secret password",
            "identifier": {"type": "m.id.user", "user": "camille"}})
        anybody.request("POST", f"{V3}/login", b'{"password": "secret in broken json')
        self.parvis.client("secret-as-token").get(f"{V3}/account/whoami")
        session = self.parvis.login("camille", "a long secret password", refresh_token=True)
        self.secrets.add(session.token)
        openid = session.post(f"{V3}/user/{harness.quote('@camille:localhost')}"
                              "/openid/request_token", {}).json["access_token"]
        anybody.get(f"/_matrix/federation/v1/openid/userinfo?access_token={openid}")
        self.secrets.add(openid)
        self.assertEqual(session.get(f"{V3}/account/whoami").status, 200)

    def test_logs_and_database(self):
        self.say_everything()
        folder = os.path.join(self.parvis.dir, "data")
        self.parvis.end()
        log = self.parvis.log
        self.assertIn("/account/whoami", log)
        for secret in self.secrets:
            self.assertNotIn(secret, log)
        for path, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(path, name), "rb") as f:
                    data = f.read()
                for secret in self.secrets:
                    self.assertNotIn(secret.encode(), data, name)

    def test_files_are_the_owners(self):
        for path, _, _ in os.walk(os.path.join(self.parvis.dir, "data", "homeserver")):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)


if __name__ == "__main__":
    unittest.main()
