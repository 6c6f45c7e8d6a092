# SPDX-License-Identifier: Apache-2.0
"""Starts the real homeserver for a test: free ports, a folder of its own, a generated
configuration, and a proxy that checks each reply against the specification.

    class Rooms(harness.Case):
        options = {"registration": "open"}          # of Parvis(), if the defaults do not do

        def test_something(self):
            camille = self.parvis.register("camille")
            reply = camille.post("/_matrix/client/v3/createRoom", {})
            self.assertEqual(reply.status, 200)

One server serves all tests of a class. Whatever a sanitizer says, a crash, a bad end and a reply
that breaks the specification fail the class. PARVIS_BUILD names another folder of programs than
build/asan. Only Python's standard library is needed; without Node the replies go unchecked.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("PARVIS_BUILD", "build/asan"))
NODE = os.path.join(ROOT, "tests/node_modules/.bin/node")
SERVER_NAME = "localhost"
REGISTRATION_TOKEN = "welcome"
ADMIN_PASSWORD = "admin's password"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(what, condition, timeout=30):
    """For what has no event to wait for, such as another process."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(0.05)


def quote(text):
    """One segment of a path."""
    return urllib.parse.quote(text, safe="")


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def errcode(self):
        try:
            return self.json.get("errcode")
        except ValueError:
            return None

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """Somebody who talks to a server, signed in or not."""

    def __init__(self, url, token=None, user_id=None, device_id=None, session=None):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.url = url
        self.token = token
        self.user_id = user_id
        self.device_id = device_id
        self.session = session  # the whole answer of login or register

    def request(self, method, path, body=None, headers=None, timeout=60):
        """body: something for json.dumps, or bytes as they are."""
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, {} if body is None else body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, {} if body is None else body, **options)

    def delete(self, path, body=None, **options):
        return self.request("DELETE", path, body, **options)

    def with_password(self, method, path, password, body=None):
        """A request behind interactive authentication, answered with the user's password."""
        refusal = self.request(method, path, body or {})
        if refusal.status != 401:
            return refusal
        auth = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user_id},
            "password": password,
            "session": refusal.json["session"],
        }
        return self.request(method, path, {**(body or {}), "auth": auth})


class Parvis:
    """A homeserver in a folder of its own. `settings` are more lines of its section,
    `sections` lines of others. Presence is
    for the tests that ask for it: others wait for what their sync tells next."""

    def __init__(self, registration="token", rate_limits=False, settings=(), files=None,
                 checked=True, wrapper=(), environment=None, presence="disabled",
                 sections=()):
        self.wrapper = wrapper  # a command in front of the program's, such as strace
        self.environment = {**os.environ, **(environment or {})}
        self.dir = tempfile.mkdtemp(prefix="parvis-test-")
        self.port = free_port()
        self.homeserver = f"http://127.0.0.1:{self.port}"
        self.url = self.homeserver
        self.process = None
        self.proxy = None
        self.config = os.path.join(self.dir, "parvis.yaml")
        for name, text in (files or {}).items():
            with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
                f.write(text)
        self._checked = checked and os.path.exists(NODE)
        self._configure(registration, rate_limits, [f"presence: {presence}", *settings],
                        sections)
        self.run(["user-create", "--name", "admin", "--admin", "--password-file", "-"],
                 ADMIN_PASSWORD)

    def _configure(self, registration, rate_limits, settings, sections):
        lines = [
            f"server_name: {SERVER_NAME}",
            "log_level: warning",
            "homeserver:",
            f"  port: {self.port}",
            f"  public_url: {self.homeserver}",
            f"  registration: {registration}",
            f"  registration_tokens: [{REGISTRATION_TOKEN}]",
            f"  rate_limits_off: {'false' if rate_limits else 'true'}",
            *(f"  {line}" for line in settings),
            *sections,
        ]
        with open(self.config, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")

    def run(self, arguments, text="", check=True):
        done = subprocess.run(
            [os.path.join(BUILD, "parvis-homeserver"), "--config", self.config, *arguments],
            input=text, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"parvis-homeserver {arguments}: {done.stderr}")
        return done

    @property
    def log(self):
        path = os.path.join(self.dir, "log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def start(self):
        self.launch()
        if self._checked:
            self._start_proxy()
        return self

    def launch(self):
        with open(os.path.join(self.dir, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, os.path.join(BUILD, "parvis-homeserver"), "--config", self.config],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually("the homeserver is healthy", self._is_healthy)

    def _is_healthy(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the homeserver ended at its start:\n{self.log}")
        try:
            return Client(self.homeserver).get("/health", timeout=5).status == 200
        except OSError:
            return False

    def _start_proxy(self):
        faults = os.path.join(self.dir, "faults")
        script = os.path.join(ROOT, "tests/tools/validating-proxy.mjs")
        self.proxy = subprocess.Popen([NODE, script, self.homeserver, faults],
                                      stdout=subprocess.PIPE, text=True)
        line = self.proxy.stdout.readline()
        self.url = f"http://127.0.0.1:{int(line.split()[1])}"

    def kill(self):
        """As a power cut would: no warning. launch() starts it again."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def end(self):
        """An orderly end; returns what was wrong with it, or None."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            code = self.process.wait()
        self.process = None
        return None if code == 0 else f"the homeserver ended with {code}:\n{self.log[-8000:]}"

    def stop(self):
        """Ends everything; raises AssertionError on anything that a test did not ask about."""
        faults = [self.end()]
        if self.proxy is not None:
            self.proxy.terminate()
            self.proxy.wait()
            self.proxy.stdout.close()
            with open(os.path.join(self.dir, "faults"), encoding="utf-8") as f:
                faults.extend(dict.fromkeys(f.read().splitlines()))
        spoken = re.search(r"(runtime error|AddressSanitizer|LeakSanitizer|ThreadSanitizer)",
                           self.log)
        if spoken:
            faults.append(self.log[spoken.start():][:8000])
        faults = [fault for fault in faults if fault]
        if faults:
            raise AssertionError("\n".join(faults) + f"\n(state kept in {self.dir})")
        shutil.rmtree(self.dir, ignore_errors=True)

    def client(self, token=None, user_id=None, device_id=None):
        return Client(self.url, token, user_id, device_id)

    def _signed_in(self, session):
        return Client(self.url, session["access_token"], session["user_id"],
                      session["device_id"], session)

    def register(self, name, password=None, **more):
        """With the registration token, or without where registration is open."""
        body = {"username": name, "password": password or f"{name}'s password", **more}
        path = "/_matrix/client/v3/register"
        refusal = self.client().post(path, body)
        if refusal.status != 401:
            raise AssertionError(f"register {name}: {refusal}")
        stage = refusal.json["flows"][0]["stages"][0]
        auth = {"type": stage, "token": REGISTRATION_TOKEN, "session": refusal.json["session"]}
        reply = self.client().post(path, {**body, "auth": auth})
        if reply.status != 200:
            raise AssertionError(f"register {name}: {reply}")
        return self._signed_in(reply.json)

    def login(self, name, password=None, **more):
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": name},
            "password": password or f"{name}'s password",
            **more,
        }
        reply = self.client().post("/_matrix/client/v3/login", body)
        if reply.status != 200:
            raise AssertionError(f"login {name}: {reply}")
        return self._signed_in(reply.json)

    def login_admin(self):
        return self.login("admin", ADMIN_PASSWORD)


class Case(unittest.TestCase):
    """One server for all tests of the class, in self.parvis."""

    options = {}
    parvis = None

    @classmethod
    def setUpClass(cls):
        cls.parvis = Parvis(**cls.options).start()

    @classmethod
    def tearDownClass(cls):
        cls.parvis.stop()

    def assert_ok(self, reply):
        self.assertEqual(reply.status, 200, reply)
        return reply.json

    def assert_refused(self, reply, status, errcode):
        self.assertEqual((reply.status, reply.errcode), (status, errcode), reply)
        return reply
