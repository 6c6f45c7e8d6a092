/* SPDX-License-Identifier: Apache-2.0 */
/* The TURN servers that a client is told of, with credentials of its own for as long as it needs. */
#ifndef PARVIS_SFU_ICE_SERVERS_H
#define PARVIS_SFU_ICE_SERVERS_H

#include "config/config.h"
#include "sfu/signal/arena_protobuf.h"

/* NULL and a count of 0 when the configuration names none. In the arena. */
Livekit__IceServer **ice_servers(struct arena *arena, const struct config_turn *turn,
	struct str user, int64_t now_s, size_t *count_out);

#endif
