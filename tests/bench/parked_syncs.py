# SPDX-License-Identifier: Apache-2.0
"""Parked syncs: how much memory they hold, and how soon a message reaches them.

    PARVIS_BUILD=build/release python3 tests/bench/parked_syncs.py [users]

Users are ghosts of an application service, signed in with a device each. All are in one room, and
in groups of a hundred in rooms of their own. Each keeps a /sync parked all the time.
"""

import asyncio
import json
import os
import resource
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "integration"))
import harness

V3 = "/_matrix/client/v3"
GROUP = 100
ROUNDS = 20
REGISTRATION = """\
id: bench
url: null
as_token: bench-as
hs_token: bench-hs
sender_localpart: bench
rate_limited: false
namespaces:
  users: [{exclusive: true, regex: "@b_.*"}]
"""


class Connection:
    """One kept HTTP/1.1 connection."""

    def __init__(self, port, token):
        self.port, self.token = port, token
        self.reader = self.writer = None

    async def call(self, method, path, body=None):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        text = b"" if body is None else json.dumps(body).encode()
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            + text)
        status = int((await self.reader.readline()).split()[1])
        length = 0
        while True:
            line = await self.reader.readline()
            if line == b"\r\n":
                break
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answer = await self.reader.readexactly(length)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]}")
        return answer


class User:
    def __init__(self, port, token):
        self.connection = Connection(port, token)
        self.since = None
        self.arrivals = []

    async def sync(self, timeout):
        query = f"timeout={timeout}&filter=%7B%22room%22:%7B%22state%22:%7B" \
                f"%22lazy_load_members%22:true%7D%7D%7D"
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


def rss(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


async def in_batches(items, size=16):
    for i in range(0, len(items), size):
        await asyncio.gather(*(item() for item in items[i:i + size]))


async def make_users(parvis, count):
    users = [None] * count
    pool = [Connection(parvis.port, "bench-as") for _ in range(16)]

    async def make(i):
        body = {"type": "m.login.application_service", "username": f"b_{i}"}
        answer = json.loads(await pool[i % 16].call("POST", f"{V3}/register", body))
        users[i] = User(parvis.port, answer["access_token"])

    await in_batches([lambda i=i: make(i) for i in range(count)])
    return users


async def make_room(users):
    answer = await users[0].connection.call(
        "POST", f"{V3}/createRoom", {"preset": "public_chat", "name": "bench"})
    room = json.loads(answer)["room_id"]
    path = f"{V3}/join/{harness.quote(room)}"
    await in_batches([lambda u=u: u.connection.call("POST", path, {}) for u in users[1:]])
    return room


async def measure(what, room, users, sender, marks, pid):
    """Sends one message at a time and waits until all have it."""
    delays, lasts, sends = [], [], []
    used = cpu(pid)
    for i in range(ROUNDS):
        mark = f"m{i}-{time.time_ns()}"
        for user in users:
            user.arrivals.clear()
        marks[:] = [mark]
        begin = time.perf_counter()
        await sender.call("PUT", f"{V3}/rooms/{harness.quote(room)}/send/m.room.message/{mark}",
                          {"msgtype": "m.text", "body": mark})
        sends.append(time.perf_counter() - begin)
        while any(not user.arrivals for user in users):
            await asyncio.sleep(0.005)
        took = [user.arrivals[0][1] - begin for user in users]
        delays += took
        lasts.append(max(took))
        await asyncio.sleep(0.3)
    print(f"{what}: {len(users)} waiting, send p50 {percentile(sends, .5):.1f} ms, "
          f"wake p50 {percentile(delays, .5):.1f} ms, p99 {percentile(delays, .99):.1f} ms, "
          f"last of all p50 {percentile(lasts, .5):.1f} ms; "
          f"{(cpu(pid) - used) * 1000 / ROUNDS / len(users):.3f} ms of CPU a wake")


async def run(parvis, count):
    begin = time.perf_counter()
    users = await make_users(parvis, count)
    big = await make_room(users)
    small = [await make_room(users[i:i + GROUP]) for i in range(0, count, GROUP)]
    print(f"{count} users, {len(small) + 1} rooms in {time.perf_counter() - begin:.1f} s")
    begin = time.perf_counter()
    await in_batches([lambda u=u: u.sync(0) for u in users])
    print(f"first syncs: {(time.perf_counter() - begin) / count * 1000:.2f} ms each")
    before = rss(parvis.process.pid)
    marks = []
    tasks = [asyncio.create_task(user.follow(marks)) for user in users]
    await asyncio.sleep(3)
    after = rss(parvis.process.pid)
    idle = cpu(parvis.process.pid)
    await asyncio.sleep(3)
    idle = cpu(parvis.process.pid) - idle
    print(f"{count} parked: {after:.0f} MB, {(after - before) * 1024 / count:.1f} kB each; "
          f"{idle / 3 * 100:.1f} % of a core while nothing happens")
    sender = Connection(parvis.port, users[0].connection.token)
    await measure("small room", small[0], users[:GROUP], sender, marks,
                  parvis.process.pid)
    await measure("big room", big, users, sender, marks, parvis.process.pid)
    print(f"at the end: {rss(parvis.process.pid):.0f} MB")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    parvis = harness.Parvis(checked=False, files={"bench.yaml": REGISTRATION},
                            settings=["application_services: [bench.yaml]"]).start()
    try:
        asyncio.run(run(parvis, count))
    finally:
        parvis.stop()


if __name__ == "__main__":
    main()
