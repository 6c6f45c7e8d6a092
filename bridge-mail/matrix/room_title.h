/* SPDX-License-Identifier: Apache-2.0 */
/* Names and topics of threads' rooms: what a list of rooms says about a thread at a glance. */
#ifndef PARVIS_BRIDGE_MATRIX_ROOM_TITLE_H
#define PARVIS_BRIDGE_MATRIX_ROOM_TITLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "config/config.h"

/* Whole characters, one line; a thread without a subject has a name, too. */
struct str room_title(struct arena *arena, struct str subject);
/* With "[fermé]" in front of a closed thread's. */
struct str room_title_of(
	struct arena *arena, struct str subject, bool closed, enum config_language language);

struct room_topic {
	int64_t thread_id; /* its number */
	bool closed;
	struct str assigned; /* name of who has taken it, or empty */
	struct str mailbox_address;
	enum config_language language; /* of the first line; what the room is, is said in both */
};
struct str room_topic(struct arena *arena, const struct room_topic *topic);

#endif
