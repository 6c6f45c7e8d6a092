# SPDX-License-Identifier: Apache-2.0
"""The homeservers that are measured, each behind the same few calls.

People are made by an application service, because passwords cost what they are meant to cost;
make_ordinary() then takes the service away, and they are accounts like any other: counted,
notified, pushed to.
"""

import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import harness

REGISTRATION = """\
id: bench
url: null
as_token: bench-as
hs_token: bench-hs
sender_localpart: bench
rate_limited: false
namespaces:
  users: [{exclusive: true, regex: "@b_.*"}]
"""

UNLIMITED = "{per_second: 100000, burst_count: 100000}"
SYNAPSE_CONFIG = """\
server_name: localhost
pid_file: {dir}/pid
listeners:
  - {{port: {port}, type: http, bind_addresses: [127.0.0.1], resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: {dir}/homeserver.db}}}}
log_config: {dir}/log.yaml
media_store_path: {dir}/media
signing_key_path: {dir}/signing.key
registration_shared_secret: {secret}
macaroon_secret_key: {secret}
form_secret: {secret}
report_stats: false
trusted_key_servers: []
bcrypt_rounds: 4
app_service_config_files: [{services}]
rc_message: {unlimited}
rc_registration: {unlimited}
rc_login: {{address: {unlimited}, account: {unlimited}, failed_attempts: {unlimited}}}
rc_joins: {{local: {unlimited}, remote: {unlimited}}}
rc_joins_per_room: {unlimited}
rc_invites: {{per_room: {unlimited}, per_user: {unlimited}, per_issuer: {unlimited}}}
rc_room_creation: {unlimited}
"""
SYNAPSE_LOG = """\
version: 1
handlers: {{file: {{class: logging.FileHandler, filename: {dir}/log}}}}
root: {{level: WARNING, handlers: [file]}}
disable_existing_loggers: false
"""


def rss(pid, field="VmRSS"):
    """MB resident; of VmHWM the most there ever was."""
    return megabytes(f"/proc/{pid}/status", field)


def own(pid):
    """MB that would be free without it: resident, but for what it shares with other programs."""
    return sum(megabytes(f"/proc/{pid}/smaps_rollup", field)
               for field in ("Private_Clean", "Private_Dirty"))


def megabytes(path, field):
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    return 0


def cpu(pid):
    """Seconds of processor time that it has had."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Parvis:
    name = "Parvis"

    def __init__(self):
        self.server = harness.Parvis(
            checked=False, files={"bench.yaml": REGISTRATION},
            settings=["application_services: [bench.yaml]"])
        self.database = os.path.join(self.server.dir, "data/homeserver/homeserver.db")

    def start(self):
        self.server.launch()
        return self

    port = property(lambda self: self.server.port)
    pid = property(lambda self: self.server.process.pid)

    def end(self):
        fault = self.server.end()
        if fault:
            raise SystemExit(fault)

    def make_ordinary(self):
        self.end()
        with open(self.server.config, encoding="utf-8") as f:
            text = f.read()
        with open(self.server.config, "w", encoding="utf-8") as f:
            f.write(text.replace("  application_services: [bench.yaml]\n", ""))
        database = sqlite3.connect(self.database)
        with database:
            database.execute("UPDATE users SET appservice_id = NULL WHERE user_id LIKE '@b_%'")
        database.close()
        self.start()

    def stop(self):
        self.server.stop()


class Synapse:
    name = "Synapse"
    PYTHON = os.environ.get("PARVIS_BENCH_SYNAPSE",
                            os.path.join(harness.ROOT, "build/synapse/bin/python"))

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="parvis-bench-synapse-")
        self.port = harness.free_port()
        self.database = os.path.join(self.dir, "homeserver.db")
        self.secret = secrets.token_hex(20)
        self.process = None
        self._write("bench.yaml", REGISTRATION)
        self._write("log.yaml", SYNAPSE_LOG.format(dir=self.dir))
        self._configure("bench.yaml")

    @classmethod
    def version(cls):
        """None where it is not installed."""
        if not os.path.exists(cls.PYTHON):
            return None
        done = subprocess.run([cls.PYTHON, "-c", "import synapse; print(synapse.__version__)"],
                              capture_output=True, text=True)
        return (done.stdout.split() or [None])[0]

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)

    def _configure(self, service):
        path = os.path.join(self.dir, service) if service else ""
        self._write("config.yaml", SYNAPSE_CONFIG.format(
            dir=self.dir, port=self.port, secret=self.secret, services=path, unlimited=UNLIMITED))

    def start(self):
        command = [self.PYTHON, "-m", "synapse.app.homeserver", "-c", f"{self.dir}/config.yaml"]
        if not os.path.exists(os.path.join(self.dir, "signing.key")):
            subprocess.run([*command, "--generate-keys"], check=True, capture_output=True)
        with open(os.path.join(self.dir, "out"), "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, cwd=self.dir)
        harness.eventually("Synapse is healthy", self._is_healthy, timeout=120)
        return self

    def _is_healthy(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.dir, "out"), encoding="utf-8") as f:
                raise SystemExit(f"Synapse ended at its start:\n{f.read()[-3000:]}")
        try:
            client = harness.Client(f"http://127.0.0.1:{self.port}")
            return client.get("/health", timeout=5).status == 200
        except OSError:
            return False

    pid = property(lambda self: self.process.pid)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def make_ordinary(self):
        self.end()
        self._configure(None)
        database = sqlite3.connect(self.database)
        with database:
            database.execute("UPDATE users SET appservice_id = NULL WHERE name LIKE '@b_%'")
        database.close()
        self.start()

    def stop(self):
        if self.process.poll() is None:
            self.end()
        shutil.rmtree(self.dir, ignore_errors=True)


def restart(server):
    server.end()
    server.start()


def database_bytes(server):
    """In use, after an orderly end, which folds the log in. Starts the server again."""
    server.end()
    database = sqlite3.connect(server.database)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages, free, size = (database.execute(f"PRAGMA {name}").fetchone()[0]
                         for name in ("page_count", "freelist_count", "page_size"))
    database.close()
    size *= pages - free
    server.start()
    return size


def rss_at_rest(server):
    """Once its work is done, and it has given back what it will."""
    settle(server)
    resident = rss(server.pid)
    while True:
        time.sleep(3)
        now = rss(server.pid)
        if now > resident - 0.5:
            return now
        resident = now


def settle(server):
    """Work that a server puts off is over once a second costs it next to nothing."""
    for _ in range(20):
        before = cpu(server.pid)
        time.sleep(0.5)
        if cpu(server.pid) - before < 0.03:
            return
