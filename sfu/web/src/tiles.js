// SPDX-License-Identifier: Apache-2.0
// One tile a person: picture or initials, name, microphone, who speaks.
import { Track } from "livekit-client";

import { h } from "./dom.js";
import { t } from "./texts.js";

function initials(name) {
    return name.split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => word[0].toUpperCase()).join("");
}

export function displayName(participant) {
    const name = participant.name || participant.identity.split(":")[0].replace(/^@/, "");
    return participant.attributes?.["parvis.guest"] ? `${name} (${t("guest")})` : name;
}

export class Tile {
    constructor(participant) {
        this.participant = participant;
        this.video = h("video", { autoplay: true, playsInline: true, muted: true, hidden: true });
        this.audio = participant.isLocal ? null : h("audio", { autoplay: true });
        this.initials = h("div", { className: "initials", "aria-hidden": "true" });
        this.name = h("span", {});
        this.mic = h("span", { className: "mic-off", role: "img", "aria-label": t("muted"), title: t("muted") });
        this.element = h("li", { className: participant.isLocal ? "tile own" : "tile" },
            this.initials, this.video, this.audio, h("p", { className: "caption" }, this.mic, this.name));
        this.element.dataset.identity = participant.identity;
        this.update();
    }

    // Reads all from the participant, so that no event can be missed for good.
    update() {
        const { participant } = this;
        const camera = participant.getTrackPublication(Track.Source.Camera);
        const microphone = participant.getTrackPublication(Track.Source.Microphone);
        const name = displayName(participant);
        const picture = camera?.track && !camera.isMuted ? camera.track : null;
        this.name.textContent = participant.isLocal ? t("you") : name;
        this.initials.textContent = initials(name);
        if (picture !== this.picture) {
            this.picture?.detach(this.video);
            picture?.attach(this.video);
            this.picture = picture;
        }
        this.video.hidden = !picture;
        if (this.audio && microphone?.track && microphone.track !== this.sound) {
            this.sound?.detach(this.audio);
            microphone.track.attach(this.audio);
            this.sound = microphone.track;
        }
        this.mic.hidden = Boolean(microphone && !microphone.isMuted);
        this.element.classList.toggle("speaking", participant.isSpeaking);
    }

    remove() {
        this.picture?.detach(this.video);
        if (this.audio) this.sound?.detach(this.audio);
        this.element.remove();
    }
}
