/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/srtp.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <srtp2/srtp.h>

#include "common/base/mem.h"
#include "sfu/transport/wire.h"

#define RTP_HEADER_BYTES  12
#define RTCP_HEADER_BYTES 8
/* Packets that a retransmission may be late by; libsrtp's 128 is a tenth of a second of video. */
#define REPLAY_WINDOW 1024

struct srtp_session {
	srtp_t out;
	srtp_t in;
	/* The peer's SSRCs, to bound their number: the one that was used longest ago gives way. */
	struct {
		uint32_t ssrc;
		uint64_t used;
	} ssrcs[SRTP_MAX_SSRCS];
	unsigned ssrc_count;
	uint64_t uses;
};

struct profile {
	enum srtp_profile_id id;
	srtp_profile_t library;
	size_t key_bytes, salt_bytes;
};

static const struct profile profiles[] = {
	{SRTP_PROFILE_AEAD_AES_128_GCM, srtp_profile_aead_aes_128_gcm, 16, 12},
	{SRTP_PROFILE_AEAD_AES_256_GCM, srtp_profile_aead_aes_256_gcm, 32, 12},
	{SRTP_PROFILE_AES128_CM_SHA1_80, srtp_profile_aes128_cm_sha1_80, 16, 14},
};

static const struct profile *profile_find(enum srtp_profile_id id)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		if (profiles[i].id == id) {
			return &profiles[i];
		}
	}
	return NULL;
}

enum status srtp_key_sizes(
	enum srtp_profile_id profile, size_t *key_bytes_out, size_t *salt_bytes_out)
{
	const struct profile *p = profile_find(profile);
	if (p == NULL) {
		return STATUS_INVALID;
	}
	*key_bytes_out = p->key_bytes;
	*salt_bytes_out = p->salt_bytes;
	return STATUS_OK;
}

enum status srtp_library_start(void)
{
	return srtp_init() == srtp_err_status_ok ? STATUS_OK : STATUS_INTERNAL;
}

void srtp_library_stop(void)
{
	(void)srtp_shutdown();
}

static enum status create(
	const struct profile *profile, srtp_ssrc_type_t direction, uint8_t *master, srtp_t *out)
{
	srtp_policy_t policy;
	memset(&policy, 0, sizeof(policy));
	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile->library) !=
			srtp_err_status_ok ||
		srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile->library) !=
			srtp_err_status_ok) {
		return STATUS_INTERNAL;
	}
	policy.ssrc.type = direction;
	policy.key = master;
	policy.window_size = REPLAY_WINDOW;
	/* Without RTX a lost packet is sent again as it was, under its own sequence number. */
	policy.allow_repeat_tx = 1;
	return srtp_create(out, &policy) == srtp_err_status_ok ? STATUS_OK : STATUS_INTERNAL;
}

enum status srtp_session_new(const struct srtp_keys *keys, struct srtp_session **out)
{
	const struct profile *profile = profile_find(keys->profile);
	if (profile == NULL) {
		return STATUS_INVALID;
	}
	struct srtp_session *session = MEM_NEW(struct srtp_session);
	struct srtp_keys copy = *keys;
	enum status status = create(profile, ssrc_any_outbound, copy.local, &session->out);
	if (status == STATUS_OK) {
		status = create(profile, ssrc_any_inbound, copy.remote, &session->in);
	}
	explicit_bzero(&copy, sizeof(copy));
	if (status != STATUS_OK) {
		srtp_session_free(&session);
		return status;
	}
	*out = session;
	return STATUS_OK;
}

void srtp_session_free(struct srtp_session **session)
{
	if (*session != NULL) {
		if ((*session)->out != NULL) {
			(void)srtp_dealloc((*session)->out);
		}
		if ((*session)->in != NULL) {
			(void)srtp_dealloc((*session)->in);
		}
	}
	mem_freep(session);
}

/* The library wants the SSRC as it stands in the packet. */
static void remove_stream(srtp_t context, uint32_t ssrc)
{
	(void)srtp_remove_stream(context, htonl(ssrc));
}

static void remember(struct srtp_session *session, uint32_t ssrc)
{
	unsigned oldest = 0;
	session->uses++;
	for (unsigned i = 0; i < session->ssrc_count; i++) {
		if (session->ssrcs[i].ssrc == ssrc) {
			session->ssrcs[i].used = session->uses;
			return;
		}
		if (session->ssrcs[i].used < session->ssrcs[oldest].used) {
			oldest = i;
		}
	}
	if (session->ssrc_count < SRTP_MAX_SSRCS) {
		oldest = session->ssrc_count++;
	} else {
		remove_stream(session->in, session->ssrcs[oldest].ssrc);
	}
	session->ssrcs[oldest].ssrc = ssrc;
	session->ssrcs[oldest].used = session->uses;
}

typedef srtp_err_status_t transform(srtp_t context, void *packet, int *size);

static enum status apply(transform *run, srtp_t context, uint8_t *packet, size_t *n)
{
	int size = (int)*n;
	switch (run(context, packet, &size)) {
	case srtp_err_status_ok:
		*n = (size_t)size;
		return STATUS_OK;
	case srtp_err_status_auth_fail:
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_cipher_fail:
		return STATUS_DENIED;
	default:
		return STATUS_INVALID;
	}
}

static enum status open_packet(
	struct srtp_session *session, transform *run, uint32_t ssrc, uint8_t *packet, size_t *n)
{
	enum status status = apply(run, session->in, packet, n);
	if (status == STATUS_OK) {
		remember(session, ssrc);
	}
	return status;
}

void srtp_forget(struct srtp_session *session, uint32_t ssrc)
{
	remove_stream(session->out, ssrc);
}

enum status srtp_seal(struct srtp_session *session, uint8_t *packet, size_t *n)
{
	return *n < RTP_HEADER_BYTES || *n > INT_MAX ? STATUS_INVALID
						     : apply(srtp_protect, session->out, packet, n);
}

enum status srtcp_seal(struct srtp_session *session, uint8_t *packet, size_t *n)
{
	return *n < RTCP_HEADER_BYTES || *n > INT_MAX
		       ? STATUS_INVALID
		       : apply(srtp_protect_rtcp, session->out, packet, n);
}

enum status srtp_open(struct srtp_session *session, uint8_t *packet, size_t *n)
{
	return *n < RTP_HEADER_BYTES || *n > INT_MAX
		       ? STATUS_INVALID
		       : open_packet(session, srtp_unprotect, get_u32(packet + 8), packet, n);
}

enum status srtcp_open(struct srtp_session *session, uint8_t *packet, size_t *n)
{
	return *n < RTCP_HEADER_BYTES || *n > INT_MAX
		       ? STATUS_INVALID
		       : open_packet(session, srtp_unprotect_rtcp, get_u32(packet + 4), packet, n);
}
