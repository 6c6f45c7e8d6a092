// SPDX-License-Identifier: Apache-2.0
// Checks replies of a homeserver against the OpenAPI schemas of the Matrix specification, when the
// folder that holds them is there: PARVIS_SPEC, or ../shared/spec beside the tree.
import Ajv2020 from "ajv/dist/2020.js";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const FILES = ["client-server.openapi.json", "server-server.openapi.json"];

const FORMATS = {
    "mx-user-id": /^@[\x21-\x39\x3b-\x7e]*:[\w.:[\]-]+$/,
    "mx-room-id": /^![^\s]+$/,
    "mx-room-alias": /^#[^:]+:[\w.:[\]-]+$/,
    "mx-event-id": /^\$[^\s]+$/,
    "mx-server-name": /^[\w.:[\]-]+$/,
    "mx-mxc-uri": /^mxc:\/\/[\w.:[\]-]+\/[\w-]+$/,
    uri: true,
    email: true,
    float: true,
    int64: { type: "number", validate: Number.isInteger },
};

function compilePath(pattern) {
    const source = pattern
        .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
        .replace(/\{[^}]+\}/g, "([^/]*)");
    return new RegExp(`^${source}$`);
}

export class Specification {
    constructor(folder) {
        this.ajv = new Ajv2020({ strict: false, allErrors: false, formats: FORMATS });
        this.operations = [];
        this.seen = new Set(); // "GET /path" of each operation that was called
        for (const file of FILES) {
            const api = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
            for (const [pattern, methods] of Object.entries(api.paths)) {
                for (const [method, operation] of Object.entries(methods)) {
                    if (!operation.responses) continue;
                    this.operations.push({
                        method: method.toUpperCase(),
                        pattern: pattern.trim(),
                        regexp: compilePath(pattern.trim()),
                        parameters: (pattern.match(/\{/g) ?? []).length,
                        responses: operation.responses,
                        validators: new Map(),
                    });
                }
            }
        }
        // The most literal path wins, as in any router.
        this.operations.sort((a, b) => a.parameters - b.parameters);
    }

    static find() {
        const folder = process.env.PARVIS_SPEC ?? path.resolve(ROOT, "../shared/spec");
        return fs.existsSync(path.join(folder, FILES[0])) ? new Specification(folder) : null;
    }

    operation(method, target) {
        const bare = target
            .split("?")[0]
            .replace(/^\/_matrix\/client\/r0\//, "/_matrix/client/v3/")
            .replace(/^\/_matrix\/media\/(r0|v1)\/(?!create)/, "/_matrix/media/v3/");
        return this.operations.find((o) => o.method === method && o.regexp.test(bare));
    }

    #validator(operation, status, target) {
        // GET .../state/{type}/{key} gives any object, or an event when it is asked for; as every
        // event is an object, the schema's oneOf could never hold for an event.
        const branch = /[?&]format=event(&|$)/.test(target) ? 1 : 0;
        const key = `${status} ${branch}`;
        if (!operation.validators.has(key)) {
            const response =
                operation.responses[status] ?? operation.responses[`${String(status)[0]}XX`];
            let schema = response?.content?.["application/json"]?.schema;
            schema = schema?.oneOf?.[branch] ?? schema;
            operation.validators.set(key, schema ? this.ajv.compile(schema) : null);
        }
        return operation.validators.get(key);
    }

    // One sentence about what is wrong with the reply, or null.
    fault({ method, target, status, type, body }) {
        if (!target.startsWith("/_matrix/") && !target.startsWith("/.well-known/")) return null;
        const name = `${method} ${target.split("?")[0]} ${status}`;
        const operation = this.operation(method, target);
        if (operation) this.seen.add(`${method} ${operation.pattern}`);
        let json;
        if (/^application\/json/.test(type ?? "")) {
            try {
                json = JSON.parse(body.toString("utf8"));
            } catch (error) {
                return `${name}: not JSON: ${error.message}`;
            }
        }
        if (status >= 400) {
            if (status === 401 && json?.flows) return null; // user-interactive auth
            if (typeof json?.errcode !== "string" || !/^[A-Z][A-Z0-9_.]*$/i.test(json.errcode))
                return `${name}: no errcode`;
            if (typeof json.error !== "string" || json.error === "") return `${name}: no error text`;
            // Without a valid token it never comes to the 401 that the schemas describe.
            if (status === 401 && /^M_(MISSING|UNKNOWN)_TOKEN$/.test(json.errcode)) return null;
        }
        // An event that is to be sent later has no id yet: that answer is not the specification's.
        const isLater = /[?&]org\.matrix\.msc4140\.delay=/.test(target);
        const validate = operation && !isLater && this.#validator(operation, status, target);
        if (validate && json !== undefined && !validate(json)) {
            const e = validate.errors[0];
            return `${name}: ${e.instancePath || "/"} ${e.message} ${JSON.stringify(e.params)}`;
        }
        return null;
    }
}
