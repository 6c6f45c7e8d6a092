// SPDX-License-Identifier: Apache-2.0
// Notes which operations of tests/conformance/operations.txt a test calls. Where PARVIS_SEEN names a
// folder, each operation that was answered, and once more when it first succeeded, becomes a line
// of a file in it: suite, method, path, "answered" or "succeeded".
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const TABLE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../conformance/operations.txt");

function compile(pattern) {
    const source = pattern
        .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
        .replace(/\{[^}]+\}/g, "([^/]+)");
    return new RegExp(`^${source}$`);
}

function readTable() {
    return fs.readFileSync(TABLE, "utf8").split("\n")
        .map((line) => line.split(/\s+/))
        .filter(([method]) => /^[A-Z]+$/.test(method))
        .map(([method, pattern]) => ({ method, pattern, regexp: compile(pattern) }))
        // The most literal path wins, as in any router.
        .sort((a, b) => a.pattern.split("{").length - b.pattern.split("{").length);
}

export class Operations {
    constructor() {
        this.folder = process.env.PARVIS_SEEN;
        if (!this.folder) return;
        this.table = readTable();
        this.known = new Set();
        this.file = path.join(this.folder, `${process.pid}.txt`);
    }

    // Older names of the same endpoint count as the one of the table.
    #find(method, target) {
        const bare = target.split("?")[0];
        const stable = bare
            .replace(/^\/_matrix\/client\/(r0|unstable)\/(?!org\.|im\.|uk\.|io\.)/, "/_matrix/client/v3/")
            .replace(/^\/_matrix\/media\/(r0|v1)\/(?!create)/, "/_matrix/media/v3/");
        return this.table.find((o) => o.method === method && (o.regexp.test(bare) || o.regexp.test(stable)));
    }

    note(method, target, status) {
        if (!this.folder || status >= 500) return;
        const operation = this.#find(method, target);
        if (!operation) return;
        const how = status < 400 ? "succeeded" : "answered";
        const line = `${process.env.PARVIS_SUITE ?? "?"} ${method} ${operation.pattern} ${how}\n`;
        if (this.known.has(line)) return;
        this.known.add(line);
        fs.appendFileSync(this.file, line);
    }
}
