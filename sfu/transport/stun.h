/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN binding requests and their answers (RFC 8489) with the attributes of ICE (RFC 8445), as
 * far as an ICE-lite agent needs them. Input is hostile until stun_authentic() has said yes.
 */
#ifndef PARVIS_SFU_STUN_H
#define PARVIS_SFU_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/transport/address.h"

#define STUN_TRANSACTION_BYTES 12
#define STUN_REPLY_MAX	       128 /* the longest answer we build */

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

#define STUN_METHOD_BINDING 0x001

#define STUN_BAD_REQUEST       400
#define STUN_UNKNOWN_ATTRIBUTE 420
#define STUN_ROLE_CONFLICT     487

/* A parsed message; points into its bytes. */
struct stun_message {
	const uint8_t *bytes;
	size_t size;
	enum stun_class class;
	uint16_t method;
	uint8_t transaction[STUN_TRANSACTION_BYTES];
	struct str username; /* p == NULL: absent */
	bool use_candidate, ice_controlling, ice_controlled;
	uint64_t tie_breaker;
	uint32_t priority;
	size_t integrity_at;	    /* offset of MESSAGE-INTEGRITY; 0: absent */
	bool fingerprint;	    /* present, and right */
	uint16_t unknown_attribute; /* the first one that we would have to understand; 0: none */
};

/*
 * STATUS_INVALID for anything that is not one well-formed message filling the whole datagram, or
 * whose FINGERPRINT is wrong. Attributes behind MESSAGE-INTEGRITY, except FINGERPRINT, are
 * ignored, as the RFC asks.
 */
MUST_CHECK enum status stun_parse(const uint8_t *bytes, size_t n, struct stun_message *out);

/* Is the MESSAGE-INTEGRITY (HMAC-SHA1) there and made with this password? */
bool stun_authentic(const struct stun_message *message, struct str password);

/* Answers with MESSAGE-INTEGRITY and FINGERPRINT; return the number of bytes written. */
size_t stun_write_success(const struct stun_message *request, const struct address *mapped,
	struct str password, uint8_t out[STUN_REPLY_MAX]);
/* For STUN_UNKNOWN_ATTRIBUTE names request->unknown_attribute. */
size_t stun_write_error(const struct stun_message *request, unsigned code, struct str password,
	uint8_t out[STUN_REPLY_MAX]);

/* A binding request as a controlling agent sends it: for tests and for measuring tools. */
struct stun_request {
	const uint8_t *transaction;
	struct str username; /* "their-ufrag:our-ufrag", 128 bytes at most */
	struct str password; /* theirs */
	uint32_t priority;
	uint64_t tie_breaker;
	bool use_candidate;
};
#define STUN_REQUEST_MAX 256
size_t stun_write_request(const struct stun_request *request, uint8_t out[STUN_REQUEST_MAX]);

#endif
