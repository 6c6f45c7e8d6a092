// SPDX-License-Identifier: Apache-2.0
// Delayed events as matrix-js-sdk speaks them, and a call membership that ends by itself when its
// device falls silent.
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClientEvent, RoomEvent, createClient } from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { UpdateDelayedEventAction } from "matrix-js-sdk/lib/@types/requests.js";

import { Parvis, eventually } from "../tools/parvis.mjs";

logger.setLevel("error", false);

const HOUR = 3600 * 1000;
const MEMBER = "org.matrix.msc3401.call.member";

let parvis, alice, bob, room;
const clients = [];

async function signIn(name) {
    const session = await parvis.register(name);
    const client = createClient({
        baseUrl: parvis.url,
        accessToken: session.access_token,
        userId: session.user_id,
        deviceId: session.device_id,
    });
    clients.push(client);
    await client.startClient({ lazyLoadMembers: true });
    await new Promise((resolve) => {
        client.on(ClientEvent.Sync, (state) => state === "PREPARED" && resolve());
        if (client.isInitialSyncComplete()) resolve();
    });
    return client;
}

// Resolves with the event when it reaches the client.
function arrival(client, matches) {
    return new Promise((resolve) => {
        client.on(RoomEvent.Timeline, (event) => matches(event) && resolve(event));
    });
}

const withBody = (body) => (event) => event.getContent().body === body;
const message = (body) => ({ msgtype: "m.text", body });
const sendLater = (delay, body) =>
    alice._unstable_sendDelayedEvent(room, { delay }, null, "m.room.message", message(body));

before(async () => {
    parvis = await Parvis.start();
    alice = await signIn("alice");
    bob = await signIn("bob");
    ({ room_id: room } = await alice.createRoom({
        preset: "public_chat",
        power_level_content_override: { events: { [MEMBER]: 0 } },
    }));
    await bob.joinRoom(room);
});

after(async () => {
    for (const client of clients) client.stopClient();
    await parvis.stop();
});

test("a message is scheduled, put off, cancelled or sent", async () => {
    const cancelled = await sendLater(HOUR, "never");
    await alice._unstable_restartScheduledDelayedEvent(cancelled.delay_id);
    await alice._unstable_cancelScheduledDelayedEvent(cancelled.delay_id);
    await assert.rejects(alice._unstable_restartScheduledDelayedEvent(cancelled.delay_id),
        (error) => error.errcode === "M_NOT_FOUND");

    const sent = await sendLater(HOUR, "now");
    const there = arrival(bob, withBody("now"));
    await alice._unstable_sendScheduledDelayedEvent(sent.delay_id);
    assert.equal((await there).getUnsigned()["org.matrix.msc4140.delay_id"], undefined);

    const older = await sendLater(HOUR, "in the older shape");
    const arrived = arrival(bob, withBody("in the older shape"));
    await alice._unstable_updateDelayedEvent(older.delay_id, UpdateDelayedEventAction.Send);
    await arrived;

    const { scheduled, finalised } = await alice._unstable_getDelayedEvents();
    assert.deepEqual(scheduled, []);
    assert.deepEqual(
        new Map(finalised.map((f) => [f.delayed_event.delay_id, f.outcome])),
        new Map([[older.delay_id, "send"], [sent.delay_id, "send"], [cancelled.delay_id, "cancel"]]));
    assert.equal((await alice._unstable_getDelayedEvent(sent.delay_id)).type, "m.room.message");
});

test("a delay past the maximum is refused as the sdk expects", async () => {
    await assert.rejects(sendLater(1000 * HOUR, "too late"), (error) =>
        error.errcode === "M_UNKNOWN" &&
        error.data["org.matrix.msc4140.errcode"] === "M_MAX_DELAY_EXCEEDED" &&
        error.data["org.matrix.msc4140.max_delay"] === 24 * HOUR);
});

test("a call membership ends when its device falls silent, through a kill of the server", async () => {
    const key = `_${alice.getUserId()}_${alice.getDeviceId()}_m.call`;
    const { delay_id } = await alice._unstable_sendDelayedStateEvent(room, { delay: 2000 }, MEMBER, {}, key);
    const joined = arrival(bob, (event) => event.getType() === MEMBER && event.getContent().application);
    await alice.sendStateEvent(room, MEMBER, {
        application: "m.call",
        call_id: "",
        scope: "m.room",
        device_id: alice.getDeviceId(),
        focus_active: { type: "livekit", focus_selection: "oldest_membership" },
        foci_preferred: [],
    }, key);
    await joined;
    const left = arrival(bob, (event) =>
        event.getType() === MEMBER && Object.keys(event.getContent()).length === 0);
    await alice._unstable_restartScheduledDelayedEvent(delay_id);
    await parvis.kill("homeserver");
    await parvis.launch("homeserver");
    assert.equal((await left).getStateKey(), key);
    await assert.rejects(alice._unstable_restartScheduledDelayedEvent(delay_id),
        (error) => error.errcode === "M_NOT_FOUND");
    await eventually("the state is empty", async () =>
        Object.keys(await alice.getStateEvent(room, MEMBER, key)).length === 0);
});
