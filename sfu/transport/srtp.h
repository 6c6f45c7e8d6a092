/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SRTP and SRTCP (RFC 3711, RFC 7714) of one transport, in place. The only owner of srtp2/srtp.h.
 * Replayed, forged and too old packets are refused. Each SSRC of the peer keeps state here, so
 * there are SRTP_MAX_SSRCS of them at most: the one unused for longest is forgotten.
 */
#ifndef PARVIS_SFU_SRTP_H
#define PARVIS_SFU_SRTP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define SRTP_MASTER_MAX 44 /* AES-256 key and GCM salt; also of AES-128 key and CM salt */
#define SRTP_TRAILER	16 /* protecting adds this much to RTP at most ... */
#define SRTCP_TRAILER	20 /* ... and this much to RTCP */
#define SRTP_MAX_SSRCS	64

/* The numbers of the DTLS registry. */
enum srtp_profile_id {
	SRTP_PROFILE_AES128_CM_SHA1_80 = 0x0001,
	SRTP_PROFILE_AEAD_AES_128_GCM = 0x0007,
	SRTP_PROFILE_AEAD_AES_256_GCM = 0x0008,
};

struct srtp_keys {
	enum srtp_profile_id profile;
	uint8_t local[SRTP_MASTER_MAX]; /* master key, then master salt: what we send with */
	uint8_t remote[SRTP_MASTER_MAX];
};

/* STATUS_INVALID for a profile that we do not have. */
MUST_CHECK enum status srtp_key_sizes(
	enum srtp_profile_id profile, size_t *key_bytes_out, size_t *salt_bytes_out);

/* The library's tables: once per process, before the first session and after the last. */
MUST_CHECK enum status srtp_library_start(void);
void srtp_library_stop(void);

struct srtp_session;

MUST_CHECK enum status srtp_session_new(const struct srtp_keys *keys, struct srtp_session **out);
void srtp_session_free(struct srtp_session **session);

/* The packet grows by SRTP_TRAILER (SRTCP_TRAILER) at most: the room is the caller's. *n is its
 * size before and after. STATUS_INVALID when it is no RTP (RTCP) packet. */
MUST_CHECK enum status srtp_seal(struct srtp_session *session, uint8_t *packet, size_t *n);
MUST_CHECK enum status srtcp_seal(struct srtp_session *session, uint8_t *packet, size_t *n);
/* STATUS_DENIED: forged, replayed or too old. */
MUST_CHECK enum status srtp_open(struct srtp_session *session, uint8_t *packet, size_t *n);
MUST_CHECK enum status srtcp_open(struct srtp_session *session, uint8_t *packet, size_t *n);

/* We shall not send with this SSRC again, ever: drops its state. */
void srtp_forget(struct srtp_session *session, uint32_t ssrc);

#endif
