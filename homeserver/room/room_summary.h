/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a room tells about itself to those outside: the entries of the room directory and of
 * /room_summary.
 */
#ifndef PARVIS_HOMESERVER_ROOM_SUMMARY_H
#define PARVIS_HOMESERVER_ROOM_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db.h"
#include "common/json/json_writer.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/room_store.h"

/* Absent texts have p == NULL. */
struct room_summary {
	struct str room_id;
	struct str version;
	struct str name;
	struct str topic;
	struct str avatar_url;
	struct str canonical_alias;
	struct str join_rule; /* "invite" when the room says nothing */
	struct str room_type;
	struct str encryption;		  /* algorithm */
	struct str_list allowed_room_ids; /* of a restricted join rule */
	int64_t joined_count;
	bool world_readable;
	bool guest_can_join;
};

MUST_CHECK enum status room_summary_load(
	struct db *db, struct arena *arena, const struct room_row *room, struct room_summary *out);

/* What the room directory tells, as members of an object under way. */
void room_summary_write(struct json_writer *w, const struct room_summary *summary);
/* And what /room_summary and /hierarchy tell besides. */
void room_summary_write_more(struct json_writer *w, const struct room_summary *summary);

/* Whether name, topic or alias hold the term, whatever the case of letters. */
bool room_summary_matches(const struct room_summary *summary, struct str term);

/*
 * Whether the user (empty: somebody who is not signed in) may see the summary: the room takes or
 * hears everybody, or they are joined, invited or knocking, or a restricted join rule lets them in.
 */
MUST_CHECK enum status room_summary_visible(struct db *db, struct arena *arena,
	const struct room_summary *summary, struct str user_id, enum membership *membership_out,
	bool *out);

#endif
