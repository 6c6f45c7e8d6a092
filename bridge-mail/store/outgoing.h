/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails that leave. A mail has one row, each recipient one of its own with a state of its own:
 * two recipients that a server puts off are two entries, and one SMTP transaction serves one.
 */
#ifndef PARVIS_BRIDGE_STORE_OUTGOING_H
#define PARVIS_BRIDGE_STORE_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum outgoing_state {
	OUTGOING_QUEUED = 0,
	OUTGOING_SENDING = 1,	/* the server has the mail but for its end, or all of it */
	OUTGOING_UNCLEAR = 2,	/* as queued; the mail was given, the answer to it was not seen */
	OUTGOING_SENT = 3,	/* the server has said so */
	OUTGOING_FAILED = 4,	/* refused for good, or tried for too long */
	OUTGOING_CANCELLED = 5, /* taken back before it left */
};

/* What was said of a mail after a server had taken it. */
enum outgoing_report {
	OUTGOING_NO_REPORT = 0,
	OUTGOING_DELAYED = 1, /* still being tried */
	OUTGOING_BOUNCED = 2, /* it has not arrived and will not */
};

enum outgoing_priority {
	OUTGOING_OF_PERSON = 0,	 /* somebody answers */
	OUTGOING_OF_PROGRAM = 1, /* digests and what else can wait */
	OUTGOING_PRIORITIES = 2, /* how many */
};

struct outgoing_mail {
	int64_t outgoing_id;
	int64_t thread_id;
	struct str event_id;	 /* what it was made from: one mail for each event */
	struct str message_id;	 /* without <> */
	struct str mail_from;	 /* envelope sender */
	struct str content_hash; /* store/mail_files.h */
	int64_t created_at;
	enum outgoing_priority priority; /* not filled by outgoing_by_event() */
	/* May all be left empty: the mail then leaves at once and never changes. */
	int64_t hold_ms;      /* outgoing_add() only: how long it waits for its author's mind */
	bool held;	      /* it had to wait */
	struct str author;    /* user id of who wrote it */
	struct str text_hash; /* of what it says: an edit that says the same changes nothing */
	struct str corrects;  /* event whose mail this one corrects */
};

/* STATUS_EXISTS when the event has its mail already. */
MUST_CHECK enum status outgoing_add(struct db_tx *tx, const struct outgoing_mail *mail,
	const struct str *recipients, size_t recipient_count, int64_t *outgoing_id_out)
	REQUIRES(on_writer);
MUST_CHECK enum status outgoing_by_event(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out);

/* The mail that corrects the event's and has not left yet, or STATUS_NOT_FOUND. */
MUST_CHECK enum status outgoing_open_correction(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out);
/* The newest mail that corrects the event's. */
MUST_CHECK enum status outgoing_last_correction(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out);
/* By Message-ID; the newest, should there be several. */
MUST_CHECK enum status outgoing_by_message(
	struct db *db, struct str message_id, struct arena *arena, struct outgoing_mail *out);
MUST_CHECK enum status outgoing_get(
	struct db *db, int64_t outgoing_id, struct arena *arena, struct outgoing_mail *out);
/* Puts another text in the place of one that has not left for anybody. STATUS_CONFLICT when it
 * has, or may have. */
MUST_CHECK enum status outgoing_replace(struct db_tx *tx, int64_t outgoing_id,
	struct str content_hash, struct str text_hash) REQUIRES(on_writer);

struct outgoing_cancelled {
	int64_t cancelled; /* recipients that will not get it, cancelled now or before */
	int64_t left;	   /* recipients that have it, or may have it */
};
/* Takes a mail back from whoever does not have it. */
MUST_CHECK enum status outgoing_cancel(struct db_tx *tx, int64_t outgoing_id, int64_t now,
	struct outgoing_cancelled *out) REQUIRES(on_writer);
/* How many recipients have it, or may have it. */
MUST_CHECK enum status outgoing_left_count(struct db *db, int64_t outgoing_id, int64_t *out);
/* How many recipients it has yet to be given to. */
MUST_CHECK enum status outgoing_open_count(struct db *db, int64_t outgoing_id, int64_t *out);

struct outgoing_recipient {
	struct outgoing_mail mail;
	struct str address;
	enum outgoing_state state;
	int64_t attempts;
	int64_t next_try_at;
	struct str last_reply; /* of the server, or our reason; may be empty */
};

/* The queued or unclear recipient of that priority that is due first, due or not yet. Mails of one thread to one
 * address keep their order: one that waits holds those behind it. */
MUST_CHECK enum status outgoing_next(struct db *db, enum outgoing_priority priority,
	struct arena *arena, struct outgoing_recipient *out);
/* The first recipient in state SENDING: at start, what a crash left open. */
MUST_CHECK enum status outgoing_next_sending(
	struct db *db, struct arena *arena, struct outgoing_recipient *out);
/* `last_reply` may be empty. attempts grows by one on the way back to QUEUED or UNCLEAR. */
MUST_CHECK enum status outgoing_set(struct db_tx *tx, int64_t outgoing_id, struct str address,
	enum outgoing_state state, int64_t next_try_at, int64_t now, struct str last_reply)
	REQUIRES(on_writer);
/* From QUEUED or UNCLEAR to SENDING. STATUS_CONFLICT when it was cancelled, or its mail replaced by
 * another than content_hash, in the meantime. */
MUST_CHECK enum status outgoing_begin(struct db_tx *tx, const struct outgoing_recipient *recipient,
	int64_t now) REQUIRES(on_writer);
/* The oldest recipient SENT or FAILED of which the room does not know yet. */
MUST_CHECK enum status outgoing_next_untold(
	struct db *db, struct arena *arena, struct outgoing_recipient *out);
MUST_CHECK enum status outgoing_set_told(struct db_tx *tx, int64_t outgoing_id, struct str address)
	REQUIRES(on_writer);
/* When the newest but `count` - 1 was sent: for the rate per hour. STATUS_NOT_FOUND when fewer
 * have been sent. */
MUST_CHECK enum status outgoing_sent_at(struct db *db, int64_t count, int64_t *at_out);

/* Notes a report on a recipient, its worst so far; *changed_out: it was news. STATUS_NOT_FOUND when
 * the mail has no such recipient. */
MUST_CHECK enum status outgoing_report(struct db_tx *tx, int64_t outgoing_id, struct str address,
	enum outgoing_report report, struct str text, bool *changed_out) REQUIRES(on_writer);

struct outgoing_reported {
	struct outgoing_recipient recipient;
	enum outgoing_report report;
	struct str text; /* what the server said */
};
/* A report of which the room does not know yet. */
MUST_CHECK enum status outgoing_next_report(
	struct db *db, struct arena *arena, struct outgoing_reported *out);
MUST_CHECK enum status outgoing_report_told(struct db_tx *tx, int64_t outgoing_id,
	struct str address, enum outgoing_report report) REQUIRES(on_writer);
/* Addresses of all the mail's recipients, as they were written. */
MUST_CHECK enum status outgoing_addresses(struct db *db, int64_t outgoing_id, struct arena *arena,
	struct str **list_out, size_t *count_out);

#endif
