// SPDX-License-Identifier: Apache-2.0
// Bad networks, seen by Chromium's own statistics: two people with cameras in three sizes, and a
// relay between them and the SFU.
import assert from "node:assert/strict";
import os from "node:os";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Caller, everybodyIsSeenAndHeard, startSite } from "../tools/livekit-page.mjs";
import { Parvis } from "../tools/parvis.mjs";
import { Relay } from "../tools/relay.mjs";

const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows"];
const ADDRESS = Object.values(os.networkInterfaces()).flat().find((a) => !a.internal && a.family === "IPv4")?.address;
const OPTIONS = { videoCaptureDefaults: { resolution: { width: 960, height: 540, frameRate: 20 } } };
const SETTLE_MS = 10000;
const WATCH_MS = 15000;
const FREEZE_MS = 500;
const CONCEALED = 0.05;

let parvis, site, browser, relay, callers;

before(async () => {
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"], rtcAddress: ADDRESS });
    relay = await Relay.start("127.0.0.1", parvis.ports.rtcUdp, ADDRESS, parvis.ports.rtcUdp);
    await parvis.end("sfu");
    parvis.advertise(["127.0.0.1"]);
    await parvis.launch("sfu");
    site = await startSite();
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
    callers = [];
    for (const name of ["anna", "ben"]) {
        const { url, jwt } = await parvis.callToken(await parvis.register(name), "!impaired:localhost");
        callers.push(await Caller.join(await browser.newPage(), site, url, jwt, OPTIONS));
    }
    await everybodyIsSeenAndHeard(callers);
});

after(async () => {
    await browser?.close();
    await relay?.stop();
    site?.close();
    await parvis?.stop();
});

const other = (caller) => callers.find((c) => c !== caller).identity;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function sample(caller) {
    const video = await caller.received(other(caller));
    const audio = await caller.received(other(caller), "microphone");
    return { video, audio };
}

// The longest time without a new picture, as the page itself draws them.
function watchFrames(caller) {
    return caller.page.evaluate(() => {
        const video = document.querySelector("video");
        const seen = (globalThis.gaps = { longest: 0, frames: 0, last: performance.now() });
        const count = (now) => {
            if (seen.frames++ > 0) seen.longest = Math.max(seen.longest, now - seen.last);
            seen.last = now;
            video.requestVideoFrameCallback(count);
        };
        video.requestVideoFrameCallback(count);
    });
}

function concealed(before, after) {
    const samples = after.totalSamplesReceived - before.totalSamplesReceived;
    return (after.concealedSamples - before.concealedSamples) / samples;
}

async function watch(ms) {
    const before = await Promise.all(callers.map(sample));
    await Promise.all(callers.map(watchFrames));
    await sleep(ms);
    const after = await Promise.all(callers.map(sample));
    return Promise.all(callers.map(async (caller, i) => ({
        who: caller.identity,
        frames: after[i].video.framesDecoded - before[i].video.framesDecoded,
        freezes: after[i].video.freezeCount - before[i].video.freezeCount,
        frozenMs: 1000 * (after[i].video.totalFreezesDuration - before[i].video.totalFreezesDuration),
        gapMs: await caller.page.evaluate(() => gaps.longest),
        concealed: concealed(before[i].audio, after[i].audio),
        width: after[i].video.frameWidth,
        lost: after[i].video.packetsLost - before[i].video.packetsLost,
        nacks: after[i].video.nackCount - before[i].video.nackCount,
        plis: after[i].video.pliCount - before[i].video.pliCount,
        keys: after[i].video.keyFramesDecoded - before[i].video.keyFramesDecoded,
    })));
}

test("5 % of random loss both ways and 100 ms of round trip", async () => {
    const bad = { loss: 5, delay: 50 };
    await relay.set({ up: bad, down: bad });
    await sleep(SETTLE_MS);
    const seen = await watch(WATCH_MS);
    const said = JSON.stringify(seen);
    await relay.set();
    for (const { frames, gapMs, concealed } of seen) {
        assert.ok(frames > 0, said);
        assert.ok(gapMs <= FREEZE_MS, said);
        assert.ok(concealed < CONCEALED, said);
    }
});
