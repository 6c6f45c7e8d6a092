// SPDX-License-Identifier: Apache-2.0
// What becomes of a mail's text and of its place: quotes folded with the original beside, threads
// that turn out to be one, lists, quarantine.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { lmtp } from "../tools/mail.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";
import { conversations } from "../data/threads/conversations.mjs";

const VOIRIE = "voirie@localhost";
const SETS = "fils@localhost";
const ADMIN = "quarantaine@localhost";
const JEAN = "jean.dupont@orange.example";

let parvis, camille, admin, socket, numbers = 0;

function write({ id = `${++numbers}.text@orange.example`, from = `Jean Dupont <${JEAN}>`, to = VOIRIE, subject, body = "Bonjour.", head = [] }) {
    return [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Message-ID: <${id}>`,
        "Date: Tue, 3 Mar 2026 10:00:00 +0100", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
        ...head, "", ...body.split("\n"), ""].join("\r\n");
}

async function deliver(mail, to = VOIRIE) {
    const [reply] = await lmtp(socket, JEAN, [to], mail);
    assert.match(reply, /^250/);
}

const marker = (event) => event.content["fr.parvis.mail"] ?? {};
const withId = (id) => (event) => marker(event).message_id === id && event.content.msgtype !== "m.file";

before(async () => {
    parvis = await Parvis.start({
        mailboxes: [
            { address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] },
            { address: SETS, name: "Fils", members: ["@camille:localhost"] },
            { address: ADMIN, name: "Quarantaine", members: ["@admina:localhost"] },
        ],
        bridge: [`quarantine: ${ADMIN}`],
    });
    camille = await Agent.register(parvis, "camille");
    admin = await Agent.register(parvis, "admina");
    await parvis.launch("bridge-mail");
    socket = path.join(parvis.dir, "lmtp.sock");
});

after(async () => {
    await parvis?.stop();
});

test("what is folded stands in the original, which hangs from the message", async () => {
    const mail = write({ subject: "Devis", body: "Entendu.\n\nLe 2 mars 2026 à 09:00, Voirie <voirie@localhost> a écrit :\n> Êtes-vous\n> d'accord ?" });
    await deliver(mail);
    const room = await camille.joinInvited("Devis");
    const file = await camille.message(room, "the original", (e) => e.content.filename === "original.eml");
    const [text] = await camille.messages(room);
    assert.match(text.content.body, /^Entendu\.(?![^]*d'accord)/);
    assert.equal(file.content["m.relates_to"].rel_type, "m.thread");
    assert.equal(file.content["m.relates_to"].event_id, text.event_id);
    const [, server, media] = file.content.url.match(/^mxc:\/\/([^/]+)\/(.+)$/);
    const response = await fetch(`${parvis.homeserver}/_matrix/client/v1/media/download/${server}/${media}`,
        { headers: { authorization: `Bearer ${camille.token}` } });
    assert.ok((await response.text()).includes("> d'accord ?"));
});

test("a parent that comes late makes one of two rooms", async () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => `${name}.late@orange.example`);
    await deliver(write({ id: b, subject: "Re: Arbre", body: "Oui, dangereux.", head: [`In-Reply-To: <${a}>`] }));
    const older = await camille.joinInvited("Arbre");
    await deliver(write({ id: d, from: "Ana <ana@free.example>", subject: "Re: Branche", body: "Et la branche ?", head: [`In-Reply-To: <${c}>`] }));
    const younger = await camille.joinInvited("Branche");
    await deliver(write({ id: c, from: "Ana <ana@free.example>", subject: "Branche", body: "Voyez l'arbre.", head: [`In-Reply-To: <${a}>`] }));
    await camille.message(older, "the late parent in the older room", withId(c));
    const grave = await eventually("the younger room's end", () => camille.state(younger, "m.room.tombstone").catch(() => null));
    assert.equal(grave.replacement_room, older);
    assert.match(grave.body, /La suite est là[^]*It goes on there/);
    await camille.message(older, "what joins it", (e) => /est la même conversation[^]*is the same conversation/.test(e.content.body));
    await deliver(write({ from: "Ana <ana@free.example>", subject: "Re: Branche", body: "Merci.", head: [`In-Reply-To: <${d}>`] }));
    await camille.message(older, "what follows", (e) => e.content.body.startsWith("Branche\n\nMerci."));
    assert.equal((await camille.messages(older)).filter((e) => /est la même conversation/.test(e.content.body)).length, 1);
});

test("a list has one room", async () => {
    for (const subject of ["Lettre de mars", "Lettre d'avril"])
        await deliver(write({ subject, from: "Infos <lettre@agglo.example>", head: ["List-Id: Lettre de l'agglo <lettre.agglo.example>", "List-Unsubscribe: <https://agglo.example/u>"] }));
    const room = await camille.joinInvited("Lettre de l'agglo");
    const second = await camille.message(room, "the second letter", (e) => /Lettre d'avril/.test(e.content.body));
    assert.equal(second.content.msgtype, "m.notice");
    assert.ok((await camille.messages(room)).some((e) => /Lettre de mars/.test(e.content.body)));
});

test("spam is set aside with its reason and can be let through", async () => {
    const id = "spam.text@orange.example";
    await deliver(write({ id, subject: "Gagnez", body: "Cliquez.", head: ["X-Spam-Flag: YES"] }));
    const room = await admin.joinInvited("Courriels mis de côté · Mails set aside");
    const card = await admin.message(room, "the card", (e) => /mis de côté/.test(e.content.body) && /Gagnez/.test(e.content.body));
    assert.match(card.content.body, /marqué comme indésirable[^]*marked it as spam/);
    await admin.message(room, "its original", (e) => e.content.filename === "original.eml");
    assert.ok(!(await camille.invites()).some((invited) => invited.name === "Gagnez"));
    const [, number] = card.content.body.match(/!liberer (\d+)/);
    await admin.send(room, { msgtype: "m.text", body: "!liberer 999999" });
    await admin.message(room, "the refusal", (e) => /Aucun courriel/.test(e.content.body));
    await admin.send(room, { msgtype: "m.text", body: `!liberer ${number}` });
    const freed = await camille.joinInvited("Gagnez");
    await camille.message(freed, "the mail", (e) => e.content.body.startsWith("Cliquez."));
    await admin.message(room, "the answer", (e) => /Il suit son chemin/.test(e.content.body));
});

test("conversations keep together and apart", async (t) => {
    let right = 0, total = 0, merged = 0, split = 0; // of pairs of mails
    const all = conversations();
    const rooms = new Map(), joined = new Set();
    for (const { mail } of all) await deliver(mail, SETS);
    const space = await camille.joinInvited("Fils");
    const list = async () => (await camille.api("GET", `/_matrix/client/v1/rooms/${encodeURIComponent(space)}/hierarchy?limit=500`)).rooms.map((r) => r.room_id).filter((id) => id !== space);
    const look = async () => {
        rooms.clear();
        const invited = (await camille.invites()).map(({ id }) => id);
        for (const room of new Set([...joined, ...invited, ...await list()])) {
            joined.add(room);
            await camille.api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {}).catch(() => null);
            // A room that was merged counts as the one to which it leads.
            const events = await camille.events(room).catch(() => []);
            const grave = events.find((event) => event.type === "m.room.tombstone");
            for (const event of events)
                if (event.type === "m.room.message" && marker(event).message_id && event.content.msgtype !== "m.file")
                    rooms.set(marker(event).message_id, grave?.content.replacement_room ?? room);
        }
        return all.every(({ id }) => rooms.has(id)) && rooms.get("m1.thread@synthetic.example") === rooms.get("m2.thread@synthetic.example");
    };
    await eventually("every mail in a room", look, 60000);
    for (let i = 0; i < all.length; i++)
        for (let k = 0; k < i; k++) {
            const same = rooms.get(all[i].id) === rooms.get(all[k].id), wanted = all[i].thread === all[k].thread;
            total++;
            right += same === wanted;
            if (same && !wanted) merged++, t.diagnostic(`wrongly together: ${all[k].id} ${all[i].id}`);
            if (!same && wanted) split++, t.diagnostic(`wrongly apart: ${all[k].id} ${all[i].id}`);
        }
    t.diagnostic(`${all.length} mails, ${new Set(all.map((m) => m.thread)).size} threads; pairs right ${right} of ${total}, wrongly together ${merged}, apart ${split}`);
    assert.equal(merged, 0);
    assert.equal(split, 0);
});
