# SPDX-License-Identifier: Apache-2.0
"""Uploads, downloads and thumbnails."""

import hashlib
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
import pictures  # noqa: E402
from harness import quote  # noqa: E402

UPLOAD = "/_matrix/media/v3/upload"
NEW = "/_matrix/client/v1/media"
OLD = "/_matrix/media/v3"
LIMIT = 100_000


class Media(harness.Case):
    options = {"settings": [f"media_max_bytes: {LIMIT}"]}

    def upload(self, client, body, kind="image/png", name=None):
        path = UPLOAD + (f"?filename={quote(name)}" if name else "")
        reply = self.assert_ok(client.post(path, body, headers={"Content-Type": kind}))
        return reply["content_uri"].removeprefix("mxc://")

    def download(self, client, uri, base=NEW):
        return client.get(f"{base}/download/{uri}")

    def files(self):
        folder = os.path.join(self.parvis.dir, "data/homeserver/media")
        return {name for folder, _, names in os.walk(folder) for name in names
                if "derived" not in folder}


class Uploads(Media):
    def test_there_and_back(self):
        user = self.parvis.register("camille")
        body = bytes(range(256)) * 100
        uri = self.upload(user, body, "application/zip", "Été à Paris.zip")
        reply = self.download(user, uri)
        self.assertEqual((reply.status, reply.body), (200, body))
        self.assertEqual(reply.headers["Content-Type"], "application/zip")
        self.assertEqual(reply.headers["Content-Disposition"],
                         "attachment; filename*=UTF-8''%C3%89t%C3%A9%20%C3%A0%20Paris.zip")
        named = self.download(user, f"{uri}/plan.zip")
        self.assertEqual(named.headers["Content-Disposition"], 'attachment; filename="plan.zip"')
        self.assertEqual(named.body, body)

    def test_headers(self):
        user = self.parvis.register("headers")
        for kind, disposition in [("image/png", "inline"), ("Text/Plain; charset=utf-8", "inline"),
                                  ("text/html", "attachment"), ("image/svg+xml", "attachment")]:
            headers = self.download(user, self.upload(user, b"x", kind)).headers
            self.assertEqual(headers["Content-Type"], kind)
            self.assertEqual(headers["Content-Disposition"], disposition)
            self.assertIn("sandbox; default-src 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "cross-origin")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_stored_once(self):
        user = self.parvis.register("twice")
        before = self.files()
        first, second = self.upload(user, b"the same"), self.upload(user, b"the same")
        self.assertNotEqual(first, second)
        self.assertEqual(len(self.files() - before), 1)
        self.assertEqual(self.upload(user, b"").count("/"), 1)

    def test_limits(self):
        user = self.parvis.register("limits")
        config = self.assert_ok(user.get(NEW + "/config"))
        self.assertEqual(config, {"m.upload.size": LIMIT})
        self.upload(user, b"x" * LIMIT)
        self.assert_refused(user.post(UPLOAD, b"x" * (LIMIT + 1)), 413, "M_TOO_LARGE")
        self.assert_refused(self.parvis.client().post(UPLOAD, b"x"), 401, "M_MISSING_TOKEN")

    def test_who_may_read(self):
        user, stranger = self.parvis.register("owner"), self.parvis.client()
        uri = self.upload(user, b"secret")
        self.assert_refused(self.download(stranger, uri), 401, "M_MISSING_TOKEN")
        self.assert_refused(self.download(stranger, uri, OLD), 404, "M_NOT_FOUND")
        self.assert_refused(stranger.get(f"{OLD}/thumbnail/{uri}?width=1&height=1"),
                            404, "M_NOT_FOUND")
        self.assertEqual(self.download(user, uri, OLD).body, b"secret")
        for wrong in ["localhost/nosuchid", "elsewhere.example/abc", "localhost/..%2F..%2Fetc"]:
            self.assert_refused(self.download(user, wrong), 404, "M_NOT_FOUND")

    def test_id_first(self):
        user, other = self.parvis.register("early"), self.parvis.register("late")
        made = self.assert_ok(user.post("/_matrix/media/v1/create"))
        uri = made["content_uri"].removeprefix("mxc://")
        self.assert_refused(self.download(user, uri), 504, "M_NOT_YET_UPLOADED")
        self.assert_refused(other.put(f"{UPLOAD}/{uri}", b"x"), 403, "M_FORBIDDEN")
        self.assert_ok(user.put(f"{UPLOAD}/{uri}", b"content", headers={
            "Content-Type": "text/plain"}))
        self.assertEqual(self.download(other, uri).body, b"content")
        self.assert_refused(user.put(f"{UPLOAD}/{uri}", b"again"),
                            409, "M_CANNOT_OVERWRITE_MEDIA")
        self.assert_refused(user.put(f"{UPLOAD}/localhost/unknown", b"x"), 404, "M_NOT_FOUND")

    def test_survives_a_kill(self):
        user = self.parvis.register("killed")
        uri = self.upload(user, b"durable")
        self.parvis.kill()
        self.parvis.launch()
        self.assertEqual(self.download(user, uri).body, b"durable")


class Sweep(Media):
    def plant(self, content):
        """A file as a kill leaves it that comes before its row."""
        name = hashlib.sha256(content).hexdigest()
        path = os.path.join(self.parvis.dir, "data/homeserver/media", name[:2], name[2:])
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def test_files_without_a_row_go(self):
        user = self.parvis.register("sweeper")
        kept = self.upload(user, b"with a row")
        lost = [self.plant(f"without {i}".encode()) for i in range(20)]
        self.parvis.kill()
        self.parvis.launch()
        # One of them is wanted after all, before, while or after it is looked at.
        wanted = self.upload(user, b"without 7")
        harness.eventually("the files are gone", lambda: [
            path for path in lost if os.path.exists(path)] == [lost[7]])
        for uri, content in ((kept, b"with a row"), (wanted, b"without 7")):
            reply = self.download(user, uri)
            self.assertEqual((reply.status, reply.body), (200, content))


class Thumbnails(Media):
    options = {}

    def thumbnail(self, client, uri, width, height, method="scale"):
        return client.get(f"{NEW}/thumbnail/{uri}?width={width}&height={height}&method={method}")

    def test_sizes(self):
        user = self.parvis.register("sizes")
        large = self.upload(user, pictures.png(1000, 500))
        for width, height, method, expected in [
                (320, 240, "scale", ("jpeg", 320, 160)), (100, 100, "scale", ("jpeg", 320, 160)),
                (640, 480, "scale", ("jpeg", 640, 320)), (32, 32, "crop", ("jpeg", 32, 32)),
                (80, 80, "crop", ("jpeg", 96, 96))]:
            reply = self.thumbnail(user, large, width, height, method)
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(pictures.size(reply.body), expected)
            self.assertEqual(reply.headers["Content-Type"], "image/jpeg")
            self.assertEqual(reply.headers["Content-Disposition"],
                             'inline; filename="thumbnail.jpg"')
            self.assertEqual(self.thumbnail(user, large, width, height, method).body, reply.body)

    def test_formats(self):
        user = self.parvis.register("formats")
        for picture, expected in [
                (pictures.png(500, 500, alpha=True), ("png", 240, 240)),
                (pictures.JPEG, ("jpeg", 180, 240)), (pictures.WEBP, ("jpeg", 320, 240)),
                (pictures.GIF, ("png", 40, 30)),
                (pictures.png(50, 60, moving=True), ("jpeg", 50, 60))]:
            uri = self.upload(user, picture, "application/octet-stream")
            reply = self.thumbnail(user, uri, 320, 240)
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(pictures.size(reply.body), expected)

    def test_small_pictures_stay(self):
        user = self.parvis.register("small")
        picture = pictures.png(300, 200)
        uri = self.upload(user, picture, "text/html", "plan.png")
        for _ in range(2):
            reply = self.thumbnail(user, uri, 320, 240)
            self.assertEqual(reply.body, picture)
            self.assertEqual(reply.headers["Content-Type"], "image/png")
            self.assertEqual(reply.headers["Content-Disposition"], 'inline; filename="plan.png"')

    def test_refusals(self):
        user = self.parvis.register("refusals")
        for body in [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" * 9,
                     pictures.png(500, 500)[:30], b"\xff\xd8\xff\xe0" + bytes(4000), b"GIF89a"]:
            uri = self.upload(user, body)
            for _ in range(2):
                self.assert_refused(self.thumbnail(user, uri, 96, 96, "crop"), 400, "M_UNKNOWN")
        huge = self.upload(user, pictures.png(9000, 9000))
        self.assert_refused(self.thumbnail(user, huge, 96, 96), 413, "M_TOO_LARGE")
        uri = self.upload(user, pictures.png(10, 10))
        for width, height, method in [(0, 5, "scale"), (-1, 5, "crop"), ("x", 5, "crop"),
                                      (5, 5, "other")]:
            self.assert_refused(self.thumbnail(user, uri, width, height, method),
                                400, "M_INVALID_PARAM")
        self.assert_refused(user.get(f"{NEW}/thumbnail/{uri}"), 400, "M_MISSING_PARAM")

    def test_the_helper_can_do_nothing_else(self):
        helper = os.path.join(harness.BUILD, "parvis-thumbnailer")
        for words in [[], ["1"], ["96", "96", "crop", "more"], ["-1", "96", "crop"]]:
            done = subprocess.run([helper, *words], input=pictures.png(200, 200),
                                  capture_output=True, timeout=30)
            self.assertEqual((done.returncode, done.stdout), (10, b""), words)


if __name__ == "__main__":
    unittest.main()
