/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices: what notifies everybody in a room alike, one row an event. A member's count is worked
 * out when it is asked for, from the notices behind what they have read; users who are judged one
 * by one have rows of their own instead (push_store.h, which puts both together).
 */
#ifndef PARVIS_HOMESERVER_NOTICE_STORE_H
#define PARVIS_HOMESERVER_NOTICE_STORE_H

#include "common/db/db_writer.h"
#include "homeserver/store/push_store.h"
#include "homeserver/store/rows.h"

/* Of a room the newest stay, a few more than these. */
#define NOTICES_MAX 1000

struct notice {
	int64_t room_key;
	int64_t position;
	struct str sender;
	struct str thread_id; /* empty: main timeline */
	bool highlight;
	bool named;	    /* some users have a row of their own for this event */
	struct str actions; /* JSON text of an array */
};
MUST_CHECK enum status notice_store_add(struct db_tx *tx, const struct notice *notice)
	REQUIRES(on_writer);

/* The user's unread notices, added to `counts`. */
MUST_CHECK enum status notice_store_counts(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct unread_counts *counts);
/* As push_store_read(), for notices. */
MUST_CHECK enum status notice_store_read(
	struct db_tx *tx, const struct unread_mark *mark, bool *changed_out) REQUIRES(on_writer);
/* As push_store_sent(), for notices. */
MUST_CHECK enum status notice_store_sent(struct db_tx *tx, const struct unread_mark *mark)
	REQUIRES(on_writer);
/* What the user has read in the room is forgotten. */
MUST_CHECK enum status notice_store_clear(struct db_tx *tx, struct str user_id, struct str room_id)
	REQUIRES(on_writer);

/* From now on the user is judged alone. */
MUST_CHECK enum status notice_store_set_own(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);
/* Those of the room's joined members who are. */
MUST_CHECK enum status notice_store_own(
	struct db *db, struct arena *arena, int64_t room_key, struct str_list *out);
MUST_CHECK enum status notice_store_user_delete(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);

#endif
