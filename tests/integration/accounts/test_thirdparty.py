# SPDX-License-Identifier: Apache-2.0
"""Third-party lookup: what application services say, put together."""

import http.server
import json
import os
import sys
import threading
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3/thirdparty"
APP = "/_matrix/app/v1/thirdparty"


class Service(http.server.BaseHTTPRequestHandler):
    """Answers from a table; whatever is not in it is 404."""

    answers = {}
    asked = []

    def do_GET(self):
        Service.asked.append((self.path, self.headers["Authorization"]))
        answer = Service.answers.get((self.headers["Authorization"], self.path.split("?")[0]))
        body = answer if isinstance(answer, bytes) else json.dumps(
            answer if answer is not None else {"errcode": "M_NOT_FOUND"}).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def registration(name, port, protocols):
    return (f"id: {name}\nurl: http://127.0.0.1:{port}\nas_token: as-{name}\n"
            f"hs_token: hs-{name}\nsender_localpart: {name}bot\n"
            f"namespaces:\n  users: [{{exclusive: true, regex: '@{name}_.*'}}]\n"
            f"  aliases: [{{exclusive: true, regex: '#{name}_.*'}}]\nprotocols: {protocols}\n")


IRC = {"user_fields": ["nick"], "location_fields": ["channel"], "icon": "mxc://localhost/irc",
       "field_types": {"nick": {"regexp": ".*", "placeholder": "nick"},
                       "channel": {"regexp": ".*", "placeholder": "#room"}}}


def instance(name):
    return {"desc": name, "network_id": name, "fields": {"network": name}}


class ThirdParty(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=cls.service.serve_forever, daemon=True).start()
        port = cls.service.server_address[1]
        cls.options = {
            "files": {"one.yaml": registration("one", port, "[irc, dead]"),
                      "two.yaml": registration("two", port, "[irc]"),
                      "off.yaml": registration("off", harness.free_port(), "[irc, sms]")},
            "settings": ["application_services: [one.yaml, two.yaml, off.yaml]"],
        }
        Service.answers = {
            ("Bearer hs-one", f"{APP}/protocol/irc"): {**IRC, "instances": [instance("a")]},
            ("Bearer hs-two", f"{APP}/protocol/irc"): {
                **IRC, "icon": "mxc://localhost/other", "instances": [instance("b"), 3]},
            ("Bearer hs-one", f"{APP}/protocol/dead"): b"not json",
            ("Bearer hs-one", f"{APP}/location/irc"): [
                {"alias": "#irc_x:localhost", "protocol": "irc", "fields": {"channel": "#x"}}],
            ("Bearer hs-one", f"{APP}/location"): [
                {"alias": "#one_x:localhost", "protocol": "irc", "fields": {"channel": "#x"}}],
            ("Bearer hs-two", f"{APP}/user"): [
                {"userid": "@two_n:localhost", "protocol": "irc", "fields": {"nick": "n"}}],
        }
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.service.shutdown()
        cls.service.server_close()

    def setUp(self):
        self.camille = self.parvis.login_admin()

    def test_protocols(self):
        protocols = self.assert_ok(self.camille.get(f"{V3}/protocols"))
        self.assertEqual(list(protocols), ["irc"])
        irc = protocols["irc"]
        self.assertEqual(irc["icon"], "mxc://localhost/irc")
        self.assertEqual([i["desc"] for i in irc["instances"]], ["a", "b"])
        self.assertEqual(len({i["instance_id"] for i in irc["instances"]}), 2)
        self.assertEqual(self.assert_ok(self.camille.get(f"{V3}/protocol/irc")), irc)
        for unknown in ["dead", "sms", "x", quote("a/b")]:
            self.assert_refused(self.camille.get(f"{V3}/protocol/{unknown}"), 404, "M_NOT_FOUND")

    def test_look_ups(self):
        Service.asked.clear()
        query = urllib.parse.urlencode({"channel": "#x & y", "access_token": self.camille.token})
        found = self.assert_ok(self.camille.get(f"{V3}/location/irc?{query}"))
        self.assertEqual(found[0]["alias"], "#irc_x:localhost")
        self.assertIn((f"{APP}/location/irc?channel=%23x+%26+y", "Bearer hs-one"), Service.asked)
        # The token stays here however its name is written.
        Service.asked.clear()
        query = f"channel=y&access%5Ftoken={self.camille.token}&ts=1"
        self.assert_ok(self.camille.get(f"{V3}/location/irc?{query}"))
        self.assertIn((f"{APP}/location/irc?channel=y", "Bearer hs-one"), Service.asked)
        user = quote("@two_n:localhost")
        found = self.assert_ok(self.camille.get(f"{V3}/user?userid={user}"))
        self.assertEqual(found[0]["userid"], "@two_n:localhost")
        alias = quote("#one_x:localhost")
        self.assert_refused(self.camille.get(f"{V3}/location?alias=x"), 404, "M_NOT_FOUND")
        found = self.assert_ok(self.camille.get(f"{V3}/location?alias={alias}"))
        self.assertEqual(found[0]["fields"], {"channel": "#x"})
        self.assertEqual(self.assert_ok(self.camille.get(f"{V3}/user/irc?nick=x")), [])
        self.assert_refused(self.camille.get(f"{V3}/user"), 400, "M_MISSING_PARAM")
        self.assert_refused(self.camille.get(f"{V3}/location"), 400, "M_MISSING_PARAM")


if __name__ == "__main__":
    unittest.main()
