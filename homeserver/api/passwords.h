/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns at Argon2id. Hashing takes 20–40 ms and 19 MiB, so only a few workers may be at it at
 * once: the others stay free for everybody else. A request whose turn has not come is parked and
 * runs again later; so take the turn before anything is changed.
 *
 *	PASSWORD_TURN(turn, request);
 *	if (!password_turn_take(&turn))
 *		return HTTP_PARK;
 */
#ifndef PARVIS_HOMESERVER_PASSWORDS_H
#define PARVIS_HOMESERVER_PASSWORDS_H

#include <stdbool.h>

#include "common/http/server.h"

struct passwords;

#define PASSWORD_MAX_BYTES 512

struct passwords *passwords_new(unsigned at_once);
void passwords_free(struct passwords **passwords);
/* Those who wait are woken through this server; set once it runs. */
void passwords_set_http(struct passwords *passwords, struct http_server *http);

struct password_turn {
	struct http_request *request;
	bool held;
};
void password_turn_end(struct password_turn *turn);
/* The turn ends with the block. */
#define PASSWORD_TURN(name, its_request)                                          \
	__attribute__((cleanup(password_turn_end))) struct password_turn name = { \
		(its_request), false}

/* true when it is held (again or already). false: the request has left its ticket and
 * park_until_ms is set; return HTTP_PARK. */
bool password_turn_take(struct password_turn *turn);

/* With the turn held. `encoded` with p == NULL takes as long as a real one and does not match, so
 * that the time does not tell whether a user exists or has a password. */
bool password_check(struct password_turn *turn, struct str encoded, struct str password);
/* In the request's arena. */
struct str password_encode(struct password_turn *turn, struct str password);

#endif
