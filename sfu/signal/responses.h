/* SPDX-License-Identifier: Apache-2.0 */
/* From what the meeting knows to what LiveKit's clients read. Everything lies in the arena. */
#ifndef PARVIS_SFU_RESPONSES_H
#define PARVIS_SFU_RESPONSES_H

#include "sfu/meeting/meeting.h"
#include "sfu/meeting/negotiate.h"
#include "sfu/signal/arena_protobuf.h"
#include "sfu/signal/session.h"

Livekit__TrackInfo *response_track(struct arena *arena, const struct publication *publication);
/* `all_tracks`: those too that are not negotiated yet, for the publisher itself. */
Livekit__ParticipantInfo *response_participant(
	struct arena *arena, const struct participant *participant, bool all_tracks);
Livekit__Room *response_room(struct arena *arena, const struct meeting *meeting);
/* Everybody but `self`. */
Livekit__ParticipantInfo **response_others(struct arena *arena, const struct meeting *meeting,
	const struct participant *self, size_t *count_out);
Livekit__ServerInfo *response_server(struct arena *arena);
/* type: "answer" or "offer" */
Livekit__SessionDescription *response_description(
	struct arena *arena, const char *type, uint32_t id, const struct negotiated *negotiated);

/* How well these are connected: everybody of the list. */
void response_send_quality(
	struct session *session, struct participant *const *list, unsigned count);

/* Whether these speak: everybody of the list. */
void response_send_speakers(
	struct session *session, struct participant *const *list, unsigned count);

/* Which qualities the publisher is to send (dynacast). */
void response_send_wanted(struct session *session, const struct publication *publication);
/* Whether a stream is held back for want of bandwidth. */
void response_send_stream_state(struct session *session, struct subscription *subscription);
/* Whether the publisher permits it. */
void response_send_permission(struct session *session, struct subscription *subscription);
/* Muted, or not any more, by the meeting. */
void response_send_mute(struct session *session, struct publication *publication);

/* What clients may publish. */
Livekit__Codec **response_codecs(struct arena *arena, size_t *count_out);

/* Packs and queues; nothing happens without a session. */
void response_send(struct session *session, const Livekit__SignalResponse *response);
void response_send_update(struct session *session, Livekit__ParticipantInfo *info);
void response_send_leave(struct session *session, enum leave_reason reason, bool may_come_again);

/* Declares `name`, a response of that kind. */
#define RESPONSE(name, kind)                   \
	Livekit__SignalResponse name;          \
	livekit__signal_response__init(&name); \
	name.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_##kind

#endif
