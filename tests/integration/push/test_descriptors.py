# SPDX-License-Identifier: Apache-2.0
"""A homeserver out of file descriptors goes on, and what it could not push goes out later."""

import http.client
import json
import os
import resource
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."), os.path.dirname(__file__)]
import harness
from gateway import Gateway

V3 = "/_matrix/client/v3"


class Descriptors(harness.Case):
    options = {"registration": "open", "checked": False, "settings": ["push_private_gateways: true"]}

    def exhaust(self):
        """No descriptor may be opened any more; gives what restores the limit."""
        pid = self.parvis.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        free = next(number for number in range(before[0]) if number not in used)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, before[1]))
        return lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    def test_a_push_waits_for_a_descriptor(self):
        gateway = Gateway()
        self.addCleanup(gateway.stop)
        alice, bob = self.parvis.register("alice"), self.parvis.register("bob")
        room = self.assert_ok(alice.post(f"{V3}/createRoom", {"preset": "public_chat"}))["room_id"]
        self.assert_ok(bob.post(f"{V3}/join/{room}"))
        self.assert_ok(bob.post(f"{V3}/pushers/set", {
            "kind": "http", "app_id": "test.app", "pushkey": "key", "app_display_name": "Test",
            "device_display_name": "Phone", "lang": "fr", "data": {"url": gateway.url}}))
        connection = http.client.HTTPConnection("127.0.0.1", self.parvis.port)
        self.addCleanup(connection.close)

        def send(text):
            connection.request("PUT", f"{V3}/rooms/{room}/send/m.room.message/{text}",
                               json.dumps({"msgtype": "m.text", "body": text}),
                               {"Authorization": f"Bearer {alice.token}"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            self.assertEqual(answer.status, 200, body)
            return body["event_id"]
        connection.request("GET", f"{V3}/sync", headers={"Authorization": f"Bearer {alice.token}"})
        self.assertEqual(connection.getresponse().read()[:1], b"{")
        restore = self.exhaust()
        try:
            event = send("one")
            harness.eventually("it is told", lambda: "cannot be opened for notifications" in self.parvis.log)
            send("two")
        finally:
            restore()
        gateway.next_event(event)


if __name__ == "__main__":
    unittest.main()
