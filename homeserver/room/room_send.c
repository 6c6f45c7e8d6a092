/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_send.h"

#include "common/base/clock.h"
#include "common/json/canonical.h"
#include "common/matrix/ids.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/auth.h"
#include "homeserver/room/auth_cache.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/power.h"
#include "homeserver/room/relations.h"
#include "homeserver/room/restricted_join.h"
#include "homeserver/room/room_accept.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_version.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/room_store.h"

/* One event on its way. */
struct sending {
	struct db_tx *tx;
	const struct event_draft *draft;
	const char *why;
	struct room_row room;
	struct event_parts parts;
	const struct event *state[AUTH_KEYS_MAX + 1]; /* what the rules look at */
	size_t state_count;
	const struct event *cited[AUTH_KEYS_MAX]; /* the part of it that is cited */
	size_t cited_count;
	struct event *event;
};

static enum status fail(struct sending *sending, enum status status, const char *why)
{
	sending->why = why;
	return status;
}

static bool is_redaction(const struct sending *sending)
{
	return str_eq_c(sending->draft->type, "m.room.redaction");
}

static enum status check_lengths(struct sending *sending)
{
	const struct event_draft *draft = sending->draft;

	if (draft->type.n > MATRIX_ID_MAX || draft->state_key.n > MATRIX_ID_MAX ||
		draft->sender.n > MATRIX_ID_MAX)
		return fail(sending, STATUS_TOO_LARGE,
			"Event type, state key and sender are limited to 255 bytes");
	if (!str_is_utf8(draft->type) || !str_is_utf8(draft->state_key))
		return fail(sending, STATUS_INVALID, "Event type and state key must be UTF-8");
	if (draft->content.n > EVENT_MAX_BYTES)
		return fail(sending, STATUS_TOO_LARGE, "The event is larger than 65,536 bytes");
	return STATUS_OK;
}

/* Names everything that makes a transaction id one's own: none of the parts can hold the
 * separator, and lengths tell them apart besides. */
static struct str txn_scope(const struct sending *sending)
{
	const struct event_draft *d = sending->draft;

	return arena_printf(sending->tx->arena,
		"%zu %zu %zu %zu %zu %zu\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", d->sender.n,
		d->device_id.n, d->room_id.n, d->type.n, d->redacts.n, d->txn_id.n,
		STR_FMT(d->sender), STR_FMT(d->device_id), STR_FMT(d->room_id), STR_FMT(d->type),
		STR_FMT(d->redacts), STR_FMT(d->txn_id));
}

/* STATUS_NOT_FOUND when this transaction is a new one. */
static enum status find_sent_before(struct sending *sending)
{
	struct db_tx *tx = sending->tx;
	int64_t position;
	enum status status;

	if (sending->draft->txn_id.n == 0)
		return STATUS_NOT_FOUND;
	status = event_txn_find(tx->db, txn_scope(sending), &position);
	if (status == STATUS_OK)
		status = room_event_at(tx->db, tx->arena, position, &sending->event);
	return status;
}

static enum status find_room(struct sending *sending)
{
	struct db_tx *tx = sending->tx;
	struct event_parts *parts = &sending->parts;
	enum status status =
		room_store_find(tx->db, tx->arena, sending->draft->room_id, &sending->room);

	if (status != STATUS_OK)
		return fail(sending, status, "The room is not known here");
	parts->version = room_version_find(sending->room.version);
	return parts->version == NULL ? STATUS_INTERNAL : STATUS_OK;
}

/* The content with `redacts` in it, for versions that keep it there. */
static struct str content_with_redacts(
	struct arena *arena, const struct json *content, struct str redacts)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	struct json_writer w;
	struct json_iter i = json_iter(content);

	jw_init(&w, &text);
	jw_object(&w);
	while (json_next(&i)) {
		if (str_eq_c(i.key, "redacts"))
			continue;
		jw_key_str(&w, i.key);
		jw_value(&w, i.value);
	}
	jw_put_str(&w, "redacts", redacts);
	jw_object_end(&w);
	return text.overflow ? STR_EMPTY : arena_str(arena, buf_str(&text));
}

static enum status read_content(struct sending *sending)
{
	const struct event_draft *draft = sending->draft;
	struct event_parts *parts = &sending->parts;
	struct arena *arena = sending->tx->arena;
	struct str redacts = draft->redacts, text;

	if (json_parse(arena, draft->content, &parts->content, NULL) != STATUS_OK ||
		!json_is(parts->content, JSON_OBJECT))
		return fail(sending, STATUS_INVALID, "The content must be a JSON object");
	if (!is_redaction(sending))
		return STATUS_OK;
	if (redacts.n == 0)
		redacts = json_str(json_get(parts->content, "redacts"));
	if (!event_id_ok(redacts))
		return fail(sending, STATUS_INVALID, "A redaction must name an event");
	if (!parts->version->redacts_in_content) {
		parts->redacts = redacts;
		return STATUS_OK;
	}
	text = content_with_redacts(arena, parts->content, redacts);
	if (text.n == 0)
		return fail(sending, STATUS_TOO_LARGE, "The event is larger than 65,536 bytes");
	return json_parse(arena, text, &parts->content, NULL);
}

/* The reference hash of an event that is named, where names go with hashes. */
static enum status add_hash(
	struct sending *sending, const struct event *named, struct str_list *hashes)
{
	struct str hash;
	enum status status;

	if (sending->parts.version->event_id_form != EVENT_ID_GIVEN)
		return STATUS_OK;
	status = event_reference_hash(sending->tx->arena, named->version, named->pdu, &hash);
	if (status == STATUS_OK)
		*ROWS_ADD(sending->tx->arena, hashes) = hash;
	return status;
}

static enum status load_prev_events(struct sending *sending)
{
	struct db_tx *tx = sending->tx;
	struct event_parts *parts = &sending->parts;
	int64_t max = parts->version->strict_json ? CANONICAL_INT_MAX : INT64_MAX, depth;
	enum status status = room_store_extremities(
		tx->db, tx->arena, sending->room.key, &parts->prev_events, &depth);

	parts->depth = depth < max ? depth + 1 : max;
	if (parts->version->event_id_form != EVENT_ID_GIVEN)
		return status;
	for (size_t i = 0; i < parts->prev_events.count && status == STATUS_OK; i++) {
		struct event *prev;

		status = room_event_find(tx->db, tx->arena, parts->prev_events.items[i], &prev);
		if (status == STATUS_OK)
			status = add_hash(sending, prev, &parts->prev_hashes);
	}
	return status;
}

static enum status load_auth_state(struct sending *sending) REQUIRES(on_writer)
{
	struct db_tx *tx = sending->tx;
	struct event_parts *parts = &sending->parts;
	struct auth_subject subject = {
		parts->version, parts->type, parts->sender, parts->state_key, parts->content};
	struct auth_key keys[AUTH_KEYS_MAX + 1];
	size_t cited = auth_keys(&subject, keys), count = cited;
	enum status status = STATUS_OK;

	if (!parts->version->create_in_auth_events)
		keys[count++] = (struct auth_key){"m.room.create", STR("")};
	parts->auth_events.items = ARENA_ARRAY(tx->arena, struct str, count + 1);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		const struct event *event;

		status = auth_cache_find(
			tx, parts->room_id, str_c(keys[i].type), keys[i].state_key, &event);
		if (status != STATUS_OK || event == NULL)
			continue;
		sending->state[sending->state_count++] = event;
		if (i >= cited)
			continue;
		sending->cited[sending->cited_count++] = event;
		parts->auth_events.items[parts->auth_events.count++] = event->event_id;
		status = add_hash(sending, event, &parts->auth_hashes);
	}
	return status;
}

static enum status build(struct sending *sending) REQUIRES(on_writer)
{
	struct db_tx *tx = sending->tx;
	const struct homeserver *hs = homeserver_of(tx);
	const struct event_draft *draft = sending->draft;
	struct event_parts *parts = &sending->parts;
	enum status status = load_prev_events(sending);

	if (status != STATUS_OK)
		return status;
	parts->origin_server_ts =
		draft->origin_server_ts != 0 ? draft->origin_server_ts : clock_wall_ms();
	status = load_auth_state(sending);
	if (status != STATUS_OK)
		return status;
	status = event_build(tx->arena, hs->signing_key, hs->server_name, parts, &sending->event);
	if (status == STATUS_INVALID)
		return fail(sending, status,
			"The content must hold no fractions and no integers beyond 2^53");
	if (status == STATUS_TOO_LARGE)
		return fail(sending, status, "The event is larger than 65,536 bytes");
	return status;
}

/* The rules let redactions in and leave their effect to each server. Ours does not take one that
 * would have no effect. */
static enum status check_redaction(struct sending *sending)
{
	struct db_tx *tx = sending->tx;
	const struct event *event = sending->event;
	struct auth_state state = {sending->state, sending->state_count};
	struct power power =
		power_of(event->version, auth_state_find(&state, "m.room.create", STR("")),
			auth_state_find(&state, "m.room.power_levels", STR("")));
	struct event *target;
	enum status status = room_event_find(tx->db, tx->arena, event->redacts, &target);

	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && !str_eq(target->room_id, event->room_id)))
		return fail(sending, STATUS_NOT_FOUND, "The event to redact is not in this room");
	if (status != STATUS_OK)
		return status;
	if (str_eq_c(target->type, "m.room.create") || str_eq_c(target->type, "m.room.server_acl"))
		return fail(sending, STATUS_DENIED, "Events of this type cannot be redacted");
	if (!str_eq(target->sender, event->sender) &&
		power_of_user(&power, event->sender) < power_to(&power, "redact"))
		return fail(sending, STATUS_DENIED,
			"You do not have the power to redact what others have sent");
	return STATUS_OK;
}

/*
 * Our signature under an event says that the user may come in by another room (rule "restricted").
 * Clients choose contents, so what one of them claims is looked at here.
 */
static enum status check_restricted_join(struct sending *sending)
{
	struct db_tx *tx = sending->tx;
	const struct event *event = sending->event;
	enum membership membership;
	bool allowed;
	enum status status;

	if (!str_eq_c(event->type, "m.room.member") || !event_is_state(event) ||
		json_get(event->content, "join_authorised_via_users_server") == NULL)
		return STATUS_OK;
	status = membership_get(tx->db, event->room_id, event->state_key, &membership);
	if (status != STATUS_OK || membership == MEMBERSHIP_JOIN || membership == MEMBERSHIP_INVITE)
		return status;
	status = restricted_join_allows(
		tx->db, tx->arena, event->room_id, event->state_key, &allowed);
	if (status == STATUS_OK && !allowed)
		return fail(sending, STATUS_DENIED,
			"You are in none of the rooms whose members may join");
	return status;
}

static enum status authorise(struct sending *sending)
{
	const struct event *event = sending->event;
	struct auth_state state = {sending->state, sending->state_count};
	enum status status = auth_check(event, &state, &sending->why);

	if (status == STATUS_OK)
		status = auth_check_cited(
			event, sending->cited, sending->cited_count, &sending->why);
	if (status == STATUS_OK)
		status = check_restricted_join(sending);
	if (status == STATUS_OK && is_redaction(sending))
		status = check_redaction(sending);
	if (status == STATUS_OK)
		status = relation_check(sending->tx->db, sending->tx->arena, event, &sending->why);
	return status;
}

/* STATUS_NOT_FOUND when the event says something new. */
static enum status find_same_state(struct sending *sending)
{
	struct db_tx *tx = sending->tx;
	const struct event *event = sending->event;
	struct event *current;
	enum status status;
	BUF_SCOPE(ours, EVENT_MAX_BYTES);
	BUF_SCOPE(theirs, EVENT_MAX_BYTES);

	if (!event_is_state(event))
		return STATUS_NOT_FOUND;
	status = room_state_get(tx->db, tx->arena, event->room_id, event->type, event->state_key,
		STATE_NOW, &current);
	if (status != STATUS_OK)
		return status;
	if (!str_eq(current->sender, event->sender) ||
		canonical_write(event->content, &ours) != STATUS_OK ||
		canonical_write(current->content, &theirs) != STATUS_OK ||
		!str_eq(buf_str(&ours), buf_str(&theirs)))
		return STATUS_NOT_FOUND;
	sending->event = current;
	return STATUS_OK;
}

static enum status remember_txn(struct sending *sending) REQUIRES(on_writer)
{
	struct event_txn txn;

	if (sending->draft->txn_id.n == 0)
		return STATUS_OK;
	txn = (struct event_txn){
		.scope = txn_scope(sending),
		.device_id = sending->draft->device_id,
		.txn_id = sending->draft->txn_id,
	};
	return event_txn_add(sending->tx, &txn, sending->event->position, clock_wall_ms());
}

static enum status send_new(struct sending *sending) REQUIRES(on_writer)
{
	enum status status = find_room(sending);

	if (status == STATUS_OK)
		status = read_content(sending);
	if (status == STATUS_OK)
		status = build(sending);
	if (status == STATUS_OK)
		status = authorise(sending);
	if (status != STATUS_OK)
		return status;
	status = find_same_state(sending);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = room_accept(sending->tx, sending->room.key, sending->event);
	if (status == STATUS_OK)
		status = remember_txn(sending);
	return status;
}

enum status room_send(struct db_tx *tx, const struct event_draft *draft, struct event **event_out,
	const char **why_out)
{
	struct sending sending = {
		.tx = tx,
		.draft = draft,
		.parts = {.room_id = draft->room_id,
			.sender = draft->sender,
			.type = draft->type,
			.state_key = draft->state_key},
	};
	enum status status = check_lengths(&sending);

	if (status == STATUS_OK)
		status = find_sent_before(&sending);
	if (status == STATUS_NOT_FOUND)
		status = send_new(&sending);
	if (status == STATUS_OK)
		*event_out = sending.event;
	else if (why_out != NULL)
		*why_out = sending.why;
	return status;
}
