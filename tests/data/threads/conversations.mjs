// SPDX-License-Identifier: Apache-2.0
// Synthetic conversations: each mail with the thread to which it belongs, in the order of arrival.
const TO = "fils@localhost";
const people = {
    ana: "Ana Lopes <ana.lopes@free.example>", bob: "Bob Martin <bob@morel-btp.example>", chloe: "Chloé Petit <chloe.petit@laposte.example>",
    dan: "Dan Roy <dan.roy@yahoo.example>", eva: "Eva Klein <eva.klein@web.example>", finn: "Finn Moe <finn@mail.example>", gil: "Gil Noir <gil.noir@agglo.example>",
};
const word = (text) => (/^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`);
const address = (who) => people[who].replace(/^(.*) <(.*)>$/, (_, name, box) => `${word(name)} <${box}>`);
const index = (seed, more = "") => Buffer.from(`01dc${seed.repeat(40).slice(0, 40)}${more}`, "hex").toString("base64");

// [thread, name of the mail, who, subject, {reply, refs, index, cc}]
const rows = [
    // No In-Reply-To, but prefix, subject and person.
    ["voirie", "v1", "ana", "Nid-de-poule rue Haute"], ["voirie", "v2", "ana", "RE: Nid-de-poule rue Haute"], ["voirie", "v3", "ana", "Re : Nid-de-poule  rue Haute"], ["voirie", "v4", "ana", "[EXTERNE] RE: RE: Nid-de-poule rue Haute"],
    // Office subjects of strangers.
    ["facture-bob", "f1", "bob", "Facture"], ["facture-dan", "f2", "dan", "Facture"], ["facture-bob", "f3", "bob", "RE: Facture", { reply: "f1" }], ["facture-dan", "f4", "dan", "RE: Facture"], ["facture-eva", "f5", "eva", "Facture"],
    ["facture-bob-2", "f6", "bob", "Facture"], ["facture-finn", "f7", "finn", "Re: Facture"],
    ["reunion-1", "r1", "chloe", "Réunion"], ["reunion-2", "r2", "gil", "Réunion"], ["reunion-1", "r3", "chloe", "Ré: Réunion", { reply: "r1" }], ["reunion-2", "r4", "gil", "RE : Réunion"], ["reunion-3", "r5", "chloe", "Réunion"],
    // Outlook: Thread-Index alone, and with another subject.
    ["outlook", "o1", "gil", "Budget 2026", { index: index("a1") }], ["outlook", "o2", "eva", "RE: Budget 2026", { index: index("a1", "0011223344") }], ["outlook", "o3", "dan", "Budget 2026 (suite)", { index: index("a1", "00112233445566778899") }],
    ["outlook-2", "o4", "gil", "Budget 2026", { index: index("b2") }],
    // Parents that come late.
    ["late", "l2", "finn", "Re: Key handover", { reply: "l1" }], ["late", "l3", "eva", "AW: Key handover", { refs: ["l1", "l2"] }], ["late", "l1", "ana", "Key handover"],
    ["late-2", "m3", "dan", "Re: Travaux", { reply: "m2" }], ["late-2", "m1", "bob", "Chantier de la halle"], ["late-2", "m2", "bob", "Travaux", { reply: "m1" }], ["late-2", "m4", "dan", "Re: Travaux", { reply: "m3" }],
    ["late-3", "n2", "gil", "RE: Plan", { refs: ["n0"] }], ["late-3", "n3", "chloe", "RE: Plan", { refs: ["n0"] }], ["late-3", "n0", "eva", "Plan"],
    // References that name somebody else's thread under another subject.
    ["fete", "p1", "chloe", "Fête des voisins"], ["barriere", "p2", "chloe", "Barrières", { refs: ["p1"] }],
    // A forward with a prefix, an answer in German, counters and tags.
    ["strom", "s1", "eva", "Stromausfall am Markt"], ["strom", "s2", "eva", "AW: [2] Stromausfall am Markt"], ["strom", "s3", "eva", "Antw: AW: Stromausfall am Markt"],
    ["proton", "t1", "finn", "Lost parcel", { refs: ["x@protonmail.internalid"] }], ["proton-2", "t2", "dan", "Parking permit", { refs: ["x@protonmail.internalid"] }],
    ["proton", "t3", "finn", "Re: Lost parcel", { reply: "t1" }],
    // The same base subject from people who share a third.
    ["copie", "c1", "bob", "Planning juin", { cc: "gil" }], ["copie", "c2", "gil", "RE: Planning juin"],
    ["sans", "e1", "ana", ""], ["sans-2", "e2", "dan", ""], ["sans", "e3", "ana", "Re:", { reply: "e1" }],
];

export function conversations() {
    const id = (name) => (name.includes("@") ? name : `${name}.thread@synthetic.example`);
    return rows.map(([thread, name, who, subject, { reply, refs, index: bytes, cc } = {}], i) => ({
        thread, id: id(name),
        mail: [`From: ${address(who)}`, `To: ${TO}`, ...(cc ? [`Cc: ${address(cc)}`] : []), `Subject: ${word(subject)}`, `Message-ID: <${id(name)}>`,
            `Date: Tue, 3 Mar 2026 10:${String(i % 60).padStart(2, "0")}:00 +0100`, ...(reply ? [`In-Reply-To: <${id(reply)}>`] : []), ...(refs ? [`References: ${refs.map((r) => `<${id(r)}>`).join(" ")}`] : []),
            ...(bytes ? [`Thread-Index: ${bytes}`] : []), "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", `Message ${name}.`, ""].join("\r\n"),
    }));
}
