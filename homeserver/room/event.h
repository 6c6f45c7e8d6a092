/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as the room engine and its readers hold it. Everything lives in one arena, that of the
 * request or change that read it.
 */
#ifndef PARVIS_HOMESERVER_EVENT_H
#define PARVIS_HOMESERVER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"
#include "common/json/json_writer.h"

struct json;
struct room_version;

struct event {
	struct str event_id;
	struct str room_id;
	struct str sender;
	struct str type;
	struct str state_key; /* p == NULL: not a state event */
	struct str
		redacts; /* of m.room.redaction, wherever the room version keeps it; else empty */
	int64_t origin_server_ts;
	int64_t depth;
	int64_t position;	/* stream position (stream/streams.h); 0 until stored */
	bool redacted;		/* `json` is the pruned form */
	struct str redacted_by; /* event id of the redaction, when redacted */
	const struct room_version *version;
	struct str json;	    /* the PDU, canonical, as stored */
	const struct json *pdu;	    /* parsed; NULL in events from lists (event_stored.h) */
	const struct json *content; /* its content */
	struct str content_text;    /* the same as text, where it was at hand; else empty */
};

static inline bool event_is_state(const struct event *event)
{
	return event->state_key.p != NULL;
}

#endif
