# SPDX-License-Identifier: Apache-2.0
"""People who talk to a homeserver over kept connections, many at once in one thread."""

import asyncio
import json
import time

import harness

V3 = "/_matrix/client/v3"
AT_ONCE = 16


class Connection:
    """One kept HTTP/1.1 connection."""

    def __init__(self, port, token):
        self.port, self.token = port, token
        self.reader = self.writer = None
        self.turn = asyncio.Lock()

    async def call(self, method, path, body=None):
        async with self.turn:
            return await self._call(method, path, body)

    async def _call(self, method, path, body):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port, limit=2 ** 22)
        text = b"" if body is None else json.dumps(body).encode()
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            + text)
        status = int((await self.reader.readline()).split()[1])
        headers = {}
        while (line := await self.reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip().lower()
        answer = await self._body(headers)
        if headers.get(b"connection") == b"close":
            self.writer.close()
            self.reader = self.writer = None
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]}")
        return answer

    async def _body(self, headers):
        if headers.get(b"transfer-encoding") != b"chunked":
            return await self.reader.readexactly(int(headers.get(b"content-length", 0)))
        parts = []
        while (size := int(await self.reader.readline(), 16)) != 0:
            parts.append(await self.reader.readexactly(size))
            await self.reader.readline()
        await self.reader.readline()
        return b"".join(parts)

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None
        self.turn = asyncio.Lock()  # one belongs to its loop


class User:
    def __init__(self, port, user_id, token):
        self.user_id = user_id
        self.connection = Connection(port, token)
        self.since = None
        self.arrivals = []

    @property
    def token(self):
        return self.connection.token

    async def call(self, method, path, body=None):
        return json.loads(await self.connection.call(method, V3 + path, body))

    async def sync(self, timeout, limit=10):
        query = f"timeout={timeout}&filter=%7B%22room%22:%7B%22timeline%22:%7B%22limit%22:{limit}" \
                f"%7D,%22state%22:%7B%22lazy_load_members%22:true%7D%7D%7D"
        if self.since:
            query += f"&since={self.since}"
        answer = await self.connection.call("GET", f"{V3}/sync?{query}")
        mark = answer.rfind(b'"next_batch":"') + 14
        self.since = answer[mark:answer.index(b'"', mark)].decode()
        return answer

    async def follow(self, marks):
        while True:
            answer = await self.sync(60000)
            now = time.perf_counter()
            for mark in list(marks):
                if mark.encode() in answer:
                    self.arrivals.append((mark, now))


async def in_batches(items, size=AT_ONCE):
    for i in range(0, len(items), size):
        await asyncio.gather(*(item() for item in items[i:i + size]))


async def make_users(server, count, first=0):
    users = [None] * count
    pool = [Connection(server.port, "bench-as") for _ in range(AT_ONCE)]

    async def make(i):
        body = {"type": "m.login.application_service", "username": f"b_{first + i}"}
        answer = json.loads(await pool[i % AT_ONCE].call("POST", f"{V3}/register", body))
        users[i] = User(server.port, answer["user_id"], answer["access_token"])

    await in_batches([lambda i=i: make(i) for i in range(count)])
    for connection in pool:
        connection.close()
    return users


async def make_room(users):
    """Made by the first, joined by all."""
    answer = await users[0].call(
        "POST", "/createRoom", {"preset": "public_chat", "name": "bench"})
    room = answer["room_id"]
    path = f"/join/{harness.quote(room)}"
    await in_batches([lambda u=u: u.call("POST", path, {}) for u in users[1:]])
    return room


async def say(user, room, text):
    path = f"/rooms/{harness.quote(room)}/send/m.room.message/{time.time_ns()}"
    return await user.call("PUT", path, {"msgtype": "m.text", "body": text})


def hang_up(users):
    """Before the loop ends that their connections live in."""
    for user in users:
        user.connection.close()
