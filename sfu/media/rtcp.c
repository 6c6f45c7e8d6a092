/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/rtcp.h"

#include "sfu/transport/wire.h"

#define HEADER_BYTES	  4
#define REPORT_BYTES	  24
#define SENDER_INFO_BYTES 24
#define FEEDBACK_BYTES	  8 /* sender and media SSRC */

bool rtcp_next(struct rtcp_reader *reader, struct rtcp_packet *out)
{
	if (reader->n < HEADER_BYTES || reader->p[0] >> 6 != 2) {
		reader->n = 0;
		return false;
	}
	size_t size = (size_t)get_u16(reader->p + 2) * 4;
	if (size > reader->n - HEADER_BYTES) {
		reader->n = 0;
		return false;
	}
	*out = (struct rtcp_packet){.type = reader->p[1],
		.count = reader->p[0] & 0x1f,
		.body = reader->p + HEADER_BYTES,
		.size = size};
	if ((reader->p[0] & 0x20) != 0) {
		size_t padding = size == 0 ? 0 : out->body[size - 1];
		if (padding == 0 || padding > size) {
			reader->n = 0;
			return false;
		}
		out->size -= padding;
	}
	reader->p += HEADER_BYTES + size;
	reader->n -= HEADER_BYTES + size;
	return true;
}

static enum status read_reports(
	const struct rtcp_packet *packet, size_t at, struct rtcp_reports *out)
{
	if (packet->size < at || (packet->size - at) / REPORT_BYTES < packet->count) {
		return STATUS_INVALID;
	}
	out->count = packet->count;
	for (unsigned i = 0; i < packet->count; i++) {
		const uint8_t *p = packet->body + at + (size_t)i * REPORT_BYTES;
		uint32_t lost = get_u24(p + 5);
		out->list[i] = (struct rtcp_report){.ssrc = get_u32(p),
			.fraction_lost = p[4],
			.lost = lost >= 0x800000u ? (int32_t)lost - 0x1000000 : (int32_t)lost,
			.highest = get_u32(p + 8),
			.jitter = get_u32(p + 12),
			.last_sr = get_u32(p + 16),
			.since_last = get_u32(p + 20)};
	}
	return STATUS_OK;
}

enum status rtcp_read_sr(const struct rtcp_packet *packet, struct rtcp_sender_info *sender_out,
	struct rtcp_reports *reports_out)
{
	if (packet->type != RTCP_SR || packet->size < SENDER_INFO_BYTES) {
		return STATUS_INVALID;
	}
	const uint8_t *p = packet->body;
	*sender_out = (struct rtcp_sender_info){.ssrc = get_u32(p),
		.ntp = get_u64(p + 4),
		.rtp_timestamp = get_u32(p + 12),
		.packets = get_u32(p + 16),
		.octets = get_u32(p + 20)};
	return read_reports(packet, SENDER_INFO_BYTES, reports_out);
}

enum status rtcp_read_rr(const struct rtcp_packet *packet, struct rtcp_reports *reports_out)
{
	return packet->type == RTCP_RR ? read_reports(packet, 4, reports_out) : STATUS_INVALID;
}

static bool is_feedback(const struct rtcp_packet *packet, enum rtcp_type type, unsigned format)
{
	return packet->type == type && packet->count == format && packet->size >= FEEDBACK_BYTES;
}

enum status rtcp_read_nack(const struct rtcp_packet *packet, struct rtcp_nack *out)
{
	if (!is_feedback(packet, RTCP_RTPFB, RTCP_NACK)) {
		return STATUS_INVALID;
	}
	out->media_ssrc = get_u32(packet->body + 4);
	out->count = 0;
	for (size_t at = FEEDBACK_BYTES; at + 4 <= packet->size; at += 4) {
		uint16_t first = get_u16(packet->body + at);
		unsigned mask = get_u16(packet->body + at + 2);
		for (unsigned i = 0; i <= 16 && out->count < RTCP_MAX_NACKS; i++) {
			if (i == 0 || (mask >> (i - 1) & 1u) != 0) {
				out->sequences[out->count++] = (uint16_t)(first + i);
			}
		}
	}
	return STATUS_OK;
}

enum status rtcp_read_pli(const struct rtcp_packet *packet, uint32_t *media_ssrc_out)
{
	if (!is_feedback(packet, RTCP_PSFB, RTCP_PLI)) {
		return STATUS_INVALID;
	}
	*media_ssrc_out = get_u32(packet->body + 4);
	return STATUS_OK;
}

enum status rtcp_read_fir(
	const struct rtcp_packet *packet, uint32_t ssrcs_out[RTCP_MAX_FIRS], unsigned *count_out)
{
	if (!is_feedback(packet, RTCP_PSFB, RTCP_FIR)) {
		return STATUS_INVALID;
	}
	unsigned count = 0;
	for (size_t at = FEEDBACK_BYTES; at + 8 <= packet->size && count < RTCP_MAX_FIRS; at += 8) {
		ssrcs_out[count++] = get_u32(packet->body + at);
	}
	*count_out = count;
	return STATUS_OK;
}

enum status rtcp_read_remb(const struct rtcp_packet *packet, uint64_t *bitrate_out)
{
	if (!is_feedback(packet, RTCP_PSFB, RTCP_AFB) || packet->size < FEEDBACK_BYTES + 8 ||
		memcmp(packet->body + FEEDBACK_BYTES, "REMB", 4) != 0) {
		return STATUS_INVALID;
	}
	uint32_t value = get_u24(packet->body + FEEDBACK_BYTES + 5);
	unsigned exponent = value >> 18;
	uint64_t mantissa = value & 0x3ffffu;
	/* 18 bits shifted by more than 46 would not fit; no link is that fast. */
	*bitrate_out = exponent > 46 ? UINT64_MAX : mantissa << exponent;
	return STATUS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

uint8_t *rtcp_reserve(struct rtcp_writer *w, enum rtcp_type type, unsigned count, size_t body_bytes)
{
	if (RTCP_DATAGRAM_MAX - w->n < HEADER_BYTES + body_bytes) {
		w->overflow = true;
		return NULL;
	}
	uint8_t *p = w->p + w->n;
	p[0] = (uint8_t)(0x80u | count);
	p[1] = (uint8_t)type;
	put_u16(p + 2, (unsigned)(body_bytes / 4));
	memset(p + HEADER_BYTES, 0, body_bytes);
	w->n += HEADER_BYTES + body_bytes;
	return p + HEADER_BYTES;
}

void rtcp_write_sr(struct rtcp_writer *w, const struct rtcp_sender_info *sender)
{
	uint8_t *p = rtcp_reserve(w, RTCP_SR, 0, SENDER_INFO_BYTES);
	if (p != NULL) {
		put_u32(p, sender->ssrc);
		put_u64(p + 4, sender->ntp);
		put_u32(p + 12, sender->rtp_timestamp);
		put_u32(p + 16, sender->packets);
		put_u32(p + 20, sender->octets);
	}
}

void rtcp_write_rr(struct rtcp_writer *w, uint32_t sender_ssrc, const struct rtcp_reports *reports)
{
	uint8_t *p =
		rtcp_reserve(w, RTCP_RR, reports->count, 4 + (size_t)reports->count * REPORT_BYTES);
	if (p == NULL) {
		return;
	}
	put_u32(p, sender_ssrc);
	p += 4;
	for (unsigned i = 0; i < reports->count; i++, p += REPORT_BYTES) {
		const struct rtcp_report *r = &reports->list[i];
		put_u32(p, r->ssrc);
		p[4] = r->fraction_lost;
		put_u24(p + 5, (uint32_t)r->lost);
		put_u32(p + 8, r->highest);
		put_u32(p + 12, r->jitter);
		put_u32(p + 16, r->last_sr);
		put_u32(p + 20, r->since_last);
	}
}

void rtcp_write_cname(struct rtcp_writer *w, uint32_t ssrc, struct str cname)
{
	size_t n = cname.n < 255 ? cname.n : 255;
	/* SSRC, item header, text, and at least one zero byte up to the next multiple of four. */
	uint8_t *p = rtcp_reserve(w, RTCP_SDES, 1, (4 + 2 + n + 1 + 3) & ~(size_t)3);
	if (p != NULL) {
		put_u32(p, ssrc);
		p[4] = 1;
		p[5] = (uint8_t)n;
		memcpy(p + 6, cname.p, n);
	}
}

static size_t pack_nacks(const uint16_t *sequences, size_t count, uint8_t *out)
{
	size_t entries = 0;
	for (size_t i = 0; i < count; entries++) {
		uint16_t first = sequences[i++];
		unsigned mask = 0;
		while (i < count && (uint16_t)(sequences[i] - first) <= 16) {
			mask |= 1u << ((uint16_t)(sequences[i++] - first) - 1u);
		}
		if (out != NULL) {
			put_u16(out + entries * 4, first);
			put_u16(out + entries * 4 + 2, mask);
		}
	}
	return entries;
}

static uint8_t *feedback(struct rtcp_writer *w, enum rtcp_type type, unsigned format,
	uint32_t sender_ssrc, uint32_t media_ssrc, size_t more)
{
	uint8_t *p = rtcp_reserve(w, type, format, FEEDBACK_BYTES + more);
	if (p == NULL) {
		return NULL;
	}
	put_u32(p, sender_ssrc);
	put_u32(p + 4, media_ssrc);
	return p + FEEDBACK_BYTES;
}

void rtcp_write_nack(struct rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
	const uint16_t *sequences, size_t count)
{
	size_t entries = pack_nacks(sequences, count, NULL);
	uint8_t *p = feedback(w, RTCP_RTPFB, RTCP_NACK, sender_ssrc, media_ssrc, entries * 4);
	if (p != NULL) {
		(void)pack_nacks(sequences, count, p);
	}
}

void rtcp_write_pli(struct rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc)
{
	(void)feedback(w, RTCP_PSFB, RTCP_PLI, sender_ssrc, media_ssrc, 0);
}
