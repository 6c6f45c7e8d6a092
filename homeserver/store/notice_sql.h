/* SPDX-License-Identifier: Apache-2.0 */
/* What statements about notices have in common: n is of room_notices, m the user's row of
 * memberships in that room. Store only. */
#ifndef PARVIS_HOMESERVER_NOTICE_SQL_H
#define PARVIS_HOMESERVER_NOTICE_SQL_H

/* Up to where the user has read, all threads alike, and of the notice's own thread. */
#define READ_ALL                                                                    \
	"coalesce((SELECT a.event_position FROM read_marks a WHERE a.room = m.room" \
	" AND a.user = m.user AND a.thread_id = '*'), 0)"
#define READ_THREAD                                                                 \
	"coalesce((SELECT t.event_position FROM read_marks t WHERE t.room = m.room" \
	" AND t.user = m.user AND t.thread_id = n.thread_id), 0)"

/* Whether the notice counts for the user, read or not. */
#define NOTICE_CONCERNS                                                                     \
	"n.sender <> m.user AND n.position <= coalesce((SELECT o.position FROM own_rules o" \
	" WHERE o.user = m.user), 9223372036854775807) AND (n.named = 0 OR NOT EXISTS"      \
	" (SELECT 1 FROM notified_events x WHERE x.room = m.room AND x.user = m.user"       \
	" AND x.position = n.position))"

#endif
