/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/arrive.h"

#include "bridge-mail/guest/guest.h"
#include "bridge-mail/guest/unsubscribe.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/trust/loops.h"

static void stop(struct arrival *out, enum delivery_state state, const char *reason)
{
	out->where = ARRIVES_NOWHERE;
	out->state = state;
	out->reason = str_c(reason);
}

/* A signed wish counts for whom it names, another for who writes. */
static enum status grant(struct db_tx *tx, const struct linked_room *room,
	const struct guest_wish *wish, struct str from, int64_t delivery_id, struct arrival *out)
	REQUIRES(on_writer)
{
	const struct bridge *bridge = bridge_of(tx);
	struct str room_token, address = from;
	if (wish->token.n > 0) {
		struct str secret = str_n((const char *)bridge->secret, BRIDGE_SECRET_BYTES);
		if (unsubscribe_read(tx->arena, secret, wish->token, &room_token, &address) !=
				STATUS_OK ||
			!str_eq(room_token, room->token)) {
			stop(out, DELIVERY_FAILED, "a wish with a token that is none of ours");
			return STATUS_OK;
		}
	}
	out->wake = true;
	stop(out, DELIVERY_POSTED, "a wish, which was granted");
	if (wish->kind == WISH_DELIVERY)
		return guest_set_delivery(tx, room->mailbox_id, address, wish->delivery);
	return guest_leave(tx, room->mailbox_id, address, GUEST_END_UNSUBSCRIBED,
		arena_printf(tx->arena, "delivery:%lld", (long long)delivery_id));
}

static enum status receive_stranger(struct db_tx *tx, const struct linked_room *room,
	const struct mail *mail, const struct delivery *delivery, struct str from,
	struct arrival *out) REQUIRES(on_writer)
{
	const struct bridge *bridge = bridge_of(tx);
	out->wake = true;
	if (room->strangers == STRANGERS_WAIT) {
		struct held_mail held = {
			delivery->delivery_id, room->mailbox_id, from, mail->subject};
		stop(out, DELIVERY_FAILED, "waits until a member of the room lets the sender in");
		return held_mail_put(tx, &held);
	}
	struct guest guest = {
		.mailbox_id = room->mailbox_id,
		.address = from,
		.user_id = ghost_user_id(tx->arena, from, str_c(bridge->config->server_name)),
		.english = guest_is_english(&bridge->config->bridge_mail, from),
		.cause = arena_printf(tx->arena, "delivery:%lld", (long long)delivery->delivery_id),
	};
	out->where = ARRIVES_IN_ROOM;
	return guest_add(tx, &guest);
}

enum status guest_arrive(struct db_tx *tx, const struct mail *mail, const struct delivery *delivery,
	struct arrival *out)
{
	struct linked_room room;
	struct guest guest;
	struct guest_wish wish;
	*out = (struct arrival){.where = ARRIVES_ELSEWHERE};
	enum status status = linked_room_by_mailbox(tx->db, delivery->mailbox_id, tx->arena, &room);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	struct str from = ghost_address_key(tx->arena, mail->from.address);
	bool automatic = loops_is_automatic(mail, delivery->mail_from);
	out->thread_id = room.thread_id;
	if (room.ended || from.n == 0) {
		stop(out, DELIVERY_FAILED, "the room is no longer connected to mail");
		return STATUS_OK;
	}
	status = guest_get(tx->db, room.mailbox_id, from, tx->arena, &guest);
	bool takes_part = status == STATUS_OK && guest.state <= GUEST_ACTIVE;
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	guest_wish_read(mail->subject, mail->text, &wish);
	if (wish.kind != WISH_NONE && (wish.token.n > 0 || (takes_part && !automatic)))
		return grant(tx, &room, &wish, from, delivery->delivery_id, out);
	if (automatic) {
		stop(out, DELIVERY_FAILED, "an automatic mail to a room");
		return STATUS_OK;
	}
	if (takes_part) {
		out->where = ARRIVES_IN_ROOM;
		return STATUS_OK;
	}
	return receive_stranger(tx, &room, mail, delivery, from, out);
}
