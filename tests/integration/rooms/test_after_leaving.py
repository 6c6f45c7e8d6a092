# SPDX-License-Identifier: Apache-2.0
"""Who has left a room, was banned or never was in it hears nothing of what is said there: by every
way of asking, the words that were said behind their back are looked for."""

import json
import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), ".."),
                os.path.join(os.path.dirname(__file__), "../sync")]
import harness
from harness import quote
from talk import V3, User

SECRET = "behind-their-back"
V1 = "/_matrix/client/v1"
SLIDING = ("/_matrix/client/unstable/org.matrix.simplified_msc3575/sync", "/_matrix/client/v4/sync")
EXTENSIONS = {"account_data": {"enabled": True, "lists": ["*"], "rooms": ["*"]},
              "receipts": {"enabled": True, "lists": ["*"], "rooms": ["*"]},
              "typing": {"enabled": True, "lists": ["*"], "rooms": ["*"]},
              "e2ee": {"enabled": True}, "to_device": {"enabled": True}}


class AfterLeaving(harness.Case):
    options = {"registration": "open"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("alice", "leaver", "banned", "stranger", "rejecter", "knocker")
        cls.people = {name: User(cls.parvis.register(name)) for name in names}
        alice = cls.alice = cls.people["alice"]
        cls.room = alice.create_room(preset="private_chat", name="before", invite=[
            cls.people[name].id for name in ("leaver", "banned", "rejecter")])
        for name in ("leaver", "banned"):
            cls.people[name].join(cls.room)
        cls.before = alice.send(cls.room, "what all may know")
        cls.positions = {}
        for name, person in cls.people.items():
            person.sync()
            cls.positions[name] = [cls.slide(person, path) for path in SLIDING]
        cls.people["leaver"].leave(cls.room)
        cls.people["rejecter"].leave(cls.room)
        alice.room(cls.room, "ban", user_id=cls.people["banned"].id)
        alice.state(cls.room, "m.room.join_rules", {"join_rule": "knock"})
        cls.people["knocker"].client.post(f"{V3}/knock/{quote(cls.room)}", {})
        alice.state(cls.room, "fr.ville.secret", {"v": SECRET}, SECRET)
        alice.state(cls.room, "m.room.topic", {"topic": SECRET})
        cls.root = alice.send(cls.room, SECRET)
        alice.send(cls.room, SECRET, **{"m.relates_to": {"rel_type": "m.thread", "event_id": cls.root}})
        alice.send(cls.room, SECRET, **{"m.relates_to": {"rel_type": "m.thread", "event_id": cls.before}})
        alice.client.put(f"{V3}/rooms/{quote(cls.room)}/typing/{quote(alice.id)}",
                         {"typing": True, "timeout": 60000})
        alice.client.post(f"{V3}/rooms/{quote(cls.room)}/receipt/m.read/{quote(cls.root)}", {})
        alice.client.put(f"{V3}/rooms/{quote(cls.room)}/redact/{quote(cls.before)}/r", {"reason": SECRET})

    @classmethod
    def slide(cls, person, path, pos=None):
        """The answer's text and the next position."""
        body = {"conn_id": path[-8:].replace("/", ""), "lists": {"all": {
            "ranges": [[0, 99]], "timeline_limit": 50, "required_state": [["*", "*"]]}},
            "room_subscriptions": {cls.room: {"timeline_limit": 50, "required_state": [["*", "*"]]}},
            "extensions": EXTENSIONS}
        if path.endswith("v4/sync"):
            body["lists"]["all"]["range"] = body["lists"]["all"].pop("ranges")[0]
            for shape in (body["lists"]["all"], body["room_subscriptions"][cls.room]):
                shape["required_state"] = {"include": [{}]}
            query = ""
            if pos:
                body["pos"] = pos
        else:
            query = f"?pos={quote(pos)}" if pos else ""
        reply = person.client.post(path + query, body)
        assert reply.status == 200, reply
        return reply.body.decode(), reply.json["pos"]

    def asked(self, name):
        """All that this person can ask, with the answers' texts."""
        person, room = self.people[name], quote(self.room)
        get, post = person.client.get, person.client.post
        root, before = quote(self.root), quote(self.before)
        paths = [
            f"{V3}/sync", f"{V3}/sync?since={person.since}", f"{V3}/sync?full_state=true",
            f"{V3}/sync?since={person.since}&full_state=true&use_state_after=true",
            f"{V3}/sync?since={person.since}&use_state_after=true",
            f"{V3}/sync?filter=" + quote('{"room":{"include_leave":true}}'),
            f"{V3}/sync?full_state=true&use_state_after=true&filter=" + quote('{"room":{"include_leave":true}}'),
            f"{V3}/initialSync?limit=50", f"{V3}/initialSync?limit=50&archived=true",
            f"{V3}/rooms/{room}/initialSync",
            f"{V3}/events?timeout=0", f"{V3}/events?timeout=0&room_id={room}",
            f"{V3}/events?timeout=0&from={person.since}", f"{V3}/events/{root}",
            f"{V3}/rooms/{room}/messages?dir=b&limit=100", f"{V3}/rooms/{room}/messages?dir=f&limit=100",
            f"{V3}/rooms/{room}/messages?dir=f&limit=100&from={person.since}",
            f"{V3}/rooms/{room}/messages?dir=b&limit=100&from=p99999",
            f"{V3}/rooms/{room}/event/{root}", f"{V3}/rooms/{room}/event/{before}",
            f"{V3}/rooms/{room}/context/{root}", f"{V3}/rooms/{room}/context/{before}?limit=100",
            f"{V3}/rooms/{room}/state", f"{V3}/rooms/{room}/state/m.room.topic",
            f"{V3}/rooms/{room}/state/fr.ville.secret/{SECRET}?format=event",
            f"{V3}/rooms/{room}/members", f"{V3}/rooms/{room}/members?at=p99999",
            f"{V3}/rooms/{room}/joined_members", f"{V3}/rooms/{room}/aliases",
            f"{V1}/rooms/{room}/threads", f"{V1}/rooms/{room}/threads?include=participated",
            f"{V1}/rooms/{room}/relations/{root}", f"{V1}/rooms/{room}/relations/{before}?recurse=true",
            f"{V1}/rooms/{room}/timestamp_to_event?ts=0&dir=f",
            f"{V1}/rooms/{room}/timestamp_to_event?ts=99999999999999&dir=b",
            f"{V3}/notifications", f"{V3}/publicRooms"]
        for path in paths:
            yield path, get(path).body.decode()
        yield "publicRooms", post(f"{V3}/publicRooms", {"filter": {"generic_search_term": SECRET}}).body.decode()
        for path, (_, pos) in zip(SLIDING, self.positions[name]):
            text, then = self.slide(person, path, pos)
            yield path, text
            yield path, self.slide(person, path, then)[0]
            yield path, self.slide(person, path)[0]

    def assert_nothing(self, name, also=()):
        for path, text in self.asked(name):
            for word in (SECRET, self.root, *also):
                around = text.find(word)
                self.assertEqual(around, -1, f"{name}: {path}: {text[max(0, around - 600):around + 200]}")

    def test_who_left(self):
        self.assert_nothing("leaver")

    def test_who_was_banned(self):
        self.assert_nothing("banned")

    def test_who_said_no(self):
        self.assert_nothing("rejecter", ["what all may know"])

    def test_who_knocks(self):
        self.assert_nothing("knocker", ["what all may know"])

    def test_who_never_was_there(self):
        self.assert_nothing("stranger", ["what all may know", self.before])

    def test_the_words_are_there_for_a_member(self):
        told = sum(SECRET in text for _, text in self.asked("alice"))
        self.assertGreater(told, 20)

    def test_what_was_taken_back_is_known_to_be(self):
        for version in ("10", "12"):
            room = self.alice.create_room(preset="public_chat", room_version=version)
            guest = self.people["stranger"]
            guest.join(room)
            event = self.alice.send(room, "a mistake")
            guest.leave(room)
            taken = self.assert_ok(self.alice.client.put(
                f"{V3}/rooms/{quote(room)}/redact/{quote(event)}/{version}", {"reason": SECRET}))
            told = self.assert_ok(guest.client.get(f"{V3}/rooms/{quote(room)}/event/{quote(event)}"))
            because = told["unsigned"]["redacted_because"]
            self.assertEqual((told["content"], because["event_id"], because["content"]),
                             ({}, taken["event_id"], {"redacts": event}))

    def test_nothing_is_typed_or_read_there(self):
        for name in ("leaver", "banned", "rejecter", "knocker", "stranger"):
            for path, (_, pos) in zip(SLIDING, self.positions[name]):
                answer = json.loads(self.slide(self.people[name], path, pos)[0])
                for extension in ("typing", "receipts"):
                    rooms = answer.get("extensions", {}).get(extension, {}).get("rooms", {})
                    self.assertNotIn(self.room, rooms, f"{name}: {path}")


if __name__ == "__main__":
    unittest.main()
