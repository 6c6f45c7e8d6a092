// SPDX-License-Identifier: Apache-2.0
// How mail programs write an answer. A shape takes a letter (letters.mjs) and gives the bodies
// {plain, html} and the words that are {fresh} and {old}; what is in neither (signatures, device
// lines, disclaimers) counts for nothing. `held`: only for measuring.
import { letters } from "./letters.mjs";

const escape = (s) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const who = ([name, address]) => `${name} <${address}>`;
const mail = ([, address]) => `<a href="mailto:${address}">${address}</a>`;
const fresh = (l) => [...l.fresh, ...l.close].join("\n");
const plainFresh = (l) => [l.fresh.join("\n\n"), l.close.join("\n")].filter(Boolean).join("\n\n");
const plainOld = (l) => l.old.join("\n\n");
const mark = (text, by = "> ") => text.split("\n").map((line) => (line ? by + line : by.trimEnd())).join("\n");
const p = (texts, attributes = "") => texts.map((t) => `<p${attributes}>${escape(t)}</p>`).join("\n");
const div = (texts, attributes = "") => texts.map((t) => `<div${attributes}>${escape(t)}</div>`).join("");
const br = (texts) => texts.map(escape).join("<br>\n");
const page = (body, head = "") => `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">${head}</head><body>${body}</body></html>`;
const wrap = (text, width = 72) => text.split("\n").map((line) => line.replace(new RegExp(`(?![^\\n]{1,${width}}$)([^\\n]{1,${width}})\\s`, "g"), "$1\n")).join("\n");

const fields = {
    fr: ["De", "Envoyé", "À", "Cc", "Objet"], en: ["From", "Sent", "To", "Cc", "Subject"], de: ["Von", "Gesendet", "An", "Cc", "Betreff"],
};
const colon = (l) => (l.lang === "fr" ? " :" : ":");
const rows = (l, date = l.dates.long) => {
    const f = fields[l.lang];
    return [[f[0], who(l.them)], [f[1], date], [f[2], who(l.me)], [f[4], `RE: ${l.subject}`]];
};
const block = (l, date, sep = colon(l)) => rows(l, date).map(([k, v]) => `${k}${sep} ${v}`);
const boldBlock = (l) => rows(l).map(([k, v]) => `<b>${k}${l.lang === "fr" ? "&nbsp;:" : ":"}</b> ${escape(v)}`).join("<br>\n");
const wrote = { fr: (l, d) => `Le ${d}, ${who(l.them)} a écrit :`, en: (l, d) => `On ${d}, ${who(l.them)} wrote:`, de: (l, d) => `Am ${d} schrieb ${who(l.them)}:` };
const attribution = (l, d) => wrote[l.lang](l, d);

// One answer above its quote: the words of both, whatever stands between is quoted too.
const top = (l, bodies, between = "", oldText = plainOld(l)) => ({ fresh: fresh(l), old: `${between}\n${oldText}`, ...bodies });

const word = `xmlns:o="urn:schemas-microsoft-com:office:office"`;
function outlookDesktop(l, signature = "") {
    const quoted = p(l.old, ' class="MsoNormal"');
    return top(l, { html: `<html ${word}><head><style>p.MsoNormal{margin:0cm}</style></head><body lang="FR"><div class="WordSection1">
${p([...l.fresh, ...l.close], ' class="MsoNormal"')}<p class="MsoNormal"><o:p>&nbsp;</o:p></p>${signature}
<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">${boldBlock(l)}<o:p></o:p></p></div></div>
<p class="MsoNormal"><o:p>&nbsp;</o:p></p>${quoted}</div></body></html>` }, block(l).join("\n"));
}
function outlookWeb(l, before = "") {
    return top(l, { html: page(`<div class="elementToProof" style="font-family:Aptos">${div([...l.fresh, ...l.close])}</div>${before}
<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">${boldBlock(l)}</font><div>&nbsp;</div></div>
<div class="BodyFragment">${div(l.old)}</div>`) }, block(l).join("\n"));
}
const outlookPlain = (rule) => (l) => top(l, { plain: `${plainFresh(l)}\n\n${rule}\n${block(l).join("\n")}\n\n${plainOld(l)}\n` }, block(l).join("\n"));

const gmailDate = (l) => (l.lang === "fr" ? `${l.dates.abbr} à ${l.dates.at}` : l.lang === "de" ? `${l.dates.abbr} um ${l.dates.at} Uhr` : `${l.dates.abbr} at ${l.dates.at}`);
function gmailHtml(l, { nested = false, signature = "" } = {}) {
    const intro = attribution(l, gmailDate(l));
    const inner = nested ? `<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">${escape(intro)}<br></div><blockquote class="gmail_quote">${div(l.older)}</blockquote></div>` : "";
    const oldText = plainOld(l) + (nested ? `\n${intro}\n${l.older.join("\n")}` : "");
    return top(l, { html: `<div dir="ltr">${div([...l.fresh, ...l.close])}${signature}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">${escape(intro)}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">${div(l.old)}${inner}</blockquote></div>\n` }, intro, oldText);
}
function gmailPlain(l, nested = false) {
    const intro = attribution(l, gmailDate(l));
    const at = intro.indexOf("<");
    const two = wrap(intro, 62).includes("\n") ? wrap(intro, 62) : `${intro.slice(0, at)}\n${intro.slice(at)}`;
    let quoted = plainOld(l);
    if (nested) quoted += `\n\n${intro}\n\n${mark(l.older.join("\n\n"))}`;
    return top(l, { plain: `${wrap(plainFresh(l))}\n\n${two}\n\n${mark(wrap(quoted))}\n` }, intro, quoted.replace(/^>+ ?/gm, ""));
}
function thunderbirdHtml(l) {
    const intro = attribution(l, l.lang === "fr" ? l.dates.short.replace(" ", " à ") : l.dates.short.replace(" ", l.lang === "de" ? " um " : ", "));
    return top(l, { html: page(`${p([...l.fresh, l.close.join(" ")])}<div class="moz-cite-prefix">${escape(intro)}<br></div><blockquote type="cite" cite="mid:1@ville.example">${p(l.old)}</blockquote><br>`) }, intro);
}
function thunderbirdPlain(l, bottom = false) {
    const intro = attribution(l, l.lang === "fr" ? l.dates.short.replace(" ", " à ") : l.dates.short.replace(" ", l.lang === "de" ? " um " : ", "));
    const quote = `${intro}\n${mark(wrap(plainOld(l)))}`;
    return top(l, { plain: bottom ? `${quote}\n\n${plainFresh(l)}\n` : `${plainFresh(l)}\n\n${quote}\n` }, intro);
}
const device = { fr: "Envoyé de mon iPhone", en: "Sent from my iPhone", de: "Von meinem iPhone gesendet" };
function iphoneHtml(l) {
    const intro = attribution(l, l.lang === "fr" ? `${l.dates.day} à ${l.dates.at}` : l.lang === "de" ? `${l.dates.day.slice(0, 14)} um ${l.dates.at}` : `${l.dates.day}, at ${l.dates.at}`);
    return top(l, { html: page(`${br([...l.fresh, ...l.close])}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">${device[l.lang]}</div><div dir="ltr"><br><blockquote type="cite">${escape(intro)}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">${div(l.old)}</div></blockquote>`) }, intro);
}
function iphonePlain(l) {
    const intro = attribution(l, l.lang === "fr" ? `${l.dates.day} à ${l.dates.at}` : l.lang === "de" ? `${l.dates.day} um ${l.dates.at}` : `${l.dates.day}, at ${l.dates.at}`);
    return top(l, { plain: `${plainFresh(l)}\n\n${device[l.lang]}\n\n> ${intro}\n> \n${mark(plainOld(l), "> ")}\n` }, intro);
}
function appleHtml(l) {
    const intro = attribution(l, `${l.dates.day} à ${l.dates.at}`);
    return top(l, { html: page(`${br([...l.fresh, ...l.close])}<br><div><br><blockquote type="cite"><div>${escape(intro)}</div><br class="Apple-interchange-newline"><div>${div(l.old)}</div></blockquote></div><br>`) }, intro);
}
function zimbraHtml(l) {
    const head = block(l, l.dates.long.replace("2026", "2026"), ":");
    return top(l, { html: `<html><body><div style="font-family: arial">${div([...l.fresh, ...l.close])}<br><div><br></div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">${head.map((t) => `<b>${escape(t.split(":")[0])}: </b>${escape(t.slice(t.indexOf(":") + 2))}<br>`).join("")}</div><div data-marker="__QUOTED_TEXT__">${div(l.old)}<br></div></div></body></html>` }, head.join("\n"));
}
const zimbraPlain = (l) => { const head = block(l, l.dates.long, ":"); return top(l, { plain: `${plainFresh(l)}\n\n----- Mail original -----\n${head.join("\n")}\n\n${plainOld(l)}\n` }, head.join("\n")); };
const laposteLines = (l) => [`Message du ${l.dates.short}`, `De : "${l.them[0]}" <${l.them[1]}>`, `A : ${l.me[1]}`, "Copie à : ", `Objet : Re: ${l.subject}`];
const lapostePlain = (l) => top(l, { plain: `${plainFresh(l)}\n\n\n\n\n${mark(laposteLines(l).join("\n"))}\n> \n${mark(plainOld(l))}\n> \n` }, laposteLines(l).join("\n"));
const laposteHtml = (l) => top(l, { html: `<p>${[...l.fresh, ...l.close].map(escape).join("</p><p>")}</p><p>&nbsp;</p><blockquote style="padding-left: 5px; margin-left: 5px; border-left: #ff6600 2px solid;">${br(laposteLines(l))}<br><br>${div(l.old)}</blockquote>` }, laposteLines(l).join("\n"));
const orangeLines = (l) => [`envoyé : ${l.dates.day} à ${l.dates.at}`, `de : ${who(l.them)}`, `à : ${l.me[1]}`, `objet : Re: ${l.subject}`];
const orangeHtml = (l) => top(l, { html: `<div>${div([...l.fresh, ...l.close])}</div><div><br></div><blockquote style="border-left: #ff7900 2px solid; padding-left: 8px;"><div>${orangeLines(l).map((t) => `<div>${escape(t)}</div>`).join("")}</div><br>${div(l.old)}</blockquote>` }, orangeLines(l).join("\n"));
const orangePlain = (l) => top(l, { plain: `${plainFresh(l)}\n\n\n${orangeLines(l).join("\n")}\n\n${plainOld(l)}\n` }, orangeLines(l).join("\n"));
const laposteNew = (l) => { const head = ["De :", `${l.them[1]}`, "À :", l.me[1], "Date :", l.dates.full, "Objet :", `Re: ${l.subject}`]; return top(l, { html: `<div>${div([...l.fresh, ...l.close])}</div><br><div class="quote"><hr><div><b>De : </b>${escape(who(l.them))}<br><b>À : </b>${l.me[1]}<br><b>Date : </b>${l.dates.full}<br><b>Objet : </b>Re: ${escape(l.subject)}</div><br>${div(l.old)}</div>` }, head.join("\n")); };
const yahooDate = (l) => (l.lang === "fr" ? `${l.dates.full}:33 UTC+1` : `${l.dates.full}:33 GMT+1`);
const yahooHtml = (l) => { const intro = attribution(l, yahooDate(l)); return top(l, { html: `<html><body><div class="ydp1yahoo-style-wrap" style="font-family:Helvetica">${div([...l.fresh, ...l.close], ' dir="ltr"')}<div><br></div></div><div id="ydp2yahoo_quoted_0" class="ydp2yahoo_quoted"><div><div>${escape(intro)}</div><div><br></div><div><div id="ydp2yiv1"><div>${div(l.old)}</div></div></div></div></div></body></html>` }, intro); };
const yahooPlain = (l) => { const intro = attribution(l, yahooDate(l)); return top(l, { plain: ` ${plainFresh(l)}\n\n    ${intro}  \n \n ${l.old.join(" \n ")}\n` }, intro); };
const proton = (l) => { const intro = attribution(l, l.dates.full); return top(l, { html: `<div style="font-family: Arial">${div([...l.fresh, ...l.close])}</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Envoyé avec la messagerie sécurisée Proton Mail.</div></div><div class="protonmail_quote">${escape(intro)}<br><blockquote class="protonmail_quote" type="cite">${div(l.old)}</blockquote><br></div>` }, intro); };
const protonPlain = (l) => { const intro = `${attribution(l, l.dates.full)}`; return top(l, { plain: `${plainFresh(l)}\n\nSent with Proton Mail secure email.\n\n${intro}\n\n${mark(plainOld(l))}\n` }, intro); };
const gmx = (l) => { const head = [`Gesendet: ${l.dates.full} Uhr`, `Von: "${l.them[0]}" <${l.them[1]}>`, `An: ${l.me[1]}`, `Betreff: Aw: ${l.subject}`]; return top(l, { html: `<html><body><div style="font-family: Verdana;">${div([...l.fresh, ...l.close])}<div>&nbsp;<div style="margin: 10px 5px 5px 10px; border-left: 2px solid #C3D9E5;" name="quote"><div style="margin:0 0 10px 0;">${head.map((t) => `<b>${escape(t.split(":")[0])}:</b>${escape(t.slice(t.indexOf(":") + 1))}`).join("<br>")}</div><div name="quoted-content">${div(l.old)}</div></div></div></div></body></html>` }, head.join("\n")); };
const roundcube = (l, bottom) => { const intro = l.lang === "fr" ? `Le 2026-03-03 10:12, ${l.them[0]} a écrit :` : `Am 2026-03-03 10:12, schrieb ${l.them[0]}:`; const quote = `${intro}\n${mark(wrap(plainOld(l)))}`; return top(l, { plain: bottom ? `${quote}\n\n${plainFresh(l)}\n` : `${plainFresh(l)}\n\n${quote}` }, intro); };
const roundcubeHtml = (l) => { const intro = `Le 2026-03-03 10:12, ${l.them[0]} a écrit :`; return top(l, { html: `<html><body style="font-size: 10pt">${p([...l.fresh, ...l.close])}<p id="reply-intro">${escape(intro)}</p><blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0"><div id="replybody1">${p(l.old)}</div></blockquote></body></html>` }, intro); };
const samsung = (l) => { const head = [`De : ${who(l.them)} `, `Date : ${l.dates.short} (GMT+01:00) `, `À : ${who(l.me)} `, `Objet : Re: ${l.subject} `]; return top(l, { html: page(`<div dir="auto">${div([...l.fresh, ...l.close])}</div><div><br></div><div id="composer_signature"><div style="font-size:12px;color:#575757">Envoyé depuis mon appareil Galaxy</div></div><div><br></div><div style="font-size:100%;color:#000000"><!-- originalMessage --><div>-------- Message d'origine --------</div>${head.map((t) => `<div>${escape(t)}</div>`).join("")}<div><br></div></div>${div(l.old)}`) }, `-------- Message d'origine --------\n${head.join("\n")}`); };
const groupwise = (l) => { const intro = `>>> ${who(l.them)} ${l.dates.short} >>>`; return top(l, { plain: `${plainFresh(l)}\n\n${intro}\n${plainOld(l)}\n` }, intro); };
const notes = (l) => { const head = [`De :\t${l.them[0]}/VILLE/FR`, `A :\t${l.me[1]}`, `Date :\t${l.dates.short}`, `Objet :\tRe: ${l.subject}`]; return top(l, { plain: `${plainFresh(l)}\n\n\n\n${head.join("\n")}\n\n\n\n${plainOld(l)}\n` }, head.join("\n")); };
const sogo = (l) => { const intro = `${l.dates.full.replace(/^./, (c) => c.toUpperCase())} CET, "${l.them[0]}" <${l.them[1]}> a écrit:`; return top(l, { html: `<html>${[...l.fresh, ...l.close].map(escape).join("<br>")}<br><br>${escape(intro)}<br>&nbsp;<blockquote type="cite" cite="1">${div(l.old)}</blockquote></html>` }, intro); };
const k9 = (l) => { const intro = `-------- Message d'origine --------\nDe : ${who(l.them)}\nEnvoyé : 3 mars 2026 10:12:33 GMT+01:00\nÀ : ${l.me[1]}\nObjet : Re: ${l.subject}`; return top(l, { plain: `${plainFresh(l)}\n\n${intro}\n\n${plainOld(l)}\n` }, intro); };
const k9quote = (l) => { const intro = `Le ${l.dates.day} 10:12:33 GMT+01:00, "${l.them[0]}" <${l.them[1]}> a écrit :`; return top(l, { html: `<html><body>${br([...l.fresh, ...l.close])}<br><br>-- <br>Envoyé de mon appareil Android avec K-9 Mail. Veuillez excuser ma brièveté.<br><br><div class="gmail_quote">${escape(intro)}<blockquote class="gmail_quote" style="margin: 0pt 0pt 0pt 0.8ex;">${div(l.old)}</blockquote></div></body></html>` }, intro); };
const bluemind = (l) => { const intro = `${attribution(l, l.dates.full)}`; return top(l, { html: `<html><body><p>${[...l.fresh, ...l.close].map(escape).join("<br>")}</p><br><div id="bm-reply"><p>${escape(intro)}</p><blockquote>${p(l.old)}</blockquote></div></body></html>` }, intro); };
const webde = (l) => { const intro = `Am ${l.dates.day} um ${l.dates.at} schrieb "${l.them[0]}" <${l.them[1]}>:`; return top(l, { plain: `${plainFresh(l)}\n\n${intro.replace(" schrieb", "\nschrieb")}\n\n${plainOld(l)}\n` }, intro); };
const laposteMobile = (l) => { const intro = `Le ${l.dates.short.replace(" ", " à ")}, ${l.them[1]} a écrit :`; return top(l, { html: `<div>${div([...l.fresh, ...l.close])}</div><div><br>Envoyé depuis l'application Mail Orange<br><br></div><div>${escape(intro)}</div><blockquote style="margin:0 0 0 5px">${div(l.old)}</blockquote>` }, intro); };

const zoho = (l) => { const intro = `---- Le mar., 03 mars 2026 10:12:33 +0100 ${who(l.them)} a écrit ----`; return top(l, { html: `<div style="font-family: Verdana">${div([...l.fresh, ...l.close])}<br></div><div class="zmail_extra_hr" style="border-top: 1px solid #ccc"></div><div class="zmail_extra"><br><div id="Zm-_Id_-Sgn1">${escape(intro)}</div><br><blockquote id="blockquote_zmail">${div(l.old)}</blockquote></div>` }, intro); };
const openXchange = (l) => { const intro = attribution(l, `${l.dates.short} CET`); return top(l, { html: `<!doctype html><html><body>${div([...l.fresh, ...l.close], ' class="default-style"')}<blockquote type="cite"><div>${escape(intro)}</div><div>&nbsp;</div><div>&nbsp;</div>${div(l.old)}</blockquote></body></html>` }, intro); };
const evolution = (l) => { const intro = attribution(l, `mardi 03 mars 2026 à 10:12 +0100`); return top(l, { plain: `${plainFresh(l)}\n\n${wrap(intro, 64)}\n${mark(wrap(plainOld(l)))}\n\n-- \n${l.me[0]}\nPremier étage\n` }, intro); };
const mutt = (l) => { const intro = `On Tue, Mar 03, 2026 at 10:12:33AM +0100, ${l.them[0]} wrote:`; return top(l, { plain: `${plainFresh(l)}\n\n${intro}\n${mark(mark(wrap(l.older.join("\n"))))}\n> \n${mark(wrap(plainOld(l)))}\n` }, intro, `${l.older.join("\n")}\n${plainOld(l)}`); };
const outlookMac = (l) => { const head = [["De : ", who(l.them)], ["Date : ", l.dates.full], ["À : ", who(l.me)], ["Objet : ", `Re: ${l.subject}`]]; return top(l, { html: page(`<div class="WordSection1">${p([...l.fresh, ...l.close], ' class="MsoNormal"')}<div id="mail-editor-reference-message-container"><div><div style="border-top:solid #B5C4DF 1.0pt"><p class="MsoNormal" style="margin-bottom:12.0pt">${head.map(([k, v]) => `<b><span style="color:black">${k}</span></b><span>${escape(v)}</span>`).join("<br>")}</p></div>${p(l.old, ' class="MsoNormal"')}</div></div></div>`) }, head.map((h) => h.join("")).join("\n")); };
const emClient = (l) => { const head = ["------ Message d'origine ------", `De "${l.them[0]}" <${l.them[1]}>`, `À ${l.me[1]}`, `Date ${l.dates.short}:33`, `Objet Re: ${l.subject}`]; return top(l, { html: `<html><body>${div([...l.fresh, ...l.close])}<div><br></div><div id="x1">${head.map((t) => `<div>${escape(t)}</div>`).join("")}</div><div><br></div><div id="xad1"><blockquote cite="1@x" class="cite2">${div(l.old)}</blockquote></div></body></html>` }, head.join("\n")); };
const windowsMail = (l) => { const head = [`De : ${who(l.them)}`, `Envoyé le :${l.dates.long}`, `À : ${l.me[1]}`, `Objet :Re: ${l.subject}`]; return top(l, { plain: `${plainFresh(l)}\n\n\n\nProvenance : Courrier pour Windows\n\n\n\n${head.join("\n")}\n\n\n\n${plainOld(l)}\n` }, head.join("\n")); };
const owa2010 = (l) => { const head = block(l); return top(l, { html: page(`<div style="direction: ltr;font-family: Tahoma">${div([...l.fresh, ...l.close])}<div style="font-size: 16px"><hr tabindex="-1"><div style="direction: ltr;" id="divRpF4711"><font size="2"><b>${head[0]}</b><br>${head.slice(1).map(escape).join("<br>")}<br></font><br></div><div></div><div>${div(l.old)}</div></div></div>`) }, head.join("\n")); };
const gmailApp = (l) => { const intro = attribution(l, `${l.dates.abbr}, ${l.dates.at}`); return top(l, { html: `<div dir="auto">${div([...l.fresh, ...l.close], ' dir="auto"')}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">${escape(intro)}<br></div><blockquote class="gmail_quote">${div(l.old)}</blockquote></div>` }, intro); };
const tutanota = (l) => { const intro = `${l.dates.short.replace(" ", ", ")} de ${l.them[1]}:`; return top(l, { html: `<html><body>${div([...l.fresh, ...l.close])}<div><br></div><div>${escape(intro)}<br></div><blockquote class="tutanota_quote" style="border-left: 1px solid #93A3B8">${div(l.old)}</blockquote></body></html>` }, intro); };
const sparkDe = (l) => { const intro = `Am ${l.dates.day}, 10:12 +0100 schrieb ${who(l.them)}:`; return top(l, { html: `<html><body><div name="messageBodySection"><div dir="auto">${br([...l.fresh, ...l.close])}</div></div><div name="messageReplySection">${escape(intro)}<br><blockquote type="cite" class="spark_quote">${div(l.old)}</blockquote></div></body></html>` }, intro); };
const inlineApple = (l) => ({ fresh: [...l.fresh, ...l.close].join("\n"), old: "", html: page(`<br><div><br><blockquote type="cite"><div>${escape(attribution(l, l.dates.full))}</div></blockquote>${l.old.map((t, i) => `<blockquote type="cite"><div>${escape(t)}</div></blockquote>${l.fresh[i] ? `<div>${escape(l.fresh[i])}</div>` : ""}`).join("")}${div([...l.fresh.slice(l.old.length), ...l.close])}</div>`) });
const forwardSamsung = (l) => ({ forward: true, fresh: [...l.fresh, ...l.close, ...l.old].join("\n"), old: "", subject: `Fwd: ${l.subject}`, plain: `${plainFresh(l)}\n\nEnvoyé de mon Galaxy\n\n-------- Message d'origine --------\nDe : ${who(l.them)}\nDate : ${l.dates.short}\nÀ : ${who(l.me)}\nObjet : ${l.subject}\n\n${plainOld(l)}\n` });

const inline = { // Answers between the lines: the quotes are needed, and count for nothing.
    plain: (l) => ({ fresh: [...l.fresh, ...l.close].join("\n"), old: "", plain: `${attribution(l, l.dates.short)}\n${l.old.map((t, i) => `${mark(wrap(t))}\n${l.fresh[i] ? `\n${l.fresh[i]}\n` : ""}`).join("\n")}\n${[...l.fresh.slice(l.old.length), ...l.close].join("\n")}\n` }),
    html: (l) => ({ fresh: [...l.fresh, ...l.close].join("\n"), old: "", html: page(`<div class="moz-cite-prefix">${escape(attribution(l, l.dates.short))}<br></div>${l.old.map((t, i) => `<blockquote type="cite">${p([t])}</blockquote>${l.fresh[i] ? p([l.fresh[i]]) : ""}`).join("")}${p([...l.fresh.slice(l.old.length), ...l.close])}`) }),
    gmail: (l) => ({ fresh: [...l.fresh, ...l.close].join("\n"), old: "", html: `<div dir="ltr"><div class="gmail_quote"><div dir="ltr" class="gmail_attr">${escape(attribution(l, gmailDate(l)))}<br></div>${l.old.map((t, i) => `<blockquote class="gmail_quote">${div([t])}</blockquote>${l.fresh[i] ? `<div>${escape(l.fresh[i])}</div>` : ""}`).join("")}${div([...l.fresh.slice(l.old.length), ...l.close])}</div></div>` }),
    outlook: (l) => ({ fresh: ["Bonjour, mes réponses en rouge ci-dessous.", ...l.fresh.slice(1)].join("\n"), old: "", html: page(`<div class="WordSection1"><p class="MsoNormal">Bonjour, mes réponses en rouge ci-dessous.</p><div><div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal">${boldBlock(l)}</p></div></div>${l.old.map((t, i) => `<p class="MsoNormal">${escape(t)}</p>${l.fresh[i + 1] ? `<p class="MsoNormal"><span style="color:red">${escape(l.fresh[i + 1])}</span></p>` : ""}`).join("")}${p(l.fresh.slice(l.old.length + 1), ' style="color:red"')}</div>`) }),
};
// Passed on: all of it is what was sent.
const passed = (l, bodies) => ({ forward: true, fresh: [...l.fresh, ...l.close, ...l.old].join("\n"), old: "", ...bodies });
const forwards = {
    gmail: (l) => passed(l, { html: `<div dir="ltr">${div([...l.fresh, ...l.close])}<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>De : <b>${escape(l.them[0])}</b> &lt;${l.them[1]}&gt;<br>Date: ${gmailDate(l)}<br>Subject: ${escape(l.subject)}<br>To: ${l.me[1]}<br></div><br>${div(l.old)}</div></div>` }),
    thunderbird: (l) => passed(l, { plain: `${plainFresh(l)}\n\n\n-------- Message transféré --------\nSujet : ${l.subject}\nDate : ${l.dates.short}\nDe : ${who(l.them)}\nPour : ${l.me[1]}\n\n${plainOld(l)}\n` }),
    thunderbirdHtml: (l) => passed(l, { html: page(`${p([...l.fresh, ...l.close])}<div class="moz-forward-container"><br>-------- Message transféré --------<table class="moz-email-headers-table"><tbody><tr><th>Sujet :</th><td>${escape(l.subject)}</td></tr><tr><th>Date :</th><td>${l.dates.short}</td></tr><tr><th>De :</th><td>${escape(who(l.them))}</td></tr></tbody></table><br>${p(l.old)}</div>`) }),
    apple: (l) => passed(l, { html: page(`${br([...l.fresh, ...l.close])}<br><div><br><div>Début du message réexpédié :</div><br><blockquote type="cite"><div><b>De: </b>${escape(who(l.them))}<br></div><div><b>Objet: </b>${escape(l.subject)}<br></div><div><b>Date: </b>${l.dates.full}<br></div><br><div>${div(l.old)}</div></blockquote></div>`) }),
    outlook: (l) => ({ ...outlookDesktop(l), ...passed(l, { subject: `TR : ${l.subject}` }) }),
    zimbra: (l) => passed(l, { plain: `${plainFresh(l)}\n\n----- Mail transféré -----\n${block(l, l.dates.long, ":").join("\n")}\n\n${plainOld(l)}\n` }),
};
const table = (l) => `<table border="0" cellpadding="0"><tr><td><b>${escape(l.me[0])}</b></td></tr><tr><td>Tél. 01 02 03 04 05</td></tr></table>`;
const disclaimer = "<p class=\"MsoNormal\"><i>Ce message et ses pièces jointes peuvent contenir des informations confidentielles. Si vous l'avez reçu par erreur, merci de le détruire.</i></p>";

const rowsOf = [
    ["outlook-desktop-html", "fr", outlookDesktop], ["outlook-desktop-signature", "fr", (l) => outlookDesktop(l, table(l))],
    ["outlook-desktop-disclaimer", "fr", (l) => outlookDesktop(l, disclaimer)], ["outlook-desktop-html", "en", outlookDesktop], ["outlook-desktop-html", "de", outlookDesktop],
    ["outlook-desktop-plain", "fr", outlookPlain("-----Message d'origine-----")], ["outlook-desktop-plain", "en", outlookPlain("-----Original Message-----")],
    ["outlook-desktop-plain", "de", outlookPlain("-----Ursprüngliche Nachricht-----")], ["outlook-rule-plain", "fr", outlookPlain("________________________________")],
    ["outlook-bare-plain", "fr", outlookPlain("")], ["outlook-web-html", "fr", outlookWeb],
    ["outlook-mobile-html", "fr", (l) => outlookWeb(l, '<div class="ms-outlook-mobile-signature">Obtenir <a href="https://aka.ms/o0ukef">Outlook pour iOS</a></div>')],
    ["thunderbird-html", "fr", thunderbirdHtml], ["thunderbird-plain", "fr", thunderbirdPlain], ["thunderbird-plain", "de", thunderbirdPlain],
    ["thunderbird-bottom", "en", (l) => thunderbirdPlain(l, true)], ["gmail-html", "fr", gmailHtml], ["gmail-html", "en", gmailHtml], ["gmail-nested", "fr", (l) => gmailHtml(l, { nested: true })],
    ["gmail-signature", "fr", (l) => gmailHtml(l, { signature: `<br clear="all"><div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature"><div>${escape(l.me[0])}<br>Rue du Port</div></div>` })],
    ["gmail-plain", "fr", gmailPlain], ["gmail-plain", "en", gmailPlain], ["gmail-plain", "de", gmailPlain], ["gmail-plain-nested", "fr", (l) => gmailPlain(l, true)],
    ["iphone-html", "fr", iphoneHtml], ["iphone-plain", "fr", iphonePlain], ["iphone-plain", "en", iphonePlain], ["apple-mail-html", "fr", appleHtml],
    ["zimbra-html", "fr", zimbraHtml], ["zimbra-plain", "fr", zimbraPlain], ["laposte-plain", "fr", lapostePlain], ["orange-html", "fr", orangeHtml],
    ["yahoo-html", "fr", yahooHtml], ["yahoo-plain", "fr", yahooPlain], ["proton-html", "fr", proton],
    ["inline-plain", "fr", inline.plain], ["inline-html", "fr", inline.html], ["inline-gmail", "fr", inline.gmail], ["inline-outlook-colour", "fr", inline.outlook],
    ["forward-gmail", "fr", forwards.gmail], ["forward-thunderbird", "fr", forwards.thunderbird], ["forward-apple", "fr", forwards.apple], ["forward-outlook", "fr", forwards.outlook],
    ["gmail-html", "de", gmailHtml], ["thunderbird-html", "de", thunderbirdHtml], ["iphone-html", "de", iphoneHtml], ["laposte-html", "fr", laposteHtml],
    ["laposte-new-html", "fr", laposteNew], ["orange-plain", "fr", orangePlain], ["orange-mobile", "fr", laposteMobile], ["yahoo-html", "en", yahooHtml],
    ["proton-plain", "fr", protonPlain], ["gmx-html", "de", gmx], ["webde-plain", "de", webde], ["roundcube-plain", "fr", (l) => roundcube(l, false)],
    ["roundcube-bottom", "de", (l) => roundcube(l, true)], ["roundcube-html", "fr", roundcubeHtml], ["samsung-html", "fr", samsung], ["groupwise-plain", "fr", groupwise],
    ["notes-plain", "fr", notes], ["sogo-html", "fr", sogo], ["k9-plain", "fr", k9], ["k9-html", "fr", k9quote], ["bluemind-html", "fr", bluemind],
    ["forward-thunderbird-html", "fr", forwards.thunderbirdHtml], ["forward-zimbra", "fr", forwards.zimbra],
    // Only for measuring.
    ["zoho-html", "fr", zoho, true], ["open-xchange-html", "fr", openXchange, true], ["open-xchange-html", "de", openXchange, true], ["evolution-plain", "fr", evolution, true],
    ["mutt-plain", "en", mutt, true], ["outlook-mac-html", "fr", outlookMac, true], ["em-client-html", "fr", emClient, true], ["windows-mail-plain", "fr", windowsMail, true],
    ["owa-2010-html", "fr", owa2010, true], ["owa-2010-html", "en", owa2010, true], ["gmail-app-html", "fr", gmailApp, true], ["tutanota-html", "fr", tutanota, true], ["spark-html", "de", sparkDe, true],
    ["inline-apple", "fr", inlineApple, true], ["inline-apple", "en", inlineApple, true], ["forward-samsung", "fr", forwardSamsung, true],
    ["yahoo-plain", "en", yahooPlain, true], ["iphone-plain", "de", iphonePlain, true], ["apple-mail-forward-plain", "fr", (l) => passed(l, { plain: `${plainFresh(l)}\n\nDébut du message transféré :\n\n> De: ${who(l.them)}\n> Objet: ${l.subject}\n> Date: ${l.dates.full}\n>\n${mark(plainOld(l))}\n` }), true],
    ["outlook-mobile-html", "en", (l) => outlookWeb(l, '<div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/AAb9ysg">Outlook for Android</a></div>'), true],
];

const bodyPart = (type, text) => `Content-Type: text/${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n`;
const encoded = (text) => `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;

function message(l, shape, made, number) {
    const head = [`From: ${encoded(l.me[0])} <${l.me[1]}>`, `To: ${l.them[1]}`, `Subject: ${encoded(made.subject ?? `${l.lang === "de" ? "AW" : "RE"}: ${l.subject.replace(/^TR : /, "")}`)}`,
        "Date: Wed, 4 Mar 2026 09:00:00 +0100", `Message-ID: <${number}.${shape}@synthetic.example>`, "MIME-Version: 1.0", ""].join("\r\n");
    if (made.plain === undefined) return `${head}${bodyPart("html", made.html)}`;
    return `${head}${bodyPart("plain", made.plain)}`;
}

// Each mail: {name, held, forward, fresh, old, plain | html, eml}.
export function quoteMails() {
    const mails = [];
    rowsOf.forEach(([shape, lang, make, held = false], row) => {
        const fitting = letters.filter((l) => l.lang === lang);
        const count = lang === "fr" ? 3 : 2;
        for (let i = 0; i < count; i++) {
            const l = fitting[(row * 3 + i) % fitting.length];
            const made = make(l);
            mails.push({ name: `${shape}-${lang}-${i}`, held, ...made, eml: message(l, `${shape}-${lang}`, made, mails.length) });
        }
    });
    return mails;
}
