// SPDX-License-Identifier: Apache-2.0
// 300 real mails, the hardest of 6,046 (biggest, malformed, in the oddest character sets), at once
// over several connections, into rooms of a real homeserver: none lost, none doubled. All of them:
// make corpus.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { account, corpus, feed, hardest, Ledger } from "../tools/mail-corpus.mjs";
import { Parvis } from "../tools/parvis.mjs";

const BOX = "archives@localhost";
const COUNT = process.env.PARVIS_CORPUS === "all" ? Infinity : 300;
const TIMEOUT = COUNT === Infinity ? 3600000 : 120000;

let parvis, ledger;

before(async () => {
    parvis = await Parvis.start({
        mailboxes: [{ address: BOX, name: "Archives", members: ["@admin:localhost"] }],
        // The proxy that checks replies would be what is measured.
        programs: [],
    });
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8")
        .replace(`bridge_mail:\n  homeserver_url: ${parvis.url}`, `bridge_mail:\n  homeserver_url: ${parvis.homeserver}`));
    await parvis.launch("homeserver");
    await parvis.launch("bridge-mail");
    ledger = new Ledger(parvis);
});

after(async () => {
    ledger?.close();
    await parvis?.stop();
});

test("every mail is in a room, or set aside with its reason", { timeout: TIMEOUT }, async (t) => {
    const all = corpus();
    assert.equal(all.length, 6046);
    const mails = COUNT === Infinity ? all : hardest(all, COUNT);
    const began = performance.now();
    const replies = await feed(path.join(parvis.dir, "lmtp.sock"), mails, { to: BOX });
    const fed = performance.now();
    await ledger.settled(TIMEOUT);
    const ended = performance.now();
    const { faults, refused, ...counts } = await account(parvis, ledger, replies);
    t.diagnostic(JSON.stringify(counts));
    t.diagnostic(`fed in ${Math.round(fed - began)} ms, in rooms after ${Math.round(ended - began)} ms`);
    for (const row of ledger.all("SELECT state, reason, count(*) AS n FROM deliveries WHERE state > 3 GROUP BY state, reason"))
        t.diagnostic(`${row.n} set aside: ${row.reason}`);
    assert.deepEqual(faults.slice(0, 20), []);
    assert.deepEqual(refused, []);
    assert.equal(counts.posted + (counts.duplicate ?? 0) + (counts.failed ?? 0), mails.length);
});
