/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/start.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/process.h"
#include "common/crypto/secret.h"
#include "common/http/client.h"
#include "common/metrics/metrics.h"
#include "config/config.h"
#include "sfu/api/api.h"
#include "sfu/api/delegations.h"
#include "sfu/api/webhooks.h"
#include "sfu/media/media_threads.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/signal/signal.h"
#include "sfu/store/meetings_store.h"
#include "sfu/transport/dtls.h"

#define LOG_MODULE "sfu"
#include "common/base/log.h"

#define SECRET_MIN	  16
#define SECRET_MAX	  1024
#define HTTP_WORKERS	  8
#define HTTP_CONNECTIONS  2000
#define MEDIA_EVENTS_MAX  8192
#define WEBHOOK_WAKES_MAX 64
#define MEETINGS_KEPT_MS  (INT64_C(30) * 24 * 3600 * 1000)

/* What only the start knows about a running SFU. */
struct running {
	struct sfu sfu;
	struct buf secret;
	struct api *api;
	struct delegations *delegations;
	struct webhooks *webhooks;
};

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

/* --- what the configuration points to --------------------------------------------------------- */

static enum status read_secret(
	const struct config *config, struct buf *secret, char why[START_ERROR_MAX])
{
	const char *path = config->sfu.api_secret_file;
	enum status status = fs_read_file(path, secret);
	if (status != STATUS_OK)
		return fail(
			why, status, "the secret %s cannot be read; see sfu.api_secret_file", path);
	while (secret->n > 0 &&
		(secret->p[secret->n - 1] == '\n' || secret->p[secret->n - 1] == ' '))
		secret->p[--secret->n] = '\0';
	if (secret->n < SECRET_MIN)
		return fail(why, STATUS_INVALID,
			"the secret in %s is too short; it needs %d characters or more", path,
			SECRET_MIN);
	return STATUS_OK;
}

static enum status collect_candidates(
	const struct config *config, struct candidates *out, char why[START_ERROR_MAX])
{
	const struct config_sfu *c = &config->sfu;
	const char *bad = "";
	const struct candidates_config candidates = {.bind_address = c->rtc_address,
		.advertised = c->rtc_advertised,
		.advertised_count = c->rtc_advertised_count,
		.udp_port = c->rtc_tcp_only ? 0 : c->rtc_udp_port,
		.tcp_port = c->rtc_tcp_port};
	enum status status = candidates_collect(&candidates, out, &bad);
	if (status == STATUS_INVALID)
		return fail(why, status, "\"%s\" is not a numeric address; see sfu.rtc_advertised",
			bad);
	if (status == STATUS_TOO_LARGE)
		return fail(why, status,
			"more addresses than clients can be told; name some in sfu.rtc_advertised");
	if (status != STATUS_OK)
		return fail(why, status,
			"no address for media was found; name one in sfu.rtc_advertised");
	return STATUS_OK;
}

enum status sfu_check(const struct config *config, char why[START_ERROR_MAX])
{
	BUF_SCOPE(secret, SECRET_MAX);
	struct candidates candidates;
	enum status status = read_secret(config, &secret, why);
	if (status == STATUS_OK)
		status = collect_candidates(config, &candidates, why);
	if (secret.p != NULL)
		secret_wipe(secret.p, secret.n);
	return status;
}

/* --- parts ------------------------------------------------------------------------------------ */

static enum status purge_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const int64_t *before = arg;
	return meetings_store_purge(tx, *before);
}

static enum status start_store(struct sfu *sfu, char why[START_ERROR_MAX])
{
	ARENA_SCOPE(arena);
	struct str folder = arena_printf(arena, "%s/sfu", sfu->config->data_dir);
	sfu->database = mem_strdup(arena_printf(arena, "%.*s/sfu.db", STR_FMT(folder)));
	enum status status = process_lock_folder(folder.p);
	if (status == STATUS_EXISTS)
		return fail(why, status, "another parvis-sfu is at work in %s; stop it first",
			folder.p);
	if (status == STATUS_OK)
		status = meetings_store_open(folder.p, sfu->database);
	if (status == STATUS_CONFLICT)
		return fail(why, status,
			"the database %s was written by a newer version; install that version "
			"again",
			sfu->database);
	if (status == STATUS_OK)
		status = db_writer_start(sfu->database, sfu, &sfu->writer);
	int64_t before = clock_wall_ms() - MEETINGS_KEPT_MS;
	if (status == STATUS_OK)
		status = db_write(sfu->writer, purge_change, &before);
	if (status != STATUS_OK)
		return fail(why, status,
			"cannot use the database %s; check data_dir, its permissions and the disk",
			sfu->database);
	return STATUS_OK;
}

static enum status start_media(struct sfu *sfu, char why[START_ERROR_MAX])
{
	const struct config_sfu *c = &sfu->config->sfu;
	struct dtls_identity *identity = NULL;
	enum status status = dtls_identity_new(&identity);
	if (status != STATUS_OK)
		return fail(why, status, "no certificate for media could be made");
	sfu->dtls = identity;
	sfu->media_events = mailbox_new(MEDIA_EVENTS_MAX);
	struct media_threads_config config = {
		.count = c->media_threads,
		.address = c->rtc_address,
		.port = c->rtc_udp_port,
		.tcp = true,
		.tcp_port = c->rtc_tcp_port,
		.dtls = sfu->dtls,
		.events = sfu->media_events,
		.metrics = sfu->metrics,
	};
	status = media_threads_start(&config, &sfu->media);
	if (status == STATUS_INVALID && str_eq_c(str_c(c->rtc_address), "::")) {
		config.address = "0.0.0.0"; /* a system without IPv6 */
		status = media_threads_start(&config, &sfu->media);
	}
	if (status == STATUS_EXISTS)
		return fail(why, status,
			"UDP port %u or TCP port %u is taken by another program; stop it or set "
			"sfu.rtc_udp_port, sfu.rtc_tcp_port",
			c->rtc_udp_port, c->rtc_tcp_port);
	if (status == STATUS_DENIED)
		return fail(why, status,
			"UDP port %u or TCP port %u may not be used; choose some above 1023 in "
			"sfu.rtc_udp_port, sfu.rtc_tcp_port",
			c->rtc_udp_port, c->rtc_tcp_port);
	if (status != STATUS_OK)
		return fail(why, status, "cannot use %s for media: %s; see sfu.rtc_address",
			c->rtc_address, status_name(status));
	return STATUS_OK;
}

static enum status port_failure(char why[START_ERROR_MAX], enum status status, unsigned port,
	const char *address, const char *key)
{
	if (status == STATUS_EXISTS)
		return fail(why, status, "port %u is taken by another program; stop it or set %s",
			port, key);
	if (status == STATUS_DENIED)
		return fail(why, status, "port %u may not be used; choose one above 1023 in %s",
			port, key);
	return fail(why, status, "cannot listen on %s port %u: %s; see sfu.listen_address", address,
		port, status_name(status));
}

static enum status start_signal(struct sfu *sfu, char why[START_ERROR_MAX])
{
	const struct config_sfu *c = &sfu->config->sfu;
	enum status status = signal_start(sfu, &sfu->signal);
	return status == STATUS_OK ? STATUS_OK
				   : port_failure(why, status, c->signal_port, c->listen_address,
					     "sfu.signal_port");
}

static enum status start_http(struct running *running, char why[START_ERROR_MAX])
{
	struct sfu *sfu = &running->sfu;
	const struct config_sfu *c = &sfu->config->sfu;
	struct http_routes tables[API_MAX_TABLES];
	running->api = api_new(sfu, running->delegations);
	const struct http_server_config config = {
		.name = "meeting",
		.address = c->listen_address,
		.port = c->meeting_port,
		.workers = HTTP_WORKERS,
		.max_connections = HTTP_CONNECTIONS,
		.trust_forwarded = c->trust_forwarded,
		.tables = tables,
		.table_count = api_routes(tables),
		.app = running->api,
		.admit = api_admit,
		.worker_start = api_worker_start,
		.worker_end = api_worker_end,
		.metrics = sfu->metrics,
	};
	enum status status = http_server_start(&config, &sfu->http);
	if (status == STATUS_IO)
		return fail(why, status,
			"the database %s cannot be opened by every worker; check the limit on open "
			"files",
			sfu->database);
	return status == STATUS_OK ? STATUS_OK
				   : port_failure(why, status, c->meeting_port, c->listen_address,
					     "sfu.meeting_port");
}

static double rooms(void *context)
{
	unsigned rooms_now, seats_now;
	occupancy_totals(context, &rooms_now, &seats_now);
	return rooms_now;
}

static double seats(void *context)
{
	unsigned rooms_now, seats_now;
	occupancy_totals(context, &rooms_now, &seats_now);
	return seats_now;
}

static enum status start_parts(struct running *running, char why[START_ERROR_MAX])
{
	struct sfu *sfu = &running->sfu;
	enum status status = read_secret(sfu->config, &running->secret, why);
	if (status != STATUS_OK)
		return status;
	sfu->api_key = str_c(sfu->config->sfu.api_key);
	sfu->api_secret = buf_str(&running->secret);
	sfu->metrics = metrics_new();
	sfu->occupancy = occupancy_new();
	sfu->webhooks_ready = mailbox_new(WEBHOOK_WAKES_MAX);
	metrics_gauge_fn(
		sfu->metrics, "parvis_sfu_meetings", "Meetings under way", rooms, sfu->occupancy);
	metrics_gauge_fn(sfu->metrics, "parvis_sfu_participants", "People in meetings", seats,
		sfu->occupancy);
	status = collect_candidates(sfu->config, &sfu->candidates, why);
	if (status == STATUS_OK)
		status = start_store(sfu, why);
	if (status == STATUS_OK)
		status = start_media(sfu, why);
	if (status == STATUS_OK)
		status = start_signal(sfu, why);
	if (status == STATUS_OK && (delegations_start(sfu, &running->delegations) != STATUS_OK ||
					   webhooks_start(sfu, &running->webhooks) != STATUS_OK))
		status = fail(why, STATUS_IO, "cannot read the database %s", sfu->database);
	if (status == STATUS_OK)
		status = start_http(running, why);
	return status;
}

enum status sfu_start(const struct config *config, struct sfu **out, char why[START_ERROR_MAX])
{
	struct running *running = MEM_NEW(struct running);
	struct sfu *sfu = &running->sfu;
	sfu->config = config;
	buf_init(&running->secret, SECRET_MAX);
	http_client_global_init();
	enum status status = start_parts(running, why);
	if (status != STATUS_OK) {
		sfu_stop(&sfu);
		return status;
	}
	log_info("meetings on %s port %u, signalling on port %u, media on UDP port %u, TCP port %u",
		config->sfu.listen_address, http_server_port(sfu->http), signal_port(sfu->signal),
		media_threads_port(sfu->media), media_threads_tcp_port(sfu->media));
	*out = sfu;
	return STATUS_OK;
}

/* Also for a start that went half the way: each part may be missing. */
void sfu_stop(struct sfu **sfu)
{
	struct sfu *s = *sfu;
	struct running *running = (struct running *)s;
	struct dtls_identity *identity = (struct dtls_identity *)(uintptr_t)s->dtls;
	atomic_store(&s->stopping, true);
	if (s->http != NULL)
		http_server_stop(&s->http);
	delegations_stop(&running->delegations);
	webhooks_stop(&running->webhooks);
	signal_stop(&s->signal);
	media_threads_stop(&s->media);
	mailbox_free(&s->media_events, media_event_drop);
	dtls_identity_free(&identity);
	if (s->writer != NULL)
		db_writer_stop(&s->writer);
	mailbox_free(&s->webhooks_ready, NULL);
	api_free(&running->api);
	metrics_free(&s->metrics);
	occupancy_free(&s->occupancy);
	if (running->secret.p != NULL)
		secret_wipe(running->secret.p, running->secret.n);
	buf_release(&running->secret);
	mem_freep(&s->database);
	mem_freep(&running);
	*sfu = NULL;
}
