// SPDX-License-Identifier: Apache-2.0
// Signing in, and calling a meeting by its objective.
import { account, createMeeting, serverConfig, signIn, signOut } from "./api.js";
import { field, form, h, show } from "./dom.js";
import { t } from "./texts.js";

export function go(path) {
    dispatchEvent(new CustomEvent("navigate-to", { detail: path }));
}

export function brand() {
    return h("header", { className: "brand" },
        h("img", { src: "/icon.svg", alt: "", width: 40, height: 40 }),
        h("div", {}, h("p", { className: "name" }, "Parvis"), h("p", { className: "help" }, t("tagline"))));
}

export function signInForm(serverName, then) {
    const user = h("input", { required: true, autocomplete: "username", autocapitalize: "none", spellcheck: false });
    const password = h("input", { type: "password", required: true, autocomplete: "current-password" });
    return form({
        fields: [
            h("p", { className: "help" }, t("signInHelp", { server: serverName })),
            field(t("user"), user),
            field(t("password"), password),
        ],
        button: t("signIn"),
        submit: async () => {
            await signIn(user.value.trim(), password.value);
            await then();
        },
    });
}

export function signedIn(then) {
    return h("p", { className: "account" }, t("signedInAs", { user: account().userId }), " ",
        h("button", { type: "button", className: "link", onclick: async () => { await signOut(); then(); } }, t("signOut")));
}

function newMeetingForm() {
    const objective = h("textarea", { required: true, rows: 3, maxLength: 250 });
    return form({
        fields: [field(t("objective"), objective, t("objectiveHelp"))],
        button: t("createMeeting"),
        submit: async () => {
            const { id } = await createMeeting(objective.value.replace(/\s+/g, " ").trim());
            go(`/m/${encodeURIComponent(id)}`);
        },
    });
}

export async function home() {
    let config;
    try {
        config = await serverConfig();
    } catch (error) {
        show("Parvis", h("div", { className: "card" }, brand(), h("h1", {}, "Parvis"),
            h("p", { className: "error", role: "alert" }, error.message),
            h("button", { type: "button", className: "primary", onclick: home }, t("tryAgain"))));
        return;
    }
    if (!account())
        show(t("signIn"), h("div", { className: "card" }, brand(), h("h1", {}, t("signIn")), signInForm(config.server_name, home)));
    else
        show(t("newMeeting"), h("div", { className: "card" }, brand(), h("h1", {}, t("newMeeting")), newMeetingForm(), signedIn(home)));
}
