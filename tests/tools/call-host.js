// SPDX-License-Identifier: Apache-2.0
// In the browser: what a Matrix client does for Element Call as a widget, with nothing around it.
// The account comes in globalThis.account before join() is called.
const { ClientWidgetApi, OpenIDRequestState, Widget, WidgetDriver } = globalThis.mxwidgets();

let account, roomId, widgetApi;
const seen = (globalThis.seen = { joined: false, closed: false, delayed: [], keys: 0 });

async function call(method, path, body) {
    const reply = await fetch(account.url + path, {
        method,
        headers: { Authorization: `Bearer ${account.access_token}`, ...(body && { "Content-Type": "application/json" }) },
        body: body && JSON.stringify(body),
    });
    const json = await reply.json();
    if (!reply.ok) throw Object.assign(new Error(`${path}: ${reply.status} ${json.error}`), { status: reply.status, json });
    return json;
}

const client = (path) => `/_matrix/client/v3/${path}`;
const delayed = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events";
const part = encodeURIComponent;
const transaction = () => part(crypto.randomUUID());
const place = (type, stateKey) => stateKey === null
    ? client(`rooms/${part(roomId)}/send/${part(type)}/${transaction()}`)
    : client(`rooms/${part(roomId)}/state/${part(type)}/${part(stateKey)}`);

class Driver extends WidgetDriver {
    async validateCapabilities(asked) {
        return asked;
    }

    async sendEvent(type, content, stateKey = null) {
        const { event_id } = await call("PUT", place(type, stateKey), content);
        return { roomId, eventId: event_id };
    }

    async sendDelayedEvent(delay, type, content, stateKey = null) {
        const { delay_id } = await call("PUT", `${place(type, stateKey)}?org.matrix.msc4140.delay=${delay}`, content);
        seen.delayed.push({ delay, id: delay_id });
        return { roomId, delayId: delay_id };
    }

    cancelScheduledDelayedEvent(id) {
        return call("POST", `${delayed}/${part(id)}/cancel`);
    }

    restartScheduledDelayedEvent(id) {
        return call("POST", `${delayed}/${part(id)}/restart`);
    }

    sendScheduledDelayedEvent(id) {
        return call("POST", `${delayed}/${part(id)}/send`);
    }

    // A real client encrypts these with Olm; for the SFU, which never sees them, that is the same.
    async sendToDevice(type, encrypted, messages) {
        await call("PUT", client(`sendToDevice/${part(type)}/${transaction()}`), { messages });
    }

    async readRoomState(room, type, stateKey) {
        const all = await call("GET", client(`rooms/${part(room)}/state`));
        return all.filter((e) => e.type === type && (stateKey === undefined || e.state_key === stateKey));
    }

    async readRoomTimeline() {
        return [];
    }

    async readStickyEvents() {
        return [];
    }

    askOpenID(observer) {
        call("POST", client(`user/${part(account.user_id)}/openid/request_token`), {})
            .then((token) => observer.update({ state: OpenIDRequestState.Allowed, token }));
    }

    async getRtcTransports() {
        return call("GET", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports");
    }

    async *getTurnServers() {
        const { uris, username, password } = await call("GET", client("voip/turnServer"));
        if (uris) yield { uris, username, password };
    }

    getKnownRooms() {
        return [roomId];
    }

    processError(error) {
        return error.json && { matrix_api_error: { http_status: error.status, http_headers: {}, url: "", response: error.json } };
    }
}

async function follow() {
    let since = (await call("GET", client("sync?timeout=0"))).next_batch;
    for (;;) {
        const now = await call("GET", client(`sync?timeout=20000&since=${since}`));
        since = now.next_batch;
        for (const message of now.to_device?.events ?? []) {
            if (message.type === "io.element.call.encryption_keys") seen.keys++;
            await widgetApi.feedToDevice(message, true);
        }
        const room = now.rooms?.join?.[roomId];
        for (const event of [...(room?.state?.events ?? []), ...(room?.timeline?.events ?? [])]) {
            const whole = { ...event, room_id: roomId };
            await widgetApi.feedEvent(whole);
            if (event.state_key !== undefined) await widgetApi.feedStateUpdate(whole);
        }
    }
}

globalThis.join = (who, room, more = {}) => {
    [account, roomId] = [who, room];
    const parameters = new URLSearchParams({
        widgetId: "call", parentUrl: location.origin, roomId: room, userId: who.user_id, deviceId: who.device_id,
        baseUrl: who.url, intent: "join_existing", skipLobby: "true", lang: "en", perParticipantE2EE: "true",
        enableE2EE: "true", hideHeader: "true", ...more,
    });
    const url = `${location.origin}/call/index.html#?${parameters}`;
    const frame = document.createElement("iframe");
    frame.allow = "camera; microphone; display-capture; autoplay";
    document.body.append(frame);
    const widget = new Widget({ id: "call", creatorUserId: who.user_id, type: "m.call", url, waitForIframeLoad: false });
    widgetApi = new ClientWidgetApi(widget, frame, new Driver());
    widgetApi.setViewedRoomId(room);
    const answer = (action, then) => widgetApi.on(`action:${action}`, (event) => {
        event.preventDefault();
        then?.();
        widgetApi.transport.reply(event.detail, {});
    });
    answer("io.element.join", () => (seen.joined = true));
    answer("im.vector.hangup", () => (seen.joined = false));
    answer("io.element.close", () => (seen.closed = true));
    answer("io.element.device_mute");
    answer("io.element.tile_layout");
    answer("io.element.spotlight_layout");
    answer("set_always_on_screen");
    frame.src = url;
    void follow();
};
globalThis.hangUp = () => widgetApi.transport.send("im.vector.hangup", {});
