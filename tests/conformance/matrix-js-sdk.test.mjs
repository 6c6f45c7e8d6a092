// SPDX-License-Identifier: Apache-2.0
// Two people talk end to end encrypted with matrix-js-sdk and its Rust crypto; the server is
// killed in between; a third device reads the history from the key backup.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClientEvent, MsgType, RoomEvent } from "matrix-js-sdk";

import { Clients, decrypted, waitFor } from "../tools/js-sdk.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

const PNG = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFUlEQVR4nGM4IScnd0KOAUicOCEHAB58BLvQnL93AAAAAElFTkSuQmCC",
    "base64",
);

let parvis, clients;

const signIn = (session) =>
    clients.start(clients.make(session, { secretKey: session.secretKey }), { crypto: true });

before(async () => {
    parvis = await Parvis.start();
    clients = new Clients(parvis);
});

after(async () => {
    clients?.stop();
    await parvis?.stop();
});

test("an encrypted room, a restart, a picture, and the history on a third device", async (t) => {
    const aliceSession = await parvis.register("alice");
    const alice = await signIn(aliceSession);
    const bob = await signIn(await parvis.register("bob"));
    let room;

    await t.test("cross-signing, secret storage and key backup are set up", async () => {
        const crypto = alice.getCrypto();
        await crypto.bootstrapCrossSigning({
            authUploadDeviceSigningKeys: (makeRequest) =>
                makeRequest({
                    type: "m.login.password",
                    identifier: { type: "m.id.user", user: "alice" },
                    password: aliceSession.password,
                }),
        });
        await crypto.bootstrapSecretStorage({
            createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(),
            setupNewKeyBackup: true,
        });
        assert.ok(await crypto.isCrossSigningReady());
        assert.ok(await crypto.getActiveSessionBackupVersion());
    });

    await t.test("an encrypted room is made, and the other joins", async () => {
        const { room_id } = await alice.createRoom({
            preset: "private_chat",
            name: "Voirie",
            invite: [bob.getUserId()],
            initial_state: [
                { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
            ],
        });
        room = room_id;
        await waitFor(bob, ClientEvent.Room, () => bob.getRoom(room), (r) => r.roomId === room);
        await bob.joinRoom(room);
        const joined = () => alice.getRoom(room)?.getMember(bob.getUserId())?.membership === "join";
        await waitFor(alice, "RoomState.members", joined, joined);
        assert.equal(bob.getRoom(room).getVersion(), "12");
    });

    await t.test("messages arrive decrypted both ways", async () => {
        const there = decrypted(bob, room, "Bonjour Bob");
        await alice.sendTextMessage(room, "Bonjour Bob");
        assert.ok((await there).isEncrypted());
        const back = decrypted(alice, room, "Bonjour Alice");
        await bob.sendTextMessage(room, "Bonjour Alice");
        assert.ok((await back).isEncrypted());
    });

    await t.test("a kill of the server loses nothing, and both go on", async () => {
        await parvis.kill("homeserver");
        await parvis.launch("homeserver");
        const there = decrypted(bob, room, "Après la panne");
        await alice.sendTextMessage(room, "Après la panne");
        await there;
        const back = decrypted(alice, room, "Reçu");
        await bob.sendTextMessage(room, "Reçu");
        await back;
    });

    await t.test("pictures go both ways, with a thumbnail", async () => {
        for (const [from, to] of [[alice, bob], [bob, alice]]) {
            const { content_uri } = await from.uploadContent(PNG, { type: "image/png", name: "plan.png" });
            const body = `plan of ${from.getUserId()}`;
            const there = decrypted(to, room, body);
            await from.sendMessage(room, { msgtype: MsgType.Image, body, url: content_uri });
            const { url } = (await there).getContent();
            const get = (size) =>
                fetch(to.mxcUrlToHttp(url, size, size, size && "scale", false, true, true),
                    { headers: { Authorization: `Bearer ${to.getAccessToken()}` } });
            const whole = await get();
            assert.equal(whole.headers.get("content-type"), "image/png");
            assert.deepEqual(Buffer.from(await whole.arrayBuffer()), PNG);
            const small = await get(32);
            assert.equal(small.status, 200);
            assert.match(small.headers.get("content-type"), /^image\//);
        }
    });

    await t.test("receipts and typing reach the other", async () => {
        const last = alice.getRoom(room).getLiveTimeline().getEvents().at(-1);
        const read = () => alice.getRoom(room).hasUserReadEvent(bob.getUserId(), last.getId());
        const seen = waitFor(alice, RoomEvent.Receipt, read, read);
        await bob.sendReadReceipt(bob.getRoom(room).findEventById(last.getId()) ?? last);
        await seen;
        const typing = waitFor(alice, "RoomMember.typing", null, (event, member) => member.userId === bob.getUserId());
        await bob.sendTyping(room, true, 5000);
        await typing;
    });

    await t.test("a third device restores the history from the backup", async () => {
        const stored = () => parvis.api("GET", "/_matrix/client/v3/room_keys/version", { token: aliceSession.access_token });
        await eventually("both sessions are in the backup", async () => (await stored()).count >= 2);
        const third = await signIn({ ...(await parvis.login("alice")), secretKey: alice.secretKey() });
        await third.getCrypto().loadSessionBackupPrivateKeyFromSecretStorage();
        const { imported } = await third.getCrypto().restoreKeyBackup();
        assert.ok(imported >= 2, `${imported} sessions`);
        await third.scrollback(third.getRoom(room), 50);
        await decrypted(third, room, "Bonjour Bob");
        await decrypted(third, room, "Bonjour Alice");
    });
});
