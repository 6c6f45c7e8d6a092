// SPDX-License-Identifier: Apache-2.0
// The provider's mailbox over IMAP: Debian's Dovecot, and what happens when either side dies.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { Dovecot } from "../tools/dovecot.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";

const VOIRIE = "voirie@localhost";
const MAIRIE = "mairie@localhost";

let parvis, provider, camille;
let numbers = 0;

function text(subject, { to = VOIRIE, headers = [], body = "Bonjour." } = {}) {
    return [
        "Return-Path: <jean@orange.example>", ...headers, "From: Jean Dupont <jean@orange.example>",
        `To: ${to}`, `Subject: ${subject}`, "Date: Sat, 21 Nov 2026 10:00:00 +0100",
        `Message-ID: <${++numbers}.${process.pid}@orange.example>`, "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8", "", body, "",
    ].join("\n");
}

const log = () => parvis.log("bridge-mail");
// Waits until the log says something `times` more often than it did.
function told(what, pattern, from = log().length) {
    return eventually(what, () => pattern.test(log().slice(from)));
}
const bodies = async (room) => (await camille.messages(room)).map((event) => event.content.body);

before(async () => {
    provider = await Dovecot.start({
        users: { voirie: "mot de passe é \"'\\", mairie: "secret", nouveau: "n" }, tls: true,
    });
    provider.deliver("voirie", text("Déjà lu"));
    provider.doveadm(["flags", "add", "-u", "voirie", "\\Seen", "mailbox", "INBOX", "all"]);
    provider.deliver("voirie", text("Pas encore lu"));
    parvis = await Parvis.start({
        mailboxes: [
            { address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] },
            { address: MAIRIE, name: "Mairie", members: ["@camille:localhost"] },
        ],
        more: ["log_level: debug"],
        bridge: [
            "mail_max_bytes: 30000000",
            "imap:",
            ...provider.imap("voirie", {
                keys: { ca_file: provider.tls.ca, done: "move", done_folder: "Traités & co", idle_s: 2 },
            }),
            ...provider.imap("mairie", {
                secure: true, keys: { ca_file: provider.tls.ca, mailbox: MAIRIE, done_flag: "$Parvis" },
            }),
        ],
    });
    camille = await Agent.register(parvis, "camille");
    await parvis.launch("bridge-mail");
});

after(async () => {
    await parvis?.stop();
    await provider?.stop();
});

test("what nobody had read at the first reading is taken, what was read is not", async () => {
    await camille.joinInvited("Pas encore lu");
    assert.equal((await camille.invites()).filter((room) => room.name === "Déjà lu").length, 0);
    await eventually("the mail is moved", () => provider.mails("voirie", "Traités & co").length === 1);
    assert.deepEqual(provider.mails("voirie").map((m) => m.uid), [1]);
});

test("a mail that comes in is told by IDLE, kept, then moved", async () => {
    await told("IDLE", /voirie@localhost:\d+: reading INBOX, IDLE/, 0);
    const start = Date.now();
    provider.deliver("voirie", text("Nid-de-poule"));
    const room = await camille.joinInvited("Nid-de-poule");
    assert.ok(Date.now() - start < 10000, "it took as long as looking at intervals would");
    await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    await eventually("the mail is moved", () => provider.mails("voirie", "Traités & co").length === 2);
    assert.deepEqual(provider.mails("voirie").map((m) => m.uid), [1]);
});

test("IDLE is begun anew before the server ends it, and the next mail still comes", async () => {
    const before = provider.log().length;
    for (let i = 0; i < 2; i++) await told("idle_s has passed", /voirie@localhost:\d+: looking again/);
    provider.deliver("voirie", text("Après deux IDLE"));
    await camille.joinInvited("Après deux IDLE");
    assert.ok(!/Disconnected/.test(provider.log().slice(before)), "the session was not the same");
});

test("another account, under TLS from the first byte, flags with a keyword and leaves the mail unread", async () => {
    provider.deliver("mairie", text("Carte d'identité", { to: "mairie@ailleurs.example" }));
    await camille.joinInvited("Carte d'identité");
    const flags = await eventually("the keyword", () =>
        provider.mails("mairie").find((m) => m.flags.includes("$Parvis"))?.flags);
    assert.ok(!flags.includes("\\Seen"));
});

test("one account serves several addresses, by X-Original-To, To, and Delivered-To", async () => {
    provider.deliver("voirie", text("Par To", { to: `"voirie@localhost" <${MAIRIE}>` }));
    provider.deliver("voirie", text("Par X-Original-To", { headers: [`X-Original-To: Mairie+projet@localhost`] }));
    provider.deliver("voirie", text("Par Delivered-To", { to: "liste@ailleurs.example", headers: [`Delivered-To: ${MAIRIE}`] }));
    provider.deliver("voirie", text("Pour personne", { to: "inconnu@ailleurs.example" }));
    const owner = async (name) => {
        const room = await camille.joinInvited(name);
        return (await camille.state(room, "m.room.join_rules")).allow[0].room_id;
    };
    const mairie = await owner("Par To");
    assert.equal(await owner("Par X-Original-To"), mairie);
    assert.equal(await owner("Par Delivered-To"), mairie);
    assert.notEqual(await owner("Pour personne"), mairie);
});

test("drafts and what is marked as deleted stay where they are", async () => {
    const count = provider.mails("voirie", "Traités & co").length;
    provider.doveadm(["mailbox", "create", "-u", "voirie", "Atelier"]);
    provider.deliver("voirie", text("Brouillon"), "Atelier");
    provider.doveadm(["flags", "add", "-u", "voirie", "\\Draft", "mailbox", "Atelier", "all"]);
    const from = log().length;
    provider.doveadm(["move", "-u", "voirie", "INBOX", "mailbox", "Atelier", "all"]);
    await told("the draft is passed over", /stays in INBOX: it is a draft/, from);
    provider.deliver("voirie", text("Après le brouillon"));
    await camille.joinInvited("Après le brouillon");
    await eventually("moved", () => provider.mails("voirie", "Traités & co").length === count + 1);
    assert.equal(provider.mails("voirie").filter((m) => m.flags.includes("\\Draft")).length, 1);
});

test("a mail of 25 MB is streamed to its file, one that is too large stays", async () => {
    const line = `${"A".repeat(76)}\n`;
    const part = (bytes) => line.repeat(Math.ceil(bytes / line.length));
    const big = (subject, bytes) => [
        "From: Jean <jean@orange.example>", `To: ${VOIRIE}`, `Subject: ${subject}`,
        `Message-ID: <${++numbers}.${process.pid}@orange.example>`, "MIME-Version: 1.0",
        "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename=plan.bin", "", part(bytes),
    ].join("\n");
    provider.deliver("voirie", big("Trop grand", 31000000));
    await told("too large", /stays in INBOX: it is over mail_max_bytes/, 0);
    provider.deliver("voirie", big("Grand plan", 25000000));
    const room = await camille.joinInvited("Grand plan");
    await camille.message(room, "the file", (e) => e.content.msgtype === "m.file" && e.content.info.size > 18000000);
    assert.ok(!(await camille.invites()).some((invited) => invited.name === "Trop grand"));
});

test("a restart of the provider in the middle of IDLE: the bridge comes back", async () => {
    await provider.end();
    await told("the loss", /voirie@localhost:\d+: .*again in \d+ ms/, 0);
    await provider.launch();
    provider.deliver("voirie", text("Après le redémarrage"));
    await camille.joinInvited("Après le redémarrage");
});

test("the folder made anew under other numbers: nothing twice, nothing lost", async () => {
    provider.deliver("mairie", text("Avant les nouveaux numéros", { to: MAIRIE }));
    const room = await camille.joinInvited("Avant les nouveaux numéros");
    await eventually("flagged", () => provider.mails("mairie").every((m) => m.flags.includes("$Parvis")));
    const count = provider.mails("mairie").length;
    await provider.end();
    const folder = path.join(provider.dir, "mail/mairie");
    for (const name of fs.readdirSync(folder))
        if (/^dovecot|^maildirfolder/.test(name)) fs.rmSync(path.join(folder, name));
    const from = log().length;
    await provider.launch();
    provider.deliver("mairie", text("Après les nouveaux numéros", { to: MAIRIE }));
    await camille.joinInvited("Après les nouveaux numéros");
    assert.match(log().slice(from), /folder INBOX has new numbers; it is read again/);
    await eventually("all are flagged again", () => provider.mails("mairie").length === count + 1 &&
        provider.mails("mairie").every((m) => m.flags.includes("$Parvis")));
    assert.deepEqual(await bodies(room), ["Bonjour."]);
    assert.equal((await camille.invites()).filter((r) => /numéros/.test(r.name)).length, 0);
});

test("the password is not in the log, and a wrong one locks nothing: it is read again", async () => {
    fs.writeFileSync(path.join(provider.dir, "mairie.password"), "faux-mot-de-passe\n");
    const from = log().length;
    await provider.restart();
    await told("the refusal", /mairie@localhost:\d+: the server says: .*[Aa]uthentication failed.*again/, from);
    provider.passwordFile("mairie");
    provider.deliver("mairie", text("Mot de passe changé", { to: MAIRIE }));
    await camille.joinInvited("Mot de passe changé");
    for (const word of ["faux-mot-de-passe", "secret", "mot de passe é"]) assert.ok(!log().includes(word));
});

test("kill -9 of the bridge while it fetches: each mail is there once, and put away", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `Pendant la lecture ${i}`);
    await parvis.kill("bridge-mail");
    for (const name of names) provider.deliver("voirie", text(name, { body: "x".repeat(200000) }));
    for (const count of [3, 12, 20]) {
        const from = log().length;
        await parvis.launch("bridge-mail");
        await eventually("some are fetched", () => (log().slice(from).match(/received id=\d+ via=imap/g) ?? []).length >= count / 3);
        await parvis.kill("bridge-mail");
    }
    await parvis.launch("bridge-mail");
    await eventually("all are put away", () => provider.mails("voirie").length === 3, 60000);
    for (const name of names) {
        const room = await camille.joinInvited(name);
        const messages = await camille.messages(room);
        assert.equal(messages.filter((m) => m.content.msgtype === "m.text" || m.content.msgtype === "m.notice").length, 1, name);
    }
    assert.equal((await camille.invites()).filter((r) => /Pendant la lecture/.test(r.name)).length, 0);
});

test("a certificate that nobody vouches for is refused, a password never leaves in clear to another machine", async () => {
    const config = fs.readFileSync(parvis.config, "utf8");
    await parvis.end("bridge-mail");
    try {
        fs.writeFileSync(parvis.config, config.replace(/^( +)ca_file: .*$/gm, "$1ca_file: /etc/ssl/certs/ca-certificates.crt"));
        const from = log().length;
        await parvis.launch("bridge-mail");
        await told("STARTTLS", /voirie@localhost:\d+: TLS: (unable to get local issuer|self.signed) certificate/, from);
        await told("TLS", /mairie@localhost:\d+: TLS: (unable to get local issuer|self.signed) certificate/, from);
        await parvis.end("bridge-mail");
    } finally {
        fs.writeFileSync(parvis.config, config);
        await parvis.launch("bridge-mail");
    }
});

test("a server without IDLE and MOVE, that speaks XOAUTH2: a token by command, read anew when it is refused", async () => {
    const other = await Dovecot.start({ users: { nouveau: "jeton-2" }, capability: "IMAP4rev1 SASL-IR UIDPLUS" });
    // Dovecot's own XOAUTH2 asks a server on the web: between it and the bridge stands a translator.
    const seen = [];
    const translator = net.createServer((client) => {
        const server = net.connect(other.port, "127.0.0.1");
        server.on("error", () => client.destroy()).on("close", () => client.destroy());
        client.on("error", () => server.destroy()).on("close", () => server.destroy());
        server.on("data", (bytes) => client.write(bytes.toString("latin1").replace(/AUTH=PLAIN/g, "AUTH=XOAUTH2"), "latin1"));
        client.on("data", (bytes) => {
            const line = bytes.toString("latin1");
            const [, tag, code] = line.match(/^(\S+) AUTHENTICATE XOAUTH2 (\S+)/) ?? [];
            if (!code) return server.write(bytes);
            const [, user, token] = Buffer.from(code, "base64").toString().match(/^user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01$/);
            seen.push(token);
            server.write(`${tag} AUTHENTICATE PLAIN ${Buffer.from(`\0${user}\0${token}`).toString("base64")}\r\n`);
        });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => translator.once("listening", resolve));
    const turns = path.join(parvis.dir, "turns");
    fs.writeFileSync(turns, "");
    const config = fs.readFileSync(parvis.config, "utf8");
    await parvis.end("bridge-mail");
    try {
        fs.writeFileSync(parvis.config, config.replace(/^ {2}imap:$/m, ["  imap:", ...other.imap("nouveau", {
            keys: {
                url: `imap://127.0.0.1:${translator.address().port}`, poll_s: 1, done: "move", existing: "all",
                token_command: `'echo x >> ${turns}; echo jeton-$(wc -l < ${turns})'`,
            },
        }).map((line) => `  ${line}`)].join("\n")));
        other.deliver("nouveau", text("Par jeton"));
        await parvis.launch("bridge-mail");
        await camille.joinInvited("Par jeton");
        assert.deepEqual(seen, ["jeton-1", "jeton-2"]);
        await told("no IDLE", /nouveau@127.0.0.1:\d+: reading INBOX, the server has no IDLE/, 0);
        other.deliver("nouveau", text("Sans IDLE"));
        await camille.joinInvited("Sans IDLE");
        await eventually("copied and expunged", () => other.mails("nouveau", "Parvis").length === 2 && other.mails("nouveau").length === 0);
        assert.ok(!/jeton-\d/.test(log()), "a token in the log");
        await parvis.end("bridge-mail");
    } finally {
        fs.writeFileSync(parvis.config, config);
        translator.close();
        await other.stop();
        await parvis.launch("bridge-mail");
    }
});

test("servers that lie, talk without end or hang up: nothing is taken, nothing breaks, the others are read", async () => {
    const ready = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE] ready\r\n";
    const folder = "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 8] x\r\n";
    // What each answers to a command, and what the log says of it.
    const session = (fetch) => (tag, line) =>
        /SELECT/.test(line) ? `${folder}${tag} OK x\r\n`
            : /SEARCH/.test(line) ? `* SEARCH 7\r\n${tag} OK x\r\n`
                : /FETCH.*BODY/.test(line) ? fetch(tag)
                    : /FETCH/.test(line) ? `* 1 FETCH (UID 7 FLAGS () RFC822.SIZE 10)\r\n${tag} OK x\r\n` : `${tag} OK x\r\n`;
    const mail = "Subject: Menteur\r\n\r\nx";
    const liars = [
        { greeting: "* PREAUTH welcome\r\n", told: /the server says: welcome/ },
        { greeting: "HTTP/1.1 400 Bad Request\r\n\r\n", told: /not IMAP/ },
        { greeting: `* OK ${"x".repeat(3000000)}`, told: /past all limits/ },
        { answer: () => "* BYE go away\r\n", close: true, told: /the server says: go away/ },
        { answer: (tag, line) => `${tag} BAD do not know ${line}\r\n`, told: /does not understand the sign-in/ },
        { answer: session(() => "* 1 FETCH (UID 7 BODY[] {99999999999}\r\n"), told: /past all limits/ },
        { answer: session((tag) => `* 1 FETCH (UID 6 BODY[] {${mail.length}}\r\n${mail})\r\n${tag} OK x\r\n`), told: /again in/ },
        { answer: session(() => `* 1 FETCH (UID 7 BODY[] {100}\r\n${mail}`), close: true, told: /closed the connection/ },
        { answer: (tag) => `${tag}9 OK x\r\n`, told: /answers out of turn/ },
    ];
    const servers = await Promise.all(liars.map(async (liar) => {
        const server = net.createServer((socket) => {
            socket.on("error", () => {});
            socket.write(liar.greeting ?? ready);
            socket.on("data", (bytes) => {
                for (const line of bytes.toString("latin1").split("\r\n").filter(Boolean)) {
                    const reply = liar.answer?.(line.split(" ")[0], line);
                    if (reply) socket.write(reply);
                    if (liar.close && /BODY|BYE/.test(reply ?? "")) socket.end();
                }
            });
        }).listen(0, "127.0.0.1");
        await new Promise((resolve) => server.once("listening", resolve));
        return server;
    }));
    const secret = path.join(provider.dir, "liar.password");
    fs.writeFileSync(secret, "tres-secret\n");
    const config = fs.readFileSync(parvis.config, "utf8");
    await parvis.end("bridge-mail");
    try {
        const lines = servers.flatMap((server, i) => provider.imap(`menteur${i}`, {
            keys: { url: `imap://127.0.0.1:${server.address().port}`, password_file: secret, existing: "all" },
        }));
        fs.writeFileSync(parvis.config, config.replace(/^ {2}imap:$/m, ["  imap:", ...lines.map((line) => `  ${line}`)].join("\n")));
        const from = log().length;
        await parvis.launch("bridge-mail");
        for (const [i, { told: pattern }] of liars.entries())
            await told(`liar ${i}`, new RegExp(`menteur${i}@127.0.0.1:\\d+: .*${pattern.source}`), from);
        provider.deliver("voirie", text("Parmi les menteurs"));
        await camille.joinInvited("Parmi les menteurs");
        assert.ok(!log().includes("tres-secret"));
        assert.ok(!(await camille.invites()).some((room) => room.name === "Menteur"));
        await parvis.end("bridge-mail");
    } finally {
        fs.writeFileSync(parvis.config, config);
        for (const server of servers) server.close();
    }
});
