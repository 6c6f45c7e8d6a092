# SPDX-License-Identifier: Apache-2.0
"""nheko, Debian's: a desktop client finds the account's rooms, reads and writes encrypted.

It runs on a screen in memory with a session bus of its own. Its settings hold a session that the
test has signed in; it is asked over D-Bus, and typed into through the screen.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import zlib

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"),
                os.path.dirname(os.path.abspath(__file__))]
import harness  # noqa: E402

import dbus  # noqa: E402
import dbus.mainloop.glib  # noqa: E402
import dbus.service  # noqa: E402
from gi.repository import GLib  # noqa: E402
from friend import Friend  # noqa: E402

SETTINGS = """[General]
run_without_secure_secrets_service=true
disable_certificate_validation=true

[auth]
access_token={token}
home_server={url}
user_id={user}
device_id={device}

[user]
expose_dbus_api=true
desktop_notifications=true
decrypt_notifications=true
theme=light
"""


class Screen:
    """Xvfb on the first free display; its picture is a file in the folder."""

    def __init__(self, folder):
        self.picture = os.path.join(folder, "Xvfb_screen0")
        read, write = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x700x24", "-nolisten", "tcp",
             "-fbdir", folder], pass_fds=[write], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as f:
            self.name = ":" + f.readline().strip()

    def save(self, path):
        """As PNG: X's dump starts with its own length, the size stands further in."""
        with open(self.picture, "rb") as f:
            data = f.read()
        header = struct.unpack(">25I", data[:100])
        width, height, line = header[4], header[5], header[12]
        start = header[0] + header[19] * 12
        rows = b""
        for y in range(height):
            row = data[start + y * line:start + y * line + width * 4]
            pixels = bytearray(width * 3)
            pixels[0::3], pixels[1::3], pixels[2::3] = row[2::4], row[1::4], row[0::4]
            rows += b"\0" + pixels

        def chunk(kind, body):
            return (struct.pack(">I", len(body)) + kind + body
                    + struct.pack(">I", zlib.crc32(kind + body)))
        with open(path, "wb") as f:
            f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

    def end(self):
        self.process.terminate()
        self.process.wait()


class Bus:
    """A session bus."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Notifications(dbus.service.Object):
    """The desktop's, in a thread of its own: what people would see pop up."""

    NAME = "org.freedesktop.Notifications"

    def __init__(self, bus):
        self.shown = []
        self.loop = GLib.MainLoop()
        self.wire = dbus.bus.BusConnection(
            bus.address, mainloop=dbus.mainloop.glib.DBusGMainLoop())
        self.wire.request_name(self.NAME)
        super().__init__(self.wire, "/org/freedesktop/Notifications")
        self.thread = threading.Thread(target=self.loop.run)
        self.thread.start()

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, program, replaces, icon, summary, body, actions, hints, expires):
        self.shown.append(f"{summary}: {body}")
        return len(self.shown)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        pass

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["body"]

    def end(self):
        self.loop.quit()
        self.thread.join()
        self.wire.close()


class Nheko:
    def __init__(self, folder, screen, bus, session):
        config = os.path.join(folder, "config", "nheko")
        os.makedirs(config)
        with open(os.path.join(config, "nheko.conf"), "w", encoding="utf-8") as f:
            f.write(SETTINGS.format(token=session.token, url=session.url, user=session.user_id,
                                    device=session.device_id))
        self.bus = bus
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "DISPLAY": screen.name,
            "DBUS_SESSION_BUS_ADDRESS": bus.address, "QT_QUICK_BACKEND": "software",
            "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb", "XDG_RUNTIME_DIR": folder,
            "XDG_CONFIG_HOME": os.path.join(folder, "config"),
            "XDG_DATA_HOME": os.path.join(folder, "data"),
            "XDG_CACHE_HOME": os.path.join(folder, "cache")}
        self.log = os.path.join(folder, "nheko.out")
        self.connection = dbus.bus.BusConnection(bus.address)
        self.error = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["nheko", "--log-level", "debug", "--log-type", "stderr"], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def call(self, method, *arguments):
        """None as long as nheko does not answer."""
        try:
            proxy = self.connection.get_object("im.nheko.Nheko", "/", introspect=False)
            return dbus.Interface(proxy, "im.nheko.Nheko").get_dbus_method(method)(*arguments)
        except dbus.DBusException as e:
            self.error = e
            return None

    def rooms(self):
        """Room ids and names."""
        return {str(room[0]): str(room[2]) for room in self.call("rooms") or []}

    def keys(self, *arguments):
        subprocess.run(["xdotool", *arguments], env=self.environment, check=True, timeout=30,
                       stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def end(self):
        self.connection.close()
        self.stop()


class NhekoTest(harness.Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="parvis-nheko-")
        self.screen = Screen(self.folder)
        self.addCleanup(self.screen.end)
        self.bus = Bus()
        self.addCleanup(self.bus.end)
        self.desktop = Notifications(self.bus)
        self.addCleanup(self.desktop.end)

    def until(self, what, condition, timeout=60):
        try:
            return harness.eventually(what, condition, timeout)
        except AssertionError as error:
            self.screen.save(os.path.join(self.folder, "failure.png"))
            raise AssertionError(f"{error}\n{self.nheko.error}\n{self.nheko.said()[-4000:]}\n"
                                 f"(what it showed is in {self.folder})") from None

    def test_rooms_and_encrypted_messages(self):
        alice = Friend(self.parvis, "alice", self.folder)
        self.addCleanup(alice.end)
        bob = self.parvis.register("bob")
        room = alice.make_room("Voirie", bob.user_id)
        nheko = self.nheko = Nheko(self.folder, self.screen, self.bus, bob)
        self.addCleanup(nheko.end)
        self.until("the first sync", lambda: "initial sync completed" in nheko.said())
        # It offers its bus only when it starts with what it knows already.
        nheko.stop()
        nheko.start()
        self.until("nheko on its bus", lambda: nheko.call("nhekoVersion"))
        nheko.call("joinRoom", room)
        self.until("the room is listed", lambda: nheko.rooms().get(room) == "Voirie")

        def is_there():
            alice.sync()
            return bob.user_id in alice.client.rooms[room].users
        self.until("alice sees bob", is_there)

        alice.say(room, "Bonjour Bob")
        self.until("nheko shows what it deciphered",
                   lambda: any("Bonjour Bob" in text for text in self.desktop.shown))
        nheko.call("activateRoom", room)

        def answered():
            nheko.keys("type", "Bonjour Alice")
            nheko.keys("key", "Return")
            return alice.hears("Bonjour Alice")
        answer = self.until("alice reads the answer", answered)
        self.assertTrue(answer.decrypted)
        self.assertEqual(answer.sender, bob.user_id)
        self.assertEqual(nheko.rooms(), {room: "Voirie"})
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
