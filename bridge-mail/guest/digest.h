/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a digest, from what was said: grouped by conversation, readable on a phone. Knows no
 * database and no clock. */
#ifndef PARVIS_BRIDGE_GUEST_DIGEST_H
#define PARVIS_BRIDGE_GUEST_DIGEST_H

#include "bridge-mail/store/digests.h"

#define DIGEST_MAX_BYTES ((size_t)512 * 1024) /* of each; what does not fit waits for the next */

/* Both live in the arena. *used_out: how many of the items, from the first on, have found room; at
 * least one. */
void digest_write(struct arena *arena, const struct room_item *items, size_t count, bool english,
	struct str *text_out, struct str *html_out, size_t *used_out);

/* When the next daily digest leaves: at `hour` o'clock local time, after `now`. ms. */
int64_t digest_daily_at(int64_t now, unsigned hour);

#endif
