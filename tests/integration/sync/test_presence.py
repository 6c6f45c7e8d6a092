# SPDX-License-Identifier: Apache-2.0
"""Who is online, as sync tells it and as it is asked for."""

import itertools
import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."), os.path.dirname(__file__)]
import harness
from talk import V3, User

NAMES = itertools.count()
NOTHING = {"presence": {"not_types": ["*"]}}


def told(sync):
    """What a sync tells of others: user id to the content of the last event."""
    events = sync.get("presence", {}).get("events", [])
    return {e["sender"]: e["content"] for e in events if e["type"] == "m.presence"}


def path(user):
    return f"{V3}/presence/{harness.quote(user.id)}/status"


class Presence(harness.Case):
    options = {"registration": "open", "presence": "enabled"}

    def user(self, name, **query):
        return User(self.parvis.register(f"{name}{next(NAMES)}"), **query)

    def setUp(self):
        self.alice, self.bob = self.user("alice"), self.user("bob")
        self.room = self.alice.create_room(preset="private_chat", invite=[self.bob.id])
        self.bob.join(self.room)

    def until(self, watcher, holds, since=True):
        """Syncs until what is told of others holds."""
        seen = told(watcher.sync(since=since))
        for _ in range(20):
            if holds(seen):
                return seen
            seen.update(told(watcher.sync(timeout=10000)))
        self.fail(f"never told: {seen}")

    def until_is(self, watcher, user, state):
        return self.until(watcher, lambda s: s.get(user.id, {}).get("presence") == state)[user.id]

    def set(self, user, presence, **more):
        return user.client.put(path(user), {"presence": presence, **more})

    def test_syncing_makes_online_and_wakes_neighbours(self):
        self.until_is(self.bob, self.bob, "online")
        later = self.bob.sync_later(timeout=30000)
        self.alice.sync()
        content = told(later.result()).get(self.alice.id)
        content = content or self.until_is(self.bob, self.alice, "online")
        self.assertEqual(content["presence"], "online")
        self.assertTrue(content["currently_active"])
        self.assertGreaterEqual(content["last_active_ago"], 0)
        first = told(self.bob.sync(since=None))
        self.assertEqual(first[self.alice.id]["presence"], "online")

    def test_status_is_set_told_and_read(self):
        self.alice.sync()
        self.assert_ok(self.set(self.alice, "unavailable", status_msg="à la mairie"))
        content = self.until_is(self.bob, self.alice, "unavailable")
        self.assertEqual(content["status_msg"], "à la mairie")
        self.assertNotIn("currently_active", content)
        answer = self.assert_ok(self.bob.client.get(path(self.alice)))
        self.assertEqual((answer["presence"], answer["status_msg"]),
                         ("unavailable", "à la mairie"))
        self.assert_ok(self.set(self.alice, "offline"))
        self.assertNotIn("status_msg", self.until_is(self.bob, self.alice, "offline"))

    def test_activity_ends_idleness(self):
        self.alice.sync()
        self.assert_ok(self.set(self.alice, "unavailable"))
        self.until_is(self.bob, self.alice, "unavailable")
        self.alice.sync(since=None)
        self.assertEqual(self.bob.client.get(path(self.alice)).json["presence"], "unavailable")
        self.alice.send(self.room)
        self.until_is(self.bob, self.alice, "online")

    def test_set_presence_of_sync(self):
        self.alice.sync(set_presence="offline")
        self.assertEqual(self.alice.client.get(path(self.alice)).json["presence"], "offline")
        self.alice.sync(set_presence="unavailable")
        self.until_is(self.bob, self.alice, "unavailable")
        self.alice.sync(set_presence="online")
        self.until_is(self.bob, self.alice, "online")

    def test_filters_and_strangers(self):
        eve = self.user("eve")
        eve.sync()
        self.alice.sync()
        self.until_is(self.bob, self.alice, "online")
        self.assertNotIn(eve.id, told(self.bob.sync(since=None)))
        quiet = self.bob.sync(since=None, filter=NOTHING)
        self.assertNotIn("presence", quiet)
        only = {"presence": {"senders": [self.bob.id]}}
        self.assertEqual(set(told(self.bob.sync(since=None, filter=only))), {self.bob.id})
        self.assert_refused(eve.client.get(path(self.alice)), 403, "M_FORBIDDEN")

    def test_who_joins_and_whom_they_meet(self):
        carol = self.user("carol")
        carol.sync()
        self.until_is(self.bob, self.bob, "online")
        self.alice.room(self.room, "invite", user_id=carol.id)
        carol.join(self.room)
        self.until_is(self.bob, carol, "online")
        self.until_is(carol, self.bob, "online")

    def test_refusals(self):
        self.assert_refused(self.set(self.alice, "asleep"), 400, "M_INVALID_PARAM")
        self.assert_refused(self.alice.client.put(path(self.alice), {}), 400, "M_MISSING_PARAM")
        self.assert_refused(self.set(self.alice, "online", status_msg="x" * 2000), 400,
                            "M_INVALID_PARAM")
        self.assert_refused(self.alice.client.put(path(self.bob), {"presence": "online"}), 403,
                            "M_FORBIDDEN")

    def test_status_survives_a_kill(self):
        self.assert_ok(self.set(self.alice, "online", status_msg="back soon"))
        self.parvis.kill()
        self.parvis.launch()
        answer = self.assert_ok(self.bob.client.get(path(self.alice)))
        self.assertEqual((answer["presence"], answer["status_msg"]), ("online", "back soon"))


class SwitchedOff(harness.Case):
    options = {"registration": "open"}

    def test_nothing_is_told(self):
        alice = User(self.parvis.register("alice"))
        self.assertNotIn("presence", alice.sync())
        self.assert_refused(alice.client.get(path(alice)), 404, "M_NOT_FOUND")
        self.assert_refused(alice.client.put(path(alice), {"presence": "online"}), 403,
                            "M_FORBIDDEN")


if __name__ == "__main__":
    unittest.main()
