/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the page's self-test: POST /api/test -> {"url", "token", "turn"}, a token for a meeting of its
 * own, which lasts a minute and in which nobody can publish. It takes nobody's seat; it may be asked
 * for seldom from one address (LIMIT_TEST), and not while many meetings run (503).
 */
#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "config/config.h"
#include "sfu/api/api.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/meeting/rules.h"
#include "sfu/meeting/sid.h"
#include "sfu/sfu.h"
#include "sfu/signal/token.h"

#define MEETINGS_TOO_MANY (MEETING_MAX_ROOMS / 2)

static enum http_outcome test_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/api/test", 0, LIMIT_TEST, BODY_JSON_OPTIONAL, 0, test_post},
};

const struct http_routes api_test_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome test_post(struct http_request *request, struct http_reply *reply)
{
	const struct sfu *sfu = api_sfu(request);
	const struct token_key key = {sfu->api_key, sfu->api_secret};
	const int64_t now_ms = clock_wall_ms();
	unsigned rooms, seats;
	char room[SID_MAX], person[SID_MAX];
	occupancy_totals(sfu->occupancy, &rooms, &seats);
	if (rooms >= MEETINGS_TOO_MANY)
		return http_error(reply, 503, "M_LIMIT_EXCEEDED", "Too busy for tests: try later");
	sid_make(TEST_ROOM_PREFIX, room);
	sid_make("test-", person);
	const struct grants grants = {.room = str_c(room),
		.identity = str_c(person),
		.can_subscribe = true,
		.sources = SOURCES_ALL,
		.expires_s = (now_ms + TEST_LENGTH_MS) / 1000};
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "url", sfu->config->sfu.signal_url);
	jw_put_str(&reply->json, "token", token_make(request->arena, &key, &grants, now_ms / 1000));
	jw_put_bool(&reply->json, "turn", sfu->config->turn.uris_count > 0);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
