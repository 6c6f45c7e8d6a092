# SPDX-License-Identifier: Apache-2.0
"""Push rules, pushers, and unread counts."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
RULES = V3 + "/pushrules/"
GLOBAL = RULES + "global/"


def rule(kind, rule_id, tail=""):
    return f"{GLOBAL}{kind}/{quote(rule_id)}{tail}"


class Rules(harness.Case):
    def names(self, client, kind):
        return [r["rule_id"] for r in self.assert_ok(client.get(GLOBAL))[kind]]

    def test_default_rules(self):
        user = self.parvis.register("defaults")
        rules = self.assert_ok(user.get(RULES))["global"]
        self.assertEqual(self.assert_ok(user.get(GLOBAL)), rules)
        data = f"{V3}/user/{quote(user.user_id)}/account_data/m.push_rules"
        self.assertEqual(self.assert_ok(user.get(data)), {"global": rules})
        self.assertEqual(self.names(user, "override"), [
            ".m.rule.master", ".m.rule.suppress_notices", ".m.rule.invite_for_me",
            ".m.rule.member_event", ".m.rule.is_user_mention", ".m.rule.is_room_mention",
            ".m.rule.tombstone", ".m.rule.reaction", ".m.rule.room.server_acl",
            ".m.rule.suppress_edits"])
        self.assertEqual(self.names(user, "underride"), [
            ".m.rule.call", ".m.rule.encrypted_room_one_to_one", ".m.rule.room_one_to_one",
            ".m.rule.message", ".m.rule.encrypted"])
        self.assertFalse(rules["override"][0]["enabled"])
        invite = self.assert_ok(user.get(rule("override", ".m.rule.invite_for_me")))
        self.assertEqual(invite["conditions"][2]["pattern"], user.user_id)
        mention = self.assert_ok(user.get(rule("override", ".m.rule.is_user_mention")))
        self.assertEqual(mention["conditions"], [{
            "kind": "event_property_contains", "key": "content.m\\.mentions.user_ids",
            "value": user.user_id}])

    def test_own_rules_and_their_order(self):
        user = self.parvis.register("orders")
        for name, place in [("a", ""), ("b", ""), ("c", "?after=b"), ("d", "?before=a"),
                            ("b", "?after=a"), ("c", "")]:
            body = {"actions": ["notify"], "conditions": []}
            self.assert_ok(user.put(rule("override", name) + place, body))
        self.assertEqual(self.names(user, "override")[:6],
                         [".m.rule.master", "c", "d", "a", "b", ".m.rule.suppress_notices"])
        self.assert_ok(user.delete(rule("override", "a")))
        self.assertEqual(self.names(user, "override")[1:4], ["c", "d", "b"])
        self.assert_refused(user.get(rule("override", "a")), 404, "M_NOT_FOUND")
        self.assert_refused(user.delete(rule("override", "a")), 404, "M_NOT_FOUND")

    def test_enabled_and_actions(self):
        user = self.parvis.register("switches")
        master = rule("override", ".m.rule.master")
        self.assert_ok(user.put(master + "/enabled", {"enabled": True}))
        self.assertEqual(self.assert_ok(user.get(master + "/enabled")), {"enabled": True})
        message = rule("underride", ".m.rule.message")
        tweak = {"set_tweak": "sound", "value": "default"}
        self.assert_ok(user.put(message + "/actions",
                                {"actions": ["notify", "dont_notify", tweak]}))
        self.assertEqual(self.assert_ok(user.get(message + "/actions")),
                         {"actions": ["notify", tweak]})
        body = {"actions": ["notify"], "pattern": "gâteau"}
        self.assert_ok(user.put(rule("content", "cake"), body))
        self.assertEqual(self.assert_ok(user.get(rule("content", "cake"))), {
            **body, "rule_id": "cake", "enabled": True, "default": False})
        self.assert_ok(user.put(rule("content", "cake", "/enabled"), {"enabled": False}))
        self.assert_ok(user.put(rule("content", "cake"), {**body, "pattern": "tarte"}))
        self.assertFalse(self.assert_ok(user.get(rule("content", "cake")))["enabled"])

    def test_refusals(self):
        user = self.parvis.register("refusals")
        good = {"actions": ["notify"]}
        for path, body, errcode in [
                (rule("override", ".mine"), good, "M_INVALID_PARAM"),
                (rule("override", "a/b"), good, "M_INVALID_PARAM"),
                (rule("override", "a\\b"), good, "M_INVALID_PARAM"),
                (rule("nokind", "a"), good, "M_INVALID_PARAM"),
                (rule("override", "a") + "?before=zzz", good, "M_UNKNOWN"),
                (rule("override", "a") + "?after=.m.rule.master", good, "M_UNKNOWN"),
                (rule("override", "a"), {}, "M_MISSING_PARAM"),
                (rule("override", "a"), {"actions": [3]}, "M_INVALID_PARAM"),
                (rule("override", "a"), {**good, "conditions": [{}]}, "M_INVALID_PARAM"),
                (rule("content", "a"), good, "M_INVALID_PARAM")]:
            self.assert_refused(user.put(path, body), 400, errcode)
        self.assert_refused(user.put(rule("override", "none", "/enabled"), {"enabled": True}),
                            404, "M_NOT_FOUND")
        self.assert_refused(user.delete(rule("override", ".m.rule.master")),
                            400, "M_INVALID_PARAM")


class Pushers(harness.Case):
    pusher = {
        "pushkey": "key", "kind": "http", "app_id": "example.app", "app_display_name": "App",
        "device_display_name": "Phone", "lang": "fr",
        "data": {"url": "https://push.example/_matrix/push/v1/notify", "format": "event_id_only"},
    }

    def pushers(self, client):
        return self.assert_ok(client.get(V3 + "/pushers"))["pushers"]

    def put(self, client, **more):
        return client.post(V3 + "/pushers/set", {**self.pusher, **more})

    def test_set_change_delete(self):
        user, other = self.parvis.register("owner"), self.parvis.register("other")
        self.assertEqual(self.pushers(user), [])
        self.assert_ok(self.put(user))
        self.assertEqual(self.pushers(user), [self.pusher])
        self.assert_ok(self.put(user, lang="en", profile_tag="x"))
        self.assertEqual(self.pushers(user), [{**self.pusher, "lang": "en", "profile_tag": "x"}])
        self.assert_ok(self.put(other, append=True))
        self.assertEqual(len(self.pushers(user)), 1)
        self.assert_ok(self.put(other))
        self.assertEqual(self.pushers(user), [])
        gone = {"app_id": "example.app", "pushkey": "key", "kind": None}
        self.assert_ok(other.post(V3 + "/pushers/set", gone))
        self.assertEqual(self.pushers(other), [])

    def test_refusals(self):
        user = self.parvis.register("refused")
        path = V3 + "/pushers/set"
        without = {k: v for k, v in self.pusher.items() if k != "lang"}
        self.assert_refused(user.post(path, without), 400, "M_MISSING_PARAM")
        self.assert_refused(user.post(path, {"app_id": "a", "pushkey": "b"}),
                            400, "M_MISSING_PARAM")
        self.assert_refused(self.put(user, data={}), 400, "M_MISSING_PARAM")
        for url in ["http://push.example/_matrix/push/v1/notify", "https://push.example/x", 3]:
            self.assert_refused(self.put(user, data={"url": url}), 400, "M_INVALID_PARAM")
        self.assert_refused(self.put(user, pushkey="x" * 513), 400, "M_INVALID_PARAM")

    def test_goes_with_its_device(self):
        user = self.parvis.register("mobile")
        self.assert_ok(self.put(user))
        self.assert_ok(user.post(V3 + "/logout"))
        self.assertEqual(self.pushers(self.parvis.login("mobile")), [])


class Unread(harness.Case):
    def room(self, owner, *members, **more):
        body = {"preset": "private_chat", "invite": [m.user_id for m in members], **more}
        room = self.assert_ok(owner.post(V3 + "/createRoom", body))["room_id"]
        for member in members:
            self.assert_ok(member.post(f"{V3}/join/{quote(room)}"))
        return room

    def send(self, client, room, body, **more):
        self.sent = getattr(self, "sent", 0) + 1
        content = {"msgtype": "m.text", "body": body, **more}
        path = f"{V3}/rooms/{quote(room)}/send/m.room.message/{self._testMethodName}{self.sent}"
        return self.assert_ok(client.put(path, content))["event_id"]

    def counts(self, client, room, threads=False):
        """Of a first sync, with the threads' when they are asked for."""
        chosen = '{"room":{"timeline":{"unread_thread_notifications":%s}}}' % (
            "true" if threads else "false")
        joined = self.assert_ok(client.get(f"{V3}/sync?filter={quote(chosen)}"))["rooms"]["join"]
        unread = joined[room]["unread_notifications"]
        main = (unread["notification_count"], unread["highlight_count"])
        if not threads:
            return main
        return main, {root: (c["notification_count"], c["highlight_count"]) for root, c in
                      joined[room].get("unread_thread_notifications", {}).items()}

    def read(self, client, room, event, kind="m.read", thread=None):
        body = {} if thread is None else {"thread_id": thread}
        path = f"{V3}/rooms/{quote(room)}/receipt/{kind}/{quote(event)}"
        self.assert_ok(client.post(path, body))

    def test_messages_mentions_and_receipts(self):
        camille, robin = self.parvis.register("camille"), self.parvis.register("robin")
        room = self.room(camille, robin)
        self.send(robin, room, "qui ?", **{"m.mentions": {"room": True}})
        self.assertEqual(self.counts(robin, room), (0, 0))
        self.assertEqual(self.counts(camille, room), (1, 0))
        first = self.send(camille, room, "bonjour")
        self.send(camille, room, "ça va ?", **{"m.mentions": {"user_ids": [robin.user_id]}})
        self.send(camille, room, "annonce", msgtype="m.notice")
        last = self.send(camille, room, "à tous", **{"m.mentions": {"room": True}})
        self.assertEqual(self.counts(robin, room), (3, 2))
        self.assertEqual(self.counts(camille, room), (0, 0))
        self.read(robin, room, first)
        self.assertEqual(self.counts(robin, room), (2, 2))
        self.read(robin, room, last, "m.read.private")
        self.assertEqual(self.counts(robin, room), (0, 0))

    def test_threads(self):
        camille, robin = self.parvis.register("threads"), self.parvis.register("threader")
        room = self.room(camille, robin)
        root = self.send(camille, room, "sujet")
        relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
        answer = self.send(camille, room, "réponse", **relation)
        self.send(camille, room, "autre chose")
        self.assertEqual(self.counts(robin, room), (3, 0))
        self.assertEqual(self.counts(robin, room, True), ((2, 0), {root: (1, 0)}))
        self.read(robin, room, answer, thread=root)
        self.assertEqual(self.counts(robin, room, True), ((2, 0), {}))
        self.read(robin, room, root, thread="main")
        self.assertEqual(self.counts(robin, room, True), ((1, 0), {}))

    def test_own_rules_count(self):
        camille, robin = self.parvis.register("sender"), self.parvis.register("ruler")
        room = self.room(camille, robin)
        self.send(camille, room, "un")
        self.assert_ok(robin.put(rule("content", "mot"), {
            "pattern": "crêpe*", "actions": ["notify", {"set_tweak": "highlight"}]}))
        self.send(camille, room, "des CRÊPES, vite")
        self.assertEqual(self.counts(robin, room), (2, 1))
        self.assert_ok(robin.put(rule("room", room), {"actions": []}))
        self.send(camille, room, "muet")
        self.send(camille, room, "crêperie")
        self.assertEqual(self.counts(robin, room), (3, 2))
        self.assert_ok(robin.put(rule("override", ".m.rule.master", "/enabled"),
                                 {"enabled": True}))
        self.send(camille, room, "crêperie")
        self.assertEqual(self.counts(robin, room), (3, 2))

    def test_list_of_notifications(self):
        camille, robin = self.parvis.register("lister"), self.parvis.register("listed")
        room = self.room(camille, robin)
        sent = [self.send(camille, room, f"n{n}") for n in range(3)]
        sent.append(self.send(camille, room, "toi", **{
            "m.mentions": {"user_ids": [robin.user_id]}}))
        self.read(robin, room, sent[1])
        path = V3 + "/notifications"
        page = self.assert_ok(robin.get(path + "?limit=3"))
        self.assertEqual([(n["event"]["event_id"], n["read"]) for n in page["notifications"]],
                         [(sent[3], False), (sent[2], False), (sent[1], True)])
        self.assertEqual(page["notifications"][0]["room_id"], room)
        rest = self.assert_ok(robin.get(f"{path}?from={page['next_token']}"))
        self.assertEqual([n["event"]["event_id"] for n in rest["notifications"]], [sent[0]])
        self.assertNotIn("next_token", rest)
        loud = self.assert_ok(robin.get(path + "?only=highlight"))["notifications"]
        self.assertEqual([n["event"]["event_id"] for n in loud], [sent[3]])
        self.assertEqual(self.assert_ok(camille.get(path)), {"notifications": []})
        self.assert_refused(robin.get(path + "?from=x"), 400, "M_INVALID_PARAM")

    def test_leaving_forgets(self):
        camille, robin = self.parvis.register("stays"), self.parvis.register("leaves")
        room = self.room(camille, robin)
        self.send(camille, room, "un")
        self.assert_ok(robin.post(f"{V3}/rooms/{quote(room)}/leave"))
        self.send(camille, room, "deux")
        self.assert_ok(camille.post(f"{V3}/rooms/{quote(room)}/invite",
                                    {"user_id": robin.user_id}))
        self.assert_ok(robin.post(f"{V3}/join/{quote(room)}"))
        self.assertEqual(self.counts(robin, room), (0, 0))
        self.send(camille, room, "trois")
        self.assertEqual(self.counts(robin, room), (1, 0))

    def test_sync_tells_of_changed_rules(self):
        user = self.parvis.register("tells")
        first = self.assert_ok(user.get(V3 + "/sync"))
        rules = [e for e in first["account_data"]["events"] if e["type"] == "m.push_rules"]
        self.assertIn("global", rules[0]["content"])
        since = first["next_batch"]
        self.assert_ok(user.put(rule("sender", "@x:localhost"), {"actions": []}))
        changed = self.assert_ok(user.get(f"{V3}/sync?since={since}"))["account_data"]["events"]
        self.assertEqual([e["type"] for e in changed], ["m.push_rules"])
        self.assertEqual(changed[0]["content"]["global"]["sender"][0]["rule_id"], "@x:localhost")

    def test_a_receipt_elsewhere_is_told(self):
        camille, robin = self.parvis.register("writes"), self.parvis.register("reads")
        room = self.room(camille, robin)
        event = self.send(camille, room, "un")
        since = self.assert_ok(robin.get(V3 + "/sync"))["next_batch"]
        self.read(self.parvis.login("reads"), room, event, "m.read.private")
        joined = self.assert_ok(robin.get(f"{V3}/sync?since={since}"))["rooms"]["join"]
        self.assertEqual(joined[room]["unread_notifications"]["notification_count"], 0)


if __name__ == "__main__":
    unittest.main()
