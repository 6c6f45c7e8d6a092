// SPDX-License-Identifier: Apache-2.0
// Trust with matrix-js-sdk: cross-signing, secret storage, a second device verified by comparing
// emojis, a third by a QR code, another person verified in a room, secrets passed on, key backup.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CryptoEvent, VerificationPhase, VerificationRequestEvent, VerifierEvent } from "matrix-js-sdk/lib/crypto-api/index.js";

import { Clients, membership, roomWith, waitFor } from "../tools/js-sdk.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

const METHODS = ["m.sas.v1", "m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"];
const OPTIONS = { crypto: true, verificationMethods: METHODS };

let parvis, clients, alice, bob;

before(async () => {
    parvis = await Parvis.start();
    clients = new Clients(parvis);
});

after(async () => {
    clients.stop();
    await parvis.stop();
});

async function bootstrap(client, storage = false) {
    const crypto = client.getCrypto();
    const { username, password } = client.session;
    await crypto.bootstrapCrossSigning({
        authUploadDeviceSigningKeys: (makeRequest) => makeRequest({
            type: "m.login.password", identifier: { type: "m.id.user", user: username }, password,
        }),
    });
    if (storage)
        await crypto.bootstrapSecretStorage({
            createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase("phrase secrète"),
            setupNewKeyBackup: true,
        });
}

async function anotherDevice() {
    const client = clients.make(await parvis.login("alice"), OPTIONS);
    await clients.start(client, OPTIONS);
    await eventually("the own keys are known", () => client.getCrypto().userHasCrossSigningKeys());
    return client;
}

const phase = (request, wanted) =>
    waitFor(request, VerificationRequestEvent.Change, () => request.phase >= wanted, () => request.phase >= wanted);

const incoming = (client) =>
    waitFor(client, CryptoEvent.VerificationRequestReceived, null, (request) => request);

// Both compare the emojis that they are shown.
async function compareEmojis(asking, asked) {
    await asked.accept();
    await phase(asking, VerificationPhase.Ready);
    const verifiers = [await asking.startVerification("m.sas.v1")];
    await phase(asked, VerificationPhase.Started);
    verifiers.push(asked.verifier);
    const shown = verifiers.map((verifier) => waitFor(verifier, VerifierEvent.ShowSas, () => verifier.getShowSasCallbacks(), (sas) => sas));
    const ends = verifiers.map((verifier) => verifier.verify());
    const [one, two] = await Promise.all(shown);
    assert.deepEqual(one.sas.emoji, two.sas.emoji);
    assert.equal(one.sas.emoji.length, 7);
    await Promise.all([one.confirm(), two.confirm()]);
    await Promise.all(ends);
}

const isTrusted = async (client, userId, deviceId) =>
    (await client.getCrypto().getDeviceVerificationStatus(userId, deviceId))?.signedByOwner;

test("trust is set up, and passed on from device to device", async (t) => {
    alice = await clients.signUp("alice", OPTIONS);
    bob = await clients.signUp("bob", OPTIONS);
    let second, room;

    await t.test("cross-signing, secret storage and backup", async () => {
        await bootstrap(alice, true);
        await bootstrap(bob);
        assert.ok(await alice.getCrypto().isCrossSigningReady());
        assert.ok(await alice.getCrypto().isSecretStorageReady());
        await eventually("the backup is on", async () => await alice.getCrypto().getActiveSessionBackupVersion());
    });

    await t.test("a second device is verified by emojis and is given the secrets", async () => {
        second = await anotherDevice();
        assert.ok(!(await isTrusted(alice, alice.getUserId(), second.getDeviceId())));
        const request = incoming(alice);
        const asking = await second.getCrypto().requestOwnUserVerification();
        await compareEmojis(asking, await request);
        await eventually("the second is trusted", () => isTrusted(alice, alice.getUserId(), second.getDeviceId()));
        await eventually("the first is trusted", () => isTrusted(second, alice.getUserId(), alice.getDeviceId()));
        await eventually("the private keys came over", async () => {
            const { privateKeysCachedLocally: keys } = await second.getCrypto().getCrossSigningStatus();
            return keys.masterKey && keys.selfSigningKey && keys.userSigningKey;
        });
        await eventually("and the backup's", () => second.getCrypto().getSessionBackupPrivateKey());
    });

    await t.test("a third device is verified by a QR code", async () => {
        const third = await anotherDevice();
        await eventually("the second knows the third", async () =>
            (await second.getCrypto().getUserDeviceInfo([alice.getUserId()])).get(alice.getUserId()).has(third.getDeviceId()));
        const received = incoming(third);
        const showing = await second.getCrypto().requestDeviceVerification(alice.getUserId(), third.getDeviceId());
        const scanning = await received;
        await scanning.accept();
        await phase(showing, VerificationPhase.Ready);
        const code = await eventually("a code to show", () => showing.generateQRCode());
        const scanned = await scanning.scanQRCode(new Uint8ClampedArray(code));
        const scannerDone = scanned.verify();
        await phase(showing, VerificationPhase.Started);
        const shower = showing.verifier;
        const confirm = waitFor(shower, VerifierEvent.ShowReciprocateQr, () => shower.getReciprocateQrCodeCallbacks(), (callbacks) => callbacks);
        const showerDone = shower.verify();
        (await confirm).confirm();
        await Promise.all([scannerDone, showerDone]);
        await eventually("the first trusts the third", () => isTrusted(alice, alice.getUserId(), third.getDeviceId()));
        third.stopClient();
        await third.logout();
    });

    await t.test("another person is verified in a room", async () => {
        const { room_id } = await alice.createRoom({
            preset: "trusted_private_chat", is_direct: true, invite: [bob.getUserId()],
            initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
        });
        room = room_id;
        await roomWith(bob, room_id);
        await bob.joinRoom(room_id);
        await roomWith(alice, room_id, (room) => membership(room, bob.getUserId()) === "join");
        const received = incoming(bob);
        const asking = await alice.getCrypto().requestVerificationDM(bob.getUserId(), room_id);
        await compareEmojis(asking, await received);
        for (const [client, other] of [[alice, bob], [second, bob], [bob, alice]])
            await eventually("the person is verified",
                async () => (await client.getCrypto().getUserVerificationStatus(other.getUserId())).isCrossSigningVerified());
    });

    await t.test("a new key backup is made, and restored by passphrase's key", async () => {
        await alice.sendTextMessage(room, "à garder");
        const old = await alice.getCrypto().getActiveSessionBackupVersion();
        await alice.getCrypto().resetKeyBackup();
        const version = await eventually("another version", async () => {
            const now = await alice.getCrypto().getActiveSessionBackupVersion();
            return now !== old && now;
        });
        assert.notEqual(version, old);
        const stored = () => parvis.api("GET", "/_matrix/client/v3/room_keys/version", { token: alice.getAccessToken() });
        await eventually("the sessions are in it", async () => (await stored()).count >= 1);
        const reader = clients.make(await parvis.login("alice"), { ...OPTIONS, secretKey: alice.secretKey() });
        await clients.start(reader, OPTIONS);
        await reader.getCrypto().loadSessionBackupPrivateKeyFromSecretStorage();
        const { imported, total } = await reader.getCrypto().restoreKeyBackup();
        assert.ok(imported >= 1 && imported === total, `${imported} of ${total}`);
        await reader.getCrypto().bootstrapCrossSigning({}); // by secret storage
        await eventually("it has signed itself", () => isTrusted(bob, alice.getUserId(), reader.getDeviceId()));
        reader.stopClient();
    });

    await t.test("everything is reset", async () => {
        await second.getCrypto().resetEncryption((makeRequest) => makeRequest({
            type: "m.login.password", identifier: { type: "m.id.user", user: "alice" }, password: alice.session.password,
        }));
        await eventually("bob sees that the identity changed",
            async () => (await bob.getCrypto().getUserVerificationStatus(alice.getUserId())).needsUserApproval ||
                !(await bob.getCrypto().getUserVerificationStatus(alice.getUserId())).isCrossSigningVerified());
        assert.ok(await second.getCrypto().isCrossSigningReady());
    });
});
