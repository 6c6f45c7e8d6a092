/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/server.h"

#include <stdio.h>

#include "bridge-mail/guest/guest.h"
#include "bridge-mail/guest/unsubscribe_page.h"
#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/matrix/ghosts.h"
#include "bridge-mail/outbound/answers.h"
#include "bridge-mail/outbound/file_server.h"
#include "bridge-mail/store/ghosts.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/transactions.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "common/http/monitoring.h"
#include "common/http/server.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"

#define LOG_MODULE "matrix"
#include "common/base/log.h"

#define TRANSACTION_MAX ((size_t)32 * 1024 * 1024)
#define WORKERS		4
#define MAX_CONNECTIONS 512
#define MAX_TXN_ID	255

enum auth { AUTH_NONE, AUTH_HOMESERVER };

static const struct matrix *matrix_of(const struct http_request *request)
{
	return request->app;
}

/* Of ours, what a mail has brought into a room whose other guests are to read it. */
static bool is_for_guests(struct http_request *request, const struct json *event)
{
	struct linked_room room;
	const struct json *marker = json_path(event, "content", ROOM_PORT_MARKER, NULL);
	return json_get(marker, "message_id") != NULL &&
	       linked_room_by_room(request->worker, json_str(json_get(event, "room_id")),
		       request->arena, &room) == STATUS_OK;
}

/* What the bridge acts on; everything else is acknowledged and forgotten. */
static bool is_wanted(struct http_request *request, const struct json *event)
{
	const struct matrix *matrix = matrix_of(request);
	struct str type = json_str(json_get(event, "type"));
	struct str sender = json_str(json_get(event, "sender"));
	if (!event_id_ok(json_str(json_get(event, "event_id"))) ||
		!room_id_ok(json_str(json_get(event, "room_id"))))
		return false;
	if (str_eq_c(type, "m.room.member"))
		return matrix_is_ours(matrix, json_str(json_get(event, "state_key"))) &&
		       !matrix_is_ours(matrix, sender);
	if (str_eq_c(type, "m.room.encryption"))
		return true;
	if (str_eq_c(type, "m.room.redaction"))
		return !matrix_is_ours(matrix, sender);
	if (!str_eq_c(type, "m.room.message"))
		return false;
	return !matrix_is_ours(matrix, sender) || is_for_guests(request, event);
}

struct transaction {
	struct str txn_id;
	struct room_event_row *rows;
	size_t count;
};

static enum status put_transaction(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct transaction *t = arg;
	return transaction_add(tx, t->txn_id, clock_wall_ms(), t->rows, t->count);
}

static void read_events(struct http_request *request, struct transaction *out)
{
	const struct json *events = json_get(request->json, "events");
	out->rows = ARENA_ARRAY(request->arena, struct room_event_row, json_count(events) + 1);
	for (size_t i = 0; i < json_count(events); i++) {
		const struct json *event = json_at(events, i);
		if (!is_wanted(request, event))
			continue;
		BUF_SCOPE(text, TRANSACTION_MAX);
		json_write(event, &text);
		out->rows[out->count++] = (struct room_event_row){
			.event_id = json_str(json_get(event, "event_id")),
			.room_id = json_str(json_get(event, "room_id")),
			.json = arena_str(request->arena, buf_str(&text)),
		};
	}
}

static enum http_outcome transaction_put(struct http_request *request, struct http_reply *reply)
{
	const struct matrix *matrix = matrix_of(request);
	struct transaction transaction = {.txn_id = request->params[0]};
	if (transaction.txn_id.n > MAX_TXN_ID)
		return http_error(reply, 400, "M_INVALID_PARAM", "The transaction id is too long");
	if (!json_is(json_get(request->json, "events"), JSON_ARRAY))
		return http_error(reply, 400, "M_BAD_JSON", "events must be an array");
	read_events(request, &transaction);
	enum status status = db_write(matrix->bridge->writer, put_transaction, &transaction);
	if (status != STATUS_OK && status != STATUS_EXISTS) {
		log_error("a transaction cannot be kept: %s", status_name(status));
		return http_error(reply, 503, "M_UNKNOWN", "The events cannot be kept just now");
	}
	if (status == STATUS_OK && transaction.count > 0)
		answers_wake(matrix->bridge->answers);
	jw_object(&reply->json);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome found_or_not(struct http_reply *reply, enum status status)
{
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "The bridge has none of that name");
	if (status != STATUS_OK)
		return http_error(reply, 500, "M_UNKNOWN", "The database does not answer");
	jw_object(&reply->json);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* Anybody may invite a mail address: its ghost exists as soon as somebody asks for it. */
static enum http_outcome user_get(struct http_request *request, struct http_reply *reply)
{
	struct ghost ghost;
	struct str address, user_id;
	const struct matrix *matrix = matrix_of(request);
	struct matrix_session session = {.matrix = matrix, .db = request->worker};
	enum status status =
		ghosts_by_user(request->worker, request->params[0], request->arena, &ghost);
	if (status != STATUS_NOT_FOUND)
		return found_or_not(reply, status);
	if (ghost_address(request->arena, request->params[0], matrix->server_name, &address) !=
			STATUS_OK ||
		!guest_address_ok(&session, address))
		return found_or_not(reply, STATUS_NOT_FOUND);
	session.client = matrix_connect(matrix);
	status = ghosts_ensure(&session, address, STR_EMPTY, request->arena, &user_id);
	matrix_client_free(&session.client);
	return found_or_not(reply, status);
}

/* The aliases of ours that exist were told to the homeserver when their rooms were made. */
static enum http_outcome room_get(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return found_or_not(reply, STATUS_NOT_FOUND);
}

static enum http_outcome ping_post(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	jw_object(&reply->json);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* Well means that the database answers. */
static enum http_outcome health_get(struct http_request *request, struct http_reply *reply)
{
	int64_t waiting = 0;
	if (deliveries_open_count(request->worker, &waiting) != STATUS_OK)
		return http_error(reply, 500, "M_UNKNOWN", "The database does not answer");
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "status", "ok");
	jw_put_int(&reply->json, "waiting", waiting);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome file_get(struct http_request *request, struct http_reply *reply)
{
	const struct matrix *matrix = matrix_of(request);
	return file_server_get(matrix->files, matrix, request, reply);
}

#define APP "/_matrix/app/v1/"
static const struct http_route routes[] = {
	{HTTP_PUT, APP "transactions/{txn}", AUTH_HOMESERVER, 0, BODY_JSON, TRANSACTION_MAX,
		transaction_put},
	{HTTP_GET, APP "users/{user}", AUTH_HOMESERVER, 0, BODY_NONE, 0, user_get},
	{HTTP_GET, APP "rooms/{alias}", AUTH_HOMESERVER, 0, BODY_NONE, 0, room_get},
	{HTTP_POST, APP "ping", AUTH_HOMESERVER, 0, BODY_JSON_OPTIONAL, 0, ping_post},
	{HTTP_GET, "/unsubscribe/{token}", AUTH_NONE, 0, BODY_NONE, 0, unsubscribe_page_get},
	{HTTP_POST, "/unsubscribe/{token}", AUTH_NONE, 0, BODY_BYTES, 0, unsubscribe_page_post},
	{HTTP_GET, "/files/{token}", AUTH_NONE, 0, BODY_NONE, 0, file_get},
	{HTTP_GET, "/health", AUTH_NONE, 0, BODY_NONE, 0, health_get},
	{HTTP_GET, "/metrics", AUTH_NONE, 0, BODY_NONE, 0, http_metrics_get},
};
static const struct http_routes tables[] = {{routes, ARRAY_LEN(routes)}};

static bool admit(struct http_request *request, struct http_reply *reply)
{
	if (request->route->auth == AUTH_NONE)
		return true;
	struct str header = http_header(request, "Authorization");
	if (!str_starts(header, STR("Bearer "))) {
		(void)http_error(
			reply, 401, "M_MISSING_TOKEN", "The homeserver's token is missing");
		return false;
	}
	const struct config_appservice *registration = matrix_of(request)->registration;
	if (secret_equal(str_trim(str_skip(header, 7)), str_c(registration->hs_token)))
		return true;
	(void)http_error(reply, 403, "M_FORBIDDEN", "This is not the homeserver's token");
	return false;
}

static void *worker_start(void *app)
{
	const struct matrix *matrix = app;
	struct db *db = NULL;
	if (db_open(matrix->bridge->db_path, true, &db) != STATUS_OK)
		log_error("%s cannot be opened for reading", matrix->bridge->db_path);
	return db;
}

static void worker_end(void *worker)
{
	struct db *db = worker;
	if (db != NULL)
		db_close(&db);
}

enum status matrix_server_start(struct matrix *matrix, char why[CONFIG_ERROR_MAX])
{
	const struct config_bridge_mail *c = &matrix->bridge->config->bridge_mail;
	struct http_server_config config = {
		.name = "appservice",
		.address = c->listen_address,
		.port = c->port,
		.workers = WORKERS,
		.max_connections = MAX_CONNECTIONS,
		/* What comes from outside comes by the reverse proxy on this machine. */
		.trust_forwarded = c->public_url[0] != '\0',
		.tables = tables,
		.table_count = ARRAY_LEN(tables),
		.app = matrix,
		.admit = admit,
		.worker_start = worker_start,
		.worker_end = worker_end,
		.metrics = matrix->bridge->metrics,
	};
	enum status status = http_server_start(&config, &matrix->bridge->http);
	if (status == STATUS_EXISTS)
		snprintf(why, CONFIG_ERROR_MAX,
			"port %u on %s is taken; stop what uses it or change bridge_mail.port",
			c->port, c->listen_address);
	else if (status == STATUS_IO)
		snprintf(why, CONFIG_ERROR_MAX,
			"the database %s cannot be opened by every worker; check the limit on open "
			"files",
			matrix->bridge->db_path);
	else if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX,
			"%s port %u cannot be listened on (%s); check bridge_mail.listen_address",
			c->listen_address, c->port, status_name(status));
	return status;
}
