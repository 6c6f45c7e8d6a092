// SPDX-License-Identifier: Apache-2.0
// The servers that are measured, each with a way to fill it with meetings of six.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

import WebSocket from "ws";

import { Parvis, eventually } from "../../tools/parvis.mjs";
import { JanusMember } from "./janus.mjs";
import { LiveKitMember, token } from "./livekit.mjs";
import { PROGRAMS } from "./swarm.mjs";

export const SIX = 6;
export const ADDRESS = Object.values(os.networkInterfaces()).flat()
    .find((a) => !a.internal && a.family === "IPv4")?.address ?? "127.0.0.1";

async function freePort() {
    const server = net.createServer().listen(0, ADDRESS);
    await once(server, "listening");
    const { port } = server.address();
    await new Promise((done) => server.close(done));
    return port;
}

function launch(program, args, log) {
    const out = fs.openSync(log, "a");
    const child = spawn(program, args, { stdio: ["pipe", out, out] });
    fs.closeSync(out);
    return child;
}

async function end(child) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function found(program) {
    const which = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
    return which.status === 0 ? which.stdout.trim() : undefined;
}

const peersOf = (meeting) => Array.from({ length: SIX }, (_, i) => 2 * (meeting * SIX + i));

async function fillLiveKit(server, swarm, meetings) {
    const members = [];
    await swarm.ask("play 1"); // LiveKit tells of tracks only once something comes
    for (const meeting of meetings) {
        members.push(...await Promise.all(peersOf(meeting).map((number) =>
            LiveKitMember.join(swarm, server.url, token(server.key, server.secret, `bench${meeting}`, `p${number}`), number, server.protocol))));
        for (const member of members.slice(-SIX)) await member.connected(SIX - 1);
    }
    await swarm.ask("play 0");
    return members;
}

// The loop that does nothing but what must be done. One process for all meetings.
export class Bare {
    name = "bare loop";

    static async start(meetings) {
        const bare = new Bare();
        bare.child = spawn(path.join(PROGRAMS, "bare"), [String(meetings * SIX), String(SIX)], { stdio: ["pipe", "pipe", "inherit"] });
        const { value } = await readline.createInterface({ input: bare.child.stdout })[Symbol.asyncIterator]().next();
        bare.port = value;
        bare.pid = bare.child.pid;
        return bare;
    }

    async fill(swarm, meetings) {
        for (const meeting of meetings)
            for (let i = 0; i < SIX; i++) await swarm.ask(`fixed ${meeting * SIX + i} 127.0.0.1 ${this.port}`);
        return [{ ciphers: new Set(["AES-GCM 128"]), leave() {} }];
    }

    async stop() {
        this.child.stdin.end();
        if (this.child.exitCode === null) await once(this.child, "exit");
    }
}

export class ParvisServer {
    key = "parvis";

    static async start(threads) {
        const server = new ParvisServer();
        server.name = `Parvis, ${threads} media thread${threads > 1 ? "s" : ""}`;
        server.parvis = await Parvis.start({ programs: ["homeserver"], rtcAddress: ADDRESS, sfu: [`media_threads: ${threads}`] });
        await server.parvis.launch("sfu");
        server.pid = server.parvis.processes.get("sfu").child.pid;
        server.url = `ws://127.0.0.1:${server.parvis.ports.signal}`;
        server.secret = fs.readFileSync(path.join(server.parvis.dir, "sfu-secret"), "utf8").trim();
        return server;
    }

    fill(swarm, meetings) {
        return fillLiveKit(this, swarm, meetings);
    }

    stop() {
        return this.parvis.stop();
    }
}

export class LiveKitServer {
    name = "LiveKit";
    protocol = 2;
    key = "benchmark";
    secret = "a-secret-of-at-least-thirty-two-bytes";

    static program = () => process.env.LIVEKIT_SERVER || found("livekit-server");

    static async start() {
        const server = new LiveKitServer();
        server.dir = fs.mkdtempSync(path.join(os.tmpdir(), "bench-livekit-"));
        const [port, udp, tcp] = [await freePort(), await freePort(), await freePort()];
        const config = path.join(server.dir, "livekit.yaml");
        fs.writeFileSync(config, [`port: ${port}`, `bind_addresses: ["${ADDRESS}"]`, "rtc:", `  udp_port: ${udp}`, `  tcp_port: ${tcp}`,
            `  node_ip: ${ADDRESS}`, "  use_external_ip: false", "  use_ice_lite: true", "keys:",
            `  ${server.key}: ${server.secret}`, "logging:", "  level: warn", ""].join("\n"));
        server.child = launch(LiveKitServer.program(), ["--config", config], path.join(server.dir, "log"));
        server.pid = server.child.pid;
        server.url = `ws://${ADDRESS}:${port}`;
        await eventually("LiveKit answers", () => fetch(`http://${ADDRESS}:${port}/`).then((r) => r.ok, () => false));
        return server;
    }

    fill(swarm, meetings) {
        return fillLiveKit(this, swarm, meetings);
    }

    async stop() {
        await end(this.child);
        fs.rmSync(this.dir, { recursive: true, force: true });
    }
}

export class JanusServer {
    name = "Janus";

    static program = () => found("janus");

    static async start() {
        const server = new JanusServer();
        server.dir = fs.mkdtempSync(path.join(os.tmpdir(), "bench-janus-"));
        const port = await freePort();
        const write = (name, text) => fs.writeFileSync(path.join(server.dir, name), text);
        const others = ["audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming", "textroom", "videocall", "voicemail"];
        write("janus.jcfg", `general: { debug_level = 2 }
            nat: { ice_lite = true\n ice_enforce_list = "${ADDRESS}" }
            plugins: { disable = "${others.map((p) => `libjanus_${p}.so`).join(",")}" }
            transports: { disable = "${["http", "pfunix", "rabbitmq", "mqtt", "nanomsg"].map((p) => `libjanus_${p}.so`).join(",")}" }\n`);
        write("janus.transport.websockets.jcfg", `general: { ws = true\n ws_port = ${port}\n ws_ip = "127.0.0.1" }\n`);
        write("janus.plugin.videoroom.jcfg", "general: { }\n");
        server.child = launch(JanusServer.program(), ["-F", server.dir], path.join(server.dir, "log"));
        server.pid = server.child.pid;
        server.url = `ws://127.0.0.1:${port}`;
        await eventually("Janus answers", () => new Promise((resolve) => {
            if (server.child.signalCode) throw new Error(`Janus ended: ${server.child.signalCode}`);
            const socket = new WebSocket(server.url, "janus-protocol");
            socket.on("open", () => socket.close()).on("close", () => resolve(true)).on("error", () => resolve(false));
        }));
        return server;
    }

    async fill(swarm, meetings) {
        const members = [];
        for (const meeting of meetings) {
            const six = await Promise.all(peersOf(meeting).map((number) => JanusMember.join(swarm, this.url, 1000 + meeting, number)));
            await six[0].createRoom();
            for (const member of six) await member.publish();
            for (const member of six) await member.subscribe(six.filter((m) => m !== member).map((m) => m.id));
            members.push(...six);
        }
        return members;
    }

    async stop() {
        await end(this.child);
        fs.rmSync(this.dir, { recursive: true, force: true });
    }
}
