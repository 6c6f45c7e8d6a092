/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SFU as a whole: made in main, passed down. Each member has a folder of its own.
 *
 * Layers, top to bottom (a file includes its own layer and those below only):
 *	main · api/ and signal/ · meeting/ · media/ · transport/ and store/ · common/
 *
 * Threads. One signalling thread (role on_signal) runs the libwebsockets loop and owns sessions,
 * meetings and participants. Each media thread (role on_media) runs epoll over its own UDP socket
 * and owns the transports, tracks and downtracks of its meetings. Between them only messages pass
 * (media/messages.h). The HTTP workers of the meeting page and the token service (api/) touch
 * neither: they read the database, meeting/occupancy.h, which has a lock of its own, and what
 * never changes after start.
 */
#ifndef PARVIS_SFU_H
#define PARVIS_SFU_H

#include <stdatomic.h>

#include "common/base/mailbox.h"
#include "common/base/str.h"
#include "sfu/transport/candidates.h"

struct config;
struct metrics;
struct http_server;
struct dtls_identity;
struct media_threads;
struct occupancy;
struct db_writer;
struct signal_server;

struct sfu {
	/* Set before the first thread starts and constant from then on: any thread may read. */
	const struct config *config;
	struct str api_key;		  /* LiveKit API key, `iss` of the tokens */
	struct str api_secret;		  /* never logged */
	const struct dtls_identity *dtls; /* transport/dtls.h: our certificate, its fingerprint */
	struct candidates candidates;	  /* transport/candidates.h: addresses told to clients */
	struct metrics *metrics;
	struct media_threads *media;  /* media/media_threads.h; signalling tells them */
	struct mailbox *media_events; /* of struct media_event: media threads to signalling */

	char *database;			/* path: store/ */
	struct db_writer *writer;	/* any thread */
	struct mailbox *webhooks_ready; /* wakes api/webhooks.h: rows are there */
	struct occupancy *occupancy;	/* meeting/: who sits where; any thread */

	struct signal_server *signal; /* signal/: the libwebsockets loop, and the meetings */
	struct http_server *http;     /* api/: the meeting page and the token service */
	atomic_bool stopping;
};

#endif
