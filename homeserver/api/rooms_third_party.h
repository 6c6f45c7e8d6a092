/* SPDX-License-Identifier: Apache-2.0 */
/* Invites to addresses, as the room chapters need them (client-server API, "Third-party invites"). */
#ifndef PARVIS_HOMESERVER_API_ROOMS_THIRD_PARTY_H
#define PARVIS_HOMESERVER_API_ROOMS_THIRD_PARTY_H

#include "homeserver/api/identity.h"

#define ROOMS_MAX_ADDRESSES 10 /* of one createRoom */

/* POST /rooms/{room}/invite with an address. */
enum http_outcome rooms_invite_address(
	struct http_request *request, struct http_reply *reply, struct str room_id);

/* `third_party_signed` of a join, NULL when there is none: that it is for the requester and answers
 * an invite of the room, and that its key still holds. false: the reply is filled. */
bool rooms_read_signed(struct http_request *request, struct http_reply *reply, struct str room_id,
	const struct json **out);

/* `invite_3pid` of createRoom. */
struct rooms_addresses {
	struct identity_address items[ROOMS_MAX_ADDRESSES]; /* those that are nobody's */
	size_t count;
};
/* Looks all of them up. Users whose addresses they are join `invite`, an array or NULL, in
 * *invite_out. false: the reply is filled. */
bool rooms_addresses_lookup(struct identity *identity, const struct json *list,
	const struct json *invite, struct rooms_addresses *out, const struct json **invite_out);
/* Leaves the invites, once the room is there. false: the reply is filled. */
bool rooms_addresses_invite(
	struct identity *identity, const struct rooms_addresses *addresses, struct str room_id);

#endif
