/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_send.h"

#include "common/base/clock.h"
#include "common/http/client.h"
#include "config/config.h"
#include "homeserver/homeserver.h"
#include "homeserver/push/push_delivery.h"
#include "homeserver/push/push_payload.h"
#include "homeserver/room/room_events.h"

#define LOG_MODULE "push"
#include "common/base/log.h"

#define ANSWER_MAX ((size_t)64 * 1024)

/* What is sent in one go. */
struct sending {
	struct push_sender *sender;
	struct arena *arena;
	struct push_lane *lane;
	const struct pusher *pusher;
	struct push_target target;
	struct push_counts counts;
	struct push_badge badge;
	int64_t position; /* of the event; 0: the numbers alone */
	int64_t now;
};

/* --- changes --- */

static enum status remove_row(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct sending *s = arg;
	return push_queue_remove(tx, &s->lane->key, s->position);
}

static enum status accepted(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct sending *s = arg;
	enum status status = push_queue_remove(tx, &s->lane->key, s->position);
	if (status == STATUS_OK && !s->target.no_badge)
		status = push_badge_told(tx, &s->lane->key, s->counts.unread, s->badge.reads);
	return status;
}

static enum status expire(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct sending *s = arg;
	return push_queue_expire(tx, &s->lane->key, s->now - PUSH_GIVE_UP_MS);
}

static enum status delete_pusher(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct pusher_key *key = &((const struct sending *)arg)->lane->key;
	return push_store_pusher_delete(tx, key->user_id, key->app_id, key->pushkey);
}

static enum push_result change(struct sending *s, db_change what)
{
	return db_write(s->sender->hs->writer, what, s) == STATUS_OK ? PUSH_SENT : PUSH_FAILED;
}

/* --- the call --- */

static enum push_result refused(struct sending *s, int http_status)
{
	/* The gateway works and does not want this one: another may please it. */
	if (s->lane->refusals + 1 < PUSH_REFUSALS_MAX)
		return PUSH_REFUSED;
	log_warning("a push gateway refuses a notification for good (HTTP %d)", http_status);
	return change(s, s->position != 0 ? remove_row : accepted);
}

static bool is_down(const struct http_answer *answer)
{
	return answer->status >= 500 || answer->status == 429 || answer->status == 408;
}

static enum push_result call(struct sending *s, struct str body, int64_t *retry_after_ms_out)
{
	bool private_ok = s->sender->hs->config->homeserver.push_private_gateways;
	const struct http_call request = {
		.method = "POST",
		.url = arena_c_str(s->arena, s->target.url),
		.body = body,
		.timeout_ms = PUSH_TIMEOUT_MS,
		.max_answer = ANSWER_MAX,
		.cancel = s->sender->stopping,
		.public_only = !private_ok,
	};
	struct http_answer answer = {0};
	if (!s->sender->enter(s->sender->context, s->lane, s->target.url))
		return PUSH_NO_PLACE;
	enum status status = http_call(s->sender->http, s->arena, &request, &answer);
	*retry_after_ms_out = answer.retry_after_ms;
	if (status == STATUS_INVALID || status == STATUS_TOO_LARGE)
		return refused(s, 0);
	if (status != STATUS_OK || is_down(&answer))
		return PUSH_DOWN;
	if (answer.status < 200 || answer.status > 299)
		return refused(s, answer.status);
	if (push_answer_rejects(s->arena, answer.body, s->pusher->pushkey))
		return change(s, delete_pusher);
	return change(s, accepted);
}

/* --- what to send --- */

static enum push_result send_event(
	struct sending *s, const struct push_row *row, int64_t *retry_after_ms_out)
{
	struct event *event;
	struct str body;
	s->position = row->position;
	if (row->queued_ts < s->now - PUSH_GIVE_UP_MS)
		return change(s, expire);
	enum status status = room_event_at(s->sender->db, s->arena, row->position, &event);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && event->redacted))
		return change(s, remove_row);
	if (status == STATUS_OK)
		status = push_counts_load(s->sender->db, s->pusher->user_id, s->now, &s->counts);
	if (status == STATUS_OK)
		status = push_payload_event(
			s->sender->db, s->arena, s->pusher, event, row->actions, &s->counts, &body);
	if (status == STATUS_TOO_LARGE)
		return change(s, remove_row);
	return status == STATUS_OK ? call(s, body, retry_after_ms_out) : PUSH_FAILED;
}

static enum push_result send_counts(struct sending *s, int64_t *retry_after_ms_out)
{
	struct str body;
	if (s->badge.reads == 0)
		return PUSH_NOTHING_LEFT;
	enum status status =
		push_counts_load(s->sender->db, s->pusher->user_id, s->now, &s->counts);
	if (status == STATUS_OK && (s->counts.unread == s->badge.told || s->target.no_badge))
		return change(s, accepted);
	if (status == STATUS_OK)
		status = push_payload_counts(s->arena, s->pusher, &s->counts, &body);
	return status == STATUS_OK ? call(s, body, retry_after_ms_out) : PUSH_FAILED;
}

MUST_CHECK static enum status find_pusher(
	struct sending *s, const struct pusher_key *key, const struct pusher **out)
{
	struct pusher_list list = {0};
	enum status status = push_store_pushers(s->sender->db, s->arena, key->user_id, &list);
	if (status != STATUS_OK)
		return status;
	const struct pusher *items = list.items;
	for (size_t i = 0; i < list.count; i++)
		if (str_eq(items[i].app_id, key->app_id) &&
			str_eq(items[i].pushkey, key->pushkey)) {
			*out = items + i;
			return STATUS_OK;
		}
	return STATUS_NOT_FOUND;
}

/* The pusher may have been made under another configuration. */
static bool may_call(const struct sending *s)
{
	bool private_ok = s->sender->hs->config->homeserver.push_private_gateways;
	return str_eq_c(s->pusher->kind, "http") && push_target_url_ok(s->target.url, private_ok);
}

static enum push_result send_snapshot(struct sending *s, int64_t *retry_after_ms_out)
{
	struct push_row row = {0};
	enum status status = find_pusher(s, &s->lane->key, &s->pusher);
	if (status == STATUS_NOT_FOUND)
		return PUSH_NOTHING_LEFT;
	if (status == STATUS_OK)
		status = push_badge_get(s->sender->db, &s->lane->key, &s->badge);
	if (status != STATUS_OK)
		return PUSH_FAILED;
	s->target = push_target_read(s->arena, s->pusher);
	status = push_queue_first(s->sender->db, s->arena, &s->lane->key, &row);
	if (status == STATUS_NOT_FOUND)
		return may_call(s) ? send_counts(s, retry_after_ms_out) : PUSH_NOTHING_LEFT;
	if (status != STATUS_OK)
		return PUSH_FAILED;
	s->position = row.position;
	return may_call(s) ? send_event(s, &row, retry_after_ms_out) : change(s, remove_row);
}

enum push_result push_send(
	struct push_sender *sender, struct push_lane *lane, int64_t *retry_after_ms_out)
{
	ARENA_SCOPE(arena);
	struct sending s = {.sender = sender, .arena = arena, .lane = lane, .now = clock_wall_ms()};
	return send_snapshot(&s, retry_after_ms_out);
}
