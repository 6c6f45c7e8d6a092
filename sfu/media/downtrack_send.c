/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in the form that one subscriber negotiated. */
#include "sfu/media/downtrack.h"
#include "sfu/media/history.h"
#include "sfu/media/peer.h"
#include "sfu/media/red.h"
#include "sfu/media/track.h"
#include "sfu/transport/srtp.h"
#include "sfu/transport/wire.h"

#define RESEND_MIN_US 10000
#define RESEND_TRIES  10 /* of one packet: who asks more often wants to keep us busy */
#define RTX_BYTES     2	 /* the original sequence number (RFC 4588) */
#define PADDING_MAX   255
#define PAD_BACK      32 /* of the last packets, those that padding repeats */

bool downtrack_has_rtx(const struct downtrack *downtrack)
{
	return downtrack->rtx_ssrc != 0 && downtrack->codec.rtx_payload_type != MEDIA_NO_PAYLOAD;
}

bool downtrack_takes(const struct downtrack *downtrack, enum media_codec_name codec)
{
	return codec == downtrack->codec.name ||
	       (codec == CODEC_RED && downtrack->codec.name == CODEC_OPUS);
}

/* --- building --------------------------------------------------------------------------------- */

enum manner { SEND_FIRST, SEND_AGAIN, SEND_RTX };

/* A packet while it is made. */
struct outgoing {
	struct downtrack *downtrack;
	struct rtp_packet header;
	uint8_t send_time[3], number[2], descriptor[RTP_EXT_LONG_MAX];
	enum manner manner;
	int64_t now_us;
	uint8_t bytes[RTP_HEADER_MAX + RTX_BYTES + RTP_PACKET_MAX + SRTP_TRAILER];
	size_t size;
};

/* 6.18 bits of seconds, as draft-alvestrand-rmcat-remb-03 wants the time of sending. */
static void write_send_time(uint8_t out[3], int64_t now_us)
{
	put_u24(out, (uint32_t)(((uint64_t)now_us << 18) / 1000000u) & 0xffffffu);
}

/* The bytes are not cleared: this is done for every packet that goes out. */
static void open_packet(struct outgoing *o, struct downtrack *d, enum manner manner, int64_t now_us)
{
	o->downtrack = d;
	o->manner = manner;
	o->now_us = now_us;
	o->size = 0;
}

static void start_header(struct outgoing *o, uint16_t sequence, uint32_t timestamp)
{
	struct downtrack *d = o->downtrack;
	bool rtx = o->manner == SEND_RTX;
	o->header = (struct rtp_packet){
		.payload_type = rtx ? d->codec.rtx_payload_type : d->codec.payload_type,
		.sequence = rtx ? d->rtx_sequence++ : sequence,
		.timestamp = timestamp,
		.ssrc = rtx ? d->rtx_ssrc : d->ssrc};
	o->header.ext[RTP_EXT_MID] = (struct rtp_ext_value){
		(const uint8_t *)d->mid, (uint8_t)strnlen(d->mid, sizeof(d->mid))};
}

/*
 * Without RTX a packet is sent again under its own number, and then has to be the same to the
 * byte: two packets sealed with one nonce would give away the key that authenticates (RFC 7714
 * section 9.1). So it has no time of sending, and keeps its transport-wide number.
 */
static void write_header(struct outgoing *o, uint16_t number)
{
	struct downtrack *d = o->downtrack;
	if (d->codec.transport_cc) {
		put_u16(o->number, number);
		o->header.ext[RTP_EXT_TRANSPORT_CC] = (struct rtp_ext_value){o->number, 2};
	} else if (d->track->kind == MEDIA_VIDEO && downtrack_has_rtx(d)) {
		write_send_time(o->send_time, o->now_us);
		o->header.ext[RTP_EXT_ABS_SEND_TIME] = (struct rtp_ext_value){o->send_time, 3};
	}
	o->size = rtp_write_header(&o->header, &d->peer->extensions, o->bytes);
}

static void finish(struct outgoing *o)
{
	struct peer *peer = o->downtrack->peer;
	bool audio = o->downtrack->track->kind == MEDIA_AUDIO;
	if (o->manner != SEND_AGAIN && o->downtrack->codec.transport_cc) {
		downlink_note(&peer->downlink, (unsigned)o->size, o->now_us);
	}
	if (audio) {
		rate_add(&peer->downlink.audio, o->size, o->now_us);
	}
	(void)peer_send_rtp(peer, audio ? URGENCY_AUDIO : URGENCY_VIDEO, o->bytes, o->size);
}

/* What redundancy the subscriber can read it gets, in its numbers; otherwise the newest frame. */
static bool write_audio(
	struct outgoing *o, const struct rtp_packet *source, bool is_red, bool plain)
{
	const struct downtrack *d = o->downtrack;
	struct red red;
	uint8_t *to = o->bytes + o->size;
	if (!is_red) {
		memcpy(to, source->payload, source->payload_size);
		o->size += source->payload_size;
		return true;
	}
	if (red_parse(source->payload, source->payload_size, &red) != STATUS_OK) {
		return false;
	}
	if (plain) {
		memcpy(to, source->payload + red.primary_at, red.primary_size);
		o->size += red.primary_size;
		return true;
	}
	memcpy(to, source->payload, source->payload_size);
	red_retype(to, &red, d->codec.payload_type);
	o->size += source->payload_size;
	return true;
}

static void write_video(
	struct outgoing *o, const struct rtp_packet *source, const struct rewrite_segment *segment)
{
	struct vp8_descriptor vp8;
	uint8_t *to = o->bytes + o->size;
	memcpy(to, source->payload, source->payload_size);
	o->size += source->payload_size;
	if (o->downtrack->codec.name == CODEC_VP8 &&
		vp8_parse(source->payload, source->payload_size, &vp8) == STATUS_OK) {
		vp8_rewrite(to, &vp8, segment->vp8);
	}
}

/* Others do not need it, and some of their decoders would trust it more than their own headers. */
static void take_descriptor(
	struct outgoing *o, const struct rtp_packet *source, const struct rewrite_segment *segment)
{
	const struct rtp_ext_value *from = &source->ext[RTP_EXT_DEPENDENCY];
	enum media_codec_name codec = o->downtrack->codec.name;
	if (from->p == NULL || from->n < DEPENDENCY_NUMBER_AT + 2 ||
		(codec != CODEC_AV1 && codec != CODEC_VP9)) {
		return;
	}
	memcpy(o->descriptor, from->p, from->n);
	uint8_t *number = o->descriptor + DEPENDENCY_NUMBER_AT;
	put_u16(number, (uint16_t)(get_u16(number) + segment->frame_offset));
	o->header.ext[RTP_EXT_DEPENDENCY] = (struct rtp_ext_value){o->descriptor, from->n};
}

static void emit(struct downtrack *d, const struct rtp_packet *source, struct rewrite_sent *sent,
	const struct rewrite_segment *segment, enum manner manner, int64_t now_us)
{
	struct outgoing o;
	open_packet(&o, d, manner, now_us);
	bool rtx, audio = d->track->kind == MEDIA_AUDIO;
	const struct media_codec *codec = track_codec(d->track, source->payload_type, &rtx);
	if (source->payload_size > RTP_PACKET_MAX || codec == NULL) {
		return;
	}
	bool is_red = codec->name == CODEC_RED;
	start_header(&o, (uint16_t)sent->out, source->timestamp + segment->timestamp_offset);
	o.header.marker = sent->marker;
	if (manner == SEND_FIRST) {
		sent->plain = d->red_payload_type == MEDIA_NO_PAYLOAD ||
			      !downlink_affords_red(&d->peer->downlink);
	}
	if (is_red && !sent->plain) {
		o.header.payload_type = d->red_payload_type;
	}
	o.header.ext[RTP_EXT_AUDIO_LEVEL] = source->ext[RTP_EXT_AUDIO_LEVEL];
	o.header.ext[RTP_EXT_VIDEO_ORIENTATION] = source->ext[RTP_EXT_VIDEO_ORIENTATION];
	take_descriptor(&o, source, segment);
	if (manner == SEND_FIRST) {
		sent->transport_sequence = downlink_number(&d->peer->downlink);
	}
	write_header(&o, manner == SEND_RTX ? downlink_number(&d->peer->downlink)
					    : sent->transport_sequence);
	if (manner == SEND_RTX) {
		put_u16(o.bytes + o.size, (uint16_t)sent->out);
		o.size += RTX_BYTES;
	}
	if (audio && !write_audio(&o, source, is_red, sent->plain)) {
		return;
	}
	if (!audio) {
		write_video(&o, source, segment);
	}
	finish(&o);
	if (manner == SEND_FIRST) {
		d->packets++;
		d->octets += (uint32_t)source->payload_size;
	}
}

/* --- sending ---------------------------------------------------------------------------------- */

void downtrack_send(struct downtrack *downtrack, const struct track_packet *packet,
	const struct rewrite_output *to)
{
	struct downtrack *d = downtrack;
	struct downlink *link = &d->peer->downlink;
	bool now = d->track->kind == MEDIA_AUDIO || !d->codec.transport_cc ||
		   downlink_may_send(link, packet->now_us);
	/* A full queue is no reason to lose a packet that has its number already. */
	if (!now && downlink_queue(link, d, to->sequence, (unsigned)packet->rtp->payload_size)) {
		return;
	}
	emit(d, packet->rtp, to->sent, rewrite_current(&d->rewriter), SEND_FIRST, packet->now_us);
}

/* The packet that was given this number, as its sender sent it. */
static struct rewrite_sent *find(struct downtrack *d, uint16_t sequence,
	const struct rewrite_segment **segment, struct rtp_packet *source)
{
	size_t n;
	struct rewrite_sent *sent = rewrite_find(&d->rewriter, sequence, segment);
	if (sent == NULL) {
		return NULL;
	}
	const struct encoding *e = &d->track->encodings[(*segment)->encoding];
	const uint8_t *bytes = history_get(e->history, sent->source, &n);
	bool is_there = bytes != NULL &&
			rtp_parse(bytes, n, &d->track->peer->extensions, source) == STATUS_OK;
	return is_there ? sent : NULL;
}

void downtrack_send_queued(struct downtrack *downtrack, uint16_t sequence, int64_t now_us)
{
	const struct rewrite_segment *segment;
	struct rtp_packet source;
	struct rewrite_sent *sent = find(downtrack, sequence, &segment, &source);
	if (sent != NULL && peer_listens(downtrack->peer)) {
		sent->sent_us = now_us;
		emit(downtrack, &source, sent, segment, SEND_FIRST, now_us);
	}
}

void downtrack_send_filler(
	struct downtrack *downtrack, const struct rewrite_output *to, int64_t now_us)
{
	struct outgoing o;
	open_packet(&o, downtrack, SEND_FIRST, now_us);
	start_header(&o, to->sequence, to->timestamp);
	write_header(&o, downlink_number(&downtrack->peer->downlink));
	finish(&o);
}

void downtrack_resend(struct downtrack *downtrack, uint16_t sequence, int64_t now_us)
{
	struct downtrack *d = downtrack;
	const struct rewrite_segment *segment;
	struct rtp_packet source;
	struct rewrite_sent *sent = find(d, sequence, &segment, &source);
	/* The subscriber's idea of the round trip may be less than ours. */
	int64_t half = d->peer->rtt_us / 2, again = half > RESEND_MIN_US ? half : RESEND_MIN_US;
	if (sent == NULL || now_us - sent->sent_us < again || sent->resent == RESEND_TRIES ||
		sent->source < d->track->encodings[segment->encoding].keyframe_sequence) {
		return;
	}
	if (d->track->kind == MEDIA_VIDEO &&
		!downlink_may_resend(&d->peer->downlink, (unsigned)source.payload_size, now_us)) {
		return;
	}
	sent->sent_us = now_us;
	sent->resent++;
	emit(d, &source, sent, segment, downtrack_has_rtx(d) ? SEND_RTX : SEND_AGAIN, now_us);
}

/* --- padding ---------------------------------------------------------------------------------- */

static size_t send_empty(struct downtrack *d, size_t bytes, int64_t now_us)
{
	struct outgoing o;
	size_t padding = bytes < 1 ? 1 : bytes < PADDING_MAX ? bytes : PADDING_MAX;
	open_packet(&o, d, SEND_RTX, now_us);
	start_header(&o, 0, d->rewriter.out_timestamp);
	o.header.padding = true;
	write_header(&o, downlink_number(&d->peer->downlink));
	memset(o.bytes + o.size, 0, padding);
	o.size += padding;
	o.bytes[o.size - 1] = (uint8_t)padding;
	finish(&o);
	return padding;
}

size_t downtrack_pad(struct downtrack *downtrack, size_t bytes, int64_t now_us)
{
	struct downtrack *d = downtrack;
	const struct rewrite_segment *segment;
	struct rtp_packet source;
	if (bytes > PADDING_MAX && d->rewriter.started) {
		uint16_t back = (uint16_t)(d->padded++ % PAD_BACK);
		uint16_t sequence = (uint16_t)(d->rewriter.out_highest - back);
		struct rewrite_sent *sent = find(d, sequence, &segment, &source);
		bool was_sent = sent != NULL && d->peer->downlink.queue_count == 0;
		if (was_sent && source.payload_size > 0 && source.payload_size <= 2 * bytes) {
			emit(d, &source, sent, segment, SEND_RTX, now_us);
			return source.payload_size;
		}
	}
	return send_empty(d, bytes, now_us);
}
