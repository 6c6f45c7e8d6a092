// SPDX-License-Identifier: Apache-2.0
// Somebody in a meeting by LiveKit's stock client, on a page that holds nothing else. Works with
// the pages of Playwright and of Puppeteer alike.
//
//     const site = await startSite();
//     const anna = await Caller.join(page, site, url, token, { singlePeerConnection: false });
//     await everybodyIsSeenAndHeard([anna, ben]);
//     site.close();
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { ROOT, eventually } from "./parvis.mjs";

const CLIENT = path.join(ROOT, "tests/node_modules/livekit-client/dist/livekit-client.umd.js");
const PAGE = `<!doctype html><meta charset="utf-8"><title>LiveKit</title><script src="/client.js"></script>`;

export async function startSite() {
    const client = fs.readFileSync(CLIENT);
    const server = http.createServer((request, reply) => {
        const isClient = request.url === "/client.js";
        reply.writeHead(200, { "Content-Type": isClient ? "text/javascript" : "text/html" });
        reply.end(isClient ? client : PAGE);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        close() {
            server.close();
            server.closeAllConnections();
        },
    };
}

export class Caller {
    // On the meeting page, by a guest link.
    static async joinAsGuest(page, link, name) {
        const caller = new Caller();
        caller.page = page;
        await page.goto(link);
        await page.waitForSelector("form input[autocomplete=name]");
        await page.evaluate((name) => {
            document.querySelector("form input[autocomplete=name]").value = name;
            document.querySelector("form button[type=submit], form button.primary").click();
        }, name);
        await page.waitForSelector(".meeting");
        caller.identity = await page.evaluate(() => (globalThis.room = parvisRoom).localParticipant.identity);
        return caller;
    }

    // With camera and microphone.
    static async join(page, site, url, token, options = {}, connect = {}) {
        const caller = new Caller();
        caller.page = page;
        await page.goto(site.url);
        caller.identity = await page.evaluate(async ({ url, token, options, connect }) => {
            const room = (globalThis.room = new LivekitClient.Room(options));
            globalThis.received = [];
            room.on("dataReceived", (bytes, from, kind, topic) =>
                received.push({ text: new TextDecoder().decode(bytes), from: from?.identity, kind, topic }));
            room.on("trackSubscribed", (track) => document.body.append(track.attach()));
            await room.connect(url, token, connect);
            await room.localParticipant.enableCameraAndMicrophone();
            return room.localParticipant.identity;
        }, { url, token, options, connect });
        return caller;
    }

    // For each remote person: frames decoded and audio samples received so far.
    media() {
        return this.page.evaluate(async () => {
            const people = {};
            for (const person of room.remoteParticipants.values()) {
                const sums = (people[person.identity] = { frames: 0, samples: 0 });
                for (const { track } of person.trackPublications.values()) {
                    for (const stat of (await track?.getRTCStatsReport())?.values() ?? []) {
                        if (stat.type !== "inbound-rtp") continue;
                        sums.frames += stat.framesDecoded ?? 0;
                        sums.samples += stat.totalSamplesReceived ?? 0;
                    }
                }
            }
            return people;
        });
    }

    // What is received of that person's track of that source, as getStats tells it, with the codec's
    // MIME type; undefined while nothing is.
    received(identity, source = "camera") {
        return this.page.evaluate(async ({ identity, source }) => {
            const track = room.remoteParticipants.get(identity)?.getTrackPublication(source)?.track;
            const stats = [...((await track?.getRTCStatsReport())?.values() ?? [])];
            const inbound = stats.find((s) => s.type === "inbound-rtp");
            return inbound && { ...inbound, mime: stats.find((s) => s.id === inbound.codecId)?.mimeType };
        }, { identity, source });
    }

    // The streams that are sent of a source: getStats' outbound-rtp with the codec's MIME type.
    sent(source = "camera") {
        return this.page.evaluate(async (source) => {
            const { track } = room.localParticipant.getTrackPublication(source);
            const others = [...(track.simulcastCodecs?.values() ?? [])];
            const senders = [track.sender, ...others.map((c) => c.sender)].filter(Boolean);
            const reports = await Promise.all(senders.map((sender) => sender.getStats()));
            return reports.flatMap((report) => [...report.values()].filter((s) => s.type === "outbound-rtp")
                .map((s) => ({ ...s, mime: report.get(s.codecId)?.mimeType })));
        }, source);
    }

    // The first format of the section in which the server takes audio or video: what is sent. Chromium's
    // stats name Opus for redundant audio, too.
    answeredFirst(kind) {
        return this.page.evaluate((kind) => {
            const { sdp } = room.engine.pcManager.publisher.getRemoteDescription();
            const section = sdp.split("\r\nm=").find((s) => s.startsWith(kind) && s.includes("a=recvonly"));
            return section.match(new RegExp(`a=rtpmap:${section.split(" ")[3].trim()} ([^/]+)`))[1];
        }, kind);
    }

    // quality: 0 to 2
    wants(identity, quality) {
        return this.page.evaluate(({ identity, quality }) =>
            room.remoteParticipants.get(identity).getTrackPublication("camera").setVideoQuality(quality), { identity, quality });
    }

    subscribes(identity, isSubscribed) {
        return this.page.evaluate(({ identity, isSubscribed }) =>
            room.remoteParticipants.get(identity).getTrackPublication("camera").setSubscribed(isSubscribed), { identity, isSubscribed });
    }

    say(text, options = {}) {
        return this.page.evaluate(({ text, options }) =>
            room.localParticipant.publishData(new TextEncoder().encode(text), options), { text, options });
    }

    // [{text, from, kind, topic}]
    heard() {
        return this.page.evaluate(() => received);
    }

    microphone(isOn) {
        return this.page.evaluate((isOn) => room.localParticipant.setMicrophoneEnabled(isOn), isOn);
    }

    hearsMuted(identity) {
        return this.page.evaluate((identity) =>
            room.remoteParticipants.get(identity)?.getTrackPublication("microphone")?.isMuted, identity);
    }

    others() {
        return this.page.evaluate(() => [...room.remoteParticipants.keys()]);
    }

    peerConnections() {
        return this.page.evaluate(() => {
            const { publisher, subscriber } = room.engine.pcManager;
            return [publisher, subscriber].filter(Boolean).length;
        });
    }

    // For each peer connection the way that its packets take: {protocol, local, remote}, with
    // the type of the local candidate and the address of the remote one.
    paths() {
        return this.page.evaluate(async () => {
            const { publisher, subscriber } = room.engine.pcManager;
            return Promise.all([publisher, subscriber].filter(Boolean).map(async (transport) => {
                const stats = await transport.getStats();
                const chosen = [...stats.values()].find((s) => s.type === "transport")?.selectedCandidatePairId;
                const pair = stats.get(chosen);
                const local = stats.get(pair?.localCandidateId);
                const remote = stats.get(pair?.remoteCandidateId);
                return { protocol: local?.protocol, local: local?.candidateType, remote: remote && `${remote.address}:${remote.port}` };
            }));
        });
    }

    leave() {
        return this.page.evaluate(() => room.disconnect());
    }
}

// Everybody decodes pictures and takes samples of everybody else, more and more of them.
export async function everybodyIsSeenAndHeard(callers) {
    for (const caller of callers) {
        let now = {};
        await eventually("pictures and sound of everybody rise", async () => {
            const before = now;
            now = await caller.media();
            return Object.keys(now).length === callers.length - 1 &&
                Object.entries(now).every(([who, n]) => n.frames > before[who]?.frames && n.samples > before[who]?.samples);
        }).catch((error) => {
            throw new Error(`${caller.identity}: ${error.message}: ${JSON.stringify(now)}`);
        });
    }
}
