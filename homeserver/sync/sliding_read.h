/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of sliding_request.h among themselves. Included by sync/sliding_re*.c only. */
#ifndef PARVIS_HOMESERVER_SLIDING_READ_H
#define PARVIS_HOMESERVER_SLIDING_READ_H

#include "common/json/json.h"
#include "homeserver/sync/sliding_request.h"

/* --- sliding_request.c --- */
/* *why_out becomes "<key> <fault>"; gives STATUS_INVALID. */
MUST_CHECK enum status sliding_refuse(
	struct arena *arena, const char **why_out, const char *key, const char *fault);
/* json_read() with the complaint as a sentence. */
MUST_CHECK enum status sliding_read(struct arena *arena, const struct json *object,
	const struct json_field *fields, size_t count, void *into, const char **why_out);

/* --- sliding_read.c; NULL is read as an empty object --- */
MUST_CHECK enum status sliding_filter_read(struct arena *arena, const struct json *json,
	enum sliding_form form, struct sliding_filter *out, const char **why_out);
MUST_CHECK enum status sliding_extensions_read(struct arena *arena, const struct json *json,
	struct sliding_request *request, const char **why_out);

#endif
