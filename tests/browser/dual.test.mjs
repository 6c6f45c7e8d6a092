// SPDX-License-Identifier: Apache-2.0
// The older way into a meeting, /rtc with two peer connections, by LiveKit's stock client in real
// browsers. Tokens come from the token service, as Element Call asks for them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Caller, everybodyIsSeenAndHeard, startSite } from "../tools/livekit-page.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const DUAL = { singlePeerConnection: false };

let parvis, site, browser, anna, ben;
const accounts = {};

before(async () => {
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    site = await startSite();
    for (const name of ["anna", "ben"]) accounts[name] = await parvis.register(name);
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
});

after(async () => {
    await browser?.close();
    site?.close();
    await parvis?.stop();
});

async function join(name, room, options) {
    const page = await browser.newPage();
    page.sockets = [];
    page.on("websocket", (socket) => page.sockets.push(new URL(socket.url()).pathname));
    const { url, jwt } = await parvis.callToken(accounts[name], room);
    return Caller.join(page, site, url, jwt, options);
}

async function reaches(from, to, text, options) {
    await eventually(`"${text}" arrives`, async () => {
        await from.say(text, options); // a lossy one may get lost
        return (await to.heard()).some((d) => d.text === text && d.from === from.identity);
    });
}

async function meet(callers) {
    await everybodyIsSeenAndHeard(callers);
    const [one, other] = callers;
    for (const [from, to] of [[one, other], [other, one]]) {
        await from.say("kept", { reliable: true, topic: "t" });
        await eventually("the reliable message", async () => (await to.heard()).length > 0);
        assert.deepEqual(await to.heard(), [{ text: "kept", from: from.identity, kind: 0, topic: "t" }]);
        await reaches(from, to, "perhaps", { reliable: false });
    }
    await one.microphone(false);
    await eventually("muted", () => other.hearsMuted(one.identity));
    await one.microphone(true);
    await eventually("unmuted", async () => (await other.hearsMuted(one.identity)) === false);
    await everybodyIsSeenAndHeard(callers);
}

test("two people with two peer connections each see, hear and write to each other", async () => {
    anna = await join("anna", "!dual:localhost", DUAL);
    ben = await join("ben", "!dual:localhost", DUAL);
    assert.equal(anna.identity, `${accounts.anna.user_id}:${accounts.anna.device_id}`);
    for (const caller of [anna, ben]) {
        assert.deepEqual(caller.page.sockets, ["/rtc"]);
        assert.equal(await caller.peerConnections(), 2);
    }
    await meet([anna, ben]);
});

test("one leaves, the other sees it; she comes back with one peer connection, and all works", async () => {
    await anna.leave();
    await eventually("left", async () => (await ben.others()).length === 0);
    await anna.page.close();
    anna = await join("anna", "!dual:localhost", {});
    assert.deepEqual(anna.page.sockets, ["/rtc/v1"]);
    assert.equal(await anna.peerConnections(), 1);
    await ben.page.evaluate(() => received.splice(0));
    await meet([anna, ben]);
    await ben.leave();
    await eventually("left", async () => (await anna.others()).length === 0);
});
