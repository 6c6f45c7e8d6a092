// SPDX-License-Identifier: Apache-2.0
// What leaves by mail: second thoughts, files as links, reports of other servers, what is held
// about a person and how it goes.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { readMail, run, send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis, ROOT } from "../tools/parvis.mjs";

const VOIRIE = "voirie@localhost";
const JEAN = "jean.dupont@orange.example";
const DELAY_S = 3;

let parvis, sink, camille, numbers = 0;

before(async () => {
    sink = await Sink.start();
    parvis = await Parvis.start({
        smarthost: sink.url,
        mailboxes: [{ address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] }],
        bridge: [`send_delay_s: ${DELAY_S}`, "verp: true", "public_url: https://mail.ville.example", "attachment_max_bytes: 100000"],
    });
    camille = await Agent.register(parvis, "camille");
    await parvis.launch("bridge-mail");
});

after(async () => {
    sink?.stop();
    await parvis?.stop();
});

async function deliver({ subject, body = "Bonjour.", from = JEAN, to = VOIRIE, headers = {}, options = [] }) {
    const { code, log } = await send(["--server", `127.0.0.1:${parvis.ports.smtp}`], {
        from, to, body, options,
        headers: { From: from, Subject: subject, "Message-Id": `<${++numbers}.${process.pid}@orange.example>`, ...headers },
    });
    assert.equal(code, 0, log);
}

async function thread(subject, more = {}) {
    await deliver({ subject, ...more });
    const room = await camille.joinInvited(subject);
    const first = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    return { room, first };
}

const sent = (subject) => sink.mails().filter((m) => m.headers.subject === `Re: ${subject}`);
const left = (subject, body) => eventually(`mail: ${body}`, () => sent(subject).find((m) => m.body.includes(body)));
const edit = (room, event, body) => camille.send(room, {
    msgtype: "m.text", body: `* ${body}`, "m.new_content": { msgtype: "m.text", body },
    "m.relates_to": { rel_type: "m.replace", event_id: event },
});
const redact = (room, event) => camille.api("PUT",
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/redact/${encodeURIComponent(event)}/r${++numbers}`, {});
const marks = async (room, event) => (await camille.events(room))
    .filter((e) => e.type === "m.reaction" && e.content["m.relates_to"]?.event_id === event)
    .map((e) => e.content["m.relates_to"].key);
const marked = (room, event, key) => eventually(`${key} on ${event}`, async () => (await marks(room, event)).includes(key));
const notice = (room, text) => camille.message(room, `notice ${text}`, (e) => e.content.msgtype === "m.notice" && text.test(e.content.body));

test("an edit before the mail has left changes it; the room sees it wait, then leave", async () => {
    const subject = "Changer d'avis";
    const { room, first } = await thread(subject);
    const event = await camille.reply(room, first.event_id, "Mardi.");
    await marked(room, event, "⏳");
    await edit(room, event, "Mercredi.");
    await left(subject, "Mercredi.");
    await marked(room, event, "✉️");
    await eventually("no hourglass", async () => !(await marks(room, event)).includes("⏳"));
    assert.deepEqual(sent(subject).map((m) => m.body), ["Mercredi.\r\n"]);
});

test("a redaction before the mail has left takes it back", async () => {
    const subject = "Reprendre";
    const { room, first } = await thread(subject);
    const event = await camille.reply(room, first.event_id, "Erreur de fil.");
    await marked(room, event, "⏳");
    await redact(room, event);
    await notice(room, /Envoi annulé[^]*Sending cancelled/);
    await camille.reply(room, first.event_id, "Le bon texte.");
    await left(subject, "Le bon texte.");
    assert.equal(sent(subject).length, 1);
});

test("edits after it has left send one short correction in the thread; the same words send none", async () => {
    const subject = "Corriger";
    const { room, first } = await thread(subject);
    const event = await camille.reply(room, first.event_id, "Le 12 mai.");
    const original = await left(subject, "Le 12 mai.");
    await marked(room, event, "✉️");
    await edit(room, event, "Le  12 mai.");
    await edit(room, event, "Le 13 mai.");
    await edit(room, event, "Le 14 mai.");
    const correction = await left(subject, "Le 14 mai.");
    assert.match(correction.body, /^Correction du message du \d\d\/\d\d\/\d{4} à \d\d:\d\d :\r\n\r\nLe 14 mai\.\r\n$/);
    assert.equal(correction.headers["in-reply-to"], original.headers["message-id"]);
    await marked(room, event, "✏️");
    assert.equal(sent(subject).length, 2);
});

test("a redaction after it has left is answered with the truth", async () => {
    const subject = "Trop tard";
    const { room, first } = await thread(subject);
    const event = await camille.reply(room, first.event_id, "Parti.");
    await left(subject, "Parti.");
    await marked(room, event, "✉️");
    await redact(room, event);
    await notice(room, /déjà parti par courriel \(1\)[^]*already left by mail \(1\)/);
});

// A mail as it is, from the null sender.
async function report(to, lines) {
    const file = path.join(parvis.dir, `report${++numbers}.eml`);
    fs.writeFileSync(file, `${lines.join("\n")}\n`);
    const { code, log } = await run("swaks", ["--server", `127.0.0.1:${parvis.ports.smtp}`, "--from", "<>",
        "--to", to, "--data", `@${file}`, "--timeout", "20s"]);
    assert.equal(code, 0, log);
}

const dsn = (action, status, said, recipient, returned) => [
    "From: MAILER-DAEMON@orange.example (Mail Delivery System)", `To: ${VOIRIE}`,
    "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
    `Message-ID: <${++numbers}@mx.orange.example>`,
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
    "--b", "Content-Type: text/plain; charset=utf-8", "", "Je suis le programme de courrier.", "",
    "--b", "Content-Type: message/delivery-status", "",
    "Reporting-MTA: dns; mx.orange.example", "",
    `Final-Recipient: rfc822; ${recipient}`, `Action: ${action}`, `Status: ${status}`,
    `Diagnostic-Code: smtp; ${said}`, "",
    "--b", "Content-Type: text/rfc822-headers", "", `From: ${VOIRIE}`, `Message-ID: ${returned}`, "", "--b--",
];

test("reports reach their message: a warning, then a bounce, by the address that they come to", async () => {
    const subject = "Pleine";
    const { room, first } = await thread(subject);
    const event = await camille.reply(room, first.event_id, "Pour la boîte pleine.");
    const mail = await left(subject, "Pour la boîte pleine.");
    assert.match(mail.from, /^voirie\+bounce-[0-9a-f]+-[0-9a-f]{16}@localhost$/);
    await report(mail.from, dsn("delayed", "4.2.2", "452 4.2.2 over quota", JEAN, "<other@x>"));
    await notice(room, /pas encore arrivé : la boîte aux lettres est pleine[^]*has not arrived yet: the mailbox is full/);
    await marked(room, event, "🐌");
    await report(mail.from, dsn("failed", "5.2.2", "552 5.2.2 over quota", JEAN, "<other@x>"));
    const told = await notice(room, /est revenu : la boîte aux lettres est pleine[^]*has come back: the mailbox is full/);
    assert.equal(told.content["m.relates_to"]["m.in_reply_to"].event_id, event);
    await marked(room, event, "❌");
});

test("a bounce is known by the mail that it gives back, in standard form and in Exim's; a forged one is not", async () => {
    const subject = "Deux adresses";
    const { room, first } = await thread(subject, { headers: { Cc: "eve@orange.example" } });
    const event = await camille.reply(room, first.event_id, "À tous les deux.");
    await left(subject, "À tous les deux.");
    await eventually("both mails", () => sent(subject).length === 2);
    const id = sent(subject)[0].headers["message-id"];
    await report(VOIRIE, dsn("failed", "5.1.1", "550 5.1.1 unknown", JEAN, "<pv1.0123456789abcdef.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbb@localhost>"));
    await report(VOIRIE, dsn("failed", "5.1.1", "550 5.1.1 unknown", JEAN, id));
    await notice(room, /jean\.dupont@orange\.example est revenu : l’adresse n’existe pas/);
    await report(VOIRIE, [
        "From: Mail Delivery System <Mailer-Daemon@mx.orange.example>", `To: ${VOIRIE}`,
        "Subject: Mail delivery failed: returning message to sender", `Message-ID: <${++numbers}@mx.orange.example>`, "",
        "This message was created automatically by mail delivery software.", "",
        "The following address(es) failed:", "", "  eve@orange.example", "    Unrouteable address", "",
        "------ This is a copy of the message, including all the headers. ------", "",
        `Message-ID: ${id}`, "To: jean.dupont@orange.example", "", "À tous les deux.",
    ]);
    await notice(room, /eve@orange\.example est revenu : le domaine de l’adresse n’existe pas/);
    await marked(room, event, "❌");
    const notices = (await camille.messages(room)).filter((e) => e.content.msgtype === "m.notice");
    assert.equal(notices.length, 2, JSON.stringify(notices.map((e) => e.content.body)));
    assert.ok(sink.mails().every((m) => !/MAILER-DAEMON|Mailer-Daemon/.test(m.to.join())));
});

async function upload(bytes) {
    const { content_uri } = await parvis.api("POST", "/_matrix/media/v3/upload",
        { token: camille.token, body: bytes, type: "application/pdf" });
    return content_uri;
}

const file = (room, to, url, name) => camille.send(room, {
    msgtype: "m.file", url, body: name, filename: name, info: { mimetype: "application/pdf" },
    "m.relates_to": { "m.in_reply_to": { event_id: to } },
});

test("a file past the limit leaves as a link that works, until its message is redacted", async () => {
    const subject = "Plans";
    const { room, first } = await thread(subject);
    const small = Buffer.alloc(1000, "s"), large = Buffer.alloc(300000, "L");
    await file(room, first.event_id, await upload(small), "petit.pdf");
    const event = await file(room, first.event_id, await upload(large), "grand été.pdf");
    const one = await eventually("the small file", () => sent(subject).find((m) => m.raw.includes("petit.pdf")));
    assert.match(one.raw, /Content-Disposition: attachment;\r\n filename=/);
    const two = await left(subject, "/files/");
    assert.match(two.body, /^Fichier grand été\.pdf, à télécharger jusqu’au \d\d\/\d\d\/\d{4} :\r\n/);
    const url = two.body.match(/https:\/\/mail\.ville\.example(\/files\/\S+)/)[1];
    const get = (target, method = "GET") => fetch(`http://127.0.0.1:${parvis.ports.bridge}${target}`, { method });
    const reply = await get(url);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("content-disposition"), "attachment; filename*=UTF-8''grand%20%C3%A9t%C3%A9.pdf");
    assert.equal(reply.headers.get("content-type"), "application/octet-stream");
    assert.deepEqual(Buffer.from(await reply.arrayBuffer()), large);
    const [, id, end, seal] = url.match(/\/files\/([^.]+)\.([^.]+)\.(.+)/);
    for (const forged of [`${id}.${end}.${seal.slice(1)}x`, `${id}f.${end}.${seal}`, `${id}.${end}0.${seal}`, "x", `${id}.${end}`]) {
        const page = await get(`/files/${forged}`);
        assert.equal(page.status, 404, forged);
        assert.match(await page.text(), /Lien inconnu[^]*Unknown link/);
    }
    await redact(room, event);
    await notice(room, /déjà parti/);
    const ended = await get(url);
    assert.equal(ended.status, 410);
    assert.match(await ended.text(), /<html lang="fr">[^]*n’est plus valable[^]*<section lang="en">[^]*no longer works/);
});

test("an administrator lists what failed, sees its headers only, and has it tried again", async () => {
    const program = path.join(ROOT, process.env.PARVIS_BUILD ?? "build/asan", "parvis-bridge-mail");
    const mails = (...args) => run(program, ["--config", parvis.config, "mails", ...args]);
    sink.plan({ rcpt: { "mort@orange.example": ["550 5.1.1 no such user"] } });
    const { room, first } = await thread("Réessayer", { from: "mort@orange.example" });
    await camille.reply(room, first.event_id, "Un texte que personne ne lit ici.");
    await notice(room, /n’a pas pu être remis à mort@orange\.example : l’adresse n’existe pas/);
    const { log } = await mails("--failed");
    const [, number] = log.match(/^(\d+)\t\S+ \S+\tfailed\tmort@orange\.example\t550 5\.1\.1 no such user$/m);
    const shown = await mails("show", number);
    assert.match(shown.log, /^Subject: =\?/mi);
    assert.doesNotMatch(shown.log, /personne ne lit/);
    assert.equal((await mails("show", "999999")).code, 1);
    assert.match((await mails("retry", number)).log, /^1 recipient/);
    assert.equal((await mails("retry", number)).code, 1);
    await camille.reply(room, first.event_id, "Un autre.");
    await eventually("both mails", () => sink.mails().filter((m) => m.to[0] === "mort@orange.example").length === 2);
});
