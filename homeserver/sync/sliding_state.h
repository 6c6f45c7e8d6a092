/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one connection's client holds (MSC4186, "Connections"), as bytes in the store.
 *
 * A token is a stream position P and the number of such a state. A room that is LIVE in the state
 * was told up to P: so a client that is told of everything at once keeps one state for as long as
 * its requests stay the same, and nothing is written. What happens in a room that is not told makes
 * it "told up to" a fixed position.
 */
#ifndef PARVIS_HOMESERVER_SLIDING_STATE_H
#define PARVIS_HOMESERVER_SLIDING_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"

#define SLIDING_STATE_MAX ((size_t)2 * 1024 * 1024) /* bytes: some 100,000 rooms */

enum sliding_stream {
	SLIDING_EVENTS, /* and all else that stands in a room's result */
	SLIDING_ACCOUNT_DATA,
	SLIDING_RECEIPTS,
	SLIDING_TYPING,
	SLIDING_STREAMS,
};

/* Beside positions, which are not below 0. */
#define SLIDING_NEVER (-2)
#define SLIDING_LIVE  (-1)

/* The rules of sliding_rule.h under which a room was told, by hash, sorted. */
struct sliding_rules {
	uint64_t *items;
	size_t count;
};

struct sliding_known {
	int64_t room_key;
	int64_t told[SLIDING_STREAMS]; /* up to where; or NEVER, LIVE */
	int64_t timeline_limit;
	struct sliding_rules rules;
	bool is_dm;
};

struct sliding_state {
	struct sliding_known *rooms; /* by room_key */
	size_t count;
};

/* STATUS_INVALID for bytes that sliding_state_write() did not write. */
MUST_CHECK enum status sliding_state_parse(
	struct arena *arena, struct str bytes, struct sliding_state *out);
/* One text for one state. STATUS_TOO_LARGE when the buffer overflows. */
MUST_CHECK enum status sliding_state_write(const struct sliding_state *state, struct buf *out);
/* NULL for a room that is not in it. */
const struct sliding_known *sliding_state_find(const struct sliding_state *state, int64_t room_key);

/* Adds a hash, unless it is there. */
void sliding_rules_add(struct arena *arena, struct sliding_rules *rules, uint64_t hash);
bool sliding_rules_have(const struct sliding_rules *rules, uint64_t hash);

#endif
