/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails that came in, and their deliveries: one for each mailbox that a mail was given for. The
 * delivery is the unit of work of the processor and carries its state.
 */
#ifndef PARVIS_BRIDGE_STORE_MAILS_H
#define PARVIS_BRIDGE_STORE_MAILS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum delivery_state {
	DELIVERY_RECEIVED = 0,	/* acknowledged; nothing else done */
	DELIVERY_THREADED = 1,	/* thread chosen, posts planned */
	DELIVERY_POSTED = 2,	/* everything is in the room */
	DELIVERY_DUPLICATE = 3, /* the same message came before */
	DELIVERY_FAILED = 4,	/* set aside with a reason; the file is kept */
};

struct mail_recipient {
	int64_t mailbox_id;
	struct str address; /* as given */
};

struct mail_receipt {
	struct str content_hash;
	int64_t size;
	const char *via;      /* "smtp", "lmtp" */
	struct str mail_from; /* empty: null sender */
	int64_t received_at;  /* wall clock, ms */
	const struct mail_recipient *recipients;
	size_t recipient_count; /* recipients of one mailbox make one delivery */
};

MUST_CHECK enum status mail_add(struct db_tx *tx, const struct mail_receipt *receipt,
	int64_t *mail_id_out) REQUIRES(on_writer);

struct delivery {
	int64_t delivery_id;
	int64_t mail_id;
	int64_t mailbox_id;
	struct str mailbox_address;
	struct str recipient;
	enum delivery_state state;
	int64_t thread_id; /* 0 until threaded */
	int64_t attempts;
	int64_t next_try_at;
	struct str content_hash;
	struct str mail_from;
	int64_t received_at;
};

/* The oldest open delivery above the given id, due or not. STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status delivery_next(
	struct db *db, int64_t after, struct arena *arena, struct delivery *out);
MUST_CHECK enum status delivery_get(
	struct db *db, int64_t delivery_id, struct arena *arena, struct delivery *out);
/* STATUS_EXISTS when another delivery of that mailbox has the same id and key. */
MUST_CHECK enum status delivery_set_thread(struct db_tx *tx, int64_t delivery_id, int64_t thread_id,
	struct str message_id, struct str content_key) REQUIRES(on_writer);
/* The other delivery of that mailbox with the same id and key, or STATUS_NOT_FOUND. */
MUST_CHECK enum status delivery_find_same(struct db *db, int64_t mailbox_id, struct str message_id,
	struct str content_key, int64_t *delivery_id_out);
MUST_CHECK enum status delivery_finish(struct db_tx *tx, int64_t delivery_id,
	enum delivery_state state, struct str reason) REQUIRES(on_writer);
/* One more attempt failed; not before next_try_at. */
MUST_CHECK enum status delivery_retry(struct db_tx *tx, int64_t delivery_id, int64_t next_try_at,
	struct str reason) REQUIRES(on_writer);
/* Open ones, for metrics. */
MUST_CHECK enum status deliveries_open_count(struct db *db, int64_t *out);

#endif
