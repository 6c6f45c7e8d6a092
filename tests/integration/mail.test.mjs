// SPDX-License-Identifier: Apache-2.0
// The mail bridge from outside: mail in by swaks, out to an SMTP server, agents over the homeserver.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { decodeQuoted, idsIn, readMail, run, send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";

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
