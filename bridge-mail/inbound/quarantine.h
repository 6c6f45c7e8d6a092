/* SPDX-License-Identifier: Apache-2.0 */
/* The room in which mails are set aside: what it says of each, and letting one through. */
#ifndef PARVIS_BRIDGE_QUARANTINE_H
#define PARVIS_BRIDGE_QUARANTINE_H

#include "bridge-mail/inbound/content.h"
#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/store/transactions.h"
#include "common/json/json.h"

/* Why the mail is there, from whom it came, how to let it through, in French and English. */
MUST_CHECK enum status quarantine_card(struct db *db, struct arena *arena,
	const struct content_source *source, struct str *content_out);

/* "!liberer 12", "!release 12" in such a room, by whoever is in it. STATUS_NOT_FOUND: it is
 * something else, or somewhere else. Again for the same event: nothing happens twice. */
MUST_CHECK enum status quarantine_command(const struct matrix_session *session,
	const struct room_event_row *row, const struct json *event, const struct thread *thread);

#endif
