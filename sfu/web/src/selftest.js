// SPDX-License-Identifier: Apache-2.0
// From the visitor's own browser: does every part that a meeting needs answer, and if not, what is
// wrong and who can do what. Each check gives {ok, detail} or throws; a later one may need what an
// earlier one has found.
import { Room } from "livekit-client";

import { account, serverConfig, testPass } from "./api.js";
import { announce, h, show } from "./dom.js";
import { brand, go } from "./home.js";
import { t } from "./texts.js";

const TIMEOUT = 8000;
const FOCI = "org.matrix.msc4143.rtc_foci";
const TRANSPORTS = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports";

async function get(url, options = {}) {
    return fetch(url, { signal: AbortSignal.timeout(TIMEOUT), cache: "no-store", ...options });
}

async function homeserver(found) {
    const reply = await get(`${found.config.homeserver_url}/_matrix/client/versions`);
    const { versions } = await reply.json();
    if (!reply.ok || !versions?.length) throw new Error(String(reply.status));
    return { detail: found.config.homeserver_url };
}

function sameAddress(one, other) {
    return one?.replace(/\/+$/, "") === other.replace(/\/+$/, "");
}

async function discovery(found) {
    const reply = await get(`https://${found.config.server_name}/.well-known/matrix/client`);
    const known = await reply.json();
    if (!sameAddress(known["m.homeserver"]?.base_url, found.config.homeserver_url))
        throw new Error(known["m.homeserver"]?.base_url ?? String(reply.status));
    found.service = known[FOCI]?.find((focus) => focus.type === "livekit")?.livekit_service_url;
    if (!found.service) throw new Error(FOCI);
    return { detail: found.service };
}

// Who is not signed in is refused, which tells that it is there.
async function transports(found) {
    const token = account()?.token;
    const reply = await get(found.config.homeserver_url + TRANSPORTS, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
    const json = await reply.json();
    if (reply.status === 401) return {};
    const service = json.rtc_transports?.find((transport) => transport.type === "livekit")?.livekit_service_url;
    if (!service) throw new Error(String(reply.status));
    found.service ??= service;
    return { detail: service };
}

async function tokenService(found) {
    const service = found.service ?? location.origin;
    if (!sameAddress(new URL(service).origin, location.origin)) throw new Error(service);
    const reply = await get(`${service.replace(/\/+$/, "")}/sfu/get`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    if (reply.status !== 400) throw new Error(String(reply.status));
    found.pass = await testPass();
    return {};
}

function signalling({ pass }) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(`${pass.url}/rtc?access_token=${pass.token}&auto_subscribe=0`);
        const timer = setTimeout(() => reject(new Error("timeout")), TIMEOUT);
        socket.onopen = () => {
            clearTimeout(timer);
            socket.close();
            resolve({ detail: pass.url });
        };
        socket.onerror = () => {
            clearTimeout(timer);
            reject(new Error(pass.url));
        };
    });
}

// One short connection in which the browser learns of the server's candidates of one protocol only.
async function connection({ pass }, protocol, rtcConfig = {}) {
    const original = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        const lines = sdp.split("\r\n").filter((line) => !line.startsWith("a=candidate:") || line.split(" ")[2].toLowerCase() === protocol);
        return original.call(this, { type, sdp: lines.join("\r\n") });
    };
    const room = new Room();
    const started = performance.now();
    try {
        await room.connect(pass.url, pass.token, { maxRetries: 0, peerConnectionTimeout: TIMEOUT, rtcConfig });
        return { detail: t("testTook", { ms: Math.round(performance.now() - started) }) };
    } finally {
        RTCPeerConnection.prototype.setRemoteDescription = original;
        await room.disconnect();
    }
}

const CHECKS = [
    { key: "Homeserver", run: homeserver },
    { key: "Discovery", run: discovery },
    { key: "Transports", run: transports },
    { key: "Token", run: tokenService },
    { key: "Signal", run: signalling, needs: "pass" },
    { key: "Udp", run: (found) => connection(found, "udp"), needs: "pass" },
    { key: "Tcp", run: (found) => connection(found, "tcp"), needs: "pass" },
    { key: "Turn", run: (found) => connection(found, "udp", { iceTransportPolicy: "relay" }), needs: "pass", unless: (found) => !found.pass?.turn },
];

// What one more line says; `state` is "ok", "wrong", "skipped" or "busy".
function line(list, key) {
    const status = h("p", { className: "verdict" });
    const item = h("li", {}, h("strong", {}, t(`test${key}`)), status);
    list.append(item);
    return (state, text) => {
        item.dataset.state = state;
        status.textContent = text;
    };
}

async function check({ key, run, needs, unless }, found, list) {
    if (unless?.(found)) return true;
    const say = line(list, key);
    if (needs && !found[needs]) {
        say("skipped", t("testSkipped"));
        return true;
    }
    say("busy", t("testBusy"));
    try {
        const { detail } = await run(found);
        say("ok", detail ? `${t("testOk")} ${detail}` : t("testOk"));
        return true;
    } catch (error) {
        say("wrong", `${t(`test${key}Help`, { server: found.config.server_name, why: error.message })} (${error.message})`);
        return false;
    }
}

async function runAll(list, summary, again) {
    again.disabled = true;
    list.replaceChildren();
    summary.textContent = t("testBusy");
    let good = true;
    try {
        const found = { config: await serverConfig() };
        const verdicts = {};
        for (const one of CHECKS) {
            verdicts[one.key] = await check(one, found, list);
            good = verdicts[one.key] && good;
        }
        summary.textContent = good ? t("testAllGood") : verdicts.Udp || verdicts.Tcp || verdicts.Turn ? t("testSome") : t("testBad");
        if (!found.pass) summary.textContent = t("testBad");
    } catch (error) {
        summary.textContent = error.message;
    }
    announce(summary.textContent);
    again.disabled = false;
}

export function selfTest() {
    const list = h("ul", { className: "checks" });
    const summary = h("p", { className: "summary", role: "status" });
    const again = h("button", { type: "button", className: "primary", onclick: () => runAll(list, summary, again) }, t("testAgain"));
    show(t("testTitle"), h("div", { className: "card wide" }, brand(), h("h1", {}, t("testTitle")),
        h("p", { className: "help" }, t("testIntro")), list, summary, again,
        h("button", { type: "button", onclick: () => (history.length > 1 ? history.back() : go("/")) }, t("testBack"))));
    return runAll(list, summary, again);
}

// For wherever joining has failed.
export function selfTestLink() {
    return h("p", { className: "help" }, h("button", { type: "button", className: "link", onclick: () => go("/test") }, t("testLink")));
}
