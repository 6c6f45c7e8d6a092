// SPDX-License-Identifier: Apache-2.0
// A bad network in front of a UDP port: tests/tools/relay.c, which says what can be named.
//
//     const relay = await Relay.start("127.0.0.1", port, address, port);
//     await relay.set({ up: { loss: 5, delay: 50 }, down: { loss: 5, delay: 50 } });
//     await relay.set({ down: { rate: 300 } });     // and nothing else any more
//     await relay.stop();
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";

import { ROOT } from "./parvis.mjs";

const PROGRAM = path.resolve(ROOT, process.env.PARVIS_BUILD ?? "build/asan", "tools/relay");

export class Relay {
    #child;
    #lines;
    #ended = false;

    static async start(listenIp, listenPort, targetIp, targetPort, seed = 1) {
        const relay = new Relay();
        relay.#child = spawn(PROGRAM, [listenIp, listenPort, targetIp, targetPort, seed].map(String),
            { stdio: ["pipe", "pipe", "inherit"] });
        relay.#lines = readline.createInterface({ input: relay.#child.stdout })[Symbol.asyncIterator]();
        const { value } = await relay.#lines.next();
        if (value !== "ready") throw new Error(`relay ${listenIp}:${listenPort}: ${value ?? "ended at start"}`);
        return relay;
    }

    async #ask(line) {
        this.#child.stdin.write(`${line}\n`);
        const { value } = await this.#lines.next();
        if (value === undefined || value === "error") throw new Error(`relay: ${line}: ${value ?? "ended"}`);
        return value;
    }

    // A way that is not named becomes clean.
    async set({ up = {}, down = {} } = {}) {
        for (const [way, shape] of Object.entries({ up, down }))
            await this.#ask([way, ...Object.entries(shape).map(([name, value]) => `${name}=${value}`)].join(" "));
    }

    // {up: {in, out, lost, full}, down: ...} in packets
    async stats() {
        const words = (await this.#ask("stats")).split(" ");
        const counts = (at) => {
            const [packets, out, lost, full] = words.slice(at + 1, at + 5).map(Number);
            return { in: packets, out, lost, full };
        };
        return { up: counts(0), down: counts(5) };
    }

    async stop() {
        if (this.#ended) return;
        this.#ended = true;
        this.#child.stdin.end();
        if (this.#child.exitCode === null) await once(this.#child, "exit");
    }
}
