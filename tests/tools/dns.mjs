// SPDX-License-Identifier: Apache-2.0
// A DNS server for tests that knows TXT records only: { "_dmarc.orange.example": "v=DMARC1; ..." }.
import dgram from "node:dgram";
import { once } from "node:events";

export class Dns {
    static async start(records = {}) {
        const dns = new Dns();
        dns.records = records;
        dns.asked = [];
        dns.silent = false;
        dns.socket = dgram.createSocket("udp4");
        dns.socket.on("message", (query, peer) => {
            const answer = !dns.silent && dns.answer(query);
            if (answer) dns.socket.send(answer, peer.port, peer.address);
        });
        dns.socket.bind(0, "127.0.0.1");
        await once(dns.socket, "listening");
        dns.address = `127.0.0.1:${dns.socket.address().port}`;
        return dns;
    }

    answer(query) {
        const labels = [];
        let at = 12;
        while (query[at]) {
            labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
            at += query[at] + 1;
        }
        const question = query.subarray(12, at + 5);
        const name = labels.join(".").toLowerCase();
        this.asked.push(name);
        const text = this.records[name];
        const head = Buffer.alloc(12);
        query.copy(head, 0, 0, 2);
        head.writeUInt16BE(text === undefined ? 0x8183 : 0x8180, 2);
        head.writeUInt16BE(1, 4);
        if (text === undefined) return Buffer.concat([head, question]);
        head.writeUInt16BE(1, 6);
        // A text of over 255 bytes is several strings of one record.
        const strings = text.match(/[^]{1,255}/g).map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]));
        const data = Buffer.concat(strings);
        const record = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255]);
        return Buffer.concat([head, question, record, data]);
    }

    stop() {
        this.socket.close();
    }
}
