/* SPDX-License-Identifier: Apache-2.0 */
/* What threading knows beside conversations: threads by name (lists, quarantine), mails that are
 * set aside, threads that a late parent has shown to be one. */
#ifndef PARVIS_BRIDGE_STORE_RECEIVED_H
#define PARVIS_BRIDGE_STORE_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum named_kind {
	NAMED_LIST = 1,	      /* name: the list's id, or its sender's address */
	NAMED_QUARANTINE = 2, /* name: empty */
};

MUST_CHECK enum status named_thread_find(struct db *db, int64_t mailbox_id, enum named_kind kind,
	struct str name, int64_t *thread_id_out);
MUST_CHECK enum status named_thread_put(struct db_tx *tx, int64_t mailbox_id, enum named_kind kind,
	struct str name, int64_t thread_id) REQUIRES(on_writer);
/* Whether the thread is one by name of that kind. */
MUST_CHECK enum status named_thread_is(
	struct db *db, int64_t thread_id, enum named_kind kind, bool *out);
/* Whether the thread is a conversation of its own, so that it may be merged: neither a named one,
 * nor that of a room with people on mail, nor merged already. */
MUST_CHECK enum status thread_is_conversation(struct db *db, int64_t thread_id, bool *out);

enum quarantine_reason {
	QUARANTINE_NONE = 0,
	QUARANTINE_SPAM = 1,	   /* the mail server has marked it */
	QUARANTINE_UNREADABLE = 2, /* the parser could not read it */
	QUARANTINE_FAILED = 3,	   /* its messages could not be made; or a loop */
};

struct quarantine_row {
	int64_t delivery_id;
	enum quarantine_reason reason;
	struct str detail; /* one line, English, for who looks closer */
	int64_t at;
	bool released;
};

/* STATUS_EXISTS when it has a row already. */
MUST_CHECK enum status quarantine_put(struct db_tx *tx, const struct quarantine_row *row)
	REQUIRES(on_writer);
MUST_CHECK enum status quarantine_get(
	struct db *db, int64_t delivery_id, struct arena *arena, struct quarantine_row *out);
/* For what would fail: it is set aside first, and worked off anew to be shown there. *adopted_out
 * false: even that has failed. */
MUST_CHECK enum status quarantine_adopt(struct db_tx *tx, int64_t delivery_id, struct str detail,
	int64_t at, bool *adopted_out) REQUIRES(on_writer);
/* The delivery is worked off anew, as if it had just come. STATUS_NOT_FOUND when it is not set
 * aside in that thread. */
MUST_CHECK enum status quarantine_release(struct db_tx *tx, int64_t delivery_id, int64_t thread_id,
	struct str user_id) REQUIRES(on_writer);

struct thread_merge_row {
	int64_t from_thread;
	int64_t into_thread;
};
MUST_CHECK enum status merge_put(struct db_tx *tx, const struct thread_merge_row *row)
	REQUIRES(on_writer);
MUST_CHECK enum status merge_next_untold(struct db *db, struct thread_merge_row *out);
MUST_CHECK enum status merge_set_told(struct db_tx *tx, int64_t from_thread) REQUIRES(on_writer);

#endif
