// SPDX-License-Identifier: Apache-2.0
// Delayed leave events that clients hand over: memberships end with the connection, through crashes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { RoomEvent, dispose } from "@livekit/rtc-node";

import { Parvis, ROOT, eventually } from "../tools/parvis.mjs";
import { Person } from "../tools/person.mjs";

const DELAYED = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events";
let parvis, alice, room;

before(async () => {
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    alice = await parvis.register("alice");
    room = (await parvis.api("POST", "/_matrix/client/v3/createRoom", { token: alice.access_token, body: {} })).room_id;
});

afterEach(() => Person.allLeave());

after(async () => {
    await dispose();
    await parvis?.stop();
});

const stateOf = (key) => parvis.api("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/m.left/${key}`,
    { token: alice.access_token }).then(() => true, (error) => { if (error.status !== 404) throw error; });

// A state event that is sent when nobody restarts it for so long.
async function leaveEvent(key, delay) {
    const { delay_id } = await parvis.api("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/m.left/${key}?org.matrix.msc4140.delay=${delay}`,
        { token: alice.access_token, body: { left: true } });
    return delay_id;
}

function member(id) {
    return { room_id: room, slot_id: "m.call#ROOM", member: { id, claimed_user_id: alice.user_id, claimed_device_id: alice.device_id } };
}

test("it is restarted while its person is there, and sent when that person leaves", async () => {
    const delay_id = await leaveEvent("one", 3000);
    const pass = await parvis.sfu("/get_token", alice, { ...member("one"), delay_id, delay_timeout: 3000 });
    const person = await Person.join(pass.url, pass.jwt);
    const scheduled = async () => (await parvis.api("GET", `${DELAYED}/${delay_id}`, { token: alice.access_token })).running_since;
    const first = await scheduled();
    await eventually("restarted twice", async () => (await scheduled()) > first + 2500, 15000);
    assert.ok(!await stateOf("one"));
    await person.leave();
    await eventually("sent", () => stateOf("one"), 2500);
});

test("it is sent for one who vanishes, and the others see nobody there", async () => {
    const anna = await parvis.sfu("/get_token", alice, member("anna"));
    const here = await Person.join(anna.url, anna.jwt);
    const pass = await parvis.sfu("/sfu/get", alice, { room, device_id: "GHOST" });
    const child = spawn(process.execPath, [path.join(ROOT, "tests/tools/person.mjs"), pass.url, pass.jwt], { stdio: ["ignore", "pipe", "inherit"] });
    try {
        await once(child.stdout, "data");
        const delay_id = await leaveEvent("ghost", 600000);
        await parvis.sfu("/sfu/get", alice, { room, device_id: "GHOST", delay_id, delay_timeout: 600000 });
        child.kill("SIGKILL");
        await eventually("sent", () => stateOf("ghost"), 20000);
        await eventually("seen", () => here.saw(RoomEvent.ParticipantDisconnected, `${alice.user_id}:GHOST`), 5000);
        assert.deepEqual(here.others(), []);
    } finally {
        child.kill("SIGKILL");
    }
});

test("what was taken over outlives a crash", async () => {
    const delay_id = await leaveEvent("crash", 600000);
    const pass = await parvis.sfu("/get_token", alice, member("crash"));
    const person = await Person.join(pass.url, pass.jwt);
    const scheduled = async () => (await parvis.api("GET", `${DELAYED}/${delay_id}`, { token: alice.access_token })).running_since;
    const before = await scheduled();
    await parvis.sfu("/delegate_delayed_leave", alice, { ...member("crash"), delay_id, delay_timeout: 600000 });
    // At once, as the person is there; then not for eight minutes.
    await eventually("restarted once", async () => (await scheduled()) > before);
    const later = await scheduled();
    await parvis.kill("sfu");
    await parvis.launch("sfu");
    // The client comes back by itself, a whole connection anew.
    await eventually("back", () => person.saw(RoomEvent.Reconnected) || person.saw(RoomEvent.Disconnected), 30000);
    assert.ok(person.saw(RoomEvent.Reconnected));
    await eventually("restarted again", async () => (await scheduled()) > later);
    assert.ok(!await stateOf("crash"));
    await person.leave();
    await eventually("sent", () => stateOf("crash"), 5000);
});

test("what is wrong with it is said", async () => {
    const refused = (target, body) => assert.rejects(parvis.sfu(target, alice, body), /400.*M_BAD_JSON/);
    await refused("/get_token", { ...member("x"), delay_id: "d" });
    await refused("/get_token", { ...member("x"), delay_timeout: 1000 });
    await refused("/sfu/get", { room, device_id: "D", delay_id: "d", delay_timeout: -1 });
    await refused("/sfu/get", { room, device_id: "D", delay_id: "x".repeat(300), delay_timeout: 1000 });
    await refused("/delegate_delayed_leave", member("x"));
    await assert.rejects(parvis.sfu("/delegate_delayed_leave", alice,
        { ...member("x"), delay_id: "d", delay_timeout: 1000, member: { ...member("x").member, claimed_user_id: "@bob:localhost" } }), /401/);
});
