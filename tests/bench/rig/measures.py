# SPDX-License-Identifier: Apache-2.0
"""One class a measure: it makes what it needs, and gives figures of the server before it.

Figures are {name: number}; what a server does not have is left out.
"""

import asyncio

import os
import subprocess
import time
from statistics import median

import harness
from rig import servers
from rig.people import hang_up, in_batches, make_room, make_users, say

SYNC = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
PAGE = {"lists": {"rooms": {"ranges": [[0, 19]], "timeline_limit": 1, "required_state": [
    ["m.room.name", ""], ["m.room.avatar", ""], ["m.room.encryption", ""],
    ["m.room.member", "$LAZY"]]}},
    "extensions": {"to_device": {"enabled": True}, "e2ee": {"enabled": True}}}


def tool(name, *arguments, text=""):
    done = subprocess.run([os.path.join(harness.BUILD, "bench", name), *map(str, arguments)],
                          input=text, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"{name}: {done.stdout}{done.stderr}")
    return [float(word) for word in done.stdout.split()]


def lines(people):
    return "".join(f"{user.token} {harness.quote(room) if room != '-' else room}\n"
                   for user, room in people)


async def timed(call):
    begin = time.perf_counter()
    answer = await call()
    return (time.perf_counter() - begin) * 1000, answer


class Fixture:
    """The people and rooms of all measures of one server, made once."""

    def __init__(self, server, sizes):
        self.server, self.sizes = server, sizes
        self.seconds = 0

    async def make(self):
        begin = time.perf_counter()
        size = self.sizes
        users = self.users = await make_users(self.server, size["members"] + 10)
        self.pairs = [(users[2 * i], await make_room(users[2 * i:2 * i + 2]))
                      for i in range(size["senders"])]
        self.one_room = await make_room(users[:size["senders"] + 1])
        await self._make_rooms_of_accounts()
        await self._make_crowds()
        hang_up(users)
        self.seconds = time.perf_counter() - begin

    async def _make_rooms_of_accounts(self):
        """Two accounts, one in half of the rooms, one in all."""
        reader, half, *owners = self.users[20:28]
        count = self.sizes["rooms"]

        async def make(i):
            people = [owners[i % len(owners)], reader] + ([half] if i < count // 2 else [])
            room = await make_room(people)
            await say(people[0], room, f"room {i}")

        await in_batches([lambda i=i: make(i) for i in range(count)], 4)
        self.accounts = [(count // 2, half), (count, reader)]

    async def _make_crowds(self):
        self.crowds = []
        for count in (self.sizes["members"] // 4, self.sizes["members"]):
            self.crowds.append((count, await make_room(self.users[:count])))
        self.newcomers = self.users[-5:]


def sending(fixture):
    """Durable messages a second, and what each costs the processor."""
    figures, server = {}, fixture.server
    groups = [("one sender", fixture.pairs[:1]), (f"{len(fixture.pairs)} senders", fixture.pairs)]
    for name, people in groups:
        rates, costs = [], []
        for _ in range(fixture.sizes["rounds"]):
            used = servers.cpu(server.pid)
            count, seconds, *_ = tool("load", server.port, fixture.sizes["seconds"],
                                      text=lines(people))
            rates.append(count / seconds)
            costs.append((servers.cpu(server.pid) - used) * 1000 / count)
        figures[f"messages/s, {name}"] = median(rates)
        figures[f"ms of processor a message, {name}"] = min(costs)
    return figures


def crowd_sending(fixture):
    figures, server = {}, fixture.server
    for count, room in fixture.crowds:
        used = servers.cpu(server.pid)
        sent, *_ = tool("load", server.port, fixture.sizes["seconds"],
                        text=lines([(fixture.users[0], room)]))
        servers.settle(server)
        cost = (servers.cpu(server.pid) - used) * 1000 / sent
        figures[f"ms of processor a message among {count}"] = cost
    return figures


def disk(fixture):
    before, count = servers.database_bytes(fixture.server), 0
    end = time.monotonic() + 10 * fixture.sizes["seconds"]
    while count < fixture.sizes["stored"] and time.monotonic() < end:
        count += tool("load", fixture.server.port, fixture.sizes["seconds"],
                      text=lines(fixture.pairs))[0]
    servers.settle(fixture.server)
    return {"bytes on disk a message": (servers.database_bytes(fixture.server) - before) / count}


def delivery(fixture, rates):
    figures = {}
    reader, *senders = fixture.users[:fixture.sizes["senders"] + 1]
    people = [(reader, "-")] + [(user, fixture.one_room) for user in senders]
    for rate in rates:
        got, sent, p50, p99 = tool("deliver", fixture.server.port, rate,
                                   fixture.sizes["deliver seconds"], text=lines(people))
        figures[f"ms to another's sync, {rate}/s, p50"] = p50
        figures[f"ms to another's sync, {rate}/s, p99"] = p99
        if got < sent:
            figures[f"messages that did not arrive, {rate}/s"] = sent - got
    return figures


async def _first_syncs(fixture):
    figures = {}
    for count, user in fixture.accounts:
        took = []
        for i in range(3):
            user.since = None  # another limit each time: an answer kept from before is none
            took.append((await timed(lambda i=i: user.sync(0, 10 + i)))[0])
        figures[f"ms for a first sync, {count} rooms"] = min(took)
    for count, user in fixture.accounts:
        took = []
        for i in range(3):
            body = {**PAGE, "conn_id": f"bench-{i}"}
            try:
                took.append((await timed(lambda b=body: user.connection.call(
                    "POST", f"{SYNC}?timeout=0", b)))[0])
            except RuntimeError as why:
                if " 404 " not in str(why):
                    raise
        if took:
            figures[f"ms for a sliding first page, {count} rooms"] = min(took)
    hang_up([user for _, user in fixture.accounts])
    return figures


def first_syncs(fixture):
    return asyncio.run(_first_syncs(fixture))


async def _joins(fixture):
    figures = {}
    for count, room in fixture.crowds:
        took = []
        for user in fixture.newcomers:
            ms, _ = await timed(lambda u=user: u.call("POST", f"/join/{harness.quote(room)}", {}))
            took.append(ms)
        figures[f"ms to join a room of {count}"] = median(took)
    hang_up(fixture.newcomers)
    return figures


def joins(fixture):
    return asyncio.run(_joins(fixture))


async def _agents(fixture, count):
    users = fixture.users[:count]
    for user in users:
        user.since = None
    await in_batches([lambda u=u: u.sync(0) for u in users])
    tasks = [asyncio.create_task(user.follow([])) for user in users]
    await asyncio.sleep(3)
    resident = servers.rss(fixture.server.pid)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    hang_up(users)
    return resident


def agents(fixture):
    servers.restart(fixture.server)
    figures = {}
    for count in (fixture.sizes["agents"] // 4, fixture.sizes["agents"]):
        resident = asyncio.run(_agents(fixture, count))
        figures[f"MB resident, {count} agents long-polling"] = resident
    return figures


async def _town(server, accounts, rooms):
    users = await make_users(server, accounts)
    share = accounts // rooms
    for i in range(rooms):
        await make_room(users[i * share:(i + 1) * share])
    hang_up(users)
    return users[::share]


async def _visit(users):
    await in_batches([lambda u=u: u.sync(0) for u in users])
    hang_up(users)


def town(kind, accounts, rooms):
    """Resident with a whole town loaded; the server is its own."""
    server = kind().start()
    try:
        idle, own = servers.rss(server.pid), servers.own(server.pid)
        visitors = asyncio.run(_town(server, accounts, rooms))
        asyncio.run(_visit(visitors))
        size = f"{accounts} accounts and {rooms} rooms"
        return {"MB resident, idle": idle, "MB of its own, idle": own,
                f"MB resident, {size}": servers.rss_at_rest(server),
                f"MB resident at most, {size}": servers.rss(server.pid, "VmHWM")}
    finally:
        server.stop()


