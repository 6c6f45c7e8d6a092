# SPDX-License-Identifier: Apache-2.0
"""Somebody to talk to, for the tests of clients that cannot be asked what they know."""

import asyncio

import nio


class Friend:
    """Somebody with matrix-nio in the same encrypted room."""

    def __init__(self, parvis, name, store):
        parvis.register(name)
        self.loop = asyncio.new_event_loop()
        self.client = nio.AsyncClient(
            parvis.url, name, store_path=store,
            config=nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True))
        self.do(self.client.login(f"{name}'s password"))
        self.heard = []
        self.client.add_event_callback(lambda room, event: self.heard.append(event), nio.RoomMessageText)
        self.sync()

    def do(self, call):
        answer = self.loop.run_until_complete(call)
        if isinstance(answer, nio.ErrorResponse):
            raise AssertionError(answer)
        return answer

    def sync(self):
        self.do(self.client.sync(timeout=500, full_state=self.client.next_batch is None))
        if self.client.should_upload_keys:
            self.do(self.client.keys_upload())
        if self.client.should_query_keys:
            self.do(self.client.keys_query())

    def make_room(self, name, guest):
        """Of a version that clients knew when they were packaged."""
        return self.do(self.client.room_create(
            name=name, invite=[guest], room_version="10", preset=nio.RoomPreset.private_chat,
            initial_state=[nio.EnableEncryptionBuilder().as_dict()])).room_id

    def say(self, room, body):
        self.do(self.client.room_send(room, "m.room.message", {"msgtype": "m.text", "body": body},
                                      ignore_unverified_devices=True))

    def hears(self, body):
        self.sync()
        return next((event for event in self.heard if event.body == body), None)

    def end(self):
        self.loop.run_until_complete(self.client.close())
        self.loop.close()
