/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What encrypted bridges need of a transaction: messages to their devices (MSC2409), whose devices
 * changed, and how many one-time keys are left (MSC3202). Each under its plain name and under the
 * one from before: services in use read one or the other.
 */
#ifndef PARVIS_HOMESERVER_AS_DEVICES_H
#define PARVIS_HOMESERVER_AS_DEVICES_H

#include "common/json/json_writer.h"
#include "homeserver/appservice/as_transaction.h"

/* Members of the transaction under way. */
MUST_CHECK enum status as_devices_write(
	struct json_writer *w, struct db *db, struct arena *arena, const struct as_parts *parts);

#endif
