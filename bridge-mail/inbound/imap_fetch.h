/* SPDX-License-Identifier: Apache-2.0 */
/* Mails of the selected folder by their UIDs, each kept here before the next is asked for. */
#ifndef PARVIS_BRIDGE_IMAP_FETCH_H
#define PARVIS_BRIDGE_IMAP_FETCH_H

#include "bridge-mail/inbound/imap_folder.h"

#define IMAP_FETCH_TRIES 3 /* sessions in which a mail is asked for before it is passed over */

/* Lowest first, as many as imap_folder.c asks about at once. Those that have gone meanwhile are
 * left out. Statuses as of imap_folder_read(). */
MUST_CHECK enum status imap_fetch_mails(
	struct imap_source *source, const int64_t *uids, size_t count);
/* "4,7,12" for a command. */
struct str imap_uid_set(struct arena *arena, const int64_t *uids, size_t count);

#endif
