// SPDX-License-Identifier: Apache-2.0
// Signing in at a smarthost by an OAuth 2 token that a command prints.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Agent } from "../tools/agent.mjs";
import { send, Sink } from "../tools/mail.mjs";
import { eventually, Parvis } from "../tools/parvis.mjs";

const VOIRIE = "voirie@localhost";

test("a token by command signs in by XOAUTH2, and is read anew when it was refused", async () => {
    const sink = await Sink.start();
    const parvis = await Parvis.start({
        smarthost: sink.url,
        mailboxes: [{ address: VOIRIE, name: "Voirie", members: ["@camille:localhost"] }],
        bridge: ["smarthost_user: voirie", "smarthost_token_command: 'echo x >> turns; echo jeton-$(wc -l < turns)'"],
    });
    try {
        const turns = path.join(parvis.dir, "turns");
        fs.writeFileSync(turns, "");
        fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8").replaceAll("turns", turns));
        sink.plan({ token: ["voirie", "jeton-2"] });
        const camille = await Agent.register(parvis, "camille");
        await parvis.launch("bridge-mail");
        const { code, log } = await send(["--server", `127.0.0.1:${parvis.ports.smtp}`], {
            from: "jean@orange.example", to: VOIRIE, body: "Bonjour.",
            headers: { From: "jean@orange.example", Subject: "Jeton", "Message-Id": "<jeton@orange.example>" },
        });
        assert.equal(code, 0, log);
        const room = await camille.joinInvited("Jeton");
        const first = await camille.message(room, "the mail", (e) => e.content.body === "Bonjour.");
        await camille.reply(room, first.event_id, "Bonjour à vous.");
        await eventually("the refused token in the log", () => /state=0 reply="(Login denied|.*535)/.test(parvis.log("bridge-mail")));
        await sink.mail("the mail", (m) => m.headers.subject === "Re: Jeton");
        assert.equal(fs.readFileSync(turns, "utf8"), "x\nx\n");
        assert.doesNotMatch(parvis.log("bridge-mail"), /jeton-\d/);
    } finally {
        sink.stop();
        await parvis.stop();
    }
});
