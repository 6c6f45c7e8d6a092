/* SPDX-License-Identifier: Apache-2.0 */
/* Uploaded content as rows; the bytes are in media/media_files.h, under their hash. */
#ifndef PARVIS_HOMESERVER_MEDIA_STORE_H
#define PARVIS_HOMESERVER_MEDIA_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/crypto/hash.h"
#include "common/db/db_writer.h"

#define MEDIA_RESERVED_MAX 100 /* reservations of one user that are still open */

struct media {
	struct str media_id;
	struct str user_id; /* who uploaded it */
	struct str sha256;  /* SHA256_BYTES; p == NULL: reserved, nothing uploaded yet */
	int64_t size;
	struct str content_type; /* as the client said; empty: it did not */
	struct str filename;	 /* empty: none */
	int64_t created_ts;
	int64_t expires_ts; /* of a reservation, else 0 */
};

/* STATUS_NOT_FOUND when there is no such id. */
MUST_CHECK enum status media_store_find(
	struct db *db, struct arena *arena, struct str media_id, struct media *out);
MUST_CHECK enum status media_store_add(struct db_tx *tx, const struct media *media)
	REQUIRES(on_writer);
/* Reserves the id. Forgets reservations of the user that ran out; STATUS_LIMITED past
 * MEDIA_RESERVED_MAX. */
MUST_CHECK enum status media_store_reserve(struct db_tx *tx, const struct media *media)
	REQUIRES(on_writer);
/* Gives a reserved id its content. STATUS_NOT_FOUND, STATUS_DENIED when it is another user's,
 * STATUS_EXISTS when it has content. media->created_ts is now. */
MUST_CHECK enum status media_store_fill(struct db_tx *tx, const struct media *media)
	REQUIRES(on_writer);
/* Forgets all reservations that have run out. */
MUST_CHECK enum status media_store_expire(struct db_tx *tx, int64_t now) REQUIRES(on_writer);
/* Whether any upload has this content. */
MUST_CHECK enum status media_store_names(struct db *db, struct str sha256, bool *out);

#endif
