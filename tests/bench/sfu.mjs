// SPDX-License-Identifier: Apache-2.0
// The SFU under load: synthetic participants in meetings of six, beside a bare loop that only
// receives, opens, seals and sends, and beside Janus and LiveKit where they are installed.
//
//     make bench-sfu            BENCH_QUICK=1: smaller sizes
//
// All run one after the other with the same streams, on the machine as it is: its load is told.
import fs from "node:fs";
import os from "node:os";

import { Bare, JanusServer, LiveKitServer, ParvisServer, SIX } from "./sfu/servers.mjs";
import { Swarm } from "./sfu/swarm.mjs";

const QUICK = Boolean(process.env.BENCH_QUICK);
const MEETINGS = QUICK ? 4 : 10;
const FULL = 20;
const SECONDS = QUICK ? 4 : 10;
const WARM_MS = 2000;
const STEP = QUICK ? 10 : 5;
const MOST = 60;
const LIMIT_US = 5000;
const TICKS = 100; // a second, of /proc

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function cpu(pid) {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function rss(pid) {
    return Number(fs.readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

async function measure(server, swarm, seconds) {
    await swarm.ask("play 1");
    await sleep(WARM_MS);
    await swarm.ask("play 1");
    const [start, from] = [performance.now(), cpu(server.pid)];
    await sleep(1000 * seconds);
    const used = cpu(server.pid) - from;
    const counts = await swarm.count();
    const elapsed = (performance.now() - start) / 1000;
    await swarm.ask("play 0");
    return { ...counts, used, elapsed, us: (1e6 * used) / counts.received, rate: counts.received / elapsed,
        arrived: counts.received / (counts.sent * (SIX - 1)) };
}

async function run(make, meetings, seconds) {
    const server = await make();
    const swarm = await Swarm.start();
    try {
        const empty = rss(server.pid);
        const members = await server.fill(swarm, Array.from({ length: meetings }, (_, i) => i));
        const result = await measure(server, swarm, seconds);
        const memory = (rss(server.pid) - empty) / meetings;
        const ciphers = [...new Set(members.flatMap((m) => [...m.ciphers]))].join(" and ");
        for (const member of members) await member.leave();
        return { name: server.name, ...result, memory, ciphers };
    } finally {
        await swarm.stop();
        await server.stop();
    }
}

// More and more meetings, until a packet in a hundred is too late or many are lost.
async function capacity(threads) {
    const server = await ParvisServer.start(threads);
    const swarm = await Swarm.start();
    const members = [];
    const steps = [];
    try {
        for (let meetings = STEP; meetings <= MOST; meetings += STEP) {
            members.push(...await server.fill(swarm, Array.from({ length: STEP }, (_, i) => meetings - STEP + i)));
            const { p99, p50, rate, arrived } = await measure(server, swarm, QUICK ? 2 : 4);
            steps.push({ meetings, p50, p99, rate, arrived });
            if (p99 > LIMIT_US || arrived < 0.98) break;
        }
        for (const member of members) await member.leave();
    } finally {
        await swarm.stop();
        await server.stop();
    }
    return steps;
}

const load = () => os.loadavg()[0].toFixed(1);
const ms = (us) => (us / 1000).toFixed(2);

const results = [];
const failures = [];
console.log(`${os.cpus().length} cores, ${os.cpus()[0].model.trim()}; load at start ${load()}`);
for (const make of [() => Bare.start(MEETINGS), () => ParvisServer.start(1), () => ParvisServer.start(2),
    ...(JanusServer.program() ? [() => JanusServer.start()] : []), ...(LiveKitServer.program() ? [() => LiveKitServer.start()] : [])]) {
    try {
        results.push({ ...await run(make, MEETINGS, SECONDS), load: load() });
    } catch (error) {
        failures.push(error.message);
    }
}
const bare = results.find((r) => r.name === "bare loop");
console.log(`\n${MEETINGS} meetings of six, each sending sound and 640x360 pictures, for ${SECONDS} s:\n`);
console.log("| | CPU a packet sent, us | beside the bare loop | packets/s a core | delay p50 / p99, ms | memory a meeting, MB | arrived | cipher | load |");
console.log("|---|---|---|---|---|---|---|---|---|");
for (const r of results)
    console.log(`| ${r.name} | ${r.us.toFixed(2)} | ${(r.us / bare.us).toFixed(2)} | ${Math.round(1e6 / r.us)} | ${ms(r.p50)} / ${ms(r.p99)} | ${
        r === bare ? "" : r.memory.toFixed(2)} | ${(100 * r.arrived).toFixed(1)} % | ${r.ciphers} | ${r.load} |`);
for (const [name, there] of [["Janus", JanusServer.program()], ["LiveKit", LiveKitServer.program()]])
    if (!there) console.log(`${name} is not installed: left out.`);
for (const failure of failures) console.log(`failed: ${failure}`);

const threads = Math.min(os.cpus().length, 2);
console.log(`\nMore and more meetings on ${threads} media threads, until p99 passes ${LIMIT_US / 1000} ms:`);
for (const { meetings, p50, p99, rate, arrived } of await capacity(threads))
    console.log(`  ${meetings} meetings: ${Math.round(rate)} packets/s, p50 ${ms(p50)} ms, p99 ${ms(p99)} ms, ${(100 * arrived).toFixed(1)} % arrived${
        meetings === FULL ? "   <- aim: p99 under 2 ms" : ""}`);
console.log(`load at the end ${load()}`);
process.exit(failures.length ? 1 : 0);
