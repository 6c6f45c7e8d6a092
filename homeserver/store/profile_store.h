/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of this server's users: displayname, avatar_url and the extended fields of version
 * 1.16, and the words by which the user directory finds them.
 */
#ifndef PARVIS_HOMESERVER_PROFILE_STORE_H
#define PARVIS_HOMESERVER_PROFILE_STORE_H

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct profile {
	struct str displayname; /* p == NULL: none */
	struct str avatar_url;	/* p == NULL: none */
};

struct profile_field {
	struct str name;
	struct str value; /* JSON text */
};

struct profile_fields {
	struct profile_field *items;
	size_t count;
};

/* STATUS_NOT_FOUND for an unknown or deactivated user. */
MUST_CHECK enum status profile_get(
	struct db *db, struct arena *arena, struct str user_id, struct profile *out);
/* The extended fields, by name. */
MUST_CHECK enum status profile_fields_get(
	struct db *db, struct arena *arena, struct str user_id, struct profile_fields *out);

/* p == NULL removes it. */
MUST_CHECK enum status profile_set_displayname(
	struct db_tx *tx, struct str user_id, struct str displayname) REQUIRES(on_writer);
MUST_CHECK enum status profile_set_avatar_url(
	struct db_tx *tx, struct str user_id, struct str avatar_url) REQUIRES(on_writer);
MUST_CHECK enum status profile_set_field(struct db_tx *tx, struct str user_id, struct str name,
	struct str value) REQUIRES(on_writer);
MUST_CHECK enum status profile_remove_field(struct db_tx *tx, struct str user_id, struct str name)
	REQUIRES(on_writer);

struct profile_match {
	struct str user_id;
	struct profile profile;
};

struct profile_matches {
	struct profile_match *items;
	size_t count;
};

/* Users whose localpart or display name has a word starting with each word of `term`, best first,
 * at most `limit`. A term without a letter or digit finds nobody. */
MUST_CHECK enum status profile_search(struct db *db, struct arena *arena, struct str term,
	size_t limit, struct profile_matches *out);

#endif
