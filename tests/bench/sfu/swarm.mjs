// SPDX-License-Identifier: Apache-2.0
// Synthetic participants (swarm.c) and what they say of themselves in session descriptions.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";

import { ROOT } from "../../tools/parvis.mjs";

export const PROGRAMS = path.resolve(ROOT, process.env.PARVIS_BUILD ?? "build/release", "bench/sfu");
const PROFILES = { "0x0001": "AES-CM 128, SHA-1", "0x0007": "AES-GCM 128", "0x0008": "AES-GCM 256" };

export class Swarm {
    static async start() {
        const swarm = new Swarm();
        swarm.child = spawn(path.join(PROGRAMS, "swarm"), { stdio: ["pipe", "pipe", "inherit"] });
        swarm.lines = readline.createInterface({ input: swarm.child.stdout })[Symbol.asyncIterator]();
        swarm.turn = Promise.resolve();
        [, swarm.fingerprint, swarm.ufrag, swarm.password] = await swarm.ask("hello");
        return swarm;
    }

    // One line at a time.
    ask(line) {
        const answer = this.turn.then(async () => {
            this.child.stdin.write(`${line}\n`);
            const { value } = await this.lines.next();
            const words = (value ?? "error ended").split(" ");
            if (words[0] === "error") throw new Error(`swarm: ${line}: ${words[1]}`);
            return words;
        });
        this.turn = answer.catch(() => {});
        return answer;
    }

    // Gives the name of the cipher.
    async open(number, { ip, port, ufrag, password }, publishes) {
        const [, profile] = await this.ask(`open ${number} ${ip} ${port} ${ufrag} ${password} ${publishes ? 1 : 0}`);
        return PROFILES[profile];
    }

    async count() {
        const [, sent, received, p50, p99, most] = (await this.ask("count")).map(Number);
        return { sent, received, p50, p99, most };
    }

    #ours() {
        return ["c=IN IP4 0.0.0.0", `a=ice-ufrag:${this.ufrag}`, `a=ice-pwd:${this.password}`,
            `a=fingerprint:sha-256 ${this.fingerprint}`, "a=setup:active", "a=rtcp-mux"];
    }

    // What peer `number` sends: sound and pictures, whose tracks are named audio<number>, video<number>.
    async offer(number) {
        const [, audio, video] = await this.ask(`ssrc ${number}`);
        const media = (mid, kind, type, ssrc, lines) => [`m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}`, ...this.#ours(),
            `a=mid:${mid}`, "a=sendonly", `a=msid:s${number} ${kind}${number}`, ...lines,
            `a=ssrc:${ssrc} cname:c${number}`, `a=ssrc:${ssrc} msid:s${number} ${kind}${number}`];
        return ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=msid-semantic: WMS *",
            ...media(0, "audio", 111, audio, ["a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"]),
            ...media(1, "video", 96, video, ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli"]),
            ""].join("\r\n");
    }

    // Takes all that is offered.
    answer(offer) {
        const [, ...sections] = offer.split(/^(?=m=)/m);
        const mids = sections.map((s) => s.match(/^a=mid:(\S+)/m)[1]);
        const kept = /^a=(mid:|rtpmap:|fmtp:|sctp-port:|rtcp-fb:\d+ nack)/;
        return ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", `a=group:BUNDLE ${mids.join(" ")}`,
            ...sections.flatMap((section) => {
                const lines = section.trim().split(/\r?\n/);
                const isMedia = !lines[0].startsWith("m=application");
                return [lines[0].replace(/^(m=\S+) \d+/, "$1 9"), ...this.#ours(),
                    ...lines.filter((line) => kept.test(line)), ...(isMedia ? ["a=recvonly"] : [])];
            }), ""].join("\r\n");
    }

    async stop() {
        this.child.stdin.end();
        if (this.child.exitCode === null) await once(this.child, "exit");
    }
}

// Where a server waits, by its description and the candidates that came by themselves.
export function endpoint(sdp, trickled = []) {
    const candidates = [...sdp.matchAll(/^a=candidate:(.*)$/gm)].map((m) => m[1])
        .concat(trickled.map((c) => c.replace(/^candidate:/, "")));
    const udp = candidates.map((c) => c.trim().split(" ")).find((c) => c[2].toLowerCase() === "udp" && /^[\d.]+$/.test(c[4]));
    return udp && { ip: udp[4], port: udp[5], ufrag: sdp.match(/^a=ice-ufrag:(\S+)/m)[1],
        password: sdp.match(/^a=ice-pwd:(\S+)/m)[1] };
}
