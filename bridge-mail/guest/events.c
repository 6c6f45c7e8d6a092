/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/digest.h"
#include "bridge-mail/guest/mail.h"
#include "bridge-mail/guest/texts.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/matrix/ghosts.h"
#include "bridge-mail/matrix/media.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/say.h"
#include "bridge-mail/message/file_name.h"
#include "bridge-mail/outbound/answer_event.h"
#include "bridge-mail/outbound/answer_mail.h"
#include "bridge-mail/outbound/client_html.h"
#include "bridge-mail/store/ghosts.h"
#include "bridge-mail/store/threads.h"
#include "common/base/clock.h"

#define LOG_MODULE "guest"
#include "common/base/log.h"

#define HOUR_MS INT64_C(3600000)

/* What one event works on; texts live in the arena. */
struct handling {
	const struct matrix_session *session;
	const struct room_event_row *row;
	const struct json *event;
	struct arena *arena;
	struct str sender;
	struct str state_key;
	struct linked_room room;
	bool linked; /* `room` is one with guests */
};

static struct bridge *bridge_behind(const struct handling *h)
{
	return h->session->matrix->bridge;
}

static enum status address_of(const struct handling *h, struct str *address_out)
{
	struct ghost ghost;
	enum status status =
		ghost_address(h->arena, h->state_key, h->session->matrix->server_name, address_out);
	if (status == STATUS_OK)
		return status;
	status = ghosts_by_user(h->session->db, h->state_key, h->arena, &ghost);
	if (status == STATUS_OK)
		*address_out = ghost.address;
	return status;
}

static enum status decline(const struct handling *h, const char *why)
{
	const struct room_as room = {h->row->room_id, h->state_key};
	log_info("an invitation by %.*s is declined: %s", STR_FMT(h->sender), why);
	return room_leave(h->session, &room, str_c(why));
}

/* In a thread of a shared mailbox: its answers go to them, too. */
struct adding {
	int64_t thread_id;
	struct participant participant;
};

static enum status put_participant(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct adding *adding = arg;
	return participant_put(tx, adding->thread_id, &adding->participant);
}

struct inviting {
	struct guest guest;
	int64_t now;
};

static enum status put_guest(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct inviting *i = arg;
	enum status status = invitation_put(tx, i->guest.cause, i->guest.invited_by, i->now);
	return status == STATUS_OK ? guest_add(tx, &i->guest) : status;
}

/* The bot speaks where it may come in, else the ghost. */
static struct str choose_actor(const struct handling *h)
{
	const struct room_as ghost = {h->row->room_id, h->state_key};
	const struct room_as bot = {.room_id = h->row->room_id};
	/* Refused when it is there already; joining tells. */
	if (room_invite(h->session, &ghost, h->session->matrix->bot) != STATUS_OK)
		log_debug("the bot is not invited");
	return room_join(h->session, &bot) == STATUS_OK ? STR_EMPTY : h->state_key;
}

static enum status bring_in(struct handling *h, struct str address)
{
	struct inviting inviting = {.now = clock_wall_ms()};
	enum status status = guest_check_encryption(h->session, h->row->room_id, h->state_key);
	if (status == STATUS_EXISTS)
		return STATUS_OK;
	if (status == STATUS_OK && (!h->linked || h->room.ended))
		status = guest_link_room(
			h->session, h->row->room_id, choose_actor(h), h->arena, &h->room);
	if (status == STATUS_NOT_FOUND)
		return decline(h, "bridge_mail.rooms_address");
	if (status != STATUS_OK)
		return status;
	inviting.guest = (struct guest){
		.mailbox_id = h->room.mailbox_id,
		.address = address,
		.user_id = h->state_key,
		.english = guest_is_english(&bridge_behind(h)->config->bridge_mail, address),
		.invited_by = h->sender,
		.cause = h->row->event_id,
	};
	return db_write(bridge_behind(h)->writer, put_guest, &inviting);
}

static enum status invite_ghost(struct handling *h)
{
	struct str address, user_id;
	struct thread thread;
	int64_t invited = 0;
	const struct config_bridge_mail *config = &bridge_behind(h)->config->bridge_mail;
	const struct room_as room = {h->row->room_id, h->state_key};
	enum status status = address_of(h, &address);
	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && !guest_address_ok(h->session, address)))
		return decline(h, "Adresse inutilisable / no usable address");
	if (status == STATUS_OK)
		status = invitations_count(
			h->session->db, h->sender, clock_wall_ms() - HOUR_MS, &invited);
	if (status == STATUS_OK && invited >= config->invitations_per_hour)
		return decline(h, "Trop d’invitations / too many invitations");
	if (status == STATUS_OK)
		status = ghosts_ensure(h->session, address, STR_EMPTY, h->arena, &user_id);
	if (status == STATUS_OK)
		status = room_join(h->session, &room);
	if (status == STATUS_DENIED)
		return STATUS_OK; /* the invitation was taken back */
	if (status == STATUS_OK && !h->linked) {
		status = threads_by_room(h->session->db, h->row->room_id, h->arena, &thread);
		struct adding adding = {thread.thread_id,
			{.address = address, .reply_to = address, .role = PARTICIPANT_CC}};
		if (status == STATUS_OK)
			return db_write(bridge_behind(h)->writer, put_participant, &adding);
		if (status == STATUS_NOT_FOUND)
			status = STATUS_OK;
	}
	return status == STATUS_OK ? bring_in(h, address) : status;
}

static enum status invite_bot(struct handling *h)
{
	const struct room_as room = {.room_id = h->row->room_id};
	enum status status = room_join(h->session, &room);
	if (status == STATUS_OK)
		status = guest_check_encryption(h->session, h->row->room_id, STR_EMPTY);
	if (status == STATUS_OK)
		status =
			guest_link_room(h->session, h->row->room_id, STR_EMPTY, h->arena, &h->room);
	if (status == STATUS_EXISTS || status == STATUS_DENIED || status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	struct saying saying = {
		.room_id = h->row->room_id,
		.txn_id = say_txn_id(h->arena, "banner", h->row->event_id, STR("")),
		.text = str_c(guest_text_banner),
	};
	return say(h->session, &saying);
}

struct removal {
	int64_t mailbox_id;
	struct str address; /* empty: all */
	struct str cause;
	struct str room_id;
	struct str user_id;
};

static enum status put_removal(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct removal *r = arg;
	if (r->address.n > 0) {
		enum status status = ghosts_set_joined(tx, r->room_id, r->user_id, false);
		return status == STATUS_OK ? guest_leave(tx, r->mailbox_id, r->address,
						     GUEST_END_REMOVED, r->cause)
					   : status;
	}
	enum status status = guests_leave_all(tx, r->mailbox_id, GUEST_END_ROOM, r->cause);
	return status == STATUS_OK ? linked_room_end(tx, r->mailbox_id) : status;
}

/* Of a ghost, or of the bot, by somebody else. */
static enum status removed(struct handling *h)
{
	struct removal removal = {.mailbox_id = h->room.mailbox_id,
		.cause = h->row->event_id,
		.room_id = h->row->room_id,
		.user_id = h->state_key};
	if (!h->linked || str_eq(h->sender, h->state_key))
		return STATUS_OK;
	if (!str_eq(h->state_key, h->session->matrix->bot)) {
		enum status status = address_of(h, &removal.address);
		if (status != STATUS_OK)
			return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	}
	return db_write(bridge_behind(h)->writer, put_removal, &removal);
}

static enum status member_event(struct handling *h)
{
	struct str membership = json_str(json_path(h->event, "content", "membership", NULL));
	if (!matrix_is_ours(h->session->matrix, h->state_key))
		return STATUS_OK;
	if (str_eq_c(membership, "leave") || str_eq_c(membership, "ban"))
		return removed(h);
	if (!str_eq_c(membership, "invite") || matrix_is_ours(h->session->matrix, h->sender))
		return STATUS_OK;
	if (str_eq(h->state_key, h->session->matrix->bot))
		return invite_bot(h);
	return invite_ghost(h);
}

static enum status fetch_file(const struct handling *h, const struct answer_event *event,
	struct compose_file *file, struct str *note_out)
{
	*note_out = STR_EMPTY;
	enum status status =
		media_download(h->session, event->mxc, ANSWER_MAX_FILE, h->arena, &file->bytes);
	switch (status) {
	case STATUS_OK:
		file->name = file_name_safe(h->arena, event->file_name, event->file_type, 0);
		file->content_type = event->file_type;
		return STATUS_OK;
	case STATUS_UNAVAILABLE:
	case STATUS_TIMEOUT:
	case STATUS_LIMITED:
		return status;
	default:
		*note_out = arena_printf(h->arena, "[%.*s]", STR_FMT(event->file_name));
		return STATUS_OK;
	}
}

struct keeping {
	struct room_item item;
	int64_t hourly_at;
	int64_t daily_at;
};

static enum status put_item(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct keeping *k = arg;
	return room_item_put(tx, &k->item, k->hourly_at, k->daily_at);
}

static enum status keep_for_digests(
	struct handling *h, const struct answer_event *event, struct str name)
{
	int64_t now = clock_wall_ms();
	struct str text = event->text;
	if (event->file_name.n > 0)
		text = arena_printf(h->arena, "%.*s%s[%.*s]", STR_FMT(text), text.n > 0 ? "\n" : "",
			STR_FMT(event->file_name));
	struct str root = event->thread.n > 0 ? event->thread : event->replies;
	struct keeping keeping = {
		.item = {.mailbox_id = h->room.mailbox_id,
			.event_id = h->row->event_id,
			.root = root.n > 0 ? root : h->row->event_id,
			.author = h->sender,
			.name = name,
			.text = text,
			.html = client_html(h->arena, event->html),
			.at = event->at},
		.hourly_at = now + HOUR_MS,
		.daily_at = digest_daily_at(now, bridge_behind(h)->config->bridge_mail.digest_hour),
	};
	return db_write(bridge_behind(h)->writer, put_item, &keeping);
}

static enum status distribute(struct handling *h, const struct answer_event *event)
{
	struct guest *guests;
	size_t count;
	struct str name, room_name, note = STR_EMPTY;
	struct compose_file file = {0};
	bool joined, digests = false;
	const struct room_as room = {h->row->room_id, h->room.actor};
	enum status status =
		guests_of(h->session->db, h->room.mailbox_id, h->arena, &guests, &count);
	if (status != STATUS_OK || count == 0)
		return status;
	status = room_member(h->session, &room, h->sender, h->arena, &joined, &name);
	if (status == STATUS_OK)
		status = room_name_get(h->session, &room, h->arena, &room_name);
	if (status == STATUS_OK && event->mxc.n > 0)
		status = fetch_file(h, event, &file, &note);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct guest_mail mail = {
			.room = &h->room,
			.guest = &guests[i],
			.room_name = room_name,
			.speaker = name,
			.event_id = h->row->event_id,
			.answers = event->replies.n > 0 ? event->replies : event->thread,
			.text = note.n > 0 ? note : event->text,
			.html = client_html(h->arena, event->html),
			.file = file.name.n > 0 ? &file : NULL,
			.date_ms = event->at,
		};
		if (str_eq(guests[i].user_id, h->sender))
			continue;
		if (guests[i].delivery == GUEST_AT_ONCE)
			status = guest_mail_send(h->session, &mail, h->arena);
		else
			digests = true;
	}
	if (status == STATUS_OK && digests)
		status = keep_for_digests(h, event, name);
	return status;
}

static enum status message_event(struct handling *h)
{
	struct answer_event event;
	enum status status = STATUS_NOT_FOUND;
	if (!matrix_is_ours(h->session->matrix, h->sender))
		status = guest_command(h->session, h->row, h->event, &h->room, h->arena);
	if (status == STATUS_NOT_FOUND)
		status = answer_event_read(h->arena, h->event, &event);
	else
		return status;
	/* What was read in a mail cannot be changed there. */
	return status == STATUS_OK && event.edits.n == 0 ? distribute(h, &event) : STATUS_OK;
}

static bool is_talk(struct str type)
{
	return str_eq_c(type, "m.room.message") || str_eq_c(type, "m.room.redaction");
}

enum status guest_event(
	const struct matrix_session *session, const struct room_event_row *row, struct arena *arena)
{
	struct handling h = {.session = session, .row = row, .arena = arena};
	if (json_parse(arena, row->json, &h.event, NULL) != STATUS_OK)
		return STATUS_NOT_FOUND;
	struct str type = json_str(json_get(h.event, "type"));
	h.sender = json_str(json_get(h.event, "sender"));
	h.state_key = json_str(json_get(h.event, "state_key"));
	enum status status = linked_room_by_room(session->db, row->room_id, arena, &h.room);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	h.linked = status == STATUS_OK;
	if (str_eq_c(type, "m.room.member"))
		return member_event(&h);
	if (!h.linked || h.room.ended)
		return is_talk(type) && !h.linked ? STATUS_NOT_FOUND : STATUS_OK;
	if (str_eq_c(type, "m.room.encryption"))
		return guest_leave_encrypted(session, &h.room, row->event_id);
	return message_event(&h);
}
