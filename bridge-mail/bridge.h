/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mail bridge as a whole: made in main, passed down. Each member has a folder of its own.
 *
 * Layers, top to bottom (a file includes its own layer and those below only):
 *	main · report/ · command/ guest/ inbound/ matrix/ outbound/ · thread/ trust/ · message/ ·
 *	store/ · common/
 *
 * Everything is a row before it is an action. A mail is a file and a row before it is
 * acknowledged; the thread that it belongs to and the messages that it will make are rows before
 * the first request leaves; a mail to send is a row before it is sent. Every step can be done
 * again: after a crash the program reads its rows and goes on.
 *
 * Threads: inbound/listener has one per connection, inbound/imap_watch one per folder at a
 * provider, inbound/processor four, matrix/ and outbound/ their own. Each opens a read-only
 * connection of its own; all changes go through `writer`. Start order in main: store, matrix,
 * queue, answers, processor, listener, imap, http; the end is the reverse.
 */
#ifndef PARVIS_BRIDGE_H
#define PARVIS_BRIDGE_H

#include <stdatomic.h>
#include <stdint.h>

#include "bridge-mail/room_port.h"
#include "common/base/str.h"
#include "common/db/db_writer.h"

struct config;
struct metrics;
struct http_server;
struct listener;      /* inbound/listener.h */
struct imap_watchers; /* inbound/imap_watch.h */
struct processor;     /* inbound/processor.h */
struct matrix;	      /* matrix/: the application service */
struct queue;	      /* outbound/: the submission queue */
struct answers;	      /* outbound/: what agents write */
struct matrix_port;   /* matrix/: the context of `rooms` */

#define BRIDGE_SECRET_BYTES 32

struct bridge {
	const struct config *config;
	const char *state_dir; /* data_dir/bridge-mail; holds bridge.db, secret, mails/, tmp/ */
	const char *db_path;   /* state_dir/bridge.db */
	const char *parser_program;	     /* absolute path of parvis-mail-parser */
	uint8_t secret[BRIDGE_SECRET_BYTES]; /* signs our Message-IDs; state_dir/secret, 0600 */
	struct db_writer *writer;	     /* its context is this struct */
	struct metrics *metrics;
	struct room_port rooms; /* matrix/'s side of what the processor asks for */
	struct processor *processor;
	struct listener *listener;
	struct imap_watchers *imap;
	struct matrix *matrix;
	struct matrix_port *port;
	struct queue *queue;
	struct answers *answers;
	struct http_server *http;
	atomic_bool stopping;
};

/* The bridge of a change under way. */
static inline struct bridge *bridge_of(const struct db_tx *tx)
{
	return tx->context;
}

#endif
