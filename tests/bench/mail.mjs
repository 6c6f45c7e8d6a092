// SPDX-License-Identifier: Apache-2.0
// How fast mails become messages, with the real homeserver beside the bridge: make bench-mail.
//
// The mix is an office's: one mail in five begins a thread (a room is made), four answer one of the
// newest 200 threads; 400 people write; a mail in ten carries a file of 30 kB; texts of 200 to 2,000
// bytes with the answered mail quoted below. BENCH_QUICK=1: smaller.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { feed, Ledger } from "../tools/mail-corpus.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";

const BOX = "voirie@localhost";
const quick = process.env.BENCH_QUICK === "1";

// The same numbers in every run.
function dice(seed) {
    return () => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return seed / 2 ** 32;
    };
}

function* office(count, seed, newThreads = 0.2) {
    const random = dice(seed);
    const words = "voirie travaux rue devis réunion accord demain plan chantier école trottoir budget délai signature mairie".split(" ");
    const threads = [];
    const prose = (n) => Array.from({ length: n / 8 }, () => words[Math.floor(random() * words.length)])
        .join(" ").replace(/(.{60,70}) /g, "$1\n");
    for (let i = 0; i < count; i++) {
        const fresh = threads.length === 0 || random() < newThreads;
        const thread = fresh ? { subject: `${prose(24)} ${seed}-${i}`.replace(/\n/g, " "), last: "", refs: [] }
            : threads[threads.length - 1 - Math.floor(random() * Math.min(200, threads.length))];
        if (fresh) threads.push(thread);
        const id = `<${seed}.${i}@orange.example>`;
        const from = `habitant${Math.floor(random() * 400)}`;
        const text = prose(200 + random() * 1800);
        const quote = thread.last && `\n\nLe 3 juin 2026 à 10:12, Quelqu'un a écrit :\n${thread.last.replace(/^/gm, "> ")}`;
        const head = [`From: ${from} <${from}@orange.example>`, `To: ${BOX}`, `Subject: ${fresh ? "" : "Re: "}${thread.subject}`,
            `Message-ID: ${id}`, ...(fresh ? [] : [`In-Reply-To: ${thread.refs.at(-1)}`, `References: ${thread.refs.slice(-10).join(" ")}`]),
            "Date: Fri, 20 Nov 2026 10:00:00 +0100", "MIME-Version: 1.0"];
        const plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n";
        const body = random() < 0.1
            ? ["Content-Type: multipart/mixed; boundary=B", "", "--B", plain, `${text}${quote}`, "--B",
                `Content-Type: application/pdf; name="plan-${i}.pdf"`, "Content-Disposition: attachment",
                "Content-Transfer-Encoding: base64", "",
                Buffer.alloc(30000, `${seed}-${i} `).toString("base64").replace(/(.{76})/g, "$1\n"), "--B--"]
            : [plain, `${text}${quote}`];
        thread.last = text;
        thread.refs.push(id);
        yield { name: String(i), bytes: Buffer.from([...head, ...body].join("\n")) };
    }
}

function memory(parvis, program) {
    const { pid } = parvis.processes.get(program).child;
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    const kib = (key) => Number(status.match(new RegExp(`^${key}:\\s+(\\d+)`, "m"))[1]);
    return { rss: kib("VmRSS") / 1024, anonymous: kib("RssAnon") / 1024, peak: kib("VmHWM") / 1024 };
}

function processorSeconds(parvis, program) {
    const { pid } = parvis.processes.get(program).child;
    const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

const folderBytes = (dir) => fs.readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);

const say = (name, text) => console.log(`${name.padEnd(34)} ${text}`);
const load = () => os.loadavg()[0].toFixed(1);

// With the real homeserver at hand, not the proxy that checks replies.
async function start() {
    const parvis = await Parvis.start({
        programs: [],
        mailboxes: [{ address: BOX, name: "Voirie", members: ["@admin:localhost"] }],
        bridge: ["mail_max_bytes: 41943040"],
    });
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8")
        .replace(`bridge_mail:\n  homeserver_url: ${parvis.url}`, `bridge_mail:\n  homeserver_url: ${parvis.homeserver}`));
    await parvis.launch("homeserver");
    await parvis.launch("bridge-mail");
    return { parvis, socket: path.join(parvis.dir, "lmtp.sock"), ledger: new Ledger(parvis) };
}

async function rate({ parvis, socket, ledger }, name, mails) {
    const before = ["homeserver", "bridge-mail"].map((program) => processorSeconds(parvis, program));
    const began = performance.now();
    await feed(socket, mails, { to: BOX, connections: 8 });
    await ledger.settled(3600000);
    const seconds = (performance.now() - began) / 1000;
    const after = ["homeserver", "bridge-mail"].map((program) => processorSeconds(parvis, program));
    const cost = after.map((value, i) => ((value - before[i]) * 1000 / mails.length).toFixed(1));
    say(name, `${(mails.length / seconds).toFixed(0)} mails/s (${mails.length} in ${seconds.toFixed(1)} s; ` +
        `processor a mail: homeserver ${cost[0]} ms, bridge with parsers ${cost[1]} ms; load ${load()})`);
}

async function speed(bench) {
    const n = quick ? 400 : 2000;
    await rate(bench, "one in five a new thread", [...office(n, 1)]);
    await rate(bench, "each a new thread", [...office(n / 4, 2, 1)]);
    await rate(bench, "one thread in a hundred", [...office(n, 3, 0.01)]);
    const { rss, anonymous, peak } = memory(bench.parvis, "bridge-mail");
    say("bridge's memory", `${rss.toFixed(0)} MiB, ${peak.toFixed(0)} at most; without pages of files ${anonymous.toFixed(0)}`);
}

async function big(bench) {
    const file = Buffer.alloc(25 * 1024 * 1024 * 3 / 4, "parvis").toString("base64").replace(/(.{76})/g, "$1\n");
    const bytes = Buffer.from(`From: a@orange.example\nTo: ${BOX}\nSubject: gros\nMessage-ID: <big@orange.example>\n` +
        `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nVoici.\n--B\n` +
        `Content-Type: application/zip; name=plans.zip\nContent-Transfer-Encoding: base64\n\n${file}\n--B--\n`);
    const began = performance.now();
    await feed(bench.socket, [{ name: "big", bytes }], { to: BOX });
    await bench.ledger.settled(120000);
    const { peak } = memory(bench.parvis, "bridge-mail");
    say("a mail of 25 MB", `in its room after ${((performance.now() - began) / 1000).toFixed(1)} s; bridge ${peak.toFixed(0)} MiB at most`);
}

// Taken while the homeserver is away; then a start with all of them waiting.
async function queued({ parvis, socket, ledger }) {
    const n = quick ? 5000 : 100000;
    await parvis.end("homeserver");
    const before = folderBytes(path.join(parvis.dir, "data/bridge-mail"));
    const began = performance.now();
    const batch = 5000;
    let first = 0;
    for (let i = 0; i < n; i += batch) {
        await feed(socket, [...office(batch, 100 + i)], { to: BOX, connections: 8 });
        if (i === 0) first = memory(parvis, "bridge-mail").rss;
    }
    const seconds = (performance.now() - began) / 1000;
    const { rss } = memory(parvis, "bridge-mail");
    const disk = (folderBytes(path.join(parvis.dir, "data/bridge-mail")) - before) / n;
    say(`${n} mails taken`, `${(n / seconds).toFixed(0)}/s by LMTP, homeserver away; bridge ${first.toFixed(0)} MiB after ${batch}, ` +
        `${rss.toFixed(0)} after ${n}; ${(disk / 1024).toFixed(1)} KiB of disk a mail (load ${load()})`);
    await parvis.kill("bridge-mail");
    const started = performance.now();
    await parvis.launch("bridge-mail");
    say(`start with ${n} waiting`, `${(performance.now() - started).toFixed(0)} ms to healthy after kill -9; ${memory(parvis, "bridge-mail").rss.toFixed(0)} MiB; ${ledger.open()} waiting`);
    await parvis.launch("homeserver");
    const target = quick ? n : Number(process.env.BENCH_MAILS ?? 10000);
    const from = ledger.open();
    const drained = performance.now();
    await eventually("mails posted", () => ledger.open() <= from - target, 3600000);
    const took = (performance.now() - drained) / 1000;
    const after = memory(parvis, "bridge-mail");
    say(`${target} of them into rooms`, `${(target / took).toFixed(0)} mails/s; bridge ${after.rss.toFixed(0)} MiB, ${after.peak.toFixed(0)} at most`);
}

const bench = await start();
const parts = process.argv.slice(2);
try {
    for (const [name, part] of Object.entries({ speed, big, queued }))
        if (parts.length === 0 || parts.includes(name)) await part(bench);
} finally {
    bench.ledger.close();
    await bench.parvis.stop();
}
