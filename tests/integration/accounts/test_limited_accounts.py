# SPDX-License-Identifier: Apache-2.0
"""Accounts that may not do everything: guests, locked and suspended ones; and what users allow
others to do to them: invites and ignored people."""

import itertools
import os
import sys
import threading
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."),
                os.path.join(os.path.dirname(__file__), "../sync")]
import harness
from harness import quote
from talk import V3, User, joined

NAMES = itertools.count()


class AccountCase(harness.Case):
    options = {"registration": "open", "settings": ["guests: true"]}

    def user(self, name):
        return User(self.parvis.register(f"{name}{next(NAMES)}"))

    def guest(self):
        reply = self.parvis.client().post(f"{V3}/register?kind=guest", {})
        session = self.assert_ok(reply)
        return User(harness.Client(self.parvis.url, session["access_token"], session["user_id"],
                                   session["device_id"], session))

    def path(self, room, what):
        return f"{V3}/rooms/{quote(room)}/{what}"


class Guests(AccountCase):
    def setUp(self):
        self.alice = self.user("alice")
        self.room = self.alice.create_room(preset="public_chat")

    def let_guests_in(self, value="can_join"):
        return self.alice.state(self.room, "m.room.guest_access", {"guest_access": value})

    def test_what_guests_may_do(self):
        guest = self.guest()
        self.assertTrue(self.assert_ok(guest.client.get(f"{V3}/account/whoami"))["is_guest"])
        self.assert_refused(guest.client.post(self.path(self.room, "join")), 403,
                            "M_GUEST_ACCESS_FORBIDDEN")
        self.let_guests_in()
        guest.join(self.room)
        event = guest.send(self.room, "hello from a guest")
        told = joined(guest.sync(), self.room)
        self.assertEqual(told["timeline"]["events"][-1]["event_id"], event)
        for what in ["state", "members", "messages?dir=b", f"event/{quote(event)}",
                     f"context/{quote(event)}", "initialSync"]:
            self.assert_ok(guest.client.get(self.path(self.room, what)))
        self.assert_ok(guest.client.get(f"{V3}/devices"))
        profile = f"{V3}/profile/{quote(guest.id)}"
        self.assert_ok(guest.client.put(f"{profile}/displayname", {"displayname": "Visiteur"}))
        self.assert_ok(guest.client.delete(f"{profile}/displayname"))

    def test_what_guests_may_not_do(self):
        guest = self.guest()
        self.let_guests_in()
        guest.join(self.room)
        member = self.path(self.room, f"state/m.room.member/{quote(guest.id)}")
        profile = f"{V3}/profile/{quote(guest.id)}/avatar_url"
        for method, path, body in [
                ("POST", f"{V3}/createRoom", {}), ("POST", self.path(self.room, "invite"),
                                                   {"user_id": self.alice.id}),
                ("PUT", member, {"membership": "join"}), ("PUT", profile, {"avatar_url": ""}),
                ("GET", f"{V3}/joined_rooms", None), ("GET", f"{V3}/events", None),
                ("POST", f"{V3}/user_directory/search", {"search_term": "a"}),
                ("POST", f"{V3}/account/deactivate", {})]:
            self.assert_refused(guest.client.request(method, path, body), 403,
                                "M_GUEST_ACCESS_FORBIDDEN")

    def test_guests_leave_when_they_are_let_in_no_longer(self):
        guest = self.guest()
        self.let_guests_in()
        guest.join(self.room)
        guest.sync()
        self.let_guests_in("forbidden")
        self.assertIn(self.room, guest.sync()["rooms"]["leave"])
        members = self.assert_ok(self.alice.client.get(self.path(self.room, "joined_members")))
        self.assertEqual(set(members["joined"]), {self.alice.id})

    def test_a_guest_becomes_a_user(self):
        guest = self.guest()
        self.let_guests_in()
        guest.join(self.room)
        name = guest.id[1:].split(":")[0]
        token = guest.client.token
        body = {"username": "somebody", "password": "a long password",
                "guest_access_token": token, "auth": {"type": "m.login.dummy"}}

        def register(body):
            return self.parvis.client().post(f"{V3}/register", body)
        self.assert_refused(register(body), 400, "M_INVALID_USERNAME")
        body["username"] = name
        self.assert_refused(register({**body, "guest_access_token": self.alice.client.token}),
                            403, "M_FORBIDDEN")
        refusal = register({k: v for k, v in body.items() if k != "auth"})
        body["auth"]["session"] = refusal.json["session"]
        session = self.assert_ok(register(body))
        self.assertEqual(session["user_id"], guest.id)
        again = self.parvis.login(name, "a long password")
        self.assertFalse(again.get(f"{V3}/account/whoami").json["is_guest"])
        self.assertEqual(again.get(f"{V3}/joined_rooms").json["joined_rooms"], [self.room])
        self.assert_refused(register(body), 403, "M_FORBIDDEN")


class NoGuests(harness.Case):
    def test_closed_by_default(self):
        reply = self.parvis.client().post(f"{V3}/register?kind=guest", {})
        self.assert_refused(reply, 403, "M_FORBIDDEN")


class Administration(AccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.parvis.login_admin()

    def flag(self, user, what, value):
        path = f"/_matrix/client/v1/admin/{what}/{quote(user.id)}"
        key = {"lock": "locked", "suspend": "suspended"}[what]
        self.assertEqual(self.assert_ok(self.admin.put(path, {key: value})), {key: value})
        self.assertEqual(self.assert_ok(self.admin.get(path)), {key: value})

    def test_whois(self):
        alice, bob = self.user("alice"), self.user("bob")
        path = f"{V3}/admin/whois/{quote(alice.id)}"
        alice.sync()
        for who in [alice.client, self.admin]:
            def connections():
                answer = self.assert_ok(who.get(path))
                self.assertEqual(answer["user_id"], alice.id)
                return answer["devices"][alice.client.device_id]["sessions"][0]["connections"]
            # It is noted behind the first answers.
            seen = harness.eventually("the device was seen", connections)
            self.assertEqual(seen[0]["ip"], "127.0.0.1")
        self.assert_refused(bob.client.get(path), 403, "M_FORBIDDEN")

    def test_a_locked_account_can_only_sign_out(self):
        alice = self.user("alice")
        name = alice.id[1:].split(":")[0]
        session = self.assert_ok(self.parvis.client().post(f"{V3}/login", {
            "type": "m.login.password", "password": f"{name}'s password", "refresh_token": True,
            "identifier": {"type": "m.id.user", "user": name}}))
        alice.sync()
        refused = []
        waiting = threading.Thread(target=lambda: refused.append(alice.client.get(
            f"{V3}/sync?timeout=30000&since={alice.since}")))
        waiting.start()
        self.flag(alice, "lock", True)
        waiting.join(60)
        for reply in [refused[0], alice.client.get(f"{V3}/account/whoami"),
                      self.parvis.client().post(f"{V3}/refresh", {
                          "refresh_token": session["refresh_token"]}),
                      self.parvis.client().post(f"{V3}/login", {
                          "type": "m.login.password", "password": f"{name}'s password",
                          "identifier": {"type": "m.id.user", "user": name}})]:
            self.assert_refused(reply, 401, "M_USER_LOCKED")
            self.assertTrue(reply.json["soft_logout"])
        self.flag(alice, "lock", False)
        self.assert_ok(alice.client.get(f"{V3}/account/whoami"))
        self.flag(alice, "lock", True)
        self.assert_ok(alice.client.post(f"{V3}/logout"))

    def test_a_suspended_account_can_only_read(self):
        alice, bob = self.user("alice"), self.user("bob")
        room = bob.create_room(preset="public_chat")
        other = bob.create_room(preset="public_chat")
        alice.join(room)
        own, theirs = alice.send(room), bob.send(room)
        self.flag(alice, "suspend", True)
        for method, path, body in [
                ("POST", self.path(other, "join"), {}), ("POST", f"{V3}/knock/{quote(other)}", {}),
                ("PUT", self.path(room, "send/m.room.message/s1"), {"body": "x"}),
                ("PUT", self.path(room, "state/m.room.topic"), {"topic": "x"}),
                ("POST", self.path(room, "invite"), {"user_id": bob.id}),
                ("POST", f"{V3}/createRoom", {}),
                ("PUT", self.path(room, f"redact/{quote(theirs)}/r1"), {}),
                ("PUT", f"{V3}/profile/{quote(alice.id)}/displayname", {"displayname": "x"})]:
            self.assert_refused(alice.client.request(method, path, body), 403, "M_USER_SUSPENDED")
        self.assert_ok(alice.client.put(self.path(room, f"redact/{quote(own)}/r2"), {}))
        self.assertTrue(joined(alice.sync(since=None), room)["timeline"]["events"])
        alice.leave(room)
        self.flag(alice, "suspend", False)
        alice.join(other)

    def test_who_may_lock_whom(self):
        alice = self.user("alice")
        path = "/_matrix/client/v1/admin"
        for what in ["lock", "suspend"]:
            key = {"lock": "locked", "suspend": "suspended"}[what]
            nobody, me = quote("@nobody:localhost"), quote(self.admin.user_id)
            self.assert_refused(alice.client.get(f"{path}/{what}/{nobody}"), 403, "M_FORBIDDEN")
            for user, status, errcode in [(nobody, 404, "M_NOT_FOUND"), (me, 403, "M_FORBIDDEN"),
                                          ("@a:elsewhere", 400, "M_INVALID_PARAM")]:
                self.assert_refused(self.admin.put(f"{path}/{what}/{user}", {key: True}), status,
                                    errcode)
            self.assert_refused(self.admin.put(f"{path}/{what}/{quote(alice.id)}", {key: 1}), 400,
                                "M_BAD_JSON")
        capabilities = self.admin.get(f"{V3}/capabilities").json["capabilities"]
        self.assertEqual(capabilities["m.account_moderation"], {"suspend": True, "lock": True})
        self.assertNotIn("m.account_moderation",
                         alice.client.get(f"{V3}/capabilities").json["capabilities"])


class InvitePermission(AccountCase):
    def allow(self, user, content, kind="m.invite_permission_config"):
        path = f"{V3}/user/{quote(user.id)}/account_data/{kind}"
        self.assert_ok(user.client.put(path, content))

    def test_blocked_invites(self):
        alice, bob = self.user("alice"), self.user("bob")
        before = alice.create_room(invite=[bob.id])
        self.assertIn(before, bob.sync()["rooms"]["invite"])
        for kind in ["m.invite_permission_config",
                     "org.matrix.msc4380.invite_permission_config"]:
            self.allow(bob, {"default_action": "block"}, kind)
            room = alice.create_room()
            member = self.path(room, f"state/m.room.member/{quote(bob.id)}")
            for reply in [alice.client.post(self.path(room, "invite"), {"user_id": bob.id}),
                          alice.client.put(member, {"membership": "invite"}),
                          alice.client.post(f"{V3}/createRoom", {"invite": [bob.id]})]:
                self.assert_refused(reply, 403, "M_INVITE_BLOCKED")
            self.assertNotIn("invite", bob.sync(since=None)["rooms"])
            self.allow(bob, {}, kind)
        alice.room(room, "invite", user_id=bob.id)
        self.assertIn(room, bob.sync()["rooms"]["invite"])


class IgnoredUsers(AccountCase):
    def test_what_ignored_people_send(self):
        alice, bob = self.user("alice"), self.user("bob")
        room = alice.create_room(preset="private_chat", invite=[bob.id])
        bob.join(room)
        bob.sync()
        path = f"{V3}/user/{quote(bob.id)}/account_data/m.ignored_user_list"
        self.assert_ok(bob.client.put(path, {"ignored_users": {alice.id: {}}}))
        bob.sync()
        alice.send(room, "hidden")
        alice.state(room, "m.room.topic", {"topic": "told"})
        invite = alice.create_room(invite=[bob.id])
        told = bob.sync()
        self.assertEqual([e["type"] for e in joined(told, room)["timeline"]["events"]],
                         ["m.room.topic"])
        self.assertNotIn(invite, told["rooms"].get("invite", {}))
        unread = joined(bob.sync(since=None), room)["unread_notifications"]
        self.assertEqual(unread["notification_count"], 0)
        self.assert_ok(bob.client.put(path, {"ignored_users": {}}))
        alice.send(room, "heard")
        told = joined(bob.sync(), room)
        self.assertEqual([e["content"].get("body") for e in told["timeline"]["events"]][-1:],
                         ["heard"])
        self.assertEqual(told["unread_notifications"]["notification_count"], 1)


if __name__ == "__main__":
    unittest.main()
