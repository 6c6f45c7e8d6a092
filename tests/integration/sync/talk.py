# SPDX-License-Identifier: Apache-2.0
"""What sync's tests say to a server, in short."""

import itertools
import json
import threading
import urllib.parse

import harness

V3 = "/_matrix/client/v3"
TXN = itertools.count()


class User:
    """A client that syncs, and remembers its token."""

    def __init__(self, client, **query):
        self.client = client
        self.id = client.user_id
        self.since = None
        self.query = query

    def sync(self, timeout=0, since=True, **query):
        query = {**self.query, "timeout": timeout, **query}
        if since is True:
            since = self.since
        if since:
            query["since"] = since
        if isinstance(query.get("filter"), dict):
            query["filter"] = json.dumps(query["filter"])
        reply = self.client.get(f"{V3}/sync?{urllib.parse.urlencode(query)}")
        assert reply.status == 200, reply
        self.since = reply.json["next_batch"]
        return reply.json

    def sync_later(self, **query):
        """A sync in a thread of its own; .result() waits for it."""
        return Later(lambda: self.sync(**query))

    def create_room(self, **body):
        reply = self.client.post(f"{V3}/createRoom", body)
        assert reply.status == 200, reply
        return reply.json["room_id"]

    def room(self, room, action, **body):
        reply = self.client.post(f"{V3}/rooms/{harness.quote(room)}/{action}", body)
        assert reply.status == 200, reply
        return reply.json

    def join(self, room):
        return self.room(room, "join")

    def leave(self, room):
        return self.room(room, "leave")

    def send(self, room, text="hello", type="m.room.message", **content):
        path = f"{V3}/rooms/{harness.quote(room)}/send/{type}/t{next(TXN)}"
        reply = self.client.put(path, {"msgtype": "m.text", "body": text, **content})
        assert reply.status == 200, reply
        return reply.json["event_id"]

    def state(self, room, type, content, key=""):
        path = f"{V3}/rooms/{harness.quote(room)}/state/{type}/{harness.quote(key)}"
        reply = self.client.put(path, content)
        assert reply.status == 200, reply
        return reply.json["event_id"]


class Later:
    def __init__(self, call):
        self._call = call
        self._value = None
        self._error = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self._value = self._call()
        except BaseException as error:
            self._error = error

    def result(self, timeout=60):
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise AssertionError("no answer in time")
        if self._error:
            raise self._error
        return self._value

    def is_waiting(self):
        return self._thread.is_alive()


def joined(sync, room):
    return sync.get("rooms", {}).get("join", {}).get(room)


def bodies(room):
    return [e["content"].get("body") for e in room["timeline"]["events"]]


def types(events):
    return sorted(e["type"] for e in events)


def members(events):
    return sorted(e["state_key"] for e in events if e["type"] == "m.room.member")
