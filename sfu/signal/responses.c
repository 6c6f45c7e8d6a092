/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/responses.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/json/json_writer.h"
#include "common/metrics/metrics.h"
#include "sfu/media/codecs.h"
#include "sfu/signal/signal_internal.h"

#define SERVER_VERSION	   "0.1.0"
#define SERVER_PROTOCOL	   17
#define ONE_LAYER_A_STREAM 1 /* VideoLayer.Mode */
#define ALL_IN_ONE_STREAM  2

/* Before negotiation has said otherwise, what most clients send. */
static const char *mime_of(enum media_codec_name codec)
{
	return codec_mime(codec == CODEC_COUNT ? CODEC_VP8 : codec);
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

static Livekit__VideoLayer **layers_of(struct arena *arena, const struct rendition *r)
{
	Livekit__VideoLayer **layers =
		ARENA_ARRAY(arena, Livekit__VideoLayer *, MEDIA_MAX_ENCODINGS);
	for (unsigned i = 0; i < r->layer_count; i++) {
		const struct picture_layer *says = &r->layers[i];
		Livekit__VideoLayer *layer = ARENA_NEW(arena, Livekit__VideoLayer);
		livekit__video_layer__init(layer);
		layer->quality = (Livekit__VideoQuality)says->quality;
		layer->width = says->width;
		layer->height = says->height;
		layer->bitrate = says->bitrate;
		layer->spatial_layer = (int32_t)i;
		layer->rid = text(arena, str_c(says->rid));
		layers[i] = layer;
	}
	return layers;
}

static Livekit__SimulcastCodecInfo *codec_of(struct arena *arena, const struct rendition *r)
{
	Livekit__SimulcastCodecInfo *codec = ARENA_NEW(arena, Livekit__SimulcastCodecInfo);
	bool layered = r->codec == CODEC_VP9 || r->codec == CODEC_AV1;
	livekit__simulcast_codec_info__init(codec);
	codec->mime_type = text(arena, str_c(mime_of(r->codec)));
	codec->mid = text(arena, str_c(r->mid));
	codec->cid = text(arena, r->cid == NULL ? STR_EMPTY : str_c(r->cid));
	codec->n_layers = r->layer_count;
	codec->layers = layers_of(arena, r);
	if (r->publication->says.kind == MEDIA_VIDEO)
		codec->video_layer_mode = layered ? ALL_IN_ONE_STREAM : ONE_LAYER_A_STREAM;
	return codec;
}

static void fill_codecs(struct arena *arena, const struct publication *t, Livekit__TrackInfo *info)
{
	info->codecs = ARENA_ARRAY(arena, Livekit__SimulcastCodecInfo *, RENDITIONS_MAX);
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		if (t->renditions[i].id != 0)
			info->codecs[info->n_codecs++] = codec_of(arena, &t->renditions[i]);
	}
	info->mime_type = info->codecs[0]->mime_type;
	info->mid = info->codecs[0]->mid;
	info->n_layers = info->codecs[0]->n_layers;
	info->layers = info->codecs[0]->layers;
}

Livekit__TrackInfo *response_track(struct arena *arena, const struct publication *t)
{
	Livekit__TrackInfo *info = ARENA_NEW(arena, Livekit__TrackInfo);
	livekit__track_info__init(info);
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
	info->stereo = t->says.stereo;
	info->disable_red = t->says.disable_red;
	info->encryption = t->says.encryption;
	info->stream = text(arena, t->says.stream);
	info->version = version_of(arena, 0);
	info->backup_codec_policy = t->says.backup_codec_policy;
	info->n_audio_features = t->says.feature_count;
	info->audio_features = ARENA_ARRAY(arena, uint32_t, TRACK_FEATURES_MAX);
	memcpy(info->audio_features, t->says.features, sizeof(t->says.features));
	fill_codecs(arena, t, info);
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
	if (meeting->metadata != NULL)
		return text(arena, str_c(meeting->metadata));
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

Livekit__Codec **response_codecs(struct arena *arena, size_t *count_out)
{
	Livekit__Codec **list = ARENA_ARRAY(arena, Livekit__Codec *, CODEC_COUNT);
	for (unsigned i = 0; i < CODEC_COUNT; i++) {
		list[i] = ARENA_NEW(arena, Livekit__Codec);
		livekit__codec__init(list[i]);
		list[i]->mime = text(arena, str_c(codec_mime((enum media_codec_name)i)));
	}
	*count_out = CODEC_COUNT;
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
	room->enabled_codecs = response_codecs(arena, &room->n_enabled_codecs);
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
