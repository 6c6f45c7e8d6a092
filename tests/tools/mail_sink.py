# SPDX-License-Identifier: Apache-2.0
"""An SMTP server that keeps what it is given: the smarthost of tests.

    mail_sink.py FOLDER

Prints "listening PORT". Each accepted mail becomes FOLDER/<number>.json: {"from", "to", "mail"}.
FOLDER/plan.json, read at each command, may say what to answer:

    {"rcpt": {"address": ["451 later", ...]}, "data": ["451 later", ...], "hold": true,
     "login": ["user", "password"], "token": ["user", "token"]}

Lists are used up from the front, over the life of the program; an empty one means 250. While
"hold" is there, a mail is kept and its answer waits. With "login" mail is taken after that only,
and "token" is one by XOAUTH2.
"""

import asyncio
import base64
import json
import os
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    def __init__(self, folder):
        self.folder = folder
        self.used = {}
        self.count = len(list(folder.glob("[0-9]*.json")))

    def plan(self):
        try:
            return json.loads((self.folder / "plan.json").read_text())
        except FileNotFoundError:
            return {}

    def answer(self, name, lines):
        at = self.used.get(name, 0)
        if at >= len(lines):
            return None
        self.used[name] = at + 1
        return lines[at]

    def authenticate(self, server, session, envelope, mechanism, data):
        wanted = self.plan().get("login")
        given = [data.login.decode(), data.password.decode()]
        return AuthResult(success=given == wanted, handled=False)

    async def auth_XOAUTH2(self, server, args):
        given = base64.b64decode(args[1]) if len(args) > 1 else await server.challenge_auth(b"")
        user, token = self.plan().get("token", ["", ""])
        if given == f"user={user}\1auth=Bearer {token}\1\1".encode():
            return AuthResult(success=True, auth_data=user)
        # What is wrong comes as a question, which wants an empty answer.
        await server.challenge_auth(b'{"status":"401"}')
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):
        if (self.plan().get("login") or self.plan().get("token")) and not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        return "250 2.1.0 sender fine"

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self.answer(address, self.plan().get("rcpt", {}).get(address, []))
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient fine"

    async def handle_DATA(self, server, session, envelope):
        refusal = self.answer("data", self.plan().get("data", []))
        if refusal:
            return refusal
        self.count += 1
        path = self.folder / f"{self.count}.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "mail": envelope.content.decode("latin-1"),
        }))
        os.rename(new, path)
        while self.plan().get("hold"):
            await asyncio.sleep(0.02)
        return f"250 2.0.0 kept as {path.stem}"


async def main():
    sink = Sink(Path(sys.argv[1]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="sink.example", enable_SMTPUTF8=True,
                     authenticator=sink.authenticate, auth_require_tls=False), "127.0.0.1", 0)
    print(f"listening {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
