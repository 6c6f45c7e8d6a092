/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the key management API share. */
#ifndef PARVIS_HOMESERVER_API_KEYS_H
#define PARVIS_HOMESERVER_API_KEYS_H

#include "homeserver/api/api.h"

/* Writes "failures" for the servers of the users (keys of the object) that cannot be asked. */
void api_keys_failures(
	struct http_request *request, struct json_writer *w, const struct json *by_user);

#endif
