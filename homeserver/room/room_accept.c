/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_accept.h"

#include "homeserver/homeserver.h"
#include "homeserver/room/auth_cache.h"
#include "homeserver/room/event_format.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/room/redact.h"
#include "homeserver/room/relations.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_version.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/relation_store.h"
#include "homeserver/store/room_store.h"
#include "homeserver/stream/streams.h"

static enum status store_event(struct db_tx *tx, int64_t room_key, const struct event *event)
	REQUIRES(on_writer)
{
	struct event_insert row = {
		.room_key = room_key,
		.position = event->position,
		.event_id = event->event_id,
		.type = event->type,
		.state_key = event->state_key,
		.sender = event->sender,
		.origin_server_ts = event->origin_server_ts,
		.depth = event->depth,
		.json = event->json,
	};
	enum status status = event_store_add(tx, &row);

	if (status == STATUS_OK)
		status = room_store_set_extremity(tx, room_key, event->position);
	return status;
}

static enum status store_membership(struct db_tx *tx, int64_t room_key, const struct event *event)
	REQUIRES(on_writer)
{
	enum membership membership =
		membership_parse(json_str(json_get(event->content, "membership")));
	struct str stripped;
	enum status status =
		membership_set(tx, room_key, event->state_key, membership, event->position);

	if (status != STATUS_OK)
		return status;
	stream_note_people(tx);
	stream_touch_user(tx, event->state_key);
	if (membership != MEMBERSHIP_INVITE && membership != MEMBERSHIP_KNOCK)
		return STATUS_OK;
	status = event_stripped_state(tx->db, tx->arena, event->room_id, event, &stripped);
	if (status == STATUS_OK)
		status = membership_set_invite_state(tx, room_key, event->state_key, stripped);
	return status;
}

static enum status apply_redaction(struct db_tx *tx, const struct event *event) REQUIRES(on_writer)
{
	BUF_SCOPE(pruned, EVENT_MAX_BYTES);
	struct event *target;
	enum status status = room_event_find(tx->db, tx->arena, event->redacts, &target);

	if (status != STATUS_OK || !str_eq(target->room_id, event->room_id))
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	status = redact_event(target->version, target->pdu, &pruned);
	if (status == STATUS_OK)
		status =
			event_store_redact(tx, target->position, event->position, buf_str(&pruned));
	if (status == STATUS_OK)
		status = relation_remove(tx, target->position);
	return status;
}

static enum status tell_observers(struct db_tx *tx, const struct event *event) REQUIRES(on_writer)
{
	const struct homeserver *hs = homeserver_of(tx);
	enum status status = STATUS_OK;

	for (unsigned i = 0; i < hs->observer_count && status == STATUS_OK; i++)
		status = hs->observers[i].on_event(tx, event);
	return status;
}

enum status room_accept(struct db_tx *tx, int64_t room_key, struct event *event)
{
	enum status status;

	event->position = stream_next(tx);
	/* A redaction may be of an event of the state. */
	if (event_is_state(event) || event->redacts.n != 0)
		auth_cache_forget(tx, event->room_id);
	status = store_event(tx, room_key, event);
	if (status == STATUS_OK && event_is_state(event))
		status = state_store_set(
			tx, room_key, event->type, event->state_key, event->position);
	if (status == STATUS_OK && event_is_state(event) && str_eq_c(event->type, "m.room.member"))
		status = store_membership(tx, room_key, event);
	if (status == STATUS_OK)
		status = relation_record(tx, room_key, event);
	if (status == STATUS_OK && event->redacts.n != 0)
		status = apply_redaction(tx, event);
	if (status == STATUS_OK)
		status = tell_observers(tx, event);
	if (status == STATUS_OK)
		stream_touch_room(tx, event->room_id);
	return status;
}
