/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_queue.h"

#include "common/base/clock.h"
#include "common/json/json.h"
#include "homeserver/homeserver.h"
#include "homeserver/push/push_delivery.h"
#include "homeserver/push/push_event.h"
#include "homeserver/push/ruleset.h"
#include "homeserver/push/unread.h"
#include "homeserver/room/event_thread.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/push_queue_store.h"

/* Of a call that does not say how long it rings. */
#define CALL_RINGS_MS	  60000
#define CALL_RINGS_MAX_MS 600000
/* With fewer pushing users than this part of the members, these are asked about one by one. */
#define FEW_PUSHERS 4

/* One event on its way to those who have pushers. */
struct pushing {
	struct db_tx *tx;
	const struct event *event;
	struct push_event judged;
	int64_t now;
	struct str thread_id;
	bool has_thread;
};

MUST_CHECK static enum status is_ignored(
	struct pushing *pushing, struct str user_id, bool *ignored_out)
{
	struct arena *arena = pushing->tx->arena;
	const struct json *json = NULL;
	struct str content;
	enum status status = account_data_get(
		pushing->tx->db, arena, user_id, STR(""), STR("m.ignored_user_list"), &content);
	*ignored_out = false;
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	if (json_parse(arena, content, &json, NULL) != STATUS_OK)
		return STATUS_OK;
	*ignored_out =
		json_get_str(json_get(json, "ignored_users"), pushing->event->sender) != NULL;
	return STATUS_OK;
}

MUST_CHECK static enum status find_thread(struct pushing *pushing)
{
	if (pushing->has_thread)
		return STATUS_OK;
	pushing->has_thread = true;
	return event_thread(
		pushing->tx->db, pushing->tx->arena, pushing->event, &pushing->thread_id);
}

/* A call rings for the user. */
MUST_CHECK static enum status note_call(struct pushing *pushing, struct str user_id)
	REQUIRES(on_writer)
{
	const struct event *event = pushing->event;
	if (!str_eq_c(event->type, "m.call.invite"))
		return STATUS_OK;
	int64_t rings = json_int(json_get(event->content, "lifetime"), CALL_RINGS_MS);
	if (rings < 0 || rings > CALL_RINGS_MAX_MS)
		rings = CALL_RINGS_MS;
	const struct rung_call call = {.user_id = user_id,
		.room_id = event->room_id,
		.call_id = json_str(json_get(event->content, "call_id")),
		.position = event->position,
		.missed_ts = pushing->now + rings};
	return call.call_id.n == 0 ? STATUS_OK : rung_call_add(pushing->tx, &call);
}

MUST_CHECK static enum status queue_for(
	struct pushing *pushing, struct str user_id, struct str actions) REQUIRES(on_writer)
{
	struct db_tx *tx = pushing->tx;
	struct pusher_keys pushers = {0};
	enum status status = push_queue_pushers_of(tx->db, tx->arena, user_id, &pushers);
	if (status == STATUS_OK)
		status = find_thread(pushing);
	if (status == STATUS_OK)
		status = note_call(pushing, user_id);
	const struct push_row row = {.position = pushing->event->position,
		.room_id = pushing->event->room_id,
		.thread_id = pushing->thread_id,
		.actions = actions,
		.queued_ts = pushing->now};
	for (size_t i = 0; i < pushers.count && status == STATUS_OK; i++) {
		status = push_queue_add(tx, &pushers.items[i], &row);
		push_delivery_wake(tx, &pushers.items[i]);
	}
	return status;
}

MUST_CHECK static enum status judge_for(struct pushing *pushing, struct str user_id)
	REQUIRES(on_writer)
{
	const struct push_ruleset *rules;
	bool ignored;
	if (str_eq(user_id, pushing->event->sender))
		return STATUS_OK;
	enum status status = unread_rules(pushing->tx, user_id, &rules);
	if (status != STATUS_OK)
		return status;
	const struct push_rule *rule = ruleset_match(rules, &pushing->judged.judged, user_id);
	if (pushing->judged.status != STATUS_OK)
		return pushing->judged.status;
	if (rule == NULL || !rule->notify)
		return STATUS_OK;
	/* The rules may be forgotten by what comes now. */
	struct str actions = arena_str(pushing->tx->arena, rule->actions);
	status = is_ignored(pushing, user_id, &ignored);
	return status == STATUS_OK && !ignored ? queue_for(pushing, user_id, actions) : status;
}

/* Those who have pushers are few beside the members. */
MUST_CHECK static enum status judge_pushing_users(struct pushing *pushing) REQUIRES(on_writer)
{
	struct db_tx *tx = pushing->tx;
	size_t cursor = 0;
	struct str user_id;
	enum status status = STATUS_OK;
	while (status == STATUS_OK && push_delivery_next_user(tx, &cursor, &user_id)) {
		enum membership membership;
		status = membership_get(tx->db, pushing->event->room_id, user_id, &membership);
		if (status == STATUS_OK && membership == MEMBERSHIP_JOIN)
			status = judge_for(pushing, user_id);
	}
	return status;
}

MUST_CHECK static enum status judge_members(struct pushing *pushing) REQUIRES(on_writer)
{
	struct db_tx *tx = pushing->tx;
	struct str_list users;
	enum status status =
		membership_joined_users(tx->db, tx->arena, pushing->event->room_id, &users);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < users.count && status == STATUS_OK; i++)
		if (push_delivery_has_pushers(tx, users.items[i]))
			status = judge_for(pushing, users.items[i]);
	return status;
}

/* The membership of somebody who has pushers: what was queued of an invite, or of a stay that has
 * ended, is over; a new invite is told. */
MUST_CHECK static enum status on_member(struct pushing *pushing) REQUIRES(on_writer)
{
	const struct event *event = pushing->event;
	struct str membership = json_str(json_get(event->content, "membership"));
	if (str_eq_c(membership, "invite"))
		return judge_for(pushing, event->state_key);
	return push_queue_on_read(pushing->tx, event->state_key, event->room_id, STR_EMPTY,
		str_eq_c(membership, "join") ? event->position - 1 : event->position);
}

/* Calls are answered, refused and ended by events of their own. */
MUST_CHECK static enum status on_call(struct db_tx *tx, const struct event *event, int64_t now)
	REQUIRES(on_writer)
{
	struct str call_id = json_str(json_get(event->content, "call_id"));
	bool ended = str_eq_c(event->type, "m.call.hangup");
	if (call_id.n == 0 || (!ended && !str_eq_c(event->type, "m.call.answer") &&
				      !str_eq_c(event->type, "m.call.reject")))
		return STATUS_OK;
	enum status status = rung_call_taken(tx, event->sender, event->room_id, call_id);
	if (status == STATUS_OK && ended)
		status = rung_call_ended(tx, event->room_id, call_id, now);
	return status;
}

enum status push_queue_on_event(struct db_tx *tx, const struct event *event)
{
	size_t pushing_users = push_delivery_user_count(tx);
	if (pushing_users == 0)
		return STATUS_OK;
	struct pushing pushing = {.tx = tx, .event = event, .now = clock_wall_ms()};
	struct room_row room = {0};
	enum status status = room_store_find(tx->db, tx->arena, event->room_id, &room);
	if (status != STATUS_OK)
		return status;
	push_event_init(&pushing.judged, tx, event, room.joined_count);
	if (str_starts(event->type, STR("m.call.")))
		status = on_call(tx, event, pushing.now);
	if (status == STATUS_OK && event_is_state(event) &&
		str_eq_c(event->type, "m.room.member") &&
		push_delivery_has_pushers(tx, event->state_key))
		status = on_member(&pushing);
	if (status != STATUS_OK)
		return status;
	if ((int64_t)pushing_users * FEW_PUSHERS < room.joined_count)
		return judge_pushing_users(&pushing);
	return judge_members(&pushing);
}

enum status push_queue_on_read(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t event_position)
{
	if (!push_delivery_has_pushers(tx, user_id))
		return STATUS_OK;
	struct pusher_keys pushers = {0};
	struct str thread = str_eq(thread_id, STR("main")) ? STR("") : thread_id;
	enum status status = push_queue_read(tx, user_id, room_id, thread, event_position);
	if (status == STATUS_OK)
		status = push_queue_pushers_of(tx->db, tx->arena, user_id, &pushers);
	for (size_t i = 0; i < pushers.count && status == STATUS_OK; i++)
		push_delivery_wake(tx, &pushers.items[i]);
	return status;
}
