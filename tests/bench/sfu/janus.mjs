// SPDX-License-Identifier: Apache-2.0
// Synthetic participants of Janus' videoroom, by its WebSocket API.
import { once } from "node:events";

import WebSocket from "ws";

import { endpoint } from "./swarm.mjs";

const PLUGIN = "janus.plugin.videoroom";

export class JanusMember {
    #waiting = new Map();
    #next = 0;

    static async join(swarm, url, room, number) {
        const member = new JanusMember();
        Object.assign(member, { swarm, room, number, ciphers: new Set() });
        member.socket = new WebSocket(url, "janus-protocol");
        member.socket.on("message", (text) => member.#take(JSON.parse(text)));
        await once(member.socket, "open");
        member.session = (await member.#ask({ janus: "create" })).data.id;
        member.pinger = setInterval(() => member.#ask({ janus: "keepalive", session_id: member.session }), 20000);
        return member;
    }

    #take(message) {
        const done = this.#waiting.get(message.transaction);
        if (!done || (message.janus === "ack" && done.wantsEvent)) return;
        this.#waiting.delete(message.transaction);
        done.resolve(message);
    }

    #ask(body, wantsEvent = false) {
        const transaction = `t${this.#next++}`;
        return new Promise((resolve, reject) => {
            this.#waiting.set(transaction, { resolve, wantsEvent });
            setTimeout(() => reject(new Error(`janus: ${JSON.stringify(body).slice(0, 200)}`)), 30000).unref();
            this.socket.send(JSON.stringify({ ...body, transaction }));
        });
    }

    async #message(handle_id, body, jsep) {
        const reply = await this.#ask({ janus: "message", session_id: this.session, handle_id, body, jsep }, true);
        const error = reply.error?.reason ?? reply.plugindata?.data?.error;
        if (error) throw new Error(`janus: ${error}`);
        return reply;
    }

    async #attach() {
        return (await this.#ask({ janus: "attach", session_id: this.session, plugin: PLUGIN })).data.id;
    }

    async createRoom() {
        const handle = await this.#attach();
        await this.#message(handle, { request: "create", room: this.room, publishers: 6, videocodec: "vp8", audiolevel_event: true });
    }

    async publish() {
        const handle = await this.#attach();
        const joined = await this.#message(handle, { request: "join", ptype: "publisher", room: this.room });
        this.id = joined.plugindata.data.id;
        const sdp = await this.swarm.offer(this.number);
        const { jsep } = await this.#message(handle, { request: "publish" }, { type: "offer", sdp });
        this.ciphers.add(await this.swarm.open(this.number, endpoint(jsep.sdp), true));
    }

    async subscribe(feeds) {
        const handle = await this.#attach();
        const streams = feeds.map((feed) => ({ feed }));
        const { jsep } = await this.#message(handle, { request: "join", ptype: "subscriber", room: this.room, streams });
        await this.#message(handle, { request: "start" }, { type: "answer", sdp: this.swarm.answer(jsep.sdp) });
        this.ciphers.add(await this.swarm.open(this.number + 1, endpoint(jsep.sdp), false));
    }

    leave() {
        clearInterval(this.pinger);
        this.socket.terminate();
    }
}
