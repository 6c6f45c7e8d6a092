# SPDX-License-Identifier: Apache-2.0
"""The homeserver's figures beside Synapse's (SQLite), measured in one run on one machine.

    make bench                      BENCH_QUICK=1 make bench: smaller sizes, about a minute
    python3 tests/bench/homeserver.py [measure ...]

Both are measured at sizes that Synapse is filled to in minutes; ours then also at those of a real
town, so that two sizes show how a figure grows. BENCH_WHOLE=1 has Synapse at those as well, which
takes an hour.

Absolute figures belong to the machine and the hour; the ratios compare. Both keep their default
durability; ours syncs the disk before it answers. Synapse is taken from build/synapse (make
bench-synapse), or the Python that PARVIS_BENCH_SYNAPSE names. PARVIS_BUILD names another folder
of programs than build/release.
"""

import asyncio
import os
import resource
import shutil
import sys
import tempfile
import time
from statistics import median

os.environ.setdefault("PARVIS_BUILD", "build/release")
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "integration"), os.path.join(TESTS, "bench")]
from rig import measures, servers  # noqa: E402

QUICK, EVERYTHING = (os.environ.get(name, "") not in ("", "0")
                     for name in ("BENCH_QUICK", "BENCH_WHOLE"))
WHOLE = {"senders": 10, "rooms": 500, "members": 2000, "agents": 2200, "seconds": 3, "rounds": 3,
         "deliver seconds": 8, "stored": 1000}
BESIDE = {**WHOLE, "rooms": 100, "members": 400, "agents": 400}
SMALL = {**WHOLE, "rooms": 20, "members": 100, "agents": 100, "seconds": 1, "rounds": 1,
         "deliver seconds": 3, "stored": 200}
SIZES = SMALL if QUICK else WHOLE if EVERYTHING else BESIDE
GROWING = ("crowd_sending", "first_syncs", "joins", "agents")
RATE = 200
TOWN = (1500, 80) if QUICK else (15000, 800)
TENTH = (TOWN[0] // 10, TOWN[1] // 10)  # of a town, for the server that a whole one would keep
AIMS = (("messages/s, one", 20), ("messages/s, 10", 30), ("ms to another's sync", 5), ("MB", 10),
        ("bytes on disk", 3))
FAMILY = ("conduwuit", "continuwuity", "tuwunel", "conduit", "matrix-conduit")


def bare_disk(figures):
    """What the disk gives SQLite alone, of as many bytes a message."""
    size = round(figures["bytes on disk a message"])
    for rows, name in ((1, "one sender"), (10, "10 senders")):
        with tempfile.TemporaryDirectory(prefix="parvis-bench-") as folder:
            rates = [measures.tool("disk", os.path.join(folder, "db"), size, rows, 1)[0]
                     for _ in range(3)]
        rate = figures[f"messages/s, {name}"]
        print(f"bare SQLite, rows of {size} bytes, {rows} a commit: {median(rates):.0f}/s; "
              f"Parvis with {name}: {rate / median(rates):.2f} of that")


def sustainable(figures):
    """A rate that a server keeps up with: the aimed one, or half of what it can."""
    able = figures.get(f"messages/s, {SIZES['senders']} senders", 0)
    return min(RATE, max(1, round(able / 2)))


def rates_of(everyone):
    """Each server at its own rate; ours also at the others', to be compared."""
    rates = {name: [sustainable(figures)] for name, figures in everyone.items()}
    for name, own in list(rates.items()):
        if name != servers.Parvis.name and own[0] not in rates[servers.Parvis.name]:
            rates[servers.Parvis.name].append(own[0])
    return rates


def note(text):
    print(f"# {time.strftime('%H:%M:%S')} {text}", flush=True)


def make_fixtures(kinds, sizes):
    fixtures = {}
    for kind in kinds:
        server = kind().start()
        fixture = fixtures[kind.name] = measures.Fixture(server, sizes)
        try:
            asyncio.run(fixture.make())
        except BaseException:
            stop_all(fixtures)
            raise
        server.make_ordinary()
        note(f"{kind.name}: people and rooms made in {fixture.seconds:.0f} s")
    return fixtures


def stop_all(fixtures):
    for fixture in fixtures.values():
        fixture.server.stop()


def measure(fixtures, wanted, everyone):
    """The servers take turns at each measure, so that a busy hour is not one server's fate."""
    simple = ("sending", "crowd_sending", "disk", "first_syncs", "joins", "agents")
    for step in ("sending", "delivery", *simple[1:]):
        if wanted and step not in wanted and step != "sending":
            continue
        for name, fixture in fixtures.items():
            servers.settle(fixture.server)
            if step == "delivery":
                found = measures.delivery(fixture, rates_of(everyone)[name])
            else:
                found = getattr(measures, step)(fixture)
            everyone[name].update(found)
        note(step)


def whole(wanted, everyone):
    """Ours at the sizes of a real town."""
    fixtures = make_fixtures([servers.Parvis], WHOLE)
    try:
        for step in GROWING:
            if not wanted or step in wanted:
                found = getattr(measures, step)(fixtures[servers.Parvis.name])
                everyone[servers.Parvis.name].update(found)
                note(f"{step}, whole")
    finally:
        stop_all(fixtures)


def towns(kinds, everyone):
    for kind in kinds:
        sizes = [TENTH, TOWN] if kind is servers.Parvis or EVERYTHING else [TENTH]
        for accounts, rooms in sizes:
            everyone[kind.name].update(measures.town(kind, accounts, rooms))
            note(f"{kind.name}: {accounts} accounts")


def ratio(name, ours, theirs):
    """How many times better ours is."""
    if not ours or not theirs:
        return ""
    value = ours / theirs if name.startswith("messages/s") else theirs / ours
    aim = next((aim for start, aim in AIMS if name.startswith(start)), None)
    return f"{value:8.1f} x" + (f"  (aim {aim})" if aim else "")


def table(everyone):
    ours, others = everyone["Parvis"], [name for name in everyone if name != "Parvis"]
    names = list(dict.fromkeys(name for figures in everyone.values() for name in figures))
    print(f"\n{'':48}{'Parvis':>10}" + "".join(f"{name:>10}  ratio" for name in others))
    for name in names:
        row = f"{name:48}{ours[name]:10.2f}" if name in ours else f"{name:48}{'':>10}"
        for other in others:
            theirs = everyone[other].get(name)
            row += f"{theirs:10.2f}" if theirs is not None else f"{'-':>10}"
            row += "  " + ratio(name, ours.get(name), theirs)
        print(row.rstrip())
    print()


def absent():
    version = servers.Synapse.version()
    print("Synapse " + (version or "is not installed (make bench-synapse installs it): "
                        "Parvis is measured alone"))
    if not any(map(shutil.which, FAMILY)):
        print("no server of the Conduit family is installed: none is measured")
    return version is None


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    wanted = sys.argv[1:]
    kinds = [servers.Parvis] if absent() else [servers.Parvis, servers.Synapse]
    fixtures = make_fixtures(kinds, SIZES)
    everyone = {name: {} for name in fixtures}
    try:
        try:
            measure(fixtures, wanted, everyone)
        finally:
            stop_all(fixtures)
        if SIZES is BESIDE:
            whole(wanted, everyone)
        if not wanted or "towns" in wanted:
            towns(kinds, everyone)
    finally:  # what was found until something failed is worth reading
        table(everyone)
    if "bytes on disk a message" in everyone["Parvis"]:
        bare_disk(everyone["Parvis"])


if __name__ == "__main__":
    main()
