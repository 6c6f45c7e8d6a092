/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/requests.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "sfu/media/codecs.h"
#include "sfu/signal/responses.h"
#include "sfu/signal/signal_internal.h"

#define LOG_MODULE "signal"
#include "common/base/log.h"

/* --- refusals --------------------------------------------------------------------------------- */

static Livekit__RequestResponse__Reason reason_of(enum status status)
{
	switch (status) {
	case STATUS_OK:
		return LIVEKIT__REQUEST_RESPONSE__REASON__OK;
	case STATUS_DENIED:
		return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED;
	case STATUS_TOO_LARGE:
		return LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED;
	case STATUS_NOT_FOUND:
		return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND;
	default:
		return LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST;
	}
}

static void answer(struct session *s, Livekit__RequestResponse *body, enum status status)
{
	RESPONSE(response, REQUEST_RESPONSE);
	body->reason = reason_of(status);
	response.request_response = body;
	response_send(s, &response);
}

/* --- negotiation ------------------------------------------------------------------------------ */

static void ask_for_sections(struct session *s)
{
	struct negotiate_wanted wanted;
	if (!negotiate_wanted(s->participant, &wanted))
		return;
	Livekit__MediaSectionsRequirement sections;
	livekit__media_sections_requirement__init(&sections);
	RESPONSE(response, MEDIA_SECTIONS_REQUIREMENT);
	sections.num_audios = wanted.audios;
	sections.num_videos = wanted.videos;
	response.media_sections_requirement = &sections;
	response_send(s, &response);
}

static void offer(struct session *s)
{
	ARENA_SCOPE(arena);
	struct negotiated negotiated;
	if (!negotiate_offer(s->participant, arena, &negotiated))
		return;
	RESPONSE(response, OFFER);
	response.offer = response_description(arena, "offer", negotiated.id, &negotiated);
	response_send(s, &response);
}

void request_negotiate(struct session *session)
{
	if (session->participant->dual)
		offer(session);
	else
		ask_for_sections(session);
}

static void fail(struct session *s, const char *what, const char *why)
{
	struct participant *p = s->participant;
	log_warning("participant %s: %s: %s", p->sid, what, why);
	meeting_leave(p, LEAVE_STATE_MISMATCH, clock_mono_ms());
}

void request_offer(struct session *session, const Livekit__SessionDescription *request)
{
	ARENA_SCOPE(arena);
	struct negotiated negotiated;
	const char *why = "";
	if (negotiate_answer(session->participant, arena, str_c(request->sdp), &negotiated, &why) !=
		STATUS_OK) {
		fail(session, "an offer that cannot be answered", why);
		return;
	}
	RESPONSE(response, ANSWER);
	response.answer = response_description(arena, "answer", request->id, &negotiated);
	response_send(session, &response);
	if (!session->participant->dual)
		ask_for_sections(session);
}

static void take_answer(struct session *s, const Livekit__SessionDescription *request)
{
	ARENA_SCOPE(arena);
	const char *why = "";
	enum status status =
		negotiate_accept(s->participant, arena, str_c(request->sdp), request->id, &why);
	if (status == STATUS_NOT_FOUND)
		return;
	if (status != STATUS_OK)
		fail(s, "an answer that cannot be used", why);
	else if (s->participant->subscriber.offer_again)
		offer(s);
}

/* --- tracks ----------------------------------------------------------------------------------- */

static bool read_layers(const Livekit__AddTrackRequest *r, struct track_description *out)
{
	size_t count = r->n_layers;
	Livekit__VideoLayer **layers = r->layers;
	if (count == 0 && r->n_simulcast_codecs > 0) {
		count = r->simulcast_codecs[0]->n_layers;
		layers = r->simulcast_codecs[0]->layers;
	}
	for (size_t i = 0; i < count && out->layer_count < MEDIA_MAX_ENCODINGS; i++) {
		struct picture_layer *layer = &out->layers[out->layer_count];
		if (layers[i]->quality > LIVEKIT__VIDEO_QUALITY__HIGH || layers[i]->quality < 0 ||
			!text_ok(layers[i]->rid, MEDIA_ID_MAX))
			return false;
		*layer = (struct picture_layer){.quality = (uint32_t)layers[i]->quality,
			.width = layers[i]->width,
			.height = layers[i]->height,
			.bitrate = layers[i]->bitrate};
		(void)snprintf(layer->rid, sizeof(layer->rid), "%s", layers[i]->rid);
		/* From the smallest up, as media counts encodings. */
		for (unsigned at = out->layer_count++;
			at > 0 && out->layers[at].quality < out->layers[at - 1].quality; at--) {
			struct picture_layer other = out->layers[at];
			out->layers[at] = out->layers[at - 1];
			out->layers[at - 1] = other;
		}
	}
	return true;
}

/* Those that we do not know are left out: the client is told what remains, and takes that. */
static void read_codecs(const Livekit__AddTrackRequest *r, struct track_description *out)
{
	for (size_t i = 0; i < r->n_simulcast_codecs && out->codec_count < RENDITIONS_MAX; i++) {
		const Livekit__SimulcastCodec *says = r->simulcast_codecs[i];
		enum media_codec_name codec = codec_by_mime(str_c(says->codec));
		if (codec == CODEC_COUNT || codec_kind(codec) != MEDIA_VIDEO ||
			!text_ok(says->cid, TRACK_TEXT_MAX))
			continue;
		bool first = out->codec_count == 0 && says->cid[0] == '\0';
		out->codecs[out->codec_count++] =
			(struct codec_wish){codec, first ? out->cid : str_c(says->cid)};
	}
}

static enum status read_track(const Livekit__AddTrackRequest *r, struct track_description *out)
{
	if ((r->type != LIVEKIT__TRACK_TYPE__AUDIO && r->type != LIVEKIT__TRACK_TYPE__VIDEO) ||
		r->source < 0 || (unsigned)r->source >= SOURCE_COUNT || r->cid[0] == '\0' ||
		!text_ok(r->cid, TRACK_TEXT_MAX) || !text_ok(r->name, TRACK_TEXT_MAX) ||
		!text_ok(r->stream, TRACK_TEXT_MAX))
		return STATUS_INVALID;
	*out = (struct track_description){
		.cid = str_c(r->cid),
		.name = str_c(r->name),
		.stream = str_c(r->stream),
		.kind = r->type == LIVEKIT__TRACK_TYPE__AUDIO ? MEDIA_AUDIO : MEDIA_VIDEO,
		.source = (enum track_source)r->source,
		.muted = r->muted,
		.width = r->width,
		.height = r->height,
		.disable_dtx = r->disable_dtx,
		.stereo = r->stereo,
		.disable_red = r->disable_red,
		.encryption = r->encryption,
		.backup_codec_policy = r->backup_codec_policy,
	};
	read_codecs(r, out);
	for (size_t i = 0; i < r->n_audio_features && out->feature_count < TRACK_FEATURES_MAX; i++)
		out->features[out->feature_count++] = r->audio_features[i];
	return read_layers(r, out) ? STATUS_OK : STATUS_INVALID;
}

static void send_published(struct session *s, const char *cid, const struct publication *t)
{
	ARENA_SCOPE(arena);
	Livekit__TrackPublishedResponse published;
	livekit__track_published_response__init(&published);
	RESPONSE(response, TRACK_PUBLISHED);
	published.cid = arena_c_str(arena, str_c(cid));
	published.track = response_track(arena, t);
	response.track_published = &published;
	response_send(s, &response);
}

/* The other codec of a track, once somebody needs it. */
static enum status add_backup(struct participant *p, struct str sid,
	const struct track_description *says, struct publication **out)
{
	struct publication *t = participant_publication(p, sid);
	if (t == NULL)
		return STATUS_NOT_FOUND;
	*out = t;
	return publication_backup(t, says) == NULL ? STATUS_INVALID : STATUS_OK;
}

void request_add_track(struct session *session, const Livekit__AddTrackRequest *request)
{
	struct track_description says;
	struct publication *track = NULL;
	enum status status = read_track(request, &says);
	if (status == STATUS_OK && request->sid[0] != '\0')
		status = add_backup(session->participant, str_c(request->sid), &says, &track);
	else if (status == STATUS_OK)
		status = meeting_add_track(session->participant, &says, &track);
	/* Said again after a resumed connection. */
	if (status == STATUS_EXISTS) {
		track = participant_publication_by_cid(session->participant, says.cid);
		status = track->live ? STATUS_INVALID : STATUS_OK;
	}
	if (status == STATUS_OK) {
		send_published(session, request->cid, track);
		return;
	}
	Livekit__RequestResponse body;
	livekit__request_response__init(&body);
	Livekit__AddTrackRequest copy = *request;
	body.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_ADD_TRACK;
	body.add_track = &copy;
	answer(session, &body, status);
}

static void mute(struct session *s, const Livekit__MuteTrackRequest *request)
{
	struct publication *t = participant_publication(s->participant, str_c(request->sid));
	if (t != NULL)
		meeting_set_muted(t, request->muted);
}

static void update_audio(struct session *s, const Livekit__UpdateLocalAudioTrack *request)
{
	struct publication *t = participant_publication(s->participant, str_c(request->track_sid));
	if (t == NULL)
		return;
	t->says.feature_count = 0;
	for (size_t i = 0; i < request->n_features && i < TRACK_FEATURES_MAX; i++)
		t->says.features[t->says.feature_count++] = request->features[i];
	meeting_track_changed(t);
}

static void update_video(struct session *s, const Livekit__UpdateLocalVideoTrack *request)
{
	struct publication *t = participant_publication(s->participant, str_c(request->track_sid));
	if (t == NULL)
		return;
	t->says.width = request->width;
	t->says.height = request->height;
	meeting_track_changed(t);
}

/* --- itself ----------------------------------------------------------------------------------- */

static enum status change_metadata(
	struct participant *p, const Livekit__UpdateParticipantMetadata *request)
{
	if (!p->can_update_metadata)
		return STATUS_DENIED;
	if (!text_ok(request->name, DISPLAY_NAME_MAX) || !text_ok(request->metadata, METADATA_MAX))
		return STATUS_TOO_LARGE;
	for (size_t i = 0; i < request->n_attributes; i++) {
		const Livekit__Entry *entry = request->attributes[i];
		if (!text_ok(entry->key, ATTRIBUTE_KEY_MAX) ||
			!text_ok(entry->value, ATTRIBUTE_MAX) || entry->key[0] == '\0')
			return STATUS_TOO_LARGE;
	}
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < request->n_attributes; i++)
		status = participant_set_attribute(p, str_c(request->attributes[i]->key),
			str_c(request->attributes[i]->value));
	if (request->name[0] != '\0')
		participant_set_name(p, str_c(request->name));
	if (request->metadata[0] != '\0')
		participant_set_metadata(p, str_c(request->metadata));
	participant_changed(p);
	return status;
}

static void update_metadata(struct session *s, Livekit__UpdateParticipantMetadata *request)
{
	enum status status = change_metadata(s->participant, request);
	Livekit__RequestResponse body;
	livekit__request_response__init(&body);
	body.request_id = request->request_id;
	answer(s, &body, status);
}

static void pong(struct session *s, const Livekit__Ping *ping)
{
	Livekit__Pong body;
	livekit__pong__init(&body);
	RESPONSE(response, PONG_RESP);
	body.last_ping_timestamp = ping->timestamp;
	body.timestamp = clock_wall_ms();
	response.pong_resp = &body;
	response_send(s, &response);
}

static void old_pong(struct session *s)
{
	RESPONSE(response, PONG);
	response.pong = clock_wall_ms();
	response_send(s, &response);
}

static void refuse_data_track(struct session *s, Livekit__PublishDataTrackRequest *request)
{
	Livekit__RequestResponse body;
	livekit__request_response__init(&body);
	if (!text_ok(request->name, TRACK_TEXT_MAX))
		return;
	body.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_PUBLISH_DATA_TRACK;
	body.publish_data_track = request;
	answer(s, &body, STATUS_DENIED);
}

void requests_take(struct session *session, struct str message)
{
	ARENA_SCOPE(arena);
	struct session *s = session;
	Livekit__SignalRequest *r =
		arena_unpack(arena, &livekit__signal_request__descriptor, message);
	if (r == NULL) {
		fail(s, "a message that cannot be read", "");
		return;
	}
	switch (r->message_case) {
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER:
		request_offer(s, r->offer);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER:
		take_answer(s, r->answer);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK:
		request_add_track(s, r->add_track);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE:
		mute(s, r->mute);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION:
		request_subscription(s, r->subscription);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING:
		request_track_setting(s, r->track_setting);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE:
		meeting_leave(s->participant, LEAVE_CLIENT, clock_mono_ms());
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE:
		request_sync_state(s, r->sync_state);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION_PERMISSION:
		request_subscription_permission(s, r->subscription_permission);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_METADATA:
		update_metadata(s, r->update_metadata);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_AUDIO_TRACK:
		update_audio(s, r->update_audio_track);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_VIDEO_TRACK:
		update_video(s, r->update_video_track);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PUBLISH_DATA_TRACK_REQUEST:
		refuse_data_track(s, r->publish_data_track_request);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ:
		pong(s, r->ping_req);
		break;
	case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING:
		old_pong(s);
		break;
	default: /* candidates: an ICE-lite server sends no checks and needs none */
		break;
	}
}
