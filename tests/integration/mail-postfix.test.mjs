// SPDX-License-Identifier: Apache-2.0
// Debian's Postfix before the bridge (LMTP on its socket) and behind it (submission): queues,
// STARTTLS, logins, greylisting, the rate per hour.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test as nodeTest } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { Dovecot } from "../tools/dovecot.mjs";
import { idsIn, lmtp, send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";
import { Postfix } from "../tools/postfix.mjs";

const VOIRIE = "voirie@ville.example";
const MAIRIE = "mairie@ville.example";
const JEAN = "jean.dupont@orange.example";

// Postfix's master starts as root only.
const skip = process.getuid() === 0 ? false : "Postfix starts as root only";
const test = (name, run) => nodeTest(name, { skip }, run);

let parvis, front, relay, sink, login, camille;
let numbers = 0;

before(async () => {
    if (skip) return;
    sink = await Sink.start();
    // Postfix asks Dovecot whether a login is right.
    login = await Dovecot.start({ users: { parvis: "mot de passe" }, auth: true });
    relay = await Postfix.start({ sink: Number(sink.url.split(":").pop()), auth: login.authSocket });
    parvis = await Parvis.start({
        smarthost: relay.url,
        mailboxes: [
            { address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] },
            { address: MAIRIE, name: "Mairie", members: ["@camille:localhost"] },
        ],
        bridge: [
            `smarthost_ca_file: ${relay.tls.ca}`, "smarthost_user: parvis",
            `smarthost_password_file: ${login.passwordFile("parvis")}`, "smarthost_per_hour: 8",
        ],
    });
    fs.chmodSync(parvis.dir, 0o755);
    camille = await Agent.register(parvis, "camille");
    front = await Postfix.start({ lmtp: path.join(parvis.dir, "lmtp.sock"), domains: ["ville.example"] });
    await launch();
});

after(async () => {
    await front?.stop();
    await parvis?.stop();
    await relay?.stop();
    await login?.stop();
    sink?.stop();
});

// Postfix's own user reaches the socket by its group, as packaging would set it.
async function launch() {
    await parvis.launch("bridge-mail");
    spawnSync("chgrp", ["postfix", path.join(parvis.dir, "lmtp.sock")]);
}

async function deliver(subject, { to = VOIRIE, from = JEAN, headers = {}, body = "Bonjour.", id, options = [] } = {}) {
    const message = {
        from, to, body, options,
        headers: {
            From: `Jean Dupont <${JEAN}>`, To: to, Subject: subject,
            "Message-Id": `<${id ?? `${++numbers}.${process.pid}@orange.example`}>`, ...headers,
        },
    };
    const { code, log } = await send(["--server", `127.0.0.1:${front.port}`], message);
    assert.equal(code, 0, log);
}

const bodies = async (room) => (await camille.messages(room)).map((event) => event.content.body);

test("Postfix hands a mail over on the socket, and its queue is empty", async () => {
    await deliver("Par Postfix");
    const room = await camille.joinInvited("Par Postfix");
    await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    await eventually("the queue is empty", () => front.queued().length === 0);
    assert.match(front.log(), /status=sent \(250 2\.0\.0 Kept as \d+\)/);
});

test("while the bridge is away Postfix keeps the mail, and gives it once", async () => {
    await parvis.kill("bridge-mail");
    await deliver("Pendant l'absence");
    await eventually("it waits", () => front.queued().length === 1 && /deferred/.test(front.log()));
    await launch();
    front.flush();
    const room = await camille.joinInvited("Pendant l'absence");
    await eventually("the queue is empty", () => { front.flush(); return front.queued().length === 0; });
    await deliver("Après l'absence");
    await camille.message(await camille.joinInvited("Après l'absence"), "the next mail", (e) => e.content.body === "Bonjour.");
    assert.deepEqual(await bodies(room), ["Bonjour."]);
});

test("one status for each recipient: the known one gets it, the unknown one comes back", async () => {
    const replies = await lmtp(path.join(parvis.dir, "lmtp.sock"), JEAN, [VOIRIE, MAIRIE],
        `From: ${JEAN}\r\nTo: ${VOIRIE}, ${MAIRIE}\r\nSubject: Deux statuts\r\nMessage-ID: <deux@orange.example>\r\n\r\nBonjour.\r\n`);
    assert.deepEqual(replies.map((line) => line.slice(0, 9)), ["250 2.0.0", "250 2.0.0"]);
    await deliver("Un de trop", { to: `${VOIRIE},personne@ville.example` });
    await camille.joinInvited("Un de trop");
    await eventually("the refusal", () => /to=<personne@ville\.example>.*status=bounced.*550 5\.1\.1/.test(front.log()));
});

test("the null sender is taken, shown as automatic, and answered by no machine", async () => {
    await deliver("Undelivered Mail Returned to Sender", { from: "<>", headers: { "Auto-Submitted": "auto-replied" } });
    const room = await camille.joinInvited("Undelivered Mail Returned to Sender");
    const event = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    assert.equal(event.content.msgtype, "m.notice");
    assert.equal(event.content["fr.parvis.mail"].automatic, true);
});

test("the same mail for two recipients, one of which fails at first, is there once for each", async () => {
    const mail = `From: ${JEAN}\r\nTo: ${VOIRIE}\r\nSubject: Doublon\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\nMessage-ID: <doublon@orange.example>\r\n\r\nUne fois.\r\n`;
    const socket = path.join(parvis.dir, "lmtp.sock");
    await lmtp(socket, JEAN, [VOIRIE, MAIRIE], mail);
    await lmtp(socket, JEAN, [MAIRIE], mail);
    await lmtp(socket, JEAN, [VOIRIE, MAIRIE], `Received: from x by y; now\r\n${mail}`);
    const rooms = [await camille.joinInvited("Doublon"), await camille.joinInvited("Doublon")];
    await deliver("Après le doublon");
    await camille.joinInvited("Après le doublon");
    for (const room of rooms) assert.deepEqual(await bodies(room), ["Une fois."]);
    assert.equal((await camille.invites()).filter((r) => r.name === "Doublon").length, 0);
});

test("Precedence, List-Id and a missing Subject are what they are", async () => {
    await deliver("Numéro 12", { headers: { Precedence: "bulk", "List-Id": "Lettre <lettre.ville.example>" } });
    const list = await camille.joinInvited("Lettre");
    await camille.message(list, "the letter", (e) => e.content.msgtype === "m.notice");
    await lmtp(path.join(parvis.dir, "lmtp.sock"), JEAN, [VOIRIE],
        `From: Zoé <zoe@orange.example>\r\nTo: ${VOIRIE}\r\nMessage-ID: <sans@orange.example>\r\n\r\nLe corps n'est pas l'objet.\r\n`);
    const without = await eventually("the room without a subject", async () =>
        (await camille.invites()).find((r) => /objet|zoe/i.test(r.name ?? "")));
    assert.doesNotMatch(without.name, /corps/);
    const room = await camille.joinInvited(without.name);
    await camille.message(room, "the text", (e) => e.content.body === "Le corps n'est pas l'objet.");
});

test("an answer leaves by submission with STARTTLS and a login, names kept, quotes in French folded", async () => {
    const id = "question@orange.example";
    await deliver("Question", { id, body: "Et pour le stationnement ?\n\nLe ven. 20 nov. 2026 à 10:00, Voirie <voirie@ville.example> a écrit :\n> Bonjour,\n> Que voulez-vous savoir ?" });
    const room = await camille.joinInvited("Question");
    const first = await camille.message(room, "the question", (e) => e.content.msgtype === "m.text");
    assert.equal(first.content.body, "Et pour le stationnement ?");
    await camille.reply(room, first.event_id, "C'est gratuit.");
    const left = await sink.mail("the answer", (m) => m.headers.subject === "Re: Question");
    assert.deepEqual(left.to, [JEAN]);
    assert.match(left.headers.to, /^"?Jean Dupont"? <jean\.dupont@orange\.example>$/);
    assert.deepEqual(idsIn(left.headers["in-reply-to"]), [id]);
    assert.match(relay.log(), /sasl_method=(PLAIN|LOGIN), sasl_username=parvis/);
    assert.match(left.headers.received, /with ESMTPSA/);
});

test("two recipients put off by greylisting both get the mail in the end", async () => {
    sink.plan({ rcpt: { [JEAN]: ["451 4.7.1 greylisted"], "anne@orange.example": ["451 4.7.1 greylisted", "451 4.7.1 greylisted"] } });
    await deliver("Liste grise", { headers: { Cc: "Anne <anne@orange.example>" } });
    const room = await camille.joinInvited("Liste grise");
    const first = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    await camille.reply(room, first.event_id, "Patience.");
    await eventually("both", () => { relay.flush(); return sink.mails().filter((m) => m.headers.subject === "Re: Liste grise").length === 2; });
    sink.plan({});
});

test("past the rate of an hour mails wait on disk, also through kill -9, and none is lost", async () => {
    await deliver("Débit");
    const room = await camille.joinInvited("Débit");
    const first = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    const already = (parvis.log("bridge-mail").match(/outgoing=\d+ .* state=3 /g) ?? []).length;
    const left = () => sink.mails().filter((m) => m.headers.subject === "Re: Débit").length;
    for (let i = 0; i < 10; i++) await camille.reply(room, first.event_id, `Réponse ${i}`);
    await eventually("what the rate allows has left", () => left() === 8 - already);
    await parvis.kill("bridge-mail");
    await launch();
    await camille.reply(room, first.event_id, "Réponse 10");
    await deliver("Témoin du débit");
    await camille.joinInvited("Témoin du débit");
    assert.equal(left(), 8 - already);
    // A higher rate lets them go.
    await parvis.end("bridge-mail");
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8").replace("smarthost_per_hour: 8", "smarthost_per_hour: 60"));
    await launch();
    await eventually("all have left", () => left() === 11);
});

test("a smarthost whose certificate nobody vouches for gets no password and no mail", async () => {
    await parvis.end("bridge-mail");
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8").replace(/smarthost_ca_file: .*/, "smarthost_ca_file: /etc/ssl/certs/ca-certificates.crt"));
    await launch();
    await deliver("Mauvais certificat");
    const room = await camille.joinInvited("Mauvais certificat");
    const first = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    await camille.reply(room, first.event_id, "Ne part pas.");
    await eventually("the reason", () => /state=0 reply="(SSL|Problem with|.*certificate)/i.test(parvis.log("bridge-mail")));
    assert.ok(!sink.mails().some((m) => m.headers.subject === "Re: Mauvais certificat"));
});
