/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The regular expressions of one application service. The only owner of pcre2.h.
 *
 * An expression matches when it does so from the first character on; it need not reach the last
 * one, as in the servers for which registrations are written. Work and memory of one match are
 * limited; past the limits it counts as no match.
 */
#ifndef PARVIS_HOMESERVER_NAMESPACES_H
#define PARVIS_HOMESERVER_NAMESPACES_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "homeserver/appservice/registration.h"

struct as_namespaces;

enum as_kind { AS_USERS, AS_ALIASES, AS_ROOMS };

/* STATUS_INVALID with a line for the administrator appended to `why`. */
MUST_CHECK enum status as_namespaces_new(
	const struct registration_namespaces *from, struct as_namespaces **out, struct buf *why);
void as_namespaces_free(struct as_namespaces **namespaces);

/* Any thread. */
bool as_namespaces_match(
	const struct as_namespaces *namespaces, enum as_kind kind, struct str id, bool exclusive);
/* Whether there is any expression of the kind. */
bool as_namespaces_any(const struct as_namespaces *namespaces, enum as_kind kind);

#endif
