// SPDX-License-Identifier: Apache-2.0
// matrix-js-sdk without a browser, for the tests that share it.
import "fake-indexeddb/auto";

import { MatrixEventEvent, createClient } from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

import { eventually } from "./parvis.mjs";

logger.setLevel("error", false);
for (const level of ["trace", "debug", "info", "log", "warn"]) console[level] = () => {};

// Resolves with the first value that `pick` accepts, among what is there and what comes.
export function waitFor(emitter, event, now, pick) {
    return new Promise((resolve) => {
        const look = (...args) => {
            const found = pick(...args);
            if (!found) return;
            emitter.off(event, look);
            resolve(found);
        };
        emitter.on(event, look);
        const found = now?.();
        if (found) {
            emitter.off(event, look);
            resolve(found);
        }
    });
}

export class Clients {
    #all = [];

    constructor(parvis) {
        this.parvis = parvis;
    }

    // A client that has not begun to sync. `session` is an answer of login or register.
    make(session, options = {}) {
        let secretKey = options.secretKey;
        let isOffline = false;
        const client = createClient({
            baseUrl: this.parvis.url,
            accessToken: session.access_token,
            userId: session.user_id,
            deviceId: session.device_id,
            timelineSupport: true,
            fetchFn: (...request) => isOffline ? Promise.reject(new TypeError("offline")) : fetch(...request),
            verificationMethods: options.verificationMethods,
            cryptoCallbacks: {
                cacheSecretStorageKey: (keyId, info, key) => (secretKey = [keyId, key]),
                getSecretStorageKey: async () => secretKey,
            },
        });
        client.secretKey = () => secretKey;
        client.session = session;
        client.setOffline = (value) => (isOffline = value);
        this.#all.push(client);
        return client;
    }

    async start(client, { crypto = false, ...sync } = {}) {
        if (crypto) await client.initRustCrypto({ useIndexedDB: false });
        await client.startClient({ lazyLoadMembers: true, threadSupport: true, ...sync });
        await eventually("the first sync", async () => client.isInitialSyncComplete());
        return client;
    }

    async signUp(name, options = {}) {
        return this.start(this.make(await this.parvis.register(name), options), options);
    }

    stop() {
        for (const client of this.#all) client.stopClient();
    }
}

// The room as that client knows it, as soon as it fulfils the condition.
export async function roomWith(client, roomId, condition = () => true) {
    await eventually(`${client.getUserId()} knows the room`, async () => {
        const room = client.getRoom(roomId);
        return room && condition(room);
    });
    return client.getRoom(roomId);
}

export const membership = (room, userId) => room.getMember(userId)?.membership;

// The event as soon as it is in the client's live timeline (threads' replies are not).
export async function eventOf(client, roomId, eventId) {
    const room = await roomWith(client, roomId, (r) => r.findEventById(eventId));
    return room.findEventById(eventId);
}

// The message as soon as that client can read it.
export function decrypted(client, roomId, body) {
    const matches = (event) =>
        event.getRoomId() === roomId && event.getType() === "m.room.message" &&
        event.getContent().body === body && event;
    return waitFor(client, MatrixEventEvent.Decrypted,
        () => client.getRoom(roomId)?.getLiveTimeline().getEvents().find(matches), matches);
}
