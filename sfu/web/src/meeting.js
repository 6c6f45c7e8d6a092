// SPDX-License-Identifier: Apache-2.0
// The meeting itself.
import { DisconnectReason, Room, RoomEvent } from "livekit-client";

import { account, guestLink } from "./api.js";
import { announce, h, show } from "./dom.js";
import { brand, go } from "./home.js";
import { selfTestLink } from "./selftest.js";
import { t } from "./texts.js";
import { Tile, displayName } from "./tiles.js";

const CHANGES = [
    RoomEvent.TrackSubscribed, RoomEvent.TrackUnsubscribed, RoomEvent.TrackMuted, RoomEvent.TrackUnmuted,
    RoomEvent.TrackPublished, RoomEvent.TrackUnpublished, RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished,
    RoomEvent.ParticipantNameChanged, RoomEvent.ParticipantAttributesChanged, RoomEvent.ActiveSpeakersChanged,
];

class Meeting {
    constructor({ id, tracks, isGuest, back, over }) {
        Object.assign(this, { id, tracks, isGuest, back, over });
        this.room = new Room({ adaptiveStream: true, dynacast: true });
        this.tiles = new Map();
        this.grid = h("ul", { className: "grid" });
        this.banner = h("p", { className: "banner", role: "status", hidden: true });
        this.clock = h("span", { className: "clock" });
        this.#buildControls();
        this.#listen();
    }

    #buildControls() {
        const button = (text, onclick, properties = {}) => h("button", { type: "button", onclick, ...properties }, text);
        this.micButton = button("", () => this.#toggle("microphone"));
        this.cameraButton = button("", () => this.#toggle("camera"));
        this.controls = h("div", { className: "controls", role: "toolbar", "aria-label": t("meeting") },
            this.micButton, this.cameraButton,
            this.isGuest || !account() ? null : button(t("invite"), () => this.#invite()),
            button(t("leave"), () => this.room.disconnect(), { className: "danger" }));
    }

    #listen() {
        const { room } = this;
        for (const event of CHANGES) room.on(event, () => this.update());
        room.on(RoomEvent.ParticipantConnected, (p) => this.#say("joined", p));
        room.on(RoomEvent.ParticipantDisconnected, (p) => this.#say("left", p));
        room.on(RoomEvent.Reconnecting, () => this.#notice(t("reconnecting")));
        room.on(RoomEvent.SignalReconnecting, () => this.#notice(t("reconnecting")));
        room.on(RoomEvent.Reconnected, () => this.#notice(""));
        room.on(RoomEvent.RoomMetadataChanged, () => this.#readMetadata());
        room.on(RoomEvent.Disconnected, (reason) => this.#ended(reason));
    }

    async start(pass) {
        await this.room.connect(pass.url, pass.token);
        this.objective = pass.objective;
        this.endsAt = pass.ends_at;
        this.#readMetadata();
        this.timer = setInterval(() => this.#tick(), 1000);
        this.heading = h("h1", {}, this.objective || t("meeting"));
        show(this.objective || t("meeting"), h("div", { className: "meeting" },
            h("header", {}, this.heading, this.clock), this.banner, this.grid, this.controls));
        this.update();
        for (const track of this.tracks) await this.room.localParticipant.publishTrack(track);
        await this.room.startAudio().catch(() => {});
        this.update();
    }

    update() {
        const { room } = this;
        const people = [room.localParticipant, ...room.remoteParticipants.values()];
        for (const [identity, tile] of this.tiles) {
            if (people.includes(tile.participant)) continue;
            tile.remove();
            this.tiles.delete(identity);
        }
        for (const person of people) {
            if (!this.tiles.has(person.identity)) {
                const tile = new Tile(person);
                this.tiles.set(person.identity, tile);
                this.grid.append(tile.element);
            }
            this.tiles.get(person.identity).update();
        }
        this.grid.dataset.people = people.length;
        this.#button(this.micButton, room.localParticipant.isMicrophoneEnabled, "mute", "unmute");
        this.#button(this.cameraButton, room.localParticipant.isCameraEnabled, "hideCamera", "showCamera");
        if (people.length === 1) this.#notice(t("waiting"));
        else if (this.banner.textContent === t("waiting")) this.#notice("");
    }

    #button(button, isOn, whenOn, whenOff) {
        button.textContent = t(isOn ? whenOn : whenOff);
        button.classList.toggle("off", !isOn);
    }

    async #toggle(what) {
        const local = this.room.localParticipant;
        try {
            if (what === "camera") await local.setCameraEnabled(!local.isCameraEnabled);
            else await local.setMicrophoneEnabled(!local.isMicrophoneEnabled);
        } catch {
            this.#notice(t("errMedia"));
        }
        this.update();
    }

    async #invite() {
        try {
            const { link } = await guestLink(this.id);
            const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
            if (copied) this.#notice(t("linkCopied"), 10000);
            else this.#notice(`${t("linkToCopy")} ${link}`);
        } catch (error) {
            this.#notice(error.message);
        }
    }

    // Stays until the next one, or for so many milliseconds.
    #notice(text, lasting) {
        clearTimeout(this.noticeTimer);
        this.banner.textContent = text;
        this.banner.hidden = !text;
        if (lasting) this.noticeTimer = setTimeout(() => this.#notice(""), lasting);
    }

    #say(key, participant) {
        announce(t(key, { name: displayName(participant) }));
        this.update();
    }

    // {"objective", "ends_at", "warned"}: the server's, which alone knows when the hour began.
    #readMetadata() {
        let metadata;
        try {
            metadata = JSON.parse(this.room.metadata ?? "");
        } catch {
            return;
        }
        this.endsAt = metadata.ends_at ?? this.endsAt;
        if (metadata.warned && !this.warned) {
            this.warned = true;
            this.#notice(t("fiveMinutes"));
        }
    }

    #tick() {
        if (!this.endsAt) return;
        const n = Math.max(0, Math.ceil((this.endsAt - Date.now()) / 60000));
        this.clock.textContent = t("minutesLeft", { n });
    }

    #ended(reason) {
        clearInterval(this.timer);
        clearTimeout(this.noticeTimer);
        for (const tile of this.tiles.values()) tile.remove();
        for (const track of this.tracks) track.stop();
        for (const { track } of this.room.localParticipant.trackPublications.values()) track?.stop();
        if (!this.heading) return; // never came in: enter() tells why
        if (reason === DisconnectReason.ROOM_DELETED) return this.over();
        const [title, text] =
            reason === DisconnectReason.CLIENT_INITIATED ? [t("youLeft"), ""]
            : reason === DisconnectReason.DUPLICATE_IDENTITY ? [t("elsewhere"), ""]
            : [t("lost"), t("lostHelp")];
        show(title, h("div", { className: "card" }, brand(), h("h1", {}, title), text ? h("p", {}, text) : null,
            h("button", { type: "button", className: "primary", onclick: this.back }, t("rejoin")),
            text ? selfTestLink() : null,
            this.isGuest ? null : h("button", { type: "button", onclick: () => go("/") }, t("home"))));
    }
}

export async function enter({ id, pass, tracks, isGuest, back, full, over }) {
    const meeting = new Meeting({ id, tracks, isGuest, back, over });
    globalThis.parvisRoom = meeting.room; // for the tests' statistics and for support
    try {
        await meeting.start(pass);
    } catch (error) {
        for (const track of tracks) track.stop();
        await meeting.room.disconnect();
        if (/full|complète/i.test(error.message) || error.status === 503) return full();
        throw new Error(t("errJoin", { why: error.message }));
    }
}
