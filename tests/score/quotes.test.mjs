// SPDX-License-Identifier: Apache-2.0
// How well quotes are told from what is new, on the synthetic letters of tests/data/quotes, beside
// two libraries of npm. Fails over 2 % of the new words lost or 10 % of the quoted words kept.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import EmailReplyParser from "email-reply-parser";
import { Window } from "happy-dom";
import planer from "planer";

import { quoteMails } from "../data/quotes/shapes.mjs";
import { ROOT } from "../tools/parvis.mjs";

const BUILD = path.resolve(ROOT, process.env.PARVIS_BUILD ?? "build/asan");
const MAX_LOST = 2, MAX_KEPT = 10;

const words = (text) => text.normalize("NFC").match(/[\p{L}\p{N}]+/gu) ?? [];
function count(list) {
    const counts = new Map();
    for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
    return counts;
}

// Words of `fresh` that the output lacks, and words of `old` that it has beside those.
function score(mail, output) {
    const shown = count(words(output)), fresh = count(words(mail.fresh)), old = count(words(mail.old));
    let lost = 0, kept = 0;
    for (const [word, n] of fresh) {
        const found = Math.min(n, shown.get(word) ?? 0);
        lost += n - found;
        shown.set(word, (shown.get(word) ?? 0) - found);
    }
    for (const [word, n] of old) kept += Math.min(n, shown.get(word) ?? 0);
    return { lost, fresh: words(mail.fresh).length, kept, old: words(mail.old).length };
}

function bridge(mails) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "parvis-quotes-"));
    try {
        const paths = mails.map((mail, i) => {
            const file = path.join(folder, `${i}.eml`);
            fs.writeFileSync(file, mail.eml);
            return file;
        });
        const { stdout, stderr, status } = spawnSync(path.join(BUILD, "score/mail_text"),
            [path.join(BUILD, "parvis-mail-parser"), folder],
            { input: `${paths.join("\n")}\n`, encoding: "utf8", maxBuffer: 1 << 30 });
        assert.equal(status, 0, stderr);
        return stdout.trim().split("\n").map((line) => JSON.parse(line).plain);
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}

// As a browser would show it, well enough for words.
const visible = (html) => html.replace(/<(style|head)[^]*?<\/\1>/g, "").replace(/<(br|\/p|\/div|hr|\/td|blockquote)[^>]*>/g, "\n").replace(/<[^>]*>/g, "")
    .replace(/&nbsp;/g, " ").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

function planed(mail) {
    if (mail.plain !== undefined) return planer.extractFrom(mail.plain, "text/plain");
    const window = new Window();
    try {
        return visible(planer.extractFrom(mail.html, "text/html", window.document));
    } catch {
        return visible(mail.html);
    }
}

const peers = {
    "doing nothing": (mails) => mails.map((mail) => mail.plain ?? visible(mail.html)),
    "email-reply-parser": (mails) => mails.map((mail) =>
        new EmailReplyParser().read(mail.plain ?? visible(mail.html)).getVisibleText()),
    planer: (mails) => mails.map(planed),
    "the bridge": bridge,
};

const percent = (a, b) => (b === 0 ? 0 : (100 * a) / b);
function total(scores) {
    const sum = (key) => scores.reduce((n, s) => n + s[key], 0);
    return { lost: percent(sum("lost"), sum("fresh")), kept: percent(sum("kept"), sum("old")) };
}

test("new words stay and quoted words go", (t) => {
    const mails = quoteMails();
    assert.ok(mails.length >= 80);
    const held = mails.map((mail) => mail.held);
    t.diagnostic(`${mails.length} mails, ${held.filter(Boolean).length} of them held out: words lost % / quoted words kept %`);
    for (const [name, run] of Object.entries(peers)) {
        const scores = run(mails).map((output, i) => score(mails[i], output));
        const tuned = total(scores.filter((_, i) => !held[i])), apart = total(scores.filter((_, i) => held[i]));
        t.diagnostic(`${name.padEnd(20)} ${tuned.lost.toFixed(1)} / ${tuned.kept.toFixed(1)}   held out ${apart.lost.toFixed(1)} / ${apart.kept.toFixed(1)}`);
        if (name !== "the bridge") continue;
        if (process.env.QUOTES_WORST)
            scores.forEach((s, i) => (s.lost || percent(s.kept, s.old) > 10) && (!held[i] || process.env.QUOTES_WORST === "all") &&
                console.log(mails[i].name, `lost ${s.lost}/${s.fresh} kept ${s.kept}/${s.old}`));
        for (const part of [tuned, apart]) {
            assert.ok(part.lost <= MAX_LOST, `${part.lost.toFixed(1)} % of the new words are lost`);
            assert.ok(part.kept <= MAX_KEPT, `${part.kept.toFixed(1)} % of the quoted words are kept`);
        }
    }
});
