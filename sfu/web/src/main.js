// SPDX-License-Identifier: Apache-2.0
// Which view: "/" is home, "/m/{id}" the meeting's lobby; the lobby leads into the meeting.
import { home } from "./home.js";
import { lobby } from "./lobby.js";
import { show, h } from "./dom.js";
import { language, t } from "./texts.js";

document.documentElement.lang = language;

export function route() {
    const id = location.pathname.match(/^\/m\/([^/]+)$/)?.[1];
    show(t("loading"), h("p", { className: "card" }, t("loading")));
    return id ? lobby(decodeURIComponent(id)) : home();
}

addEventListener("popstate", route);
addEventListener("navigate-to", ({ detail }) => {
    history.pushState(null, "", detail);
    route();
});
route();
