/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TXT records by DNS, over c-ares (the only owner of its header), with a bounded cache. Blocks the
 * calling thread: up to DNS_TIMEOUT_MS for a name that nobody answers for. Names of RFC 6761 that no
 * server can know (.example, .test, .invalid, .localhost) are asked about only where dns_servers
 * are configured.
 */
#ifndef PARVIS_BRIDGE_DNS_H
#define PARVIS_BRIDGE_DNS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "bridge-mail/trust/lookup.h"
#include "config/config.h"

#define DNS_TIMEOUT_MS	  4000	 /* for an answer */
#define DNS_KEEP_MS	  600000 /* in the cache */
#define DNS_KEEP_FAULT_MS 60000	 /* that there was no answer */
#define DNS_CACHE_MAX	  1000	 /* names */

struct dns;

/* Raising `cancel` ends a question under way. STATUS_INVALID: dns_servers are no addresses. */
MUST_CHECK enum status dns_new(
	const struct config_bridge_mail *config, const atomic_bool *cancel, struct dns **out);
void dns_free(struct dns **dns);
/* For the judges: as in lookup.h. One thread at a time. */
struct lookup dns_lookup(struct dns *dns);

#endif
