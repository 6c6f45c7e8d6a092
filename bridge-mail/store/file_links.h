/* SPDX-License-Identifier: Apache-2.0 */
/* Files that our mails link to instead of carrying them, until they expire or are taken back. */
#ifndef PARVIS_BRIDGE_STORE_FILE_LINKS_H
#define PARVIS_BRIDGE_STORE_FILE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct file_link {
	int64_t link_id;
	struct str event_id; /* that the mail is made from: it has one link */
	struct str mxc;
	struct str name;
	struct str content_type; /* as the sender's client says */
	int64_t created_at;
	int64_t expires_at;
	bool revoked;
	int64_t downloads;
};

/* Makes the event's link, or gives the one that it has another file and another end. */
MUST_CHECK enum status file_links_put(
	struct db_tx *tx, const struct file_link *link, int64_t *link_id_out) REQUIRES(on_writer);
MUST_CHECK enum status file_links_get(
	struct db *db, int64_t link_id, struct arena *arena, struct file_link *out);
MUST_CHECK enum status file_links_count_download(struct db_tx *tx, int64_t link_id)
	REQUIRES(on_writer);
/* The event's link leads nowhere from now on. Fine when it has none. */
MUST_CHECK enum status file_links_revoke(struct db_tx *tx, struct str event_id) REQUIRES(on_writer);
/* Forgets those that expired before `before`. */
MUST_CHECK enum status file_links_prune(struct db_tx *tx, int64_t before) REQUIRES(on_writer);

#endif
