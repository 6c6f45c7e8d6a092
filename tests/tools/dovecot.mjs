// SPDX-License-Identifier: Apache-2.0
// Debian's Dovecot as the provider of a mailbox: a folder, a port and certificates of its own.
//
//     const provider = await Dovecot.start({ users: { voirie: "password" }, tls: true });
//     await provider.deliver("voirie", text);      as its own delivery agent would
//     provider.imap(...)                           lines for bridge_mail.imap
//     await provider.mails("voirie", "INBOX")      [{uid, flags, text}], by doveadm
//     await provider.restart(); await provider.stop();
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import { eventually } from "./parvis.mjs";

export async function freePort() {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

// A certificate authority for tests and a certificate for `name` by it: {ca, cert, key} as paths.
export function makeCertificate(dir, name = "localhost") {
    const at = (file) => path.join(dir, file);
    const openssl = (...args) => {
        const done = spawnSync("openssl", args, { encoding: "utf8" });
        if (done.status !== 0) throw new Error(done.stderr);
    };
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl("req", "-x509", ...key, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "2",
        "-subj", "/CN=Parvis test CA", "-addext", "basicConstraints=critical,CA:TRUE");
    openssl("req", ...key, "-keyout", at("server.key"), "-out", at("server.csr"), "-subj", `/CN=${name}`);
    fs.writeFileSync(at("server.ext"), `subjectAltName=DNS:${name}\n`);
    openssl("x509", "-req", "-in", at("server.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"),
        "-CAcreateserial", "-days", "2", "-extfile", at("server.ext"), "-out", at("server.pem"));
    return { ca: at("ca.pem"), cert: at("server.pem"), key: at("server.key") };
}

export class Dovecot {
    static async start({ users, tls = false, capability = "", mechanisms = "plain login", auth = false }) {
        const dovecot = new Dovecot();
        dovecot.dir = fs.mkdtempSync(path.join(os.tmpdir(), "parvis-dovecot-"));
        fs.chmodSync(dovecot.dir, 0o755);
        dovecot.users = users;
        dovecot.port = await freePort();
        dovecot.tlsPort = await freePort();
        dovecot.tls = tls ? makeCertificate(dovecot.dir) : undefined;
        // For another server's logins.
        dovecot.authSocket = auth ? path.join(dovecot.dir, "auth") : "";
        dovecot.#configure(capability, mechanisms);
        await dovecot.launch();
        return dovecot;
    }

    #configure(capability, mechanisms) {
        const { dir, tls } = this;
        const root = process.getuid() === 0;
        const me = os.userInfo().username;
        this.mailUser = root ? "nobody" : me;
        fs.mkdirSync(path.join(dir, "mail"));
        if (root) spawnSync("chown", ["nobody", path.join(dir, "mail")]);
        this.setUsers(this.users);
        this.config = path.join(dir, "dovecot.conf");
        fs.writeFileSync(this.config, `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = ${root ? "dovecot" : me}
default_login_user = ${root ? "dovenull" : me}
default_internal_group = ${root ? "dovecot" : me}
first_valid_uid = 1
mail_location = maildir:${dir}/mail/%n
mail_privileged_group =
disable_plaintext_auth = no
auth_mechanisms = ${mechanisms}
imap_capability = ${capability}
imap_hibernate_timeout = 0
ssl = ${tls ? "yes" : "no"}
${tls ? `ssl_cert = <${tls.cert}\nssl_key = <${tls.key}` : ""}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${dir}/users
}
userdb {
  driver = static
  args = uid=${this.mailUser} gid=${root ? "nogroup" : me} home=${dir}/mail/%n
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${this.port}
  }
  inet_listener imaps {
    port = ${tls ? this.tlsPort : 0}
  }
}
${this.authSocket ? `service auth {\n  unix_listener ${this.authSocket} {\n    mode = 0666\n  }\n}` : ""}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`);
    }

    setUsers(users) {
        this.users = users;
        fs.writeFileSync(path.join(this.dir, "users"),
            Object.entries(users).map(([name, word]) => `${name}:{PLAIN}${word}::::::\n`).join(""));
    }

    log() {
        return fs.readFileSync(path.join(this.dir, "dovecot.log"), "utf8");
    }

    async launch() {
        this.child = spawn("/usr/sbin/dovecot", ["-F", "-c", this.config], { stdio: "ignore", detached: true });
        this.ended = once(this.child, "exit");
        await eventually("Dovecot answers", () => {
            if (this.child.exitCode !== null) throw new Error(`Dovecot ended:\n${this.log()}`);
            return new Promise((resolve) => {
                const socket = net.connect(this.port, "127.0.0.1");
                socket.once("data", () => { socket.destroy(); resolve(true); });
                socket.once("error", () => resolve(false));
                socket.once("close", () => resolve(false));
            });
        });
    }

    // Sessions live on for a while after their master: they end with it here.
    async end() {
        this.child.kill("SIGTERM");
        await this.ended;
        try {
            process.kill(-this.child.pid, "SIGKILL");
        } catch (error) {
            if (error.code !== "ESRCH") throw error;
        }
    }

    async restart() {
        await this.end();
        await this.launch();
    }

    async stop() {
        await this.end();
        fs.rmSync(this.dir, { recursive: true, force: true });
    }

    doveadm(args, input) {
        const done = spawnSync("/usr/bin/doveadm", ["-c", this.config, ...args],
            { input, encoding: "utf8", maxBuffer: 1 << 28 });
        if (done.status !== 0) throw new Error(`doveadm ${args.join(" ")}: ${done.stderr}`);
        return done.stdout;
    }

    deliver(user, text, folder = "INBOX") {
        this.doveadm(["save", "-u", user, "-m", folder], text.replace(/\r?\n/g, "\r\n"));
    }

    mails(user, folder = "INBOX") {
        const out = this.doveadm(["-f", "tab", "fetch", "-u", user, "uid flags", "mailbox", folder]);
        return out.trim().split("\n").slice(1).map((line) => {
            const [uid, flags] = line.split("\t");
            return { uid: Number(uid), flags: (flags ?? "").split(" ").filter(Boolean) };
        });
    }

    // Lines for bridge_mail of the configuration.
    imap(user, { secure = false, keys = {} } = {}) {
        const all = {
            url: secure ? `imaps://localhost:${this.tlsPort}` : `imap://localhost:${this.port}`,
            user,
            ...(Object.keys(keys).some((key) => /^token|^password/.test(key)) ? {} : { password_file: this.passwordFile(user) }),
            ...keys,
        };
        return Object.entries(all).map(([key, value], i) => `${i === 0 ? "  - " : "    "}${key}: ${value}`);
    }

    passwordFile(user) {
        const file = path.join(this.dir, `${user}.password`);
        fs.writeFileSync(file, `${this.users[user]}\n`, { mode: 0o600 });
        return file;
    }
}
