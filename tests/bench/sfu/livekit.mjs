// SPDX-License-Identifier: Apache-2.0
// A synthetic participant of a server that speaks LiveKit's signalling, with two peer connections.
import crypto from "node:crypto";
import { once } from "node:events";

import { SignalRequest, SignalResponse } from "@livekit/protocol";
import WebSocket from "ws";

import { endpoint } from "./swarm.mjs";

const PUBLISHER = 0;
const SUBSCRIBER = 1;

export function token(key, secret, room, identity) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: key, sub: identity, name: identity, exp: Math.floor(Date.now() / 1000) + 3600,
        nbf: 0, video: { room, roomJoin: true } };
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${signed}.${crypto.createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export class LiveKitMember {
    #trickled = [[], []];
    #descriptions = [];
    #opened = [false, false];
    #connected = [false, false];
    #changes = [];

    // `number`: the first of two of the swarm's peers. Since protocol 3 LiveKit waits for data channels,
    // which the swarm has not.
    static async join(swarm, url, jwt, number, protocol = 15) {
        const member = new LiveKitMember();
        Object.assign(member, { swarm, number, ciphers: new Set(), tracks: 0 });
        const query = new URLSearchParams({ access_token: jwt, auto_subscribe: "1", sdk: "js", protocol: String(protocol), version: "2.9.0" });
        member.socket = new WebSocket(`${url}/rtc?${query}`);
        member.failed = new Promise((_, reject) => member.socket.on("error", reject));
        member.failed.catch(() => {});
        const work = { last: Promise.resolve() };
        member.socket.on("message", (bytes) => {
            const { message } = SignalResponse.fromBinary(bytes);
            work.last = work.last.then(() => member.#take(message)).catch((error) => (member.error = error));
        });
        await Promise.race([once(member.socket, "open"), member.failed]);
        member.pinger = setInterval(() => member.#send("pingReq", { timestamp: BigInt(Date.now()) }), 5000);
        return member;
    }

    #send(kind, value) {
        if (this.socket.readyState === WebSocket.OPEN)
            this.socket.send(new SignalRequest({ message: { case: kind, value } }).toBinary());
    }

    async #take({ case: kind, value }) {
        if (kind === "join") {
            const { number } = this;
            this.#send("addTrack", { cid: `audio${number}`, name: "microphone", type: 0, source: 2 });
            this.#send("addTrack", { cid: `video${number}`, name: "camera", type: 1, source: 1, width: 640, height: 360 });
        } else if (kind === "trackPublished" && ++this.tracks === 2) {
            this.#send("offer", { type: "offer", sdp: await this.swarm.offer(this.number) });
        } else if (kind === "offer") {
            this.#descriptions[SUBSCRIBER] = value.sdp;
            this.#send("answer", { type: "answer", sdp: this.swarm.answer(value.sdp), id: value.id });
            await this.#connect(SUBSCRIBER);
        } else if (kind === "answer") {
            this.#descriptions[PUBLISHER] = value.sdp;
            await this.#connect(PUBLISHER);
        } else if (kind === "trickle") {
            const { candidate } = JSON.parse(value.candidateInit);
            if (candidate) this.#trickled[value.target].push(candidate);
            await this.#connect(value.target);
        }
        this.#changes.splice(0).forEach((done) => done());
    }

    async #connect(which) {
        const where = this.#descriptions[which] && endpoint(this.#descriptions[which], this.#trickled[which]);
        if (!where || this.#opened[which]) return;
        this.#opened[which] = true;
        this.ciphers.add(await this.swarm.open(this.number + which, where, which === PUBLISHER));
        this.#connected[which] = true;
    }

    // Sends, and is offered all that so many others send.
    async connected(others, timeout = 30000) {
        const offered = () => (this.#descriptions[SUBSCRIBER]?.match(/^a=msid:/gm) ?? []).length;
        const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`participant ${this.number} is not connected: ${this.#connected}, ${offered()} offered`)), timeout).unref());
        late.catch(() => {});
        while (!this.#connected[PUBLISHER] || (others > 0 && !this.#connected[SUBSCRIBER]) || offered() < 2 * others) {
            if (this.error) throw this.error;
            await Promise.race([new Promise((done) => this.#changes.push(done)), late, this.failed]);
        }
    }

    async #close() {
        clearInterval(this.pinger);
        for (const which of [PUBLISHER, SUBSCRIBER])
            if (this.#opened[which]) await this.swarm.ask(`close ${this.number + which}`);
        const closed = this.socket.readyState === WebSocket.CLOSED || once(this.socket, "close");
        this.socket.close();
        await closed;
    }

    leave() {
        this.#send("leave", { reason: 1, action: 0 });
        return this.#close();
    }

    // Without a word.
    async vanish() {
        this.socket.terminate();
        await this.#close();
    }
}
