// SPDX-License-Identifier: Apache-2.0
// Mail for tests, by programs that nobody here wrote: swaks sends, aiosmtpd receives.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

import { eventually, ROOT } from "./parvis.mjs";

// A mail sent by swaks; gives {code, log}. `options` are more of its own.
export async function send(where, { from, to, headers = {}, body = "", options = [] }) {
    const args = [...where, "--from", from, "--to", to, "--timeout", "20s", "--body", body, ...options];
    for (const [name, value] of Object.entries(headers)) args.push("--header", `${name}: ${value}`);
    return run("swaks", args);
}

export async function run(program, args, input) {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    let log = "";
    child.stdout.on("data", (bytes) => (log += bytes));
    child.stderr.on("data", (bytes) => (log += bytes));
    child.stdin.end(input);
    const [code] = await once(child, "close");
    return { code, log };
}

// The smarthost: what it was given, and what it shall answer (tests/tools/mail_sink.py).
export class Sink {
    static async start() {
        const sink = new Sink();
        sink.folder = fs.mkdtempSync(path.join(os.tmpdir(), "parvis-sink-"));
        sink.child = spawn("/usr/bin/python3", [path.join(ROOT, "tests/tools/mail_sink.py"), sink.folder],
            { stdio: ["ignore", "pipe", "inherit"] });
        const lines = readline.createInterface({ input: sink.child.stdout });
        const [line] = await once(lines, "line");
        sink.url = `smtp://127.0.0.1:${line.split(" ")[1]}`;
        return sink;
    }

    plan(plan) {
        const file = path.join(this.folder, "plan.json");
        fs.writeFileSync(`${file}.new`, JSON.stringify(plan));
        fs.renameSync(`${file}.new`, file);
    }

    mails() {
        return fs.readdirSync(this.folder)
            .filter((name) => /^\d+\.json$/.test(name))
            .sort((a, b) => parseInt(a) - parseInt(b))
            .map((name) => {
                const kept = JSON.parse(fs.readFileSync(path.join(this.folder, name), "utf8"));
                return { from: kept.from, to: kept.to, ...readMail(kept.mail) };
            });
    }

    async mail(what, condition, timeout) {
        return eventually(what, () => this.mails().find(condition), timeout);
    }

    stop() {
        this.child.kill();
        fs.rmSync(this.folder, { recursive: true, force: true });
    }
}

// Headers unfolded, in lower case, with encoded words decoded; the body with its transfer encoding
// taken away when it is not made of parts.
export function readMail(raw) {
    const [head, ...rest] = raw.split("\r\n\r\n");
    const headers = {};
    for (const line of head.replace(/\r\n[ \t]/g, " ").split("\r\n")) {
        const [, name, value] = line.match(/^([!-9;-~]+):\s*(.*)$/) ?? [];
        if (name) headers[name.toLowerCase()] = decodeWords(value);
    }
    const body = rest.join("\r\n\r\n");
    const quoted = headers["content-transfer-encoding"] === "quoted-printable";
    return { raw, headers, body: quoted ? decodeQuoted(body) : body };
}

export function decodeQuoted(text) {
    const bytes = text.replace(/=\r\n/g, "")
        .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString("utf8");
}

function decodeWords(value) {
    return value.replace(/\?=\s+=\?/g, "?==?")
        .replace(/(=\?utf-8\?b\?[^?]*\?=)+/gi, (words) => Buffer.concat(
            [...words.matchAll(/=\?utf-8\?b\?([^?]*)\?=/gi)].map(([, code]) => Buffer.from(code, "base64")),
        ).toString("utf8"));
}

export const idsIn = (value = "") => [...value.matchAll(/<([^>]*)>/g)].map(([, id]) => id);

// A mail as it is, to the byte, by LMTP; gives the status of each recipient.
export async function lmtp(socket, from, to, mail) {
    const data = mail.replace(/^\./gm, "..");
    const replies = await dialogue({ path: socket }, [
        "LHLO test", `MAIL FROM:<${from}>`, ...to.map((address) => `RCPT TO:<${address}>`), "DATA",
        `${data}${data.endsWith("\r\n") ? "" : "\r\n"}.`,
    ], to.length - 1);
    return replies.slice(-to.length);
}

// One SMTP connection, a line at a time; gives the last line of each reply. `more` replies follow
// the last line.
export async function dialogue(where, lines, more = 0) {
    const socket = typeof where === "number" ? net.connect(where, "127.0.0.1") : net.connect(where);
    const input = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
    const reply = async () => {
        for (;;) {
            const { value, done } = await input.next();
            if (done) throw new Error("the server has closed the connection");
            if (value[3] !== "-") return value;
        }
    };
    const replies = [await reply()];
    for (const line of lines) {
        socket.write(`${line}\r\n`);
        replies.push(await reply());
    }
    for (let i = 0; i < more; i++) replies.push(await reply());
    socket.destroy();
    return replies;
}
