/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "API Versions". */
#include "homeserver/api/api.h"

static enum http_outcome versions_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/versions", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, versions_get},
};

const struct http_routes api_versions_routes = {routes, ARRAY_LEN(routes)};

/* Every one of them: clients look for the one they know. */
static const char *const versions[] = {
	"r0.6.1",
	"v1.1",
	"v1.2",
	"v1.3",
	"v1.4",
	"v1.5",
	"v1.6",
	"v1.7",
	"v1.8",
	"v1.9",
	"v1.10",
	"v1.11",
	"v1.12",
	"v1.13",
	"v1.14",
	"v1.15",
	"v1.16",
	"v1.17",
	"v1.18",
	"v1.19",
};

/* Only what this server answers under its unstable name. */
static const char *const unstable_features[] = {
	"im.nheko.summary",
	"org.matrix.e2e_cross_signing",
	"org.matrix.msc4140",
	"org.matrix.msc3814",
	"org.matrix.msc4143",
	"org.matrix.msc4222",
	"org.matrix.simplified_msc3575",
	"uk.tcpip.msc4133",
	"uk.tcpip.msc4133.stable",
};

static enum http_outcome versions_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	(void)request;
	jw_object(w);
	jw_put_array(w, "versions");
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		jw_c_str(w, versions[i]);
	jw_array_end(w);
	jw_put_object(w, "unstable_features");
	for (size_t i = 0; i < ARRAY_LEN(unstable_features); i++)
		jw_put_bool(w, unstable_features[i], true);
	jw_object_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}
