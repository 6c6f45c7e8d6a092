/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge as a client of its homeserver: the client-server API with the application service's
 * token, as the bridge's bot or as a ghost. Nothing here is particular to one homeserver.
 *
 * One client per thread. A call blocks until the answer, a time-out or the end of the program. A
 * server that asks for patience (429) is given it for a few seconds; whoever calls keeps rows
 * and tries again later for the rest.
 */
#ifndef PARVIS_BRIDGE_MATRIX_CLIENT_H
#define PARVIS_BRIDGE_MATRIX_CLIENT_H

#include <stdatomic.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/json/json.h"

struct matrix_client;

/* The strings are borrowed. `cancel` ends a call that is under way. */
struct matrix_client_config {
	const char *homeserver_url;
	const char *as_token;
	const atomic_bool *cancel;
};
struct matrix_client *matrix_client_new(const struct matrix_client_config *config);
void matrix_client_free(struct matrix_client **client);

struct matrix_call {
	const char *method;
	struct str path; /* from "/_matrix" on, each part escaped; with or without a query */
	struct str body; /* JSON text; p == NULL: none */
	struct str as;	 /* user id of the ghost to act as; empty: the bot */
	int body_fd;	 /* with body_size >= 0 and content_type: a file in place of body */
	int64_t body_size;
	const char *content_type; /* NULL: JSON */
	size_t max_answer;	  /* 0: 4 MiB */
	bool raw;		  /* the answer is bytes, not JSON */
	int answer_fd;		  /* with `raw`, > 0: they are written there */
};

struct matrix_answer {
	int http_status;
	const struct json *json; /* NULL with `raw` */
	struct str errcode;	 /* empty on STATUS_OK */
	struct str body;	 /* in the arena */
	int64_t written;	 /* to answer_fd */
	struct str content_type;
};

/*
 * STATUS_OK for 2xx. What a later try may change: STATUS_UNAVAILABLE (no connection, 5xx, an answer
 * that no Matrix server gave, a token that the server does not know yet), STATUS_TIMEOUT,
 * STATUS_LIMITED. What it will not: STATUS_NOT_FOUND, STATUS_DENIED (403), STATUS_EXISTS
 * (M_USER_IN_USE, M_ROOM_IN_USE), STATUS_TOO_LARGE, STATUS_INVALID. *out is filled whenever there
 * was an answer.
 */
MUST_CHECK enum status matrix_call(struct matrix_client *client, struct arena *arena,
	const struct matrix_call *call, struct matrix_answer *out);

/* A path made of pieces: each '%' in `pattern` stands for the next text, escaped. */
struct str matrix_path(struct arena *arena, const char *pattern, const struct str *parts);
#define MATRIX_PATH(arena, pattern, ...) \
	matrix_path((arena), (pattern), (const struct str[]){__VA_ARGS__})

#endif
