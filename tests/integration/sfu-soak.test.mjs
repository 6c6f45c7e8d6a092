// SPDX-License-Identifier: Apache-2.0
// People come and go, send and receive for a moment, and leave again: the SFU's memory does not
// grow. SOAK_JOINS says how often (make soak-sfu: as often as in a busy hour); without it, some
// seconds' worth. The sanitizer looks for what was never freed at the end.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

process.env.PARVIS_BUILD ??= "build/asan";
// What was freed must not look like growth.
process.env.ASAN_OPTIONS = [process.env.ASAN_OPTIONS, "quarantine_size_mb=4", "thread_local_quarantine_size_kb=64",
    "malloc_context_size=5"].filter(Boolean).join(":");

const { LiveKitMember, token } = await import("../bench/sfu/livekit.mjs");
const { Swarm } = await import("../bench/sfu/swarm.mjs");
const { Parvis, eventually } = await import("../tools/parvis.mjs");

const JOINS = Number(process.env.SOAK_JOINS ?? 0);
const SHORT_MS = 15000;
const PEOPLE = 3;
const ROOMS = 2;
const TURNS_KEPT = 8; // of an hour's thousand: the first tenth is for caches to fill
const GROWTH = 1.03;
const GROWTH_MB = 4; // for a short run, whose turns are few

async function metric(parvis, name) {
    const text = await (await fetch(`${parvis.meeting}/metrics`)).text();
    return Number(text.match(new RegExp(`^${name} (\\S+)`, "m"))?.[1]);
}

async function room(swarm, url, secret, name, first) {
    const members = await Promise.all(Array.from({ length: PEOPLE }, (_, i) =>
        LiveKitMember.join(swarm, url, token("parvis", secret, name, `${name}-${i}`), first + 2 * i)));
    for (const member of members) await member.connected(PEOPLE - 1);
    return members;
}

test("joins and leaves leave nothing behind", { timeout: 3600000 }, async (t) => {
    const parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    const swarm = await Swarm.start();
    const { pid } = parvis.processes.get("sfu").child;
    const secret = fs.readFileSync(path.join(parvis.dir, "sfu-secret"), "utf8").trim();
    const url = `ws://127.0.0.1:${parvis.ports.signal}`;
    const rss = () => Number(fs.readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]) / 1024;
    const sizes = [];
    const end = Date.now() + SHORT_MS;
    let joins = 0;
    let received = 0;
    while (JOINS ? joins < JOINS : Date.now() < end || sizes.length < TURNS_KEPT) {
        await swarm.ask("play 1");
        const rooms = await Promise.all(Array.from({ length: ROOMS }, (_, i) =>
            room(swarm, url, secret, `soak${joins % 7}-${i}`, 2 * PEOPLE * i)));
        await eventually("media flows", async () => (await swarm.count()).received > 20);
        received += (await swarm.count()).received;
        // Some say that they leave, and some are just gone.
        await Promise.all(rooms.flat().map((member, i) => (i % 3 === 0 ? member.vanish() : member.leave())));
        joins += ROOMS * PEOPLE;
        sizes.push(rss());
    }
    await eventually("all have gone", async () => (await metric(parvis, "parvis_sfu_participants")) === 0, 60000);
    const tenth = Math.ceil(sizes.length / 10);
    const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
    const [early, late] = [mean(sizes.slice(2 * tenth, 5 * tenth)), mean(sizes.slice(-3 * tenth))];
    const said = `${joins} joins, ${received} packets; ${early.toFixed(1)} MB early on, ${late.toFixed(1)} MB at the end`;
    t.diagnostic(said);
    await swarm.stop();
    await parvis.stop();
    assert.ok(late < early * GROWTH || late - early < GROWTH_MB, said);
});
