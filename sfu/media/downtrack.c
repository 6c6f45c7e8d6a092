/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/downtrack.h"

#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/media/history.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"
#include "sfu/transport/srtp.h"
#include "sfu/transport/wire.h"

#define RESEND_MIN_US	 10000
#define RESEND_TRIES	 10 /* of one packet: who asks more often wants to keep us busy */
#define MAX_REPORT_AGE_S 60
#define RTX_BYTES	 2 /* the original sequence number (RFC 4588) */
#define CNAME		 "parvis"

struct downtrack *downtrack_new(
	struct track *track, struct peer *peer, const struct media_subscribe *subscribe)
{
	struct downtrack *d = MEM_NEW(struct downtrack);
	uint16_t sequence;
	uint32_t timestamp;
	secret_random(&sequence, sizeof(sequence));
	secret_random(&timestamp, sizeof(timestamp));
	secret_random(&d->rtx_sequence, sizeof(d->rtx_sequence));
	d->id = subscribe->downtrack;
	d->track = track;
	d->peer = peer;
	memcpy(d->mid, subscribe->mid, sizeof(d->mid));
	d->codec = subscribe->codec;
	d->ssrc = subscribe->ssrc;
	d->rtx_ssrc = subscribe->rtx_ssrc;
	d->settings = subscribe->settings;
	d->current = -1;
	rewrite_init(&d->rewriter, sequence & 0x7fff, timestamp);
	return d;
}

void downtrack_free(struct downtrack **downtrack)
{
	mem_freep(downtrack);
}

int downtrack_target(const struct downtrack *downtrack)
{
	int best = -1;
	for (unsigned i = 0; i < downtrack->track->encoding_count; i++) {
		bool wanted = i <= downtrack->settings.max_encoding || best < 0;
		if (downtrack->track->encodings[i].flowing && wanted) {
			best = (int)i;
		}
	}
	return best;
}

struct encoding *downtrack_waits_for(const struct downtrack *downtrack)
{
	if (downtrack->track->kind != MEDIA_VIDEO || downtrack->settings.paused ||
		downtrack->track->muted) {
		return NULL;
	}
	int target = downtrack_target(downtrack);
	if (target < 0) {
		return NULL;
	}
	struct encoding *e = &downtrack->track->encodings[target];
	bool settled = target == downtrack->current && !downtrack->resync &&
		       downtrack->restarts == e->receiver.restarts;
	return settled ? NULL : e;
}

void downtrack_skip(struct downtrack *downtrack)
{
	downtrack->resync = true;
	if (downtrack->track->kind == MEDIA_VIDEO) {
		downtrack->current = -1;
	}
}

/* --- switching -------------------------------------------------------------------------------- */

/* NTP time (32.32) of a timestamp of this encoding, by its sender's last report. */
static uint64_t ntp_of(const struct encoding *e, uint32_t timestamp, int64_t rate)
{
	int64_t ticks = rtp_ts_diff(timestamp, e->receiver.sr_rtp);
	int64_t seconds = ticks / rate, rest = ticks % rate;
	return e->receiver.sr_ntp + ((uint64_t)seconds << 32) +
	       (uint64_t)(rest * (INT64_C(1) << 32) / rate);
}

/* The timestamp of the old encoding at the time that `timestamp` stands for in the new one, as far
 * as the sender reports of both are sound. */
static bool same_time(const struct encoding *from, const struct encoding *to, uint32_t timestamp,
	int64_t rate, uint32_t *out)
{
	if (from->receiver.sr_ntp == 0 || to->receiver.sr_ntp == 0) {
		return false;
	}
	int64_t apart = (int64_t)(ntp_of(to, timestamp, rate) - from->receiver.sr_ntp);
	int64_t seconds = apart >> 32;
	if (seconds > MAX_REPORT_AGE_S || seconds < -MAX_REPORT_AGE_S) {
		return false;
	}
	uint64_t rest = (uint64_t)(uint32_t)apart * (uint64_t)rate + (UINT64_C(1) << 31);
	*out = from->receiver.sr_rtp + (uint32_t)(seconds * rate) + (uint32_t)(rest >> 32);
	return true;
}

/*
 * The timestamp that the first packet of a new segment shall have, so that the picture neither
 * jumps nor drifts from the sound: the encodings of a track run on one clock but start at random,
 * and the sender reports relate them. Without reports the time of arrival has to do.
 */
static uint32_t timestamp_at_switch(
	const struct downtrack *d, const struct encoding *to, const struct track_packet *packet)
{
	uint32_t rate = track_clock_rate(d->track);
	const struct rewriter *r = &d->rewriter;
	const struct rewrite_segment *last = rewrite_current(r);
	if (last == NULL) {
		return r->out_timestamp;
	}
	const struct encoding *from = &d->track->encodings[last->encoding];
	if (from == to && d->restarts == to->receiver.restarts) {
		return packet->rtp->timestamp + last->timestamp_offset;
	}
	int64_t elapsed = (packet->now_us - r->out_at_us) * (int64_t)rate / 1000000;
	uint32_t by_arrival = r->out_timestamp + (uint32_t)elapsed;
	uint32_t then;
	if (from == to || !same_time(from, to, packet->rtp->timestamp, rate, &then)) {
		return by_arrival;
	}
	uint32_t by_reports = then + last->timestamp_offset;
	/* A sender whose reports make no sense is not believed. */
	int32_t apart = rtp_ts_diff(by_reports, by_arrival);
	return apart > -(int32_t)rate && apart < (int32_t)rate ? by_reports : by_arrival;
}

static bool may_switch(
	const struct downtrack *d, const struct encoding *to, const struct track_packet *packet)
{
	if (d->track->kind == MEDIA_AUDIO) {
		return true;
	}
	int target = downtrack_target(d);
	/* Any picture is better than none, while the wanted one is on its way. */
	bool first = d->current < 0 && to->index <= d->settings.max_encoding;
	return packet->vp8 != NULL && packet->vp8->keyframe && (to->index == target || first);
}

static struct rewrite_input input_of(const struct track_packet *packet)
{
	return (struct rewrite_input){.sequence = packet->sequence,
		.timestamp = packet->rtp->timestamp,
		.vp8 = packet->vp8,
		.now_us = packet->now_us};
}

/* Makes the encoding the current one if it is not; false: this packet is not for us. */
static bool follow(struct downtrack *d, const struct encoding *e, const struct track_packet *packet)
{
	bool same = d->current == e->index && !d->resync && d->restarts == e->receiver.restarts;
	if (same) {
		return true;
	}
	if (!may_switch(d, e, packet)) {
		return false;
	}
	struct rewrite_input input = input_of(packet);
	rewrite_switch(&d->rewriter, e->index, &input, timestamp_at_switch(d, e, packet));
	d->current = e->index;
	d->restarts = e->receiver.restarts;
	d->resync = false;
	d->report_due = true;
	return true;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Writes what is sent into `out`: RTP_PACKET_MAX and room for header and trailer. */
struct outgoing {
	uint8_t bytes[RTP_HEADER_MAX + RTX_BYTES + RTP_PACKET_MAX + SRTP_TRAILER];
	size_t size;
};

/* 6.18 bits of seconds, as draft-alvestrand-rmcat-remb-03 wants the time of sending. */
static void write_send_time(uint8_t out[3], int64_t now_us)
{
	put_u24(out, (uint32_t)(((uint64_t)now_us << 18) / 1000000u) & 0xffffffu);
}

static bool has_rtx(const struct downtrack *d)
{
	return d->rtx_ssrc != 0 && d->codec.rtx_payload_type != MEDIA_NO_PAYLOAD;
}

/*
 * Without RTX a packet is sent again under its own number, and then has to be the same to the
 * byte: two packets sealed with one nonce would give away the key that authenticates (RFC 7714
 * section 9.1). So it has no time of sending.
 */
static void send_packet(struct downtrack *d, const struct rtp_packet *source,
	const struct vp8_descriptor *vp8, const struct rewrite_output *to, bool rtx, int64_t now_us)
{
	struct outgoing out;
	uint8_t send_time[3];
	if (source->payload_size > RTP_PACKET_MAX) {
		return;
	}
	struct rtp_packet header = {.marker = source->marker,
		.payload_type = rtx ? d->codec.rtx_payload_type : d->codec.payload_type,
		.sequence = rtx ? d->rtx_sequence++ : to->sequence,
		.timestamp = to->timestamp,
		.ssrc = rtx ? d->rtx_ssrc : d->ssrc};
	header.ext[RTP_EXT_AUDIO_LEVEL] = source->ext[RTP_EXT_AUDIO_LEVEL];
	header.ext[RTP_EXT_VIDEO_ORIENTATION] = source->ext[RTP_EXT_VIDEO_ORIENTATION];
	header.ext[RTP_EXT_MID] = (struct rtp_ext_value){
		(const uint8_t *)d->mid, (uint8_t)strnlen(d->mid, sizeof(d->mid))};
	if (d->track->kind == MEDIA_VIDEO && has_rtx(d)) {
		write_send_time(send_time, now_us);
		header.ext[RTP_EXT_ABS_SEND_TIME] = (struct rtp_ext_value){send_time, 3};
	}
	out.size = rtp_write_header(&header, &d->peer->extensions, out.bytes);
	if (rtx) {
		put_u16(out.bytes + out.size, to->sequence);
		out.size += RTX_BYTES;
	}
	memcpy(out.bytes + out.size, source->payload, source->payload_size);
	if (vp8 != NULL) {
		vp8_rewrite(out.bytes + out.size, vp8, to->vp8);
	}
	out.size += source->payload_size;
	(void)peer_send_rtp(d->peer, d->track->kind == MEDIA_VIDEO ? URGENCY_VIDEO : URGENCY_AUDIO,
		out.bytes, out.size);
}

void downtrack_forward(struct downtrack *downtrack, const struct encoding *encoding,
	const struct track_packet *packet)
{
	struct downtrack *d = downtrack;
	if (d->settings.paused || !peer_listens(d->peer)) {
		downtrack_skip(d);
		return;
	}
	struct rewrite_input input = input_of(packet);
	struct rewrite_output out;
	if (packet->codec != d->codec.name || !follow(d, encoding, packet) ||
		!rewrite_map(&d->rewriter, &input, &out)) {
		return;
	}
	send_packet(d, packet->rtp, packet->vp8, &out, false, packet->now_us);
	d->packets++;
	d->octets += (uint32_t)packet->rtp->payload_size;
}

void downtrack_resend(struct downtrack *downtrack, uint16_t sequence, int64_t now_us)
{
	struct downtrack *d = downtrack;
	const struct rewrite_segment *segment;
	struct rewrite_sent *sent = rewrite_find(&d->rewriter, sequence, &segment);
	int64_t again = d->peer->rtt_us > RESEND_MIN_US ? d->peer->rtt_us : RESEND_MIN_US;
	if (sent == NULL || now_us - sent->sent_us < again || sent->resent == RESEND_TRIES) {
		return;
	}
	size_t n;
	struct rtp_packet source;
	struct vp8_descriptor vp8;
	const struct encoding *e = &d->track->encodings[segment->encoding];
	const uint8_t *bytes = history_get(e->history, sent->source, &n);
	if (bytes == NULL ||
		rtp_parse(bytes, n, &d->track->peer->extensions, &source) != STATUS_OK) {
		return;
	}
	bool is_vp8 = d->codec.name == CODEC_VP8 &&
		      vp8_parse(source.payload, source.payload_size, &vp8) == STATUS_OK;
	struct rewrite_output to = {.sequence = sequence,
		.timestamp = source.timestamp + segment->timestamp_offset,
		.vp8 = segment->vp8};
	sent->sent_us = now_us;
	sent->resent++;
	send_packet(d, &source, is_vp8 ? &vp8 : NULL, &to, has_rtx(d), now_us);
}

/* --- reports ---------------------------------------------------------------------------------- */

bool downtrack_write_report(struct downtrack *downtrack, struct rtcp_writer *writer, int64_t now_us)
{
	struct downtrack *d = downtrack;
	const struct rewrite_segment *segment = rewrite_current(&d->rewriter);
	if (segment == NULL || d->current < 0) {
		return false;
	}
	const struct receiver *r = &d->track->encodings[d->current].receiver;
	if (r->sr_ntp == 0 || segment->encoding != d->current) {
		return false;
	}
	/* The sender's clock goes on from its report; passed on at once, that is the report. */
	uint64_t since_us = (uint64_t)(now_us - r->sr_at_us);
	struct rtcp_sender_info info = {.ssrc = d->ssrc,
		.ntp = r->sr_ntp + (since_us / 1000000 << 32) +
		       (since_us % 1000000 << 32) / 1000000,
		.rtp_timestamp = r->sr_rtp + segment->timestamp_offset +
				 (uint32_t)(since_us * track_clock_rate(d->track) / 1000000),
		.packets = d->packets,
		.octets = d->octets};
	rtcp_write_sr(writer, &info);
	rtcp_write_cname(writer, d->ssrc, STR(CNAME));
	if (writer->overflow) {
		return false;
	}
	d->reports[d->report_next % DOWNTRACK_SRS].middle = (uint32_t)(info.ntp >> 16);
	d->reports[d->report_next++ % DOWNTRACK_SRS].sent_us = now_us;
	d->report_due = false;
	return true;
}

int64_t downtrack_read_report(
	struct downtrack *downtrack, const struct rtcp_report *report, int64_t now_us)
{
	downtrack->loss = (float)report->fraction_lost / 256.0f;
	for (size_t i = 0; i < DOWNTRACK_SRS && report->last_sr != 0; i++) {
		if (downtrack->reports[i].middle == report->last_sr) {
			int64_t delay = (int64_t)((uint64_t)report->since_last * 1000000 >> 16);
			int64_t rtt = now_us - downtrack->reports[i].sent_us - delay;
			return rtt > 0 ? rtt : 1;
		}
	}
	return 0;
}
