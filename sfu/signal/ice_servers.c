/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/ice_servers.h"

#include "common/crypto/turn_credentials.h"

Livekit__IceServer **ice_servers(struct arena *arena, const struct config_turn *turn,
	struct str user, int64_t now_s, size_t *count_out)
{
	*count_out = 0;
	if (turn->uris_count == 0)
		return NULL;
	struct turn_credentials credentials = turn_credentials_make(
		arena, str_c(turn->secret), user, now_s + (int64_t)turn->lifetime);
	Livekit__IceServer **list = ARENA_ARRAY(arena, Livekit__IceServer *, 1);
	list[0] = ARENA_NEW(arena, Livekit__IceServer);
	livekit__ice_server__init(list[0]);
	list[0]->urls = turn->uris;
	list[0]->n_urls = turn->uris_count;
	list[0]->username = arena_c_str(arena, credentials.username);
	list[0]->credential = arena_c_str(arena, credentials.password);
	*count_out = 1;
	return list;
}
