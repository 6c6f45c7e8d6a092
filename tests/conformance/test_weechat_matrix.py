# SPDX-License-Identifier: Apache-2.0
"""WeeChat with its Matrix script, Debian's: a terminal client signs in, reads and writes.

It speaks TLS only, so a relay with a certificate made for the test stands in front. It is driven
through its FIFO and read through its logs.
"""

import glob
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"),
                os.path.dirname(os.path.abspath(__file__))]
import harness  # noqa: E402
from friend import Friend  # noqa: E402


class TlsRelay:
    """TLS on a free port, in clear to the homeserver."""

    def __init__(self, folder, port):
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                        "-subj", "/CN=localhost", "-days", "1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.upstream = port
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.upstream))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.copy, args=(a, b), daemon=True).start()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()


class WeeChat:
    def __init__(self, folder, port, user, password):
        self.folder = folder
        setup = [
            "/set logger.file.flush_delay 0",
            "/set logger.level.core.weechat 9",
            "/python load /usr/share/weechat/python/matrix.py",
            f"/matrix server add parvis localhost:{port}",
            "/set matrix.server.parvis.ssl_verify off",
            f"/set matrix.server.parvis.username {user}",
            f"/set matrix.server.parvis.password {password}",
            "/set matrix.server.parvis.autoconnect off",
            "/matrix connect parvis",
        ]
        command = ["weechat-headless", "--dir", folder, "--stdout"]
        for line in setup:
            command += ["--run-command", line]
        self.output = open(os.path.join(folder, "stdout"), "wb")
        # The Python inside WeeChat is Debian's, and takes its library from the first python3 in PATH.
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=self.output, env={**os.environ, "PATH": "/usr/bin:/bin"})

    def fifo(self):
        found = glob.glob(os.path.join(self.folder, "weechat_fifo_*"))
        return found[0] if found else None

    def type(self, buffer, text):
        path = harness.eventually("WeeChat's FIFO", self.fifo)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"{buffer} *{text}\n")

    def logs(self):
        text = ""
        for path in glob.glob(os.path.join(self.folder, "logs", "**", "*.weechatlog"), recursive=True):
            with open(path, encoding="utf-8", errors="replace") as f:
                text += f"== {os.path.basename(path)}\n{f.read()}"
        return text

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.output.close()


class WeeChatMatrix(harness.Case):
    def until(self, what, condition):
        try:
            return harness.eventually(what, condition)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.weechat.logs()}") from None

    def weechat_of(self, name):
        folder = tempfile.mkdtemp(prefix="parvis-weechat-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        relay = TlsRelay(folder, int(self.parvis.url.rsplit(":", 1)[1]))
        self.addCleanup(relay.close)
        weechat = self.weechat = WeeChat(folder, relay.port, name, f"secret-of-{name}")
        self.addCleanup(weechat.end)
        return weechat

    def test_reads_and_writes_encrypted(self):
        store = tempfile.mkdtemp(prefix="parvis-nio-")
        self.addCleanup(shutil.rmtree, store, ignore_errors=True)
        camille = Friend(self.parvis, "camille", store)
        self.addCleanup(camille.end)
        self.parvis.register("dana", password="secret-of-dana")
        room = camille.make_room("Conseil", "@dana:localhost")
        weechat = self.weechat_of("dana")
        self.until("dana sees the invitation", lambda: "invited to Conseil" in weechat.logs())
        weechat.type("python.server.parvis", f"/join {room}")

        def is_there():
            camille.sync()
            return "@dana:localhost" in camille.client.rooms[room].users
        self.until("dana has joined", is_there)
        camille.say(room, "Bonjour Dana")
        self.until("dana reads", lambda: "Bonjour Dana" in weechat.logs())

        def trusts():
            weechat.type("python.server.parvis", "/olm verify @camille:localhost")
            return "Verified key(s)" in weechat.logs()
        self.until("camille is trusted", trusts)
        # It asks for the members, whom it needs for keys, once the room is looked at.
        weechat.type("core.weechat", f"/buffer python.matrix.parvis.{room}")

        def answered():
            weechat.type(f"python.matrix.parvis.{room}", "Bonjour Camille")
            return camille.hears("Bonjour Camille")
        answer = self.until("camille reads the answer", answered)
        self.assertTrue(answer.decrypted)

    def test_signs_in_reads_and_writes(self):
        alice = self.parvis.register("alice")
        self.parvis.register("bob", password="secret-of-bob")
        room = alice.post("/_matrix/client/v3/createRoom", {
            "name": "Voirie", "invite": ["@bob:localhost"], "preset": "private_chat"}).json["room_id"]
        weechat = self.weechat_of("bob")
        self.until("bob sees the invitation", lambda: "invited to Voirie" in weechat.logs())
        weechat.type("python.server.parvis", f"/join {room}")

        def members():
            reply = alice.get(f"/_matrix/client/v3/rooms/{harness.quote(room)}/joined_members")
            return "@bob:localhost" in reply.json["joined"]
        self.until("bob has joined", members)

        sent = alice.put(f"/_matrix/client/v3/rooms/{harness.quote(room)}/send/m.room.message/1",
                         {"msgtype": "m.text", "body": "Bonjour Bob"})
        self.assert_ok(sent)
        self.until("bob reads", lambda: "Bonjour Bob" in weechat.logs())

        def answered():
            history = alice.get(f"/_matrix/client/v3/rooms/{harness.quote(room)}/messages?dir=b&limit=20")
            return any(event["content"].get("body") == "Bonjour Alice" and event["sender"] == "@bob:localhost"
                       for event in history.json["chunk"])
        weechat.type(f"python.matrix.parvis.{room}", "Bonjour Alice")
        self.until("bob's answer is in the room", answered)


if __name__ == "__main__":
    unittest.main()
