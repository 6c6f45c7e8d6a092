/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The homeserver as a whole: made in main, passed down. Each member has a folder of its own.
 *
 * Layers, top to bottom (a file includes its own layer and those below only):
 *	main · api/ · sync/ push/ media/ keys/ appservice/ · room/ · stream/ · store/ · common/
 */
#ifndef PARVIS_HOMESERVER_H
#define PARVIS_HOMESERVER_H

#include <stdatomic.h>

#include "common/base/str.h"
#include "common/db/db_writer.h"

struct config;
struct signing_key;
struct streams;
struct typing;
struct presence;
struct auth_cache;
struct media_files;
struct thumbnailer;
struct unread;
struct push_delivery;
struct delayed_events;
struct appservices;
struct as_delivery;
struct rate_limits;
struct uia;
struct passwords;
struct metrics;
struct http_server;
struct event;

/*
 * Called inside the writer for each event accepted into a room, after its state has been applied
 * and before the commit: unread counts, application services' queues. A failure rolls the event
 * back. Define them with REQUIRES(on_writer).
 */
struct room_observer {
	enum status (*on_event)(struct db_tx *tx, const struct event *event);
};

#define HOMESERVER_MAX_OBSERVERS 8

struct homeserver {
	const struct config *config;
	struct str server_name;
	struct signing_key *signing_key; /* room/signing.h */
	struct db_writer *writer;	 /* its context is this struct */
	struct streams *streams;	 /* stream/streams.h: positions and who waits for them */
	struct typing *typing;		 /* sync/typing.h: in memory only */
	struct presence *presence;	 /* sync/presence.h; NULL: switched off */
	struct media_files *media;	 /* media/media_files.h */
	struct thumbnailer *thumbnailer; /* media/thumbnailer.h */
	struct auth_cache *auth_cache;	 /* room/auth_cache.h: the writer's */
	struct unread *unread;		 /* push/unread.h: push rules at hand */
	struct push_delivery *push_delivery;   /* push/push_delivery.h: to push gateways */
	struct delayed_events *delayed_events; /* room/delayed_events.h: sent when they are due */
	struct appservices *appservices;       /* appservice/appservices.h */
	struct as_delivery *as_delivery;       /* appservice/as_delivery.h: transactions to them */
	struct rate_limits *limits;	       /* api/rate_limits.h */
	struct uia *uia;		       /* api/uia_sessions.h: interactive authentication */
	struct passwords *passwords;	       /* api/passwords.h: turns at hashing */
	struct metrics *metrics;
	struct http_server *http;
	struct room_observer observers[HOMESERVER_MAX_OBSERVERS];
	unsigned observer_count;
	atomic_uint identity_waiting; /* api/identity.h: workers that wait for an answer */
	atomic_bool stopping;
};

/* The homeserver of a change under way. */
static inline struct homeserver *homeserver_of(const struct db_tx *tx)
{
	return tx->context;
}

#endif
