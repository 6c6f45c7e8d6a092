/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps store/digest_store.h in step with the rooms. */
#ifndef PARVIS_HOMESERVER_SLIDING_DIGEST_H
#define PARVIS_HOMESERVER_SLIDING_DIGEST_H

#include "common/db/db_writer.h"

struct event;

/* A room observer (homeserver.h). */
MUST_CHECK enum status sliding_digest_on_event(struct db_tx *tx, const struct event *event)
	REQUIRES(on_writer);

#endif
