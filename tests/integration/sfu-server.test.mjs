// SPDX-License-Identifier: Apache-2.0
// The SFU as other programs of its owner see it: LiveKit's server API and webhooks, by its own SDK.
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { DataPacket_Kind, ListParticipantsRequest, ListParticipantsResponse, TrackSource } from "@livekit/protocol";
import { DisconnectReason, RoomEvent, dispose } from "@livekit/rtc-node";
import { AccessToken, RoomServiceClient, WebhookReceiver } from "livekit-server-sdk";

import { Parvis, eventually } from "../tools/parvis.mjs";
import { Person } from "../tools/person.mjs";

let parvis, secret, service, hook;

// Whoever is told what happens: takes nothing while `refuse` is true.
async function startHook() {
    const told = { events: [], faults: [], tries: 0, refuse: false };
    const server = http.createServer(async (request, reply) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        told.tries++;
        if (!told.refuse) {
            await new WebhookReceiver("parvis", secret).receive(Buffer.concat(chunks).toString(), request.headers.authorization)
                .then((event) => told.events.push(event), (error) => told.faults.push(error.message));
        }
        reply.writeHead(told.refuse ? 503 : 200).end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    told.url = `http://127.0.0.1:${server.address().port}/hook`;
    told.close = () => server.close();
    return told;
}

const toldOf = (room) => hook.events.filter((e) => e.room.name === room).map((e) => e.event);

before(async () => {
    hook = await startHook();
    parvis = await Parvis.start({ programs: ["homeserver", "sfu"], sfu: [`webhook_urls: ["${hook.url}"]`] });
    secret = fs.readFileSync(path.join(parvis.dir, "sfu-secret"), "utf8").trim();
    service = new RoomServiceClient(parvis.meeting, "parvis", secret);
});

afterEach(() => Person.allLeave());

after(async () => {
    await dispose();
    await parvis?.stop();
    hook?.close();
});

async function enter(room, identity, more = {}) {
    const token = new AccessToken("parvis", secret, { identity, name: identity, ...more });
    token.addGrant({ roomJoin: true, room });
    return Person.join(`ws://127.0.0.1:${parvis.ports.signal}`, await token.toJwt());
}

test("meetings and people are listed", async () => {
    const [anna, ben] = [await enter("list", "anna", { metadata: "m", attributes: { seat: "1" } }), await enter("list", "ben")];
    await anna.speak();
    const [room] = await eventually("a publisher", async () => {
        const rooms = await service.listRooms(["list"]);
        return rooms[0].numPublishers === 1 && rooms;
    });
    assert.deepEqual([room.name, room.numParticipants, room.maxParticipants], ["list", 2, 6]);
    assert.deepEqual(await service.listRooms(["another"]), []);
    const people = await service.listParticipants("list");
    assert.deepEqual(people.map((p) => p.identity).sort(), ["anna", "ben"]);
    const one = await eventually("her track", async () => {
        const anna = await service.getParticipant("list", "anna");
        return anna.tracks.length > 0 && anna;
    });
    assert.deepEqual([one.metadata, one.attributes, one.tracks[0].source, one.permission.canPublish], ["m", { seat: "1" }, TrackSource.MICROPHONE, true]);
    await assert.rejects(service.getParticipant("list", "nobody"), (e) => e.status === 404 && e.code === "not_found");
    await ben.leave();
    await eventually("one is left", async () => (await service.listParticipants("list")).length === 1);
});

test("somebody is muted, changed, sent data to, and removed", async () => {
    const [anna, ben] = [await enter("manage", "anna"), await enter("manage", "ben")];
    const publication = await anna.speak();
    await eventually("Ben hears", () => ben.heard > 5);
    const track = await service.mutePublishedTrack("manage", "anna", publication.sid, true);
    assert.equal(track.muted, true);
    await eventually("Ben is told", () => ben.saw(RoomEvent.TrackMuted));
    await assert.rejects(service.mutePublishedTrack("manage", "anna", publication.sid, false), (e) => e.code === "failed_precondition");

    await service.updateParticipant("manage", "ben", { name: "Benjamin", metadata: "new", attributes: { a: "b" } });
    await eventually("others are told", () => [...anna.room.remoteParticipants.values()][0].metadata === "new");
    assert.equal([...anna.room.remoteParticipants.values()][0].name, "Benjamin");

    await service.sendData("manage", Buffer.from("hello"), DataPacket_Kind.RELIABLE, { topic: "t", destinationIdentities: ["ben"] });
    await eventually("Ben has it", () => ben.data.some((d) => d.text === "hello" && d.topic === "t"));
    assert.equal(anna.data.length, 0);

    await service.updateParticipant("manage", "anna", { permission: { canPublish: false, canSubscribe: true, canPublishData: true } });
    await eventually("the track is gone", () => [...ben.room.remoteParticipants.values()][0].trackPublications.size === 0);

    await service.removeParticipant("manage", "anna");
    await eventually("she is told", () => anna.events.some(([name, , args]) =>
        name === RoomEvent.Disconnected && args[0] === DisconnectReason.PARTICIPANT_REMOVED));
    await eventually("Ben is told", () => ben.saw(RoomEvent.ParticipantDisconnected, "anna"));
});

test("a meeting is opened before anybody comes, described, and ended", async () => {
    const made = await service.createRoom({ name: "made", emptyTimeout: 60, metadata: "first" });
    assert.deepEqual([made.name, made.metadata, made.numParticipants], ["made", "first", 0]);
    const anna = await enter("made", "anna");
    assert.equal(anna.room.metadata, "first");
    assert.equal((await service.createRoom({ name: "made" })).sid, made.sid);
    await service.updateRoomMetadata("made", "second");
    await eventually("she is told", () => anna.room.metadata === "second");
    await service.deleteRoom("made");
    await eventually("it is over", () => anna.events.some(([name, , args]) =>
        name === RoomEvent.Disconnected && args[0] === DisconnectReason.ROOM_DELETED));
    assert.deepEqual(await service.listRooms(["made"]), []);
    await assert.rejects(service.deleteRoom("made"), (e) => e.code === "not_found");
});

test("protobuf does as well as JSON; who may not, cannot", async () => {
    await enter("wire", "anna");
    const token = async (grant) => {
        const t = new AccessToken("parvis", secret, { identity: "s" });
        t.addGrant(grant);
        return t.toJwt();
    };
    const post = async (method, bearer, body, type = "application/json") => fetch(`${parvis.meeting}/twirp/livekit.RoomService/${method}`,
        { method: "POST", headers: { "Content-Type": type, ...(bearer && { Authorization: `Bearer ${bearer}` }) }, body });
    const admin = await token({ roomAdmin: true, room: "wire" });
    const reply = await post("ListParticipants", admin, new ListParticipantsRequest({ room: "wire" }).toBinary(), "application/protobuf");
    assert.equal(reply.headers.get("content-type"), "application/protobuf");
    const list = ListParticipantsResponse.fromBinary(new Uint8Array(await reply.arrayBuffer()));
    assert.deepEqual(list.participants.map((p) => p.identity), ["anna"]);

    const refused = async (...args) => {
        const answer = await post(...args);
        return [answer.status, (await answer.json()).code];
    };
    const body = JSON.stringify({ room: "wire" });
    assert.deepEqual(await refused("ListParticipants", undefined, body), [401, "unauthenticated"]);
    assert.deepEqual(await refused("ListParticipants", `${admin}x`, body), [401, "unauthenticated"]);
    assert.deepEqual(await refused("ListParticipants", await token({ roomAdmin: true, room: "other" }), body), [403, "permission_denied"]);
    assert.deepEqual(await refused("ListParticipants", await token({ roomJoin: true, room: "wire" }), body), [403, "permission_denied"]);
    assert.deepEqual(await refused("ListRooms", admin, "{}"), [403, "permission_denied"]);
    assert.deepEqual(await refused("Dance", admin, "{}"), [404, "bad_route"]);
    assert.deepEqual(await refused("ListParticipants", admin, "{"), [400, "malformed"]);
    assert.deepEqual(await refused("ListParticipants", admin, JSON.stringify({ room: 7 })), [400, "malformed"]);
    assert.deepEqual(await refused("ListParticipants", admin, "\xff\xff\xff", "application/protobuf"), [400, "malformed"]);
    assert.deepEqual(await refused("ListParticipants", admin, body, "text/plain"), [404, "bad_route"]);
});

test("a webhook tells in order what happens, and again until it is heard", async () => {
    const anna = await enter("told", "anna");
    const publication = await anna.speak();
    await eventually("published", () => toldOf("told").length === 3);
    await anna.room.localParticipant.unpublishTrack(publication.sid);
    await anna.leave();
    await eventually("the end", () => toldOf("told").includes("room_finished"));
    assert.deepEqual(toldOf("told"),
        ["room_started", "participant_joined", "track_published", "track_unpublished", "participant_left", "room_finished"]);
    const left = hook.events.find((e) => e.room.name === "told" && e.event === "participant_left");
    assert.deepEqual([left.participant.identity, left.participant.disconnectReason], ["anna", DisconnectReason.CLIENT_INITIATED]);
    assert.equal(new Set(hook.events.map((e) => e.id)).size, hook.events.length);

    hook.refuse = true;
    const before = hook.tries;
    const ben = await enter("late", "ben");
    await eventually("tried", () => hook.tries > before);
    await parvis.kill("sfu");
    hook.refuse = false;
    await parvis.launch("sfu");
    await eventually("what was not heard before the crash", () => toldOf("late").length >= 1);
    assert.equal(toldOf("late")[0], "room_started");
    assert.deepEqual(hook.faults, []);
    await ben.leave();
});
