/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where mail goes while there is no smarthost: a Maildir, one file for each mail and recipient,
 * named by both, so that a mail put there twice is there once. Safe on disk when it is said to be.
 */
#ifndef PARVIS_BRIDGE_OUTBOX_H
#define PARVIS_BRIDGE_OUTBOX_H

#include "common/base/str.h"

/* The message gets Return-Path and Delivered-To in front. STATUS_IO. */
MUST_CHECK enum status outbox_put(const char *maildir, struct str message_id, struct str mail_from,
	struct str recipient, struct str message);

#endif
