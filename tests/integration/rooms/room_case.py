# SPDX-License-Identifier: Apache-2.0
"""Three users and short words for what they do in rooms."""

import itertools
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
from harness import quote  # noqa: E402

V3 = "/_matrix/client/v3"
counter = itertools.count()


class RoomCase(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.parvis.register("alice")
        cls.bob = cls.parvis.register("bob")
        cls.eve = cls.parvis.register("eve")

    def create(self, who=None, **body):
        return self.assert_ok((who or self.alice).post(f"{V3}/createRoom", body))["room_id"]

    def public_room(self, *members, **body):
        room = self.create(preset="public_chat", **body)
        for member in members:
            self.assert_ok(member.post(f"{V3}/join/{quote(room)}"))
        return room

    def send(self, who, room, content, kind="m.room.message", txn=None):
        path = f"{V3}/rooms/{quote(room)}/send/{kind}/{quote(txn or f't{next(counter)}')}"
        return self.assert_ok(who.put(path, content))["event_id"]

    def set_state(self, who, room, kind, content, key=""):
        path = f"{V3}/rooms/{quote(room)}/state/{kind}/{quote(key)}"
        return self.assert_ok(who.put(path, content))["event_id"]

    def state(self, who, room, kind, key=""):
        return who.get(f"{V3}/rooms/{quote(room)}/state/{kind}/{quote(key)}")

    def messages(self, who, room, **query):
        parameters = "&".join(f"{k}={quote(str(v))}" for k, v in query.items())
        return who.get(f"{V3}/rooms/{quote(room)}/messages?{parameters}")
