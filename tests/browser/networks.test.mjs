// SPDX-License-Identifier: Apache-2.0
// Ways to the SFU other than plain UDP, in real browsers: ICE-TCP, a path that dies in the middle of
// a call, a restart of ICE, and a TURN server (coturn).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import dgram from "node:dgram";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Caller, everybodyIsSeenAndHeard, startSite } from "../tools/livekit-page.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const ADDRESS = Object.values(os.networkInterfaces()).flat().find((a) => !a.internal && a.family === "IPv4")?.address;
const WAYS = [["one peer connection", {}], ["two peer connections", { singlePeerConnection: false }]];

let parvis, site, browser, turn;
const accounts = {};

async function startTurn(dir) {
    const listener = net.createServer().listen(0, ADDRESS);
    await once(listener, "listening");
    const { port } = listener.address();
    listener.close();
    await once(listener, "close");
    const child = spawn("turnserver", ["-n", "--listening-ip", ADDRESS, "--relay-ip", ADDRESS,
        "--listening-port", String(port), "--use-auth-secret", "--static-auth-secret", "shared", "--realm", "test",
        "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log",
        "--pidfile", path.join(dir, "turn.pid"), "--userdb", path.join(dir, "turn.db")],
        { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.resume();
    await eventually("coturn listens", () => new Promise((resolve) => {
        const socket = net.connect(port, ADDRESS, () => resolve(true)).on("error", () => resolve(false));
        socket.on("connect", () => socket.end());
    }));
    return { port, async stop() { child.kill(); await once(child, "exit"); } };
}

// Passes datagrams between that address and the SFU, at the port of the same number.
async function startRelay(address) {
    const front = dgram.createSocket("udp4");
    const backs = new Map();
    front.on("message", (packet, from) => {
        const client = `${from.address}:${from.port}`;
        if (!backs.has(client)) {
            const back = dgram.createSocket("udp4");
            back.on("message", (answer) => front.send(answer, from.port, from.address));
            backs.set(client, back);
        }
        backs.get(client).send(packet, parvis.ports.rtcUdp, ADDRESS);
    });
    front.bind(parvis.ports.rtcUdp, address);
    await once(front, "listening");
    let isOpen = true;
    return {
        stop() {
            if (isOpen) for (const socket of [front, ...backs.values()]) socket.close();
            isOpen = false;
        },
    };
}

async function configure(rtcAddress, sfu = []) {
    await parvis.end("sfu");
    parvis.configure([], "", rtcAddress, sfu, [
        "turn:", `  uris: ["turn:${ADDRESS}:${turn.port}?transport=udp"]`, "  secret: shared"]);
    await parvis.launch("sfu");
}

before(async () => {
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"], rtcAddress: ADDRESS });
    turn = await startTurn(parvis.dir);
    site = await startSite();
    for (const name of ["anna", "ben"]) accounts[name] = await parvis.register(name);
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
});

after(async () => {
    await browser?.close();
    await turn?.stop();
    site?.close();
    await parvis?.stop();
});

async function join(name, room, options, connect) {
    const { url, jwt } = await parvis.callToken(accounts[name], room);
    return Caller.join(await browser.newPage(), site, url, jwt, options, connect);
}

async function part(callers) {
    for (const caller of callers) await caller.page.close();
}

for (const [name, options] of WAYS) {
    test(`where UDP is blocked, all goes over TCP: ${name}`, async () => {
        await configure(ADDRESS, ["rtc_tcp_only: true"]);
        const room = `!tcp${name.length}:localhost`;
        const callers = [await join("anna", room, options), await join("ben", room, options)];
        await everybodyIsSeenAndHeard(callers);
        for (const caller of callers)
            for (const way of await caller.paths())
                assert.deepEqual([way.protocol, way.remote], ["tcp", `${ADDRESS}:${parvis.ports.rtcTcp}`]);
        await callers[0].say("kept", { reliable: true });
        await eventually("data", async () => (await callers[1].heard()).some((d) => d.text === "kept"));
        await part(callers);
    });
}

for (const [name, options] of WAYS) {
    test(`ICE starts anew in the middle of a call: ${name}`, async () => {
        if (options === WAYS[0][1]) await configure(ADDRESS);
        const room = `!restart${name.length}:localhost`;
        const callers = [await join("anna", room, options), await join("ben", room, options)];
        await everybodyIsSeenAndHeard(callers);
        const ufrags = () => callers[0].page.evaluate(() => {
            const { publisher, subscriber } = room.engine.pcManager;
            return [publisher, subscriber].filter(Boolean).map((t) => /a=ice-ufrag:(.*)/.exec(t._pc.remoteDescription.sdp)[1]);
        });
        const before = await ufrags();
        await callers[0].page.evaluate(() => new Promise((resolve) => {
            room.once("reconnected", resolve);
            room.simulateScenario("signal-reconnect");
        }));
        await eventually("new credentials", async () => (await ufrags()).every((u, i) => u !== before[i]));
        await everybodyIsSeenAndHeard(callers);
        await part(callers);
    });
}

test("the path dies in the middle of a call, and another takes its place", async () => {
    await parvis.end("sfu");
    parvis.configure([], "", ADDRESS, [], []);
    const relays = new Map();
    for (const address of ["127.0.0.1", "127.0.0.2"]) relays.set(address, await startRelay(address));
    parvis.advertise([...relays.keys()]);
    await parvis.launch("sfu");
    const callers = [await join("anna", "!moves:localhost"), await join("ben", "!moves:localhost")];
    await everybodyIsSeenAndHeard(callers);
    const used = async () => (await callers[0].paths())[0].remote?.split(":")[0];
    const first = await used();
    relays.get(first).stop();
    await eventually("another path", async () => relays.has(await used()) && (await used()) !== first);
    await everybodyIsSeenAndHeard(callers);
    await part(callers);
    for (const relay of relays.values()) relay.stop();
});

for (const [name, options] of WAYS) {
    test(`by way of a TURN server: ${name}`, async () => {
        if (options === WAYS[0][1]) await configure(ADDRESS);
        const room = `!turn${name.length}:localhost`;
        const relayed = { rtcConfig: { iceTransportPolicy: "relay" } };
        const callers = [await join("anna", room, options, relayed), await join("ben", room, options)];
        await everybodyIsSeenAndHeard(callers);
        for (const way of await callers[0].paths()) assert.equal(way.local, "relay");
        await part(callers);
    });
}
