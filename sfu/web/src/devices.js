// SPDX-License-Identifier: Apache-2.0
// Choosing camera and microphone, with a live preview of what the others will see.
import { createLocalTracks, Room } from "livekit-client";

import { field, h } from "./dom.js";
import { t } from "./texts.js";

const NONE = "none";

function options(select, devices, none, chosen) {
    select.replaceChildren(
        ...devices.map((d, i) => h("option", { value: d.deviceId, selected: d.deviceId === chosen }, d.label || `${i + 1}`)),
        h("option", { value: NONE, selected: chosen === NONE || devices.length === 0 }, none));
}

export class DeviceChoice {
    constructor() {
        this.video = h("video", { className: "preview", autoplay: true, muted: true, playsInline: true, "aria-label": t("preview") });
        this.camera = h("select", { onchange: () => this.#queue("video") });
        this.microphone = h("select", { onchange: () => this.#queue("audio") });
        this.error = h("p", { className: "error", role: "alert" });
        this.tracks = { audio: null, video: null };
        this.element = h("div", { className: "devices" }, this.video, this.error,
            field(t("camera"), this.camera), field(t("microphone"), this.microphone));
    }

    // Asks for permission by opening each kind alone: one that is refused does not take the other.
    start() {
        this.#queue("audio");
        this.#queue("video");
    }

    // One after the other, so that what take() gives is what was chosen last.
    #queue(kind) {
        this.ready = Promise.resolve(this.ready).then(() => !this.stopped && this.#restart(kind));
    }

    async #restart(kind) {
        const select = kind === "video" ? this.camera : this.microphone;
        const deviceId = select.value || undefined;
        this.error.textContent = "";
        this.tracks[kind]?.stop();
        this.tracks[kind] = null;
        if (deviceId !== NONE) {
            try {
                [this.tracks[kind]] = await createLocalTracks({ [kind]: deviceId ? { deviceId } : true });
            } catch {
                this.error.textContent = t("errMedia");
            }
        }
        const devices = await Room.getLocalDevices(kind === "video" ? "videoinput" : "audioinput", false).catch(() => []);
        const chosen = (await this.tracks[kind]?.getDeviceId().catch(() => null)) ?? (this.tracks[kind] ? deviceId : NONE);
        options(select, devices, t(kind === "video" ? "noCamera" : "noMicrophone"), chosen);
        if (kind === "video") {
            if (this.tracks.video) this.tracks.video.attach(this.video);
            else this.video.srcObject = null;
        }
    }

    // The tracks become the meeting's.
    async take() {
        await this.ready;
        const tracks = Object.values(this.tracks).filter(Boolean);
        this.tracks = { audio: null, video: null };
        return tracks;
    }

    async stop() {
        this.stopped = true;
        await this.ready;
        for (const track of Object.values(this.tracks)) track?.stop();
    }
}
