/* SPDX-License-Identifier: Apache-2.0 */
/* Delayed events as rows; what is done with them is in room/delayed_events.h. */
#ifndef PARVIS_HOMESERVER_DELAYED_EVENT_STORE_H
#define PARVIS_HOMESERVER_DELAYED_EVENT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define DELAYED_EVENTS_PER_USER 100  /* scheduled at once */
#define DELAYED_FINALISED_MAX	1000 /* kept of one user */
#define DELAYED_FINALISED_MS	(INT64_C(7) * 24 * 3600 * 1000)

struct delayed_event {
	struct str delay_id;
	struct str user_id;
	struct str device_id; /* empty: none */
	struct str scope;     /* of the transaction; p == NULL: none. Not read back */
	struct str room_id;
	struct str type;
	struct str state_key;	  /* p == NULL: a message event */
	struct str redacts;	  /* empty but for redactions */
	struct str content;	  /* JSON text of an object */
	int64_t origin_server_ts; /* 0: when it is sent */
	int64_t delay_ms;
	int64_t running_since; /* + delay_ms is when it is sent */
	int64_t finalised_ts;  /* 0: scheduled */
	bool sent;	       /* of what is finalised; else it was cancelled */
	bool by_action;	       /* on request, not by its time */
	struct str error;      /* JSON text of an object; p == NULL: none */
	struct str event_id;   /* p == NULL: not sent */
};

struct delayed_event_list {
	struct delayed_event *items;
	size_t count;
};

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status delayed_event_find(
	struct db *db, struct arena *arena, struct str delay_id, struct delayed_event *out);
/* The one that this transaction made. STATUS_NOT_FOUND. */
MUST_CHECK enum status delayed_event_find_txn(
	struct db *db, struct arena *arena, struct str scope, struct str *delay_id_out);
/* The scheduled one that is to be sent first. STATUS_NOT_FOUND: none is. */
MUST_CHECK enum status delayed_event_next(
	struct db *db, struct arena *arena, struct str *delay_id_out, int64_t *send_ts_out);
/* Scheduled ones, first to be sent first; or finalised ones, newest first. */
MUST_CHECK enum status delayed_event_list_get(struct db *db, struct arena *arena,
	struct str user_id, bool finalised, struct delayed_event_list *out);
/* How many the user has scheduled, and when the first of them goes. */
MUST_CHECK enum status delayed_event_count(
	struct db *db, struct str user_id, int64_t *count_out, int64_t *first_ts_out);
/* Of an event that was sent late. STATUS_NOT_FOUND for any other. */
MUST_CHECK enum status delayed_event_of(
	struct db *db, struct arena *arena, int64_t event_position, struct str *delay_id_out);

MUST_CHECK enum status delayed_event_add(struct db_tx *tx, const struct delayed_event *event)
	REQUIRES(on_writer);
MUST_CHECK enum status delayed_event_restart(struct db_tx *tx, struct str delay_id, int64_t now)
	REQUIRES(on_writer);

/* What became of it. */
struct delayed_outcome {
	struct str delay_id;
	struct str user_id;
	int64_t now;
	bool by_action;
	struct str error;    /* p == NULL: none */
	struct str event_id; /* p == NULL: it was not sent */
	int64_t event_position;
};
/* Also forgets finalised ones that are too old or too many. */
MUST_CHECK enum status delayed_event_finalise(
	struct db_tx *tx, const struct delayed_outcome *outcome) REQUIRES(on_writer);
/* Scheduled ones for that key of the room's state by anybody but `except`: cancelled with the
 * error. *changed_out: whether there were any. */
MUST_CHECK enum status delayed_event_cancel_state(struct db_tx *tx, struct str room_id,
	struct str type, struct str state_key, struct str except, struct str error, int64_t now,
	bool *changed_out) REQUIRES(on_writer);

#endif
