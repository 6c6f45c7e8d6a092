// SPDX-License-Identifier: Apache-2.0
// Stands between a program and its HTTP server, and ends things at the worst moment.
//
// It also makes the server forget request ids, as a restart or half an hour does elsewhere: each
// PUT .../send/{type}/{txn} arrives with a new one.
import http from "node:http";

export async function startChaos(upstream) {
    const chaos = { upstream, trap: undefined, requests: [] };
    let forgotten = 0;
    const server = http.createServer(async (request, reply) => {
        const target = request.url.replace(/(\/send\/[^/]+\/[^/?]+)/, `$1.${++forgotten}`);
        const name = `${request.method} ${request.url.split("?")[0]}`;
        chaos.requests.push(name);
        const trap = chaos.trap?.pattern.test(name) ? chaos.trap : undefined;
        if (trap) chaos.trap = undefined;
        if (trap?.when === "before") return fall(trap, request);
        const { hostname, port } = new URL(chaos.upstream);
        const onward = http.request(
            { hostname, port, method: request.method, path: target, headers: { ...request.headers, connection: "close" } },
            (answer) => {
                const chunks = [];
                answer.on("data", (chunk) => chunks.push(chunk));
                answer.on("end", () => {
                    if (trap?.when === "after") return fall(trap, request);
                    reply.writeHead(answer.statusCode, answer.headers);
                    reply.end(Buffer.concat(chunks));
                });
                answer.on("error", () => reply.destroy());
            },
        );
        onward.on("error", () => reply.destroy());
        request.pipe(onward);
    });
    async function fall(trap, request) {
        await trap.act();
        request.socket.destroy();
        trap.done();
    }
    // Runs `act` once when a request comes that fits: before it reaches the server, or after its
    // answer and before the program sees it. The connection ends then. Resolves when that is over.
    chaos.at = (when, pattern, act = async () => {}) =>
        new Promise((done) => (chaos.trap = { when, pattern, act, done }));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    chaos.url = `http://127.0.0.1:${server.address().port}`;
    chaos.close = () => {
        server.closeAllConnections();
        server.close();
    };
    return chaos;
}
