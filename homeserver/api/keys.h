/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the key management API share. */
#ifndef PARVIS_HOMESERVER_API_KEYS_H
#define PARVIS_HOMESERVER_API_KEYS_H

#include "common/db/db_writer.h"
#include "homeserver/api/api.h"
#include "homeserver/store/key_store.h"

/* Writes "failures" for the servers of the users (keys of the object) that cannot be asked. */
void api_keys_failures(
	struct http_request *request, struct json_writer *w, const struct json *by_user);

/* --- keys/upload, which a dehydrated device's upload holds too --- */

#define KEYS_UPLOAD_MAX (1024 * 1024) /* bytes of the body */

struct keys_upload_body {
	const struct json *device_keys;
	const struct json *one_time_keys;
	const struct json *fallback_keys;
	const struct json *fallback_keys_old;
};

struct keys_upload {
	struct arena *arena; /* of the request */
	struct str user_id;
	struct str device_id;
	const struct json *device_keys; /* NULL: none */
	struct str device_text;
	struct {
		struct one_time_key *items;
		size_t count;
	} one_time, fallback;
	struct key_counts counts;
	struct str conflict; /* name of the key that stands in the way */
};

/* Checks the body and fills the upload, of which arena, user_id and device_id are set. NULL, or
 * what is wrong. */
const char *keys_upload_read(const struct keys_upload_body *body, struct keys_upload *upload);
/* STATUS_NOT_FOUND when the device is not there, STATUS_CONFLICT when a key of that name is, with
 * upload->conflict; STATUS_TOO_LARGE. */
MUST_CHECK enum status keys_upload_keep(struct db_tx *tx, struct keys_upload *upload)
	REQUIRES(on_writer);

#endif
