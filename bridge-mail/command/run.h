/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command from chat, carried out: who may, what it changes, what the room is told. The change is
 * made in one piece with a row that says so (store/commands.h); what follows on the server
 * (answers, links, spaces) can be done again, so that a crash at any point leaves a command that
 * was carried out once and answered once.
 */
#ifndef PARVIS_BRIDGE_COMMAND_RUN_H
#define PARVIS_BRIDGE_COMMAND_RUN_H

#include "bridge-mail/command/parse.h"
#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/outbound/answer_event.h"
#include "bridge-mail/store/commands.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/store/transactions.h"

/* How it went; the numbers stand in rows: they stay. */
enum command_outcome {
	OUTCOME_DONE = 0,
	OUTCOME_NOT_MEMBER = 1,	 /* who asks is not in the mailbox's space */
	OUTCOME_UNKNOWN = 2,	 /* no such command */
	OUTCOME_ELSEWHERE = 3,	 /* not in this kind of room */
	OUTCOME_NO_PERSON = 4,	 /* to be assigned to nobody that we know, or who may not */
	OUTCOME_NO_TARGET = 5,	 /* no such thread */
	OUTCOME_SAME = 6,	 /* it is there already */
	OUTCOME_NO_MAIL = 7,	 /* no reply, or not to a mail of this thread */
	OUTCOME_WHOLE = 8,	 /* nothing would be left of the thread */
	OUTCOME_NO_MAILBOX = 9,	 /* no such mailbox */
	OUTCOME_NO_ADDRESS = 10, /* no address, or none that may be used */
	OUTCOME_TAKEN = 11,	 /* the address is another's */
	OUTCOME_NO_POWER = 12,	 /* a moderator may, others not */
	OUTCOME_NO_NUMBER = 13,	 /* nobody waits under that number */
	OUTCOME_LIMIT = 14,	 /* too many invitations */
	OUTCOME_NO_PERIOD = 15,	 /* neither hour, day nor off */
};

/* What one command works on; texts live in the arena. */
struct command_run {
	const struct matrix_session *session;
	struct arena *arena;
	struct command command;
	const struct answer_event *event;
	const struct json *content; /* of the event */
	struct str room_id;
	struct str as;	/* who of us answers; empty: the bot */
	unsigned place; /* enum command_place */
	struct thread thread;
	struct mailbox_row mailbox;
	struct command_row row;
	int64_t now;
};

/* In the room of a mailbox's thread. STATUS_NOT_FOUND: it is no command. */
MUST_CHECK enum status command_run(const struct matrix_session *session,
	const struct room_event_row *row, const struct json *event, const struct thread *thread,
	struct arena *arena);

/* The steps, also for rooms with people on mail (guest/). The message as a command: "!..." at its
 * start, or the bot's name. */
MUST_CHECK enum status command_read(struct command_run *run, const struct answer_event *event);
/* Answers the event in the language of the command. */
MUST_CHECK enum status command_answer(const struct command_run *run, struct str text);
/* For every outcome but DONE. */
struct str command_refusal(const struct command_run *run);

#endif
