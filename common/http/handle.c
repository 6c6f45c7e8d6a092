/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker does with a request: admit, JSON, handler, and where it goes from there. */
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/http/internal.h"
#include "common/json/json.h"
#define LOG_MODULE "http"
#include "common/base/log.h"

static void arena_begin(struct http_internal *x)
{
	if (x->request.arena == NULL)
		x->request.arena = arena_new();
}

static bool admitted(struct http_internal *x, struct http_reply *reply)
{
	const struct http_server_config *config = &x->server->config;
	return x->admitted || config->admit == NULL || config->admit(&x->request, reply);
}

/* Fills request->json; false with the reply filled. */
static bool parse_body(struct http_internal *x, struct http_reply *reply)
{
	struct http_request *request = &x->request;
	enum http_body kind = request->route->body;
	request->json = NULL;
	if (kind != BODY_JSON && kind != BODY_JSON_OPTIONAL)
		return true;
	struct str text = buf_str(&x->body);
	if (kind == BODY_JSON_OPTIONAL && str_trim(text).n == 0)
		text = STR("{}");
	const char *why = NULL;
	const struct json *json = NULL;
	if (json_parse(request->arena, text, &json, &why) != STATUS_OK) {
		http_error(reply, 400, "M_NOT_JSON", "The body is not JSON: %s",
			why == NULL ? "malformed" : why);
		return false;
	}
	if (!json_is(json, JSON_OBJECT)) {
		http_error(reply, 400, "M_BAD_JSON", "The body is not a JSON object");
		return false;
	}
	request->json = json;
	return true;
}

/* What of an upload is still in memory goes to the file. */
static bool spool(struct http_internal *x)
{
	enum status status = fs_write_all(x->request.body_fd, buf_str(&x->body));
	buf_clear(&x->body);
	if (status != STATUS_OK)
		log_error("an upload could not be written: %s", status_name(status));
	return status == STATUS_OK;
}

static bool settle_upload(struct http_internal *x, struct http_reply *reply)
{
	if (x->request.route->body != BODY_FILE)
		return true;
	if (!spool(x) || lseek(x->request.body_fd, 0, SEEK_SET) != 0) {
		http_error(reply, 503, "M_UNKNOWN", "The upload could not be saved, try again");
		return false;
	}
	return true;
}

static enum http_outcome answer(struct http_internal *x, struct http_reply *reply)
{
	if (!admitted(x, reply) || !settle_upload(x, reply) || !parse_body(x, reply))
		return HTTP_REPLY;
	return x->request.route->handle(&x->request, reply);
}

static void run(struct http_internal *x)
{
	struct http_reply reply;
	reply_init(&reply);
	arena_begin(x);
	parking_running(x);
	enum http_outcome outcome = answer(x, &reply);
	x->busy_us += clock_mono_us() - x->queued_us;
	if (outcome == HTTP_PARK) {
		reply_release(&reply);
		x->request.auth = NULL;
		x->request.json = NULL;
		x->request.woken = true;
		x->admitted = false;
		arena_free(&x->request.arena);
		if (parking_park(x))
			return;
		reply_init(&reply);
		http_error(&reply, 503, "M_UNKNOWN", "The server is stopping, try again");
	}
	parking_leave(x);
	reply_finish(&reply, x, false);
	arena_free(&x->request.arena);
	exchange_resume(x);
}

/* Before an upload is received: whoever may not upload is told so at once. */
static void ask_admission(struct http_internal *x)
{
	struct http_reply reply;
	reply_init(&reply);
	arena_begin(x);
	x->admitted = admitted(x, &reply);
	if (x->admitted)
		reply_release(&reply);
	else
		reply_finish(&reply, x, true);
	exchange_resume(x);
}

void handle_job(struct http_internal *x, void *worker)
{
	x->request.worker = worker;
	switch (x->job) {
	case JOB_ADMIT:
		ask_admission(x);
		break;
	case JOB_SPOOL:
		x->spool_failed = !spool(x);
		exchange_resume(x);
		break;
	case JOB_RUN:
		run(x);
		break;
	}
}
