/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much mail there was, and how much there would be with a part of the people in chat. Pure
 * arithmetic over what the replay observes.
 *
 * Before, every reader (To and Cc, without the author and without our own mailbox) gets a copy of
 * every mail. After, each thread has members: everybody whom one of its mails has named so far. A
 * share of the people stays on mail: a person's place in that order is made from the address, so that
 * who is among the 20 % is among the 50 %. They get
 *
 *	an invitation	when a thread names them first: one mail, which carries that message
 *	a digest	for each thread and day on which somebody else wrote in it: one mail
 *
 * and each of their own messages is one mail to the bridge. Everybody else is told of each message of
 * somebody else in their threads: as clients do in a room unless told otherwise.
 */
#ifndef PARVIS_BRIDGE_REPORT_COUNTS_H
#define PARVIS_BRIDGE_REPORT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge-mail/message/mail.h"

#define REPORT_SHARES 4

/* Percent of the people who are still on mail. */
extern const int report_shares[REPORT_SHARES];

/* All text is decoded UTF-8; raw MIME is compared with raw MIME only. */
struct report_mail {
	int64_t thread_id; /* counted from 1, as rows are */
	int64_t day;	   /* of the mail, days since 1970 */
	struct str author; /* address; empty: none */
	const struct mail_addresses *to;
	const struct mail_addresses *cc;
	struct str mailbox;   /* our own address, no reader */
	int64_t raw_bytes;    /* MIME, as it came */
	int64_t part_bytes;   /* MIME that it adds to a mail of ours: text and files, no headers */
	int64_t text_bytes;   /* decoded, unfolded */
	int64_t shown_bytes;  /* decoded, as shown in the room */
	int64_t words;	      /* unfolded */
	int64_t folded_words; /* not shown in the room */
	int64_t lost_words;   /* of these, such as no earlier mail of the thread has said */
	int64_t files;
	int64_t file_bytes;	/* decoded */
	int64_t new_file_bytes; /* of files that were not there before */
	bool bounce;		/* a delivery report */
	bool duplicate;		/* came again: it is in no room twice */
};

struct report_share {
	int64_t invitations;
	int64_t digests;
	int64_t mails_in;     /* written by people on mail, and bounces */
	int64_t mime_out;     /* bytes of invitations and digests */
	int64_t mime_in;      /* bytes of what came in */
	int64_t notices_mail; /* one for each mail that people get */
	int64_t notices_chat; /* one for each message of somebody else */
};

struct report_counts {
	int64_t mails, duplicates, bounces, threads, people, unreadable, set_aside;
	/* before */
	int64_t copies, mime_copies, mime_single;
	int64_t text_copies, text_single, file_copies, file_single;
	/* after */
	int64_t shown, stored_files; /* decoded bytes in rooms; each file once */
	int64_t words, folded_words, lost_words, files;
	struct report_share shares[REPORT_SHARES];
};

struct report_model; /* who is in which thread */

/* header_bytes: of a mail of ours without text. */
struct report_model *report_model_new(int64_t header_bytes);
void report_model_free(struct report_model **model);
void report_model_add(struct report_model *model, const struct report_mail *mail);
const struct report_counts *report_model_counts(const struct report_model *model);
/* For what the model does not see. */
struct report_counts *report_model_more(struct report_model *model);

/* 0 to 99: a person is among `percent` when this is below. */
int report_place(struct str address);

#endif
