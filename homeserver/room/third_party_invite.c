/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/third_party_invite.h"

#include "common/matrix/ids.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_send.h"
#include "homeserver/room/third_party_sign.h"

#define MAX_KEYS_TO_TRY 16

enum status third_party_invite_find(struct db *db, struct arena *arena, struct str room_id,
	const struct json *signed_object, struct event **out)
{
	struct str token = json_str(json_get(signed_object, "token"));

	if (token.p == NULL)
		return STATUS_NOT_FOUND;
	return room_state_get(
		db, arena, room_id, STR("m.room.third_party_invite"), token, STATE_NOW, out);
}

static bool fits(const struct json *holder, const struct json *signed_object, struct str *key_out,
	struct str *url_out)
{
	*key_out = json_str(json_get(holder, "public_key"));
	*url_out = json_str(json_get(holder, "key_validity_url"));
	return third_party_sign_ok(signed_object, *key_out);
}

bool third_party_invite_key(const struct event *invite, const struct json *signed_object,
	struct str *public_key_out, struct str *validity_url_out)
{
	const struct json *keys = json_get(invite->content, "public_keys");

	if (fits(invite->content, signed_object, public_key_out, validity_url_out))
		return true;
	for (size_t i = 0; i < json_count(keys) && i < MAX_KEYS_TO_TRY; i++)
		if (fits(json_at(keys, i), signed_object, public_key_out, validity_url_out))
			return true;
	return false;
}

static enum status content_of(struct arena *arena, const struct event *invite,
	const struct json *signed_object, struct str *out)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w);
	jw_put_str(&w, "membership", STR("invite"));
	jw_put_object(&w, "third_party_invite");
	jw_put_str(&w, "display_name", json_str(json_get(invite->content, "display_name")));
	jw_put_value(&w, "signed", signed_object);
	jw_object_end(&w);
	jw_object_end(&w);
	*out = arena_str(arena, buf_str(&text));
	return buf_status(&text);
}

enum status third_party_invite_exchange(struct db_tx *tx, struct str room_id, struct str user_id,
	const struct json *signed_object, const char **why_out)
{
	struct event_draft draft = {
		.room_id = room_id, .type = STR("m.room.member"), .state_key = user_id};
	struct event *invite, *event;
	struct matrix_id sender;
	enum status status =
		third_party_invite_find(tx->db, tx->arena, room_id, signed_object, &invite);

	*why_out = "The room has no such invite";
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_DENIED : status;
	if (user_id_parse(invite->sender, &sender) != STATUS_OK ||
		!str_eq(sender.server, homeserver_of(tx)->server_name)) {
		*why_out =
			"The invite was made on another server, and rooms here are not federated";
		return STATUS_DENIED;
	}
	status = content_of(tx->arena, invite, signed_object, &draft.content);
	if (status != STATUS_OK)
		return status;
	draft.sender = invite->sender;
	return room_send(tx, &draft, &event, why_out);
}
