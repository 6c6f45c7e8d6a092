/* SPDX-License-Identifier: Apache-2.0 */
/* What signalling says, done. Ids that are not known (any more) are no error. */
#include "common/base/mem.h"
#include "sfu/media/downtrack.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"

static void open_meeting(struct media *media, uint64_t id)
{
	if (map_find(media->meetings, media_key(&id)) != NULL) {
		return;
	}
	struct meeting *meeting = MEM_NEW(struct meeting);
	meeting->id = id;
	meeting->speakers_us = media->now_us;
	if (map_put(media->meetings, media_key(&id), meeting, NULL) != STATUS_OK) {
		mem_freep(&meeting);
	}
}

static void close_meeting(struct media *media, uint64_t id) REQUIRES(on_media)
{
	struct meeting *meeting = map_remove(media->meetings, media_key(&id));
	while (meeting != NULL && meeting->peers != NULL) {
		media_close_peer(meeting->peers);
	}
	mem_freep(&meeting);
}

static void bind_track(struct track *track)
{
	for (unsigned i = 0; i < track->encoding_count; i++) {
		struct encoding *e = &track->encodings[i];
		/* Without an SSRC the first packet binds, by its MID and RID. */
		(void)peer_bind(track->peer, e->ssrc, e, false);
		(void)peer_bind(track->peer, e->rtx_ssrc, e, true);
	}
}

static void publish(struct media *media, const struct media_publish *p)
{
	struct peer *peer = map_find(media->peers, media_key(&p->transport));
	struct track *track = map_find(media->tracks, media_key(&p->track));
	if (peer == NULL || p->codec_count > MEDIA_MAX_CODECS || p->encoding_count == 0) {
		return;
	}
	if (track != NULL && track->peer == peer) {
		peer_unbind_track(peer, track);
		track_update(track, p);
	} else if (track == NULL) {
		track = track_new(peer, p);
		if (map_put(media->tracks, media_key(&track->id), track, NULL) != STATUS_OK) {
			track_free(&track);
			return;
		}
		track->next = peer->tracks;
		peer->tracks = track;
	}
	if (track->peer == peer) {
		bind_track(track);
	}
}

static void subscribe(struct media *media, const struct media_subscribe *s)
{
	struct peer *peer = map_find(media->peers, media_key(&s->transport));
	struct track *track = map_find(media->tracks, media_key(&s->track));
	if (peer == NULL || track == NULL || track->peer->meeting != peer->meeting ||
		s->ssrc == 0 || map_find(media->downtracks, media_key(&s->downtrack)) != NULL) {
		return;
	}
	struct downtrack *d = downtrack_new(track, peer, s);
	if (map_put(media->downtracks, media_key(&d->id), d, NULL) != STATUS_OK) {
		downtrack_free(&d);
		return;
	}
	d->next_of_track = track->downtracks;
	track->downtracks = d;
	d->next_of_peer = peer->downtracks;
	peer->downtracks = d;
}

static void request_keyframes(struct track *track)
{
	for (unsigned i = 0; track->kind == MEDIA_VIDEO && i < track->encoding_count; i++) {
		encoding_want_keyframe(&track->encodings[i]);
	}
}

static void apply_to_track(struct track *track, const struct media_command *command)
	REQUIRES(on_media)
{
	if (command->kind == MEDIA_UNPUBLISH) {
		media_close_track(track);
	} else if (command->kind == MEDIA_MUTE_TRACK) {
		track->muted = command->u.muted;
	} else {
		request_keyframes(track);
	}
}

static void apply_to_peer(struct peer *peer, const struct media_command *command) REQUIRES(on_media)
{
	if (command->kind == MEDIA_UPDATE_TRANSPORT) {
		media_update_peer(peer, &command->u.params);
	} else {
		media_close_peer(peer);
	}
}

static void apply_to_downtrack(struct downtrack *downtrack, const struct media_command *command)
	REQUIRES(on_media)
{
	if (command->kind == MEDIA_UNSUBSCRIBE) {
		media_close_downtrack(downtrack);
	} else {
		downtrack->settings = command->u.settings;
	}
}

void media_apply(struct media *media, struct media_command *command)
{
	struct peer *peer = map_find(media->peers, media_key(&command->transport));
	struct track *track = map_find(media->tracks, media_key(&command->track));
	struct downtrack *downtrack = map_find(media->downtracks, media_key(&command->downtrack));
	switch (command->kind) {
	case MEDIA_OPEN_MEETING:
		open_meeting(media, command->meeting);
		break;
	case MEDIA_CLOSE_MEETING:
		close_meeting(media, command->meeting);
		break;
	case MEDIA_OPEN_TRANSPORT:
		media_open_peer(media, command);
		break;
	case MEDIA_PUBLISH:
		publish(media, &command->u.publish);
		break;
	case MEDIA_SUBSCRIBE:
		subscribe(media, &command->u.subscribe);
		break;
	case MEDIA_UPDATE_TRANSPORT:
	case MEDIA_CLOSE_TRANSPORT:
		if (peer != NULL) {
			apply_to_peer(peer, command);
		}
		break;
	case MEDIA_SEND_DATA:
		if (peer != NULL) {
			media_send_data(peer, &command);
		}
		break;
	case MEDIA_UNPUBLISH:
	case MEDIA_MUTE_TRACK:
	case MEDIA_REQUEST_KEYFRAME:
		if (track != NULL) {
			apply_to_track(track, command);
		}
		break;
	case MEDIA_UNSUBSCRIBE:
	case MEDIA_SET_DOWNTRACK:
		if (downtrack != NULL) {
			apply_to_downtrack(downtrack, command);
		}
		break;
	case MEDIA_TAKE_CONNECTION:
		tcp_take_over(media->tcp, &command->u.stranger, media->now_us);
		break;
	case MEDIA_STOP:
		media->stopping = true;
		break;
	}
	media_command_free(&command);
}
