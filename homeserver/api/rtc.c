/* SPDX-License-Identifier: Apache-2.0 */
/* MSC4143: which SFU a call goes through. */
#include "homeserver/api/rtc.h"

#include "config/config.h"
#include "homeserver/api/api.h"

static enum http_outcome transports_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", AUTH_USER,
		LIMIT_READ, BODY_NONE, 0, transports_get},
};

const struct http_routes api_rtc_routes = {routes, ARRAY_LEN(routes)};

void rtc_write_transports(struct json_writer *w, const struct config *config)
{
	jw_array(w);
	if (config->sfu.public_url[0] != '\0') {
		jw_object(w);
		jw_put_c_str(w, "type", "livekit");
		jw_put_c_str(w, "livekit_service_url", config->sfu.public_url);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static enum http_outcome transports_get(struct http_request *request, struct http_reply *reply)
{
	jw_object(&reply->json);
	jw_key(&reply->json, "rtc_transports");
	rtc_write_transports(&reply->json, api_homeserver(request)->config);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
