/* SPDX-License-Identifier: Apache-2.0 */
/* The table of contents of the client-server API: every chapter's table of routes. */
#ifndef PARVIS_HOMESERVER_ROUTES_H
#define PARVIS_HOMESERVER_ROUTES_H

#include <stddef.h>

#include "common/http/server.h"

#define API_MAX_TABLES 64

/* Fills `out` and returns how many there are. */
size_t api_routes(struct http_routes out[API_MAX_TABLES]);

#endif
