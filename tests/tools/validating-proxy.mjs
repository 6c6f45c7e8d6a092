// SPDX-License-Identifier: Apache-2.0
// Stands between clients and a homeserver and checks each reply against the specification.
//
//     node validating-proxy.mjs http://127.0.0.1:PORT FAULTS_FILE
//
// Prints "listening PORT". Each fault is a line of FAULTS_FILE, written before the reply is passed
// on; at the end each operation that was called becomes a line of FAULTS_FILE.operations.
import fs from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";

import { Specification } from "./openapi.mjs";
import { Operations } from "./operations.mjs";

// PARVIS_TRACE=1 prints each request and its reply: for finding out why a client is unhappy.
function trace(request, sent, answer, body) {
    const cut = (bytes) => bytes.toString("utf8").slice(0, 2000);
    console.error(`> ${request.method} ${request.url} ${cut(Buffer.concat(sent))}\n< ${answer.statusCode} ${cut(body)}`);
}

const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];

export async function startProxy(upstream, onFault) {
    const specification = Specification.find();
    const operations = new Operations();
    const { hostname, port } = new URL(upstream);
    const agent = new http.Agent({ keepAlive: true });
    const server = http.createServer((request, reply) => {
        const onward = http.request(
            { hostname, port, agent, method: request.method, path: request.url, headers: request.headers },
            (answer) => {
                const chunks = [];
                answer.on("data", (chunk) => chunks.push(chunk));
                answer.on("error", () => reply.destroy());
                answer.on("end", () => {
                    const body = Buffer.concat(chunks);
                    const fault = specification?.fault({
                        method: request.method,
                        target: request.url,
                        status: answer.statusCode,
                        type: answer.headers["content-type"],
                        body,
                    });
                    if (fault) onFault(fault);
                    operations.note(request.method, request.url, answer.statusCode);
                    if (process.env.PARVIS_TRACE) trace(request, sent, answer, body);
                    const headers = { ...answer.headers };
                    for (const name of HOP_BY_HOP) delete headers[name];
                    reply.writeHead(answer.statusCode, headers);
                    reply.end(request.method === "HEAD" ? undefined : body);
                });
            },
        );
        // A server that is down is told as a closed connection, as without a proxy.
        onward.on("error", () => reply.destroy());
        reply.on("close", () => onward.destroy());
        const sent = [];
        if (process.env.PARVIS_TRACE) request.on("data", (chunk) => sent.push(chunk));
        request.pipe(onward);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        port: server.address().port,
        operations: () => [...(specification?.seen ?? [])].sort(),
        close: () => {
            server.closeAllConnections();
            server.close();
            agent.destroy();
        },
    };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [upstream, file] = process.argv.slice(2);
    fs.writeFileSync(file, "");
    const proxy = await startProxy(upstream, (fault) => fs.appendFileSync(file, fault + "\n"));
    console.log(`listening ${proxy.port}`);
    process.on("SIGTERM", () => {
        fs.writeFileSync(`${file}.operations`, proxy.operations().join("\n") + "\n");
        process.exit(0);
    });
}
