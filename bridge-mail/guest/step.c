/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/digest.h"
#include "bridge-mail/guest/mail.h"
#include "bridge-mail/guest/texts.h"
#include "bridge-mail/matrix/ghosts.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/say.h"
#include "bridge-mail/outbound/queue.h"
#include "bridge-mail/store/threads.h"
#include "common/base/clock.h"

#define LOG_MODULE "guest"
#include "common/base/log.h"

#define AGAIN_MS INT64_C(60000) /* a clock that was set back must not stop digests */

struct change {
	const struct guest *guest;
	const struct guest_mail_made *mail; /* or NULL */
	int64_t seen_item;
	int64_t due_at;
};

static enum status put_active(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct change *c = arg;
	enum status status = guest_mail_put(tx, c->mail);
	return status == STATUS_OK ? guest_set_active(tx, c->guest, guest_mail_id(c->mail))
				   : status;
}

/* Where the bot may not be a ghost speaks for us; when that one goes, another does. With nobody left
 * we are out of the room. */
static enum status hand_over(struct db_tx *tx, const struct guest *gone) REQUIRES(on_writer)
{
	struct linked_room room;
	struct guest *others;
	size_t count;
	enum status status = linked_room_by_mailbox(tx->db, gone->mailbox_id, tx->arena, &room);
	if (status != STATUS_OK || !str_eq(room.actor, gone->user_id))
		return status;
	status = guests_of(tx->db, gone->mailbox_id, tx->arena, &others, &count);
	if (status != STATUS_OK)
		return status;
	if (count == 0)
		return linked_room_end(tx, gone->mailbox_id);
	return linked_room_set_actor(tx, gone->mailbox_id, others[0].user_id);
}

static enum status put_ended(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct change *c = arg;
	enum status status = c->mail != NULL ? guest_mail_put(tx, c->mail) : STATUS_OK;
	if (status == STATUS_OK)
		status = guest_set_ended(tx, c->guest);
	return status == STATUS_OK ? hand_over(tx, c->guest) : status;
}

static enum status put_digest(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct change *c = arg;
	enum status status = c->mail != NULL ? guest_mail_put(tx, c->mail) : STATUS_OK;
	return status == STATUS_OK ? digest_sent(tx, c->guest, c->seen_item, c->due_at) : status;
}

static bool is_final(enum status status)
{
	return status == STATUS_DENIED || status == STATUS_NOT_FOUND || status == STATUS_INVALID ||
	       status == STATUS_TOO_LARGE;
}

/* The ghost comes into the room, and its person is told how to take part. */
static enum status welcome(const struct matrix_session *s, const struct linked_room *room,
	struct guest *guest, struct arena *arena)
{
	struct str inviter = STR_EMPTY, room_name = STR_EMPTY;
	struct guest_mail_made *made;
	bool joined;
	const struct room_as as = {room->room_id, room->actor};
	enum status status = ghosts_ensure(s, guest->address, STR_EMPTY, arena, &guest->user_id);
	if (status == STATUS_OK)
		status = ghosts_join(s, room->room_id, guest->user_id, true);
	if (status == STATUS_OK)
		status = room_name_get(s, &as, arena, &room_name);
	if (status == STATUS_OK && guest->invited_by.n > 0)
		status = room_member(s, &as, guest->invited_by, arena, &joined, &inviter);
	if (is_final(status)) {
		log_warning("a guest cannot come into the room: %s", status_name(status));
		struct change change = {.guest = guest};
		guest->state = GUEST_LEAVING;
		return db_write(s->matrix->bridge->writer, put_ended, &change);
	}
	if (status != STATUS_OK)
		return status;
	guest->first_mail = STR_EMPTY;
	struct guest_mail mail = {.room = room,
		.guest = guest,
		.room_name = room_name,
		.speaker = inviter,
		.event_id = guest->cause};
	mail.text = guest_text_invitation(arena, &mail, inviter, guest->delivery);
	status = guest_mail_make(s, &mail, arena, &made);
	struct change change = {.guest = guest, .mail = made};
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_active, &change);
	if (status == STATUS_OK)
		queue_wake(s->matrix->bridge->queue);
	return status;
}

static enum status farewell(const struct matrix_session *s, const struct linked_room *room,
	const struct guest *guest, struct arena *arena)
{
	struct str room_name = STR_EMPTY;
	struct guest_mail_made *made;
	const struct room_as as = {room->room_id, guest->user_id};
	enum status status = room_name_get(s, &as, arena, &room_name);
	if (is_final(status))
		status = STATUS_OK;
	if (status == STATUS_OK)
		status = room_leave(s, &as, STR_EMPTY);
	if (status != STATUS_OK && !is_final(status))
		return status;
	struct guest_mail mail = {.room = room,
		.guest = guest,
		.room_name = room_name,
		.event_id = guest->cause,
		.last = true};
	mail.text = guest_text_farewell(arena, &mail);
	status = guest_mail_make(s, &mail, arena, &made);
	struct change change = {.guest = guest, .mail = made};
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_ended, &change);
	if (status == STATUS_OK)
		queue_wake(s->matrix->bridge->queue);
	return status;
}

static enum status send_digest(
	const struct matrix_session *s, const struct guest *guest, struct arena *arena)
{
	struct linked_room room;
	struct room_item *items;
	struct guest_mail_made *made = NULL;
	struct str room_name = STR_EMPTY;
	size_t count, used;
	struct change change = {.guest = guest};
	enum status status = linked_room_by_mailbox(s->db, guest->mailbox_id, arena, &room);
	if (status == STATUS_OK)
		status = digest_items(s->db, guest, arena, &items, &count);
	if (status != STATUS_OK)
		return status;
	if (count > 0) {
		const struct room_as as = {room.room_id, room.actor};
		struct guest_mail mail = {.room = &room, .guest = guest, .of_program = true};
		digest_write(arena, items, count, guest->english, &mail.text, &mail.html, &used);
		change.seen_item = items[used - 1].item_id;
		/* More than one can hold: the rest at once. */
		change.due_at = used < count || count == DIGEST_MAX_ITEMS ? clock_wall_ms() : 0;
		mail.event_id = arena_printf(arena, "digest:%lld:%lld",
			(long long)guest->mailbox_id, (long long)change.seen_item);
		status = room_name_get(s, &as, arena, &room_name);
		mail.room_name = room_name;
		if (status == STATUS_OK || is_final(status))
			status = guest_mail_make(s, &mail, arena, &made);
		change.mail = made;
		if (status == STATUS_OK)
			status = db_write(s->matrix->bridge->writer, put_digest, &change);
		if (status == STATUS_OK)
			queue_wake(s->matrix->bridge->queue);
		return status;
	}
	return db_write(s->matrix->bridge->writer, put_digest, &change);
}

static enum status set_told(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct held_mail *held = arg;
	return held_mail_set_told(tx, held->delivery_id);
}

static enum status tell_held(
	const struct matrix_session *s, struct held_mail *held, struct arena *arena)
{
	struct linked_room room;
	enum status status = linked_room_by_mailbox(s->db, held->mailbox_id, arena, &room);
	if (status != STATUS_OK)
		return status;
	struct str number = arena_printf(arena, "%lld", (long long)held->delivery_id);
	struct saying saying = {
		.room_id = room.room_id,
		.as = room.actor,
		.txn_id = say_txn_id(arena, "held", number, STR("")),
		.text = arena_printf(arena,
			"%.*s a écrit à ce salon sans y participer (« %.*s »). !accepter %.*s pour "
			"montrer son courriel et faire entrer cette personne.\n"
			"%.*s has written to this room without taking part in it (\"%.*s\"). "
			"!accept %.*s shows the mail and lets them in.",
			STR_FMT(held->address), STR_FMT(held->subject), STR_FMT(number),
			STR_FMT(held->address), STR_FMT(held->subject), STR_FMT(number)),
	};
	status = say(s, &saying);
	return status == STATUS_OK ? db_write(s->matrix->bridge->writer, set_told, held) : status;
}

enum status guest_step(const struct matrix_session *s, struct arena *arena, int64_t *wait_out)
{
	struct guest guest;
	struct linked_room room;
	struct held_mail held;
	*wait_out = -1;
	enum status status = guest_next_open(s->db, arena, &guest);
	if (status == STATUS_OK) {
		status = linked_room_by_mailbox(s->db, guest.mailbox_id, arena, &room);
		if (status != STATUS_OK)
			return status;
		return guest.state == GUEST_NEW ? welcome(s, &room, &guest, arena)
						: farewell(s, &room, &guest, arena);
	}
	if (status == STATUS_NOT_FOUND)
		status = held_mail_next_untold(s->db, arena, &held);
	if (status == STATUS_OK)
		return tell_held(s, &held, arena);
	if (status == STATUS_NOT_FOUND)
		status = digest_next(s->db, arena, &guest);
	if (status != STATUS_OK)
		return status;
	int64_t wait = guest.due_at - clock_wall_ms();
	if (wait <= 0)
		return send_digest(s, &guest, arena);
	*wait_out = wait < AGAIN_MS ? wait : AGAIN_MS;
	return STATUS_NOT_FOUND;
}

enum status guest_told(const struct matrix_session *s, const struct outgoing_recipient *recipient,
	struct arena *arena)
{
	struct linked_room room;
	struct str event_id, address;
	if (!guest_mail_event(recipient->mail.event_id, &event_id, &address))
		return STATUS_NOT_FOUND;
	if (recipient->state != OUTGOING_FAILED)
		return STATUS_OK;
	struct thread thread;
	enum status status = threads_get(s->db, recipient->mail.thread_id, arena, &thread);
	if (status == STATUS_OK)
		status = linked_room_by_mailbox(s->db, thread.mailbox_id, arena, &room);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	struct saying saying = {
		.room_id = room.room_id,
		.as = room.actor,
		.txn_id = say_txn_id(arena, "guest failed", recipient->mail.event_id, STR("")),
		.text = arena_printf(arena,
			"Un courriel n’a pas pu être remis à %.*s.\n"
			"A mail could not be delivered to %.*s.\n%.*s",
			STR_FMT(address), STR_FMT(address), STR_FMT(recipient->last_reply)),
	};
	return say(s, &saying);
}
