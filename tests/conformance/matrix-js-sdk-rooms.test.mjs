// SPDX-License-Identifier: Apache-2.0
// Rooms with matrix-js-sdk: threads, edits, reactions, polls, spaces, the ways in, upgrades, gaps.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClientEvent, Direction, NotificationCountType, RelationType } from "matrix-js-sdk";
import { PollResponseEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollResponseEvent.js";
import { PollEndEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollEndEvent.js";
import { PollStartEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollStartEvent.js";

import { Clients, eventOf, membership, roomWith, waitFor } from "../tools/js-sdk.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

let parvis, clients, alice, bob;

before(async () => {
    parvis = await Parvis.start();
    clients = new Clients(parvis);
    [alice, bob] = await Promise.all([clients.signUp("alice"), clients.signUp("bob")]);
});

after(async () => {
    clients.stop();
    await parvis.stop();
});

// A room of alice's with bob in it, that both know.
async function together(options = {}) {
    const { room_id } = await alice.createRoom({ preset: "public_chat", ...options });
    await bob.joinRoom(room_id);
    await roomWith(bob, room_id, (room) => room.getMyMembership() === "join");
    await roomWith(alice, room_id, (room) => membership(room, bob.getUserId()) === "join");
    return room_id;
}

// Not by the SDK: it takes a reply for a failure when its sync has it before the request ends.
function replyTo(root, client, room, body) {
    return parvis.api("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(body)}`, {
        token: client.getAccessToken(),
        body: { msgtype: "m.text", body, "m.relates_to": { rel_type: "m.thread", event_id: root } },
    });
}

test("a thread has its list, its own unread count and its own receipt", async () => {
    const room = await together({ name: "Fils" });
    const { event_id: root } = await alice.sendTextMessage(room, "Qui vient samedi ?");
    await eventOf(bob, room, root);
    await bob.sendReadReceipt(bob.getRoom(room).findEventById(root));
    const { event_id: reply } = await replyTo(root, alice, room, "Moi");
    const thread = await eventually("bob has the thread", async () => bob.getRoom(room).getThread(root));
    await eventually("its reply is there", async () => thread.replyToEvent?.getId() === reply);
    const unread = () => bob.getRoom(room).getThreadUnreadNotificationCount(root, NotificationCountType.Total);
    await eventually("the thread is unread", async () => unread() === 1);
    assert.equal(bob.getRoom(room).getRoomUnreadNotificationCount(NotificationCountType.Total), 0);

    const { event_id: back } = await replyTo(root, bob, room, "J'en suis");
    await eventually("alice sees the answer in the thread",
        async () => alice.getRoom(room).getThread(root)?.replyToEvent?.getId() === back);
    assert.ok(alice.getRoom(room).getThread(root).hasCurrentUserParticipated);
    await eventually("the own answer reads the thread", async () => unread() === 0);
    const { event_id: last } = await replyTo(root, alice, room, "Bien");
    await eventually("unread once more", async () => unread() === 1);
    await bob.sendReadReceipt(await eventually("the last reply", async () => thread.findEventById(last)));
    await eventually("read by its receipt", async () => unread() === 0);

    const { event_id: other } = await bob.sendTextMessage(room, "Autre chose");
    await replyTo(other, bob, room, "et sa suite");
    const fresh = await clients.start(clients.make(await parvis.login("alice")));
    const listed = await roomWith(fresh, room);
    const [all, mine] = await listed.createThreadsTimelineSets();
    await listed.fetchRoomThreads();
    const roots = (set) => set.getLiveTimeline().getEvents().map((event) => event.getId());
    assert.deepEqual(roots(all), [root, other]);
    assert.deepEqual(roots(mine), [root]);
    assert.equal(listed.getThread(root).length, 3);
    const { events } = await fresh.relations(room, root, "m.thread", null, { dir: Direction.Forward });
    assert.deepEqual(events.map((event) => event.getId()), [reply, back, last]);
    fresh.stopClient();
});

test("an edit replaces, a reaction counts, and what is redacted does neither", async () => {
    const room = await together();
    const { event_id: first } = await alice.sendTextMessage(room, "Reunion a 10 h");
    const seen = await eventOf(bob, room, first);
    await alice.sendMessage(room, {
        msgtype: "m.text", body: "* Réunion à 11 h", "m.new_content": { msgtype: "m.text", body: "Réunion à 11 h" },
        "m.relates_to": { rel_type: "m.replace", event_id: first },
    });
    await eventually("bob sees the edit", async () => seen.getContent().body === "Réunion à 11 h");

    const react = (client, key) => client.sendEvent(room, "m.reaction",
        { "m.relates_to": { rel_type: "m.annotation", event_id: first, key } });
    const { event_id: own } = await bob.sendEvent(room, "m.reaction",
        { "m.relates_to": { rel_type: "m.annotation", event_id: first, key: "👍" } });
    await react(alice, "👍");
    const count = () => bob.getRoom(room).relations
        .getChildEventsForEvent(first, RelationType.Annotation, "m.reaction")
        ?.getSortedAnnotationsByKey()?.map(([key, events]) => [key, events.size]) ?? [];
    await eventually("both reactions", async () => count()[0]?.[1] === 2);
    const again = parvis.api("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.reaction/twice`, {
        token: bob.getAccessToken(), body: { "m.relates_to": { rel_type: "m.annotation", event_id: first, key: "👍" } },
    });
    await assert.rejects(again, (error) => error.errcode === "M_DUPLICATE_ANNOTATION");
    await bob.redactEvent(room, own);
    await eventually("one reaction", async () => count()[0]?.[1] === 1);
    await react(bob, "👍"); // again, now that the first is gone

    const { originalEvent } = await bob.relations(room, first, "m.annotation", "m.reaction");
    assert.equal(originalEvent.getContent().body, "Réunion à 11 h");
    await alice.redactEvent(room, first, undefined, { reason: "annulée" });
    await eventually("the message is gone", async () => seen.isRedacted());
    assert.deepEqual(seen.getContent(), {});
});

test("a poll is answered and ended", async () => {
    const room = await together();
    const start = PollStartEvent.from("Quel jour ?", ["Lundi", "Mardi"], "m.disclosed").serialize();
    const { event_id } = await alice.sendEvent(room, start.type, start.content);
    const known = await roomWith(bob, room, (r) => r.findEventById(event_id));
    await known.processPollEvents([known.findEventById(event_id)]);
    const poll = known.polls.get(event_id);
    const answer = poll.pollEvent.answers[1].id;
    for (const client of [alice, bob]) {
        const response = PollResponseEvent.from([answer], event_id).serialize();
        await client.sendEvent(room, response.type, response.content);
    }
    await eventually("both answers count",
        async () => (await poll.getResponses()).getRelations().filter((e) => e.getContent()["org.matrix.msc3381.poll.response"]?.answers[0] === answer).length === 2);
    const end = PollEndEvent.from(event_id, "Mardi").serialize();
    await alice.sendEvent(room, end.type, end.content);
    await eventually("the poll is over", async () => poll.isEnded);

    const later = await clients.start(clients.make(await parvis.login("bob")));
    const again = await roomWith(later, room, (r) => r.findEventById(event_id));
    await again.processPollEvents([again.findEventById(event_id)]);
    const responses = await again.polls.get(event_id).getResponses();
    assert.equal(responses.getRelations().length, 2);
    await eventually("it is over for a late comer too", async () => again.polls.get(event_id).isEnded);
    later.stopClient();
});

test("a space shows its rooms to whom it should, and lets its members in", async () => {
    const { room_id: space } = await alice.createRoom({
        name: "Mairie", preset: "public_chat", creation_content: { type: "m.space" },
    });
    const restricted = { type: "m.room.join_rules", state_key: "",
        content: { join_rule: "restricted", allow: [{ type: "m.room_membership", room_id: space }] } };
    const make = async (options) => (await alice.createRoom({ preset: "private_chat", ...options })).room_id;
    const open = await make({ name: "Accueil", preset: "public_chat" });
    const members = await make({ name: "Agents", initial_state: [restricted] });
    const hidden = await make({ name: "Élus" });
    for (const [child, order, suggested] of [[hidden, "a", false], [members, "b", true], [open, "c", false]])
        await alice.sendStateEvent(space, "m.space.child", { via: ["localhost"], order, suggested }, child);

    await assert.rejects(bob.joinRoom(members), (error) => error.errcode === "M_FORBIDDEN");
    await bob.joinRoom(space);
    const { rooms } = await bob.getRoomHierarchy(space);
    assert.deepEqual(rooms.map((room) => room.name), ["Mairie", "Agents", "Accueil"]);
    assert.equal(rooms[1].join_rule, "restricted");
    assert.deepEqual(rooms[0].children_state.map((event) => event.state_key).sort(), [hidden, members, open].sort());
    const suggested = await bob.getRoomHierarchy(space, 20, 2, true);
    assert.deepEqual(suggested.rooms.map((room) => room.name), ["Mairie", "Agents"]);
    const page = await bob.getRoomHierarchy(space, 1);
    const rest = await bob.getRoomHierarchy(space, 10, undefined, false, page.next_batch);
    assert.deepEqual([...page.rooms, ...rest.rooms].map((room) => room.name), ["Mairie", "Agents", "Accueil"]);
    await bob.joinRoom(members);
    await roomWith(alice, members, (room) => membership(room, bob.getUserId()) === "join");
    const summary = await bob.getRoomSummary(open);
    assert.deepEqual([summary.name, summary.join_rule, summary.num_joined_members], ["Accueil", "public", 1]);
});

test("who knocks is let in, or refused", async () => {
    const { room_id } = await alice.createRoom({
        name: "Conseil", preset: "private_chat",
        initial_state: [{ type: "m.room.join_rules", state_key: "", content: { join_rule: "knock" } }],
    });
    await bob.knockRoom(room_id, { reason: "Je suis du service", viaServers: ["localhost"] });
    const knocked = await roomWith(bob, room_id, (room) => room.getMyMembership() === "knock");
    assert.equal(knocked.name, "Conseil");
    const asks = () => membership(alice.getRoom(room_id), bob.getUserId()) === "knock";
    await eventually("alice hears the knock", async () => asks());
    assert.equal(alice.getRoom(room_id).getMember(bob.getUserId()).events.member.getContent().reason, "Je suis du service");
    await alice.kick(room_id, bob.getUserId(), "pas encore");
    await roomWith(bob, room_id, (room) => room.getMyMembership() === "leave");
    await bob.knockRoom(room_id);
    await eventually("alice hears it again", async () => asks());
    await alice.invite(room_id, bob.getUserId());
    await roomWith(bob, room_id, (room) => room.getMyMembership() === "invite");
    await bob.joinRoom(room_id);
    await roomWith(bob, room_id, (room) => room.getMyMembership() === "join");
    await roomWith(alice, room_id, (room) => membership(room, bob.getUserId()) === "join");
});

test("a room's upgrade is followed", async () => {
    const room = await together({ name: "Ancienne", room_version: "10", room_alias_name: "salle" });
    const { replacement_room: next } = await alice.upgradeRoom(room, "12");
    const tombstone = () => bob.getRoom(room).currentState.getStateEvents("m.room.tombstone", "");
    await eventually("bob sees the tombstone", async () => tombstone()?.getContent().replacement_room === next);
    await bob.joinRoom(next);
    const upgraded = await roomWith(bob, next, (r) => r.name === "Ancienne");
    assert.equal(upgraded.getVersion(), "12");
    assert.equal(upgraded.findPredecessor().roomId, room);
    assert.deepEqual(bob.getRoomUpgradeHistory(next, true).map((r) => r.roomId), [room, next]);
    assert.ok(!bob.getVisibleRooms().some((r) => r.roomId === room));
    assert.equal((await bob.getRoomIdForAlias("#salle:localhost")).room_id, next);
    await assert.rejects(bob.sendTextMessage(room, "trop tard"), (error) => error.errcode === "M_FORBIDDEN");
});

test("members come lazily, and all when asked for", async () => {
    const room = await together({ name: "Grande" });
    const names = ["camille", "dana", "eli"];
    for (const name of names) {
        const { access_token } = await parvis.register(name);
        await parvis.api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, { token: access_token, body: {} });
        for (let i = 0; i < 8; i++) await alice.sendTextMessage(room, `${name} ${i}`);
    }
    const fresh = await clients.start(clients.make(await parvis.login("bob")), { initialSyncLimit: 4 });
    const known = await roomWith(fresh, room);
    assert.equal(known.getJoinedMemberCount(), 5);
    assert.deepEqual(known.getMembers().map((m) => m.userId).sort(), ["@alice:localhost", "@bob:localhost"]);
    await known.loadMembersIfNeeded();
    assert.equal(known.getJoinedMembers().length, 5);
    await fresh.scrollback(known, 100);
    assert.ok(known.getLiveTimeline().getEvents().some((event) => event.getContent().body === "camille 0"));
    fresh.stopClient();
});

test("after a long absence the state is right in spite of the gap", async () => {
    const room = await together({ name: "Avant" });
    const away = await clients.start(clients.make(await parvis.login("bob")), { initialSyncLimit: 5 });
    const after = await roomWith(away, room);
    assert.equal(after.name, "Avant");
    const left = (await alice.createRoom({ preset: "public_chat", name: "Quittée" })).room_id;
    await away.joinRoom(left);
    await roomWith(away, left, (r) => r.getMyMembership() === "join");
    const offline = waitFor(away, ClientEvent.Sync, null, (state) => state === "RECONNECTING" || state === "ERROR");
    away.setOffline(true);
    await alice.sendTextMessage(room, "au revoir"); // ends the waiting sync, and the next one fails
    await offline;

    await alice.setRoomName(room, "Après");
    await alice.setRoomTopic(room, "Sujet");
    await alice.setPowerLevel(room, bob.getUserId(), 50);
    const eve = await parvis.register("eve");
    await parvis.api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, { token: eve.access_token, body: {} });
    await alice.kick(left, bob.getUserId());
    let last;
    for (let i = 0; i < 60; i++) last = (await alice.sendTextMessage(room, `pendant ${i}`)).event_id;
    await alice.setRoomTopic(room, "Dernier sujet");

    away.setOffline(false);
    away.retryImmediately();
    await eventually("the newest state", async () => after.currentState.getStateEvents("m.room.topic", "")?.getContent().topic === "Dernier sujet");
    assert.equal(after.name, "Après");
    assert.equal(after.getMember(bob.getUserId()).powerLevel, 50);
    assert.equal(membership(after, eve.user_id), "join");
    assert.equal(after.getJoinedMemberCount(), 3);
    await roomWith(away, left, (r) => r.getMyMembership() === "leave");
    const bodies = () => after.getLiveTimeline().getEvents().map((event) => event.getContent().body).filter(Boolean);
    assert.ok(after.findEventById(last));
    while (!bodies().includes("pendant 0")) await away.scrollback(after, 30);
    assert.deepEqual(bodies().filter((body) => body.startsWith("pendant")), Array.from({ length: 60 }, (_, i) => `pendant ${i}`));
    away.stopClient();
});

test("an event is found by its time", async () => {
    const room = await together();
    const { event_id } = await alice.sendTextMessage(room, "à l'heure");
    const event = await eventOf(bob, room, event_id);
    const found = await bob.timestampToEvent(room, event.getTs(), Direction.Backward);
    assert.equal(found.event_id, event_id);
    const timeline = await bob.getEventTimeline(bob.getRoom(room).getUnfilteredTimelineSet(), found.event_id);
    assert.ok(timeline.getEvents().some((e) => e.getId() === event_id));
    await assert.rejects(bob.timestampToEvent(room, event.getTs() + 3600000, Direction.Forward), (error) => error.errcode === "M_NOT_FOUND");
});
