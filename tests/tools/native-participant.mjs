// SPDX-License-Identifier: Apache-2.0
// A participant without a browser, by LiveKit's native SDK: cheap enough to fill a meeting.
import { Room } from "@livekit/rtc-node";

export class Participant {
    // By the meeting page's own API, as a guest.
    static async joinAsGuest(meetingUrl, meetingId, guest, name) {
        const reply = await fetch(`${meetingUrl}/api/meetings/${meetingId}/join`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ guest, name }),
        });
        const json = await reply.json();
        if (!reply.ok) throw Object.assign(new Error(json.error), { status: reply.status, errcode: json.errcode });
        return Participant.join(json.url, json.token);
    }

    static async join(url, token) {
        const participant = new Participant();
        participant.room = new Room();
        await participant.room.connect(url, token, { autoSubscribe: true, dynacast: false });
        return participant;
    }

    async leave() {
        await this.room.disconnect();
    }
}
