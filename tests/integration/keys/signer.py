# SPDX-License-Identifier: Apache-2.0
"""Ed25519 for tests, with the openssl command."""

import atexit
import base64
import json
import os
import shutil
import subprocess
import tempfile


def unpadded(data):
    return base64.b64encode(data).decode().rstrip("=")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


FOLDER = tempfile.mkdtemp(prefix="parvis-keys-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


class Signer:
    made = 0

    def __init__(self):
        Signer.made += 1
        self.pem = os.path.join(FOLDER, f"{Signer.made}.pem")
        self._openssl("genpkey", "-algorithm", "ed25519", "-out", self.pem)
        der = self._openssl("pkey", "-in", self.pem, "-pubout", "-outform", "DER")
        self.public = unpadded(der[-32:])

    @staticmethod
    def _openssl(*arguments):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout

    def signature(self, value):
        signed = {k: v for k, v in value.items() if k not in ("signatures", "unsigned")}
        path = self.pem + ".text"
        with open(path, "wb") as f:
            f.write(canonical(signed))
        return unpadded(self._openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.pem,
                                      "-in", path))

    def sign(self, value, user_id, key_id):
        """The value with one signature more."""
        signatures = {u: dict(s) for u, s in value.get("signatures", {}).items()}
        signatures.setdefault(user_id, {})["ed25519:" + key_id] = self.signature(value)
        return {**value, "signatures": signatures}


class Device:
    """Keys of a client's device."""

    def __init__(self, client):
        self.client = client
        self.signer = Signer()

    def keys(self):
        user_id, device_id = self.client.user_id, self.client.device_id
        return self.signer.sign({
            "user_id": user_id,
            "device_id": device_id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {
                f"ed25519:{device_id}": self.signer.public,
                f"curve25519:{device_id}": unpadded(bytes(32)),
            },
        }, user_id, device_id)

    def one_time(self, number, fallback=False):
        key = {"key": unpadded(number.to_bytes(32, "big"))}
        if fallback:
            key["fallback"] = True
        return self.signer.sign(key, self.client.user_id, self.client.device_id)


class CrossSigning:
    """The three keys of a user."""

    def __init__(self, user_id):
        self.user_id = user_id
        self.master, self.self_signing, self.user_signing = Signer(), Signer(), Signer()

    def _key(self, signer, usage):
        return {"user_id": self.user_id, "usage": [usage],
                "keys": {"ed25519:" + signer.public: signer.public}}

    def master_key(self):
        return self._key(self.master, "master")

    def upload(self):
        sign = self.master.sign
        return {
            "master_key": self.master_key(),
            "self_signing_key": sign(self._key(self.self_signing, "self_signing"),
                                     self.user_id, self.master.public),
            "user_signing_key": sign(self._key(self.user_signing, "user_signing"),
                                     self.user_id, self.master.public),
        }
