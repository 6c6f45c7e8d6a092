/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says of what it receives, and of who may receive what it sends. */
#include <stdio.h>

#include "common/base/mem.h"
#include "sfu/signal/requests.h"
#include "sfu/signal/responses.h"

#define SUBSCRIPTION_NOT_FOUND 2 /* SubscriptionError */
#define QUALITY_OFF	       3 /* VideoQuality */

static void subscribe_one(struct session *s, const char *sid, bool subscribe)
{
	struct participant *p = s->participant;
	struct publication *t = meeting_track(p->meeting, str_c(sid));
	if (t == NULL && subscribe) {
		Livekit__SubscriptionResponse body;
		livekit__subscription_response__init(&body);
		RESPONSE(response, SUBSCRIPTION_RESPONSE);
		char copy[SID_MAX];
		(void)snprintf(copy, sizeof(copy), "%s", text_ok(sid, SID_MAX - 1) ? sid : "");
		body.track_sid = copy;
		body.err = SUBSCRIPTION_NOT_FOUND;
		response.subscription_response = &body;
		response_send(s, &response);
	} else if (t != NULL && subscribe) {
		meeting_subscribe(p, t);
	} else if (t != NULL) {
		meeting_unsubscribe(p, t);
	}
}

void request_subscription(struct session *session, const Livekit__UpdateSubscription *request)
{
	for (size_t i = 0; i < request->n_track_sids; i++)
		subscribe_one(session, request->track_sids[i], request->subscribe);
	for (size_t i = 0; i < request->n_participant_tracks; i++) {
		const Livekit__ParticipantTracks *tracks = request->participant_tracks[i];
		for (size_t j = 0; j < tracks->n_track_sids; j++)
			subscribe_one(session, tracks->track_sids[j], request->subscribe);
	}
	request_negotiate(session);
}

static struct subscription *subscription_to(struct participant *p, const char *sid)
{
	struct publication *t = meeting_track(p->meeting, str_c(sid));
	return t == NULL ? NULL : participant_subscription(p, t);
}

void request_track_setting(struct session *session, const Livekit__UpdateTrackSettings *request)
{
	for (size_t i = 0; i < request->n_track_sids; i++) {
		struct subscription *to =
			subscription_to(session->participant, request->track_sids[i]);
		if (to == NULL)
			continue;
		const struct publication *t = to->publication;
		bool sized = request->width > 0 || request->height > 0;
		bool off = !sized && request->quality == QUALITY_OFF;
		struct media_downtrack_settings settings = {.paused = request->disabled || off,
			.priority =
				(uint8_t)(request->priority < UINT8_MAX ? request->priority : 0)};
		settings.max_encoding =
			sized ? publication_encoding_for(t, request->width, request->height)
			      : publication_encoding_of_quality(t, (uint32_t)request->quality);
		meeting_set_downtrack(to, &settings);
	}
}

/* After a lost WebSocket: what this client wishes to receive, and what it does not look at. */
void request_sync_state(struct session *session, const Livekit__SyncState *request)
{
	if (request->subscription != NULL)
		request_subscription(session, request->subscription);
	for (size_t i = 0; session->participant != NULL && i < request->n_track_sids_disabled;
		i++) {
		struct subscription *to =
			subscription_to(session->participant, request->track_sids_disabled[i]);
		if (to == NULL || to->settings.paused)
			continue;
		struct media_downtrack_settings settings = to->settings;
		settings.paused = true;
		meeting_set_downtrack(to, &settings);
	}
}

/* --- permissions ------------------------------------------------------------------------------ */

static bool read_permission(const Livekit__TrackPermission *says, struct subscriber_permission *out)
{
	*out = (struct subscriber_permission){.all_tracks = says->all_tracks};
	if (!text_ok(says->participant_sid, SID_MAX - 1) ||
		!text_ok(says->participant_identity, IDENTITY_MAX))
		return false;
	(void)snprintf(out->sid, sizeof(out->sid), "%s", says->participant_sid);
	for (size_t i = 0; i < says->n_track_sids && out->track_count < TRACKS_MAX; i++) {
		if (text_ok(says->track_sids[i], SID_MAX - 1))
			(void)snprintf(out->tracks[out->track_count++], SID_MAX, "%s",
				says->track_sids[i]);
	}
	return true;
}

void request_subscription_permission(
	struct session *session, const Livekit__SubscriptionPermission *request)
{
	struct participant *p = session->participant;
	participant_allow_all(p);
	p->some_may_subscribe = !request->all_participants;
	for (size_t i = 0; i < request->n_track_permissions && !request->all_participants; i++) {
		const Livekit__TrackPermission *says = request->track_permissions[i];
		if (p->permission_count == PERMISSIONS_MAX)
			break;
		struct subscriber_permission *to = &p->permissions[p->permission_count];
		if (!read_permission(says, to))
			continue;
		to->identity = mem_strdup(str_c(says->participant_identity));
		p->permission_count++;
	}
	meeting_apply_permissions(p);
}
