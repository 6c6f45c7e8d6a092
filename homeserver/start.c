/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/start.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/process.h"
#include "common/http/server.h"
#include "common/metrics/metrics.h"
#include "config/config.h"
#include "homeserver/api/admit.h"
#include "homeserver/api/passwords.h"
#include "homeserver/api/rate_limits.h"
#include "homeserver/api/routes.h"
#include "homeserver/api/uia_sessions.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/media/media_sweep.h"
#include "homeserver/media/thumbnailer.h"
#include "homeserver/push/push_delivery.h"
#include "homeserver/push/push_queue.h"
#include "homeserver/push/unread.h"
#include "homeserver/room/auth_cache.h"
#include "homeserver/room/delayed_events.h"
#include "homeserver/room/signing.h"
#include "homeserver/store/account_store.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/presence.h"
#include "homeserver/sync/sliding_digest.h"
#include "homeserver/sync/typing.h"

#define LOG_MODULE "homeserver"
#include "common/base/log.h"

#define HASH_AT_ONCE	2
#define MAX_CONNECTIONS 10000

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

/* What only the start knows about a running homeserver. */
struct running {
	struct homeserver hs;
	char *database;
	char *uploads;
	struct media_sweep *sweep;
};

static struct running *running_of(struct homeserver *hs)
{
	return (struct running *)hs;
}

static enum status fail(char why[START_ERROR_MAX], enum status status, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static enum status fail(char why[START_ERROR_MAX], enum status status, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(why, START_ERROR_MAX, fmt, args);
	va_end(args);
	return status;
}

static char *data_path(const struct config *config, const char *name)
{
	ARENA_SCOPE(arena);
	return mem_strdup(arena_printf(arena, "%s/homeserver/%s", config->data_dir, name));
}

enum status homeserver_open_database(
	const struct config *config, char **path_out, struct db **out, char why[START_ERROR_MAX])
{
	MEM_SCOPE char *folder = data_path(config, "");
	MEM_SCOPE char *path = data_path(config, "homeserver.db");
	if (fs_make_dirs(folder, 0700) != STATUS_OK)
		return fail(why, STATUS_IO,
			"cannot make the folder %s; check data_dir and its permissions", folder);
	struct db *db = NULL;
	if (db_open(path, false, &db) != STATUS_OK)
		return fail(why, STATUS_IO,
			"cannot open the database %s; check its permissions and the disk", path);
	enum status status = db_migrate(db, homeserver_migrations, homeserver_migrations_count);
	if (status != STATUS_OK) {
		db_close(&db);
		return status == STATUS_CONFLICT
			       ? fail(why, status,
					 "the database %s was written by a newer version; install "
					 "that version again",
					 path)
			       : fail(why, status,
					 "the database %s could not be brought to this version; "
					 "the lines above say why",
					 path);
	}
	*out = db;
	*path_out = path;
	path = NULL;
	return STATUS_OK;
}

/* One server at a time: positions live in its memory. user-create takes none, and may run beside. */
static enum status lock_state(const struct config *config, char why[START_ERROR_MAX])
{
	MEM_SCOPE char *folder = data_path(config, "");
	enum status status = process_lock_folder(folder);
	if (status == STATUS_EXISTS)
		return fail(why, status,
			"another parvis-homeserver is at work in %s; stop it first", folder);
	if (status != STATUS_OK)
		return fail(why, status,
			"cannot make the folder %s; check data_dir and its permissions", folder);
	return STATUS_OK;
}

static enum status start_store(struct running *running, char why[START_ERROR_MAX])
{
	struct homeserver *hs = &running->hs;
	struct db *db = NULL;
	enum status status = lock_state(hs->config, why);
	if (status != STATUS_OK)
		return status;
	status = homeserver_open_database(hs->config, &running->database, &db, why);
	if (status != STATUS_OK)
		return status;
	status = streams_new(db, &hs->streams);
	hs->push_delivery = push_delivery_new(hs);
	if (status == STATUS_OK)
		status = push_delivery_load_users(hs->push_delivery, db);
	db_close(&db);
	if (status == STATUS_OK)
		status = db_writer_start(running->database, hs, &hs->writer);
	if (status != STATUS_OK)
		return fail(why, status, "the database %s cannot be used; the lines above say why",
			running->database);
	return STATUS_OK;
}

static enum status start_keys(struct homeserver *hs, char why[START_ERROR_MAX])
{
	MEM_SCOPE char *path = data_path(hs->config, "signing.key");
	enum status status = signing_key_load(path, &hs->signing_key);
	if (status == STATUS_OK)
		return STATUS_OK;
	return fail(why, status,
		status == STATUS_INVALID ? "%s is not a signing key; restore it from a backup"
					 : "the signing key %s cannot be read or made",
		path);
}

struct sender {
	const struct appservice *appservice;
	int64_t now;
};

static enum status sender_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct sender *sender = arg;
	const struct account account = {
		.user_id = sender->appservice->sender,
		.appservice_id = sender->appservice->id,
		.created_ts = sender->now,
	};
	return account_create(tx, &account);
}

/* The user that an application service acts as when it names none exists without being registered
 * (application-service API, "Registration"). */
static enum status make_senders(struct homeserver *hs, char why[START_ERROR_MAX])
{
	for (size_t i = 0; i < appservices_count(hs->appservices); i++) {
		struct sender sender = {appservices_at(hs->appservices, i), clock_wall_ms()};
		enum status status = db_write(hs->writer, sender_change, &sender);
		if (status != STATUS_OK && status != STATUS_EXISTS)
			return fail(why, status, "the user %.*s could not be saved: %s",
				STR_FMT(sender.appservice->sender), status_name(status));
	}
	return STATUS_OK;
}

static enum status start_media(struct running *running, char why[START_ERROR_MAX])
{
	struct homeserver *hs = &running->hs;
	MEM_SCOPE char *folder = data_path(hs->config, "media");
	enum status status = media_files_new(folder, &hs->media);
	if (status != STATUS_OK)
		return fail(why, status,
			"cannot use the folder %s; check its permissions and the disk", folder);
	hs->thumbnailer = thumbnailer_new(hs->media);
	running->sweep = media_sweep_start(hs->media, running->database, hs->writer);
	return STATUS_OK;
}

static void observe(
	struct homeserver *hs, enum status (*on_event)(struct db_tx *tx, const struct event *event))
{
	if (hs->observer_count == HOMESERVER_MAX_OBSERVERS)
		abort(); /* the constant is to be raised with the calls below */
	hs->observers[hs->observer_count++].on_event = on_event;
}

static void *worker_start(void *app)
{
	struct db *db = NULL;
	return db_open(running_of(app)->database, true, &db) == STATUS_OK ? db : NULL;
}

static void worker_end(void *worker)
{
	struct db *db = worker;
	db_close(&db);
}

static enum status start_http(struct running *running, char why[START_ERROR_MAX])
{
	struct homeserver *hs = &running->hs;
	const struct config_homeserver *config = &hs->config->homeserver;
	struct http_routes tables[API_MAX_TABLES];
	running->uploads = data_path(hs->config, "uploads");
	if (fs_make_dirs(running->uploads, 0700) != STATUS_OK)
		return fail(why, STATUS_IO, "cannot make the folder %s", running->uploads);
	const struct http_server_config server = {
		.name = "client",
		.address = config->listen_address,
		.port = config->port,
		.workers = config->workers,
		.max_connections = MAX_CONNECTIONS,
		.max_per_address = config->connections_per_address,
		.trust_forwarded = config->trust_forwarded,
		.tables = tables,
		.table_count = api_routes(tables),
		.app = hs,
		.admit = admit,
		.worker_start = worker_start,
		.worker_end = worker_end,
		.metrics = hs->metrics,
		.upload_dir = running->uploads,
		.upload_max = (size_t)config->media_max_bytes,
	};
	enum status status = http_server_start(&server, &hs->http);
	if (status == STATUS_EXISTS)
		return fail(why, status,
			"port %u is taken by another program; stop it or set homeserver.port",
			config->port);
	if (status == STATUS_DENIED)
		return fail(why, status,
			"port %u may not be used; choose one above 1023 in homeserver.port",
			config->port);
	if (status == STATUS_IO)
		return fail(why, status,
			"the database %s cannot be opened by every worker; check the limit on open "
			"files or lower homeserver.workers",
			running->database);
	if (status != STATUS_OK)
		return fail(why, status, "cannot listen on %s port %u: %s", config->listen_address,
			config->port, status_name(status));
	streams_set_http(hs->streams, hs->http);
	thumbnailer_set_http(hs->thumbnailer, hs->http);
	passwords_set_http(hs->passwords, hs->http);
	return STATUS_OK;
}

static double commits(void *context)
{
	const struct homeserver *hs = context;
	return (double)db_writer_stats(hs->writer).commits;
}

static double changes(void *context)
{
	const struct homeserver *hs = context;
	return (double)db_writer_stats(hs->writer).changes;
}

static double syncs_waiting(void *context)
{
	const struct homeserver *hs = context;
	return (double)stream_waiting(hs->streams);
}

static void add_metrics(struct homeserver *hs)
{
	metrics_gauge_fn(hs->metrics, "parvis_homeserver_db_commits",
		"Durable commits since the start", commits, hs);
	metrics_gauge_fn(hs->metrics, "parvis_homeserver_db_changes", "Changes in those commits",
		changes, hs);
	metrics_gauge_fn(hs->metrics, "parvis_homeserver_syncs_waiting",
		"Long polls that wait for news", syncs_waiting, hs);
}

static enum status start_parts(struct running *running, char why[START_ERROR_MAX])
{
	struct homeserver *hs = &running->hs;
	hs->metrics = metrics_new();
	enum status status = start_store(running, why);
	if (status == STATUS_OK)
		status = start_keys(hs, why);
	if (status == STATUS_OK)
		status = appservices_load(hs->config, &hs->appservices, why);
	if (status == STATUS_OK)
		status = make_senders(hs, why);
	if (status != STATUS_OK)
		return status;
	add_metrics(hs);
	hs->typing = typing_new(stream_current(hs->streams));
	status = start_media(running, why);
	if (status != STATUS_OK)
		return status;
	hs->auth_cache = auth_cache_new();
	hs->unread = unread_new();
	observe(hs, unread_on_event);
	observe(hs, push_queue_on_event);
	hs->delayed_events = delayed_events_new(hs);
	observe(hs, delayed_events_on_event);
	observe(hs, typing_on_event);
	observe(hs, sliding_digest_on_event);
	hs->as_delivery = as_delivery_new(hs);
	if (hs->config->homeserver.presence == PRESENCE_ENABLED) {
		hs->presence = presence_new();
		observe(hs, presence_on_event);
		status = presence_start(hs->presence, hs, running->database);
		if (status != STATUS_OK)
			return fail(why, status, "the database %s cannot be opened once more",
				running->database);
	}
	typing_observe(hs->typing, as_delivery_on_typing);
	typing_start(hs->typing, hs->writer);
	observe(hs, as_delivery_on_event);
	hs->limits = rate_limits_new(!hs->config->homeserver.rate_limits_off);
	hs->uia = uia_new();
	hs->passwords = passwords_new(HASH_AT_ONCE);
	status = start_http(running, why);
	if (status == STATUS_OK &&
		(as_delivery_start(hs->as_delivery, running->database) != STATUS_OK ||
			push_delivery_start(hs->push_delivery, running->database) != STATUS_OK ||
			delayed_events_start(hs->delayed_events, running->database) != STATUS_OK))
		status = fail(why, STATUS_IO, "the database %s cannot be opened once more",
			running->database);
	return status;
}

enum status homeserver_start(
	const struct config *config, struct homeserver **out, char why[START_ERROR_MAX])
{
	struct running *running = MEM_NEW(struct running);
	struct homeserver *hs = &running->hs;
	hs->config = config;
	hs->server_name = str_c(config->server_name);
	enum status status = start_parts(running, why);
	if (status != STATUS_OK) {
		homeserver_stop(&hs);
		return status;
	}
	log_info("serving %s on %s port %u", config->server_name, config->homeserver.listen_address,
		http_server_port(hs->http));
	*out = hs;
	return STATUS_OK;
}

/* Also for a start that went half the way: each part may be missing. */
void homeserver_stop(struct homeserver **homeserver)
{
	struct homeserver *hs = *homeserver;
	struct running *running = running_of(hs);
	atomic_store(&hs->stopping, true);
	if (hs->thumbnailer != NULL)
		thumbnailer_set_http(hs->thumbnailer, NULL);
	if (hs->http != NULL) {
		http_server_stop(&hs->http);
		streams_set_http(hs->streams, NULL);
	}
	thumbnailer_free(&hs->thumbnailer);
	media_sweep_end(&running->sweep);
	media_files_free(&hs->media);
	if (hs->typing != NULL)
		typing_end(hs->typing);
	if (hs->presence != NULL)
		presence_end(hs->presence);
	if (hs->as_delivery != NULL)
		as_delivery_end(hs->as_delivery);
	if (hs->push_delivery != NULL)
		push_delivery_end(hs->push_delivery);
	if (hs->delayed_events != NULL)
		delayed_events_end(hs->delayed_events);
	if (hs->writer != NULL)
		db_writer_stop(&hs->writer);
	if (hs->typing != NULL)
		typing_free(&hs->typing);
	presence_free(&hs->presence);
	as_delivery_free(&hs->as_delivery);
	push_delivery_free(&hs->push_delivery);
	delayed_events_free(&hs->delayed_events);
	auth_cache_free(&hs->auth_cache);
	if (hs->unread != NULL)
		unread_free(&hs->unread);
	if (hs->appservices != NULL)
		appservices_free(&hs->appservices);
	passwords_free(&hs->passwords);
	uia_free(&hs->uia);
	rate_limits_free(&hs->limits);
	if (hs->streams != NULL)
		streams_free(&hs->streams);
	if (hs->signing_key != NULL)
		signing_key_free(&hs->signing_key);
	metrics_free(&hs->metrics);
	mem_freep(&running->database);
	mem_freep(&running->uploads);
	mem_freep(&running);
	*homeserver = NULL;
}
