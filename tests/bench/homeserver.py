# SPDX-License-Identifier: Apache-2.0
"""The homeserver's figures, each beside what the machine gives without it, measured in one run.

    make bench
    python3 tests/bench/homeserver.py [--workers 4,8,16,32]      other numbers of workers, side by side

Absolute figures belong to the machine; the ratios compare from one machine to the next.
PARVIS_BUILD names another folder of programs than build/release.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from statistics import median

os.environ.setdefault("PARVIS_BUILD", "build/release")
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "integration"))
sys.path.insert(0, os.path.join(TESTS, "bench"))
import harness  # noqa: E402
import parked_syncs as parked  # noqa: E402

SECONDS = 1.5  # of each measurement
ROUNDS = 3  # a disk's speed changes from one second to the next: all is measured side by side
SENDERS = (1, 10, 50)
PARKED = 500  # parked_syncs.py looks at more of them, more closely
DELIVERIES = 200


def server(workers=None):
    settings = ["application_services: [bench.yaml]"]
    if workers:
        settings.append(f"workers: {workers}")
    return harness.Parvis(checked=False, files={"bench.yaml": parked.REGISTRATION},
                          settings=settings).start()


def tool(name, *arguments, text=""):
    done = subprocess.run([os.path.join(harness.BUILD, "bench", name), *map(str, arguments)],
                          input=text, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"{name}: {done.stdout}{done.stderr}")
    return [float(word) for word in done.stdout.split()]


def disk(size, rows):
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as folder:
        return tool("disk", os.path.join(folder, "db"), size, rows, SECONDS)[0]


def load(parvis, senders, seconds=SECONDS):
    """(messages a second, p50 ms, p99 ms, messages)"""
    text = "".join(f"{user.connection.token} {harness.quote(room)}\n" for user, room in senders)
    count, seconds, p50, p99 = tool("load", parvis.port, seconds, text=text)
    return count / seconds, p50, p99, count


async def make_senders(parvis, count):
    """(those who send each in a room of two, the same in one room)"""
    users = await parked.make_users(parvis, 2 * count)
    apart = [(users[2 * i], await parked.make_room(users[2 * i:2 * i + 2])) for i in range(count)]
    room = await parked.make_room(users[::2])
    return apart, [(user, room) for user in users[::2]]


def size_on_disk(parvis):
    """Of the database, all of it in its file. Ends the server."""
    fault = parvis.end()
    if fault:
        raise SystemExit(fault)
    return os.path.getsize(os.path.join(parvis.dir, "data/homeserver/homeserver.db"))


def restart(parvis):
    size = size_on_disk(parvis)
    parvis.launch()
    return size


def bytes_a_message(parvis, senders):
    before = restart(parvis)
    count = load(parvis, senders)[3]
    return (restart(parvis) - before) / count


def sending(parvis):
    apart, together = asyncio.run(make_senders(parvis, max(SENDERS)))
    size = bytes_a_message(parvis, apart[:10])
    print(f"bytes on disk a stored message: {size:.0f}")
    groups = {f"{count} sender" + "s" * (count > 1): apart[:count] for count in SENDERS}
    groups[f"{len(together)} senders in one room"] = together
    bare, found = [], {name: [] for name in groups}
    for _ in range(ROUNDS):
        bare.append((disk(round(size), 1), disk(round(size), 10)))
        for name, senders in groups.items():
            found[name].append(load(parvis, senders))
    print(f"bare SQLite, rows of {size:.0f} bytes: {median(one for one, _ in bare):.0f}/s one a "
          f"commit, {median(ten for _, ten in bare):.0f}/s ten a commit")
    for name, loads in found.items():
        to_one = median(rate / one for (rate, *_), (one, _) in zip(loads, bare))
        to_ten = median(rate / ten for (rate, *_), (_, ten) in zip(loads, bare))
        print(f"{name}: {median(rate for rate, *_ in loads):.0f} durable messages/s, "
              f"{to_one:.2f} of bare SQLite one a commit, {to_ten:.2f} of ten; answered in "
              f"p50 {median(p50 for _, p50, _, _ in loads):.2f} ms, "
              f"p99 {median(p99 for _, _, p99, _ in loads):.2f} ms")


async def deliveries(parvis):
    """From before a message is sent until another user's sync has it."""
    users = await parked.make_users(parvis, 2)
    room = await parked.make_room(users)
    sender, reader = users
    await reader.sync(0)
    marks, took = [], []
    follower = asyncio.create_task(reader.follow(marks))
    for i in range(DELIVERIES):
        mark = f"d{i}-{time.time_ns()}"
        marks[:] = [mark]
        begin = time.perf_counter()
        path = f"{parked.V3}/rooms/{harness.quote(room)}/send/m.room.message/{mark}"
        await sender.connection.call("PUT", path, {"msgtype": "m.text", "body": mark})
        while not any(seen == mark for seen, _ in reader.arrivals):
            await asyncio.sleep(0.0005)
        took.append(next(at for seen, at in reader.arrivals if seen == mark) - begin)
        reader.arrivals.clear()
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    print(f"send to delivery in another's sync: p50 {parked.percentile(took, .5):.2f} ms, "
          f"p99 {parked.percentile(took, .99):.2f} ms")


async def waiting(parvis, count):
    begin = time.perf_counter()
    users = await parked.make_users(parvis, count)
    for i in range(0, count, parked.GROUP):
        await parked.make_room(users[i:i + parked.GROUP])
    await parked.in_batches([lambda u=u: u.sync(0) for u in users])
    set_up = time.perf_counter() - begin
    before = parked.rss(parvis.process.pid)
    tasks = [asyncio.create_task(user.follow([])) for user in users]
    pid = parvis.process.pid
    await asyncio.sleep(2)
    after = parked.rss(pid)
    used = parked.cpu(pid)
    await asyncio.sleep(2)
    used = parked.cpu(pid) - used
    print(f"{count} parked syncs: {after:.0f} MB resident, {(after - before) * 1024 / count:.1f} kB "
          f"each, {used / 2 * 100:.1f} % of a core (set up in {set_up:.0f} s)")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def with_server(measure, workers=None):
    parvis = server(workers)
    try:
        return measure(parvis)
    finally:
        parvis.stop()


def compare(numbers):
    """Rounds go over all numbers of workers, so that a busy moment is not one number's fate."""
    rates = {}
    memory = {}

    def measure(parvis, workers):
        everyone, _ = asyncio.run(make_senders(parvis, max(SENDERS)))
        for count in SENDERS:
            rates.setdefault((workers, count), []).append(load(parvis, everyone[:count]))
        memory.setdefault(workers, []).append(parked.rss(parvis.process.pid))

    for _ in range(ROUNDS):
        for workers in numbers:
            with_server(lambda parvis, w=workers: measure(parvis, w), workers)
    for workers in numbers:
        text = ", ".join(
            f"{count}: {max(r[0] for r in rates[workers, count]):.0f}/s "
            f"(p99 {median(r[2] for r in rates[workers, count]):.1f} ms)"
            for count in SENDERS)
        print(f"{workers:>3} workers: senders {text}; "
              f"{median(memory[workers]):.0f} MB resident")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", help="compare these numbers of workers only")
    wanted = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    if wanted.workers:
        compare([int(number) for number in wanted.workers.split(",")])
        return
    with_server(lambda p: print(f"idle: {parked.rss(p.process.pid):.1f} MB resident"))
    with_server(sending)
    with_server(lambda p: asyncio.run(deliveries(p)))
    with_server(lambda p: asyncio.run(waiting(p, PARKED)))


if __name__ == "__main__":
    main()
