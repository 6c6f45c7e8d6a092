# SPDX-License-Identifier: Apache-2.0
"""A client of sliding sync, in both forms of the request."""

import itertools
import urllib.parse

import harness
from talk import Later, User

UNSTABLE = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
V4 = "/_matrix/client/v4/sync"
NAMES = itertools.count()
ALL = {"ranges": [[0, 99]], "timeline_limit": 10, "required_state": []}


def listing(**more):
    return {"lists": {"all": {**ALL, **more}}}


class Slider(User):
    """`pos` is that of the last answer; `body` is sent each time."""

    v4 = False

    def __init__(self, client, **body):
        super().__init__(client)
        self.pos = None
        self.body = body

    def ask(self, timeout=0, pos=True, **body):
        """The bare reply. pos: True for the one at hand, None for none."""
        body = {**self.body, **body}
        if pos is True:
            pos = self.pos
        if self.v4:
            if pos is not None:
                body["pos"] = pos
            return self.client.post(V4, {**body, "timeout": timeout})
        query = {"timeout": timeout}
        if pos is not None:
            query["pos"] = pos
        return self.client.post(f"{UNSTABLE}?{urllib.parse.urlencode(query)}", body)

    def slide(self, **options):
        reply = self.ask(**options)
        assert reply.status == 200, reply
        self.pos = reply.json["pos"]
        return reply.json

    def slide_later(self, **options):
        return Later(lambda: self.slide(timeout=30000, **options))

    def account_data(self, type, content, room=None):
        where = f"/rooms/{urllib.parse.quote(room, safe='')}" if room else ""
        user = urllib.parse.quote(self.id, safe="")
        reply = self.client.put(
            f"/_matrix/client/v3/user/{user}{where}/account_data/{type}", content)
        assert reply.status == 200, reply


class Slider4(Slider):
    v4 = True


def rooms(answer):
    return set(answer["rooms"])


def texts(room):
    return [e["content"].get("body") for e in room["timeline"] if e["type"] == "m.room.message"]


def state(room):
    """(type, state key) of what is required."""
    return sorted((e["type"], e["state_key"]) for e in room.get("required_state", []))


class SlidingCase(harness.Case):
    options = {"registration": "open"}

    def user(self, kind=Slider, **body):
        return kind(self.parvis.register(f"s{next(NAMES)}"), **(body or listing()))

    def again(self, user, **more):
        """Another device of the same user."""
        return Slider(self.parvis.login(user.id[1:].split(":")[0], **more), **user.body)

    def room_of(self, *users, **body):
        room = users[0].create_room(preset="private_chat", invite=[u.id for u in users[1:]], **body)
        for user in users[1:]:
            user.join(room)
        return room
