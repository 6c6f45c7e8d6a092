// SPDX-License-Identifier: Apache-2.0
// Before the meeting: what it is for, who you are, which camera and microphone.
import { account, joinMeeting, meeting, serverConfig } from "./api.js";
import { DeviceChoice } from "./devices.js";
import { field, form, h, show } from "./dom.js";
import { brand, go, signInForm, signedIn } from "./home.js";
import { enter } from "./meeting.js";
import { selfTestLink } from "./selftest.js";
import { t } from "./texts.js";

// The guest's secret stays in the fragment: it is in no log and no Referer.
function guestSecret() {
    return new URLSearchParams(location.hash.slice(1)).get("guest");
}

function notice(title, text, button, action, ...more) {
    show(title, h("div", { className: "card" }, brand(), h("h1", {}, title), h("p", {}, text),
        h("button", { type: "button", className: "primary", onclick: action }, button), ...more));
}

function full(id) {
    notice(t("full"), t("fullHelp"), t("tryAgain"), () => lobby(id));
}

function over() {
    notice(t("ended"), t("endedHelp"), t("home"), () => go("/"));
}

async function join(id, devices, name) {
    let pass;
    try {
        pass = await joinMeeting(id, { guest: guestSecret(), name });
    } catch (error) {
        if (error.code === "PARVIS_MEETING_FULL") {
            devices.stop();
            return full(id);
        }
        if (error.code === "PARVIS_MEETING_ENDED") {
            devices.stop();
            return over();
        }
        throw error;
    }
    const tracks = await devices.take();
    return enter({ id, pass, tracks, isGuest: Boolean(guestSecret()), back: () => lobby(id), full: () => full(id), over });
}

function joinForm(id, about) {
    const devices = new DeviceChoice();
    const guest = guestSecret();
    const name = h("input", { required: true, maxLength: 40, autocomplete: "name", value: sessionStorage.getItem("name") ?? "" });
    const help = selfTestLink();
    help.hidden = true;
    show(about.objective || t("meeting"), h("div", { className: "card wide" }, brand(),
        h("h1", {}, about.objective || t("meeting")),
        h("p", { className: "help" }, t("seats", about.seats)),
        form({
            fields: [guest ? field(t("yourName"), name) : null, devices.element],
            button: t("join"),
            busy: t("joining"),
            submit: async () => {
                if (guest) sessionStorage.setItem("name", name.value.trim());
                await join(id, devices, name.value.trim()).catch((error) => {
                    help.hidden = false;
                    throw error;
                });
            },
        }),
        help,
        guest ? null : signedIn(() => { devices.stop(); lobby(id); })));
    addEventListener("navigate-to", () => devices.stop(), { once: true });
    devices.start();
}

export async function lobby(id) {
    try {
        const [config, about] = await Promise.all([serverConfig(), meeting(id)]);
        if (about.state === "ended") over();
        else if (about.seats.taken >= about.seats.total) full(id);
        else if (guestSecret() || account()) joinForm(id, about);
        else
            show(about.objective || t("meeting"), h("div", { className: "card" }, brand(),
                h("h1", {}, about.objective || t("meeting")), signInForm(config.server_name, () => lobby(id))));
    } catch (error) {
        notice(t("meeting"), error.message, t("tryAgain"), () => lobby(id), selfTestLink());
    }
}
