// SPDX-License-Identifier: Apache-2.0
// The page that checks, from the visitor's own browser, what a meeting needs.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Parvis, ROOT } from "../tools/parvis.mjs";

const SCREENSHOTS = path.join(ROOT, "build/screenshots");
const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic"];

let browser;

before(async () => {
    fs.mkdirSync(SCREENSHOTS, { recursive: true });
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
});

after(() => browser?.close());

// The lines as {title: state}, once all is checked.
async function verdicts(page) {
    await page.locator(".summary").getByText(/from here|d’ici/).waitFor({ timeout: 60000 });
    return Object.fromEntries(await page.locator(".checks li").evaluateAll((items) =>
        items.map((item) => [item.querySelector("strong").textContent, item.dataset.state])));
}

async function visit(parvis, options = {}, prepare = () => {}) {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const page = await context.newPage();
    await prepare(page);
    await page.goto(`${parvis.meeting}/test`);
    return page;
}

// The front door of the server's name, which has a certificate in real life.
function wellKnown(parvis) {
    return (page) => page.route("https://localhost/.well-known/matrix/client", async (route) => {
        const reply = await fetch(`${parvis.url}/.well-known/matrix/client`);
        await route.fulfill({ status: reply.status, contentType: "application/json", headers: { "Access-Control-Allow-Origin": "*" }, body: await reply.text() });
    });
}

test("where all is well each line says so, and nobody's seat is taken", async () => {
    const parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    try {
        const page = await visit(parvis, {}, wellKnown(parvis));
        const lines = await verdicts(page);
        await page.screenshot({ path: path.join(SCREENSHOTS, "selftest-ok-en-wide.png"), fullPage: true });
        assert.deepEqual(Object.values(lines), Array(7).fill("ok"), JSON.stringify(lines));
        const phone = await visit(parvis, { locale: "fr-FR", viewport: { width: 390, height: 844 } }, async (page) => {
            await wellKnown(parvis)(page);
            await page.route("**/sfu/get", (route) => route.abort());
        });
        const broken = await verdicts(phone);
        await phone.screenshot({ path: path.join(SCREENSHOTS, "selftest-broken-fr-narrow.png"), fullPage: true });
        assert.deepEqual(Object.values(broken), ["ok", "ok", "ok", "wrong", "skipped", "skipped", "skipped"], JSON.stringify(broken));
        assert.equal(await phone.getByRole("button", { name: "Vérifier à nouveau" }).isEnabled(), true);
    } finally {
        await parvis.stop();
    }
});

test("what is wrong is told apart: a name that leads nowhere, no UDP", async () => {
    const parvis = await Parvis.start({ programs: ["homeserver", "sfu"], sfu: ["rtc_tcp_only: true"] });
    try {
        const page = await visit(parvis);
        const lines = await verdicts(page);
        await page.screenshot({ path: path.join(SCREENSHOTS, "selftest-no-udp-en.png"), fullPage: true });
        assert.deepEqual(Object.values(lines), ["ok", "wrong", "ok", "ok", "ok", "wrong", "ok"], JSON.stringify(lines));
        assert.match(await page.locator(".summary").textContent(), /work from here, but not everything/);
        // It may not be asked for without end.
        const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${parvis.meeting}/api/test`, { method: "POST" })));
        assert.ok(answers.some((reply) => reply.status === 429));
    } finally {
        await parvis.stop();
    }
});
