/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each folder at a provider was read (RFC 9051, 2.3.1.1): a mail is known by its folder,
 * the folder's UIDVALIDITY and its UID. Its row is written in one change with the mail's own, so
 * that a crash leaves both or none.
 */
#ifndef PARVIS_BRIDGE_STORE_IMAP_H
#define PARVIS_BRIDGE_STORE_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct imap_folder {
	int64_t folder_id;
	int64_t uid_validity;
	int64_t next_uid; /* the lowest that was not looked at yet */
	int64_t since;	  /* when it was read for the first time, ms */
	/* Mails below that UID were there before we knew these numbers: not all are taken. */
	int64_t existing_to;
	bool renumbered; /* UIDVALIDITY has changed since the first time */
};

enum imap_mail_state {
	IMAP_MAIL_KEPT = 0,   /* safe here, nothing done at the provider yet */
	IMAP_MAIL_DONE = 1,   /* and moved, flagged or deleted there */
	IMAP_MAIL_PASSED = 2, /* not taken, with a reason; left as it is */
};

MUST_CHECK enum status imap_folder_find(
	struct db *db, struct str account, struct str folder, struct imap_folder *out);
/* Makes the row, or starts anew under another UIDVALIDITY: what was known by the old one is
 * forgotten, `since` stays. */
MUST_CHECK enum status imap_folder_put(struct db_tx *tx, struct str account, struct str folder,
	const struct imap_folder *row, int64_t *folder_id_out) REQUIRES(on_writer);
MUST_CHECK enum status imap_folder_advance(struct db_tx *tx, int64_t folder_id, int64_t next_uid)
	REQUIRES(on_writer);

/* mail_id 0: none. STATUS_EXISTS when that UID has its row. */
MUST_CHECK enum status imap_mail_add(struct db_tx *tx, const struct imap_folder *folder,
	int64_t uid, int64_t mail_id, enum imap_mail_state state, struct str reason)
	REQUIRES(on_writer);
/* From KEPT to DONE. */
MUST_CHECK enum status imap_mail_done(
	struct db_tx *tx, const struct imap_folder *folder, int64_t uid) REQUIRES(on_writer);
/* UIDs of those that are KEPT, lowest first, at most `max`. */
MUST_CHECK enum status imap_mails_kept(struct db *db, const struct imap_folder *folder,
	int64_t *uids, size_t max, size_t *count_out);

#endif
