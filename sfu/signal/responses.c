/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/responses.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/json/json_writer.h"
#include "common/metrics/metrics.h"
#include "sfu/signal/signal_internal.h"

#define SERVER_VERSION	   "0.1.0"
#define SERVER_PROTOCOL	   17
#define ONE_LAYER_A_STREAM 1 /* VideoLayer.Mode */

static const char *mime_of(enum media_codec_name codec)
{
	return codec == CODEC_OPUS ? "audio/opus" : "video/VP8";
}

static char *text(struct arena *arena, struct str s)
{
	return arena_c_str(arena, s);
}

static Livekit__TimedVersion *version_of(struct arena *arena, int32_t count)
{
	Livekit__TimedVersion *version = ARENA_NEW(arena, Livekit__TimedVersion);
	livekit__timed_version__init(version);
	version->unix_micro = clock_wall_ms() * 1000;
	version->ticks = count;
	return version;
}

static void fill_layers(struct arena *arena, const struct publication *t, Livekit__TrackInfo *info)
{
	info->n_layers = t->says.layer_count;
	info->layers = ARENA_ARRAY(arena, Livekit__VideoLayer *, MEDIA_MAX_ENCODINGS);
	for (unsigned i = 0; i < t->says.layer_count; i++) {
		const struct picture_layer *says = &t->says.layers[i];
		Livekit__VideoLayer *layer = ARENA_NEW(arena, Livekit__VideoLayer);
		livekit__video_layer__init(layer);
		layer->quality = (Livekit__VideoQuality)says->quality;
		layer->width = says->width;
		layer->height = says->height;
		layer->bitrate = says->bitrate;
		layer->spatial_layer = (int32_t)i;
		layer->rid = text(arena, str_c(says->rid));
		info->layers[i] = layer;
	}
}

Livekit__TrackInfo *response_track(struct arena *arena, const struct publication *t)
{
	Livekit__TrackInfo *info = ARENA_NEW(arena, Livekit__TrackInfo);
	Livekit__SimulcastCodecInfo *codec = ARENA_NEW(arena, Livekit__SimulcastCodecInfo);
	livekit__track_info__init(info);
	livekit__simulcast_codec_info__init(codec);
	info->sid = text(arena, str_c(t->sid));
	info->type = t->says.kind == MEDIA_AUDIO ? LIVEKIT__TRACK_TYPE__AUDIO
						 : LIVEKIT__TRACK_TYPE__VIDEO;
	info->name = text(arena, t->says.name);
	info->muted = t->says.muted;
	info->width = t->says.width;
	info->height = t->says.height;
	info->simulcast = t->says.layer_count > 1;
	info->disable_dtx = t->says.disable_dtx;
	info->source = (Livekit__TrackSource)t->says.source;
	info->mime_type = text(arena, str_c(mime_of(t->codec)));
	info->mid = text(arena, str_c(t->mid));
	info->stereo = t->says.stereo;
	info->disable_red = true; /* forwarded as plain Opus */
	info->encryption = t->says.encryption;
	info->stream = text(arena, t->says.stream);
	info->version = version_of(arena, 0);
	info->backup_codec_policy = t->says.backup_codec_policy;
	info->n_audio_features = t->says.feature_count;
	info->audio_features = ARENA_ARRAY(arena, uint32_t, TRACK_FEATURES_MAX);
	memcpy(info->audio_features, t->says.features, sizeof(t->says.features));
	fill_layers(arena, t, info);
	codec->mime_type = info->mime_type;
	codec->mid = info->mid;
	codec->cid = text(arena, t->says.cid);
	codec->n_layers = info->n_layers;
	codec->layers = info->layers;
	codec->video_layer_mode = t->says.kind == MEDIA_VIDEO ? ONE_LAYER_A_STREAM : 0;
	info->n_codecs = 1;
	info->codecs = ARENA_ARRAY(arena, Livekit__SimulcastCodecInfo *, 1);
	info->codecs[0] = codec;
	return info;
}

static Livekit__ParticipantPermission *permission_of(
	struct arena *arena, const struct participant *p)
{
	Livekit__ParticipantPermission *out = ARENA_NEW(arena, Livekit__ParticipantPermission);
	livekit__participant_permission__init(out);
	out->can_subscribe = p->can_subscribe;
	out->can_publish = p->can_publish;
	out->can_publish_data = p->can_publish_data;
	out->can_update_metadata = p->can_update_metadata;
	if (p->sources != SOURCES_ALL) {
		out->can_publish_sources = ARENA_ARRAY(arena, Livekit__TrackSource, SOURCE_COUNT);
		for (unsigned i = 0; i < SOURCE_COUNT; i++) {
			if ((p->sources & (1u << i)) != 0)
				out->can_publish_sources[out->n_can_publish_sources++] =
					(Livekit__TrackSource)i;
		}
	}
	return out;
}

static void fill_attributes(
	struct arena *arena, const struct participant *p, Livekit__ParticipantInfo *info)
{
	info->attributes = ARENA_ARRAY(arena, Livekit__Entry *, ATTRIBUTES_MAX);
	info->n_attributes = p->attribute_count;
	for (size_t i = 0; i < p->attribute_count; i++) {
		Livekit__Entry *entry = ARENA_NEW(arena, Livekit__Entry);
		livekit__entry__init(entry);
		entry->key = text(arena, p->attributes[i].key);
		entry->value = text(arena, p->attributes[i].value);
		info->attributes[i] = entry;
	}
}

Livekit__ParticipantInfo *response_participant(
	struct arena *arena, const struct participant *p, bool all_tracks)
{
	Livekit__ParticipantInfo *info = ARENA_NEW(arena, Livekit__ParticipantInfo);
	livekit__participant_info__init(info);
	info->sid = text(arena, str_c(p->sid));
	info->identity = text(arena, str_c(p->identity));
	info->name = text(arena, str_c(p->name));
	info->metadata = text(arena, str_c(p->metadata));
	info->state = (Livekit__ParticipantInfo__State)p->state;
	info->joined_at = p->joined_ms / 1000;
	info->joined_at_ms = p->joined_ms;
	info->version = p->version;
	info->permission = permission_of(arena, p);
	info->client_protocol = p->client_protocol;
	info->disconnect_reason = (Livekit__DisconnectReason)p->reason;
	info->tracks = ARENA_ARRAY(arena, Livekit__TrackInfo *, TRACKS_MAX);
	for (const struct publication *t = p->publications; t != NULL; t = t->next) {
		if (all_tracks || t->live)
			info->tracks[info->n_tracks++] = response_track(arena, t);
	}
	info->is_publisher = info->n_tracks > 0;
	fill_attributes(arena, p, info);
	return info;
}

/* What the page and anybody's client can show: {"objective", "ends_at", "warned"}. */
static char *metadata_of(struct arena *arena, const struct meeting *meeting)
{
	BUF_SCOPE(json, (size_t)8 * 1024);
	struct json_writer w;
	jw_init(&w, &json);
	jw_object(&w);
	jw_put_c_str(&w, "objective", meeting->objective);
	jw_put_int(&w, "ends_at", meeting->ends_ms);
	jw_put_bool(&w, "warned", meeting->warned);
	jw_object_end(&w);
	return text(arena, buf_str(&json));
}

static Livekit__Codec **codecs(struct arena *arena, size_t *count_out)
{
	Livekit__Codec **list = ARENA_ARRAY(arena, Livekit__Codec *, 2);
	for (unsigned i = 0; i < 2; i++) {
		list[i] = ARENA_NEW(arena, Livekit__Codec);
		livekit__codec__init(list[i]);
		list[i]->mime = text(arena, str_c(mime_of(i == 0 ? CODEC_OPUS : CODEC_VP8)));
	}
	*count_out = 2;
	return list;
}

Livekit__Room *response_room(struct arena *arena, const struct meeting *meeting)
{
	Livekit__Room *room = ARENA_NEW(arena, Livekit__Room);
	livekit__room__init(room);
	room->sid = text(arena, str_c(meeting->sid));
	room->name = text(arena, str_c(meeting->name));
	room->max_participants = MEETING_SEATS;
	room->creation_time = meeting->created_ms / 1000;
	room->creation_time_ms = meeting->created_ms;
	room->enabled_codecs = codecs(arena, &room->n_enabled_codecs);
	room->metadata = metadata_of(arena, meeting);
	room->num_participants = meeting->count;
	for (unsigned i = 0; i < meeting->count; i++)
		room->num_publishers += meeting->list[i]->publications != NULL;
	room->version = version_of(arena, 0);
	return room;
}

Livekit__ParticipantInfo **response_others(struct arena *arena, const struct meeting *meeting,
	const struct participant *self, size_t *count_out)
{
	Livekit__ParticipantInfo **list =
		ARENA_ARRAY(arena, Livekit__ParticipantInfo *, MEETING_SEATS + DEPARTED_MAX);
	size_t count = 0;
	for (unsigned i = 0; i < meeting->count; i++) {
		if (meeting->list[i] != self)
			list[count++] = response_participant(arena, meeting->list[i], false);
	}
	*count_out = count;
	return list;
}

Livekit__ServerInfo *response_server(struct arena *arena)
{
	Livekit__ServerInfo *server = ARENA_NEW(arena, Livekit__ServerInfo);
	livekit__server_info__init(server);
	server->version = text(arena, STR(SERVER_VERSION));
	server->protocol = SERVER_PROTOCOL;
	server->node_id = text(arena, STR("parvis"));
	return server;
}

Livekit__SessionDescription *response_description(
	struct arena *arena, const char *type, uint32_t id, const struct negotiated *negotiated)
{
	Livekit__SessionDescription *sd = ARENA_NEW(arena, Livekit__SessionDescription);
	livekit__session_description__init(sd);
	sd->type = text(arena, str_c(type));
	sd->sdp = text(arena, negotiated->sdp);
	sd->id = id;
	sd->mid_to_track_id = ARENA_ARRAY(arena, Livekit__Entry *, SDP_MAX_SECTIONS);
	sd->n_mid_to_track_id = negotiated->mid_count;
	for (unsigned i = 0; i < negotiated->mid_count; i++) {
		Livekit__Entry *entry = ARENA_NEW(arena, Livekit__Entry);
		livekit__entry__init(entry);
		entry->key = text(arena, str_c(negotiated->mids[i].mid));
		entry->value = text(arena, str_c(negotiated->mids[i].track_sid));
		sd->mid_to_track_id[i] = entry;
	}
	return sd;
}

void response_send(struct session *session, const Livekit__SignalResponse *response)
{
	if (session == NULL || session->connection == NULL)
		return;
	ARENA_SCOPE(arena);
	metric_add(session->server->messages_out, 1);
	lws_send(session->connection, arena_pack(arena, &response->base));
}

void response_send_update(struct session *session, Livekit__ParticipantInfo *info)
{
	Livekit__ParticipantUpdate update;
	livekit__participant_update__init(&update);
	RESPONSE(response, UPDATE);
	update.participants = &info;
	update.n_participants = 1;
	response.update = &update;
	response_send(session, &response);
}

void response_send_leave(struct session *session, enum leave_reason reason, bool may_come_again)
{
	Livekit__LeaveRequest leave;
	livekit__leave_request__init(&leave);
	RESPONSE(response, LEAVE);
	leave.reason = (Livekit__DisconnectReason)reason;
	leave.can_reconnect = may_come_again;
	leave.action = may_come_again ? LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT
				      : LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT;
	response.leave = &leave;
	response_send(session, &response);
}

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
