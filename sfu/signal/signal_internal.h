/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#ifndef PARVIS_SFU_SIGNAL_INTERNAL_H
#define PARVIS_SFU_SIGNAL_INTERNAL_H

#include <pthread.h>

#include "common/db/db.h"
#include "sfu/signal/lws.h"
#include "sfu/signal/session.h"
#include "sfu/signal/signal.h"

struct metric;

struct signal_server {
	struct sfu *sfu;
	struct lws_server *lws;
	struct meetings meetings;
	struct db *db;	       /* this thread's reader */
	struct mailbox *asked; /* of struct ask: signal_ask() */
	pthread_t thread;
	struct metric *joins, *refusals, *messages_in, *messages_out;
};

struct meeting_now signal_now(void);
/* What the meetings want done and told: notices.c. */
struct meeting_listener notices_listener(struct signal_server *server);

#endif
