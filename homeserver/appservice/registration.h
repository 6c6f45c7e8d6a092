/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registration file (application-service API, "Registration"), as YAML says it. Keys that are not
 * known are passed over: bridges write some of their own.
 */
#ifndef PARVIS_HOMESERVER_REGISTRATION_H
#define PARVIS_HOMESERVER_REGISTRATION_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

#define REGISTRATION_MAX_BYTES ((size_t)1024 * 1024)

struct registration_namespace {
	bool exclusive;
	char *regex;
};

struct registration_namespaces {
	struct registration_namespace *users;
	unsigned users_count;
	struct registration_namespace *aliases;
	unsigned aliases_count;
	struct registration_namespace *rooms;
	unsigned rooms_count;
};

/* Absent strings are NULL. */
struct registration {
	char *id;
	char *url;
	char *as_token;
	char *hs_token;
	char *sender_localpart;
	bool *rate_limited; /* NULL: not said, which means true */
	bool receive_ephemeral;
	bool push_ephemeral; /* de.sorunome.msc2409.push_ephemeral, its name before */
	bool wants_devices;  /* org.matrix.msc3202 */
	char **protocols;
	unsigned protocols_count;
	struct registration_namespaces namespaces;
};

/* STATUS_INVALID with a line for the administrator appended to `why`. */
MUST_CHECK enum status registration_parse(
	struct str yaml, struct registration **out, struct buf *why);
void registration_free(struct registration **registration);

#endif
