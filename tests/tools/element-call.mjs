// SPDX-License-Identifier: Apache-2.0
// Element Call as the widget of a small client of our own, in a page of Playwright.
//
//     const site = await startCallSite();
//     const anna = await Call.join(context, site, account, roomId);
//     await anna.plays(2);
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { ROOT, eventually } from "./parvis.mjs";

const TOOLS = path.join(ROOT, "tests/tools");
const MODULES = path.join(ROOT, "tests/node_modules");
const CALL = path.join(MODULES, "@element-hq/element-call-embedded/dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml" };

function fileOf(target) {
    const { pathname } = new URL(target, "http://site");
    if (pathname === "/") return path.join(TOOLS, "call-host.html");
    if (pathname === "/call-host.js") return path.join(TOOLS, "call-host.js");
    if (pathname === "/matrix-widget-api.js") return path.join(MODULES, "matrix-widget-api/dist/api.min.js");
    return path.join(CALL, path.normalize(pathname.replace(/^\/call\//, "/")));
}

// `config`: of Element Call, over what it brings itself.
export async function startCallSite(config = {}) {
    const server = http.createServer((request, reply) => {
        if (request.url.startsWith("/call/config.json")) {
            reply.writeHead(200, { "Content-Type": "application/json" });
            reply.end(JSON.stringify(config));
            return;
        }
        fs.readFile(fileOf(request.url), (error, bytes) => {
            reply.writeHead(error ? 404 : 200, { "Content-Type": TYPES[path.extname(fileOf(request.url))] ?? "application/octet-stream" });
            reply.end(error ? "" : bytes);
        });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        close() {
            server.close();
            server.closeAllConnections();
        },
    };
}

// Before any script of the page: what the browser's peer connections are, to ask them for their stats.
function watchPeers() {
    globalThis.peers = [];
    const Original = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Original {
        constructor(...args) {
            super(...args);
            globalThis.peers.push(this);
        }
    };
}

export class Call {
    static async join(context, site, account, url, roomId, more = {}) {
        const call = new Call();
        call.page = await context.newPage();
        call.log = [];
        call.page.on("console", (message) => call.log.push(message.text()));
        call.page.on("pageerror", (error) => call.log.push(`ERROR ${error.message}`));
        await call.page.addInitScript(watchPeers);
        await call.page.goto(site.url);
        await call.page.waitForFunction(() => globalThis.join);
        await call.page.evaluate(([account, roomId, more]) => globalThis.join(account, roomId, more), [{ ...account, url }, roomId, more]);
        return call;
    }

    get frame() {
        return this.page.frames().find((f) => f.url().includes("/call/"));
    }

    // To look for what it shows.
    get widget() {
        return this.page.frameLocator("iframe");
    }

    // What the host has seen of the widget.
    seen() {
        return this.page.evaluate(() => globalThis.seen);
    }

    async joined() {
        await eventually("the widget has joined", async () => (await this.seen()).joined, 30000).catch((error) => {
            throw new Error(`${error.message}\n${this.log.slice(-60).join("\n")}`);
        });
    }

    // Sums over what it receives; `playing`: pictures on the page that move.
    async media() {
        return this.frame.evaluate(async () => {
            const sums = { videos: 0, frames: 0, audios: 0, energy: 0, playing: 0 };
            for (const peer of globalThis.peers) {
                for (const s of (await peer.getStats()).values()) {
                    if (s.type !== "inbound-rtp") continue;
                    if (s.kind === "video" && s.framesDecoded > 0) sums.videos++;
                    if (s.kind === "audio" && s.totalSamplesReceived > 0) sums.audios++;
                    sums.frames += s.framesDecoded ?? 0;
                    sums.energy += s.totalAudioEnergy ?? 0;
                }
            }
            sums.playing = [...document.querySelectorAll("video")].filter((v) => !v.paused && v.videoWidth > 0).length;
            return sums;
        });
    }

    // Pictures and sound of so many others come in and are decoded, more and more of them.
    async plays(others) {
        let now = { frames: 0, energy: 0 };
        await eventually(`media of ${others} others`, async () => {
            const before = now;
            now = await this.media();
            return now.videos >= others && now.audios >= others && now.playing > others && now.frames > before.frames && now.energy > before.energy;
        }, 40000).catch((error) => {
            throw new Error(`${error.message}: ${JSON.stringify(now)}\n${this.log.slice(-40).join("\n")}`);
        });
        return now;
    }

    async hangUp() {
        await this.page.evaluate(() => globalThis.hangUp());
    }
}
