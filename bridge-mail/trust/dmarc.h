/* SPDX-License-Identifier: Apache-2.0 */
/* What a domain says about mails that carry its name in From (RFC 7489, 6). */
#ifndef PARVIS_BRIDGE_DMARC_H
#define PARVIS_BRIDGE_DMARC_H

#include <stdbool.h>

#include "bridge-mail/trust/domain.h"
#include "bridge-mail/trust/lookup.h"

enum dmarc_policy {
	DMARC_ABSENT, /* nothing is said */
	DMARC_NONE,
	DMARC_QUARANTINE,
	DMARC_REJECT,
};

struct dmarc {
	enum dmarc_policy policy;     /* p= */
	enum dmarc_policy subdomains; /* sp=, or p= */
	bool strict_dkim;	      /* adkim=s */
	bool strict_spf;
};

/* STATUS_INVALID: no DMARC record. */
MUST_CHECK enum status dmarc_read(struct str record, struct dmarc *out);
/* The record of a domain (A-labels), else of its organization; out->policy is what goes for the
 * domain. STATUS_OK with DMARC_ABSENT when there is none; STATUS_UNAVAILABLE, STATUS_TIMEOUT: not to
 * be had now, and the record is as if absent. */
MUST_CHECK enum status dmarc_find(const struct lookup *lookup, const struct domains *domains,
	struct arena *arena, struct str domain, struct dmarc *out);
/* Whether `signer` answers for `from` (3.1): the same, or unless strict of the same organization. */
bool dmarc_aligned(const struct domains *domains, struct arena *arena, struct str from,
	struct str signer, bool strict);

#endif
