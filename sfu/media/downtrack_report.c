/* SPDX-License-Identifier: Apache-2.0 */
/* A subscriber is told the sender's clock, and tells what it got. */
#include "sfu/media/downtrack.h"
#include "sfu/media/track.h"

#define CNAME "parvis"

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
