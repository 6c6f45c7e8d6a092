/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meetings: who is in, what they publish and receive, when it is over. Knows neither sockets
 * nor the signalling's messages: what others must be told goes to the listener, what media must do
 * goes to it as commands. All of it on_signal; times are given by the caller.
 */
#ifndef PARVIS_SFU_MEETING_H
#define PARVIS_SFU_MEETING_H

#include "common/base/map.h"
#include "sfu/meeting/participant.h"

struct candidates;
struct occupancy;
struct meetings;

#define DEPARTED_MAX 8

/* Somebody who has just left: who resumes a connection must hear of it. */
struct departed {
	char sid[SID_MAX];
	char *identity; /* owned; NULL: unused */
	int64_t at_ms;	/* monotonic */
};

struct meeting {
	struct meetings *all;
	uint64_t id; /* media's */
	char sid[SID_MAX];
	char *name;
	char *objective;
	char *metadata;		     /* set from outside; NULL: what the page tells */
	int64_t created_ms, ends_ms; /* wall clock */
	bool warned;
	int64_t keep_until_ms; /* monotonic: while nobody is in, it stays open so long */
	int64_t now_ms;	       /* monotonic, of the last tick */
	struct participant *list[MEETING_SEATS];
	unsigned count;
	struct departed departed[DEPARTED_MAX];
	unsigned departed_next;
};

/* What is known of a meeting before anybody is in it. */
struct meeting_terms {
	struct str objective;
	int64_t ends_ms; /* 0: an hour from now */
};

struct meeting_now {
	int64_t wall_ms, mono_ms;
};

enum meeting_news {
	NEWS_OPENED,
	NEWS_JOINED,
	NEWS_PUBLISHED,
	NEWS_UNPUBLISHED,
	NEWS_LEFT,
	NEWS_CLOSED,
};

struct meeting_listener {
	void *context;
	/* STATUS_OK; STATUS_NOT_FOUND: there is no such meeting; STATUS_DENIED: it is over. */
	enum status (*terms)(void *context, struct arena *arena, struct str room, int64_t wall_ms,
		struct meeting_terms *out);
	/* The first person is in: the hour runs. */
	void (*opened)(void *context, const struct meeting *meeting);
	void (*media)(void *context, struct media_command *command); /* takes it */
	/* What others see of it has changed (state, tracks, name ...). */
	void (*participant_changed)(void *context, struct participant *participant);
	void (*meeting_changed)(void *context, struct meeting *meeting);
	/* Its subscriptions ask for a negotiation. */
	void (*negotiate)(void *context, struct participant *participant);
	/* Out of the meeting already, freed on return; participant->reason says why. */
	void (*left)(void *context, struct meeting *meeting, struct participant *participant);
	void (*speakers)(void *context, struct meeting *meeting, const struct media_speakers *now);
	void (*quality_changed)(void *context, struct participant *participant);
	void (*data)(void *context, struct participant *participant, enum media_channel channel,
		struct str bytes);
	/* renditions[].told have changed: the publisher is to send these. */
	void (*quality_wanted)(void *context, struct publication *publication);
	/* subscription->held_back has changed. */
	void (*stream_changed)(void *context, struct subscription *subscription);
	/* subscription->refused has changed. */
	void (*permission_changed)(void *context, struct subscription *subscription);
	/* Muted, or not any more, by somebody else than its publisher. */
	void (*muted)(void *context, struct publication *publication);
	/* For those outside. What the news is not about is NULL. May be NULL. */
	void (*news)(void *context, enum meeting_news news, const struct meeting *meeting,
		const struct participant *participant, const struct publication *publication);
};

struct meetings {
	struct meeting_listener listener;
	const char *fingerprint;
	const struct candidates *candidates;
	struct occupancy *occupancy;
	struct map *by_name;
	struct map *participants; /* by the 8 bytes of their id */
	uint64_t last_id;
};

void meetings_init(struct meetings *meetings);
/* Everybody is out already. */
void meetings_release(struct meetings *meetings);
uint64_t meetings_next_id(struct meetings *meetings);

/* Whether that person may come in now: STATUS_OK; STATUS_LIMITED: all seats are taken;
 * STATUS_NOT_FOUND, STATUS_DENIED as in terms(); STATUS_UNAVAILABLE: too many meetings. Nothing
 * changes. */
MUST_CHECK enum status meetings_may_enter(
	struct meetings *meetings, const struct grants *grants, const struct meeting_now *now);
/* Takes a seat; an older participant of that identity leaves first (LEAVE_DUPLICATE). */
MUST_CHECK enum status meetings_enter(struct meetings *meetings, const struct grants *grants,
	const struct meeting_now *now, struct participant **out);
/* NULL when nobody of that name is in, or with another sid (empty: any). */
struct participant *meetings_find(
	struct meetings *meetings, struct str room, struct str identity, struct str sid);
/* Opens it before anybody comes, and keeps it open for so long; one that is open stays as it is.
 * Errors as of meetings_may_enter(). */
MUST_CHECK enum status meetings_open(struct meetings *meetings, struct str room,
	const struct meeting_now *now, int64_t keep_ms, struct meeting **out);
/* Everybody leaves, and it closes. */
void meeting_end(struct meeting *meeting, enum leave_reason reason, int64_t mono_ms);
void meeting_set_metadata(struct meeting *meeting, struct str metadata);
/* Gives the seat free and the participant's memory back. The last one closes the meeting. */
void meeting_leave(struct participant *participant, enum leave_reason reason, int64_t mono_ms);
/* Time-outs: seats of lost connections, the warning, the end of the hour. */
void meetings_tick(struct meetings *meetings, const struct meeting_now *now);
void meetings_end_all(struct meetings *meetings, enum leave_reason reason);
/* For each participant: *cursor starts at 0. It may leave meanwhile. */
bool meetings_next(const struct meetings *meetings, size_t *cursor, struct participant **out);

void meetings_media_event(
	struct meetings *meetings, const struct media_event *event, const struct meeting_now *now);
void meeting_tell(enum meeting_news news, const struct meeting *meeting,
	const struct participant *participant, const struct publication *publication);
void participant_set_state(struct participant *participant, enum participant_state state);
/* Its name, metadata or attributes were: others are told. */
void participant_changed(struct participant *participant);
/* Its WebSocket is gone; the seat is kept for SEAT_GRACE_MS while media is there or may come. */
void participant_detach(struct participant *participant, int64_t mono_ms);

/* --- tracks ----------------------------------------------------------------------------------- */

/* STATUS_DENIED: not permitted; STATUS_TOO_LARGE: TRACKS_MAX; STATUS_EXISTS: the cid is taken. */
MUST_CHECK enum status meeting_add_track(struct participant *participant,
	const struct track_description *says, struct publication **out);
void meeting_set_muted(struct publication *publication, bool muted);
/* The same, by the meeting: its publisher is told. */
void meeting_mute_for(struct publication *publication, bool muted);
/* Its description was changed: others are told. */
void meeting_track_changed(struct publication *publication);
/* It is negotiated: others learn of it, and receive it. */
void meeting_rendition_live(struct rendition *rendition, int64_t mono_ms);
/* The publisher sends it no more; with the first one the track goes. */
void meeting_remove_rendition(struct rendition *rendition);
void meeting_remove_track(struct publication *publication);
struct publication *meeting_track(struct meeting *meeting, struct str sid);

/* Wishes to receive; nothing happens when it is so already. */
void meeting_subscribe(struct participant *participant, struct publication *publication);
void meeting_subscribe_all(struct participant *participant);
void meeting_unsubscribe(struct participant *participant, struct publication *publication);
void meeting_set_downtrack(
	struct subscription *subscription, const struct media_downtrack_settings *settings);
/* Its codecs are negotiated: it gets the first rendition that it can read, now or when the
 * publisher sends it. False: it can read none. */
bool meeting_start_subscription(struct subscription *subscription);
/* Nobody gets this one any more. */
void meeting_stop_rendition(struct rendition *rendition);
void meeting_drop_subscriptions(const struct publication *publication);
/* What a publisher permits has changed: subscriptions end, or begin. */
void meeting_apply_permissions(struct participant *publisher);

/* meeting_quality.c */
void meeting_review_quality(struct publication *publication);
void meeting_review_qualities(struct meeting *meeting);

#endif
