# SPDX-License-Identifier: Apache-2.0
"""Cancellable delayed events: what is scheduled is sent once and not too early, whatever happens
meanwhile."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
DELAYED = "/_matrix/client/unstable/org.matrix.msc4140"
NAMES = iter(f"name{i}" for i in range(1000))
HOUR = 3600 * 1000
MEMBER = "org.matrix.msc3401.call.member"


class Delayed(harness.Case):
    options = {"registration": "open"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = cls.parvis.register("alice"), cls.parvis.register("bob")

    def setUp(self):
        self.room = self.assert_ok(self.alice.post(f"{V3}/createRoom", {
            "preset": "public_chat", "power_level_content_override": {
                "events": {MEMBER: 0}}}))["room_id"]
        self.path = f"{V3}/rooms/{quote(self.room)}"
        self.assert_ok(self.bob.post(f"{V3}/join/{quote(self.room)}"))

    def try_later(self, delay, body="later", user=None, txn=None):
        return (user or self.alice).put(
            f"{self.path}/send/m.room.message/{txn or next(NAMES)}?org.matrix.msc4140.delay={delay}",
            {"msgtype": "m.text", "body": body})

    def later(self, *arguments, **options):
        return self.assert_ok(self.try_later(*arguments, **options))["delay_id"]

    def state_later(self, delay, key, user=None, **content):
        return self.assert_ok((user or self.alice).put(
            f"{self.path}/state/{MEMBER}/{quote(key)}?org.matrix.msc4140.delay={delay}",
            content))["delay_id"]

    def act(self, delay_id, action, client=None):
        return (client or self.parvis.client()).post(
            f"{DELAYED}/delayed_events/{delay_id}/{action}")

    def wait_for(self, body, user=None):
        """Follows /sync until the message is there."""
        user, since = user or self.bob, ""
        while True:
            sync = self.assert_ok(user.get(f"{V3}/sync?timeout=30000{since}"))
            since = f"&since={sync['next_batch']}"
            room = sync["rooms"]["join"].get(self.room) if "rooms" in sync else None
            for event in room["timeline"]["events"] if room else []:
                if event["content"].get("body") == body:
                    return event

    def bodies(self):
        chunk = self.assert_ok(self.alice.get(f"{self.path}/messages?dir=b&limit=100"))["chunk"]
        return [e["content"]["body"] for e in chunk if "body" in e["content"]][::-1]

    def lists(self, user=None, query=""):
        return self.assert_ok((user or self.alice).get(f"{DELAYED}/delayed_events{query}"))

    def one(self, delay_id, user=None):
        return (user or self.alice).get(f"{DELAYED}/delayed_events/{delay_id}")


class Scheduled(Delayed):
    def test_it_is_sent_when_it_is_due_and_not_before(self):
        begin = time.time()
        delay_id = self.later(300, "due")
        self.assertNotIn("due", self.bodies())
        event = self.wait_for("due")
        self.assertGreaterEqual(time.time() - begin, 0.3)
        self.assertNotIn("org.matrix.msc4140.delay_id", event["unsigned"])
        mine = self.wait_for("due", self.alice)
        self.assertEqual(mine["unsigned"]["org.matrix.msc4140.delay_id"], delay_id)
        self.assertEqual(mine["sender"], self.alice.user_id)
        self.assertGreaterEqual(mine["origin_server_ts"] / 1000, begin + 0.3)
        found = self.assert_ok(self.one(delay_id))
        self.assertEqual((found["event_id"], found["delay"]), (event["event_id"], 300))

    def test_the_soonest_goes_first(self):
        for delay, body in [(900, "third"), (300, "first"), (600, "second")]:
            self.later(delay, body)
        self.wait_for("third")
        self.assertEqual(self.bodies(), ["first", "second", "third"])

    def test_restart_puts_it_off_and_send_sends_it(self):
        delay_id = self.later(HOUR, "sent by hand")
        before = self.assert_ok(self.one(delay_id))["running_since"]
        self.assert_ok(self.act(delay_id, "restart"))
        self.assertGreater(self.assert_ok(self.one(delay_id))["running_since"], before)
        self.assert_ok(self.act(delay_id, "send", self.alice))
        self.wait_for("sent by hand")
        self.assert_ok(self.act(delay_id, "send"))
        self.assertEqual(self.bodies().count("sent by hand"), 1)
        self.assert_refused(self.act(delay_id, "cancel"), 404, "M_NOT_FOUND")
        self.assert_refused(self.act(delay_id, "restart"), 404, "M_NOT_FOUND")

    def test_the_action_in_the_body(self):
        delay_id = self.later(HOUR)
        path = f"{DELAYED}/delayed_events/{delay_id}"
        client = self.parvis.client()
        self.assert_refused(client.post(path, {}), 400, "M_MISSING_PARAM")
        self.assert_refused(client.post(path, {"action": "eat"}), 400, "M_INVALID_PARAM")
        self.assert_ok(client.post(path, {"action": "restart"}))
        self.assert_ok(client.post(path, {"action": "cancel"}))
        self.assert_ok(client.post(path, {"action": "cancel"}))
        self.assert_refused(client.post(path, {"action": "send"}), 404, "M_NOT_FOUND")
        self.assertNotIn("event_id", self.assert_ok(self.one(delay_id)))

    def test_the_endpoint_of_its_own(self):
        path = f"{DELAYED}/rooms/{quote(self.room)}/delayed_event"
        body = {"delay_ms": HOUR, "content": {"application": "m.call"}, "state_key": "k"}
        delay_id = self.assert_ok(self.alice.put(f"{path}/{MEMBER}/t", body))["delay_id"]
        self.assertEqual(self.assert_ok(self.alice.put(f"{path}/{MEMBER}/t", body)),
                         {"delay_id": delay_id})
        self.assert_ok(self.act(delay_id, "send"))
        state = self.assert_ok(self.alice.get(f"{self.path}/state/{MEMBER}/k"))
        self.assertEqual(state, {"application": "m.call"})
        del body["delay_ms"]
        self.assert_refused(self.alice.put(f"{path}/{MEMBER}/u", body), 400, "M_MISSING_PARAM")

    def test_a_redaction_later(self):
        event = self.assert_ok(self.alice.put(
            f"{self.path}/send/m.room.message/x", {"msgtype": "m.text", "body": "gone soon"}))
        delay_id = self.assert_ok(self.alice.put(
            f"{self.path}/redact/{quote(event['event_id'])}/y?org.matrix.msc4140.delay={HOUR}"
        ))["delay_id"]
        self.assertIn("gone soon", self.bodies())
        self.assert_ok(self.act(delay_id, "send"))
        self.assertNotIn("gone soon", self.bodies())

    def test_lists(self):
        user = self.parvis.register(next(NAMES))
        self.assert_ok(user.post(f"{V3}/join/{quote(self.room)}"))
        sent, kept, cancelled = (self.later(HOUR + i, "x", user) for i in range(3))
        self.assert_ok(self.act(sent, "send"))
        self.assert_ok(self.act(cancelled, "cancel"))
        lists = self.lists(user)
        self.assertEqual([e["delay_id"] for e in lists["scheduled"]], [kept])
        self.assertEqual(lists["delayed_events"], lists["scheduled"])
        self.assertEqual({e["delayed_event"]["delay_id"]: (e["outcome"], e["reason"])
                          for e in lists["finalised"]},
                         {sent: ("send", "action"), cancelled: ("cancel", "action")})
        self.assertNotIn("finalised", self.lists(user, "?status=scheduled"))
        self.assertEqual(len(self.lists(user, f"?delay_id={sent}")["finalised"]), 1)
        self.assert_refused(self.one(kept, self.bob), 404, "M_NOT_FOUND")
        self.assertEqual(self.lists(self.bob, f"?delay_id={kept}")["scheduled"], [])

    def test_refusals(self):
        for delay in ("0", "-1", "x", ""):
            self.assert_refused(self.try_later(delay), 400, "M_INVALID_PARAM")
        reply = self.assert_refused(self.try_later(366 * 24 * HOUR), 400, "M_UNKNOWN")
        self.assertEqual(reply.json["org.matrix.msc4140.errcode"], "M_MAX_DELAY_EXCEEDED")
        self.assertEqual(reply.json["org.matrix.msc4140.max_delay"], 24 * HOUR)
        self.assert_refused(self.act("unknown", "restart"), 404, "M_NOT_FOUND")
        self.assert_refused(self.one("unknown"), 404, "M_NOT_FOUND")
        path = f"{V3}/rooms/!none:localhost/send/m.room.message/1?org.matrix.msc4140.delay=9"
        self.assert_refused(self.alice.put(path, {}), 404, "M_NOT_FOUND")
        self.assertEqual(self.parvis.client().get(f"{DELAYED}/delayed_events").status, 401)

    def test_so_many_at_once(self):
        user = self.parvis.register(next(NAMES))
        self.assert_ok(user.post(f"{V3}/join/{quote(self.room)}"))
        delay_ids = [self.later(HOUR, "x", user) for _ in range(100)]
        reply = self.assert_refused(self.try_later(HOUR, "x", user), 429, "M_LIMIT_EXCEEDED")
        self.assertGreater(int(reply.headers["Retry-After"]), 3000)
        self.assert_ok(self.act(delay_ids[0], "cancel"))
        self.later(HOUR, "x", user)

    def test_power_is_judged_when_it_is_sent(self):
        delay_id = self.assert_ok(self.bob.put(
            f"{self.path}/state/m.room.topic/?org.matrix.msc4140.delay=300",
            {"topic": "no"}))["delay_id"]
        self.assert_refused(self.act(delay_id, "send"), 403, "M_FORBIDDEN")
        harness.eventually("it failed", lambda: "error" in self.one(delay_id, self.bob).json)
        found = self.assert_ok(self.one(delay_id, self.bob))
        self.assertEqual(found["error"]["errcode"], "M_FORBIDDEN")
        self.assertNotIn("event_id", found)

    def test_state_that_others_set_cancels_it(self):
        mine, key = self.state_later(HOUR, "k"), f"{self.path}/state/{MEMBER}/k"
        self.assert_ok(self.alice.put(key, {"in": "the call"}))
        self.assertNotIn("origin_server_ts", self.assert_ok(self.one(mine)))
        self.assert_ok(self.bob.put(key, {"out": "of it"}))
        found = self.assert_ok(self.one(mine))
        self.assertEqual(found["error"]["org.matrix.msc4140.errcode"],
                         "M_CANCELLED_BY_STATE_UPDATE")

    def test_versions_tell(self):
        features = self.alice.get("/_matrix/client/versions").json["unstable_features"]
        self.assertTrue(features["org.matrix.msc4140"])


class Crashes(Delayed):
    options = {"registration": "open", "checked": False}

    def test_a_kill_neither_loses_nor_doubles(self):
        begin = time.time()
        overdue = [self.later(100 + 10 * i, f"overdue {i}") for i in range(5)]
        self.later(2500, "in time")
        cancelled = self.later(2000, "cancelled")
        self.assert_ok(self.act(cancelled, "cancel"))
        self.parvis.kill()
        time.sleep(max(0, begin + 0.3 - time.time()))  # they fall due while nobody is there
        self.parvis.launch()
        self.wait_for("in time")
        self.assertGreaterEqual(time.time() - begin, 2.5)
        self.assertEqual(sorted(self.bodies()), sorted(
            [f"overdue {i}" for i in range(len(overdue))] + ["in time"]))
        self.parvis.kill()
        self.parvis.launch()
        self.later(50, "last")
        self.wait_for("last")
        self.assertEqual(len(self.bodies()), len(overdue) + 2)


if __name__ == "__main__":
    unittest.main()
