// SPDX-License-Identifier: Apache-2.0
// The mail bridge under kill -9, at each step between a mail's 250 and its message in the room, and
// between an agent's message and its mail; and a homeserver that dies, forgets, or is away. Nothing
// is lost, nothing is doubled.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { startChaos } from "../tools/chaos-proxy.mjs";
import { readMail, send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";

const VOIRIE = "voirie@localhost";

let parvis, sink, chaos, camille;
let numbers = 0;

before(async () => {
    sink = await Sink.start();
    parvis = await Parvis.start({
        smarthost: sink.url,
        mailboxes: [{ address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] }],
    });
    chaos = await startChaos(parvis.url);
    const bridge = `bridge_mail:\n  homeserver_url: `;
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8")
        .replace(bridge + parvis.url, bridge + chaos.url));
    camille = await Agent.register(parvis, "camille");
});

after(async () => {
    sink?.stop();
    await parvis?.stop();
    chaos?.close();
});

// Each from a sender of its own, so that every step is taken: ghost, room, message, file.
async function deliver(subject, more = []) {
    const number = ++numbers;
    const from = `habitant${number}@orange.example`;
    const id = `${number}.${process.pid}@orange.example`;
    const file = path.join(parvis.dir, `plan${number}.txt`);
    fs.writeFileSync(file, `plan ${number}`);
    const { code, log } = await send(["--server", `127.0.0.1:${parvis.ports.smtp}`], {
        from, to: VOIRIE, body: "Bonjour.",
        headers: { From: from, Subject: subject, "Message-Id": `<${id}>` },
        options: ["--attach-type", "text/plain", "--attach-name", "plan.txt", "--attach", `@${file}`, ...more],
    });
    assert.equal(code, 0, log);
    return id;
}

// Once a mail that came later is in its room, everything before it is.
async function settled() {
    const subject = `Témoin ${++numbers}`;
    await deliver(subject);
    const room = await camille.joinInvited(subject);
    await camille.message(room, "the last file", (e) => e.content.msgtype === "m.file");
}

async function restart() {
    await parvis.launch("bridge-mail");
}

async function assertOnce(subject) {
    const invited = (await camille.invites()).filter((room) => room.name === subject);
    assert.equal(invited.length, 1, `${invited.length} rooms for ${subject}`);
    const room = await camille.joinInvited(subject);
    const messages = await camille.messages(room);
    assert.deepEqual(messages.map((e) => e.content.body), ["Bonjour.", "plan.txt"], subject);
    const children = await camille.api("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(await space())}/state`);
    assert.equal(children.filter((e) => e.type === "m.space.child" && e.state_key === room).length, 1);
    return room;
}

let spaceId;
async function space() {
    spaceId ??= await camille.joinInvited("Voirie");
    return spaceId;
}

test("kill -9 of the bridge before and after a space is made: one space", async () => {
    for (const when of ["before", "after"]) {
        const fallen = chaos.at(when, /POST .*\/createRoom$/, () => parvis.kill("bridge-mail"));
        await parvis.launch("bridge-mail").catch(() => {});
        await fallen;
    }
    await restart();
    await space();
    await settled();
    assert.equal((await camille.invites()).length, 0);
});

const steps = {
    "the ghost is registered": /POST .*\/register$/,
    "the ghost is named": /PUT .*\/displayname$/,
    "the room is made": /POST .*\/createRoom$/,
    "the room is in the space": /PUT .*\/state\/m\.space\.child\//,
    "the ghost is invited": /POST .*\/invite$/,
    "the ghost has joined": /POST .*\/join$/,
    "the text is sent": /PUT .*\/send\/m\.room\.message\//,
    "the file is uploaded": /POST .*\/upload$/,
};

for (const [step, pattern] of Object.entries(steps)) {
    for (const when of ["before", "after"]) {
        test(`kill -9 of the bridge ${when} ${step}: once in the room`, async () => {
            await space();
            const subject = `${when} ${step}`;
            const fallen = chaos.at(when, pattern, () => parvis.kill("bridge-mail"));
            await deliver(subject);
            await fallen;
            await restart();
            await settled();
            await assertOnce(subject);
        });
    }
}

test("kill -9 of the bridge at the file's event: once in the room", async () => {
    for (const when of ["before", "after"]) {
        const subject = `le fichier ${when}`;
        const text = chaos.at("after", /PUT .*\/send\//, () => parvis.kill("bridge-mail"));
        await deliver(subject);
        await text;
        const file = chaos.at(when, /PUT .*\/send\//, () => parvis.kill("bridge-mail"));
        await parvis.launch("bridge-mail").catch(() => {});
        await file;
        await restart();
        await settled();
        await assertOnce(subject);
    }
});

for (const [step, pattern] of Object.entries({ "the room": steps["the room is made"], "the text": steps["the text is sent"] })) {
    for (const when of ["before", "after"]) {
        test(`kill -9 of the homeserver ${when} ${step}: once in the room`, async () => {
            const subject = `serveur ${when} ${step}`;
            const fallen = chaos.at(when, pattern, () => parvis.kill("homeserver"));
            await deliver(subject);
            await fallen;
            await parvis.launch("homeserver");
            await settled();
            await assertOnce(subject);
        });
    }
}

test("an answer that is lost on the way is not asked for twice", async () => {
    const subject = "réponse perdue";
    const lost = chaos.at("after", /PUT .*\/send\//);
    await deliver(subject);
    await lost;
    await settled();
    await assertOnce(subject);
});

test("mails taken while the homeserver is away arrive in order, also when the bridge dies meanwhile", async () => {
    await parvis.kill("homeserver");
    await deliver("absence 1");
    await deliver("absence 2");
    await parvis.kill("bridge-mail");
    await restart();
    await deliver("absence 3");
    await parvis.launch("homeserver");
    await settled();
    for (const n of [1, 2, 3]) await assertOnce(`absence ${n}`);
});

test("a mail cut off before its 250 and given again is there once", async () => {
    const subject = "coupé";
    const text = [
        "From: jean@orange.example", `To: ${VOIRIE}`, `Subject: =?utf-8?B?${Buffer.from(subject).toString("base64")}?=`,
        "Message-ID: <coupe@orange.example>", "", "Bonjour.", "",
    ].join("\r\n");
    const half = ["EHLO test", "MAIL FROM:<jean@orange.example>", `RCPT TO:<${VOIRIE}>`, "DATA", text].join("\r\n");
    const socket = net.connect(parvis.ports.smtp, "127.0.0.1");
    let said = "";
    socket.on("data", (bytes) => (said += bytes)).on("error", () => {});
    socket.write(half);
    await eventually("the server takes the text", () => said.includes("354"));
    await parvis.kill("bridge-mail");
    await restart();
    assert.ok(!said.includes("250 2.0.0"));
    const whole = net.connect(parvis.ports.smtp, "127.0.0.1");
    said = "";
    whole.on("data", (bytes) => (said += bytes));
    whole.write(`${half}.\r\nQUIT\r\n`);
    await eventually("the mail is taken", () => said.includes("250 2.0.0"));
    await settled();
    const room = await camille.joinInvited(subject);
    assert.deepEqual((await camille.messages(room)).map((e) => e.content.body), ["Bonjour."]);
});

async function answered(subject) {
    await deliver(subject);
    const room = await camille.joinInvited(subject);
    const first = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
    return { room, first };
}
const sent = (subject) => sink.mails().filter((m) => m.headers.subject === `Re: ${subject}`);
const told = (room, event) => eventually("the reaction", async () => {
    const reactions = (await camille.events(room)).filter((e) =>
        e.type === "m.reaction" && e.content["m.relates_to"].event_id === event);
    assert.ok(reactions.length < 2, "two reactions");
    return reactions.length === 1;
});

test("an answer written while the bridge is down leaves once it is up", async () => {
    const { room, first } = await answered("pendant la panne");
    await parvis.kill("bridge-mail");
    const event = await camille.reply(room, first.event_id, "Oui.");
    await restart();
    await told(room, event);
    assert.equal(sent("pendant la panne").length, 1);
});

test("kill -9 while an answer is made: it leaves once", async () => {
    const subject = "pendant la composition";
    const { room, first } = await answered(subject);
    const fallen = chaos.at("after", /GET .*\/state\/m\.room\.member\//, () => parvis.kill("bridge-mail"));
    const event = await camille.reply(room, first.event_id, "Oui.");
    await fallen;
    await restart();
    await told(room, event);
    assert.equal(sent(subject).length, 1);
});

test("kill -9 before and after the room is told: told once, sent once", async () => {
    for (const when of ["before", "after"]) {
        const subject = `le dire ${when}`;
        const { room, first } = await answered(subject);
        const fallen = chaos.at(when, /PUT .*\/send\/m\.reaction\//, () => parvis.kill("bridge-mail"));
        const event = await camille.reply(room, first.event_id, "Oui.");
        await fallen;
        await restart();
        await told(room, event);
        assert.equal(sent(subject).length, 1);
    }
});

test("kill -9 while the smarthost has the mail and has not answered: it comes again as the same mail", async () => {
    const subject = "sans réponse";
    const { room, first } = await answered(subject);
    sink.plan({ hold: true });
    const event = await camille.reply(room, first.event_id, "Oui.");
    await eventually("the mail at the smarthost", () => sent(subject).length === 1);
    await parvis.kill("bridge-mail");
    sink.plan({});
    await restart();
    await told(room, event);
    const [one, two, ...more] = sent(subject);
    assert.equal(more.length, 0);
    assert.equal(one.raw, two.raw, "not the same mail");
    assert.equal(readMail(one.raw).headers["message-id"], two.headers["message-id"]);
});
