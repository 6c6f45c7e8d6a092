// SPDX-License-Identifier: Apache-2.0
// Firefox and Chromium in one meeting: other numbers for codecs and extensions, other ways with
// offers. Over one peer connection and over two.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

import { Caller, everybodyIsSeenAndHeard, startSite } from "../tools/livekit-page.mjs";
import { Parvis, ROOT, eventually } from "../tools/parvis.mjs";

const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const FIREFOX = {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
};

// Firefox sends nothing to 127.0.0.1: the media are to be reached at an address of this machine.
const ADDRESS = Object.values(os.networkInterfaces()).flat().find((a) => !a.internal && a.family === "IPv4")?.address;

let parvis, site, chrome, firefox;
const accounts = {};

before(async () => {
    fs.mkdirSync(path.join(ROOT, "build/screenshots"), { recursive: true });
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"], rtcAddress: ADDRESS });
    site = await startSite();
    for (const name of ["anna", "ben"]) accounts[name] = await parvis.register(name);
    chrome = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
    firefox = await puppeteer.launch({
        browser: "firefox", executablePath: "/usr/bin/firefox-esr", headless: true, extraPrefsFirefox: FIREFOX,
    });
});

after(async () => {
    await chrome?.close();
    await firefox?.close();
    site?.close();
    await parvis?.stop();
});

async function join(browser, name, room, options) {
    const { url, jwt } = await parvis.callToken(accounts[name], room);
    return Caller.join(await browser.newPage(), site, url, jwt, options);
}

async function writes(from, to) {
    await from.say("good day", { reliable: true });
    await eventually("the message", async () => (await to.heard()).some((d) => d.text === "good day"));
}

for (const [name, options] of [["one peer connection", {}], ["two peer connections", { singlePeerConnection: false }]]) {
    test(`Firefox and Chromium see, hear and write to each other over ${name}`, async () => {
        const room = `!firefox${name.length}:localhost`;
        const anna = await join(firefox, "anna", room, options);
        const ben = await join(chrome, "ben", room, options);
        assert.equal(await anna.peerConnections(), options.singlePeerConnection === false ? 2 : 1);
        await everybodyIsSeenAndHeard([anna, ben]);
        await writes(anna, ben);
        await writes(ben, anna);
        await anna.microphone(false);
        await eventually("muted", () => ben.hearsMuted(anna.identity));
        await anna.microphone(true);
        await everybodyIsSeenAndHeard([anna, ben]);
        await anna.leave();
        await eventually("left", async () => (await ben.others()).length === 0);
        await ben.leave();
        await anna.page.close();
        await ben.page.close();
    });
}

test("the meeting page works in Firefox", async () => {
    const { id } = await parvis.sfu("/api/meetings", accounts.anna, { objective: "Plan the festival" });
    const { link } = await parvis.sfu(`/api/meetings/${id}/guest-link`, accounts.anna, {});
    const problems = [];
    const page = await firefox.newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    const chloe = await Caller.joinAsGuest(page, link, "Chloé");
    const dan = await Caller.joinAsGuest(await chrome.newPage({ permissions: ["camera", "microphone"] }), link, "Dan");
    await everybodyIsSeenAndHeard([chloe, dan]);
    await page.screenshot({ path: path.join(ROOT, "build/screenshots/meeting-firefox.png") });
    assert.deepEqual(problems, []);
    await Promise.all([chloe.leave(), dan.leave()]);
});
