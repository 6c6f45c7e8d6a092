/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three steps by which a delivery becomes messages: read the mail, choose its thread, post it.
 * Each may be done again. They differ in what order they need: reading none; threading the order
 * in which the mails came; posting that order within a thread.
 */
#ifndef PARVIS_BRIDGE_HANDLING_H
#define PARVIS_BRIDGE_HANDLING_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/inbound/judging.h"
#include "bridge-mail/message/body.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/message/parser_pool.h"
#include "bridge-mail/store/mails.h"

/* What the steps work with: one for each thread. */
struct handler {
	struct bridge *bridge;
	struct db *db;		  /* reader of the calling thread */
	struct judging *judging;  /* of the calling thread; NULL: senders are not judged */
	struct parser_pool *pool; /* of all */
	const char *temp_dir;	  /* for the parsers */
};

/* A delivery on its way, with what was read of its mail. Lives in `arena`. */
struct handled {
	struct arena *arena;
	struct delivery delivery;
	const char *path; /* of the mail's file */
	struct mail mail;
	struct body body;
};

/* All: as in room_port.h; *why_out names the step that failed (a constant). */
MUST_CHECK enum status handling_read(
	const struct handler *handler, struct handled *handled, const char **why_out);
/* Afterwards delivery.state is DELIVERY_THREADED, or the mail goes no further and its row says so. */
MUST_CHECK enum status handling_thread(
	const struct handler *handler, struct handled *handled, const char **why_out);
MUST_CHECK enum status handling_post(
	const struct handler *handler, struct handled *handled, const char **why_out);

#endif
