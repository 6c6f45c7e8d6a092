/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/unread.h"

#include <stdlib.h>

#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "homeserver/homeserver.h"
#include "homeserver/push/push_event.h"
#include "homeserver/push/push_rules.h"
#include "homeserver/room/event_thread.h"
#include "homeserver/room/ignored_users.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/notice_store.h"
#include "homeserver/store/push_store.h"
#include "homeserver/store/room_store.h"
#include "homeserver/stream/streams.h"

/* Users whose rules are kept at hand; past this all are forgotten and looked up again. */
#define READERS_MAX   20000
#define OWN_RULES_MAX 1000
/* Whom one event may name; as many as fit into it. */
#define NAMED_MAX 10000

/* What is known of one user. */
struct reader {
	bool ghost;	     /* of an application service: nobody reads the counts */
	struct arena *arena; /* NULL: `rules` are the default ones, nobody is ignored */
	struct push_ruleset *rules;
	struct str_list ignored; /* users whose events do not notify */
};

struct unread {
	struct arena *arena;
	struct push_ruleset *defaults;
	struct map *readers;
	size_t own_rules; /* readers with an arena */
};

static void reader_free(void *object)
{
	struct reader *reader = object;
	arena_free(&reader->arena);
	mem_freep(&reader);
}

struct unread *unread_new(void)
{
	struct unread *unread = MEM_NEW(struct unread);
	unread->arena = arena_new();
	unread->readers = map_new(READERS_MAX);
	if (ruleset_read(unread->arena, STR_EMPTY, &unread->defaults) != STATUS_OK)
		unread_free(&unread);
	return unread;
}

void unread_free(struct unread **unread)
{
	if (*unread == NULL)
		return;
	map_free(&(*unread)->readers, reader_free);
	arena_free(&(*unread)->arena);
	mem_freep(unread);
}

static void forget_all(struct unread *unread)
{
	map_free(&unread->readers, reader_free);
	unread->readers = map_new(READERS_MAX);
	unread->own_rules = 0;
}

enum status unread_forget_rules(struct db_tx *tx, struct str user_id)
{
	struct unread *unread = homeserver_of(tx)->unread;
	struct reader *reader = unread == NULL ? NULL : map_remove(unread->readers, user_id);
	if (reader != NULL) {
		unread->own_rules -= reader->arena != NULL ? 1 : 0;
		reader_free(reader);
	}
	return notice_store_set_own(tx, user_id);
}

/* The user's own rules into reader->arena, unless they have none. */
MUST_CHECK static enum status load_rules(
	struct db_tx *tx, struct unread *unread, struct str user_id, struct reader *reader)
{
	struct str stored;
	int64_t position;
	enum status status = push_store_rules(tx->db, tx->arena, user_id, &stored, &position);
	if (status == STATUS_NOT_FOUND) {
		reader->rules = unread->defaults;
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	reader->arena = arena_new();
	return ruleset_read(reader->arena, arena_str(reader->arena, stored), &reader->rules);
}

/* Whom the user ignores into reader->arena, unless it is nobody. */
MUST_CHECK static enum status load_ignored(
	struct db_tx *tx, struct str user_id, struct reader *reader)
{
	struct str_list ignored;
	enum status status = ignored_users_load(tx->db, tx->arena, user_id, &ignored);
	if (status != STATUS_OK || ignored.count == 0)
		return status;
	if (reader->arena == NULL)
		reader->arena = arena_new();
	for (size_t i = 0; i < ignored.count; i++)
		*ROWS_ADD(reader->arena, &reader->ignored) =
			arena_str(reader->arena, ignored.items[i]);
	return STATUS_OK;
}

MUST_CHECK static enum status reader_get(
	struct db_tx *tx, struct unread *unread, struct str user_id, struct reader **out)
{
	*out = map_find(unread->readers, user_id);
	if (*out != NULL)
		return STATUS_OK;
	if (map_count(unread->readers) >= READERS_MAX || unread->own_rules >= OWN_RULES_MAX)
		forget_all(unread);
	struct reader *reader = MEM_NEW(struct reader);
	struct account account = {0};
	enum status status = account_find(tx->db, tx->arena, user_id, &account);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
		reader->ghost = account.appservice_id.p != NULL || account.deactivated ||
				status == STATUS_NOT_FOUND;
		status = load_rules(tx, unread, user_id, reader);
		if (status == STATUS_OK)
			status = load_ignored(tx, user_id, reader);
	}
	if (status == STATUS_OK)
		status = map_put(unread->readers, user_id, reader, NULL);
	if (status != STATUS_OK) {
		reader_free(reader);
		return status;
	}
	unread->own_rules += reader->arena != NULL ? 1 : 0;
	*out = reader;
	return STATUS_OK;
}

enum status unread_rules(struct db_tx *tx, struct str user_id, const struct push_ruleset **out)
{
	struct reader *reader;
	enum status status = reader_get(tx, homeserver_of(tx)->unread, user_id, &reader);
	if (status == STATUS_OK)
		*out = reader->rules;
	return status;
}

/* --- one event --- */

/* The user's own membership: a stay that begins or ends leaves nothing unread. */
MUST_CHECK static enum status on_member(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer)
{
	struct membership_row row;
	enum status status =
		membership_find(tx->db, tx->arena, event->room_id, event->state_key, &row);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	bool ended = row.membership == MEMBERSHIP_LEAVE || row.membership == MEMBERSHIP_BAN;
	bool began = row.membership == MEMBERSHIP_JOIN && row.joined_since == event->position;
	if (!ended && !began)
		return STATUS_OK;
	return push_store_room_clear(tx, event->state_key, event->room_id);
}

MUST_CHECK static enum status count_for(
	struct db_tx *tx, struct push_event *event, struct str user_id) REQUIRES(on_writer)
{
	struct unread *unread = homeserver_of(tx)->unread;
	struct reader *reader;
	enum status status = reader_get(tx, unread, user_id, &reader);
	if (status != STATUS_OK || reader->ghost ||
		ignored_users_have(&reader->ignored, event->event->sender))
		return status;
	const struct push_rule *rule = ruleset_match(reader->rules, &event->judged, user_id);
	if (event->status != STATUS_OK)
		return event->status;
	if (rule == NULL || !rule->notify)
		return STATUS_OK;
	struct unread_event row = {.user_id = user_id,
		.room_id = event->event->room_id,
		.position = event->event->position,
		.highlight = rule->highlight,
		.actions = rule->actions};
	status = event_thread(tx->db, tx->arena, event->event, &row.thread_id);
	return status == STATUS_OK ? push_store_unread_add(tx, &row) : status;
}

static int by_name(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	return str_cmp(*x, *y);
}

static bool is_here(const struct homeserver *homeserver, struct str user_id)
{
	struct matrix_id id;
	return user_id_parse(user_id, &id) == STATUS_OK &&
	       str_eq(id.server, homeserver->server_name);
}

/* Who the event names: the conditions of default rules ask about nothing else of a user. */
MUST_CHECK static enum status list_named(
	struct db_tx *tx, const struct event *event, struct str_list *out)
{
	const struct json *ids = json_path(event->content, "m.mentions", "user_ids", NULL);
	enum status status = STATUS_OK;
	*out = (struct str_list){0};
	for (size_t i = 0; i < json_count(ids) && out->count < NAMED_MAX; i++) {
		struct str user_id = json_str(json_at(ids, i));
		enum membership membership;
		if (!is_here(homeserver_of(tx), user_id))
			continue;
		status = membership_get(tx->db, event->room_id, user_id, &membership);
		if (status != STATUS_OK)
			break;
		if (membership == MEMBERSHIP_JOIN)
			*ROWS_ADD(tx->arena, out) = user_id;
	}
	return status;
}

/* Each once, and not the sender. */
MUST_CHECK static enum status count_alone(
	struct db_tx *tx, struct push_event *event, struct str_list *users) REQUIRES(on_writer)
{
	enum status status = STATUS_OK;
	if (users->count > 1)
		qsort(users->items, users->count, sizeof(users->items[0]), by_name);
	for (size_t i = 0; i < users->count && status == STATUS_OK; i++)
		if (!str_eq(users->items[i], event->event->sender) &&
			(i == 0 || !str_eq(users->items[i], users->items[i - 1])))
			status = count_for(tx, event, users->items[i]);
	return status;
}

/* For all who have the default rules. */
MUST_CHECK static enum status count_together(struct db_tx *tx, struct push_event *event,
	int64_t room_key, bool named) REQUIRES(on_writer)
{
	const struct unread *unread = homeserver_of(tx)->unread;
	const struct push_rule *rule = ruleset_match(unread->defaults, &event->judged, STR(""));
	if (event->status != STATUS_OK || rule == NULL || !rule->notify)
		return event->status;
	struct notice notice = {.room_key = room_key,
		.position = event->event->position,
		.sender = event->event->sender,
		.highlight = rule->highlight,
		.named = named,
		.actions = rule->actions};
	enum status status = event_thread(tx->db, tx->arena, event->event, &notice.thread_id);
	return status == STATUS_OK ? notice_store_add(tx, &notice) : status;
}

/* Who writes has read: in that thread nothing up to their event is left unread. */
MUST_CHECK static enum status on_sent(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer)
{
	struct reader *reader;
	struct unread_mark mark = {.user_id = event->sender,
		.room_id = event->room_id,
		.event_position = event->position,
		.position = event->position};
	if (event_is_state(event) || !is_here(homeserver_of(tx), event->sender))
		return STATUS_OK;
	enum status status = reader_get(tx, homeserver_of(tx)->unread, event->sender, &reader);
	if (status != STATUS_OK || reader->ghost)
		return status;
	status = event_thread(tx->db, tx->arena, event, &mark.thread_id);
	if (mark.thread_id.p == NULL)
		mark.thread_id = STR("");
	return status == STATUS_OK ? push_store_sent(tx, &mark) : status;
}

enum status unread_on_event(struct db_tx *tx, const struct event *event)
{
	if (event_is_state(event) && str_eq(event->type, STR("m.room.member")) &&
		is_here(homeserver_of(tx), event->state_key)) {
		enum status status = on_member(tx, event);
		if (status != STATUS_OK)
			return status;
	}
	struct room_row room;
	struct str_list named, own;
	struct push_event judged;
	enum status status = on_sent(tx, event);
	if (status == STATUS_OK)
		status = room_store_find(tx->db, tx->arena, event->room_id, &room);
	if (status == STATUS_OK)
		status = list_named(tx, event, &named);
	if (status == STATUS_OK)
		status = notice_store_own(tx->db, tx->arena, room.key, &own);
	if (status != STATUS_OK)
		return status;
	push_event_init(&judged, tx, event, room.joined_count);
	status = count_together(tx, &judged, room.key, named.count > 0);
	for (size_t i = 0; i < named.count; i++)
		*ROWS_ADD(tx->arena, &own) = named.items[i];
	return status == STATUS_OK ? count_alone(tx, &judged, &own) : status;
}

enum status unread_read(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t event_position)
{
	struct unread_mark mark = {.user_id = user_id,
		.room_id = room_id,
		.thread_id = str_eq(thread_id, STR("main")) ? STR("") : thread_id,
		.event_position = event_position,
		.position = stream_next(tx)};
	bool changed;
	enum status status = push_store_read(tx, &mark, &changed);
	if (status == STATUS_OK && changed)
		stream_touch_user(tx, user_id);
	return status;
}
