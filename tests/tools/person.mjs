// SPDX-License-Identifier: Apache-2.0
// Somebody in a meeting, by LiveKit's native SDK, with made-up sound and pictures.
//
//     const anna = await Person.join(url, token);
//     await anna.speak(); await anna.show();
//     await anna.until(() => anna.heard > 50 && anna.seen > 10);
//     await anna.leave();
//
// Run as a program, "person.mjs URL TOKEN", it comes in, shows a picture, says "in" and stays: to
// be killed.
import { pathToFileURL } from "node:url";

import {
    AudioFrame, AudioSource, AudioStream, LocalAudioTrack, LocalVideoTrack, Room, RoomEvent, TrackKind,
    TrackPublishOptions, TrackSource, VideoBufferType, VideoFrame, VideoSource, VideoStream,
} from "@livekit/rtc-node";

import { eventually } from "./parvis.mjs";

const WIDTH = 320;
const HEIGHT = 180;

export class Person {
    static #present = new Set();
    heard = 0; // frames of sound
    seen = 0; // frames of pictures
    data = []; // {text, from, topic}
    events = []; // [name, identity or ""]
    #stopped = false;
    #timers = [];

    // options: singlePeerConnection: false takes the older way, with two of them.
    static async join(url, token, options = {}) {
        const person = new Person();
        Person.#present.add(person);
        const room = (person.room = new Room());
        for (const name of Object.values(RoomEvent))
            room.on(name, (...args) => person.events.push([name, args.map((a) => a?.identity).find(Boolean) ?? "", args]));
        room.on(RoomEvent.TrackSubscribed, (track) => person.#watch(track));
        room.on(RoomEvent.DataReceived, (payload, from, kind, topic) =>
            person.data.push({ text: Buffer.from(payload).toString(), from: from?.identity, topic }));
        await room.connect(url, token, { autoSubscribe: true, dynacast: false, ...options });
        return person;
    }

    async #watch(track) {
        if (track.kind === TrackKind.KIND_AUDIO) for await (const frame of new AudioStream(track)) this.heard += frame ? 1 : 0;
        else for await (const frame of new VideoStream(track)) this.seen += frame ? 1 : 0;
    }

    async speak() {
        const source = new AudioSource(48000, 1);
        const options = new TrackPublishOptions();
        options.source = TrackSource.SOURCE_MICROPHONE;
        this.microphone = LocalAudioTrack.createAudioTrack("microphone", source);
        const publication = await this.room.localParticipant.publishTrack(this.microphone, options);
        let phase = 0;
        const talk = async () => {
            while (!this.#stopped) {
                const samples = Int16Array.from({ length: 480 }, () => 12000 * Math.sin((phase += 0.06)));
                await source.captureFrame(new AudioFrame(samples, 48000, 1, 480));
            }
        };
        talk().catch(() => {});
        return publication;
    }

    async show() {
        const source = new VideoSource(WIDTH, HEIGHT);
        const options = new TrackPublishOptions();
        options.source = TrackSource.SOURCE_CAMERA;
        const track = LocalVideoTrack.createVideoTrack("camera", source);
        const publication = await this.room.localParticipant.publishTrack(track, options);
        let count = 0;
        this.#timers.push(setInterval(() => {
            const picture = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
            picture.fill((count++ * 7) & 255, 0, WIDTH * (HEIGHT / 2));
            source.captureFrame(new VideoFrame(picture, WIDTH, HEIGHT, VideoBufferType.I420));
        }, 66));
        return publication;
    }

    say(text, options = { reliable: true }) {
        return this.room.localParticipant.publishData(Buffer.from(text), options);
    }

    others() {
        return [...this.room.remoteParticipants.values()].map((p) => p.identity).sort();
    }

    saw(event, identity) {
        return this.events.some(([name, who]) => name === event && (identity === undefined || who === identity));
    }

    until(what, condition, timeout) {
        return eventually(what, condition, timeout);
    }

    // Whom a failed test has left behind.
    static async allLeave() {
        await Promise.all([...Person.#present].map((person) => person.leave()));
    }

    async leave() {
        Person.#present.delete(this);
        this.#stopped = true;
        this.#timers.forEach(clearInterval);
        await this.room.disconnect();
    }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const person = await Person.join(process.argv[2], process.argv[3]);
    await person.show();
    console.log("in");
}
