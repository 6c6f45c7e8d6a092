/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/webhook_events.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "config/config.h"
#include "sfu/meeting/sid.h"
#include "sfu/sfu.h"
#include "sfu/signal/json_protobuf.h"
#include "sfu/signal/responses.h"
#include "sfu/signal/signal_internal.h"
#include "sfu/store/webhooks_store.h"

#define LOG_MODULE "signal"
#include "common/base/log.h"

#define BODY_MAX ((size_t)256 * 1024)

static const char *const names[] = {
	[NEWS_OPENED] = "room_started",
	[NEWS_JOINED] = "participant_joined",
	[NEWS_PUBLISHED] = "track_published",
	[NEWS_UNPUBLISHED] = "track_unpublished",
	[NEWS_LEFT] = "participant_left",
	[NEWS_CLOSED] = "room_finished",
};

/* On its way to the writer. */
struct telling {
	struct sfu *sfu;
	char *room, *body;
	int64_t created_ms;
};

static enum status add_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct telling *telling = arg;
	const struct config_sfu *c = &telling->sfu->config->sfu;
	enum status status = STATUS_OK;
	for (unsigned i = 0; i < c->webhook_urls_count && status == STATUS_OK; i++) {
		const struct webhook_row row = {.url = str_c(c->webhook_urls[i]),
			.room = str_c(telling->room),
			.body = str_c(telling->body),
			.created_ms = telling->created_ms};
		status = webhooks_store_add(tx, &row);
	}
	return status;
}

static void add_done(void *arg, enum status status)
{
	static char look; /* any address will do: the receiver looks at the rows */
	struct telling *telling = arg;
	if (status != STATUS_OK)
		log_error("a webhook was not saved: %s", status_name(status));
	else if (mailbox_send(telling->sfu->webhooks_ready, &look) != STATUS_OK)
		log_debug("the webhooks are being looked at already");
	mem_freep(&telling->room);
	mem_freep(&telling->body);
	mem_freep(&telling);
}

void webhook_events_tell(void *context, enum meeting_news news, const struct meeting *meeting,
	const struct participant *participant, const struct publication *publication)
{
	struct signal_server *server = context;
	if (server->sfu->config->sfu.webhook_urls_count == 0)
		return;
	ARENA_SCOPE(arena);
	BUF_SCOPE(body, BODY_MAX);
	struct json_writer w;
	char id[SID_MAX];
	Livekit__WebhookEvent event;
	livekit__webhook_event__init(&event);
	sid_make("EV_", id);
	event.id = id;
	event.event = arena_c_str(arena, str_c(names[news]));
	event.created_at = clock_wall_ms() / 1000;
	event.room = response_room(arena, meeting);
	if (participant != NULL)
		event.participant = response_participant(arena, participant, false);
	if (publication != NULL)
		event.track = response_track(arena, publication);
	jw_init(&w, &body);
	json_protobuf_write(&w, &event.base);
	if (buf_status(&body) != STATUS_OK)
		return;
	struct telling *telling = MEM_NEW(struct telling);
	telling->sfu = server->sfu;
	telling->room = mem_strdup(str_c(meeting->name));
	telling->body = mem_strdup(buf_str(&body));
	telling->created_ms = clock_wall_ms();
	db_write_later(server->sfu->writer, add_change, telling, add_done);
}
