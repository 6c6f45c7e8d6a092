# SPDX-License-Identifier: Apache-2.0
"""What sync tells of rooms that a user is no longer in, and of what their own messages read."""

import itertools
import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."), os.path.dirname(__file__)]
import harness
from talk import V3, User, joined

NAMES = itertools.count()
FORMS = (("state_after", "use_state_after"),
         ("org.matrix.msc4222.state_after", "org.matrix.msc4222.use_state_after"))


class Endings(harness.Case):
    options = {"registration": "open"}

    def users(self, count):
        return [User(self.parvis.register(f"u{next(NAMES)}")) for _ in range(count)]

    def assert_ended(self, user, room, since, membership):
        """A client that takes state from state_after alone must learn how it ended."""
        for key, parameter in FORMS:
            reply = self.assert_ok(user.client.get(f"{V3}/sync?since={since}&{parameter}=true"))
            state = reply["rooms"]["leave"][room][key]["events"]
            own = [event["content"]["membership"] for event in state
                   if event["type"] == "m.room.member" and event["state_key"] == user.id]
            self.assertEqual(own, [membership])

    def end(self, user, room, action, by):
        body = {} if by is user else {"user_id": user.id}
        self.assert_ok(by.client.post(f"{V3}/rooms/{room}/{action}", body))

    def test_an_invite_that_ends(self):
        for by_whom, action, membership in ((1, "leave", "leave"), (0, "kick", "leave"),
                                            (0, "ban", "ban")):
            pair = self.users(2)
            room = pair[0].create_room(preset="private_chat", invite=[pair[1].id])
            since = pair[1].sync()["next_batch"]
            self.end(pair[1], room, action, pair[by_whom])
            self.assert_ended(pair[1], room, since, membership)

    def test_a_knock_that_ends(self):
        alice, bob = self.users(2)
        room = alice.create_room(preset="private_chat", initial_state=[
            {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}])
        self.assert_ok(bob.client.post(f"{V3}/knock/{room}"))
        since = bob.sync()["next_batch"]
        self.end(bob, room, "kick", alice)
        self.assert_ended(bob, room, since, "leave")

    def test_a_stay_that_ends_and_what_follows(self):
        alice, bob = self.users(2)
        room = alice.create_room(preset="public_chat")
        bob.join(room)
        since = bob.sync()["next_batch"]
        self.end(bob, room, "leave", bob)
        self.assert_ended(bob, room, since, "leave")
        between = bob.sync()["next_batch"]
        self.end(bob, room, "ban", alice)
        for token in (since, between):
            self.assert_ended(bob, room, token, "ban")

    def test_who_writes_has_read(self):
        alice, bob = self.users(2)
        room = alice.create_room(preset="public_chat")
        bob.join(room)
        root = alice.send(room, "root")
        relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
        path = f"{V3}/rooms/{room}/send/m.room.message/"

        def reply(user, transaction):
            self.assert_ok(user.client.put(path + transaction, {
                "msgtype": "m.text", "body": transaction, **relation}))

        def counts():
            query = "%7B%22room%22:%7B%22timeline%22:%7B%22unread_thread_notifications%22:true%7D%7D%7D"
            told = joined(self.assert_ok(bob.client.get(f"{V3}/sync?filter={query}")), room)
            threads = told.get("unread_thread_notifications", {})
            return (told["unread_notifications"]["notification_count"],
                    threads.get(root, {}).get("notification_count", 0))
        reply(alice, "first")
        self.assertEqual(counts(), (1, 1))
        reply(bob, "second")
        self.assertEqual(counts(), (1, 0))
        bob.send(room, "in the main timeline")
        self.assertEqual(counts(), (0, 0))
        alice.send(room, "more")
        reply(alice, "third")
        self.assertEqual(counts(), (1, 1))


if __name__ == "__main__":
    unittest.main()
