/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent wrote in a thread's room, read from the event: its text, its file, and what says
 * whether it leaves by mail. The rule itself needs the rows and stands in answers.c.
 */
#ifndef PARVIS_BRIDGE_ANSWER_EVENT_H
#define PARVIS_BRIDGE_ANSWER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/json/json.h"

struct answer_event {
	struct str event_id;
	struct str sender;
	int64_t at;	    /* origin_server_ts */
	bool command;	    /* began with !envoyer or !send, which is taken away */
	struct str edits;   /* event that it puts this text in the place of, or empty */
	struct str replies; /* event that it answers by itself, or empty */
	struct str thread;  /* root of its Matrix thread, or empty */
	struct str text;    /* without the quote that old clients put in front */
	struct str html;    /* as the client wrote it, without such a quote; or empty */
	struct str mxc;	    /* file, or empty */
	struct str file_name;
	struct str file_type;
};

/* STATUS_NOT_FOUND: nothing that could leave (a notice, a redacted message). Of an edit the new
 * text is read, and neither replies nor thread. Borrows from the JSON and the arena. */
MUST_CHECK enum status answer_event_read(
	struct arena *arena, const struct json *event, struct answer_event *out);

#endif
