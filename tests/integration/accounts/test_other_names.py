# SPDX-License-Identifier: Apache-2.0
"""Endpoints under the other names by which clients of the field ask for them."""

import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), folder) for folder in ("..", "../media")]
import harness
import pictures
from harness import quote

V3 = "/_matrix/client/v3"
UNSTABLE = "/_matrix/client/unstable"
MEDIA = "/_matrix/media/v3"


class OtherNames(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.camille = cls.parvis.register("camille")
        cls.robin = cls.parvis.register("robin")

    def same(self, path, other):
        self.assertEqual(self.assert_ok(self.camille.get(path)),
                         self.assert_ok(self.camille.get(other)))

    def test_rooms(self):
        room = self.assert_ok(self.camille.post(f"{V3}/createRoom", {
            "preset": "public_chat", "name": "Accueil"}))["room_id"]
        self.assert_ok(self.robin.post(f"{V3}/join/{quote(room)}"))
        nearest = f"rooms/{quote(room)}/timestamp_to_event?ts=0&dir=f"
        self.same(f"/_matrix/client/v1/{nearest}", f"{UNSTABLE}/org.matrix.msc3030/{nearest}")
        mutual = f"mutual_rooms?user_id={quote(self.robin.user_id)}"
        self.same(f"/_matrix/client/v1/{mutual}",
                  f"{UNSTABLE}/uk.half-shot.msc2666/user/{mutual}")
        nheko = f"{UNSTABLE}/im.nheko.summary"
        self.same(f"{nheko}/summary/{quote(room)}", f"{nheko}/rooms/{quote(room)}/summary")

    def test_push_rules_without_the_slash(self):
        self.same(f"{V3}/pushrules/", f"{V3}/pushrules")
        self.same(f"{V3}/pushrules/global/", f"{V3}/pushrules/global")

    def test_media_of_old(self):
        picture = pictures.png(64, 64)
        uri = self.assert_ok(self.camille.post(f"{MEDIA}/upload", picture, headers={
            "Content-Type": "image/png"}))["content_uri"]
        path = uri.removeprefix("mxc://")
        self.same(f"{MEDIA}/config", "/_matrix/client/v1/media/config")
        for old in [f"download/{path}/plan.png", f"thumbnail/{path}?width=32&height=32"]:
            self.assertEqual(self.camille.get(f"{MEDIA}/{old}").status, 200)
            self.assert_refused(self.parvis.client().get(f"{MEDIA}/{old}"), 404, "M_NOT_FOUND")

    def test_monitoring(self):
        nobody = self.parvis.client()
        self.assertEqual(nobody.get("/health").status, 200)
        self.assertIn(b"parvis_homeserver_db_commits", nobody.get("/metrics").body)


if __name__ == "__main__":
    unittest.main()
