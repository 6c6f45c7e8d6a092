// SPDX-License-Identifier: Apache-2.0
// Debian's Postfix in a folder of its own: in front of the bridge (LMTP on its socket), and behind
// it (submission with STARTTLS and, by Dovecot, a login). It asks no DNS.
//
//     const mta = await Postfix.start({ lmtp: "/path/lmtp.sock", domains: ["ville.example"] });
//     mta.port             SMTP; mta.url for smarthost_url
//     mta.log(), mta.queued()
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import { freePort, makeCertificate } from "./dovecot.mjs";
import { eventually } from "./parvis.mjs";

const PROGRAMS = "/usr/lib/postfix/sbin";

export class Postfix {
    static async start({ lmtp = "", domains = [], sink = 0, auth = "" } = {}) {
        if (process.getuid() !== 0) throw new Error("Postfix starts as root only");
        const mta = new Postfix();
        mta.dir = fs.mkdtempSync(path.join(os.tmpdir(), "parvis-postfix-"));
        fs.chmodSync(mta.dir, 0o755);
        mta.port = await freePort();
        mta.url = `smtp://localhost:${mta.port}`;
        mta.tls = makeCertificate(mta.dir);
        mta.#configure(lmtp, domains, sink, auth);
        await mta.launch();
        return mta;
    }

    #configure(lmtp, domains, sink, auth) {
        const at = (name) => path.join(this.dir, name);
        for (const name of ["conf", "spool", "data"]) fs.mkdirSync(at(name));
        spawnSync("chown", ["postfix", at("data")]);
        fs.writeFileSync(at("conf/main.cf"), [
            "compatibility_level = 3.6",
            `queue_directory = ${at("spool")}`,
            `data_directory = ${at("data")}`,
            `daemon_directory = ${PROGRAMS}`,
            "command_directory = /usr/sbin",
            "mail_owner = postfix",
            "setgid_group = postdrop",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            "myhostname = mx.ville.example",
            "mydestination =",
            "mynetworks = 127.0.0.0/8",
            "smtpd_peername_lookup = no",
            "smtp_dns_support_level = disabled",
            "lmtp_host_lookup = native",
            "smtpd_relay_restrictions = " + (auth ? "permit_sasl_authenticated, reject_unauth_destination" : "permit_mynetworks, reject_unauth_destination"),
            "smtpd_recipient_restrictions =",
            "smtputf8_enable = yes",
            `virtual_mailbox_domains = ${domains.join(", ")}`,
            `virtual_transport = lmtp:unix:${lmtp}`,
            `default_transport = ${sink ? `smtp:[127.0.0.1]:${sink}` : "error:no way out"}`,
            "minimal_backoff_time = 2s",
            "maximal_backoff_time = 4s",
            "queue_run_delay = 2s",
            "maillog_file_prefixes = /tmp",
            `maillog_file = ${at("maillog")}`,
            `smtpd_tls_cert_file = ${this.tls.cert}`,
            `smtpd_tls_key_file = ${this.tls.key}`,
            "smtpd_tls_security_level = may",
            ...(auth ? [
                "smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", `smtpd_sasl_path = ${auth}`,
                "smtpd_tls_auth_only = yes",
            ] : []),
            "",
        ].join("\n"));
        const service = (name, type, priv, limit, command) => `${name} ${type} ${priv} - n - ${limit} ${command}`;
        fs.writeFileSync(at("conf/master.cf"), [
            service(this.port, "inet", "n", "-", "smtpd"),
            service("pickup", "unix", "n", "1", "pickup").replace(" - 1 ", " 60 1 "),
            service("cleanup", "unix", "n", "0", "cleanup"),
            "qmgr unix n - n 1 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "smtp unix - - n - - smtp",
            "relay unix - - n - - smtp",
            "lmtp unix - - n - - lmtp",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache",
            "showq unix n - n - - showq",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "postlog unix-dgram n - n - 1 postlogd",
            "",
        ].join("\n"));
    }

    async launch() {
        const set = spawnSync("/usr/sbin/postfix", ["-c", path.join(this.dir, "conf"), "check"], { encoding: "utf8" });
        if (set.status !== 0) throw new Error(`postfix check: ${set.stdout}${set.stderr}`);
        this.child = spawn(`${PROGRAMS}/master`, ["-c", path.join(this.dir, "conf"), "-d"],
            { stdio: "ignore", env: { ...process.env, MAIL_CONFIG: path.join(this.dir, "conf") } });
        this.ended = once(this.child, "exit");
        await eventually("Postfix answers", () => {
            if (this.child.exitCode !== null) throw new Error(`Postfix ended: ${this.log()}`);
            return new Promise((resolve) => {
                const socket = net.connect(this.port, "127.0.0.1");
                socket.once("data", () => { socket.destroy(); resolve(true); });
                socket.once("error", () => resolve(false));
                socket.once("close", () => resolve(false));
            });
        });
    }

    log() {
        const file = path.join(this.dir, "maillog");
        return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    }

    // Tries everything that waits, now.
    flush() {
        spawnSync("/usr/sbin/postqueue", ["-c", path.join(this.dir, "conf"), "-f"]);
    }

    queued() {
        return spawnSync("/usr/sbin/postqueue", ["-c", path.join(this.dir, "conf"), "-j"], { encoding: "utf8" })
            .stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    }

    async stop() {
        this.child.kill("SIGTERM");
        await this.ended;
        fs.rmSync(this.dir, { recursive: true, force: true });
    }
}
