// SPDX-License-Identifier: Apache-2.0
// The meeting server and the homeserver, as the page needs them. Errors carry a sentence for the
// person (`message`) and, where known, the server's errcode (`code`).
import { t } from "./texts.js";

const SENTENCES = {
    M_LIMIT_EXCEEDED: "errLimited",
    M_NOT_FOUND: "errNoMeeting",
    M_UNAUTHORIZED: "errSession",
    M_UNKNOWN_TOKEN: "errSession",
    PARVIS_LINK_EXPIRED: "errLink",
    PARVIS_MEETING_ENDED: "errEnded",
    PARVIS_MEETING_FULL: "fullHelp",
};

async function call(method, url, { body, token, sentences = {} } = {}) {
    let reply, json;
    try {
        reply = await fetch(url, {
            method,
            headers: {
                ...(body ? { "Content-Type": "application/json" } : {}),
                ...(token ? { Authorization: `Bearer ${token}` } : {}),
            },
            body: body && JSON.stringify(body),
        });
        json = await reply.json();
    } catch {
        throw Object.assign(new Error(t("errNetwork")), { code: "network" });
    }
    if (reply.ok) return json;
    const key = sentences[json.errcode] ?? SENTENCES[json.errcode];
    throw Object.assign(new Error(key ? t(key) : t("errOther", { why: json.error ?? reply.status })), { code: json.errcode });
}

let config;
export async function serverConfig() {
    config ??= await call("GET", "/api/config");
    return config;
}

// The signed-in account lives as long as the tab.
export function account() {
    return JSON.parse(sessionStorage.getItem("account"));
}

export async function signIn(user, password) {
    const { homeserver_url } = await serverConfig();
    const answer = await call("POST", `${homeserver_url}/_matrix/client/v3/login`, {
        body: {
            type: "m.login.password",
            identifier: { type: "m.id.user", user },
            password,
            initial_device_display_name: "Parvis",
        },
        sentences: { M_FORBIDDEN: "errPassword" },
    });
    sessionStorage.setItem("account", JSON.stringify({
        userId: answer.user_id, deviceId: answer.device_id, token: answer.access_token,
    }));
}

export async function signOut() {
    const { token } = account();
    sessionStorage.removeItem("account");
    const { homeserver_url } = await serverConfig();
    await call("POST", `${homeserver_url}/_matrix/client/v3/logout`, { token }).catch(() => {});
}

async function openIdToken() {
    const { homeserver_url } = await serverConfig();
    const { userId, token } = account();
    const url = `${homeserver_url}/_matrix/client/v3/user/${encodeURIComponent(userId)}/openid/request_token`;
    try {
        return await call("POST", url, { token, body: {} });
    } catch (error) {
        if (error.code === "M_UNKNOWN_TOKEN") sessionStorage.removeItem("account");
        throw error;
    }
}

export async function createMeeting(objective) {
    return call("POST", "/api/meetings", { body: { objective, openid_token: await openIdToken() } });
}

export function meeting(id) {
    return call("GET", `/api/meetings/${encodeURIComponent(id)}`);
}

// A tab keeps its seat when the page is loaded again.
function seatId() {
    let id = sessionStorage.getItem("seat");
    if (!id) {
        id = crypto.randomUUID();
        sessionStorage.setItem("seat", id);
    }
    return id;
}

export async function joinMeeting(id, { guest, name }) {
    const body = guest
        ? { guest, name, device_id: seatId() }
        : { openid_token: await openIdToken(), device_id: account().deviceId };
    return call("POST", `/api/meetings/${encodeURIComponent(id)}/join`, { body, sentences: { M_FORBIDDEN: guest ? "errLink" : "errAccount" } });
}

// For the self-test: {url, token, turn}, of a meeting that nobody else is in.
export function testPass() {
    return call("POST", "/api/test", { body: {} });
}

export async function guestLink(id) {
    const body = { openid_token: await openIdToken() };
    return call("POST", `/api/meetings/${encodeURIComponent(id)}/guest-link`, { body });
}
