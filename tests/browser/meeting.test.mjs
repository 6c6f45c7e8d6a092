// SPDX-License-Identifier: Apache-2.0
// Meetings in real browsers, through the page that people use. Fake devices; what counts is what
// getStats says on the receiving side.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Participant } from "../tools/native-participant.mjs";
import { Parvis, ROOT, eventually } from "../tools/parvis.mjs";

const SCREENSHOTS = path.join(ROOT, "build/screenshots");
const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];

let parvis, browser, meetingId, guestLink;
const people = {};

async function newPage(name, options = {}) {
    const context = await browser.newContext({ locale: "fr-FR", permissions: ["camera", "microphone", "clipboard-read", "clipboard-write"], ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30000);
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
    people[name] = page;
    return page;
}

async function signIn(page, name) {
    await page.getByLabel("Nom d’utilisateur").fill(name);
    await page.getByLabel("Mot de passe").fill(`${name}'s password`);
    await page.getByRole("button", { name: "Se connecter" }).click();
}

async function join(page) {
    await page.getByRole("button", { name: "Rejoindre" }).click();
    await page.locator(".meeting").waitFor();
}

// For each remote person: frames decoded and audio samples received so far.
function received(page) {
    return page.evaluate(async () => {
        const people = {};
        for (const person of parvisRoom.remoteParticipants.values()) {
            const sums = (people[person.identity] = { frames: 0, samples: 0 });
            for (const { track } of person.trackPublications.values()) {
                for (const stat of (await track?.getRTCStatsReport())?.values() ?? []) {
                    if (stat.type !== "inbound-rtp") continue;
                    sums.frames += stat.framesDecoded ?? 0;
                    sums.samples += stat.totalSamplesReceived ?? 0;
                }
            }
        }
        return people;
    });
}

// Everybody sees frames decoded and audio samples rising from everybody else.
async function everybodyIsSeenAndHeard(pages) {
    for (const page of pages) {
        await eventually("pictures and sound of everybody rise", async () => {
            const before = await received(page);
            await page.waitForTimeout(500);
            const now = await received(page);
            return Object.keys(now).length === pages.length - 1 &&
                Object.entries(now).every(([who, n]) => n.frames > before[who]?.frames && n.samples > before[who]?.samples);
        }, 40000).catch(async (error) => {
            throw new Error(`${error.message}: ${JSON.stringify(await received(page))} ${page.problems.join("; ")}`);
        });
    }
}

async function tiles(page, count) {
    await page.locator(`.grid[data-people="${count}"]`).waitFor();
}

before(async () => {
    fs.mkdirSync(SCREENSHOTS, { recursive: true });
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    for (const name of ["alice", "bob"]) await parvis.register(name);
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: CHROMIUM });
});

after(async () => {
    await browser?.close();
    await parvis?.stop();
});

test("a member signs in, states an objective and joins", async () => {
    const alice = await newPage("alice");
    await alice.goto(parvis.meeting);
    await alice.screenshot({ path: path.join(SCREENSHOTS, "sign-in-fr.png") });
    await signIn(alice, "alice");
    await alice.getByLabel("Objectif de la réunion").fill("Choisir la date de la fête du village");
    await alice.getByRole("button", { name: "Créer la réunion" }).click();
    await alice.getByRole("heading", { name: "Choisir la date" }).waitFor();
    meetingId = alice.url().split("/m/")[1];
    await alice.screenshot({ path: path.join(SCREENSHOTS, "lobby-fr.png") });
    await join(alice);
    await tiles(alice, 1);
});

test("a member by the link and a guest by a guest link join; all three see and hear each other", async () => {
    const bob = await newPage("bob");
    await bob.goto(`${parvis.meeting}/m/${meetingId}`);
    await signIn(bob, "bob");
    await join(bob);

    await people.alice.getByRole("button", { name: "Inviter" }).click();
    await people.alice.getByText("Lien d’invité").waitFor();
    guestLink = await people.alice.evaluate(() => navigator.clipboard.readText());
    const carol = await newPage("carol", { locale: "en-GB", viewport: { width: 390, height: 844 } });
    await carol.goto(guestLink);
    await carol.getByLabel("Your name").fill("Carol");
    await carol.screenshot({ path: path.join(SCREENSHOTS, "lobby-guest-en-narrow.png") });
    await carol.getByRole("button", { name: "Join" }).click();
    const three = [people.alice, people.bob, carol];
    for (const page of three) await tiles(page, 3);
    await everybodyIsSeenAndHeard(three);
    await people.alice.screenshot({ path: path.join(SCREENSHOTS, "meeting-fr-wide.png") });
    await carol.screenshot({ path: path.join(SCREENSHOTS, "meeting-en-narrow.png") });
});

test("mute and a hidden camera are seen by the others, and undone", async () => {
    const { alice, bob } = people;
    const aliceAtBob = bob.locator(".tile[data-identity^='@alice']");
    await alice.getByRole("button", { name: "Couper le micro" }).click();
    await aliceAtBob.getByLabel("micro coupé").waitFor();
    await alice.getByRole("button", { name: "Masquer la caméra" }).click();
    await aliceAtBob.locator("video").waitFor({ state: "hidden" });
    await alice.getByRole("button", { name: "Activer le micro" }).click();
    await aliceAtBob.getByLabel("micro coupé").waitFor({ state: "hidden" });
    await alice.getByRole("button", { name: "Montrer la caméra" }).click();
    await aliceAtBob.locator("video").waitFor({ state: "visible" });
    await everybodyIsSeenAndHeard([alice, bob, people.carol]);
});

test("one leaves, the others see it at once; she joins again", async () => {
    const { alice, bob, carol } = people;
    await carol.getByRole("button", { name: "Leave" }).click();
    for (const page of [alice, bob]) await tiles(page, 2);
    await carol.getByRole("button", { name: "Join again" }).click();
    await carol.getByRole("button", { name: "Join" }).click();
    for (const page of [alice, bob, carol]) await tiles(page, 3);
    await everybodyIsSeenAndHeard([alice, bob, carol]);
});

test("the connections are encrypted with GCM", async () => {
    const ciphers = await people.alice.evaluate(async () => {
        const stats = await parvisRoom.engine.pcManager.publisher.getStats();
        return [...stats.values()].filter((s) => s.type === "transport").map((s) => s.srtpCipher);
    });
    assert.ok(ciphers.length > 0 && ciphers.every((c) => /GCM/.test(c)), ciphers.join());
});

test("the seventh is told that the meeting is full; a seat that is left is free at once", async () => {
    const guest = guestLink.split("#guest=")[1];
    const natives = [];
    for (const name of ["Dora", "Émile", "Fatou"]) natives.push(await Participant.joinAsGuest(parvis.meeting, meetingId, guest, name));
    for (const page of [people.alice, people.bob, people.carol]) await tiles(page, 6);
    const gabriel = await newPage("gabriel");
    await gabriel.goto(guestLink);
    await gabriel.getByRole("heading", { name: "6/6, réunion complète" }).waitFor();
    await gabriel.screenshot({ path: path.join(SCREENSHOTS, "full-fr.png") });
    await people.alice.screenshot({ path: path.join(SCREENSHOTS, "meeting-six-fr.png") });
    await natives[0].leave();
    await gabriel.getByRole("button", { name: "Réessayer" }).click();
    await gabriel.getByLabel("Votre nom").fill("Gabriel");
    await join(gabriel);
    await tiles(gabriel, 6);
    for (const native of natives.slice(1)) await native.leave();
    await tiles(people.alice, 4);
});

test("the pages had no error on their consoles", () => {
    // A seat refused is an HTTP error, which browsers log on their own.
    for (const [name, page] of Object.entries(people))
        assert.deepEqual(page.problems.filter((p) => !/503/.test(p)), [], name);
});
