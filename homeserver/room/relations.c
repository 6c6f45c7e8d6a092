/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/relations.h"

#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/relation_store.h"

#define ANNOTATION "m.annotation"
/* One user's annotations on one event are looked through this far. */
#define MAX_ANNOTATIONS 200

struct relation_claim relation_claim(const struct event *event)
{
	const struct json *relates_to = json_get(event->content, "m.relates_to");
	struct relation_claim claim = {json_str(json_get(relates_to, "rel_type")),
		json_str(json_get(relates_to, "event_id"))};

	if (event_is_state(event) || claim.rel_type.n == 0 || claim.rel_type.n > MATRIX_ID_MAX ||
		!event_id_ok(claim.event_id))
		return (struct relation_claim){STR_EMPTY, STR_EMPTY};
	return claim;
}

/* NULL when the parent is not in the room. */
static enum status parent_find(struct db *db, struct arena *arena, const struct event *event,
	struct str event_id, struct event **out)
{
	enum status status = room_event_find(db, arena, event_id, out);

	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && !str_eq((*out)->room_id, event->room_id))) {
		*out = NULL;
		return STATUS_OK;
	}
	return status;
}

enum status relation_record(struct db_tx *tx, int64_t room_key, const struct event *event)
{
	struct relation_claim claim = relation_claim(event);
	struct event *parent;
	struct relation relation;
	enum status status;

	if (claim.rel_type.p == NULL)
		return STATUS_OK;
	status = parent_find(tx->db, tx->arena, event, claim.event_id, &parent);
	if (status != STATUS_OK || parent == NULL)
		return status;
	relation = (struct relation){
		.room_key = room_key,
		.parent = parent->position,
		.child = event->position,
		.rel_type = claim.rel_type,
		.type = event->type,
		.sender = event->sender,
	};
	return relation_add(tx, &relation);
}

static enum status check_annotation(struct db *db, struct arena *arena, const struct event *event,
	const struct event *parent, const char **why_out)
{
	struct str key = json_str(json_path(event->content, "m.relates_to", "key", NULL));
	struct relation_query query = {
		.parent = parent->position,
		.rel_type = STR(ANNOTATION),
		.type = event->type,
		.sender = event->sender,
		.upto = INT64_MAX,
		.depth = 1,
		.limit = MAX_ANNOTATIONS,
	};
	struct event_rows rows;
	enum status status = relation_list(db, arena, &query, &rows);

	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
		struct event *other;

		status = event_from_row(arena, &rows.items[i], &other);
		if (status != STATUS_OK || !str_eq(key, json_str(json_path(other->content,
								"m.relates_to", "key", NULL))))
			continue;
		*why_out = "You have sent the same reaction already";
		return STATUS_EXISTS;
	}
	return status;
}

enum status relation_check(
	struct db *db, struct arena *arena, const struct event *event, const char **why_out)
{
	struct relation_claim claim = relation_claim(event);
	struct event *parent;
	enum status status;

	if (claim.rel_type.p == NULL)
		return STATUS_OK;
	status = parent_find(db, arena, event, claim.event_id, &parent);
	if (status != STATUS_OK || parent == NULL)
		return status;
	if (str_eq_c(claim.rel_type, RELATION_THREAD) &&
		relation_claim(parent).rel_type.p != NULL) {
		*why_out = "A thread cannot start at an event that relates to another";
		return STATUS_INVALID;
	}
	if (str_eq_c(claim.rel_type, ANNOTATION))
		return check_annotation(db, arena, event, parent, why_out);
	return STATUS_OK;
}
