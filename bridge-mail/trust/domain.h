/* SPDX-License-Identifier: Apache-2.0 */
/* Domains of mail addresses: their form on the wire (IDNA 2008), who runs them (the Public Suffix
 * List), and whether they are written to be taken for another. */
#ifndef PARVIS_BRIDGE_DOMAIN_H
#define PARVIS_BRIDGE_DOMAIN_H

#include <stdbool.h>

#include "common/base/arena.h"

struct domains;

/* Loads the list and the tables of scripts. Read-only after: any thread. */
struct domains *domains_new(void);
void domains_free(struct domains **domains);

/* A-labels in lower case, for any spelling. STATUS_INVALID: no domain. */
MUST_CHECK enum status domain_ascii(struct arena *arena, struct str domain, struct str *out);
/* The organizational domain (RFC 7489, 3.2) of A-labels: "mail.ville.example" gives
 * "ville.example". A public suffix is its own. Borrowed or in the arena. */
struct str domain_organization(
	const struct domains *domains, struct arena *arena, struct str ascii);
/*
 * Whether a label mixes scripts beyond what UTS 39 calls highly restrictive (Latin with Cyrillic),
 * holds characters that cannot be seen, or, under an ASCII top-level domain, looks throughout like
 * a Latin one. `ascii` is A-labels.
 */
bool domain_misleads(const struct domains *domains, struct arena *arena, struct str ascii);

#endif
