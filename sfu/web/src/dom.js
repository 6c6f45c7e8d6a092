// SPDX-License-Identifier: Apache-2.0
// Elements without a framework: h("button", { type: "button", onclick }, "text", child).
export function h(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === null || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (name in element && !name.startsWith("aria")) element[name] = value;
        else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
}

// One view at a time; its heading takes the focus, so that a screen reader says where we are.
export function show(title, ...children) {
    const app = document.getElementById("app");
    app.replaceChildren(...children);
    document.title = title === "Parvis" ? title : `${title} — Parvis`;
    const heading = app.querySelector("h1");
    if (heading) {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
    }
}

export function announce(text) {
    document.getElementById("announcer").textContent = text;
}

export function field(label, input, help) {
    const id = `field-${label.replace(/\W/g, "")}`;
    input.id = id;
    if (help) input.setAttribute("aria-describedby", `${id}-help`);
    return h("div", { className: "field" },
        h("label", { htmlFor: id }, label),
        help ? h("p", { className: "help", id: `${id}-help` }, help) : null,
        input);
}

// A form whose button is busy while `submit` runs and whose error is said and shown.
export function form({ fields, button, busy, submit }) {
    const error = h("p", { className: "error", role: "alert" });
    const go = h("button", { type: "submit", className: "primary" }, button);
    return h("form", {
        onsubmit: async (event) => {
            event.preventDefault();
            error.textContent = "";
            go.disabled = true;
            go.textContent = busy ?? button;
            try {
                await submit();
            } catch (failure) {
                error.textContent = failure.message;
            }
            go.disabled = false;
            go.textContent = button;
        },
    }, ...fields, error, go);
}
