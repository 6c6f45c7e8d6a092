/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Application services: who they are, and which users, aliases and rooms are theirs
 * (application-service API, "Registration"). Read from registration files at start and constant
 * from then on, so everything here may be called from any thread without a lock. Delivery is in
 * appservice/as_sender.h, queries in appservice/as_query.h.
 *
 * The regular expressions are those of Perl (PCRE2, as registrations in the wild are written for
 * Python or Node), anchored at the start only like Synapse does, matched with limits on work and
 * depth.
 */
#ifndef PARVIS_HOMESERVER_APPSERVICES_H
#define PARVIS_HOMESERVER_APPSERVICES_H

#include <stdbool.h>

#include "common/base/str.h"

struct config;
struct appservices;

struct appservice {
	struct str id;
	struct str url; /* {NULL, 0}: nothing is sent to it; else without a '/' at the end */
	struct str as_token;
	struct str hs_token;
	struct str sender;	/* full user id made of sender_localpart */
	bool rate_limited;	/* false: its requests are not limited */
	bool receive_ephemeral; /* typing, receipts, presence, and to-device messages (MSC2409) */
	bool wants_devices;	/* changes of device lists, counts of one-time keys (MSC3202) */
	const struct str *protocols;
	size_t protocol_count;
	struct as_namespaces *namespaces; /* appservice/namespaces.h */
};

#define APPSERVICES_ERROR_MAX 512
#define APPSERVICES_MAX	      64

/* Reads config->homeserver.application_services. On failure `why` holds one line for the
 * administrator: which file, what is wrong. Two services with one id, as_token or sender are
 * refused. */
MUST_CHECK enum status appservices_load(
	const struct config *config, struct appservices **out, char why[APPSERVICES_ERROR_MAX]);
void appservices_free(struct appservices **appservices);

size_t appservices_count(const struct appservices *appservices);
struct appservice *appservices_at(const struct appservices *appservices, size_t index);
/* In constant time for each service; NULL when the token is none's. */
struct appservice *appservices_by_token(const struct appservices *appservices, struct str as_token);
struct appservice *appservices_by_id(const struct appservices *appservices, struct str id);

/* Whether the appservice may act as the user (full id): its own sender, or in its namespace. */
bool appservice_is_user(const struct appservice *appservice, struct str user_id);
/* Interest, exclusive or not. */
bool appservice_has_alias(const struct appservice *appservice, struct str room_alias);
bool appservice_has_room(const struct appservice *appservice, struct str room_id);

/* The appservice that holds the user id or alias exclusively, or NULL. Anybody else who wants to
 * create it gets M_EXCLUSIVE. `except` (may be NULL) is the one who asks. */
struct appservice *appservices_exclusive_user(
	const struct appservices *appservices, struct str user_id, const struct appservice *except);
struct appservice *appservices_exclusive_alias(const struct appservices *appservices,
	struct str room_alias, const struct appservice *except);

#endif
