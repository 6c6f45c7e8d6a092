// SPDX-License-Identifier: Apache-2.0
// Starts the real programs for a test: free ports, a folder of its own, a generated configuration.
//
//     const parvis = await Parvis.start({ programs: ["homeserver", "sfu"] });
//     parvis.url            client-server API, by way of the validating proxy
//     await parvis.kill("homeserver"); await parvis.launch("homeserver");
//     await parvis.stop();  throws when a program did not end well, a sanitizer spoke, or a reply
//                           broke the specification
//
// PARVIS_BUILD names another folder of programs than build/asan.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startProxy } from "./validating-proxy.mjs";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const BUILD = path.resolve(ROOT, process.env.PARVIS_BUILD ?? "build/asan");
export const SERVER_NAME = "localhost";
export const REGISTRATION_TOKEN = "welcome";

async function freePort() {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

// Polls until the condition holds: for what has no event to wait for, such as another process.
export async function eventually(what, condition, timeout = 30000) {
    const end = Date.now() + timeout;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

export class Parvis {
    static async start({ programs = ["homeserver"], mailboxes = [], smarthost = "", rtcAddress = "127.0.0.1", sfu = [], more = [], bridge = [] } = {}) {
        const parvis = new Parvis();
        parvis.dir = fs.mkdtempSync(path.join(os.tmpdir(), "parvis-test-"));
        parvis.processes = new Map();
        parvis.faults = [];
        parvis.ports = {};
        for (const name of ["client", "meeting", "signal", "rtcTcp", "rtcUdp", "bridge", "smtp"])
            parvis.ports[name] = await freePort();
        parvis.homeserver = `http://127.0.0.1:${parvis.ports.client}`;
        parvis.proxy = await startProxy(parvis.homeserver, (fault) => parvis.faults.push(fault));
        parvis.url = `http://127.0.0.1:${parvis.proxy.port}`;
        parvis.meeting = `http://127.0.0.1:${parvis.ports.meeting}`;
        parvis.configure(mailboxes, smarthost, rtcAddress, sfu, more, bridge);
        parvis.#run("parvis-homeserver", ["user-create", "--name", "admin", "--admin", "--password-file", "-"],
            "admin password");
        for (const program of programs) await parvis.launch(program);
        return parvis;
    }

    // `sfu`, `bridge`: more lines of those sections; `more`: lines of sections of their own.
    configure(mailboxes, smarthost, rtcAddress, sfu, more, bridge = []) {
        const { ports, dir } = this;
        const setup = spawnSync(path.join(ROOT, "packaging/parvis-setup"), [dir], { encoding: "utf8" });
        if (setup.status !== 0) throw new Error(setup.stderr);
        const registration = path.join(dir, "bridge-mail-registration.yaml");
        fs.writeFileSync(registration, fs.readFileSync(registration, "utf8")
            .replace(/^url: .*$/m, `url: http://127.0.0.1:${ports.bridge}`));
        this.config = path.join(dir, "parvis.yaml");
        fs.writeFileSync(this.config, [
            `server_name: ${SERVER_NAME}`,
            `homeserver:`,
            `  port: ${ports.client}`,
            `  public_url: ${this.url}`,
            `  registration: token`,
            `  registration_tokens: [${REGISTRATION_TOKEN}]`,
            `  application_services: [bridge-mail-registration.yaml]`,
            `  rate_limits_off: true`,
            `sfu:`,
            `  meeting_port: ${ports.meeting}`,
            `  signal_port: ${ports.signal}`,
            `  rtc_address: ${rtcAddress}`,
            `  rtc_advertised: [${rtcAddress}]`,
            `  rtc_tcp_port: ${ports.rtcTcp}`,
            `  rtc_udp_port: ${ports.rtcUdp}`,
            `  public_url: ${this.meeting}`,
            `  signal_url: ws://127.0.0.1:${ports.signal}`,
            `  homeserver_url: ${this.url}`,
            `  web_dir: ${path.join(ROOT, "build/web")}`,
            ...sfu.map((line) => `  ${line}`),
            ...more,
            `bridge_mail:`,
            `  homeserver_url: ${this.url}`,
            `  port: ${ports.bridge}`,
            `  smtp_port: ${ports.smtp}`,
            `  lmtp_socket: lmtp.sock`,
            ...(smarthost ? [`  smarthost_url: ${smarthost}`] : []),
            // Only tests about senders look for their keys.
            ...(bridge.some((line) => /dns_servers|authserv_ids/.test(line)) ? [] : ["  verify_senders_off: true"]),
            ...(!mailboxes.length || bridge.some((line) => line.startsWith("send_delay_s")) ? [] : ["  send_delay_s: 0"]),
            ...bridge.map((line) => `  ${line}`),
            ...(mailboxes.length ? [`  mailboxes:`] : []),
            ...mailboxes.flatMap((m) => [
                `    - address: ${m.address}`,
                `      name: ${m.name}`,
                `      members: [${m.members.map((id) => `"${id}"`).join(", ")}]`,
            ]),
            "",
        ].join("\n"));
    }

    // Other addresses of the SFU than those where it listens.
    advertise(addresses) {
        fs.writeFileSync(this.config, fs.readFileSync(this.config, "utf8")
            .replace(/^  rtc_advertised: .*$/m, `  rtc_advertised: [${addresses.join(", ")}]`));
    }

    #run(program, args, input) {
        const done = spawnSync(path.join(BUILD, program), ["--config", this.config, ...args],
            { input, encoding: "utf8" });
        if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`);
    }

    log(program) {
        const file = path.join(this.dir, `${program}.log`);
        return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    }

    async launch(program) {
        const health = {
            homeserver: `${this.homeserver}/health`,
            sfu: `${this.meeting}/healthz`,
            "bridge-mail": `http://127.0.0.1:${this.ports.bridge}/health`,
        }[program];
        const log = fs.openSync(path.join(this.dir, `${program}.log`), "a");
        const child = spawn(path.join(BUILD, `parvis-${program}`), ["--config", this.config],
            { stdio: ["ignore", log, log] });
        fs.closeSync(log);
        const state = { child, ended: once(child, "exit") };
        this.processes.set(program, state);
        await eventually(`${program} healthy`, async () => {
            if (child.exitCode !== null || child.signalCode !== null)
                throw new Error(`${program} ended at start:\n${this.log(program)}`);
            return fetch(health).then((r) => r.ok, () => false);
        });
    }

    // As a power cut would: no warning.
    async kill(program) {
        const { child, ended } = this.processes.get(program);
        child.kill("SIGKILL");
        await ended;
        this.processes.delete(program);
    }

    async end(program) {
        const { child, ended } = this.processes.get(program);
        const killer = setTimeout(() => child.kill("SIGABRT"), 20000);
        child.kill("SIGTERM");
        const [code, signal] = await ended;
        clearTimeout(killer);
        this.processes.delete(program);
        if (code !== 0) throw new Error(`${program} ended with ${code ?? signal}:\n${this.log(program).slice(-8000)}`);
    }

    async stop() {
        const errors = [];
        for (const program of [...this.processes.keys()].reverse())
            await this.end(program).catch((error) => errors.push(error.message));
        this.proxy.close();
        for (const program of ["homeserver", "sfu", "bridge-mail"]) {
            const spoken = this.log(program).match(/.*(runtime error|AddressSanitizer|LeakSanitizer|ThreadSanitizer).*[^]{0,4000}/);
            if (spoken) errors.push(`${program}: ${spoken[0]}`);
        }
        errors.push(...new Set(this.faults));
        if (errors.length === 0) fs.rmSync(this.dir, { recursive: true, force: true });
        else throw new Error(`${errors.join("\n")}\n(state kept in ${this.dir})`);
    }

    // One call to the client-server API; throws {status, errcode} on a refusal.
    async api(method, target, { token, body, type = "application/json" } = {}) {
        const reply = await fetch(this.url + target, {
            method,
            headers: {
                ...(token ? { Authorization: `Bearer ${token}` } : {}),
                ...(body === undefined ? {} : { "Content-Type": type }),
            },
            body: body === undefined || type !== "application/json" ? body : JSON.stringify(body),
        });
        const text = await reply.text();
        const json = text && JSON.parse(text);
        if (!reply.ok)
            throw Object.assign(new Error(`${method} ${target}: ${reply.status} ${text}`),
                { status: reply.status, errcode: json?.errcode, json });
        return json;
    }

    // Registers with the registration token and gives {user_id, device_id, access_token}.
    async register(username, password = `${username}'s password`) {
        const body = { username, password, initial_device_display_name: "test" };
        const target = "/_matrix/client/v3/register";
        const refusal = await this.api("POST", target, { body }).catch((error) => error);
        const auth = { type: "m.login.registration_token", token: REGISTRATION_TOKEN, session: refusal.json?.session };
        const answer = await this.api("POST", target, { body: { ...body, auth } });
        return { ...answer, username, password };
    }

    // A call to the SFU's API in the name of that account.
    async sfu(target, account, body) {
        const openid_token = await this.api("POST",
            `/_matrix/client/v3/user/${encodeURIComponent(account.user_id)}/openid/request_token`,
            { token: account.access_token, body: {} });
        const reply = await fetch(this.meeting + target, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ ...body, openid_token }),
        });
        if (!reply.ok) throw new Error(`${target}: ${reply.status} ${await reply.text()}`);
        return reply.json();
    }

    // What the token service gives that account's device for a Matrix room's call: {url, jwt}.
    callToken(account, room) {
        return this.sfu("/sfu/get", account, { room, device_id: account.device_id });
    }

    async login(username, password = `${username}'s password`) {
        return this.api("POST", "/_matrix/client/v3/login", {
            body: {
                type: "m.login.password",
                identifier: { type: "m.id.user", user: username },
                password,
            },
        });
    }
}
