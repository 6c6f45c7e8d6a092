/* SPDX-License-Identifier: Apache-2.0 */
/* The router: from a publisher's packet to every subscriber of its track. */
#include "sfu/media/downtrack.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"
#include "sfu/transport/wire.h"

#define OSN_BYTES 2 /* the original sequence number in front of an RTX payload (RFC 4588) */

/* Turns an RTX packet into the one that it repeats. False for one that is padding only. */
static bool unwrap_rtx(
	const struct track *track, const struct encoding *encoding, struct rtp_packet *packet)
{
	bool rtx;
	const struct media_codec *codec = track_codec(track, packet->payload_type, &rtx);
	if (codec == NULL || !rtx || encoding->ssrc == 0 || packet->payload_size < OSN_BYTES) {
		return false;
	}
	packet->sequence = get_u16(packet->payload);
	packet->payload += OSN_BYTES;
	packet->payload_size -= OSN_BYTES;
	packet->payload_type = codec->payload_type;
	packet->ssrc = encoding->ssrc;
	return packet->payload_size > 0;
}

static void note_loss(struct encoding *e, const struct media_codec *codec, uint64_t from,
	uint64_t to, int64_t now_us)
{
	if (from < to && codec->nack && !nack_lost(&e->nacks, from, to, now_us) &&
		e->track->kind == MEDIA_VIDEO) {
		encoding_want_keyframe(e);
	}
}

/* Counts the packet. False: seen before. */
static bool note_arrival(struct encoding *e, const struct media_codec *codec,
	const struct rtp_packet *packet, int64_t now_us, uint64_t *sequence_out)
{
	uint64_t lost_from;
	switch (receiver_note(&e->receiver, packet->sequence, sequence_out, &lost_from)) {
	case RECEIVER_DUPLICATE:
		return false;
	case RECEIVER_LATE:
		nack_arrived(&e->nacks, *sequence_out);
		break;
	case RECEIVER_NEWEST:
		note_loss(e, codec, lost_from, *sequence_out, now_us);
		encoding_note(e, packet->timestamp);
		break;
	case RECEIVER_RESTART:
		nack_clear(&e->nacks);
		history_clear(e->history);
		break;
	}
	e->receiver.bytes += packet->payload_size;
	receiver_time(&e->receiver, packet->timestamp, track_clock_rate(e->track),
		e->track->peer->media->arrived_us);
	e->packet_us = now_us;
	e->flowing = true;
	return true;
}

/* Rebuilt with the number that it was lost under: what an RTX packet repeats is kept as such. */
static void keep(struct encoding *e, struct peer *peer, const struct rtp_packet *packet,
	uint64_t sequence, const uint8_t *bytes, size_t n, bool was_rtx)
{
	if (!was_rtx) {
		history_put(e->history, sequence, bytes, n, e->packet_us);
		return;
	}
	uint8_t rebuilt[RTP_HEADER_MAX + RTP_PACKET_MAX];
	if (packet->payload_size > RTP_PACKET_MAX) {
		return;
	}
	size_t header = rtp_write_header(packet, &peer->extensions, rebuilt);
	memcpy(rebuilt + header, packet->payload, packet->payload_size);
	history_put(e->history, sequence, rebuilt, header + packet->payload_size, e->packet_us);
}

static void note_picture(struct encoding *e, const struct media_codec *codec,
	struct track_packet *packet, struct picture *picture)
{
	picture_read(packet->rtp, codec->name, &e->structure, picture);
	packet->picture = picture;
	encoding_count(e, picture->layered ? picture->layer.spatial : 0, packet->rtp->payload_size,
		packet->now_us);
	if (picture->keyframe) {
		nack_forget_before(&e->nacks, packet->sequence);
		e->keyframe_wanted = false;
		e->keyframe_sequence = packet->sequence;
	}
}

/*
 * The first packet of a keyframe has come behind others of it, having been lost: those are kept, and
 * were of no use to a subscriber who waited for it. Without them the keyframe could never be shown.
 */
static void catch_up(struct downtrack *d, struct encoding *e, const struct track_packet *first)
{
	for (uint64_t s = first->sequence + 1; s <= e->receiver.highest; s++) {
		size_t n;
		bool rtx;
		struct rtp_packet rtp;
		struct picture picture;
		struct track_packet packet = {.rtp = &rtp, .sequence = s, .now_us = first->now_us};
		const uint8_t *bytes = history_get(e->history, s, &n);
		if (bytes == NULL ||
			rtp_parse(bytes, n, &e->track->peer->extensions, &rtp) != STATUS_OK) {
			continue;
		}
		const struct media_codec *codec = track_codec(e->track, rtp.payload_type, &rtx);
		if (codec == NULL || rtx) {
			continue;
		}
		picture_read(&rtp, codec->name, &e->structure, &picture);
		packet.picture = &picture;
		packet.codec = codec->name;
		downtrack_forward(d, e, &packet);
	}
}

static void route(struct track *track, struct encoding *e, const struct track_packet *packet)
{
	for (struct downtrack *d = track->downtracks; d != NULL; d = d->next_of_track) {
		if (track->muted) {
			downtrack_skip(d);
			continue;
		}
		uint32_t segment = d->rewriter.segment;
		downtrack_forward(d, e, packet);
		if (d->rewriter.segment != segment && track->kind == MEDIA_VIDEO &&
			packet->sequence < e->receiver.highest) {
			catch_up(d, e, packet);
		}
	}
}

void forward_rtp(struct peer *peer, const uint8_t *packet, size_t n)
{
	struct rtp_packet rtp;
	int64_t now_us = peer->media->now_us;
	if (rtp_parse(packet, n, &peer->extensions, &rtp) != STATUS_OK) {
		return;
	}
	if (rtp.ext[RTP_EXT_TRANSPORT_CC].n == 2) {
		twcc_record(&peer->twcc, get_u16(rtp.ext[RTP_EXT_TRANSPORT_CC].p),
			peer->media->arrived_us);
	}
	struct ssrc_binding *binding = peer_binding(peer, rtp.ssrc);
	if (binding == NULL && (binding = peer_bind_by_extensions(peer, &rtp)) == NULL) {
		peer->media->counters.dropped++;
		return;
	}
	struct encoding *e = binding->encoding;
	struct track *track = e->track;
	bool was_rtx = binding->rtx, is_rtx;
	if (was_rtx && !unwrap_rtx(track, e, &rtp)) {
		return;
	}
	const struct media_codec *codec = track_codec(track, rtp.payload_type, &is_rtx);
	struct track_packet out = {.rtp = &rtp, .now_us = now_us};
	if (codec == NULL || is_rtx || !note_arrival(e, codec, &rtp, now_us, &out.sequence)) {
		return;
	}
	struct picture picture;
	if (track->kind == MEDIA_VIDEO) {
		note_picture(e, codec, &out, &picture);
	} else {
		encoding_count(e, 0, n, now_us);
	}
	if (rtp.ext[RTP_EXT_AUDIO_LEVEL].n == 1 && track->speaker && !track->muted) {
		speaker_observe(&track->level, rtp.ext[RTP_EXT_AUDIO_LEVEL].p[0], SPEAKER_FRAME_MS);
	}
	out.codec = codec->name;
	keep(e, peer, &rtp, out.sequence, packet, n, was_rtx);
	route(track, e, &out);
}
