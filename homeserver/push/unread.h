/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what each local user has not read: a room observer (homeserver.h) that evaluates push
 * rules for the joined users of this server but the sender. Those who have the default rules are
 * judged together and share one row (store/notice_store.h), so that what a message costs does not
 * grow with its room; who has rules of their own or is named in the event is judged alone.
 */
#ifndef PARVIS_HOMESERVER_UNREAD_H
#define PARVIS_HOMESERVER_UNREAD_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

struct push_ruleset;
struct unread;

/* For homeserver.unread: keeps rules of recent users ready to be evaluated. */
struct unread *unread_new(void);
void unread_free(struct unread **unread);

/* For homeserver.observers. */
MUST_CHECK enum status unread_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);

/* The user's rules as they are kept at hand; good until the next call of anything here. */
MUST_CHECK enum status unread_rules(
	struct db_tx *tx, struct str user_id, const struct push_ruleset **out) REQUIRES(on_writer);
/* The user's rules, or whom they ignore, changed: what was kept of them is out of date, and from now
 * on they are judged alone. */
MUST_CHECK enum status unread_forget_rules(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);

/*
 * A receipt (public or private) of the user stands at the event with this position: what lies up
 * to it is read. thread_id p == NULL: an unthreaded receipt, for all threads; "main": the main
 * timeline; else a thread's root. When counts change, takes a position and touches the user.
 */
MUST_CHECK enum status unread_read(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t event_position) REQUIRES(on_writer);

#endif
