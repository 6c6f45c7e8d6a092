# SPDX-License-Identifier: Apache-2.0
"""matrix-nio, Debian's: two people sign in, meet in an encrypted room and talk."""

import asyncio
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
import harness  # noqa: E402

try:
    import nio
except ImportError:
    nio = None


class MatrixNio(harness.Case):
    def setUp(self):
        self.assertIsNotNone(nio, "python3-matrix-nio is missing: run make packages-test")
        self.stores = tempfile.TemporaryDirectory()
        self.addCleanup(self.stores.cleanup)

    async def sign_in(self, name):
        self.parvis.register(name)
        client = nio.AsyncClient(self.parvis.url, name, store_path=self.stores.name,
                                 config=nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True))
        answer = await client.login(f"{name}'s password", device_name="nio")
        self.assertIsInstance(answer, nio.LoginResponse, answer)
        await self.sync(client)
        return client

    async def sync(self, client):
        """Once, and then what nio asks to be done after it."""
        answer = await client.sync(timeout=1000, full_state=client.next_batch is None)
        self.assertIsInstance(answer, nio.SyncResponse, answer)
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        await client.send_to_device_messages()
        return answer

    async def receive(self, client, body):
        """Syncs until a decrypted message with this text has come."""
        came = []

        def on_message(room, event):
            if event.body == body:
                came.append((room, event))

        client.add_event_callback(on_message, nio.RoomMessageText)
        for _ in range(30):
            if came:
                return came[0]
            await self.sync(client)
        self.fail(f"{client.user_id} never received {body!r}")

    async def talk(self):
        alice, bob = await self.sign_in("alice"), await self.sign_in("bob")
        try:
            made = await alice.room_create(
                name="Écoles", invite=[bob.user_id], preset=nio.RoomPreset.private_chat,
                initial_state=[nio.EnableEncryptionBuilder().as_dict()])
            self.assertIsInstance(made, nio.RoomCreateResponse, made)
            await self.sync(bob)
            self.assertIn(made.room_id, bob.invited_rooms)
            joined = await bob.join(made.room_id)
            self.assertIsInstance(joined, nio.JoinResponse, joined)
            for client in (alice, bob, alice):
                await self.sync(client)
            room = alice.rooms[made.room_id]
            self.assertTrue(room.encrypted)
            self.assertEqual(room.display_name, "Écoles")
            self.assertEqual(sorted(room.users), [alice.user_id, bob.user_id])

            for sender, receiver, body in ((alice, bob, "Bonjour Bob"), (bob, alice, "Bonjour Alice")):
                content = {"msgtype": "m.text", "body": body}
                sent = await sender.room_send(made.room_id, "m.room.message", content,
                                              ignore_unverified_devices=True)
                self.assertIsInstance(sent, nio.RoomSendResponse, sent)
                _, event = await self.receive(receiver, body)
                self.assertTrue(event.decrypted)
                self.assertEqual(event.sender, sender.user_id)

            history = await bob.room_messages(made.room_id, start=bob.next_batch, limit=50)
            self.assertIsInstance(history, nio.RoomMessagesResponse, history)
            self.assertGreaterEqual(len(history.chunk), 8)
            left = await bob.room_leave(made.room_id)
            self.assertIsInstance(left, nio.RoomLeaveResponse, left)
            await self.sync(alice)
            self.assertEqual(list(alice.rooms[made.room_id].users), [alice.user_id])
        finally:
            await alice.close()
            await bob.close()

    def test_two_people_talk_encrypted(self):
        asyncio.run(self.talk())


if __name__ == "__main__":
    unittest.main()
