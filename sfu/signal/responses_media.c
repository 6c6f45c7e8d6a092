/* SPDX-License-Identifier: Apache-2.0 */
/* What clients are told of how media go. */
#include "sfu/media/codecs.h"
#include "sfu/signal/responses.h"

static float score_of(enum connection_quality quality)
{
	switch (quality) {
	case QUALITY_EXCELLENT:
		return 5;
	case QUALITY_GOOD:
		return 4;
	case QUALITY_POOR:
		return 2;
	case QUALITY_LOST:
		break;
	}
	return 0;
}

void response_send_quality(struct session *session, struct participant *const *list, unsigned count)
{
	Livekit__ConnectionQualityInfo infos[MEETING_SEATS], *pointers[MEETING_SEATS];
	Livekit__ConnectionQualityUpdate update;
	livekit__connection_quality_update__init(&update);
	RESPONSE(response, CONNECTION_QUALITY);
	for (unsigned i = 0; i < count; i++) {
		pointers[i] = &infos[i];
		livekit__connection_quality_info__init(&infos[i]);
		infos[i].participant_sid = list[i]->sid;
		infos[i].quality = (Livekit__ConnectionQuality)list[i]->quality;
		infos[i].score = score_of(list[i]->quality);
	}
	update.updates = pointers;
	update.n_updates = count;
	response.connection_quality = &update;
	response_send(session, &response);
}

void response_send_speakers(
	struct session *session, struct participant *const *list, unsigned count)
{
	Livekit__SpeakerInfo infos[MEETING_SEATS], *pointers[MEETING_SEATS];
	Livekit__SpeakersChanged body;
	livekit__speakers_changed__init(&body);
	RESPONSE(response, SPEAKERS_CHANGED);
	for (unsigned i = 0; i < count; i++) {
		pointers[i] = &infos[i];
		livekit__speaker_info__init(&infos[i]);
		infos[i].sid = list[i]->sid;
		infos[i].active = list[i]->speaking;
		infos[i].level = list[i]->speaking ? list[i]->level : 0;
	}
	body.speakers = pointers;
	body.n_speakers = count;
	response.speakers_changed = &body;
	if (count > 0)
		response_send(session, &response);
}

static Livekit__SubscribedQuality **qualities_of(struct arena *arena, const struct rendition *r)
{
	Livekit__SubscribedQuality **list =
		ARENA_ARRAY(arena, Livekit__SubscribedQuality *, QUALITIES);
	for (unsigned i = 0; i < QUALITIES; i++) {
		list[i] = ARENA_NEW(arena, Livekit__SubscribedQuality);
		livekit__subscribed_quality__init(list[i]);
		list[i]->quality = (Livekit__VideoQuality)i;
		list[i]->enabled = (r->told >> i & 1u) != 0;
	}
	return list;
}

/* Clients know codecs by the second half of their MIME type in small letters. */
static char *short_name(struct arena *arena, enum media_codec_name codec)
{
	char *mime =
		arena_c_str(arena, str_c(codec_mime(codec == CODEC_COUNT ? CODEC_VP8 : codec)));
	for (char *c = mime; *c != '\0'; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
	return mime + sizeof("video/") - 1;
}

void response_send_wanted(struct session *session, const struct publication *publication)
{
	ARENA_SCOPE(arena);
	const struct rendition *first = &publication->renditions[0];
	Livekit__SubscribedCodec codecs[RENDITIONS_MAX], *pointers[RENDITIONS_MAX];
	Livekit__SubscribedQualityUpdate body;
	livekit__subscribed_quality_update__init(&body);
	RESPONSE(response, SUBSCRIBED_QUALITY_UPDATE);
	body.track_sid = arena_c_str(arena, str_c(publication->sid));
	body.n_subscribed_qualities = QUALITIES;
	body.subscribed_qualities = qualities_of(arena, first);
	body.subscribed_codecs = pointers;
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		const struct rendition *r = &publication->renditions[i];
		if (r->id == 0)
			continue;
		Livekit__SubscribedCodec *codec = &codecs[body.n_subscribed_codecs];
		livekit__subscribed_codec__init(codec);
		codec->codec = short_name(arena, r->codec);
		codec->n_qualities = QUALITIES;
		codec->qualities = qualities_of(arena, r);
		pointers[body.n_subscribed_codecs++] = codec;
	}
	response.subscribed_quality_update = &body;
	response_send(session, &response);
}

void response_send_stream_state(struct session *session, struct subscription *subscription)
{
	Livekit__StreamStateInfo info, *pointer = &info;
	Livekit__StreamStateUpdate body;
	livekit__stream_state_info__init(&info);
	livekit__stream_state_update__init(&body);
	RESPONSE(response, STREAM_STATE_UPDATE);
	info.participant_sid = subscription->publication->owner->sid;
	info.track_sid = subscription->publication->sid;
	info.state = subscription->held_back ? LIVEKIT__STREAM_STATE__STREAM_PAUSED
					     : LIVEKIT__STREAM_STATE__STREAM_ACTIVE;
	body.stream_states = &pointer;
	body.n_stream_states = 1;
	response.stream_state_update = &body;
	response_send(session, &response);
}

void response_send_permission(struct session *session, struct subscription *subscription)
{
	Livekit__SubscriptionPermissionUpdate body;
	livekit__subscription_permission_update__init(&body);
	RESPONSE(response, SUBSCRIPTION_PERMISSION_UPDATE);
	body.participant_sid = subscription->publication->owner->sid;
	body.track_sid = subscription->publication->sid;
	body.allowed = !subscription->refused;
	response.subscription_permission_update = &body;
	response_send(session, &response);
}

void response_send_mute(struct session *session, struct publication *publication)
{
	Livekit__MuteTrackRequest body;
	livekit__mute_track_request__init(&body);
	RESPONSE(response, MUTE);
	body.sid = publication->sid;
	body.muted = publication->says.muted;
	response.mute = &body;
	response_send(session, &response);
}
