/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody in a meeting: outlives the WebSocket, so that a lost one can be resumed. on_signal. */
#ifndef PARVIS_SFU_PARTICIPANT_H
#define PARVIS_SFU_PARTICIPANT_H

#include "sfu/meeting/grants.h"
#include "sfu/meeting/link.h"
#include "sfu/meeting/publication.h"

struct meeting;

enum participant_state {
	PARTICIPANT_JOINING,
	PARTICIPANT_JOINED,
	PARTICIPANT_ACTIVE,
	PARTICIPANT_GONE
};

/* LiveKit's reasons for an end, by its numbers. */
enum leave_reason {
	LEAVE_UNKNOWN = 0,
	LEAVE_CLIENT = 1,
	LEAVE_DUPLICATE = 2,
	LEAVE_SHUTDOWN = 3,
	LEAVE_REMOVED = 4,
	LEAVE_MEETING_OVER = 5,
	LEAVE_STATE_MISMATCH = 6,
	LEAVE_JOIN_FAILURE = 7,
	LEAVE_TIMEOUT = 14,
	LEAVE_MEDIA_FAILURE = 15,
};

/* EXCELLENT and so on by LiveKit's numbers. */
enum connection_quality { QUALITY_POOR, QUALITY_GOOD, QUALITY_EXCELLENT, QUALITY_LOST };

/* One participant's wish to receive one publication. */
struct subscription {
	uint64_t id; /* media's downtrack */
	struct participant *subscriber;
	struct publication *publication;
	uint32_t ssrc, rtx_ssrc;
	bool bound;	/* has a section */
	bool started;	/* media forwards it */
	bool refused;	/* the publisher does not permit it */
	bool held_back; /* for want of bandwidth, says media */
	/* Once bound, what the subscriber can receive there, and which rendition it gets. */
	char mid[MEDIA_ID_MAX + 1];
	struct media_codec codecs[MEDIA_MAX_CODECS];
	unsigned codec_count;
	struct rendition *rendition; /* what it gets or, not started, waits for */
	struct media_downtrack_settings settings;
	struct subscription *next; /* of the subscriber */
};

#define PERMISSIONS_MAX (2 * MEETING_SEATS)

/* Whom a publisher permits to receive what. */
struct subscriber_permission {
	char sid[SID_MAX]; /* either this or the identity */
	char *identity;	   /* owned; NULL: unused */
	bool all_tracks;
	char tracks[TRACKS_MAX][SID_MAX];
	unsigned track_count;
};

struct participant {
	uint64_t id; /* media's */
	char sid[SID_MAX];
	struct meeting *meeting;
	char *identity, *name, *metadata;	     /* owned */
	struct attribute attributes[ATTRIBUTES_MAX]; /* owned */
	size_t attribute_count;
	bool can_publish, can_subscribe, can_publish_data, can_update_metadata;
	unsigned sources;
	enum participant_state state;
	enum leave_reason reason; /* once gone */
	int64_t joined_ms;	  /* wall clock */
	uint32_t version;	  /* counts changes */
	int32_t client_protocol;

	bool dual; /* two peer connections */
	bool auto_subscribe;
	struct link publisher;	/* of two; or the only one */
	struct link subscriber; /* of two */
	struct publication *publications;
	bool some_may_subscribe; /* those of the list only */
	struct subscriber_permission permissions[PERMISSIONS_MAX];
	unsigned permission_count;
	struct subscription *subscriptions;

	void *session;	     /* signal's; NULL while the WebSocket is lost */
	int64_t heard_ms;    /* monotonic: the last thing that it said */
	int64_t detached_ms; /* monotonic: when its session was lost */
	enum connection_quality quality;
	bool speaking;
	float level;		/* while it speaks: 0 to 1 */
	uint32_t reliable_seen; /* the last sequence number of its reliable data */
};

struct participant *participant_new(uint64_t id, const struct grants *grants, int64_t now_wall_ms);
void participant_free(struct participant **participant);

/* The link on which it receives. */
struct link *participant_receives_on(struct participant *participant);
struct publication *participant_publication(struct participant *participant, struct str sid);
struct publication *participant_publication_by_cid(struct participant *participant, struct str cid);
struct subscription *participant_subscription(
	struct participant *participant, const struct publication *publication);
unsigned participant_track_count(const struct participant *participant);
/* Media is there: connected and not lost since. */
bool participant_has_media(const struct participant *participant);

/* Everybody may receive what it publishes. */
void participant_allow_all(struct participant *participant);
bool participant_permits(const struct participant *participant,
	const struct participant *subscriber, const struct publication *publication);

void participant_set_name(struct participant *participant, struct str name);
void participant_set_metadata(struct participant *participant, struct str metadata);
/* An empty value removes the key. STATUS_TOO_LARGE past ATTRIBUTES_MAX. */
MUST_CHECK enum status participant_set_attribute(
	struct participant *participant, struct str key, struct str value);

#endif
