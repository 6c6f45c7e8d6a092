# SPDX-License-Identifier: Apache-2.0
"""Starting, failing to start, stopping: what an administrator sees."""

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

V3 = "/_matrix/client/v3"


class Start(unittest.TestCase):
    def setUp(self):
        self.parvis = harness.Parvis(checked=False)
        self.addCleanup(self.parvis.stop)

    def fails(self, arguments=(), text=""):
        """The last line on standard error of a run that must fail."""
        done = self.parvis.run(list(arguments), text, check=False)
        self.assertEqual(done.returncode, 1, done)
        line = done.stderr.splitlines()[-1]
        self.assertTrue(line.startswith("parvis-homeserver: "), done.stderr)
        return line

    def data(self, name):
        return os.path.join(self.parvis.dir, "data", "homeserver", name)

    def configure(self, text):
        with open(self.parvis.config, "w", encoding="utf-8") as f:
            f.write(text)

    def test_the_port_is_taken(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", self.parvis.port))
            s.listen()
            self.assertIn(f"port {self.parvis.port} is taken", self.fails())

    def test_two_servers_do_not_share_a_state(self):
        self.parvis.launch()
        self.assertIn("at work in", self.fails())
        self.parvis.login_admin()

    def test_a_database_of_a_newer_version(self):
        with sqlite3.connect(self.data("homeserver.db")) as db:
            db.execute("PRAGMA user_version = 9999")
        db.close()
        self.assertIn("newer version", self.fails())

    def test_a_database_that_is_none(self):
        for name in ["homeserver.db", "homeserver.db-wal", "homeserver.db-shm"]:
            if os.path.exists(self.data(name)):
                os.remove(self.data(name))
        with open(self.data("homeserver.db"), "w", encoding="utf-8") as f:
            f.write("not a database" * 100)
        self.assertIn("cannot open the database", self.fails())

    def test_a_key_that_is_none(self):
        with open(self.data("signing.key"), "w", encoding="utf-8") as f:
            f.write("not a key\n")
        self.assertIn("is not a signing key", self.fails())
        with open(self.data("signing.key"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "not a key\n")

    def test_configurations(self):
        self.configure("server_name: localhost\nnonsense: 1\n")
        self.assertIn("nonsense", self.fails())
        self.configure("server_name: localhost\nlog_level: loud\n")
        self.assertIn("loud", self.fails())
        self.configure("server_name: localhost\nhomeserver:\n"
                       "  application_services: [missing.yaml]\n")
        self.assertIn("missing.yaml", self.fails(["--check-config"]))
        os.remove(self.parvis.config)
        self.assertIn("parvis.yaml", self.fails(["--check-config"]))

    def test_check_config_says_nothing(self):
        done = self.parvis.run(["--check-config"])
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_usage(self):
        for arguments in [["nonsense"], ["--nonsense"], ["user-create"],
                          ["user-create", "--name", "x"]]:
            done = self.parvis.run(arguments, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("usage:", done.stderr)

    def test_user_create(self):
        create = ["user-create", "--password-file", "-", "--name"]
        done = self.parvis.run([*create, "camille"], "camille's password\nsecond line\n")
        self.assertEqual(done.stdout, "created @camille:localhost\n")
        self.assertNotIn("password", done.stdout + done.stderr)
        self.assertIn("exists already", self.fails([*create, "camille"], "x"))
        self.assertIn("cannot be a user name", self.fails([*create, "a b"], "x"))
        self.assertIn("the password must have", self.fails([*create, "dominique"], "\n"))
        self.assertIn("cannot read a password", self.fails([*create, "dominique"], ""))
        self.parvis.launch()
        self.parvis.login("camille")
        # Also while the server runs.
        self.parvis.run([*create, "dominique"], "dominique's password")
        self.parvis.login("dominique")

    def test_readiness_is_told(self):
        path = os.path.join(self.parvis.dir, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(30)
            self.parvis.environment["NOTIFY_SOCKET"] = path
            self.parvis.launch()
            self.assertEqual(s.recv(100), b"READY=1")
            self.assertIsNone(self.parvis.end())
            self.assertEqual(s.recv(100), b"STOPPING=1")

    def test_a_waiting_sync_does_not_delay_the_end(self):
        self.parvis.launch()
        camille = self.parvis.register("camille")
        since = camille.get(f"{V3}/sync").json["next_batch"]
        replies = []

        def wait():
            replies.append(camille.get(f"{V3}/sync?since={since}&timeout=60000").status)
        waiting = threading.Thread(target=wait)
        waiting.start()
        metrics = harness.Client(self.parvis.homeserver)
        harness.eventually("the sync waits", lambda: b"parvis_homeserver_syncs_waiting 1"
                           in metrics.get("/metrics").body)
        begun = time.monotonic()
        self.assertIsNone(self.parvis.end())
        self.assertLess(time.monotonic() - begun, 10)
        waiting.join()
        self.assertEqual(len(replies), 1)

    def test_a_worker_that_cannot_open_its_database(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
        done = subprocess.run(
            [os.path.join(harness.BUILD, "parvis-homeserver"), "--config", self.parvis.config],
            capture_output=True, text=True, timeout=60, preexec_fn=few_files)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("parvis-homeserver: ", done.stderr.splitlines()[-1])

    def test_connections_of_one_address(self):
        with open(self.parvis.config, encoding="utf-8") as f:
            text = f.read()
        self.configure(text + "  connections_per_address: 3\n")
        self.parvis.launch()
        open_ones = []
        self.addCleanup(lambda: [s.close() for s in open_ones])

        def open_one():
            s = self.connect()
            if self.is_served(s):
                open_ones.append(s)
                return True
            s.close()
            return False

        # Those of the start count until the server has seen their end.
        for _ in range(3):
            harness.eventually("a place is free", open_one)
        with self.connect() as fourth:
            self.assertFalse(self.is_served(fourth))
        open_ones.pop().close()
        harness.eventually("the place is free", self.may_connect)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.parvis.port), timeout=10)

    def is_served(self, s):
        try:
            s.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            return s.recv(100).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False

    def may_connect(self):
        with self.connect() as s:
            return self.is_served(s)

    def test_sighup_ends_nothing(self):
        self.parvis.launch()
        self.parvis.process.send_signal(signal.SIGHUP)
        self.parvis.login_admin()


if __name__ == "__main__":
    unittest.main()
