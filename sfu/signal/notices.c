/* SPDX-License-Identifier: Apache-2.0 */
/* What the meetings want others to know, as messages to their sessions. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "sfu/media/media_threads.h"
#include "sfu/sfu.h"
#include "sfu/signal/data_packet.h"
#include "sfu/signal/requests.h"
#include "sfu/signal/responses.h"
#include "sfu/signal/signal_internal.h"
#include "sfu/signal/webhook_events.h"
#include "sfu/store/meetings_store.h"

#define LOG_MODULE "signal"
#include "common/base/log.h"

static void send_to_all(const struct meeting *meeting, const Livekit__SignalResponse *response)
{
	for (unsigned i = 0; i < meeting->count; i++)
		response_send(meeting->list[i]->session, response);
}

/* --- meetings that the page has called -------------------------------------------------------- */

static enum status terms(void *context, struct arena *arena, struct str room, int64_t wall_ms,
	struct meeting_terms *out)
{
	struct signal_server *server = context;
	struct meeting_row row;
	*out = (struct meeting_terms){0};
	if (str_starts(room, STR(TEST_ROOM_PREFIX)))
		out->ends_ms = wall_ms + TEST_LENGTH_MS;
	if (!str_starts(room, STR(CALLED_ROOM_PREFIX)))
		return STATUS_OK;
	enum status status = meetings_store_get(
		server->db, arena, str_skip(room, sizeof(CALLED_ROOM_PREFIX) - 1), &row);
	if (status != STATUS_OK)
		return status;
	out->objective = row.objective;
	if (row.started_ms != 0)
		out->ends_ms = row.started_ms + MEETING_LENGTH_MS;
	return out->ends_ms != 0 && wall_ms >= out->ends_ms ? STATUS_DENIED : STATUS_OK;
}

struct start {
	char *id;
	int64_t at_ms;
};

static enum status start_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct start *start = arg;
	return meetings_store_start(tx, str_c(start->id), start->at_ms);
}

static void start_done(void *arg, enum status status)
{
	struct start *start = arg;
	if (status != STATUS_OK)
		log_error("the start of a meeting was not saved: %s", status_name(status));
	mem_freep(&start->id);
	mem_freep(&start);
}

static void opened(void *context, const struct meeting *meeting)
{
	struct signal_server *server = context;
	struct str room = str_c(meeting->name);
	if (!str_starts(room, STR(CALLED_ROOM_PREFIX)))
		return;
	struct start *start = MEM_NEW(struct start);
	start->id = mem_strdup(str_skip(room, sizeof(CALLED_ROOM_PREFIX) - 1));
	start->at_ms = meeting->ends_ms - MEETING_LENGTH_MS;
	db_write_later(server->sfu->writer, start_change, start, start_done);
}

/* --- media ------------------------------------------------------------------------------------ */

static void media(void *context, struct media_command *command)
{
	struct signal_server *server = context;
	if (media_threads_send(server->sfu->media, command) != STATUS_OK)
		log_error("a media thread does not keep up: a command is lost");
}

static void negotiate(void *context, struct participant *participant)
{
	(void)context;
	if (participant->session != NULL)
		request_negotiate(participant->session);
}

/* --- people ----------------------------------------------------------------------------------- */

static void changed(void *context, struct participant *participant)
{
	(void)context;
	ARENA_SCOPE(arena);
	const struct meeting *meeting = participant->meeting;
	Livekit__ParticipantInfo *info = response_participant(arena, participant, false);
	for (unsigned i = 0; i < meeting->count; i++) {
		if (meeting->list[i] != participant)
			response_send_update(meeting->list[i]->session, info);
	}
	response_send_update(participant->session, response_participant(arena, participant, true));
}

static void meeting_changed(void *context, struct meeting *meeting)
{
	(void)context;
	ARENA_SCOPE(arena);
	Livekit__RoomUpdate update;
	livekit__room_update__init(&update);
	RESPONSE(response, ROOM_UPDATE);
	update.room = response_room(arena, meeting);
	response.room_update = &update;
	send_to_all(meeting, &response);
}

static void left(void *context, struct meeting *meeting, struct participant *participant)
{
	(void)context;
	ARENA_SCOPE(arena);
	struct session *session = participant->session;
	Livekit__ParticipantInfo *info = response_participant(arena, participant, false);
	for (unsigned i = 0; i < meeting->count; i++)
		response_send_update(meeting->list[i]->session, info);
	if (session == NULL)
		return;
	if (participant->reason == LEAVE_CLIENT) {
		session->participant = NULL;
		if (session->connection != NULL)
			lws_close(session->connection);
		return;
	}
	session_end(session, participant->reason,
		participant->reason == LEAVE_STATE_MISMATCH ||
			participant->reason == LEAVE_SHUTDOWN);
}

static const struct media_speaker *speaks(
	const struct media_speakers *now, const struct participant *participant)
{
	for (unsigned i = 0; i < now->count; i++) {
		if (now->list[i].participant == participant->id)
			return &now->list[i];
	}
	return NULL;
}

/* Those who speak, and those who have stopped. */
static void speakers(void *context, struct meeting *meeting, const struct media_speakers *now)
{
	(void)context;
	struct participant *list[MEETING_SEATS];
	unsigned count = 0;
	for (unsigned i = 0; i < meeting->count; i++) {
		struct participant *p = meeting->list[i];
		const struct media_speaker *speaker = speaks(now, p);
		if (speaker == NULL && !p->speaking)
			continue;
		p->speaking = speaker != NULL;
		p->level = speaker == NULL ? 0 : speaker->level;
		list[count++] = p;
	}
	for (unsigned i = 0; i < meeting->count; i++)
		response_send_speakers(meeting->list[i]->session, list, count);
}

/* Who is told that its own connection is lost would give it up. */
static void quality_changed(void *context, struct participant *participant)
{
	(void)context;
	const struct meeting *meeting = participant->meeting;
	for (unsigned i = 0; i < meeting->count; i++) {
		if (meeting->list[i] != participant || participant->quality != QUALITY_LOST)
			response_send_quality(meeting->list[i]->session, &participant, 1);
	}
}

/* --- data ------------------------------------------------------------------------------------- */

static bool is_for(const struct data_packet *packet, const struct participant *participant)
{
	for (size_t i = 0; i < packet->destination_count; i++) {
		if (str_eq_c(packet->destinations[i], participant->identity) ||
			str_eq_c(packet->destinations[i], participant->sid))
			return true;
	}
	return packet->destination_count == 0;
}

static void data(void *context, struct participant *participant, enum media_channel channel,
	struct str bytes)
{
	BUF_SCOPE(out, MEDIA_DATA_MAX);
	struct meeting *meeting = participant->meeting;
	struct data_packet packet;
	if (!participant->can_publish_data || channel == CHANNEL_DATA_TRACK)
		return;
	if (data_packet_stamp(bytes, str_c(participant->identity), str_c(participant->sid), &packet,
		    &out) != STATUS_OK)
		return;
	if (channel == CHANNEL_RELIABLE && packet.sequence > participant->reliable_seen)
		participant->reliable_seen = packet.sequence;
	for (unsigned i = 0; i < meeting->count; i++) {
		struct participant *to = meeting->list[i];
		const struct link *link = participant_receives_on(to);
		if (to == participant || link->transport == 0 || !is_for(&packet, to))
			continue;
		struct media_command *command =
			media_command_new_data(link->transport, channel, buf_str(&out));
		if (command != NULL) {
			command->meeting = meeting->id;
			meeting->all->listener.media(context, command);
		}
	}
}

/* --- media's fortunes ------------------------------------------------------------------------- */

static void quality_wanted(void *context, struct publication *publication)
{
	(void)context;
	response_send_wanted(publication->owner->session, publication);
}

static void stream_changed(void *context, struct subscription *subscription)
{
	(void)context;
	response_send_stream_state(subscription->subscriber->session, subscription);
}

static void permission_changed(void *context, struct subscription *subscription)
{
	(void)context;
	response_send_permission(subscription->subscriber->session, subscription);
}

static void muted(void *context, struct publication *publication)
{
	(void)context;
	response_send_mute(publication->owner->session, publication);
}

struct meeting_listener notices_listener(struct signal_server *server)
{
	return (struct meeting_listener){
		.context = server,
		.terms = terms,
		.opened = opened,
		.media = media,
		.participant_changed = changed,
		.meeting_changed = meeting_changed,
		.negotiate = negotiate,
		.left = left,
		.speakers = speakers,
		.quality_changed = quality_changed,
		.data = data,
		.quality_wanted = quality_wanted,
		.stream_changed = stream_changed,
		.permission_changed = permission_changed,
		.muted = muted,
		.news = webhook_events_tell,
	};
}
