// SPDX-License-Identifier: Apache-2.0
// A person with a Matrix client, as far as a test needs one: syncs, joins, reads, writes.
import { eventually } from "./parvis.mjs";

let transactions = 0;

export class Agent {
    static async register(parvis, name) {
        const agent = new Agent();
        const account = await parvis.register(name);
        agent.parvis = parvis;
        agent.id = account.user_id;
        agent.token = account.access_token;
        return agent;
    }

    api(method, target, body) {
        return this.parvis.api(method, target, { token: this.token, body });
    }

    async invites() {
        const { rooms = {} } = await this.api("GET", "/_matrix/client/v3/sync?timeout=0");
        return Object.entries(rooms.invite ?? {}).map(([id, room]) => {
            const state = room.invite_state.events;
            const find = (type) => state.find((event) => event.type === type)?.content ?? {};
            return { id, name: find("m.room.name").name, type: find("m.room.create").type };
        });
    }

    // Waits for an invitation to a room of that name, and joins it.
    async joinInvited(name) {
        const room = await eventually(`invitation of ${this.id} to ${name}`,
            async () => (await this.invites()).find((invited) => invited.name === name));
        await this.api("POST", `/_matrix/client/v3/rooms/${encodeURIComponent(room.id)}/join`, {});
        return room.id;
    }

    async state(room, type, key = "") {
        return this.api("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/${type}/${encodeURIComponent(key)}`);
    }

    // Oldest first.
    async events(room) {
        const { chunk } = await this.api("GET",
            `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=100`);
        return chunk.reverse();
    }

    async messages(room) {
        return (await this.events(room)).filter((event) => event.type === "m.room.message");
    }

    async message(room, what, condition) {
        return eventually(what, async () => (await this.messages(room)).find(condition));
    }

    async send(room, content, type = "m.room.message") {
        const { event_id } = await this.api("PUT",
            `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/${type}/t${++transactions}`, content);
        return event_id;
    }

    reply(room, to, body, more = {}) {
        return this.send(room,
            { msgtype: "m.text", body, "m.relates_to": { "m.in_reply_to": { event_id: to } }, ...more });
    }
}
