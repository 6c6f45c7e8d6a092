// SPDX-License-Identifier: Apache-2.0
// Everything about accounts with matrix-js-sdk: guests, presence, profiles, account data, ignored
// users, push rules, reports, media, networks, delayed events.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { ClientEvent, PushRuleKind, RoomEvent } from "matrix-js-sdk";

import { Clients, eventOf, membership, roomWith, waitFor } from "../tools/js-sdk.mjs";
import { Parvis, eventually } from "../tools/parvis.mjs";

const NETWORK = `
id: poste
url: null
as_token: as-token-of-the-post
hs_token: hs-token-of-the-post
sender_localpart: poste
protocols: [post]
namespaces: {users: [], aliases: [], rooms: []}
`;

let parvis, clients, alice, bob;

before(async () => {
    parvis = await Parvis.start({ programs: [] });
    fs.writeFileSync(`${parvis.dir}/poste.yaml`, NETWORK);
    fs.writeFileSync(parvis.config, fs.readFileSync(parvis.config, "utf8")
        .replace("bridge-mail-registration.yaml]", "poste.yaml]")
        .replace("  rate_limits_off: true\n", "  rate_limits_off: true\n  guests: true\n"));
    await parvis.launch("homeserver");
    clients = new Clients(parvis);
    [alice, bob] = await Promise.all([clients.signUp("alice"), clients.signUp("bob")]);
});

after(async () => {
    clients.stop();
    await parvis.stop();
});

async function together(options = {}) {
    const { room_id } = await alice.createRoom({ preset: "public_chat", ...options });
    await bob.joinRoom(room_id);
    await roomWith(bob, room_id, (room) => room.getMyMembership() === "join");
    await roomWith(alice, room_id, (room) => membership(room, bob.getUserId()) === "join");
    return room_id;
}

const refused = (errcode) => (error) => error.errcode === errcode;

test("a guest reads and writes where guests may, and nowhere else", async () => {
    const opened = await together();
    await alice.setGuestAccess(opened, { allowJoin: true, allowRead: true });
    const { room_id: closed } = await alice.createRoom({ preset: "public_chat", initial_state: [
        { type: "m.room.guest_access", state_key: "", content: { guest_access: "forbidden" } }] });
    const answer = await clients.make({}).registerGuest({});
    const guest = clients.make(answer);
    guest.setGuest(true);
    await clients.start(guest, { guest: true });
    await guest.joinRoom(opened);
    const { event_id } = await guest.sendTextMessage(opened, "Je passe");
    assert.equal((await eventOf(bob, opened, event_id)).getSender(), answer.user_id);
    await assert.rejects(guest.joinRoom(closed), refused("M_GUEST_ACCESS_FORBIDDEN"));
    await assert.rejects(guest.createRoom({}), refused("M_GUEST_ACCESS_FORBIDDEN"));
    await alice.setGuestAccess(opened, { allowJoin: false, allowRead: false });
    await roomWith(bob, opened, (room) => membership(room, answer.user_id) !== "join");
    guest.stopClient();
});

test("presence is seen by those who share a room", async () => {
    await together();
    const seen = () => bob.getUser(alice.getUserId())?.presenceStatusMsg === "en réunion";
    await alice.setPresence({ presence: "unavailable", status_msg: "en réunion" });
    await eventually("bob sees it", async () => seen());
    assert.equal(bob.getUser(alice.getUserId()).presence, "unavailable");
    const { presence, status_msg } = await bob.getPresence(alice.getUserId());
    assert.deepEqual([presence, status_msg], ["unavailable", "en réunion"]);
});

test("names, pictures and other fields of a profile", async () => {
    const room = await together();
    await bob.setDisplayName("Bob Martin");
    await roomWith(alice, room, (r) => r.getMember(bob.getUserId()).name === "Bob Martin");
    await eventually("the user is renamed", async () => alice.getUser(bob.getUserId())?.displayName === "Bob Martin");
    const { content_uri } = await bob.uploadContent(Buffer.from("GIF89a\x01\x00\x01\x00\x00\x00\x00;", "latin1"), { type: "image/gif" });
    await bob.setAvatarUrl(content_uri);
    await roomWith(alice, room, (r) => r.getMember(bob.getUserId()).getMxcAvatarUrl() === content_uri);
    assert.ok(await bob.doesServerSupportExtendedProfiles());
    await bob.setExtendedProfileProperty("m.tz", "Europe/Paris");
    await bob.setExtendedProfileProperty("fr.ville.service", { nom: "Voirie" });
    assert.equal(await alice.getExtendedProfileProperty(bob.getUserId(), "m.tz"), "Europe/Paris");
    const profile = await alice.getExtendedProfile(bob.getUserId());
    assert.deepEqual(profile["fr.ville.service"], { nom: "Voirie" });
    await bob.deleteExtendedProfileProperty("m.tz");
    assert.ok(!("m.tz" in await alice.getExtendedProfile(bob.getUserId())));
    const { results } = await alice.searchUserDirectory({ term: "martin" });
    assert.deepEqual(results.map((user) => user.user_id), [bob.getUserId()]);
});

test("account data and tags reach the other device", async () => {
    const room = await together();
    const other = await clients.start(clients.make(await parvis.login("alice")));
    await alice.setAccountData("fr.ville.choix", { couleur: "bleu" });
    await eventually("the account's", async () => other.getAccountData("fr.ville.choix")?.getContent().couleur === "bleu");
    await alice.setRoomAccountData(room, "fr.ville.salle", { pli: 3 });
    await eventually("the room's", async () => other.getRoom(room)?.getAccountData("fr.ville.salle")?.getContent().pli === 3);
    await alice.setRoomTag(room, "m.favourite", { order: 0.25 });
    await eventually("the tag", async () => other.getRoom(room).tags["m.favourite"]?.order === 0.25);
    await alice.deleteRoomTag(room, "m.favourite");
    await eventually("no tag", async () => !other.getRoom(room).tags["m.favourite"]);
    await alice.setRoomReadMarkers(room, alice.getRoom(room).getLastLiveEvent().getId());
    await eventually("the marker", async () => other.getRoom(room).getAccountData("m.fully_read"));
    const { joined_rooms } = await other.getJoinedRooms();
    assert.ok(joined_rooms.includes(room));
    const { devices } = await other.getDevices();
    assert.deepEqual(devices.map((d) => d.device_id).sort(), [alice.getDeviceId(), other.getDeviceId()].sort());
    await other.setDeviceDetails(alice.getDeviceId(), { display_name: "Bureau" });
    assert.equal((await alice.getDevice(alice.getDeviceId())).display_name, "Bureau");
    await other.logout(true);
    await assert.rejects(other.whoami(), refused("M_UNKNOWN_TOKEN"));
});

test("who is ignored is heard no more, and heard again", async () => {
    const room = await together();
    await alice.setIgnoredUsers([bob.getUserId()]);
    await eventually("the list is known", async () => alice.isUserIgnored(bob.getUserId()));
    const { event_id: hidden } = await bob.sendTextMessage(room, "entends-moi");
    const { event_id: own } = await alice.sendTextMessage(room, "je n'entends rien");
    await eventOf(alice, room, own);
    assert.equal(alice.getRoom(room).findEventById(hidden), undefined);
    const { room_id: invited } = await bob.createRoom({ invite: [alice.getUserId()] });
    await alice.setIgnoredUsers([]);
    const { event_id: heard } = await bob.sendTextMessage(room, "et maintenant ?");
    await eventOf(alice, room, heard);
    await bob.invite((await bob.createRoom({})).room_id, alice.getUserId());
    assert.ok(invited);
});

test("push rules are edited and agree with the client's own judgement", async () => {
    const room = await together();
    const notice = waitFor(bob, ClientEvent.AccountData, null, (event) => event.getType() === "m.push_rules");
    await bob.addPushRule("global", PushRuleKind.ContentSpecific, "travaux", {
        pattern: "trav*x", actions: ["notify", { set_tweak: "highlight" }] });
    await notice;
    const rules = await bob.getPushRules();
    assert.equal(rules.global.content[0].rule_id, "travaux");
    const { event_id } = await alice.sendTextMessage(room, "Les travaux commencent");
    const event = await eventOf(bob, room, event_id);
    const highlights = () => bob.getRoom(room).getUnreadNotificationCount("highlight");
    await eventually("the server counts it", async () => highlights() === 1);
    bob.setPushRules(rules);
    assert.equal(bob.getPushActionsForEvent(event, true).tweaks.highlight, true);

    await bob.setPushRuleEnabled("global", PushRuleKind.ContentSpecific, "travaux", false);
    await bob.sendReadReceipt(event);
    await eventually("read", async () => highlights() === 0);
    await alice.sendTextMessage(room, "encore des travaux");
    const total = () => bob.getRoom(room).getUnreadNotificationCount("total");
    await eventually("counted, not highlighted", async () => total() === 1);
    assert.equal(highlights(), 0);
    await bob.setRoomMutePushRule("global", room, true);
    await alice.sendTextMessage(room, "en silence");
    const { event_id: last } = await alice.sendTextMessage(room, "toujours");
    await eventOf(bob, room, last);
    assert.equal(total(), 1);
    await bob.deletePushRule("global", PushRuleKind.ContentSpecific, "travaux");
    await assert.rejects(bob.deletePushRule("global", PushRuleKind.ContentSpecific, "travaux"), refused("M_NOT_FOUND"));
});

test("events, rooms and people are reported", async () => {
    const room = await together();
    const { event_id } = await alice.sendTextMessage(room, "fâcheux");
    await eventOf(bob, room, event_id);
    assert.deepEqual(await bob.reportEvent(room, event_id, -100, "fâcheux"), {});
    assert.deepEqual(await bob.reportRoom(room, "bruyante"), {});
    await assert.rejects(bob.reportEvent(room, "$unknown", -100, ""), refused("M_NOT_FOUND"));
});

test("media are for who is signed in", async () => {
    const { content_uri } = await alice.uploadContent("Procès-verbal", { type: "text/plain", name: "pv.txt" });
    const url = bob.mxcUrlToHttp(content_uri, undefined, undefined, undefined, false, true, true);
    const refusal = await fetch(url);
    assert.deepEqual([refusal.status, (await refusal.json()).errcode], [401, "M_MISSING_TOKEN"]);
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${bob.getAccessToken()}` } });
    assert.equal(await answer.text(), "Procès-verbal");
    assert.match(answer.headers.get("content-security-policy"), /sandbox/);
    assert.ok((await bob.getMediaConfig(true))["m.upload.size"] > 0);
});

test("networks of application services are listed", async () => {
    const protocols = await alice.getThirdpartyProtocols();
    assert.deepEqual(Object.keys(protocols), []); // its service is not there to tell about it
    assert.deepEqual(await alice.getThirdpartyUser("post", { street: "x" }), []);
    assert.deepEqual(await alice.getThirdpartyLocation("post", { street: "x" }), []);
});

test("a message for later is sent, and one is taken back", async () => {
    const room = await together();
    const content = (body) => ({ msgtype: "m.text", body });
    const later = await alice._unstable_sendDelayedEvent(room, { delay: 300 }, null, "m.room.message", content("plus tard"));
    assert.ok(later.delay_id);
    const came = waitFor(bob, RoomEvent.Timeline, null, (event) => event.getContent().body === "plus tard" && event);
    assert.equal((await came).getSender(), alice.getUserId());
    const never = await alice._unstable_sendDelayedEvent(room, { delay: 3600000 }, null, "m.room.message", content("jamais"));
    await alice._unstable_cancelScheduledDelayedEvent(never.delay_id);
    await assert.rejects(alice._unstable_sendScheduledDelayedEvent(never.delay_id), refused("M_NOT_FOUND"));
});

test("open id tokens, filters, capabilities, typing", async () => {
    const room = await together();
    const { access_token, expires_in } = await alice.getOpenIdToken();
    assert.ok(access_token && expires_in > 0);
    const capabilities = await alice.getCapabilities();
    assert.equal(capabilities["m.room_versions"].default, "12");
    const typing = waitFor(bob, "RoomMember.typing", null, (event, member) => member.typing && member);
    await alice.sendTyping(room, true, 4000);
    assert.equal((await typing).userId, alice.getUserId());
});
