// SPDX-License-Identifier: Apache-2.0
// The SFU from outside: its token service and meetings by HTTP, the signalling by LiveKit's native
// SDK and by hand, media between people who are not there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import zlib from "node:zlib";

import { JoinRequest, LeaveRequest, SignalRequest, SignalResponse, WrappedJoinRequest } from "@livekit/protocol";
import { ConnectError, DisconnectReason, RoomEvent, dispose } from "@livekit/rtc-node";
import WebSocket from "ws";

import { Parvis, ROOT, SERVER_NAME, eventually } from "../tools/parvis.mjs";
import { Person } from "../tools/person.mjs";

const NOTICED_MS = 15000;

let parvis;
let alice;
let signalUrl;

before(async () => {
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
    alice = await parvis.register("alice");
    signalUrl = `ws://127.0.0.1:${parvis.ports.signal}`;
});

afterEach(() => Person.allLeave());

after(async () => {
    await dispose();
    await parvis?.stop();
    const log = parvis?.log("sfu") ?? "";
    assert.doesNotMatch(log, /eyJ/, "no token in the log");
});

// --- helpers --------------------------------------------------------------------------------------

async function call(method, target, body) {
    const reply = await fetch(parvis.meeting + target, {
        method,
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : undefined };
}

function openId(account) {
    return parvis.api("POST", `/_matrix/client/v3/user/${encodeURIComponent(account.user_id)}/openid/request_token`,
        { token: account.access_token, body: {} });
}

async function meeting(objective = "Plan the festival") {
    const reply = await call("POST", "/api/meetings", { objective, openid_token: await openId(alice) });
    assert.equal(reply.status, 201, JSON.stringify(reply.body));
    return reply.body;
}

async function guestSecret(id, more = {}) {
    const reply = await call("POST", `/api/meetings/${id}/guest-link`, { openid_token: await openId(alice), ...more });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return new URL(reply.body.link).hash.replace("#guest=", "");
}

async function guestToken(id, guest, name) {
    const reply = await call("POST", `/api/meetings/${id}/join`, { guest, name });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
}

async function guests(names, options) {
    const { id } = await meeting();
    const secret = await guestSecret(id);
    const people = [];
    for (const name of names) {
        const { token, identity } = await guestToken(id, secret, name);
        const person = await Person.join(signalUrl, token, options);
        people.push(Object.assign(person, { identity, token }));
    }
    return { id, secret, people };
}

const key = () => fs.readFileSync(path.join(parvis.dir, "sfu-secret"), "utf8").trim();

function forge(claims, { secret = key(), header = { alg: "HS256", typ: "JWT" } } = {}) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part(header)}.${part(claims)}`;
    return `${signed}.${crypto.createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function claims(identity, room, more = {}) {
    const now = Math.floor(Date.now() / 1000);
    return { iss: "parvis", sub: identity, name: identity, exp: now + 600, video: { room, roomJoin: true }, ...more };
}

// One client of the signalling, by hand.
class Wire {
    messages = [];

    static async open(token, request = {}, { gzip = true } = {}) {
        const inner = new JoinRequest({ connectionSettings: { autoSubscribe: true }, ...request }).toBinary();
        const wrapped = new WrappedJoinRequest(gzip
            ? { compression: 1, joinRequest: zlib.gzipSync(inner) }
            : { compression: 0, joinRequest: inner }).toBinary();
        const wire = new Wire();
        const query = new URLSearchParams({ access_token: token, join_request: Buffer.from(wrapped).toString("base64url") });
        wire.socket = new WebSocket(`${signalUrl}/some/path/rtc/v1?${query}`);
        wire.closed = new Promise((resolve) => wire.socket.on("close", resolve));
        wire.socket.on("message", (bytes) => wire.messages.push(SignalResponse.fromBinary(bytes).message));
        wire.socket.on("error", () => {});
        await once(wire.socket, "open");
        return wire;
    }

    next(kind) {
        return eventually(kind, () => {
            const at = this.messages.findIndex((message) => message.case === kind);
            return at < 0 ? undefined : this.messages.splice(0, at + 1).at(-1).value;
        }, 10000);
    }

    send(kind, value) {
        this.socket.send(new SignalRequest({ message: { case: kind, value } }).toBinary());
    }
}

// --- the token service ----------------------------------------------------------------------------

test("a member's OpenID token becomes a join token", async () => {
    const room = "!room:localhost";
    const reply = await call("POST", "/sfu/get", { room, openid_token: await openId(alice), device_id: "DEVICE" });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.equal(reply.body.url, signalUrl);
    assert.equal(reply.headers.get("access-control-allow-origin"), "*");
    const person = await Person.join(reply.body.url, reply.body.jwt);
    assert.equal(person.room.localParticipant.identity, `${alice.user_id}:DEVICE`);
    const alias = crypto.createHash("sha256").update(JSON.stringify([room, "m.call#ROOM"])).digest("base64").replace(/=+$/, "");
    assert.equal(person.room.name, alias);
    await person.leave();
});

test("both ways to ask name the same room", async () => {
    const member = { id: "xyz", claimed_user_id: alice.user_id, claimed_device_id: "DEVICE" };
    const reply = await call("POST", "/get_token",
        { room_id: "!room:localhost", slot_id: "m.call#ROOM", openid_token: await openId(alice), member });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const { video, sub } = JSON.parse(Buffer.from(reply.body.jwt.split(".")[1], "base64url"));
    const hash = (parts) => crypto.createHash("sha256").update(JSON.stringify(parts)).digest("base64").replace(/=+$/, "");
    assert.equal(video.room, hash(["!room:localhost", "m.call#ROOM"]));
    assert.equal(sub, hash([alice.user_id, "DEVICE", "xyz"]));
    const other = await call("POST", "/get_token",
        { room_id: "!room:localhost", slot_id: "m.call#ROOM", openid_token: await openId(alice), member: { ...member, claimed_user_id: "@bob:localhost" } });
    assert.equal(other.status, 401);
});

test("the token service refuses whom it must", async () => {
    const token = await openId(alice);
    const ask = (body) => call("POST", "/sfu/get", { room: "!room:localhost", device_id: "D", openid_token: token, ...body });
    const cases = [
        [{ openid_token: { ...token, access_token: "nonsense" } }, 401, "M_UNAUTHORIZED"],
        [{ openid_token: { ...token, matrix_server_name: "elsewhere.example" } }, 403, "M_FORBIDDEN"],
        [{ openid_token: {} }, 400, "M_BAD_JSON"],
        [{ openid_token: undefined }, 400, "M_BAD_JSON"],
        [{ room: undefined }, 400, "M_BAD_JSON"],
        [{ room: "no room" }, 400, "M_BAD_JSON"],
        [{ device_id: "D".repeat(300) }, 400, "M_BAD_JSON"],
    ];
    for (const [body, status, errcode] of cases) {
        const reply = await ask(body);
        assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], JSON.stringify(body));
    }
    assert.equal((await call("PUT", "/sfu/get", {})).status, 405);
    const preflight = await fetch(`${parvis.meeting}/sfu/get`, { method: "OPTIONS" });
    assert.ok(preflight.ok);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
});

// --- meetings -------------------------------------------------------------------------------------

test("a meeting has an objective, and says how it stands", async () => {
    const { id, link, objective } = await meeting("  Élire le bureau ");
    assert.equal(objective, "Élire le bureau");
    assert.equal(link, `${parvis.meeting}/m/${id}`);
    const waiting = (await call("GET", `/api/meetings/${id}`)).body;
    assert.deepEqual(waiting, { id, objective, state: "waiting", created_at: waiting.created_at, ends_at: null, seats: { taken: 0, total: 6 } });
    const reply = await call("POST", `/api/meetings/${id}/join`, { openid_token: await openId(alice), device_id: "LAPTOP", name: "Alice A." });
    assert.equal(reply.body.identity, `${alice.user_id}:LAPTOP`);
    const person = await Person.join(reply.body.url, reply.body.token);
    assert.equal(person.room.localParticipant.name, "Alice A.");
    const metadata = JSON.parse(person.room.metadata);
    assert.equal(metadata.objective, objective);
    assert.ok(Math.abs(metadata.ends_at - Date.now() - 3600e3) < 60e3);
    const running = (await call("GET", `/api/meetings/${id}`)).body;
    assert.deepEqual([running.state, running.seats.taken], ["running", 1]);
    assert.ok(Math.abs(running.ends_at - metadata.ends_at) < 1000);
    await person.leave();
    await eventually("the seat is free", async () => (await call("GET", `/api/meetings/${id}`)).body.seats.taken === 0);
});

test("what the meeting's API refuses", async () => {
    const { id } = await meeting();
    const other = await meeting();
    const secret = await guestSecret(id);
    const openid_token = await openId(alice);
    const short = await guestSecret(id, { expires_in_s: 1 });
    const cases = [
        ["/api/meetings", { openid_token }, 400, "M_MISSING_PARAM"],
        ["/api/meetings", { objective: " ", openid_token }, 400, "M_INVALID_PARAM"],
        ["/api/meetings", { objective: "x".repeat(501), openid_token }, 400, "M_INVALID_PARAM"],
        ["/api/meetings", { objective: "two\nlines", openid_token }, 400, "M_INVALID_PARAM"],
        ["/api/meetings", { objective: "x" }, 400, "M_MISSING_PARAM"],
        ["/api/meetings", { objective: "x", openid_token: { access_token: "no", matrix_server_name: SERVER_NAME } }, 401, "M_UNAUTHORIZED"],
        ["/api/meetings/unknown/join", { openid_token }, 404, "M_NOT_FOUND"],
        [`/api/meetings/${id}/join`, {}, 400, "M_MISSING_PARAM"],
        [`/api/meetings/${id}/join`, { guest: secret }, 400, "M_MISSING_PARAM"],
        [`/api/meetings/${id}/join`, { guest: `${secret.slice(0, -1)}${secret.endsWith("A") ? "E" : "A"}`, name: "G" }, 403, "M_FORBIDDEN"],
        [`/api/meetings/${id}/join`, { guest: secret.replace(/^\d+/, (ms) => `${Number(ms) + 1}`), name: "G" }, 403, "M_FORBIDDEN"],
        [`/api/meetings/${other.id}/join`, { guest: secret, name: "G" }, 403, "M_FORBIDDEN"],
        [`/api/meetings/${id}/join`, { openid_token, device_id: "with space" }, 400, "M_INVALID_PARAM"],
        [`/api/meetings/${id}/guest-link`, {}, 400, "M_MISSING_PARAM"],
        [`/api/meetings/${id}/guest-link`, { openid_token, expires_in_s: 0 }, 400, "M_INVALID_PARAM"],
        [`/api/meetings/${id}/guest-link`, { openid_token, expires_in_s: 8 * 86400 }, 400, "M_INVALID_PARAM"],
    ];
    for (const [target, body, status, errcode] of cases) {
        const reply = await call("POST", target, body);
        assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], `${target} ${JSON.stringify(body)}`);
    }
    const expired = () => call("POST", `/api/meetings/${id}/join`, { guest: short, name: "G" });
    await eventually("the link has had its time", async () => (await expired()).body.errcode === "PARVIS_LINK_EXPIRED");
    assert.equal((await call("GET", "/api/meetings/unknown")).status, 404);
});

test("a guest who comes back with the same device is the same person", async () => {
    const { id } = await meeting();
    const guest = await guestSecret(id);
    const join = async (device_id) => (await call("POST", `/api/meetings/${id}/join`, { guest, name: "G", device_id })).body.identity;
    assert.equal(await join("one"), await join("one"));
    assert.notEqual(await join("one"), await join("two"));
    assert.notEqual(await join(undefined), await join(undefined));
});

test("the page's files: nothing outside of their folder", async () => {
    for (const target of ["/..%2f..%2fsfu-secret", "/%2e%2e/parvis.yaml", "/assets/..%2f..%2fx", "/.git", "//etc/passwd"]) {
        const reply = await fetch(parvis.meeting + target);
        assert.ok([400, 404].includes(reply.status), `${target}: ${reply.status}`);
    }
    const config = (await call("GET", "/api/config")).body;
    assert.deepEqual(config, { server_name: SERVER_NAME, homeserver_url: parvis.url, signal_url: signalUrl, seats: 6, minutes: 60 });
    if (!fs.existsSync(path.join(ROOT, "build/web/index.html"))) return;
    const page = await fetch(`${parvis.meeting}/m/anything`);
    assert.match(page.headers.get("content-security-policy"), /default-src 'none'/);
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
});

// --- people ---------------------------------------------------------------------------------------

for (const [name, options] of [["one peer connection", {}], ["two peer connections", { singlePeerConnection: false }]]) {
    test(`two hear and see each other over ${name}, a third who comes later too`, async () => {
        const { id, secret, people } = await guests(["Anna", "Ben"], options);
        const [anna, ben] = people;
        await Promise.all([anna.speak(), ben.speak(), anna.show(), ben.show()]);
        await eventually("both receive both", () => people.every((p) => p.heard > 100 && p.seen > 10));

        await anna.say("to all");
        await anna.say("to Ben", { reliable: true, destination_identities: [ben.identity], topic: "t" });
        await anna.say("lossy", { reliable: false });
        await eventually("data", () => ben.data.length === 3);
        assert.deepEqual(ben.data.map((d) => d.from), [anna.identity, anna.identity, anna.identity]);
        assert.deepEqual(ben.data.map((d) => d.text).sort(), ["lossy", "to Ben", "to all"]);

        const { token } = await guestToken(id, secret, "Chloé");
        const chloe = await Person.join(signalUrl, token, options);
        await eventually("the third receives", () => chloe.heard > 100 && chloe.seen > 10);
        await chloe.say("for Anna", { reliable: true, destination_identities: [anna.identity] });
        await eventually("data for one", () => anna.data.some((d) => d.text === "for Anna"));
        assert.ok(!ben.data.some((d) => d.text === "for Anna"));
        await eventually("who speaks", () => chloe.saw(RoomEvent.ActiveSpeakersChanged));

        const left = Date.now();
        await ben.leave();
        await eventually("leaving is noticed", () => chloe.saw(RoomEvent.ParticipantDisconnected, ben.identity), 2000);
        assert.ok(Date.now() - left < 2000);
        await Promise.all([anna.leave(), chloe.leave()]);
    });
}

test("a burst of reliable messages arrives whole and in order", async () => {
    const { people } = await guests(["Anna", "Ben", "Chloé"]);
    const [anna, ...others] = people;
    const texts = Array.from({ length: 2000 }, (_, i) => `${i} ${"x".repeat(i % 50 === 0 ? 10000 : 10)}`);
    await Promise.all(texts.map((text) => anna.say(text)));
    for (const other of others) {
        await eventually("all of them", () => other.data.length === texts.length);
        assert.ok(other.data.every(({ text }, i) => text === texts[i]));
    }
    await Promise.all(people.map((p) => p.leave()));
});

test("an unpublished track is gone for others, and a new one comes", async () => {
    const { people: [anna, ben] } = await guests(["Anna", "Ben"]);
    for (let round = 0; round < 3; round++) {
        const before = ben.seen;
        const publication = await anna.show();
        await eventually("pictures", () => ben.seen > before + 5);
        await anna.room.localParticipant.unpublishTrack(publication.sid);
        await eventually("unpublished", () => [...ben.room.remoteParticipants.values()][0].trackPublications.size === 0);
    }
    await Promise.all([anna.leave(), ben.leave()]);
});

// Killed: the connection is closed for it. Stopped: nothing more is heard, as when a network is cut.
for (const [name, signal] of [["killed", "SIGKILL"], ["silent", "SIGSTOP"]]) {
    test(`somebody who is ${name} is noticed within 15 s`, async () => {
        const { id, secret, people: [anna] } = await guests(["Anna"]);
        const { token, identity } = await guestToken(id, secret, "Ben");
        const child = spawn(process.execPath, [path.join(ROOT, "tests/tools/person.mjs"), signalUrl, token], { stdio: ["ignore", "pipe", "inherit"] });
        try {
            await once(child.stdout, "data");
            await eventually("Ben's picture", () => anna.seen > 5);
            child.kill(signal);
            await eventually("noticed", () => anna.saw(RoomEvent.ParticipantDisconnected, identity), NOTICED_MS);
            assert.equal((await call("GET", `/api/meetings/${id}`)).body.seats.taken, 1);
        } finally {
            child.kill("SIGKILL");
        }
        await anna.leave();
    });
}

test("six have a seat, the seventh is refused and told why", async () => {
    const { id, secret, people } = await guests(["1", "2", "3", "4", "5"]);
    const sixth = await guestToken(id, secret, "6");
    const late = await guestToken(id, secret, "7");
    people.push(await Person.join(signalUrl, sixth.token));
    await eventually("all see all", () => people.every((p) => p.others().length === 5));

    const refused = await call("POST", `/api/meetings/${id}/join`, { guest: secret, name: "8" });
    assert.deepEqual([refused.status, refused.body.errcode], [503, "PARVIS_MEETING_FULL"]);
    await assert.rejects(Person.join(signalUrl, late.token), (error) =>
        error instanceof ConnectError && /meeting full/.test(error.message));
    const validate = await fetch(`http://127.0.0.1:${parvis.ports.signal}/rtc/validate?access_token=${late.token}`);
    assert.equal(validate.status, 403);
    assert.match(await validate.text(), /meeting full.*6\/6/);
    assert.equal(validate.headers.get("access-control-allow-origin"), "*");

    await people.pop().leave();
    const seventh = await eventually("the seat", () => Person.join(signalUrl, late.token).catch(() => undefined));
    people.push(seventh);
    await Promise.all(people.map((p) => p.leave()));
});

test("the same identity again takes the place of the older one", async () => {
    const { people: [anna, ben] } = await guests(["Anna", "Ben"]);
    const again = await Person.join(signalUrl, anna.token);
    await eventually("the older one is told", () => anna.events.some(([name, , args]) =>
        name === RoomEvent.Disconnected && args[0] === DisconnectReason.DUPLICATE_IDENTITY));
    await eventually("Ben sees one Anna", () => ben.saw(RoomEvent.ParticipantDisconnected) && ben.others().length === 1);
    await Promise.all([again.leave(), ben.leave()]);
});

test("meetings and guest links outlive a restart, a running one goes on", async () => {
    const { id } = await meeting("Survive");
    const secret = await guestSecret(id);
    const first = await Person.join(signalUrl, (await guestToken(id, secret, "Anna")).token);
    const { ends_at } = JSON.parse(first.room.metadata);
    await eventually("the start is a row", async () => (await call("GET", `/api/meetings/${id}`)).body.ends_at !== null);
    await first.leave();
    await parvis.end("sfu");
    await parvis.launch("sfu");
    const stands = (await call("GET", `/api/meetings/${id}`)).body;
    assert.deepEqual([stands.objective, stands.state], ["Survive", "running"]);
    assert.ok(Math.abs(stands.ends_at - ends_at) < 1000);
    const { token } = await guestToken(id, secret, "Ben");
    const ben = await Person.join(signalUrl, token);
    assert.equal(JSON.parse(ben.room.metadata).ends_at, stands.ends_at);
    await ben.leave();
});

// --- the wire -------------------------------------------------------------------------------------

test("a lost connection is resumed, an unknown one is told to come anew", async () => {
    const anna = await Wire.open(forge(claims("anna", "wire")));
    const join = await anna.next("join");
    assert.ok(join.serverInfo.version && join.pingInterval === 5 && join.pingTimeout === 15);
    const ben = await Wire.open(forge(claims("ben", "wire")), {}, { gzip: false });
    await anna.next("update");
    anna.socket.terminate();

    const back = await Wire.open(forge(claims("anna", "wire")), { reconnect: true, participantSid: join.participant.sid });
    await eventually("the first message", () => back.messages.length > 0);
    assert.equal(back.messages[0].case, "reconnect");
    const update = await back.next("update");
    assert.deepEqual(update.participants.map((p) => p.identity), ["ben"]);
    assert.ok(!ben.messages.some((m) => m.case === "update" && m.value.participants.some((p) => p.state === 3)));

    back.send("leave", new LeaveRequest());
    await back.closed;
    const late = await Wire.open(forge(claims("anna", "wire")), { reconnect: true, participantSid: join.participant.sid });
    const leave = await late.next("leave");
    assert.deepEqual([leave.reason, leave.action], [6, 2]);
    await late.closed;
    ben.send("leave", new LeaveRequest());
    await ben.closed;
});

test("a lost connection keeps its seat in a full meeting, until its grace is over", async () => {
    const room = "kept";
    const wires = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) wires.push(await Wire.open(forge(claims(name, room))));
    const join = await wires[0].next("join");
    const validate = async () => (await fetch(`http://127.0.0.1:${parvis.ports.signal}/rtc/validate?access_token=${forge(claims("g", room))}`)).status;
    assert.equal(await validate(), 403);
    wires[0].socket.terminate();
    await wires[0].closed;
    assert.equal(await validate(), 403, "the seat is kept");
    const back = await Wire.open(forge(claims("a", room)), { reconnect: true, participantSid: join.participant.sid });
    await back.next("reconnect");
    back.socket.terminate();
    await back.closed;
    const lost = Date.now();
    await eventually("the seat is free", async () => (await validate()) === 200, NOTICED_MS);
    assert.ok(Date.now() - lost > 5000, "not before its grace was over");
    for (const wire of wires.slice(1)) wire.socket.close();
});

test("who may not, cannot", async () => {
    const wire = await Wire.open(forge(claims("anna", "permissions",
        { video: { room: "permissions", roomJoin: true, canPublish: true, canPublishSources: ["microphone"] } })));
    const join = await wire.next("join");
    assert.equal(join.participant.permission.canPublishData, true);
    wire.send("addTrack", { cid: "c", type: 1, source: 1, name: "camera" });
    assert.equal((await wire.next("requestResponse")).reason, 2);
    wire.send("updateMetadata", { metadata: "m", name: "n", attributes: { a: "b" }, requestId: 7 });
    const response = await wire.next("requestResponse");
    assert.deepEqual([response.requestId, response.reason], [7, 2]);
    wire.send("addTrack", { cid: "m", type: 0, source: 2, name: "microphone" });
    const { cid, track } = await wire.next("trackPublished");
    assert.deepEqual([cid, track.type, track.source], ["m", 0, 2]);
    wire.send("pingReq", { timestamp: 5n });
    assert.equal((await wire.next("pongResp")).lastPingTimestamp, 5n);
    wire.socket.close();
    await wire.closed;
});

test("bytes that are no message end the session, not the server", async () => {
    const room = "hostile";
    const good = await Wire.open(forge(claims("good", room)));
    for (const bytes of [Buffer.from("ffffffffff", "hex"), Buffer.alloc(70000, 0x0a), crypto.randomBytes(500)]) {
        const bad = await Wire.open(forge(claims("bad", room)));
        await bad.next("join");
        bad.socket.send(bytes);
        await bad.closed;
    }
    const text = await Wire.open(forge(claims("bad", room)));
    text.socket.send("text");
    await text.closed;
    const offer = await Wire.open(forge(claims("bad", room)));
    offer.send("offer", { type: "offer", sdp: "v=0\r\nnonsense", id: 1 });
    await offer.closed;
    const big = await Wire.open(forge(claims("bad", room)));
    big.socket.send(Buffer.alloc(1024 * 1024));
    await big.closed;
    good.send("pingReq", { timestamp: 1n });
    await good.next("pongResp");
    good.socket.close();
    await good.closed;
});

test("tokens that are not good enough", async () => {
    const url = `http://127.0.0.1:${parvis.ports.signal}/rtc/v1/validate`;
    const now = Math.floor(Date.now() / 1000);
    const status = async (token, more = "") => (await fetch(`${url}?access_token=${token}${more}`)).status;
    const request = `&join_request=${Buffer.from(new WrappedJoinRequest({ joinRequest: new JoinRequest({ connectionSettings: { autoSubscribe: true } }).toBinary() }).toBinary()).toString("base64url")}`;
    assert.equal(await status(forge(claims("a", "r")), request), 200);
    assert.equal(await status(forge(claims("a", "r"))), 400, "without join_request");
    assert.equal(await status(forge(claims("a", "r")), "&join_request=***"), 400);
    const bomb = new WrappedJoinRequest({ compression: 1, joinRequest: zlib.gzipSync(Buffer.alloc(8 * 1024 * 1024)) }).toBinary();
    assert.equal(await status(forge(claims("a", "r")), `&join_request=${Buffer.from(bomb).toString("base64url")}`), 400);
    for (const token of [
        "", "a.b.c",
        forge(claims("a", "r"), { secret: "another secret, long enough" }),
        forge(claims("a", "r"), { header: { alg: "none" } }),
        forge(claims("a", "r", { iss: "other" })),
        forge(claims("a", "r", { exp: now - 120 })),
        forge(claims("a", "r", { exp: undefined })),
        forge(claims("a", "r", { nbf: now + 120 })),
        forge(claims("a", "r", { video: { room: "r" } })),
        forge(claims("a", "r", { video: { room: "r", roomJoin: true, hidden: true } })),
        forge(claims("", "r")),
    ])
        assert.equal(await status(token, request), 401, token);
    assert.equal(await status(forge(claims("a", "m-unknown")), request), 404, "a meeting that nobody has called");
    const bearer = await fetch(`http://127.0.0.1:${parvis.ports.signal}/rtc/validate`, { headers: { Authorization: `Bearer ${forge(claims("a", "r"))}` } });
    assert.equal(bearer.status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${parvis.ports.signal}/`, { method: "HEAD" })).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${parvis.ports.signal}/elsewhere`)).status, 404);
});
