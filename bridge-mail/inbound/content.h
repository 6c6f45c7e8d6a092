/* SPDX-License-Identifier: Apache-2.0 */
/* The contents of the events that a mail makes, as JSON texts. The same rows and the same mail
 * always give the same content. */
#ifndef PARVIS_BRIDGE_CONTENT_H
#define PARVIS_BRIDGE_CONTENT_H

#include "bridge-mail/message/body.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/store/verdicts.h"
#include "common/base/arena.h"

struct content_source {
	const struct delivery *delivery;
	const struct mail *mail;
	const struct body *body; /* of the mail */
	const struct verdict *verdict;
	const struct thread *thread;
	struct str txn_id;
	struct str reply_to_event; /* the event of the mail that it answers, or empty */
	struct str thread_root;	   /* the event that a file hangs from, out of the way; or empty */
};

/* m.room.message with the mail's text; a notice when a program wrote it or nobody can read it. */
struct str content_text(struct arena *arena, const struct content_source *source);

/* As above, with a text of ours in the mail's place. */
struct str content_notice(
	struct arena *arena, const struct content_source *source, const struct body *body);

struct content_file {
	struct str name;
	struct str content_type;
	int64_t size;
	struct str mxc;
};

/* m.room.message with an uploaded file: m.image, m.video, m.audio or m.file. */
struct str content_of_file(
	struct arena *arena, const struct content_source *source, const struct content_file *file);
/* In its place, when the homeserver will not have the file. */
struct str content_refused_file(
	struct arena *arena, const struct content_source *source, const struct content_file *file);

#endif
