# SPDX-License-Identifier: Apache-2.0
"""Credentials of voip/turnServer, tried at a real coturn."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

TURN = "/_matrix/client/v3/voip/turnServer"
SECRET = "what only the two servers know"


class Turn(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="parvis-turn-")
        cls.port = harness.free_port()
        cls.coturn = cls.start_coturn()
        uri = f"turn:127.0.0.1:{cls.port}?transport=udp"
        cls.options = {"registration": "open", "sections": [
            "turn:", f'  uris: ["{uri}"]', f'  secret: "{SECRET}"', "  lifetime: 600"]}
        super().setUpClass()

    @classmethod
    def start_coturn(cls):
        return subprocess.Popen(
            ["turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}",
             "--realm=localhost", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
             f"--listening-port={cls.port}", "--no-tls", "--no-dtls", "--no-cli",
             "--allow-loopback-peers", f"--log-file={cls.folder.name}/log", "--simple-log",
             f"--pidfile={cls.folder.name}/pid", f"--userdb={cls.folder.name}/db"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cls.folder.name)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.coturn.terminate()
        cls.coturn.wait()
        cls.folder.cleanup()

    def relays(self, username, password):
        """Whether coturn relays packets for these credentials."""
        done = subprocess.run(
            ["turnutils_uclient", "-u", username, "-w", password, "-p", str(self.port), "-y", "-c",
             "-n", "1", "-m", "1", "127.0.0.1"], capture_output=True, text=True, timeout=60,
            cwd=self.folder.name)
        return done.returncode == 0 and "Total lost packets 0 " in done.stdout

    def test_coturn_relays_for_our_users(self):
        alice = self.parvis.register("alice")
        turn = self.assert_ok(alice.get(TURN))
        until, user_id = turn["username"].split(":", 1)
        self.assertEqual((user_id, turn["ttl"]), (alice.user_id, 600))
        self.assertLess(abs(int(until) - time.time() - 600), 60)
        self.assertEqual(turn["uris"], [f"turn:127.0.0.1:{self.port}?transport=udp"])
        harness.eventually("coturn listens", self.listens)
        self.assertFalse(self.relays(turn["username"], "wrong"))
        self.assertTrue(self.relays(turn["username"], turn["password"]))

    def test_only_for_those_who_are_signed_in(self):
        self.assert_refused(self.parvis.client().get(TURN), 401, "M_MISSING_TOKEN")


class NoTurn(harness.Case):
    options = {"registration": "open"}

    def test_without_a_server_there_are_no_uris(self):
        turn = self.assert_ok(self.parvis.register("bob").get(TURN))
        self.assertEqual((turn["uris"], turn["username"], turn["password"]), ([], "", ""))


if __name__ == "__main__":
    unittest.main()
