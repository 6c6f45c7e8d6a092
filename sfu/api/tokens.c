/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/tokens.h"

#include "common/base/clock.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/sfu.h"
#include "sfu/signal/token.h"

bool tokens_seat(struct http_request *request, struct http_reply *reply, struct str room,
	struct str identity)
{
	const struct occupancy_view view =
		occupancy_look(api_sfu(request)->occupancy, room, identity);
	if (view.present || view.taken < MEETING_SEATS)
		return true;
	(void)http_error(reply, 503, "PARVIS_MEETING_FULL",
		"The meeting is full: all %d seats are taken", MEETING_SEATS);
	return false;
}

struct str tokens_make(struct http_request *request, const struct grants *who)
{
	const struct sfu *sfu = api_sfu(request);
	const struct token_key key = {sfu->api_key, sfu->api_secret};
	struct grants grants = *who;
	grants.can_publish = grants.can_subscribe = grants.can_publish_data = true;
	grants.sources = SOURCES_ALL;
	return token_make(request->arena, &key, &grants, clock_wall_ms() / 1000);
}
