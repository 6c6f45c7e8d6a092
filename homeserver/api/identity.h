/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to identity servers (Identity Service API), for invites to addresses. The client names
 * the server, so what is called and what comes back are a stranger's: https and the public Internet
 * only unless configured otherwise, bounded in size and time (all calls of one request together),
 * and a quarter of the workers at most wait like this at once. They block their thread: never on
 * the writer, nor inside a snapshot.
 */
#ifndef PARVIS_HOMESERVER_API_IDENTITY_H
#define PARVIS_HOMESERVER_API_IDENTITY_H

#include "homeserver/api/api.h"

/* Whom to invite: the members of an invite by address. */
struct identity_address {
	struct str server; /* id_server */
	struct str token;  /* id_access_token */
	struct str medium; /* "email" or "msisdn" */
	struct str address;
};

/* false: the reply is filled. */
bool identity_address_read(struct http_request *request, struct http_reply *reply,
	const struct json *object, struct identity_address *out);

/* One request's conversation. */
struct identity {
	struct http_request *request;
	struct http_reply *reply;
	struct http_client *client;
	int64_t deadline_ms; /* of the monotonic clock */
	bool entered;
};
void identity_end(struct identity *identity);
#define IDENTITY_SCOPE(name, its_request, its_reply)                    \
	__attribute__((cleanup(identity_end))) struct identity name = { \
		.request = (its_request), .reply = (its_reply)}

/* Each: false when the reply is filled with what went wrong. */

/* Whose the address is; n == 0: nobody's. */
bool identity_lookup(
	struct identity *identity, const struct identity_address *address, struct str *user_id_out);

/* Leaves an invite of the requester at the identity server. Gives the token, and the content of
 * m.room.third_party_invite; or the user whose the address is after all. */
struct identity_invite {
	struct str token;
	struct str content; /* JSON text */
	struct str user_id; /* n == 0: nobody's, the two above are there */
};
bool identity_store_invite(struct identity *identity, const struct identity_address *address,
	struct str room_id, struct identity_invite *out);

/* Asks the URL whether the key still holds. */
bool identity_key_valid(struct identity *identity, struct str url, struct str public_key);

#endif
