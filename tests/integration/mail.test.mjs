// SPDX-License-Identifier: Apache-2.0
// The mail bridge from outside: mail in by swaks, out to an SMTP server, agents over the homeserver.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { dialogue, idsIn, readMail, run, send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis, ROOT } from "../tools/parvis.mjs";

const VOIRIE = "voirie@localhost";
const MAIRIE = "mairie@localhost";
const JEAN = "jean.dupont@orange.example";

let parvis, sink, camille, spaceId;

const smtp = () => ["--server", `127.0.0.1:${parvis.ports.smtp}`];
const lmtp = () => ["--protocol", "LMTP", "--socket", path.join(parvis.dir, "lmtp.sock")];
let numbers = 0;
const newId = () => `${++numbers}.${process.pid}@orange.example`;

function mail(subject, body, more = {}) {
    const { id = newId(), from = JEAN, to = VOIRIE, headers = {}, ...rest } = more;
    return {
        from, to, body,
        headers: { From: `Jean Dupont <${from}>`, Subject: subject, "Message-Id": `<${id}>`, ...headers },
        ...rest,
    };
}

async function deliver(where, message) {
    const { code, log } = await send(where, message);
    assert.equal(code, 0, log);
}

// A thread with its first mail in, joined by Camille.
async function thread(subject, body = "Bonjour.", more = {}) {
    await deliver(smtp(), mail(subject, body, more));
    const room = await camille.joinInvited(subject);
    const first = await camille.message(room, body, (event) => event.content.body === body);
    return { room, first };
}

const bodies = async (room) => (await camille.messages(room)).map((event) => event.content.body);

before(async () => {
    sink = await Sink.start();
    parvis = await Parvis.start({
        smarthost: sink.url,
        mailboxes: [
            { address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] },
            { address: MAIRIE, name: "Mairie", members: ["@camille:localhost", "@nobody:localhost"] },
        ],
    });
    camille = await Agent.register(parvis, "camille");
    await camille.api("PUT", `/_matrix/client/v3/profile/${camille.id}/displayname`, { displayname: "Camille Martin" });
    await parvis.launch("bridge-mail");
    spaceId = await camille.joinInvited("Voirie");
});

after(async () => {
    sink?.stop();
    await parvis?.stop();
});

test("a new thread makes a room in the mailbox's space, with the sender as a ghost", async () => {
    const { room, first } = await thread("Nid-de-poule rue des Écoles", "Il y a un trou devant le 12.");
    assert.equal(first.sender, "@mail_jean.dupont=40orange.example:localhost");
    const { displayname } = await camille.state(room, "m.room.member", first.sender);
    assert.equal(displayname, "Jean Dupont (courriel)");
    assert.deepEqual((await camille.state(spaceId, "m.space.child", room)).via, ["localhost"]);
    assert.equal((await camille.state(room, "m.space.parent", spaceId)).canonical, true);
    const { join_rule, allow } = await camille.state(room, "m.room.join_rules");
    assert.equal(join_rule, "restricted");
    assert.equal(allow[0].room_id, spaceId);
    assert.match((await camille.state(room, "m.room.topic")).topic,
        /non chiffré de bout en bout[^]*not end-to-end encrypted/);
    assert.ok((await camille.state(room, "m.room.power_levels")).events["m.room.encryption"] > 100);
    await assert.rejects(camille.state(room, "m.room.encryption"), { status: 404 });
});

test("an agent's reply leaves as the service's mail, and its answer lands in the same room", async () => {
    const id = newId();
    const { room, first } = await thread("Demande d'acte", "Pouvez-vous m'envoyer un acte ?", { id });
    await camille.send(room, { msgtype: "m.text", body: "Qui s'en charge ?" });
    const event = await camille.reply(room, first.event_id, "Bien sûr.\n.\nÀ bientôt");
    const left = await sink.mail("the reply", (m) => m.headers.subject === "Re: Demande d'acte");
    assert.deepEqual(left.to, [JEAN]);
    assert.equal(left.from, VOIRIE);
    assert.equal(left.headers["in-reply-to"], `<${id}>`);
    assert.deepEqual(idsIn(left.headers.references), [id]);
    assert.match(left.headers.from, /Camille Martin — Voirie.* <voirie@localhost>$/);
    assert.match(left.headers.to, /<jean\.dupont@orange\.example>/);
    assert.equal(left.body, "Bien sûr.\r\n.\r\nÀ bientôt\r\n");
    assert.equal(left.headers["auto-submitted"], undefined);
    assert.ok(!left.raw.includes("camille:localhost"));

    await eventually("the reaction", async () => (await camille.events(room)).some((e) =>
        e.type === "m.reaction" && e.content["m.relates_to"].event_id === event));

    const [ours] = idsIn(left.headers["message-id"]);
    await deliver(smtp(), mail("RE: Demande d'acte", "Merci beaucoup !",
        { headers: { "In-Reply-To": `<${ours}>`, References: `<${id}> <${ours}>` } }));
    const answer = await camille.message(room, "the answer", (e) => e.content.body === "Merci beaucoup !");
    assert.equal(answer.content["m.relates_to"]["m.in_reply_to"].event_id, event);

    await camille.reply(room, answer.event_id, "De rien.");
    const second = await sink.mail("the second reply", (m) => m.body === "De rien.\r\n");
    assert.deepEqual(idsIn(second.headers.references), [id, ours, answer.content["fr.parvis.mail"].message_id]);
    assert.ok(!sink.mails().some((m) => m.body.includes("Qui s'en charge")), "an inner message has left");
});

test("another thread makes another room; LMTP and SMTP lead to the same ones", async () => {
    const id = newId();
    const one = await thread("Lampadaire éteint", "Rue Haute.", { id });
    const two = await thread("Poubelles", "Elles débordent.");
    assert.notEqual(one.room, two.room);
    await deliver(lmtp(), mail("Re: Lampadaire éteint", "Toujours éteint.", { headers: { "In-Reply-To": `<${id}>` } }));
    const answer = await camille.message(one.room, "the answer by LMTP", (e) => e.content.body === "Toujours éteint.");
    assert.equal(answer.content["m.relates_to"]["m.in_reply_to"].event_id, one.first.event_id);
    assert.deepEqual(await bodies(two.room), ["Elles débordent."]);
});

test("the same mail given twice makes one message", async () => {
    const message = mail("Une seule fois", "Une fois.", { headers: { Date: "Sat, 21 Nov 2026 10:00:00 +0100" } });
    await deliver(smtp(), message);
    await deliver(lmtp(), message);
    const room = await camille.joinInvited("Une seule fois");
    await deliver(smtp(), mail("Après", "Après.", {}));
    await camille.joinInvited("Après");
    assert.deepEqual(await bodies(room), ["Une fois."]);
});

test("an unknown recipient is refused with 550, and the others get the mail", async () => {
    const { log } = await send(smtp(), mail("Pour deux", "Bonjour.", { to: `personne@localhost,${MAIRIE}` }));
    assert.match(log, /RCPT TO:<personne@localhost>\n<\*\* 550 5\.1\.1/);
    await camille.joinInvited("Pour deux");
    const refused = await send(smtp(), mail("Perdu", "?", { to: "personne@localhost" }));
    assert.notEqual(refused.code, 0);
});

test("a second mail in one connection reaches its own recipients only", async () => {
    const transcript = (to, subject) => [
        `MAIL FROM:<${JEAN}>`, `RCPT TO:<${to}>`, "DATA",
        [`From: ${JEAN}`, `To: ${to}`, `Subject: ${subject}`, `Message-ID: <${newId()}>`, "", subject, "."].join("\r\n"),
    ];
    const replies = await dialogue(parvis.ports.smtp, [
        "EHLO test", ...transcript(VOIRIE, "Premier"), ...transcript(MAIRIE, "Second"), "QUIT",
    ]);
    assert.equal(replies.filter((line) => line.startsWith("250 2.0.0")).length, 2, replies.join("\n"));
    const first = await camille.joinInvited("Premier");
    const second = await camille.joinInvited("Second");
    await camille.message(second, "the second mail", (e) => e.content.body === "Second");
    assert.deepEqual(await bodies(first), ["Premier"]);
    assert.deepEqual(await bodies(second), ["Second"]);
    assert.notEqual((await camille.state(second, "m.room.join_rules")).allow[0].room_id, spaceId);
});

test("what an agent marks with a command leaves, plain and rich", async () => {
    const { room } = await thread("Commande", "Bonjour ?");
    await camille.send(room, {
        msgtype: "m.text",
        body: "!envoyer C'est **urgent** <3",
        format: "org.matrix.custom.html",
        formatted_body: "<p>!envoyer C&#39;est <strong>urgent</strong> &lt;3<img src=\"mxc://x/y\"><script>alert(1)</script></p>",
    });
    const left = await sink.mail("the command", (m) => m.headers.subject === "Re: Commande");
    assert.match(left.headers["content-type"], /^multipart\/alternative/);
    const parts = left.raw.split(/--=_pv_[0-9a-f]+_a(?:--)?\r\n/).slice(1, 3).map(readMail);
    assert.match(parts[0].headers["content-type"], /^text\/plain/);
    assert.equal(parts[0].body, "C'est **urgent** <3\r\n");
    assert.match(parts[1].headers["content-type"], /^text\/html/);
    assert.match(parts[1].body, /C'est <(strong|b)>urgent<\/\1> &lt;3/);
    assert.doesNotMatch(parts[1].body, /<img|<script|!envoyer/);

    await camille.send(room, { msgtype: "m.text", body: "!send" });
    await camille.message(room, "the hint", (e) => /Rien à envoyer[^]*Nothing to send/.test(e.content.body));
});

test("attachments come in as files and leave as attachments", async () => {
    const photo = path.join(parvis.dir, "été à la plage.png");
    const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    fs.writeFileSync(photo, png);
    const { room, first } = await thread("Photo", "Voici.", { options: ["--attach-type", "image/png", "--attach-name", "trou.png", "--attach", `@${photo}`] });
    const file = await camille.message(room, "the file", (e) => e.content.msgtype === "m.image");
    assert.equal(file.content.filename, "trou.png");
    const [, server, media] = file.content.url.match(/^mxc:\/\/([^/]+)\/(.+)$/);
    const got = await fetch(`${parvis.url}/_matrix/client/v1/media/download/${server}/${media}`,
        { headers: { Authorization: `Bearer ${camille.token}` } });
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), png);

    const { content_uri } = await parvis.api("POST", "/_matrix/media/v3/upload", { token: camille.token, body: png, type: "image/png" });
    await camille.reply(room, first.event_id, "La photo demandée", {
        msgtype: "m.image", url: content_uri, filename: "été à la plage.png", info: { mimetype: "image/png" },
    });
    const left = await sink.mail("the attachment", (m) => m.headers.subject === "Re: Photo");
    assert.match(left.headers["content-type"], /^multipart\/mixed/);
    const parts = left.raw.split(/--=_pv_[0-9a-f]+_m(?:--)?\r\n/).slice(1, 3).map(readMail);
    assert.equal(parts[0].body, "La photo demandée\r\n");
    assert.match(parts[1].headers["content-disposition"], /^attachment; filename\*0\*=UTF-8''%C3%A9t%C3%A9/);
    assert.deepEqual(Buffer.from(parts[1].body, "base64"), png);
});

test("one recipient put off and one refused: each on its own, and the room is told", async () => {
    sink.plan({ rcpt: { "tard@orange.example": ["451 4.7.1 later"], "mort@orange.example": ["550 5.1.1 no such user"] } });
    const { room, first } = await thread("Trois personnes", "Bonjour à trois.", {
        headers: { Cc: "tard@orange.example, mort@orange.example" },
    });
    const event = await camille.reply(room, first.event_id, "Réponse à trois.");
    const notice = await camille.message(room, "the notice", (e) => e.content.body.includes("mort@orange.example"));
    assert.match(notice.content.body, /n’a pas pu être remis[^]*could not be delivered[^]*550 5\.1\.1 no such user/);
    assert.equal(notice.content["m.relates_to"]["m.in_reply_to"].event_id, event);
    await sink.mail("the mail to the one who was put off", (m) => m.to[0] === "tard@orange.example");
    const ours = sink.mails().filter((m) => m.headers.subject === "Re: Trois personnes");
    assert.deepEqual(ours.map((m) => m.to), [[JEAN], ["tard@orange.example"]]);
    assert.equal(ours[0].headers["message-id"], ours[1].headers["message-id"]);
    assert.ok(ours.every((m) => m.headers.bcc === undefined));
    sink.plan({});
});

test("without a smarthost, mail that leaves is in the Maildir", async () => {
    const alone = await Parvis.start({
        mailboxes: [{ address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] }],
    });
    try {
        const agent = await Agent.register(alone, "camille");
        await alone.launch("bridge-mail");
        await deliver(["--server", `127.0.0.1:${alone.ports.smtp}`], mail("Sans relais", "Bonjour."));
        const room = await agent.joinInvited("Sans relais");
        const first = await agent.message(room, "the mail", (e) => e.content.body === "Bonjour.");
        await agent.reply(room, first.event_id, "Bonjour à vous.");
        const folder = path.join(alone.dir, "outbox/new");
        const [name] = await eventually("a file", () => {
            const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
            return names.length > 0 && names;
        });
        const left = readMail(fs.readFileSync(path.join(folder, name), "latin1"));
        assert.equal(left.headers["delivered-to"], JEAN);
        assert.equal(left.headers["return-path"], `<${VOIRIE}>`);
        assert.equal(left.headers.subject, "Re: Sans relais");
        assert.equal(left.body, "Bonjour à vous.\r\n");
        assert.deepEqual(fs.readdirSync(path.join(alone.dir, "outbox/tmp")), []);
    } finally {
        await alone.stop();
    }
});

test("the homeserver's side of the application service API is for the homeserver alone", async () => {
    const bridge = `http://127.0.0.1:${parvis.ports.bridge}`;
    const registration = fs.readFileSync(path.join(parvis.dir, "bridge-mail-registration.yaml"), "utf8");
    const token = registration.match(/^hs_token: (.*)$/m)[1];
    const call = (method, target, bearer, body) => fetch(bridge + target, {
        method, body, headers: bearer ? { Authorization: `Bearer ${bearer}` } : {},
    }).then(async (reply) => [reply.status, (await reply.json()).errcode]);
    const transaction = "/_matrix/app/v1/transactions/1";
    assert.deepEqual(await call("PUT", transaction, undefined, "{}"), [401, "M_MISSING_TOKEN"]);
    assert.deepEqual(await call("PUT", transaction, "wrong", '{"events":[]}'), [403, "M_FORBIDDEN"]);
    assert.deepEqual(await call("PUT", transaction, token, "{"), [400, "M_NOT_JSON"]);
    assert.deepEqual(await call("PUT", transaction, token, '{"events":{}}'), [400, "M_BAD_JSON"]);
    assert.deepEqual(await call("PUT", transaction, token, '{"events":[]}'), [200, undefined]);
    assert.deepEqual(await call("PUT", transaction, token, '{"events":[]}'), [200, undefined]);
    assert.deepEqual(await call("POST", "/_matrix/app/v1/ping", token, '{"transaction_id":"x"}'), [200, undefined]);
    const user = (id) => call("GET", `/_matrix/app/v1/users/${encodeURIComponent(id)}`, token);
    assert.deepEqual(await user("@mail_jean.dupont=40orange.example:localhost"), [200, undefined]);
    assert.deepEqual(await user("@mail_invitee=40orange.example:localhost"), [200, undefined]);
    assert.deepEqual(await user("@mail_noreply=40orange.example:localhost"), [404, "M_NOT_FOUND"]);
    assert.deepEqual(await call("GET", "/_matrix/app/v1/unknown", token), [404, "M_UNRECOGNIZED"]);
    assert.equal((await fetch(`${bridge}/metrics`)).status, 200);
});

test("a smarthost that does not like our login refuses no mail, which waits", async () => {
    const host = await Sink.start();
    const own = await Parvis.start({
        smarthost: host.url,
        mailboxes: [{ address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] }],
    });
    try {
        const password = path.join(own.dir, "password");
        fs.writeFileSync(password, "faux\n");
        fs.writeFileSync(own.config, fs.readFileSync(own.config, "utf8").replace(/^  smarthost_url:.*$/m,
            `$&\n  smarthost_user: voirie\n  smarthost_password_file: ${password}`));
        host.plan({ login: ["voirie", "juste"] });
        const agent = await Agent.register(own, "camille");
        await own.launch("bridge-mail");
        await deliver(["--server", `127.0.0.1:${own.ports.smtp}`], mail("Connexion", "Bonjour."));
        const room = await agent.joinInvited("Connexion");
        const first = await agent.message(room, "the mail", (e) => e.content.body === "Bonjour.");
        await agent.reply(room, first.event_id, "Bonjour à vous.");
        await eventually("the refused login in the log", () => /535/.test(own.log("bridge-mail")));
        assert.ok(!own.log("bridge-mail").includes("faux"));
        fs.writeFileSync(password, "juste\n");
        await host.mail("the mail", (m) => m.headers.subject === "Re: Connexion");
        assert.deepEqual((await agent.messages(room)).map((e) => e.content.body), ["Bonjour.", "Bonjour à vous."]);
    } finally {
        host.stop();
        await own.stop();
    }
});

test("a second bridge on the same state does not start, and says why in one line", async () => {
    const program = path.join(ROOT, process.env.PARVIS_BUILD ?? "build/asan", "parvis-bridge-mail");
    const { code, log } = await run(program, ["--config", parvis.config]);
    assert.equal(code, 1);
    assert.match(log, /^parvis-bridge-mail: another parvis-bridge-mail is at work on .*; stop it first\n$/);
});
