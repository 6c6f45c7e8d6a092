/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP (RFC 3550) with the feedback of RFC 4585 (NACK, PLI), RFC 5104 (FIR) and REMB
 * (draft-alvestrand-rmcat-remb-03). Compound and reduced-size (RFC 5506) datagrams alike: a
 * reader walks over the packets, and for each kind there is a function that takes it apart.
 * transport-cc has a file of its own (twcc.h).
 */
#ifndef PARVIS_SFU_RTCP_H
#define PARVIS_SFU_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define RTCP_MAX_REPORTS  31
#define RTCP_MAX_NACKS	  256
#define RTCP_MAX_FIRS	  8
#define RTCP_DATAGRAM_MAX 1200 /* what we write, before SRTCP adds to it */

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_RTPFB = 205,
	RTCP_PSFB = 206,
};

enum rtcp_rtpfb { RTCP_NACK = 1, RTCP_TWCC = 15 };
enum rtcp_psfb { RTCP_PLI = 1, RTCP_FIR = 4, RTCP_AFB = 15 };

struct rtcp_packet {
	uint8_t type;
	uint8_t count;	     /* RC, SC or FMT */
	const uint8_t *body; /* behind the four bytes of header, padding taken off */
	size_t size;
};

struct rtcp_reader {
	const uint8_t *p;
	size_t n;
};

/* False at the end, and for good at the first packet whose lengths do not fit. */
bool rtcp_next(struct rtcp_reader *reader, struct rtcp_packet *out);

struct rtcp_sender_info {
	uint32_t ssrc;
	uint64_t ntp; /* 32.32 seconds since 1900 */
	uint32_t rtp_timestamp;
	uint32_t packets, octets;
};

struct rtcp_report {
	uint32_t ssrc; /* reported on */
	uint8_t fraction_lost;
	int32_t lost; /* 24 bits */
	uint32_t highest;
	uint32_t jitter;
	uint32_t last_sr;    /* middle 32 bits of its NTP time; 0: none */
	uint32_t since_last; /* in 1/65536 s */
};

struct rtcp_reports {
	unsigned count;
	struct rtcp_report list[RTCP_MAX_REPORTS];
};

struct rtcp_nack {
	uint32_t media_ssrc;
	unsigned count;
	uint16_t sequences[RTCP_MAX_NACKS]; /* what is beyond is left out */
};

/* All of these: STATUS_INVALID when the packet is of another kind or malformed. */
MUST_CHECK enum status rtcp_read_sr(const struct rtcp_packet *packet,
	struct rtcp_sender_info *sender_out, struct rtcp_reports *reports_out);
MUST_CHECK enum status rtcp_read_rr(
	const struct rtcp_packet *packet, struct rtcp_reports *reports_out);
MUST_CHECK enum status rtcp_read_nack(const struct rtcp_packet *packet, struct rtcp_nack *out);
MUST_CHECK enum status rtcp_read_pli(const struct rtcp_packet *packet, uint32_t *media_ssrc_out);
MUST_CHECK enum status rtcp_read_fir(
	const struct rtcp_packet *packet, uint32_t ssrcs_out[RTCP_MAX_FIRS], unsigned *count_out);
MUST_CHECK enum status rtcp_read_remb(const struct rtcp_packet *packet, uint64_t *bitrate_out);

/* Writing: each appends one packet to a datagram. One that does not fit is left out, and
 * `overflow` set. */
struct rtcp_writer {
	uint8_t *p; /* RTCP_DATAGRAM_MAX bytes and room for SRTCP behind them */
	size_t n;
	bool overflow;
};

void rtcp_write_sr(struct rtcp_writer *w, const struct rtcp_sender_info *sender);
void rtcp_write_rr(struct rtcp_writer *w, uint32_t sender_ssrc, const struct rtcp_reports *reports);
void rtcp_write_cname(struct rtcp_writer *w, uint32_t ssrc, struct str cname);
/* Sequence numbers in rising order. */
void rtcp_write_nack(struct rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc,
	const uint16_t *sequences, size_t count);
void rtcp_write_pli(struct rtcp_writer *w, uint32_t sender_ssrc, uint32_t media_ssrc);
/* Room for a packet of that body size, with the header written; NULL and overflow when full. */
uint8_t *rtcp_reserve(
	struct rtcp_writer *w, enum rtcp_type type, unsigned count, size_t body_bytes);

#endif
