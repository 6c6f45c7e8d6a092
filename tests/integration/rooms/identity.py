# SPDX-License-Identifier: Apache-2.0
"""An identity server for tests: knows whose some addresses are and keeps invites to others."""

import base64
import hashlib
import http.server
import json
import os
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "keys"))
from signer import Signer  # noqa: E402

PEPPER = "a pepper"
API = "/_matrix/identity/v2/"


class Identity:
    """`bound` maps (medium, address) to user ids; `odd` maps a path to an answer of its own."""

    def __init__(self):
        identity = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, body):
                status, reply = identity.take(self.path, body, self.headers.get("Authorization"))
                text = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self):
                self.answer(None)

            def do_POST(self):
                self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_):
                pass

        self.bound = {}
        self.odd = {}
        self.asked = []
        self.invites = []
        self.revoked = set()
        self.signer = Signer()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.name = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def hashed(medium, address):
        digest = hashlib.sha256(f"{address} {medium} {PEPPER}".encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def take(self, path, body, authorization):
        path = urllib.parse.urlsplit(path)
        self.asked.append((path.path, body))
        if path.path in self.odd:
            return self.odd[path.path]
        if path.path == "/valid":
            key = urllib.parse.parse_qs(path.query)["public_key"][0]
            return 200, {"valid": key == self.signer.public and key not in self.revoked}
        if authorization != "Bearer token":
            return 401, {"errcode": "M_UNAUTHORIZED", "error": "who are you"}
        if path.path == API + "hash_details":
            return 200, {"lookup_pepper": PEPPER, "algorithms": ["none", "sha256"]}
        if path.path == API + "lookup":
            known = {self.hashed(*key): user for key, user in self.bound.items()}
            return 200, {"mappings": {a: known[a] for a in body["addresses"] if a in known}}
        if path.path == API + "store-invite":
            token = f"token{len(self.invites)}"
            self.invites.append({**body, "token": token})
            key = {"public_key": self.signer.public,
                   "key_validity_url": f"http://{self.name}/valid"}
            return 200, {"token": token, "public_keys": [key, key], "display_name": "c...@m..."}
        return 404, {"errcode": "M_UNRECOGNIZED", "error": "no"}

    def sign(self, token, sender, mxid):
        """What the invited person gets to answer the invite with."""
        value = {"mxid": mxid, "sender": sender, "token": token}
        return self.signer.sign(value, self.name, "0")
