# SPDX-License-Identifier: Apache-2.0
"""Each field of each body that the specification knows, at any depth, holds what it must not.

A body that is right is made from the operation's schema; then one place after the other is
replaced. Whatever comes in, the answer is a success or a refusal with an errcode of the
specification; never a 5xx, never silence, never a crash.
"""

import copy
import http.client
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

SPECIFICATION = os.path.join(harness.ROOT, "../shared/spec/client-server.openapi.json")
# These end the session that the others use, or are bytes and not JSON.
LEFT_OUT = ("/logout", "/media/", "/account/deactivate")
DEEP = {}
for _ in range(90):
    DEEP = {"a": DEEP}
WRONG = [None, True, -1, 2**53, -2**63, 1.5, "", "\u0000", "é" * 40000, "\ud800", "@", "!x", [], [[]],
         {}, {"": None}, [{"\uffff": [1.5]}] * 300, DEEP]
ERRCODES = set("""
    M_BAD_ALIAS M_BAD_JSON M_BAD_STATE M_CANNOT_LEAVE_SERVER_NOTICE_ROOM M_CAPTCHA_INVALID
    M_CAPTCHA_NEEDED M_DUPLICATE_ANNOTATION M_EXCLUSIVE M_FORBIDDEN M_GUEST_ACCESS_FORBIDDEN
    M_INCOMPATIBLE_ROOM_VERSION M_INVALID_PARAM M_INVALID_ROOM_STATE M_INVALID_USERNAME
    M_KEY_TOO_LARGE M_LIMIT_EXCEEDED M_MISSING_PARAM M_MISSING_TOKEN M_NOT_FOUND M_NOT_JSON
    M_PROFILE_TOO_LARGE M_RESOURCE_LIMIT_EXCEEDED M_ROOM_IN_USE M_SERVER_NOT_TRUSTED
    M_THREEPID_AUTH_FAILED M_THREEPID_DENIED M_THREEPID_IN_USE M_THREEPID_NOT_FOUND M_TOO_LARGE
    M_UNABLE_TO_AUTHORISE_JOIN M_UNABLE_TO_GRANT_JOIN M_UNACTIONABLE M_UNAUTHORIZED M_UNKNOWN
    M_UNKNOWN_POS M_UNKNOWN_TOKEN M_UNRECOGNIZED M_UNSUPPORTED_ROOM_VERSION M_USER_DEACTIVATED
    M_USER_IN_USE M_USER_LIMIT_EXCEEDED M_WEAK_PASSWORD M_WRONG_ROOM_KEYS_VERSION
    M_URL_NOT_SET M_CANNOT_OVERWRITE_MEDIA M_NOT_YET_UPLOADED M_CONNECTION_FAILED
    M_CONNECTION_TIMEOUT M_BAD_STATUS M_INVITE_BLOCKED M_SESSION_NOT_VALIDATED
    M_INVALID_SIGNATURE M_APPSERVICE_LOGIN_UNSUPPORTED M_THREEPID_MEDIUM_NOT_SUPPORTED
    M_UNKNOWN_DEVICE M_USER_LOCKED M_USER_SUSPENDED
""".split())
KNOWN = {"user_id": "@camille:localhost", "userId": "@camille:localhost", "device_id": "NOPE",
         "room_version": "12", "preset": "public_chat", "visibility": "private",
         "membership": "invite", "url": "http://127.0.0.1:9/_matrix/push/v1/notify"}


class Schemas:
    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        for _ in range(20):
            if "$ref" not in schema:
                break
            found = self.document
            for part in schema["$ref"].lstrip("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema

    def sample(self, schema, name="", depth=0):
        """A value that the schema allows, with every member that it names."""
        schema = self.resolve(schema)
        if depth > 6:
            return {}
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return self.sample(schema[word][0], name, depth + 1)
        value = {}
        for part in schema.get("allOf", []):
            more = self.sample(part, name, depth + 1)
            if not isinstance(more, dict):
                return more
            value.update(more)
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            for key, member in schema.get("properties", {}).items():
                value[key] = self.sample(member, key, depth + 1)
            for more in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
                if isinstance(more, dict):
                    value["@camille:localhost"] = self.sample(more, "", depth + 1)
            return value
        if kind == "array":
            return [self.sample(schema.get("items", {"type": "string"}), name, depth + 1)]
        if name in KNOWN:
            return KNOWN[name]
        if "enum" in schema:
            return schema["enum"][0]
        return {"string": "x", "integer": 1, "number": 1, "boolean": True}.get(kind)


def places(value, path=()):
    """All places in it, the whole last."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from places(member, (*path, key))
    yield path


def put(value, path, wrong):
    if not path:
        return wrong
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = wrong
    return value


@unittest.skipUnless(os.path.exists(SPECIFICATION), "the specification's schemas are not there")
class Fields(harness.Case):
    options = {"checked": False, "registration": "open"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(SPECIFICATION, encoding="utf-8") as f:
            cls.document = json.load(f)
        cls.schemas = Schemas(cls.document)
        cls.camille = cls.parvis.register("camille")
        cls.connection = http.client.HTTPConnection("127.0.0.1", cls.parvis.port, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        super().tearDownClass()

    def ask(self, method, path, body):
        text = json.dumps(body)  # lone surrogates stay as escapes
        self.connection.request(method, path, text, {
            "Authorization": f"Bearer {self.camille.token}", "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        reply = harness.Reply(answer.status, answer.headers, answer.read())
        what = f"{method} {path} {text[:300]} -> {reply}"
        refused = reply.status >= 400 and not (reply.status == 401 and "flows" in reply.json)
        if reply.status >= 500 or refused and reply.errcode not in ERRCODES:
            self.faults.setdefault((method, path, reply.status, reply.errcode), what)

    def operations(self):
        for path, methods in sorted(self.document["paths"].items()):
            for method, operation in methods.items():
                content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
                if "application/json" in content and not any(part in path for part in LEFT_OUT):
                    # A space at the end tells two descriptions of one path apart.
                    yield method.upper(), path.strip(), content["application/json"].get("schema", {})

    def fill(self, path):
        known = {"userId": self.camille.user_id, "deviceId": self.camille.device_id,
                 "eventType": "m.room.message", "type": "m.room.message", "scope": "global",
                 "kind": "content", "receiptType": "m.read", "keyName": "displayname"}
        if "{roomId" in path:
            # A room of its own: some of these leave it, or forget it.
            made = self.camille.post("/_matrix/client/v3/createRoom", {"preset": "public_chat"})
            known["roomId"] = known["roomIdOrAlias"] = made.json["room_id"]
            known["eventId"] = self.camille.put(
                f"/_matrix/client/v3/rooms/{made.json['room_id']}/send/m.room.message/x",
                {"body": "x", "msgtype": "m.text"}).json["event_id"]
        parts = path.split("/")
        for i, part in enumerate(parts):
            if part.startswith("{"):
                parts[i] = harness.quote(known.get(part.strip("{}"), "x"))
        return "/".join(parts)

    def test_every_field(self):
        asked = 0
        self.faults = {}
        for method, path, schema in self.operations():
            target = self.fill(path)
            right = self.schemas.sample(schema)
            self.ask(method, target, right)
            for place in places(right):
                for wrong in WRONG:
                    self.ask(method, target, put(right, place, wrong))
                    asked += 1
        self.assertEqual(list(self.faults.values()), [])
        self.assertGreater(asked, 5000)
        self.assert_ok(self.camille.get("/_matrix/client/v3/account/whoami"))


if __name__ == "__main__":
    unittest.main()
