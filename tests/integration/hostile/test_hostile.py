# SPDX-License-Identifier: Apache-2.0
"""Every route of the homeserver meets bodies, paths, queries and headers that no client sends.

The routes are read from the tables in homeserver/api. Whatever comes in, the answer is a refusal
with a Matrix errcode or a success; never a 5xx, never silence, never a crash.
"""

import glob
import json
import os
import random
import re
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

ROW = re.compile(r'\{HTTP_(\w+),\s*((?:"[^"]*"|\w+|\s)+?),\s*AUTH_(\w+),\s*LIMIT_\w+,\s*BODY_(\w+)')
DEFINE = re.compile(r'#define (\w+)\s+((?:"[^"]*"|\w+|[ \t]|\\\n)+)\n')
# These end or refuse the session that the other requests use, and wait for others' answers.
LEFT_OUT = re.compile(r"logout|/sync|/ping|/v3/events$")

DEEP = b'{"a":' * 150 + b"1" + b"}" * 150
TEXTS = ["", "x", "\u0000", "\uffff", "é" * 200, "@a:b", "!", "$", "#", "mxc://", "-1", "*" * 300,
         "../..", "{}", "m.room.member"]
VALUES = [None, True, -1, 0, 2**53, -2**63, 1.5, 1e308, [], {}, [[]], [{}], {"a": {"b": []}},
          *TEXTS]
BODIES = [b"", b"{", b"[]", b"null", b'"x"', b"{}{}", b'{"a":1,"a":2}', b'{"a":1e999}',
          b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":99999999999999999999}', DEEP,
          b"[" * 100000, b"\x00" * 100, b"{" + b" " * 200000 + b"}", b'{"\\u0000":1}']
SEGMENTS = ["%00", "%FF", "%2F", "..", "%F0%9F%98%80", "a" * 300, "%21x", "%24x", "%23x%3Ay",
            "%40x%3Ay", "%7B%7D", "-1", "%"]
QUERIES = ["?", "?&&=&", "?limit=-1&from=x&to=%00&dir=q", "?limit=99999999999999999999",
           "?from=p1&to=p0&dir=b&limit=0", "?since=%FF", "?filter=%7B", "?filter=%5B%5D&at=x",
           "?" + "a=b&" * 500, "?access_token=", "?user_id=@x:y", "?ts=-1", "?width=-1&height=x",
           "?via=%00&server_name=%FF"]
KEYS = ["type", "user", "identifier", "password", "device_id", "auth", "username", "new_password",
        "displayname", "avatar_url", "devices", "search_term", "limit", "filter", "room",
        "event_fields", "presence", "timeline", "device_keys", "one_time_keys", "fallback_keys",
        "messages", "signatures", "master_key", "self_signing_key", "user_signing_key",
        "algorithm", "auth_data", "rooms", "sessions", "version", "preset", "visibility", "invite",
        "initial_state", "creation_content", "power_level_content_override", "room_version",
        "room_alias_name", "name", "topic", "user_id", "reason", "membership", "typing", "timeout",
        "m.fully_read", "m.read", "m.read.private", "thread_id", "order", "pattern", "conditions",
        "actions", "enabled", "kind", "app_id", "pushkey", "data", "lang", "app_display_name",
        "device_display_name", "append", "profile_tag", "room_id", "since", "room_types", "server",
        "third_party_signed", "body", "msgtype", "token", "session", "refresh_token", "timeout"]


def routes():
    found = set()
    for source in glob.glob(os.path.join(harness.ROOT, "homeserver/api/*.c")):
        with open(source, encoding="utf-8") as f:
            text = f.read()
        defines = dict(DEFINE.findall(text))

        def spell(expression, depth=0):
            parts = re.findall(r'"([^"]*)"|(\w+)', expression)
            return "".join(literal or (spell(defines.get(name, ""), depth + 1)
                                       if depth < 5 else "") for literal, name in parts)
        for method, path, auth, body in ROW.findall(text):
            path = "/".join(part.split("|")[-1] if "{" not in part else part
                            for part in spell(path).split("/"))
            if not LEFT_OUT.search(path):
                found.add((method, path, auth, body))
    return sorted(found)


class Hostile(harness.Case):
    options = {"checked": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.camille = cls.parvis.register("camille")
        reply = cls.camille.post("/_matrix/client/v3/createRoom", {"preset": "public_chat"})
        cls.room = reply.json["room_id"]
        cls.routes = routes()

    def fill(self, path, filler=None):
        """The route's path with what its parameters should be, or with the filler for each."""
        known = {"user": "@camille:localhost", "room": self.room, "room_or_alias": self.room,
                 "device": "NOPE", "type": "m.room.message", "event_type": "m.room.message"}

        def value(match):
            if filler is not None:
                return filler
            return harness.quote(known.get(match.group(1), "x"))
        return re.sub(r"\{(\w+)\*?\}", value, path)

    def check(self, method, path, body=None, headers=None):
        reply = self.camille.request(method, path, body, headers=headers, timeout=60)
        what = f"{method} {path[:200]} {body[:200] if body else ''!r} -> {reply}"
        self.assertLess(reply.status, 500, what)
        if reply.status >= 400 and not (reply.status == 401 and "flows" in reply.json):
            self.assertIsNotNone(reply.errcode, what)
        return reply

    def test_there_are_routes(self):
        self.assertGreater(len(self.routes), 100)
        for method, path, _, _ in self.routes:
            self.assertTrue(path.startswith("/"), path)

    def test_bodies(self):
        for method, path, _, kind in self.routes:
            if method in ("PUT", "POST", "DELETE"):
                for body in BODIES:
                    self.check(method, self.fill(path), body)

    def test_members(self):
        for method, path, _, kind in self.routes:
            if method in ("PUT", "POST") and kind.startswith("JSON"):
                for value in VALUES:
                    body = {key: value for key in KEYS}
                    self.check(method, self.fill(path), json.dumps(body).encode())

    def test_mixtures(self):
        """Members of any kind together, the same in every run."""
        chance = random.Random(2026)
        for method, path, _, kind in self.routes:
            if method in ("PUT", "POST") and kind.startswith("JSON"):
                for _ in range(20):
                    body = {key: chance.choice(VALUES) for key in chance.sample(KEYS, 12)}
                    self.check(method, self.fill(path), json.dumps(body).encode())

    def test_paths(self):
        for method, path, _, _ in self.routes:
            if "{" in path:
                for segment in SEGMENTS:
                    self.check(method, self.fill(path, segment), b"{}")
            self.check(method, self.fill(path) + "/", b"{}")
            self.check(method, self.fill(path).replace("/", "//"), b"{}")

    def test_queries(self):
        for method, path, _, _ in self.routes:
            if method == "GET":
                for query in QUERIES:
                    self.check(method, self.fill(path) + query)

    def test_methods(self):
        for method, path, _, _ in self.routes:
            for other in ["PATCH", "TRACE", "CONNECT", "X", "HEAD", "OPTIONS"]:
                reply = self.camille.request(other, self.fill(path))
                self.assertLess(reply.status, 500, f"{other} {path}: {reply}")

    def test_without_a_token(self):
        for method, path, auth, _ in self.routes:
            reply = self.parvis.client().request(method, self.fill(path), b"{}")
            self.assertLess(reply.status, 500, f"{method} {path}: {reply}")
            if auth not in ("NONE", "OPTIONAL"):
                self.assertEqual((reply.status, reply.errcode), (401, "M_MISSING_TOKEN"),
                                 f"{method} {path}: {reply}")

    def test_half_a_request(self):
        """Connections that say less than they promise hold nobody up."""
        address = ("127.0.0.1", self.parvis.port)
        halves = [b"", b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r",
                  b"POST /_matrix/client/v3/login HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Length: 1000\r\n\r\n{", b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 64]
        sockets = []
        for half in halves * 20:
            s = socket.create_connection(address)
            s.sendall(half)
            sockets.append(s)
        self.assertEqual(self.camille.get("/_matrix/client/v3/account/whoami").status, 200)
        for s in sockets:
            s.close()


if __name__ == "__main__":
    unittest.main()
