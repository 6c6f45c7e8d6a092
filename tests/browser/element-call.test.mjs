// SPDX-License-Identifier: Apache-2.0
// Element Call as Matrix clients embed it, in an encrypted room of this homeserver and through this
// SFU: discovery, tokens, media that the SFU cannot read, memberships that end with the connection.
import assert from "node:assert/strict";
import path from "node:path";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Call, startCallSite } from "../tools/element-call.mjs";
import { Parvis, ROOT, eventually } from "../tools/parvis.mjs";
import { Person } from "../tools/person.mjs";

const SCREENSHOTS = path.join(ROOT, "build/screenshots");
const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const MEMBER = "org.matrix.msc3401.call.member";

let parvis, browser, context, site, room;
const accounts = {};
const calls = {};

before(async () => {
    fs.mkdirSync(SCREENSHOTS, { recursive: true });
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    for (const name of ["anna", "ben", "chloe", "dora"]) accounts[name] = await parvis.register(name);
    const { room_id } = await parvis.api("POST", "/_matrix/client/v3/createRoom", {
        token: accounts.anna.access_token,
        body: {
            preset: "public_chat",
            power_level_content_override: { events: { [MEMBER]: 0 } },
            initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
        },
    });
    room = room_id;
    for (const { access_token } of Object.values(accounts).slice(1))
        await parvis.api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, { token: access_token, body: {} });
    // Small pictures and short delays: the machine is shared by three of them.
    const video = { video_codec: "vp8", video: { max_resolution: 180, max_bitrate: 200000, max_framerate: 15 } };
    const delays = { wait_for_key_rotation_ms: 1000, delegated_delayed_leave: { delay_ms: 600000, restart_ms: 300000 } };
    site = await startCallSite({ matrix_rtc_session: delays, media_quality: video });
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
    context = await browser.newContext({ permissions: ["camera", "microphone"], viewport: { width: 900, height: 600 } });
});

after(async () => {
    site?.close();
    await browser?.close();
    await parvis?.stop();
});

async function memberships() {
    const state = await parvis.api("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state`, { token: accounts.anna.access_token });
    return state.filter((e) => e.type === MEMBER && Object.keys(e.content).length > 0).map((e) => e.sender).sort();
}

test("three widgets meet; each decrypts what the two others send", async () => {
    await Promise.all(["anna", "ben", "chloe"].map(async (name) => {
        calls[name] = await Call.join(context, site, accounts[name], parvis.url, room);
    }));
    await Promise.all(Object.values(calls).map((call) => call.joined()));
    await Promise.all(Object.values(calls).map((call) => call.plays(2)));
    await eventually("all are members of the call", async () => (await memberships()).length === 3);
    for (const call of Object.values(calls)) assert.ok((await call.seen()).keys >= 2, "keys of the others");
    await calls.anna.page.screenshot({ path: path.join(SCREENSHOTS, "element-call-three.png") });
});

test("the token service keeps their leave events for them, and restarts them", async () => {
    for (const call of Object.values(calls)) {
        const [{ delay }] = (await call.seen()).delayed;
        assert.equal(delay, 600000, "the client has found out that it may delegate");
    }
});

test("who hangs up is gone for the others and is no member any more", async () => {
    await calls.chloe.hangUp();
    await eventually("two members", async () => (await memberships()).length === 2, 15000);
    await calls.anna.plays(1);
});

test("who vanishes is removed from the call by the token service", async () => {
    await calls.ben.page.close();
    await eventually("one member", async () => (await memberships()).join() === accounts.anna.user_id, 30000);
});

test("the seventh is not let in, and the six are not disturbed", async () => {
    const { jwt, url } = await parvis.callToken(accounts.ben, room);
    const name = JSON.parse(Buffer.from(jwt.split(".")[1], "base64url")).video.room;
    const people = [];
    for (const device of ["1", "2", "3", "4", "5"]) {
        const token = await parvis.sfu("/sfu/get", accounts.ben, { room, device_id: device });
        people.push(await Person.join(token.url, token.jwt));
    }
    assert.equal(people[0].room.name, name);
    await assert.rejects(parvis.callToken(accounts.dora, room), /503.*PARVIS_MEETING_FULL/);
    const dora = await Call.join(context, site, accounts.dora, parvis.url, room);
    await dora.widget.getByText("Something went wrong").waitFor({ timeout: 20000 });
    await dora.page.screenshot({ path: path.join(SCREENSHOTS, "element-call-full.png") });
    await assert.rejects(Person.join(url, jwt), /meeting full/);
    assert.equal(people[0].others().length, 5);
    await Person.allLeave();
    await dora.page.close();
});
