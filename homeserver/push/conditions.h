/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions of push rules and how they are judged (specification, "Push Rules", "Conditions"). */
#ifndef PARVIS_HOMESERVER_CONDITIONS_H
#define PARVIS_HOMESERVER_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "homeserver/push/glob.h"

struct json;

#define CONDITION_MAX_DEPTH 16
/* Characters compared for one user and event, over all rules: a few milliseconds. */
#define CONDITION_BUDGET UINT64_C(1000000)

enum condition_kind {
	CONDITION_UNKNOWN, /* matches nothing */
	CONDITION_EVENT_MATCH,
	CONDITION_PROPERTY_IS,
	CONDITION_PROPERTY_CONTAINS,
	CONDITION_DISPLAY_NAME,
	CONDITION_MEMBER_COUNT,
	CONDITION_SENDER_PERMISSION,
};

enum condition_compare { COMPARE_EQ, COMPARE_LT, COMPARE_GT, COMPARE_LE, COMPARE_GE };

struct condition {
	enum condition_kind kind;
	struct str path[CONDITION_MAX_DEPTH]; /* of the property */
	size_t depth;
	bool is_body;		  /* the path is content.body: words, not the whole */
	bool is_user;		  /* the pattern or value is the id of the user concerned */
	struct folded pattern;	  /* event_match */
	const struct json *value; /* property_is, property_contains */
	enum condition_compare compare;
	int64_t number;
	struct str key; /* sender_notification_permission */
};

/* Stands for the user's own id in the patterns and values of default rules. */
#define CONDITION_USER STR("\x01user")

/* What the store or a client gave; what cannot be read becomes CONDITION_UNKNOWN. Borrows the
 * JSON. */
void condition_read(struct arena *arena, const struct json *json, struct condition *out);
/* Splits a dot-separated path with its escapes; false when it is too deep. */
bool condition_path(struct arena *arena, struct str text, struct str out[CONDITION_MAX_DEPTH],
	size_t *depth_out);

/* One event, asked about for one user after the other. */
struct condition_event {
	struct arena *arena;
	const struct json *pdu;
	struct str event_id;
	struct str room_id;
	int64_t member_count;
	struct folded body; /* made when first needed */
	bool has_body;
	/* Whether the sender may notify the room under that key. */
	bool (*may_notify)(struct condition_event *event, struct str key);
	/* The display name of the user in the room; empty when they have none. */
	struct str (*display_name)(struct condition_event *event, struct str user_id);
	void *context; /* of the two */
};

/* *budget starts at CONDITION_BUDGET. */
bool condition_matches(const struct condition *condition, struct condition_event *event,
	struct str user_id, uint64_t *budget);

#endif
