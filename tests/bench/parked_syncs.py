# SPDX-License-Identifier: Apache-2.0
"""Parked syncs: how much memory they hold, and how soon a message reaches them.

    PARVIS_BUILD=build/release python3 tests/bench/parked_syncs.py [users]

Users are ghosts of an application service, signed in with a device each. All are in one room, and
in groups of a hundred in rooms of their own. Each keeps a /sync parked all the time.
"""

import asyncio
import os
import resource
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "integration"))
sys.path.insert(0, os.path.join(TESTS, "bench"))
import harness  # noqa: E402
from rig.people import Connection, V3, in_batches, make_room, make_users  # noqa: E402
from rig.servers import Parvis, cpu, rss  # noqa: E402

GROUP = 100
ROUNDS = 20


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


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
    before = rss(parvis.pid)
    marks = []
    tasks = [asyncio.create_task(user.follow(marks)) for user in users]
    await asyncio.sleep(3)
    after = rss(parvis.pid)
    idle = cpu(parvis.pid)
    await asyncio.sleep(3)
    idle = cpu(parvis.pid) - idle
    print(f"{count} parked: {after:.0f} MB, {(after - before) * 1024 / count:.1f} kB each; "
          f"{idle / 3 * 100:.1f} % of a core while nothing happens")
    sender = Connection(parvis.port, users[0].connection.token)
    await measure("small room", small[0], users[:GROUP], sender, marks,
                  parvis.pid)
    await measure("big room", big, users, sender, marks, parvis.pid)
    print(f"at the end: {rss(parvis.pid):.0f} MB")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main():
    quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200 if quick else 2200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    parvis = Parvis().start()
    try:
        asyncio.run(run(parvis, count))
    finally:
        parvis.stop()


if __name__ == "__main__":
    main()
