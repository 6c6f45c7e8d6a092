/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two people in a meeting say what they like: the input is a row of messages, each behind a byte
 * that says whose it is and two with its size. Nothing listens to what they are answered.
 */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "config/config.h"
#include "sfu/meeting/occupancy.h"
#include "sfu/sfu.h"
#include "sfu/signal/requests.h"
#include "sfu/signal/signal_internal.h"
#include "sfu/transport/candidates.h"

#include <stdlib.h>

#define LOG_MODULE "fuzz"
#include "common/base/log.h"

#define PEOPLE 2
#define FINGERPRINT                                                                               \
	"5E:1F:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:01:23:45:67:89:AB:CD:EF:10:32:54:" \
	"76:98:BA"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status terms(void *context, struct arena *arena, struct str room, int64_t wall_ms,
	struct meeting_terms *out)
{
	(void)context;
	(void)arena;
	(void)room;
	(void)wall_ms;
	*out = (struct meeting_terms){0};
	return STATUS_OK;
}

static void opened(void *context, const struct meeting *meeting)
{
	(void)context;
	(void)meeting;
}

static void media(void *context, struct media_command *command)
{
	(void)context;
	media_command_free(&command);
}

static void enter(
	struct signal_server *server, struct session *session, const char *name, bool dual)
{
	const struct meeting_now now = signal_now();
	const struct grants grants = {.identity = str_c(name),
		.room = STR("room"),
		.can_publish = true,
		.can_subscribe = true,
		.can_publish_data = true,
		.can_update_metadata = true,
		.sources = SOURCES_ALL};
	*session = (struct session){.server = server};
	if (meetings_enter(&server->meetings, &grants, &now, &session->participant) != STATUS_OK)
		abort();
	session->participant->session = session;
	session->participant->dual = dual;
	session->participant->auto_subscribe = true;
	participant_set_state(session->participant, PARTICIPANT_JOINED);
	meeting_subscribe_all(session->participant);
	if (dual)
		request_negotiate(session);
}

static void say(
	struct signal_server *server, struct session *people, const uint8_t *data, size_t size)
{
	static const struct media_speakers nobody = {0};
	while (size > 3) {
		struct session *who = &people[data[0] % PEOPLE];
		size_t n = (size_t)data[1] << 8 | data[2];
		data += 3;
		size -= 3;
		n = n < size ? n : size;
		if (who->participant == NULL)
			enter(server, who, who == people ? "anna" : "ben", data[0] % 2 == 1);
		requests_take(who, str_n((const char *)data, n));
		if (who->participant != NULL) {
			struct meeting_listener *listener = &server->meetings.listener;
			listener->data(server, who->participant, CHANNEL_RELIABLE,
				str_n((const char *)data, n));
			listener->speakers(server, who->participant->meeting, &nobody);
		}
		data += n;
		size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct metrics *metrics;
	static const struct candidates candidates = {{{"192.0.2.1", 7882, 1, 1, false}}, 1};
	static const struct config config;
	static struct sfu sfu = {.config = &config};
	struct signal_server server = {.sfu = &sfu};
	struct session people[PEOPLE];
	if (metrics == NULL) {
		log_set_level(LOG_LEVEL_ERROR);
		metrics = metrics_new();
	}
	server.messages_out = metrics_counter(metrics, "out", "out", "");
	server.messages_in = metrics_counter(metrics, "in", "in", "");
	meetings_init(&server.meetings);
	server.meetings.listener = notices_listener(&server);
	server.meetings.listener.terms = terms;
	server.meetings.listener.opened = opened;
	server.meetings.listener.media = media;
	server.meetings.fingerprint = FINGERPRINT;
	server.meetings.candidates = &candidates;
	server.meetings.occupancy = occupancy_new();
	enter(&server, &people[0], "anna", false);
	enter(&server, &people[1], "ben", true);
	say(&server, people, data, size);
	meetings_end_all(&server.meetings, LEAVE_SHUTDOWN);
	meetings_release(&server.meetings);
	occupancy_free(&server.meetings.occupancy);
	return 0;
}
