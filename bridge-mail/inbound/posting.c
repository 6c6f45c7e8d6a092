/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/posting.h"

#include <sys/stat.h>

#include "bridge-mail/inbound/content.h"
#include "bridge-mail/inbound/quarantine.h"
#include "bridge-mail/inbound/threading.h"
#include "bridge-mail/outbound/answers.h"
#include "bridge-mail/store/guests.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/posts.h"
#include "bridge-mail/store/received.h"
#include "bridge-mail/store/thread_state.h"
#include "common/matrix/ids.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

/* A date that is further from the mail's arrival than this is not believed. */
#define DATE_TRUST_MS (INT64_C(7) * 24 * 3600 * 1000)

struct room {
	const struct posting *posting;
	struct thread thread;
	struct str room_id;
	struct str user_id;
	struct str reply_to_event;
	bool aside; /* the quarantine's: the bot speaks there */
};

bool posting_may_retry(enum status status)
{
	return status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT ||
	       status == STATUS_LIMITED || status == STATUS_IO;
}

struct set_state {
	int64_t delivery_id;
	int64_t part;
	enum post_state state;
	struct message_event event; /* event_id empty: none */
};

static enum status set_state(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct set_state *set = arg;
	enum status status = posts_set_state(tx, set->delivery_id, set->part, set->state);
	if (status == STATUS_OK && set->event.event_id.n > 0)
		status = messages_event_put(tx, &set->event);
	return status;
}

static enum status write_state(const struct room *room, const struct post *post,
	enum post_state state, struct str event_id)
{
	struct set_state set = {
		.delivery_id = post->delivery_id,
		.part = post->part,
		.state = state,
		.event = {.event_id = event_id,
			.room_id = room->room_id,
			.thread_id = room->thread.thread_id,
			.mailbox_id = room->posting->delivery->mailbox_id,
			.message_id = room->posting->mail->message_id,
			.part = post->part},
	};
	return db_write(room->posting->bridge->writer, set_state, &set);
}

static struct content_source source_of(const struct room *room, const struct post *post)
{
	return (struct content_source){
		.delivery = room->posting->delivery,
		.mail = room->posting->mail,
		.body = room->posting->body,
		.verdict = room->posting->verdict,
		.thread = &room->thread,
		.txn_id = post->txn_id,
		.reply_to_event = room->reply_to_event,
	};
}

/* The file that a part stands for. STATUS_NOT_FOUND when the mail has no such part. */
static enum status file_of_part(
	const struct room *room, int64_t part, struct room_upload_request *out)
{
	const struct posting *p = room->posting;
	if (part == PART_ORIGINAL) {
		struct stat st;
		if (stat(p->mail_path, &st) != 0)
			return STATUS_IO;
		*out = (struct room_upload_request){
			.path = p->mail_path,
			.size = st.st_size,
			.content_hash = p->delivery->content_hash,
			.content_type = STR("message/rfc822"),
			.name = STR("original.eml"),
		};
		return STATUS_OK;
	}
	if (part < 1 || (size_t)part > p->mail->attachment_count)
		return STATUS_NOT_FOUND;
	const struct mail_attachment *a = &p->mail->attachments[part - 1];
	*out = (struct room_upload_request){
		.path = a->path,
		.size = a->size,
		.content_hash = a->hash,
		.content_type = a->content_type,
		.name = a->name,
	};
	return STATUS_OK;
}

/* The original hangs from the text, out of the way. */
static enum status find_root(const struct room *room, struct str *event_id_out)
{
	struct message_event event;
	enum status status = messages_event_of(room->posting->db, room->thread.mailbox_id,
		room->posting->mail->message_id, room->posting->arena, &event);
	if (status == STATUS_OK && str_eq(event.room_id, room->room_id))
		*event_id_out = event.event_id;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status make_file_content(
	const struct room *room, const struct post *post, struct str *content_out)
{
	const struct posting *p = room->posting;
	const struct room_port *rooms = &p->bridge->rooms;
	struct room_upload_request request;
	enum status status = file_of_part(room, post->part, &request);
	if (status != STATUS_OK)
		return status;
	struct content_source source = source_of(room, post);
	if (post->part == PART_ORIGINAL)
		status = find_root(room, &source.thread_root);
	if (status != STATUS_OK)
		return status;
	struct content_file file = {
		.name = request.name, .content_type = request.content_type, .size = request.size};
	status = rooms->upload(rooms->context, &request, p->arena, &file.mxc);
	if (posting_may_retry(status))
		return status;
	if (status == STATUS_OK) {
		*content_out = content_of_file(p->arena, &source, &file);
	} else {
		log_warning("attachment refused delivery=%lld part=%lld: %s",
			(long long)post->delivery_id, (long long)post->part, status_name(status));
		*content_out = content_refused_file(p->arena, &source, &file);
	}
	return STATUS_OK;
}

static enum status make_content(
	const struct room *room, const struct post *post, struct str *content_out)
{
	if (post->part != 0)
		return make_file_content(room, post, content_out);
	struct content_source source = source_of(room, post);
	if (room->aside)
		return quarantine_card(
			room->posting->db, room->posting->arena, &source, content_out);
	*content_out = content_text(room->posting->arena, &source);
	return STATUS_OK;
}

static int64_t timestamp(const struct posting *p)
{
	int64_t received = p->delivery->received_at;
	int64_t date = p->mail->date_ms;
	return date > received - DATE_TRUST_MS && date < received ? date : received;
}

/* Looks for an event whose sending a crash or a time-out left open; else sends it. */
static enum status find_or_send(
	const struct room *room, const struct post *post, struct str *event_id_out)
{
	const struct posting *p = room->posting;
	const struct room_port *rooms = &p->bridge->rooms;
	if (post->state == POST_SENDING) {
		enum status found = rooms->find(
			rooms->context, room->room_id, post->txn_id, p->arena, event_id_out);
		if (found != STATUS_NOT_FOUND)
			return found;
	}
	struct room_send_request request = {
		.room_id = room->room_id,
		.user_id = room->user_id,
		.type = STR("m.room.message"),
		.txn_id = post->txn_id,
		.timestamp = timestamp(p),
	};
	enum status status = make_content(room, post, &request.content);
	if (status == STATUS_OK && post->state == POST_PLANNED)
		status = write_state(room, post, POST_SENDING, STR_EMPTY);
	if (status == STATUS_OK)
		status = rooms->send(rooms->context, &request, p->arena, event_id_out);
	return status;
}

static enum status post_one(const struct room *room, const struct post *post)
{
	struct str event_id = STR_EMPTY;
	enum status status = find_or_send(room, post, &event_id);
	if (status == STATUS_OK)
		return write_state(room, post, POST_SENT, event_id);
	/* The text must arrive; a file that is refused is told and left out. */
	if (posting_may_retry(status) || post->part == 0)
		return status;
	log_warning("part refused delivery=%lld part=%lld: %s", (long long)post->delivery_id,
		(long long)post->part, status_name(status));
	return write_state(room, post, POST_REFUSED, STR_EMPTY);
}

/* The event that our mail to a guest has told of. */
static enum status find_told(struct room *room, struct str message_id)
{
	const struct posting *p = room->posting;
	struct room_mail ours;
	enum status status = room_mail_get(p->db, message_id, p->arena, &ours);
	if (status != STATUS_OK)
		return status;
	if (ours.mailbox_id != room->thread.mailbox_id || !event_id_ok(ours.event_id))
		return STATUS_NOT_FOUND;
	room->reply_to_event = ours.event_id;
	return STATUS_OK;
}

/* The event of the mail that this one answers, so that clients show the two together. */
static enum status find_answered(struct room *room)
{
	const struct posting *p = room->posting;
	const struct mail_ids *ids = &p->mail->in_reply_to;
	for (size_t i = 0; i < ids->count; i++) {
		struct message_event event;
		enum status status = messages_event_of(
			p->db, room->thread.mailbox_id, ids->items[i], p->arena, &event);
		if (status == STATUS_OK && str_eq(event.room_id, room->room_id)) {
			room->reply_to_event = event.event_id;
			return STATUS_OK;
		}
		if (status == STATUS_OK)
			status = STATUS_NOT_FOUND;
		else if (status == STATUS_NOT_FOUND)
			status = find_told(room, ids->items[i]);
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	return STATUS_OK;
}

/* Its own, or that into which it was merged since it was chosen. */
static enum status find_thread(struct room *room)
{
	const struct posting *p = room->posting;
	struct thread_state state;
	enum status status = thread_state_get(p->db, p->delivery->thread_id, p->arena, &state);
	if (status != STATUS_OK)
		return status;
	return threads_get(p->db,
		state.merged_into != 0 ? state.merged_into : p->delivery->thread_id, p->arena,
		&room->thread);
}

static enum status prepare_room(struct room *room, const char **why_out)
{
	const struct posting *p = room->posting;
	const struct room_port *rooms = &p->bridge->rooms;
	*why_out = "thread";
	enum status status = find_thread(room);
	if (status == STATUS_OK)
		status = named_thread_is(
			p->db, room->thread.thread_id, NAMED_QUARANTINE, &room->aside);
	if (status != STATUS_OK)
		return status;
	*why_out = "room";
	status = rooms->room_for_thread(
		rooms->context, room->thread.thread_id, p->arena, &room->room_id);
	if (status != STATUS_OK)
		return status;
	*why_out = "ghost";
	if (p->mail->from.address.n > 0 && !room->aside)
		status = rooms->ghost_in_room(rooms->context, room->room_id, p->mail->from.address,
			p->mail->from.name, p->arena, &room->user_id);
	return status == STATUS_OK ? find_answered(room) : status;
}

/* Merged while its room was being made: that room is told now. */
static void note_merge(const struct room *room)
{
	const struct posting *p = room->posting;
	struct thread_state state;
	enum status status = thread_state_get(p->db, room->thread.thread_id, p->arena, &state);
	if (status == STATUS_OK && state.merged_into != 0 && p->bridge->answers != NULL)
		answers_wake(p->bridge->answers);
}

enum status posting_run(const struct posting *posting, const char **why_out)
{
	struct room room = {.posting = posting};
	enum status status = prepare_room(&room, why_out);
	if (status != STATUS_OK)
		return status;
	*why_out = "message";
	for (;;) {
		struct post post;
		status = posts_next(
			posting->db, posting->delivery->delivery_id, posting->arena, &post);
		if (status == STATUS_NOT_FOUND) {
			note_merge(&room);
			return STATUS_OK;
		}
		if (status == STATUS_OK)
			status = post_one(&room, &post);
		if (status != STATUS_OK)
			return status;
	}
}
