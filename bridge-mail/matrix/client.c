/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/client.h"

#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/http/client.h"

#define LOG_MODULE "matrix"
#include "common/base/log.h"

#define PATH_MAX_BYTES	8192
#define MAX_ANSWER	((size_t)4 * 1024 * 1024)
#define CALL_TIMEOUT_MS 60000
#define PATIENCE_MS	10000 /* for 429 inside one call */
#define PATIENCE_STEP	100

struct matrix_client {
	struct matrix_client_config config;
	struct http_client *http;
};

struct matrix_client *matrix_client_new(const struct matrix_client_config *config)
{
	struct matrix_client *client = MEM_NEW(struct matrix_client);
	client->config = *config;
	client->http = http_client_new();
	return client;
}

void matrix_client_free(struct matrix_client **client)
{
	if (*client == NULL)
		return;
	http_client_free(&(*client)->http);
	free(*client);
	*client = NULL;
}

struct str matrix_path(struct arena *arena, const char *pattern, const struct str *parts)
{
	BUF_SCOPE(path, PATH_MAX_BYTES);
	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p == '%')
			http_escape(&path, *parts++);
		else
			buf_append_byte(&path, *p);
	}
	return arena_str(arena, buf_str(&path));
}

static const char *url_of(
	const struct matrix_client *client, struct arena *arena, const struct matrix_call *call)
{
	struct str base = str_c(client->config.homeserver_url);
	while (base.n > 0 && base.p[base.n - 1] == '/')
		base.n--;
	BUF_SCOPE(url, 2 * (size_t)PATH_MAX_BYTES);
	buf_append(&url, base);
	buf_append(&url, call->path);
	if (call->as.n > 0) {
		buf_append_c(&url, str_index(call->path, '?') < 0 ? "?user_id=" : "&user_id=");
		http_escape(&url, call->as);
	}
	return arena_c_str(arena, buf_str(&url));
}

static enum status status_of_errcode(int http_status, struct str errcode)
{
	static const struct {
		const char *errcode;
		enum status status;
	} rows[] = {
		{"M_LIMIT_EXCEEDED", STATUS_LIMITED},
		{"M_USER_IN_USE", STATUS_EXISTS},
		{"M_ROOM_IN_USE", STATUS_EXISTS},
		/* The registration is not in place, or not this server's: an administrator mends
		 * that, and no mail may be lost until then. */
		{"M_UNKNOWN_TOKEN", STATUS_UNAVAILABLE},
		{"M_MISSING_TOKEN", STATUS_UNAVAILABLE},
		{"M_EXCLUSIVE", STATUS_UNAVAILABLE},
		{"M_UNRECOGNIZED", STATUS_UNAVAILABLE},
		{"M_USER_LOCKED", STATUS_UNAVAILABLE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq_c(errcode, rows[i].errcode))
			return rows[i].status;
	switch (http_status) {
	case 403:
		return STATUS_DENIED;
	case 404:
		return STATUS_NOT_FOUND;
	case 413:
		return STATUS_TOO_LARGE;
	default:
		return STATUS_INVALID;
	}
}

/* A reverse proxy, or something else altogether, answers without an errcode. */
static enum status status_of_answer(const struct matrix_call *call, struct matrix_answer *answer)
{
	if (answer->http_status == 429)
		return STATUS_LIMITED;
	if (answer->http_status == 413)
		return STATUS_TOO_LARGE;
	if (answer->http_status >= 500)
		return STATUS_UNAVAILABLE;
	if (answer->http_status >= 200 && answer->http_status < 300)
		return call->raw || json_is(answer->json, JSON_OBJECT) ? STATUS_OK
								       : STATUS_UNAVAILABLE;
	answer->errcode = json_str(json_get(answer->json, "errcode"));
	if (answer->errcode.n == 0)
		return STATUS_UNAVAILABLE;
	return status_of_errcode(answer->http_status, answer->errcode);
}

static enum status call_once(struct matrix_client *client, struct arena *arena,
	const struct matrix_call *call, struct matrix_answer *out, int64_t *retry_after_out)
{
	struct http_answer answer;
	struct http_call request = {
		.method = call->method,
		.url = url_of(client, arena, call),
		.body = call->body,
		.content_type = call->content_type,
		.bearer = client->config.as_token,
		.timeout_ms = CALL_TIMEOUT_MS,
		.max_answer = call->max_answer == 0 ? MAX_ANSWER : call->max_answer,
		.cancel = client->config.cancel,
		.body_fd = call->body_fd,
		.body_size = call->body_size,
		.answer_fd = call->answer_fd,
	};
	*retry_after_out = 0;
	enum status status = http_call(client->http, arena, &request, &answer);
	if (status != STATUS_OK)
		return status;
	*out = (struct matrix_answer){.http_status = answer.status,
		.written = answer.written,
		.body = answer.body,
		.content_type = answer.content_type};
	bool good = answer.status >= 200 && answer.status < 300;
	if ((!call->raw || !good) && json_parse(arena, answer.body, &out->json, NULL) != STATUS_OK)
		out->json = NULL;
	*retry_after_out = answer.retry_after_ms > 0
				   ? answer.retry_after_ms
				   : json_int(json_get(out->json, "retry_after_ms"), 1000);
	return status_of_answer(call, out);
}

static bool is_cancelled(const struct matrix_client *client)
{
	return client->config.cancel != NULL && atomic_load(client->config.cancel);
}

/* In steps, so that the end of the program need not wait. */
static void wait_ms(const struct matrix_client *client, int64_t ms)
{
	const struct timespec step = {.tv_nsec = PATIENCE_STEP * 1000000L};
	for (int64_t end = clock_mono_ms() + ms; clock_mono_ms() < end && !is_cancelled(client);)
		(void)nanosleep(&step, NULL);
}

enum status matrix_call(struct matrix_client *client, struct arena *arena,
	const struct matrix_call *call, struct matrix_answer *out)
{
	int64_t patience = PATIENCE_MS;
	for (;;) {
		int64_t retry_after = 0;
		*out = (struct matrix_answer){0};
		enum status status = call_once(client, arena, call, out, &retry_after);
		if (status == STATUS_LIMITED && retry_after <= patience && call->body_fd <= 0 &&
			!is_cancelled(client)) {
			int64_t ms = retry_after < PATIENCE_STEP ? PATIENCE_STEP : retry_after;
			patience -= ms;
			wait_ms(client, ms);
			continue;
		}
		if (status != STATUS_OK)
			log_debug("%s %.*s: %d %.*s", call->method,
				STR_FMT(str_slice(call->path, 0, 120)), out->http_status,
				STR_FMT(out->errcode));
		return status;
	}
}
