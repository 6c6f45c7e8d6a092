/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/webhooks.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/http/client.h"
#include "common/json/json_writer.h"
#include "config/config.h"
#include "sfu/sfu.h"
#include "sfu/signal/token.h"
#include "sfu/store/webhooks_store.h"

#define LOG_MODULE "webhooks"
#include "common/base/log.h"

#define CALL_MS	       10000
#define RETRY_FIRST_MS 500
#define RETRY_MAX_MS   60000
#define TICK_MS	       500
#define TOKEN_SECONDS  300

/* One address. */
struct receiver {
	struct str url;
	int64_t next_ms;  /* monotonic */
	int64_t retry_ms; /* 0: the last one was taken */
};

struct webhooks {
	struct sfu *sfu;
	struct db *db;
	struct http_client *client;
	struct receiver *receivers;
	unsigned count;
	pthread_t thread;
};

static struct str token_for(const struct sfu *sfu, struct arena *arena, struct str body)
{
	BUF_SCOPE(text, 4096);
	const struct token_key key = {sfu->api_key, sfu->api_secret};
	const int64_t now_s = clock_wall_ms() / 1000;
	uint8_t hash[SHA256_BYTES];
	struct json_writer w;
	sha256(body, hash);
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_str(&w, "iss", sfu->api_key);
	jw_put_int(&w, "nbf", now_s);
	jw_put_int(&w, "exp", now_s + TOKEN_SECONDS);
	jw_put_str(&w, "sha256",
		base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_PADDED));
	jw_object_end(&w);
	return token_sign(arena, &key, buf_str(&text));
}

static enum status remove_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return webhooks_store_remove(tx, *(const int64_t *)arg);
}

/* Whether it need not be sent again. */
static bool deliver(struct webhooks *w, struct arena *arena, const struct webhook_row *row)
{
	struct http_answer answer;
	const struct http_call call = {
		.method = "POST",
		.url = arena_c_str(arena, row->url),
		.body = row->body,
		.content_type = "application/webhook+json",
		.authorization = token_for(w->sfu, arena, row->body).p,
		.timeout_ms = CALL_MS,
		.cancel = &w->sfu->stopping,
		.max_answer = (size_t)64 * 1024,
	};
	enum status status = http_call(w->client, arena, &call, &answer);
	if (status == STATUS_OK && answer.status >= 200 && answer.status < 300)
		return true;
	log_warning("a webhook was not taken: %s",
		status == STATUS_OK ? "the receiver refused it" : status_name(status));
	return status == STATUS_OK && answer.status >= 400 && answer.status < 500 &&
	       answer.status != 408 && answer.status != 429;
}

static void try_later(struct receiver *to)
{
	to->retry_ms = to->retry_ms == 0		 ? RETRY_FIRST_MS
		       : to->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS
							 : to->retry_ms * 2;
	to->next_ms = clock_mono_ms() + to->retry_ms;
}

/* false: nothing waits, or it must wait. */
static bool send_one(struct webhooks *w, struct receiver *to)
{
	ARENA_SCOPE(arena);
	struct webhook_row row;
	if (atomic_load(&w->sfu->stopping) || clock_mono_ms() < to->next_ms ||
		webhooks_store_next(w->db, arena, to->url, &row) != STATUS_OK)
		return false;
	bool old = clock_wall_ms() - row.created_ms > WEBHOOKS_KEPT_MS;
	if (old || deliver(w, arena, &row)) {
		to->retry_ms = 0;
		return db_write(w->sfu->writer, remove_change, &row.id) == STATUS_OK;
	}
	try_later(to);
	return false;
}

static void *run(void *arg)
{
	struct webhooks *w = arg;
	while (!atomic_load(&w->sfu->stopping)) {
		(void)mailbox_wait(w->sfu->webhooks_ready, TICK_MS);
		for (unsigned i = 0; i < w->count; i++) {
			while (send_one(w, &w->receivers[i]))
				;
		}
	}
	return NULL;
}

enum status webhooks_start(struct sfu *sfu, struct webhooks **out)
{
	const struct config_sfu *c = &sfu->config->sfu;
	*out = NULL;
	if (c->webhook_urls_count == 0)
		return STATUS_OK;
	struct webhooks *w = MEM_NEW(struct webhooks);
	w->sfu = sfu;
	enum status status = db_open(sfu->database, true, &w->db);
	if (status != STATUS_OK) {
		mem_freep(&w);
		return status;
	}
	w->count = c->webhook_urls_count;
	w->receivers = mem_alloc(w->count * sizeof(*w->receivers));
	for (unsigned i = 0; i < w->count; i++)
		w->receivers[i] = (struct receiver){.url = str_c(c->webhook_urls[i])};
	w->client = http_client_new();
	w->thread = thread_start("webhooks", run, w);
	*out = w;
	return STATUS_OK;
}

void webhooks_stop(struct webhooks **webhooks)
{
	struct webhooks *w = *webhooks;
	if (w == NULL)
		return;
	*webhooks = NULL;
	thread_join(w->thread);
	db_close(&w->db);
	http_client_free(&w->client);
	mem_freep(&w->receivers);
	mem_freep(&w);
}
