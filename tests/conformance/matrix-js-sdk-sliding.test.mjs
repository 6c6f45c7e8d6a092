// SPDX-License-Identifier: Apache-2.0
// Two people talk end to end encrypted, one of them by sliding sync: the room list grows, a room is
// subscribed to, live events come in, the server is killed in between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClientEvent, RoomEvent } from "matrix-js-sdk";
import { SlidingSync, SlidingSyncEvent, SlidingSyncState } from "matrix-js-sdk/lib/sliding-sync.js";

import { Clients, decrypted, waitFor } from "../tools/js-sdk.mjs";
import { Parvis } from "../tools/parvis.mjs";

const STATE = [
    ["m.room.create", ""], ["m.room.name", ""], ["m.room.encryption", ""], ["m.room.power_levels", ""],
    ["m.room.join_rules", ""], ["m.room.member", "$ME"], ["m.room.member", "$LAZY"],
];

let parvis, clients;

async function signIn(session, slidingSync) {
    const client = clients.make(session);
    const sliding = slidingSync?.(client);
    return [await clients.start(client, { crypto: true, slidingSync: sliding }), sliding];
}

// The next answer that was taken in whole and that `pick` accepts.
function answer(sliding, pick) {
    return waitFor(sliding, SlidingSyncEvent.Lifecycle, null,
        (state, response) => state === SlidingSyncState.Complete && pick(response) && response);
}

before(async () => {
    parvis = await Parvis.start();
    clients = new Clients(parvis);
});

after(async () => {
    clients?.stop();
    await parvis?.stop();
});

test("sliding sync carries an encrypted talk over a restart", async (t) => {
    const [bob] = await signIn(await parvis.register("bob"));
    const session = await parvis.register("alice");
    const rooms = [];
    for (const name of ["Voirie", "Cantine", "Mairie"]) {
        const body = { name, preset: "private_chat" };
        const { room_id } = await parvis.api("POST", "/_matrix/client/v3/createRoom", { token: session.access_token, body });
        rooms.push(room_id);
    }
    let alice, sliding, secret;

    await t.test("the first window tells the latest rooms, a wider one the rest", async () => {
        const list = { ranges: [[0, 1]], timeline_limit: 1, required_state: STATE };
        [alice, sliding] = await signIn(session,
            (client) => new SlidingSync(parvis.url, new Map([["all", list]]), { timeline_limit: 20, required_state: STATE }, client, 30000));
        assert.deepEqual(alice.getRooms().map((room) => room.name).sort(), ["Cantine", "Mairie"]);
        assert.equal(sliding.getListData("all").joinedCount, 3);
        const wider = answer(sliding, (response) => response.rooms[rooms[0]]);
        sliding.setListRanges("all", [[0, 99]]);
        assert.deepEqual(Object.keys((await wider).rooms), [rooms[0]]);
        assert.equal(alice.getRoom(rooms[0]).name, "Voirie");
    });

    await t.test("live events come in as they happen", async () => {
        const joined = waitFor(alice, RoomEvent.Timeline, null,
            (event) => event.getType() === "m.room.member" && event.getStateKey() === bob.getUserId() &&
                event.getContent().membership === "join");
        await alice.invite(rooms[0], bob.getUserId());
        await waitFor(bob, ClientEvent.Room, () => bob.getRoom(rooms[0]), (room) => room.roomId === rooms[0]);
        await bob.joinRoom(rooms[0]);
        await joined;
        const heard = waitFor(alice, RoomEvent.Timeline, null, (event) => event.getContent().body === "Bonjour" && event);
        await bob.sendTextMessage(rooms[0], "Bonjour");
        assert.equal((await heard).getSender(), bob.getUserId());
        const typing = waitFor(alice, "RoomMember.typing", null, (event, member) => member.userId === bob.getUserId());
        await bob.sendTyping(rooms[0], true, 5000);
        await typing;
        const own = waitFor(bob, RoomEvent.Timeline, null, (event) => event.getContent().body === "Lu ?" && event);
        const { event_id } = await alice.sendTextMessage(rooms[0], "Lu ?");
        const read = () => alice.getRoom(rooms[0]).hasUserReadEvent(bob.getUserId(), event_id);
        const seen = waitFor(alice, RoomEvent.Receipt, read, read);
        await bob.sendReadReceipt(await own);
        await seen;
    });

    await t.test("a subscription tells the room's history", async () => {
        for (let i = 0; i < 5; i++) await alice.sendTextMessage(rooms[1], `m${i}`);
        const wider = answer(sliding, (response) => (response.rooms[rooms[1]]?.timeline.length ?? 0) > 5);
        sliding.modifyRoomSubscriptions(new Set([rooms[1]]));
        const room = (await wider).rooms[rooms[1]];
        assert.equal(room.unstable_expanded_timeline, true);
        assert.equal(room.timeline.at(-1).content.body, "m4");
    });

    await t.test("an invite comes in and is taken", async () => {
        const invited = waitFor(alice, ClientEvent.Room, null, (room) => room.roomId === secret && room);
        secret = (await bob.createRoom({
            preset: "private_chat",
            name: "Secret",
            invite: [alice.getUserId()],
            initial_state: [
                { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
            ],
        })).room_id;
        if (!alice.getRoom(secret)) await invited;
        const joined = answer(sliding, (response) => response.rooms[secret]?.membership === "join");
        await alice.joinRoom(secret);
        await joined;
        const there = () => bob.getRoom(secret)?.getMember(alice.getUserId())?.membership === "join";
        await waitFor(bob, "RoomState.members", there, there);
    });

    await t.test("encrypted messages go both ways", async () => {
        const there = decrypted(alice, secret, "Bonjour Alice");
        await bob.sendTextMessage(secret, "Bonjour Alice");
        assert.ok((await there).isEncrypted());
        const back = decrypted(bob, secret, "Bonjour Bob");
        await alice.sendTextMessage(secret, "Bonjour Bob");
        assert.ok((await back).isEncrypted());
    });

    await t.test("after a kill of the server the same connection goes on", async () => {
        const anew = [];
        sliding.on(SlidingSyncEvent.RoomData, (roomId, data) => data.initial && anew.push(roomId));
        await parvis.kill("homeserver");
        await parvis.launch("homeserver");
        const there = decrypted(alice, secret, "Après la panne");
        await bob.sendTextMessage(secret, "Après la panne");
        await there;
        const back = decrypted(bob, secret, "Reçu");
        await alice.sendTextMessage(secret, "Reçu");
        await back;
        assert.deepEqual(anew, []);
    });
});
