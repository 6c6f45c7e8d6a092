// SPDX-License-Identifier: Apache-2.0
// What people do with threads by commands, and rooms in which people take part by mail.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { startChaos } from "../tools/chaos-proxy.mjs";
import { idsIn, readMail, send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";

const VOIRIE = "voirie@localhost";
const MAIRIE = "mairie@localhost";
const JEAN = "jean.dupont@orange.example";

let parvis, sink, chaos, camille, zoe, voirie, mairie;
let numbers = 0;
const newId = () => `${++numbers}.${process.pid}@orange.example`;

async function deliver(subject, body, { from = JEAN, to = VOIRIE, headers = {}, id = newId() } = {}) {
    const { code, log } = await send(["--server", `127.0.0.1:${parvis.ports.smtp}`], {
        from, to, body, headers: { From: from, Subject: subject, "Message-Id": `<${id}>`, ...headers },
    });
    assert.equal(code, 0, log);
    return id;
}

async function thread(subject, body = "Bonjour.", more = {}) {
    const id = await deliver(subject, body, more);
    const room = await camille.joinInvited(subject);
    const first = await camille.message(room, body, (event) => event.content.body === body);
    return { room, first, id };
}

const text = (body) => ({ msgtype: "m.text", body });
const bodies = async (room) => (await camille.messages(room)).map((event) => event.content.body);
const name = async (room) => (await camille.state(room, "m.room.name")).name;
const topic = async (room) => (await camille.state(room, "m.room.topic")).topic;
const number = async (room) => parseInt((await topic(room)).match(/^Fil nº (\d+)/)[1]);

// The bridge's answer to an event.
async function answerTo(agent, room, event) {
    const answers = (e) => e.content.msgtype === "m.notice";
    return eventually(`an answer to ${event}`, async () => (await agent.messages(room)).find((e) =>
        answers(e) && e.content["m.relates_to"]?.["m.in_reply_to"]?.event_id === event));
}

async function command(room, body, { agent = camille, more = {} } = {}) {
    const event = await agent.send(room, { ...text(body), ...more });
    return (await answerTo(agent, room, event)).content.body;
}

before(async () => {
    sink = await Sink.start();
    parvis = await Parvis.start({
        smarthost: sink.url,
        bridge: ["rooms_address: salons@localhost", "invitations_per_hour: 30"],
        mailboxes: [
            { address: VOIRIE, name: "Voirie", members: ["@camille:localhost", "@zoe:localhost"] },
            { address: MAIRIE, name: "Mairie", members: ["@camille:localhost"] },
        ],
    });
    chaos = await startChaos(parvis.url);
    const key = "bridge_mail:\n  homeserver_url: ";
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8")
        .replace(key + parvis.url, key + chaos.url));
    camille = await Agent.register(parvis, "camille");
    zoe = await Agent.register(parvis, "zoe");
    await camille.api("PUT", `/_matrix/client/v3/profile/${camille.id}/displayname`, { displayname: "Camille Martin" });
    await parvis.launch("bridge-mail");
    voirie = await camille.joinInvited("Voirie");
    mairie = await camille.joinInvited("Mairie");
});

after(async () => {
    sink?.stop();
    await parvis?.stop();
    chaos?.close();
});

test("help is in the language of the command", async () => {
    const { room } = await thread("Aide");
    assert.match(await command(room, "!aide"), /^Commandes possibles ici :[^]*!fusionner numéro[^]*!déplacer|!deplacer boîte/);
    assert.match(await command(room, "!HELP"), /^Commands here:[^]*!merge number/);
    assert.match(await command(room, "!aider"), /Je ne connais|I do not know/);
    assert.match(await command(room, "Courriel / Mail: aide"), /^Commandes possibles ici/);
});

test("a thread is taken, given to another, closed, and opened by the next mail", async () => {
    const { room, id } = await thread("À prendre");
    assert.match(await topic(room), /^Fil nº \d+\n/);
    assert.equal(await command(room, "!prendre"), "Camille Martin a pris ce fil.");
    await eventually("the topic", async () => /^Fil nº \d+ · pris par Camille Martin\n/.test(await topic(room)));
    assert.match(await command(room, "!assign @zoe:localhost"), /I cannot give this thread to that person/);
    await zoe.joinInvited("Voirie");
    assert.match(await command(room, "!assign", {
        more: { formatted_body: `!assign <a href="https://matrix.to/#/${zoe.id}">zoe</a>`, format: "org.matrix.custom.html", body: "!assign zoe" },
    }), /zoe.* has taken this thread/);
    assert.match(await command(room, "!libérer"), /Personne/);
    assert.match(await command(room, "!fermer"), /Ce fil est fermé/);
    await eventually("the name", async () => await name(room) === "[fermé] À prendre");
    assert.match(await topic(room), /fermé/);
    assert.match(await command(room, "!close"), /already/);
    await deliver("Re: À prendre", "Encore moi.", { headers: { "In-Reply-To": `<${id}>` } });
    await camille.message(room, "the mail", (e) => e.content.body === "Encore moi.");
    await eventually("the name", async () => await name(room) === "À prendre");
});

test("only members of the mailbox's space give commands", async () => {
    const { room } = await thread("Réservé");
    await zoe.joinInvited("Réservé");
    await zoe.api("POST", `/_matrix/client/v3/rooms/${encodeURIComponent(voirie)}/leave`, {});
    assert.match(await command(room, "!fermer", { agent: zoe }), /Seuls les membres/);
    assert.equal(await name(room), "Réservé");
});

async function merge(when, step) {
    const one = await thread(`Fuite ${when}`, "Une fuite.");
    const two = await thread(`Inondation ${when}`, "Une inondation.");
    const into = await number(two.room);
    const killed = step && chaos.at(when, step, () => parvis.kill("bridge-mail"));
    const event = await camille.send(one.room, text(`!fusionner #${into}`));
    if (step) {
        await killed;
        await parvis.launch("bridge-mail");
    }
    const answer = await answerTo(camille, one.room, event);
    assert.match(answer.content.body, new RegExp(`continue dans le nº ${into},`));
    const tombstone = await eventually("the room's end", () => camille.state(one.room, "m.room.tombstone").catch(() => null));
    assert.equal(tombstone.replacement_room, two.room);
    await deliver(`Re: Fuite ${when}`, "Elle coule encore.", { headers: { "In-Reply-To": `<${one.id}>` } });
    await camille.message(two.room, "the mail", (e) => e.content.body.endsWith("Elle coule encore."));
    assert.equal((await bodies(one.room)).filter((b) => /continue dans/.test(b)).length, 1);
    const there = await bodies(two.room);
    assert.equal(there.filter((b) => /a rejoint celui-ci[^]*has become part/.test(b)).length, 1);
    assert.deepEqual(there.filter((b) => !/rejoint/.test(b)).map((b) => b.split("\n").at(-1)),
        ["Une inondation.", "Elle coule encore."]);
    await assert.rejects(async () => assert.ok((await camille.state(voirie, "m.space.child", one.room)).via));
    return { one, two };
}

test("two threads become one: mails of the first land in the second", async () => {
    const { one, two } = await merge("tout court");
    assert.match(await command(two.room, "!fusionner 999999"), /Je ne trouve pas ce fil/);
    assert.match(await command(two.room, "!fusionner"), /Je ne trouve pas ce fil/);
    assert.match(await command(two.room, `!merge https://matrix.to/#/${encodeURIComponent(two.room)}`), /already/);
    // What is answered in the old room still leaves.
    await camille.reply(one.room, one.first.event_id, "Nous venons.");
    const left = await sink.mail("the answer", (m) => m.body === "Nous venons.\r\n");
    assert.equal(left.headers["in-reply-to"], `<${one.id}>`);
});

const mergeSteps = {
    "the other room is told": /PUT .*\/send\/m\.room\.message\//,
    "the room ends": /PUT .*\/state\/m\.room\.tombstone\//,
};
for (const [what, step] of Object.entries(mergeSteps))
    for (const when of ["before", "after"])
        test(`kill -9 of the bridge ${when} ${what}: merged once`, () => merge(when, step));

test("a mail and what follows from it become a thread of their own", async () => {
    const { room, id } = await thread("Deux affaires", "Le trottoir.");
    const second = await deliver("Re: Deux affaires", "Au fait, la lampe.", { headers: { "In-Reply-To": `<${id}>`, References: `<${id}>` } });
    const event = await camille.message(room, "the second", (e) => e.content.body === "Au fait, la lampe.");
    await deliver("Re: Deux affaires", "La lampe, encore.", { headers: { "In-Reply-To": `<${second}>`, References: `<${id}> <${second}>` } });
    await camille.message(room, "the third", (e) => e.content.body === "La lampe, encore.");
    assert.match(await command(room, "!séparer"), /Répondez avec cette commande au courriel/);
    const relation = (to) => ({ more: { "m.relates_to": { "m.in_reply_to": { event_id: to } } } });
    assert.match(await command(room, "!separer La lampe", relation(event.event_id)), /forment maintenant le fil nº \d+/);
    const own = await camille.joinInvited("La lampe");
    await camille.message(own, "the third", (e) => e.content.body.endsWith("La lampe, encore."));
    const messages = (await camille.messages(own)).filter((e) => e.content.msgtype === "m.text");
    assert.deepEqual(messages.map((e) => e.content.body.split("\n").at(-1)), ["Au fait, la lampe.", "La lampe, encore."]);
    // An answer there goes to the thread there, and the next mail follows.
    await camille.reply(own, messages[1].event_id, "Elle est réparée.");
    const left = await sink.mail("the answer", (m) => m.body === "Elle est réparée.\r\n");
    await deliver("Re: La lampe", "Merci.", { headers: { "In-Reply-To": left.headers["message-id"] } });
    await camille.message(own, "the thanks", (e) => e.content.body.endsWith("Merci."));
});

test("a thread goes to another mailbox, with its answers", async () => {
    const { room, first, id } = await thread("Pas pour nous", "Un passeport ?");
    await camille.reply(room, first.event_id, "Nous transmettons.");
    await sink.mail("the first answer", (m) => m.body === "Nous transmettons.\r\n");
    assert.match(await command(room, "!déplacer jardins"), /Je ne connais pas cette boîte/);
    assert.equal(await command(room, "!deplacer mairie"), "Ce fil est maintenant confié à Mairie (mairie@localhost).");
    assert.deepEqual((await camille.state(mairie, "m.space.child", room)).via, ["localhost"]);
    assert.equal((await camille.state(voirie, "m.space.child", room)).via, undefined);
    assert.equal((await camille.state(room, "m.room.join_rules")).allow[0].room_id, mairie);
    await deliver("Re: Pas pour nous", "D'accord.", { headers: { "In-Reply-To": `<${id}>` } });
    const answer = await camille.message(room, "the mail to the old address", (e) => e.content.body === "D'accord.");
    await camille.reply(room, answer.event_id, "Venez lundi.");
    const left = await sink.mail("the answer", (m) => m.body === "Venez lundi.\r\n");
    assert.match(left.headers.from, /<mairie@localhost>/);
});

test("the state of things", async () => {
    const { room } = await thread("Où en est-on");
    assert.match(await command(room, "!etat"), /^Le fil nº \d+ est ouvert\.\nFils ouverts de Voirie : \d+\nnº \d+ Où en est-on/);
});

// A room of Zoé's own, like any other on the homeserver.
async function ownRoom(agent, title, more = {}) {
    const { room_id } = await agent.api("POST", "/_matrix/client/v3/createRoom", {
        preset: "private_chat", name: title, power_level_content_override: { invite: 0 }, ...more,
    });
    return room_id;
}
const ghost = (address) => `@mail_${address.replace("@", "=40")}:localhost`;
const invite = (agent, room, user_id) =>
    agent.api("POST", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/invite`, { user_id });
const membership = async (agent, room, user) => (await agent.state(room, "m.room.member", user).catch(() => ({}))).membership;
const mailsTo = (address) => sink.mails().filter((m) => m.to[0] === address);
const mailTo = (address, what, condition) => eventually(what, () => mailsTo(address).find(condition));
// The decoded text part of a mail.
function plain(mail) {
    const part = mail.raw.split(/--=_pv_[0-9a-f]+_[am](?:--)?\r\n/).map(readMail).find((p) => /^text\/plain/.test(p.headers["content-type"] ?? ""));
    return (part ?? mail).body;
}

async function invited(title, address) {
    const room = await ownRoom(zoe, title);
    await invite(zoe, room, ghost(address));
    const first = await mailTo(address, "the invitation", (m) => m.headers.subject === title);
    return { room, first };
}

test("an invited mail address takes part: invitation, messages, answers, removal", async () => {
    const address = "marie.curie@labo.example";
    const { room, first } = await invited("Projet rocade", address);
    assert.match(first.headers.from, /^"?zoe via Projet rocade"? <salons\+[0-9a-f]{16}@localhost>$/);
    assert.match(plain(first), /^Bonjour,\r\n\r\nzoe vous invite à la conversation « Projet rocade »[^]*répondez à ce courriel/);
    assert.match(first.headers["list-id"], /^<[0-9a-f]{16}\.localhost>$/);
    assert.match(first.headers["list-unsubscribe"], /^<mailto:salons\+[0-9a-f]+@localhost\?subject=unsubscribe%20\S+>$/);
    assert.ok(!first.raw.includes("zoe:localhost"));
    assert.equal(await membership(zoe, room, ghost(address)), "join");
    const event = await zoe.send(room, text("Qui vient lundi ?"));
    const asked = await mailTo(address, "the message", (m) => plain(m).startsWith("Qui vient lundi ?"));
    assert.match(asked.headers.from, /zoe via Projet rocade/);
    assert.deepEqual(idsIn(asked.headers.references), idsIn(first.headers["message-id"]));
    const room_address = first.headers.from.match(/<(.*)>/)[1];
    await deliver("Re: Projet rocade", "Moi, avec plaisir.", { from: address, to: room_address, headers: { "In-Reply-To": asked.headers["message-id"] } });
    const answer = await zoe.message(room, "the answer", (e) => e.content.body.endsWith("Moi, avec plaisir."));
    assert.equal(answer.sender, ghost(address));
    assert.equal(answer.content["m.relates_to"]["m.in_reply_to"].event_id, event);
    await zoe.api("POST", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/kick`, { user_id: ghost(address) });
    const bye = await mailTo(address, "the farewell", (m) => /ne participez plus/.test(plain(m)));
    assert.equal(bye.headers["auto-submitted"], "auto-generated");
    await zoe.send(room, text("Entre nous."));
    await deliver("Re: Projet rocade", "Encore là ?", { from: address, to: room_address });
    await zoe.message(room, "a notice", (e) => /a écrit à ce salon sans y participer[^]*has written/.test(e.content.body));
    assert.ok(!mailsTo(address).some((m) => plain(m).includes("Entre nous")));
    assert.equal(mailsTo(address).length, 3);
});

test("English where people read English; no invitation to machines and to ourselves", async () => {
    const { first } = await invited("Ring road", "ada@analytical.example.uk");
    assert.match(plain(first), /^Hello,\r\n\r\nzoe invites you to the conversation "Ring road"/);
    const room = await ownRoom(zoe, "Machines");
    for (const address of ["noreply@orange.example", VOIRIE]) {
        await invite(zoe, room, ghost(address)).catch(() => {});
        await eventually("no member", async () => [undefined, "leave"].includes(await membership(zoe, room, ghost(address))));
    }
    assert.deepEqual(mailsTo("noreply@orange.example"), []);
});

test("a room with an address: strangers come in, digests, and the way out", async () => {
    const room = await ownRoom(zoe, "Marché de Noël");
    await invite(zoe, room, "@courriel:localhost");
    await zoe.message(room, "the banner", (e) => /non chiffré de bout en bout[^]*not end-to-end encrypted/.test(e.content.body));
    assert.match(await command(room, "!adresse Pas Valable", { agent: zoe }), /ne peut pas servir/);
    assert.match(await command(room, "!adresse voirie", { agent: zoe }), /déjà prise/);
    assert.match(await command(room, "!adresse marche-noel", { agent: zoe }), /marche-noel@localhost/);
    const [paul, lise] = ["paul@marchands.example", "lise@marchands.example"];
    await deliver("Un stand", "Reste-t-il un stand ?", { from: paul, to: "marche-noel@localhost" });
    const asked = await zoe.message(room, "the mail", (e) => e.content.body.endsWith("Reste-t-il un stand ?"));
    assert.equal(asked.sender, ghost(paul));
    await mailTo(paul, "the welcome", (m) => /vous participez maintenant/.test(plain(m)));
    assert.match(await command(room, `!abonner ${lise}`, { agent: zoe }), /reçoit un courriel/);
    await mailTo(lise, "the invitation", (m) => /zoe vous invite/.test(plain(m)));
    await deliver("Re: Marché", "Résumé jour", { from: lise, to: "marche-noel@localhost" });
    await eventually("the digest", async () => /lise@marchands.example \(une fois par jour\)/.test(await command(room, "!état", { agent: zoe })));
    const root = await zoe.send(room, text("Il en reste <deux>."));
    await mailTo(paul, "the message", (m) => plain(m).startsWith("Il en reste <deux>."));
    await deliver("Re: Marché", "J'en prends un.", { from: paul, to: "marche-noel@localhost" });
    await zoe.message(room, "the answer", (e) => e.content.body.endsWith("J'en prends un."));
    await zoe.reply(room, root, "Ou trois.");
    await mailTo(paul, "the last", (m) => plain(m).startsWith("Ou trois."));
    assert.equal(mailsTo(lise).length, 1);
    assert.equal(await command(room, "!résumé maintenant", { agent: zoe }), "C’est fait.");
    const digest = await mailTo(lise, "the digest", (m) => m.headers.subject === "Résumé : Marché de Noël");
    assert.match(plain(digest), /3 messages depuis le dernier résumé[^]*zoe, [^]*Il en reste <deux>\.[^]*Ou trois\.[^]*J'en prends un\./);
    assert.match(digest.raw, /text\/html/);
    assert.ok(!digest.raw.includes("<deux>") || digest.raw.includes("&lt;deux&gt;"));

    // Out by the signed subject, as a mail program writes it.
    assert.match(digest.raw, /\r\nList-Unsubscribe: </);
    const [, to, subject] = digest.headers["list-unsubscribe"].match(/<mailto:([^?]*)\?subject=([^>]*)>/);
    await deliver(decodeURIComponent(subject), "-", { from: "robot@elsewhere.example", to });
    await mailTo(lise, "the farewell", (m) => /ne participez plus[^]*demandé/.test(plain(m)));
    await eventually("the ghost has left", async () => await membership(zoe, room, ghost(lise)) === "leave");
    assert.match(await command(room, "!desabonner personne@nulle.part.example", { agent: zoe }), /ne peut pas servir/);
});

test("nobody is let into an encrypted room", async () => {
    const initial_state = [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }];
    const room = await ownRoom(zoe, "Secret", { initial_state });
    const address = "albert@labo.example";
    await invite(zoe, room, ghost(address));
    await zoe.message(room, "the reason", (e) => /chiffré de bout en bout[^]*end-to-end encrypted/.test(e.content.body));
    await eventually("out", async () => await membership(zoe, room, ghost(address)) === "leave");
    assert.deepEqual(mailsTo(address), []);
    // A room that becomes encrypted.
    const { room: other } = await invited("Bientôt secret", address);
    await zoe.api("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(other)}/state/m.room.encryption/`, initial_state[0].content);
    await mailTo(address, "the farewell", (m) => /chiffrée de bout en bout/.test(plain(m)));
    await eventually("out", async () => await membership(zoe, other, ghost(address)) === "leave");
});

const inviteSteps = {
    "the ghost joins": /POST .*\/join$/,
    "the room's name is asked": /GET .*\/state\/m\.room\.name/,
};
for (const [what, step] of Object.entries(inviteSteps))
    for (const when of ["before", "after"])
        test(`kill -9 of the bridge ${when} ${what}: invited once`, async () => {
            const address = `crash${++numbers}@labo.example`;
            const room = await ownRoom(zoe, `Essai ${when} ${what}`);
            const killed = chaos.at(when, step, () => parvis.kill("bridge-mail"));
            await invite(zoe, room, ghost(address));
            await killed;
            await parvis.launch("bridge-mail");
            await mailTo(address, "the invitation", (m) => /vous invite/.test(plain(m)));
            await zoe.send(room, text("Bienvenue."));
            await mailTo(address, "the message", (m) => plain(m).startsWith("Bienvenue."));
            assert.equal(mailsTo(address).length, 2);
        });
