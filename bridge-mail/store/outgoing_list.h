/* SPDX-License-Identifier: Apache-2.0 */
/* Mails that leave, as an administrator looks at them. */
#ifndef PARVIS_BRIDGE_STORE_OUTGOING_LIST_H
#define PARVIS_BRIDGE_STORE_OUTGOING_LIST_H

#include "bridge-mail/store/outgoing.h"

struct outgoing_line {
	int64_t outgoing_id;
	struct str address;
	enum outgoing_state state;
	enum outgoing_report report;
	int64_t attempts;
	int64_t changed_at;
	struct str said; /* by the server, or our reason; may be empty */
};

/* Newest first, at most `max`; with `failed` those that were refused, given
 * up or came back only. */
MUST_CHECK enum status outgoing_list(struct db *db, bool failed, size_t max, struct arena *arena,
	struct outgoing_line **list_out, size_t *count_out);
/* The mail's failed recipients are tried anew; how many there were. */
MUST_CHECK enum status outgoing_retry_failed(
	struct db_tx *tx, int64_t outgoing_id, int64_t now, int64_t *count_out) REQUIRES(on_writer);

#endif
