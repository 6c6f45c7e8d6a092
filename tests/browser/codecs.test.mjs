// SPDX-License-Identifier: Apache-2.0
// The codecs that browsers may publish in, the layers that a subscriber chooses, and what is not
// sent because nobody receives it: LiveKit's stock client in Chromium, judged by getStats.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Caller, startSite } from "../tools/livekit-page.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const LOW = 0, HIGH = 2;
const SMALL = { videoCaptureDefaults: { resolution: { width: 640, height: 360, frameRate: 15 } } };

let parvis, site, browser;
const accounts = {};

before(async () => {
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    site = await startSite();
    for (const name of ["anna", "ben", "chloe"]) accounts[name] = await parvis.register(name);
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
});

after(async () => {
    await browser?.close();
    site?.close();
    await parvis?.stop();
});

// What a failed test has left open would take the processor from the next.
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

async function join(name, room, options, script) {
    const page = await browser.newPage();
    if (script) await page.addInitScript(script);
    const { url, jwt } = await parvis.callToken(accounts[name], room);
    return Caller.join(page, site, url, jwt, { ...SMALL, ...options });
}

async function leave(...callers) {
    for (const caller of callers) {
        await caller.leave();
        await caller.page.close();
    }
}

function publishing(videoCodec, more = {}) {
    return { dynacast: true, publishDefaults: { videoCodec, ...more } };
}

async function decodes(caller, from, mime, width) {
    let now, before = 0;
    await eventually(`${mime} of ${width} pixels`, async () => {
        now = await caller.received(from.identity);
        const more = now && now.framesDecoded > before;
        before = now?.framesDecoded ?? 0;
        return more && now.mime === mime && (!width || now.frameWidth === width);
    }, 30000).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(now)}`);
    });
    return now;
}

// A subscriber goes down to the smallest layer and up again.
async function layers(videoCodec, mime) {
    const anna = await join("anna", `!${videoCodec}:localhost`, publishing(videoCodec));
    const ben = await join("ben", `!${videoCodec}:localhost`, {});
    await decodes(ben, anna, mime, 640);
    await ben.wants(anna.identity, LOW);
    await decodes(ben, anna, mime, 320);
    await ben.wants(anna.identity, HIGH);
    await decodes(ben, anna, mime, 640);
    assert.equal(await anna.answeredFirst("audio"), "red");
    assert.ok((await ben.received(anna.identity, "microphone")).totalSamplesReceived > 0);
    await leave(anna, ben);
}

test("VP9 with spatial layers", () => layers("vp9", "video/VP9"));

test("AV1 with spatial layers", () => layers("av1", "video/AV1"));

test("H.264", async (t) => {
    const page = await browser.newPage();
    const encodes = await page.evaluate(() => RTCRtpSender.getCapabilities("video").codecs.some((c) => c.mimeType === "video/H264"));
    await page.close();
    if (!encodes) return t.skip("this Chromium does not encode it");
    const anna = await join("anna", "!h264:localhost", publishing("h264"));
    const ben = await join("ben", "!h264:localhost", {});
    await decodes(ben, anna, "video/H264");
    await leave(anna, ben);
});

// As a browser without VP9 would offer.
function withoutVp9() {
    const strip = (sdp) => {
        const types = [...sdp.matchAll(/a=rtpmap:(\d+) VP9/g)].map((m) => m[1]);
        const rtx = types.flatMap((t) => [...sdp.matchAll(new RegExp(`a=fmtp:(\\d+) apt=${t}\\r`, "g"))].map((m) => m[1]));
        const gone = new Set([...types, ...rtx]);
        return sdp.split("\r\n").filter((line) => !gone.has(line.match(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/)?.[1]))
            .map((line) => line.startsWith("m=video") ? line.split(" ").filter((w, i) => i < 3 || !gone.has(w)).join(" ") : line).join("\r\n");
    };
    for (const name of ["createOffer", "createAnswer"]) {
        const original = RTCPeerConnection.prototype[name];
        RTCPeerConnection.prototype[name] = async function (...args) {
            const description = await original.apply(this, args);
            return { type: description.type, sdp: strip(description.sdp) };
        };
    }
}

test("who cannot decode VP9 gets the backup codec", async () => {
    const anna = await join("anna", "!backup:localhost", publishing("vp9"));
    const ben = await join("ben", "!backup:localhost", {});
    const chloe = await join("chloe", "!backup:localhost", {}, withoutVp9);
    await decodes(ben, anna, "video/VP9");
    await decodes(chloe, anna, "video/VP8");
    assert.deepEqual([...new Set((await anna.sent()).map((s) => s.mime))].sort(), ["video/VP8", "video/VP9"]);
    await leave(anna, ben, chloe);
});

test("layers that nobody receives are not sent, until somebody does", async () => {
    const anna = await join("anna", "!dynacast:localhost", publishing("vp8"));
    const ben = await join("ben", "!dynacast:localhost", {});
    await decodes(ben, anna, "video/VP8", 640);
    const active = async () => (await anna.sent()).filter((s) => s.active).map((s) => s.rid).sort().join();
    await ben.wants(anna.identity, LOW);
    await eventually("the smallest alone", async () => await active() === "q");
    await decodes(ben, anna, "video/VP8", 320);
    await ben.wants(anna.identity, HIGH);
    await eventually("all of them", async () => await active() === "h,q");
    await decodes(ben, anna, "video/VP8", 640);
    await ben.subscribes(anna.identity, false);
    await eventually("none", async () => await active() === "");
    await ben.subscribes(anna.identity, true);
    await decodes(ben, anna, "video/VP8");
    await leave(anna, ben);
});
