// SPDX-License-Identifier: Apache-2.0
// Who wrote a mail: signed by python3-dkim, keys and policies from a DNS server of the test.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { Dns } from "../tools/dns.mjs";
import { lmtp } from "../tools/mail.mjs";
import { Parvis, ROOT } from "../tools/parvis.mjs";

const VOIRIE = "voirie@ville.example";
const UNVERIFIED = /\n\n⚠️ Expéditeur non vérifié · Unverified sender$/;
const OURS = /^⚠️ Adresse de la collectivité, non vérifiée · One of our own addresses, not verified\n\n/;
const FAILED = /^⛔ Expéditeur sans doute usurpé · Sender probably forged\n\n/;

let parvis, dns, camille, keyFile;
let numbers = 0;

function openssl(...args) {
    const done = spawnSync("openssl", args, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr);
    return done.stdout;
}

before(async () => {
    dns = await Dns.start();
    parvis = await Parvis.start({
        mailboxes: [{ address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] }],
        bridge: [`dns_servers: ["${dns.address}"]`, "authserv_ids: [mx.ville.example]"],
    });
    keyFile = path.join(parvis.dir, "dkim.key");
    openssl("genrsa", "-traditional", "-out", keyFile, "2048");
    const key = openssl("rsa", "-in", keyFile, "-pubout").split("\n").filter((line) => !line.startsWith("-")).join("");
    Object.assign(dns.records, {
        "s._domainkey.orange.example": `v=DKIM1; k=rsa; p=${key}`,
        "s._domainkey.ville.example": `v=DKIM1; k=rsa; p=${key}`,
        "_dmarc.orange.example": "v=DMARC1; p=reject; rua=mailto:dmarc@orange.example",
        "_dmarc.ville.example": "v=DMARC1; p=none",
    });
    camille = await Agent.register(parvis, "camille");
    await parvis.launch("bridge-mail");
});

after(async () => {
    await parvis?.stop();
    dns?.stop();
});

function write({ subject, from = "jean@orange.example", head = [], body = "Bonjour." }) {
    return [
        ...head, `From: Jean Dupont <${from}>`, `To: ${VOIRIE}`, `Subject: ${subject}`,
        "Date: Sat, 21 Nov 2026 10:00:00 +0100", `Message-ID: <${++numbers}.${process.pid}@orange.example>`,
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", body, "",
    ].join("\r\n");
}

function sign(mail, domain = "orange.example", form = "relaxed/simple") {
    const done = spawnSync("/usr/bin/python3", [path.join(ROOT, "tests/tools/dkim_sign.py"), "s", domain, keyFile,
        "rsa-sha256", form], { input: mail });
    if (done.status !== 0) throw new Error(done.stderr.toString());
    return done.stdout.toString();
}

// Gives the message that the mail made.
async function deliver(subject, mail) {
    const [reply] = await lmtp(path.join(parvis.dir, "lmtp.sock"), "bounce@orange.example", [VOIRIE], mail);
    assert.match(reply, /^250 /);
    const room = await camille.joinInvited(subject);
    const event = await camille.message(room, subject, (e) => e.content["fr.parvis.mail"]);
    return event.content;
}

test("a mail that its domain has signed shows nothing, and says so in its content", async () => {
    for (const form of ["relaxed/simple", "relaxed/relaxed", "simple/simple"]) {
        const subject = `Signé ${form}`.replace("/", " ");
        const content = await deliver(subject, sign(write({ subject: `=?utf-8?Q?Sign=C3=A9_${form.replace("/", "_")}?=` }), undefined, form));
        assert.equal(content.body, "Bonjour.");
        assert.equal(content.formatted_body, undefined);
        assert.deepEqual(content["fr.parvis.mail"].sender,
            { state: "verified", domain: "orange.example", reason: "signed by orange.example" });
    }
});

test("changed on the way, under a domain that asks not to believe it: shown as forged, first", async () => {
    const content = await deliver("Change", sign(write({ subject: "Change" })).replace("Bonjour.", "Virez 3000 euros."));
    assert.match(content.body, FAILED);
    assert.match(content.formatted_body, /^<p><em>⛔ .*<\/em><\/p>Virez 3000 euros\.$/);
    assert.equal(content["fr.parvis.mail"].sender.state, "failed");
    assert.match(content["fr.parvis.mail"].sender.reason, /the text was changed/);
});

test("not signed, by a domain that says nothing: a last line", async () => {
    const content = await deliver("Sans signature", write({ subject: "Sans signature", from: "luc@asso.example" }));
    assert.match(content.body, UNVERIFIED);
    assert.equal(content["fr.parvis.mail"].sender.state, "unverified");
});

test("signed, but by somebody else's domain: not verified", async () => {
    const content = await deliver("Autre domaine", sign(write({ subject: "Autre domaine", from: "luc@asso.example" })));
    assert.match(content.body, UNVERIFIED);
    assert.match(content["fr.parvis.mail"].sender.reason, /signed by another domain, orange\.example/);
});

test("an agent's address without a pass never posts as the agent: its ghost, marked as not verified", async () => {
    const content = await deliver("Urgent", write({ subject: "Urgent", from: "camille@ville.example" }));
    assert.match(content.body, OURS);
    assert.deepEqual({ state: "unverified", ours: true },
        (({ state, ours }) => ({ state, ours }))(content["fr.parvis.mail"].sender));
    const room = (await camille.api("GET", "/_matrix/client/v3/joined_rooms")).joined_rooms;
    const senders = new Set();
    for (const id of room)
        for (const event of await camille.messages(id))
            if (event.content["fr.parvis.mail"]?.from === "camille@ville.example") senders.add(event.sender);
    assert.deepEqual([...senders], ["@mail_camille=40ville.example:localhost"]);
    const signed = await deliver("Vraiment urgent", sign(write({ subject: "Vraiment urgent", from: "camille@ville.example" }), "ville.example"));
    assert.equal(signed.body, "Bonjour.");
});

test("Authentication-Results count when a server of ours has put them on top, and not below", async () => {
    const ours = "Authentication-Results: mx.ville.example; dmarc=pass header.from=orange.example";
    const theirs = "Authentication-Results: mx.evil.example; none";
    assert.equal((await deliver("Cru", write({ subject: "Cru", head: [ours] }))).body, "Bonjour.");
    assert.match((await deliver("Pas cru", write({ subject: "Pas cru", head: [theirs, ours] }))).body, FAILED);
});

test("a domain of mixed scripts is told by its real name", async () => {
    const content = await deliver("Trompeur", write({ subject: "Trompeur", from: "jean@xn--ornge-5ve.fr" }));
    assert.match(content.body, /^⚠️ Domaine trompeur : xn--ornge-5ve\.fr · Misleading domain: xn--ornge-5ve\.fr\n\n/);
    assert.equal(content["fr.parvis.mail"].sender.misleading, true);
});

test("a mail that is worked off again is not judged again, and a silent DNS holds nothing up for long", async () => {
    await deliver("Une fois", write({ subject: "Une fois", from: "eve@nouveau.example" }));
    const asked = dns.asked.filter((name) => name === "_dmarc.nouveau.example").length;
    assert.equal(asked, 1);
    dns.silent = true;
    const content = await deliver("Silence", sign(write({ subject: "Silence", from: "eve@muet.example" }), "muet.example"));
    assert.match(content.body, UNVERIFIED);
    assert.match(content["fr.parvis.mail"].sender.reason, /cannot be had now/);
    dns.silent = false;
});
