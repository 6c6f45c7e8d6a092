/* SPDX-License-Identifier: Apache-2.0 */
/* presence.c and presence_tell.c among themselves. */
#ifndef PARVIS_HOMESERVER_PRESENCE_PRIVATE_H
#define PARVIS_HOMESERVER_PRESENCE_PRIVATE_H

#include "common/base/map.h"
#include "common/base/thread.h"
#include "homeserver/sync/presence.h"

/* Why somebody is unavailable: what makes them online again. */
enum presence_cause {
	CAUSE_SYNC,   /* their client said so when it synced: another such word, or activity */
	CAUSE_WISHED, /* they said so themselves, or were idle: activity only */
};

struct presence_user {
	char *user_id;
	enum presence_state state;
	enum presence_cause cause;
	char *status_msg;     /* NULL: none */
	int64_t last_active;  /* wall clock */
	int64_t active_ms;    /* the same on the other clock */
	int64_t online_until; /* a client that is online syncs until then */
	int64_t idle_until;   /* a client that is idle does */
	int64_t wants_until;  /* a sync of theirs tells presence until then */
	int64_t position;     /* of the last change that was told; 0: none */
	bool is_due;	      /* changed and not told yet */
	struct presence_user *next_due;
	struct presence_user *newer, *older; /* told ones, by position */
};

struct presence {
	struct homeserver *hs;
	struct db *db; /* the thread's */
	pthread_t thread;
	bool started;

	struct mutex lock; /* guards what follows */
	pthread_cond_t changed;
	struct map *users;
	struct presence_user *due;    /* a list */
	struct presence_user *newest; /* of those told */
	bool stopping;
};

/* The user as they are known, or as the row tells. NULL when too many people are here at once. */
struct presence_user *presence_user_add(struct presence *presence, const struct presence_row *row)
	REQUIRES(presence->lock);
void presence_mark_due(struct presence *presence, struct presence_user *user)
	REQUIRES(presence->lock);
/* It has been told at the position. */
void presence_mark_told(struct presence *presence, struct presence_user *user, int64_t position)
	REQUIRES(presence->lock);

#endif
