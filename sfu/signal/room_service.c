/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/room_service.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "sfu/media/media_threads.h"
#include "sfu/sfu.h"
#include "sfu/signal/responses.h"
#include "sfu/signal/signal_internal.h"

#define EMPTY_DEFAULT_S 300
#define EMPTY_MAX_S	3600
#define TOPIC_MAX	255

static void *nothing(struct arena *arena)
{
	Livekit__Nothing *answer = ARENA_NEW(arena, Livekit__Nothing);
	livekit__nothing__init(answer);
	return answer;
}

static enum status find(struct signal_server *server, const char *room, const char *identity,
	struct participant **out, const char **why_out)
{
	*why_out = "participant does not exist";
	*out = meetings_find(&server->meetings, str_c(room), str_c(identity), STR_EMPTY);
	return *out == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

static enum status find_room(
	struct signal_server *server, const char *room, struct meeting **out, const char **why_out)
{
	*why_out = "requested room does not exist";
	*out = map_find(server->meetings.by_name, str_c(room));
	return *out == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

/* --- rooms ------------------------------------------------------------------------------------ */

static enum status create_room(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__CreateRoomRequest *r = request;
	const struct meeting_now now = signal_now();
	struct meeting *meeting;
	uint32_t keep = r->empty_timeout == 0 ? EMPTY_DEFAULT_S : r->empty_timeout;
	*why_out = "a name has 1 to 255 bytes";
	if (r->name[0] == '\0' || !text_ok(r->name, ROOM_NAME_MAX) ||
		!text_ok(r->metadata, METADATA_MAX))
		return STATUS_INVALID;
	*why_out = "that meeting cannot be opened";
	enum status status = meetings_open(&server->meetings, str_c(r->name), &now,
		(int64_t)(keep > EMPTY_MAX_S ? EMPTY_MAX_S : keep) * 1000, &meeting);
	if (status == STATUS_OK && r->metadata[0] != '\0')
		meeting_set_metadata(meeting, str_c(r->metadata));
	if (status == STATUS_OK)
		*out = &response_room(arena, meeting)->base;
	return status;
}

static bool is_asked_for(const Livekit__ListRoomsRequest *r, const struct meeting *meeting)
{
	for (size_t i = 0; i < r->n_names; i++) {
		if (str_eq_c(str_c(r->names[i]), meeting->name))
			return true;
	}
	return r->n_names == 0;
}

static enum status list_rooms(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	struct map *rooms = server->meetings.by_name;
	Livekit__ListRoomsResponse *answer = ARENA_NEW(arena, Livekit__ListRoomsResponse);
	size_t cursor = 0;
	struct str name;
	void *meeting;
	*why_out = "";
	livekit__list_rooms_response__init(answer);
	answer->rooms = ARENA_ARRAY(arena, Livekit__Room *, map_count(rooms) + 1);
	while (map_next(rooms, &cursor, &name, &meeting)) {
		if (is_asked_for(request, meeting))
			answer->rooms[answer->n_rooms++] = response_room(arena, meeting);
	}
	*out = &answer->base;
	return STATUS_OK;
}

static enum status delete_room(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__DeleteRoomRequest *r = request;
	struct meeting *meeting;
	enum status status = find_room(server, r->room, &meeting, why_out);
	if (status == STATUS_OK) {
		meeting_end(meeting, LEAVE_MEETING_OVER, clock_mono_ms());
		*out = nothing(arena);
	}
	return status;
}

static enum status update_room_metadata(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__UpdateRoomMetadataRequest *r = request;
	struct meeting *meeting;
	enum status status = find_room(server, r->room, &meeting, why_out);
	if (status != STATUS_OK)
		return status;
	*why_out = "metadata is too long";
	if (!text_ok(r->metadata, METADATA_MAX))
		return STATUS_INVALID;
	*why_out = "the meeting page tells its own things in this room's metadata";
	if (str_starts(str_c(meeting->name), STR(CALLED_ROOM_PREFIX)))
		return STATUS_CONFLICT;
	meeting_set_metadata(meeting, str_c(r->metadata));
	*out = &response_room(arena, meeting)->base;
	return STATUS_OK;
}

/* --- people ----------------------------------------------------------------------------------- */

static enum status list_participants(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__ListParticipantsRequest *r = request;
	struct meeting *meeting;
	enum status status = find_room(server, r->room, &meeting, why_out);
	if (status != STATUS_OK)
		return status;
	Livekit__ListParticipantsResponse *answer =
		ARENA_NEW(arena, Livekit__ListParticipantsResponse);
	livekit__list_participants_response__init(answer);
	answer->participants = response_others(arena, meeting, NULL, &answer->n_participants);
	*out = &answer->base;
	return STATUS_OK;
}

static enum status get_participant(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__RoomParticipantIdentity *r = request;
	struct participant *p;
	enum status status = find(server, r->room, r->identity, &p, why_out);
	if (status == STATUS_OK)
		*out = &response_participant(arena, p, false)->base;
	return status;
}

static enum status remove_participant(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__RoomParticipantIdentity *r = request;
	struct participant *p;
	enum status status = find(server, r->room, r->identity, &p, why_out);
	if (status == STATUS_OK) {
		meeting_leave(p, LEAVE_REMOVED, clock_mono_ms());
		*out = nothing(arena);
	}
	return status;
}

static enum status mute_track(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__MuteRoomTrackRequest *r = request;
	struct participant *p;
	enum status status = find(server, r->room, r->identity, &p, why_out);
	if (status != STATUS_OK)
		return status;
	struct publication *t = participant_publication(p, str_c(r->track_sid));
	*why_out = "track does not exist";
	if (t == NULL)
		return STATUS_NOT_FOUND;
	*why_out = "nobody is made audible or visible but by themselves";
	if (!r->muted && t->says.muted)
		return STATUS_CONFLICT;
	meeting_mute_for(t, r->muted);
	Livekit__MuteRoomTrackResponse *answer = ARENA_NEW(arena, Livekit__MuteRoomTrackResponse);
	livekit__mute_room_track_response__init(answer);
	answer->track = response_track(arena, t);
	*out = &answer->base;
	return STATUS_OK;
}

static void set_permission(struct participant *p, const Livekit__ParticipantPermission *says)
{
	p->can_publish = says->can_publish;
	p->can_subscribe = says->can_subscribe;
	p->can_publish_data = says->can_publish_data;
	p->can_update_metadata = says->can_update_metadata;
	p->sources = says->n_can_publish_sources == 0 ? SOURCES_ALL : 0;
	for (size_t i = 0; i < says->n_can_publish_sources; i++) {
		if ((unsigned)says->can_publish_sources[i] < SOURCE_COUNT)
			p->sources |= 1u << says->can_publish_sources[i];
	}
	struct publication *next;
	for (struct publication *t = p->publications; t != NULL; t = next) {
		next = t->next;
		if (!p->can_publish || (p->sources & (1u << t->says.source)) == 0)
			meeting_remove_track(t);
	}
	while (!p->can_subscribe && p->subscriptions != NULL)
		meeting_unsubscribe(p, p->subscriptions->publication);
	if (p->can_subscribe && p->auto_subscribe)
		meeting_subscribe_all(p);
}

static bool attributes_fit(const Livekit__UpdateParticipantRequest *r)
{
	for (size_t i = 0; i < r->n_attributes; i++) {
		const Livekit__Entry *entry = r->attributes[i];
		if (entry->key[0] == '\0' || !text_ok(entry->key, ATTRIBUTE_KEY_MAX) ||
			!text_ok(entry->value, ATTRIBUTE_MAX))
			return false;
	}
	return text_ok(r->name, DISPLAY_NAME_MAX) && text_ok(r->metadata, METADATA_MAX);
}

static enum status update_participant(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__UpdateParticipantRequest *r = request;
	struct participant *p;
	enum status status = find(server, r->room, r->identity, &p, why_out);
	if (status != STATUS_OK)
		return status;
	*why_out = "name, metadata or attributes are too long";
	if (!attributes_fit(r))
		return STATUS_INVALID;
	for (size_t i = 0; i < r->n_attributes && status == STATUS_OK; i++)
		status = participant_set_attribute(
			p, str_c(r->attributes[i]->key), str_c(r->attributes[i]->value));
	if (r->name[0] != '\0')
		participant_set_name(p, str_c(r->name));
	if (r->metadata[0] != '\0')
		participant_set_metadata(p, str_c(r->metadata));
	if (r->permission != NULL)
		set_permission(p, r->permission);
	participant_changed(p);
	*out = &response_participant(arena, p, false)->base;
	return status;
}

static enum status update_subscriptions(struct signal_server *server, struct arena *arena,
	const void *request, ProtobufCMessage **out, const char **why_out)
{
	const Livekit__UpdateSubscriptionsRequest *r = request;
	struct participant *p;
	enum status status = find(server, r->room, r->identity, &p, why_out);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < r->n_track_sids; i++) {
		struct publication *t = meeting_track(p->meeting, str_c(r->track_sids[i]));
		if (t == NULL || t->owner == p)
			continue;
		if (r->subscribe)
			meeting_subscribe(p, t);
		else
			meeting_unsubscribe(p, t);
	}
	*out = nothing(arena);
	return STATUS_OK;
}

/* --- data ------------------------------------------------------------------------------------- */

static bool is_among(char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(str_c(list[i]), text))
			return true;
	}
	return false;
}

static enum status send_data(struct signal_server *server, struct arena *arena, const void *request,
	ProtobufCMessage **out, const char **why_out)
{
	const Livekit__SendDataRequest *r = request;
	struct meeting *meeting;
	enum status status = find_room(server, r->room, &meeting, why_out);
	if (status != STATUS_OK)
		return status;
	Livekit__UserPacket user;
	Livekit__DataPacket packet;
	livekit__user_packet__init(&user);
	livekit__data_packet__init(&packet);
	user.payload = r->data;
	user.topic = r->topic;
	user.nonce = r->nonce;
	packet.kind = r->kind;
	packet.user = &user;
	struct str bytes = arena_pack(arena, &packet.base);
	*why_out = "data or topic is too large";
	if (bytes.n > MEDIA_DATA_MAX || !text_ok(r->topic, TOPIC_MAX))
		return STATUS_INVALID;
	bool lossy = r->kind == LIVEKIT__DATA_PACKET__KIND__LOSSY;
	for (unsigned i = 0; i < meeting->count; i++) {
		struct participant *to = meeting->list[i];
		const struct link *link = participant_receives_on(to);
		bool chosen = (r->n_destination_identities == 0 && r->n_destination_sids == 0) ||
			      is_among(r->destination_identities, r->n_destination_identities,
				      to->identity) ||
			      is_among(r->destination_sids, r->n_destination_sids, to->sid);
		struct media_command *command =
			chosen && link->transport != 0
				? media_command_new_data(link->transport,
					  lossy ? CHANNEL_LOSSY : CHANNEL_RELIABLE, bytes)
				: NULL;
		if (command == NULL)
			continue;
		command->meeting = meeting->id;
		meeting->all->listener.media(server, command);
	}
	*out = nothing(arena);
	return STATUS_OK;
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct room_method methods[] = {
	{"CreateRoom", MAY_CREATE, &livekit__create_room_request__descriptor, create_room},
	{"ListRooms", MAY_LIST, &livekit__list_rooms_request__descriptor, list_rooms},
	{"DeleteRoom", MAY_CREATE, &livekit__delete_room_request__descriptor, delete_room},
	{"ListParticipants", MAY_ADMIN, &livekit__list_participants_request__descriptor,
		list_participants},
	{"GetParticipant", MAY_ADMIN, &livekit__room_participant_identity__descriptor,
		get_participant},
	{"RemoveParticipant", MAY_ADMIN, &livekit__room_participant_identity__descriptor,
		remove_participant},
	{"MutePublishedTrack", MAY_ADMIN, &livekit__mute_room_track_request__descriptor,
		mute_track},
	{"UpdateParticipant", MAY_ADMIN, &livekit__update_participant_request__descriptor,
		update_participant},
	{"UpdateSubscriptions", MAY_ADMIN, &livekit__update_subscriptions_request__descriptor,
		update_subscriptions},
	{"SendData", MAY_ADMIN, &livekit__send_data_request__descriptor, send_data},
	{"UpdateRoomMetadata", MAY_ADMIN, &livekit__update_room_metadata_request__descriptor,
		update_room_metadata},
};

const struct room_method *room_method_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (str_eq_c(name, methods[i].name))
			return &methods[i];
	}
	return NULL;
}

struct str room_method_room(const struct room_method *method, const void *request)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(method->request, "room");
	if (field == NULL)
		return STR_EMPTY;
	return str_c(*(char *const *)(const void *)((const char *)request + field->offset));
}
