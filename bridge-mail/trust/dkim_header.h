/* SPDX-License-Identifier: Apache-2.0 */
/* A DKIM-Signature header (RFC 6376, 3.5; RFC 8301; RFC 8463), and the key record of DNS that goes
 * with it (3.6.1). Both come from strangers. */
#ifndef PARVIS_BRIDGE_DKIM_HEADER_H
#define PARVIS_BRIDGE_DKIM_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge-mail/trust/tags.h"

#define DKIM_MAX_SIGNED 100 /* names in h= */
#define DKIM_MAX_NAME	253 /* bytes of d= and s= */

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };

struct dkim_signature {
	enum dkim_algorithm algorithm;
	bool relaxed_header;
	bool relaxed_body;
	struct str domain; /* d= */
	struct str selector;
	struct str identity_domain; /* of i=; d= where there is none */
	struct str body_hash;	    /* bytes */
	struct str signature;	    /* bytes */
	struct str headers[DKIM_MAX_SIGNED];
	size_t header_count;
	bool has_length; /* l= */
	int64_t length;
	int64_t expires_at; /* s since 1970; 0: never */
};

/* `value` is what stands behind "DKIM-Signature:", folded or not. On failure *why_out says what
 * about it. STATUS_INVALID; STATUS_DENIED: understood, and not to be relied on (rsa-sha1, no From
 * among the signed headers). */
MUST_CHECK enum status dkim_signature_read(
	struct arena *arena, struct str value, struct dkim_signature *out, const char **why_out);

struct dkim_key {
	enum dkim_algorithm algorithm;
	struct str bytes; /* DER of an RSA key, or the 32 of Ed25519; empty: revoked */
	bool testing;	  /* t=y */
	bool strict;	  /* t=s: i= and d= are the same */
};

/* STATUS_INVALID; STATUS_DENIED: not for mail, or not with SHA-256. */
MUST_CHECK enum status dkim_key_read(
	struct arena *arena, struct str record, struct dkim_key *out, const char **why_out);

#endif
