/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/passwords.h"

#include <assert.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/crypto/secret.h"
#include "homeserver/homeserver.h"

#define QUEUE	      256  /* tickets that are woken in order; a power of two */
#define LOOK_AGAIN_MS 1000 /* for those past the queue, and for a wake that met nobody */

struct passwords {
	struct mutex mutex;
	struct http_server *http;
	unsigned free;
	struct http_ticket queue[QUEUE];
	size_t head, count;
	char *decoy; /* an encoded password that nobody knows */
};

struct passwords *passwords_new(unsigned at_once)
{
	ARENA_SCOPE(arena);
	struct passwords *passwords = MEM_NEW(struct passwords);
	mutex_init(&passwords->mutex);
	passwords->free = at_once;
	passwords->decoy = mem_strdup(password_hash(arena, secret_token(arena, 32)));
	return passwords;
}

void passwords_free(struct passwords **passwords)
{
	if (*passwords == NULL)
		return;
	mutex_release(&(*passwords)->mutex);
	mem_freep(&(*passwords)->decoy);
	mem_freep(passwords);
}

void passwords_set_http(struct passwords *passwords, struct http_server *http)
{
	mutex_lock(&passwords->mutex);
	passwords->http = http;
	mutex_unlock(&passwords->mutex);
}

static struct homeserver *homeserver_of_turn(const struct password_turn *turn)
{
	return turn->request->app;
}

bool password_turn_take(struct password_turn *turn)
{
	if (turn->held)
		return true;
	struct passwords *passwords = homeserver_of_turn(turn)->passwords;
	mutex_lock(&passwords->mutex);
	if (passwords->free > 0) {
		passwords->free--;
		turn->held = true;
	} else if (passwords->count < QUEUE) {
		size_t tail = (passwords->head + passwords->count++) % QUEUE;
		passwords->queue[tail] = http_ticket(turn->request);
	}
	mutex_unlock(&passwords->mutex);
	if (!turn->held)
		turn->request->park_until_ms = clock_mono_ms() + LOOK_AGAIN_MS;
	return turn->held;
}

void password_turn_end(struct password_turn *turn)
{
	if (!turn->held)
		return;
	struct passwords *passwords = homeserver_of_turn(turn)->passwords;
	struct http_server *http = NULL;
	struct http_ticket next = {0, 0};
	mutex_lock(&passwords->mutex);
	passwords->free++;
	if (passwords->count > 0) {
		next = passwords->queue[passwords->head];
		passwords->head = (passwords->head + 1) % QUEUE;
		passwords->count--;
		http = passwords->http;
	}
	mutex_unlock(&passwords->mutex);
	turn->held = false;
	if (http != NULL)
		http_wake(http, next);
}

bool password_check(struct password_turn *turn, struct str encoded, struct str password)
{
	assert(turn->held);
	if (password.n > PASSWORD_MAX_BYTES)
		return false;
	struct str decoy = str_c(homeserver_of_turn(turn)->passwords->decoy);
	bool known = encoded.p != NULL;
	return password_matches(known ? encoded : decoy, password) && known;
}

struct str password_encode(struct password_turn *turn, struct str password)
{
	assert(turn->held);
	return password_hash(turn->request->arena, password);
}
