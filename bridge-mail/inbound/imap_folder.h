/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a folder: every mail that is new becomes a file and a row here, each in one change with
 * the note that it was read; after that it is moved, flagged or deleted there, as configured. At
 * any point a crash leaves something that the next reading finishes: a mail without a row is
 * fetched again, one with a row is put away again.
 *
 * Drafts and mails marked as deleted are passed over, as is what is over mail_max_bytes or cannot
 * be had from the server: these stay there as they are, with the reason in a row and in the log.
 */
#ifndef PARVIS_BRIDGE_IMAP_FOLDER_H
#define PARVIS_BRIDGE_IMAP_FOLDER_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/inbound/imap_session.h"
#include "bridge-mail/inbound/recipients.h"
#include "bridge-mail/store/imap.h"

struct imap_source {
	struct bridge *bridge;
	const struct config_imap *config;
	const struct recipients *recipients;
	struct db *db; /* reader of the calling thread */
	struct imap_session *session;
	struct imap_folder folder; /* its row; filled by imap_folder_open() */
	int64_t tried_uid;	   /* that the server would not give, and how often */
	unsigned tries;
	uint64_t taken; /* mails, since the start */
};

/* Selects the folder and finds or makes its row: at the first time, and when its UIDVALIDITY has
 * changed. Statuses as of imap_command(), and STATUS_IO (disk, database). */
MUST_CHECK enum status imap_folder_open(struct imap_source *source);
/* Takes what is new and puts away what is safe. `why` of a STATUS_IO is in the log already. */
MUST_CHECK enum status imap_folder_read(struct imap_source *source);

#endif
