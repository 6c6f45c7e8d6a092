// SPDX-License-Identifier: Apache-2.0
// Which view: "/" is home, "/m/{id}" the meeting's lobby, which leads into the meeting, "/test" the
// self-test.
import { home } from "./home.js";
import { lobby } from "./lobby.js";
import { selfTest } from "./selftest.js";
import { show, h } from "./dom.js";
import { language, t } from "./texts.js";

document.documentElement.lang = language;

export function route() {
    const id = location.pathname.match(/^\/m\/([^/]+)$/)?.[1];
    show(t("loading"), h("p", { className: "card" }, t("loading")));
    if (location.pathname === "/test") return selfTest();
    return id ? lobby(decodeURIComponent(id)) : home();
}

addEventListener("popstate", route);
addEventListener("navigate-to", ({ detail }) => {
    history.pushState(null, "", detail);
    route();
});
route();
