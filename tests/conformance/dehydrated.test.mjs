// SPDX-License-Identifier: Apache-2.0
// With matrix-js-sdk: somebody signs out everywhere and leaves a dehydrated device behind; what is
// written to them meanwhile can be read after the next sign-in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";

import { Clients } from "../tools/js-sdk.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

let parvis, clients;

const signIn = (session, secretKey) =>
    clients.start(clients.make(session, { secretKey }), { crypto: true });

function bodyOf(client, room, body) {
    return client.getRoom(room)?.getLiveTimeline().getEvents()
        .find((event) => event.getContent().body === body);
}

before(async () => {
    parvis = await Parvis.start();
    clients = new Clients(parvis);
});

after(async () => {
    clients?.stop();
    await parvis?.stop();
});

test("a dehydrated device takes in what is written while nobody is signed in", async (t) => {
    const session = await parvis.register("alice");
    const alice = await signIn(session);
    const bob = await signIn(await parvis.register("bob"));
    let room;

    await t.test("the device is put to sleep", async () => {
        const crypto = alice.getCrypto();
        await crypto.bootstrapCrossSigning({
            authUploadDeviceSigningKeys: (makeRequest) =>
                makeRequest({
                    type: "m.login.password",
                    identifier: { type: "m.id.user", user: "alice" },
                    password: session.password,
                }),
        });
        await crypto.bootstrapSecretStorage({
            createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(),
        });
        assert.ok(await crypto.isDehydrationSupported());
        await crypto.startDehydration({ createNewKey: true });
    });

    await t.test("it is written to", async () => {
        const { room_id } = await bob.createRoom({
            preset: "private_chat",
            invite: [alice.getUserId()],
            initial_state: [
                { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
            ],
        });
        room = room_id;
        await alice.joinRoom(room);
        await eventually("bob sees alice",
            async () => bob.getRoom(room)?.getMember(alice.getUserId())?.membership === "join");
        alice.stopClient();
        await alice.logout(true);
        await eventually("only the sleeping device is left", async () => {
            const devices = await bob.getCrypto().getUserDeviceInfo([alice.getUserId()], true);
            return [...devices.get(alice.getUserId()).values()].every((device) => device.dehydrated);
        });
        await bob.sendTextMessage(room, "Bonjour, où que tu sois");
    });

    await t.test("at the next sign-in it is read", async () => {
        const again = await signIn(await parvis.login("alice"), alice.secretKey());
        assert.ok(await again.getCrypto().userHasCrossSigningKeys(undefined, true));
        await again.getCrypto().bootstrapCrossSigning({}); // from secret storage
        const done = new Promise((resolve) => again.once(CryptoEvent.RehydrationCompleted, resolve));
        await again.getCrypto().startDehydration();
        await done;
        await eventually("the message is decrypted",
            async () => bodyOf(again, room, "Bonjour, où que tu sois"));
    });
});
