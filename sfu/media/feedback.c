/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP of one peer, both ways. */
#include "sfu/media/downtrack.h"
#include "sfu/media/media.h"
#include "sfu/media/peer.h"
#include "sfu/media/track.h"
#include "sfu/transport/srtp.h"

#define REPORT_US      1000000 /* between receiver reports */
#define TWCC_US	       50000
#define MAX_REPORTS_RR 24 /* so that they fit into one datagram with the rest */
#define CNAME	       "parvis"

/* A datagram under way to a peer. */
struct outbox {
	struct peer *peer;
	uint8_t bytes[RTCP_DATAGRAM_MAX + SRTCP_TRAILER];
	struct rtcp_writer writer;
};

static void outbox_open(struct outbox *box, struct peer *peer)
{
	box->peer = peer;
	box->writer = (struct rtcp_writer){.p = box->bytes};
}

static void outbox_flush(struct outbox *box)
{
	if (box->writer.n > 0) {
		peer_send_rtcp(box->peer, box->bytes, box->writer.n);
	}
	box->writer = (struct rtcp_writer){.p = box->bytes};
}

/* Did the last packet fit? If not, the datagram goes, and there is room for another try. */
static bool outbox_again(struct outbox *box)
{
	if (!box->writer.overflow) {
		return false;
	}
	bool was_empty = box->writer.n == 0;
	outbox_flush(box);
	return !was_empty;
}

/* --- in --------------------------------------------------------------------------------------- */

static void on_reports(struct peer *peer, const struct rtcp_reports *reports)
{
	float loss = 0.0f;
	unsigned n = 0;
	for (unsigned i = 0; i < reports->count; i++) {
		struct downtrack *d = peer_downtrack_by_ssrc(peer, reports->list[i].ssrc);
		if (d == NULL || d->ssrc != reports->list[i].ssrc) {
			continue;
		}
		int64_t rtt = downtrack_read_report(d, &reports->list[i], peer->media->now_us);
		if (rtt > 0) {
			peer->rtt_us = peer->rtt_us == 0 ? rtt : (peer->rtt_us * 3 + rtt) / 4;
		}
		loss += d->loss;
		n++;
	}
	if (n > 0) {
		peer->loss_down = loss / (float)n;
	}
}

/* The publisher's clock, passed on at once to those who get this encoding. */
static void on_sender_info(struct peer *peer, const struct rtcp_sender_info *info)
{
	struct ssrc_binding *binding = peer_binding(peer, info->ssrc);
	if (binding == NULL || binding->rtx || info->ntp == 0) {
		return;
	}
	struct encoding *e = binding->encoding;
	receiver_sender_report(&e->receiver, info, peer->media->now_us);
	for (struct downtrack *d = e->track->downtracks; d != NULL; d = d->next_of_track) {
		struct outbox box;
		outbox_open(&box, d->peer);
		if (d->current == e->index && !d->settings.paused &&
			downtrack_write_report(d, &box.writer, peer->media->now_us)) {
			outbox_flush(&box);
		}
	}
}

static void on_nack(struct peer *peer, const struct rtcp_nack *nack)
{
	struct downtrack *d = peer_downtrack_by_ssrc(peer, nack->media_ssrc);
	peer->media->counters.nacks_in += nack->count;
	for (unsigned i = 0; d != NULL && i < nack->count; i++) {
		downtrack_resend(d, nack->sequences[i], peer->media->now_us);
	}
}

static void on_keyframe_request(struct peer *peer, uint32_t ssrc)
{
	struct downtrack *d = peer_downtrack_by_ssrc(peer, ssrc);
	if (d == NULL || d->track->kind != MEDIA_VIDEO || d->settings.paused) {
		return;
	}
	int which = d->current >= 0 ? d->current : downtrack_target(d);
	if (which >= 0) {
		encoding_want_keyframe(&d->track->encodings[which]);
	}
}

static void on_packet(struct peer *peer, const struct rtcp_packet *packet) REQUIRES(on_media)
{
	struct rtcp_sender_info info;
	struct rtcp_reports reports;
	struct rtcp_nack nack;
	uint32_t ssrc, firs[RTCP_MAX_FIRS];
	unsigned count;
	uint64_t bitrate;
	if (rtcp_read_sr(packet, &info, &reports) == STATUS_OK) {
		on_sender_info(peer, &info);
		on_reports(peer, &reports);
	} else if (rtcp_read_rr(packet, &reports) == STATUS_OK) {
		on_reports(peer, &reports);
	} else if (rtcp_read_nack(packet, &nack) == STATUS_OK) {
		on_nack(peer, &nack);
	} else if (rtcp_read_pli(packet, &ssrc) == STATUS_OK) {
		on_keyframe_request(peer, ssrc);
	} else if (rtcp_read_fir(packet, firs, &count) == STATUS_OK) {
		for (unsigned i = 0; i < count; i++) {
			on_keyframe_request(peer, firs[i]);
		}
	} else if (packet->type == RTCP_RTPFB && packet->count == RTCP_TWCC) {
		downlink_feedback(peer, packet);
	} else if (rtcp_read_remb(packet, &bitrate) == STATUS_OK) {
		downlink_remb(peer, bitrate);
	}
}

void feedback_receive(struct peer *peer, const uint8_t *packet, size_t n)
{
	struct rtcp_reader reader = {.p = packet, .n = n};
	struct rtcp_packet one;
	while (rtcp_next(&reader, &one)) {
		on_packet(peer, &one);
	}
}

/* --- out -------------------------------------------------------------------------------------- */

static void write_receiver_report(struct peer *peer, struct outbox *box)
{
	struct rtcp_reports reports = {.count = 0};
	for (struct track *t = peer->tracks; t != NULL; t = t->next) {
		for (unsigned i = 0; i < t->encoding_count; i++) {
			struct encoding *e = &t->encodings[i];
			if (e->flowing && reports.count < MAX_REPORTS_RR &&
				receiver_report(&e->receiver, e->ssrc, peer->media->now_us,
					&reports.list[reports.count])) {
				reports.count++;
			}
		}
	}
	do {
		rtcp_write_rr(&box->writer, peer->rtcp_ssrc, &reports);
		rtcp_write_cname(&box->writer, peer->rtcp_ssrc, STR(CNAME));
	} while (outbox_again(box));
}

static void write_requests(struct peer *peer, struct encoding *e, struct outbox *box)
{
	uint16_t missing[NACK_MAX];
	unsigned given_up;
	int64_t now_us = peer->media->now_us;
	size_t n = nack_due(&e->nacks, now_us,
		peer->rtt_us > 0 ? peer->rtt_us : PEER_DEFAULT_RTT_US, missing, &given_up);
	if (given_up > 0 && e->track->kind == MEDIA_VIDEO) {
		encoding_want_keyframe(e);
	}
	if (n > 0) {
		peer->media->counters.nacks_out += (int64_t)n;
		do {
			rtcp_write_nack(&box->writer, peer->rtcp_ssrc, e->ssrc, missing, n);
		} while (outbox_again(box));
	}
	if (encoding_keyframe_due(e, now_us)) {
		peer->media->counters.keyframes_asked++;
		do {
			rtcp_write_pli(&box->writer, peer->rtcp_ssrc, e->ssrc);
		} while (outbox_again(box));
	}
}

static void write_twcc(struct peer *peer, struct outbox *box)
{
	/* The media SSRC only says which transport; any of the peer's will do. */
	uint32_t ssrc = peer->tracks != NULL ? peer->tracks->encodings[0].ssrc : 0;
	bool more = true;
	while (more) {
		more = twcc_write(&peer->twcc, peer->rtcp_ssrc, ssrc, &box->writer) ||
		       outbox_again(box);
	}
}

/* Subscribers whose stream has just begun need the clock before the next report of its sender. */
static void write_due_reports(struct peer *peer, struct outbox *box)
{
	for (struct downtrack *d = peer->downtracks; d != NULL; d = d->next_of_peer) {
		if (d->report_due) {
			do {
				(void)downtrack_write_report(d, &box->writer, peer->media->now_us);
			} while (outbox_again(box));
		}
	}
}

static void want_keyframes(struct track *track)
{
	for (struct downtrack *d = track->downtracks; d != NULL; d = d->next_of_track) {
		struct encoding *e = downtrack_waits_for(d);
		if (e != NULL && peer_listens(d->peer)) {
			encoding_want_keyframe(e);
		}
	}
}

void feedback_tick(struct peer *peer)
{
	struct outbox box;
	int64_t now_us = peer->media->now_us;
	outbox_open(&box, peer);
	if (peer->tracks != NULL && now_us - peer->reported_us >= REPORT_US) {
		peer->reported_us = now_us;
		write_receiver_report(peer, &box);
	}
	for (struct track *t = peer->tracks; t != NULL; t = t->next) {
		want_keyframes(t);
		for (unsigned i = 0; i < t->encoding_count; i++) {
			write_requests(peer, &t->encodings[i], &box);
		}
	}
	if (now_us - peer->twcc_us >= TWCC_US) {
		peer->twcc_us = now_us;
		write_twcc(peer, &box);
	}
	write_due_reports(peer, &box);
	outbox_flush(&box);
}
