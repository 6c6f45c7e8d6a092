/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/guest.h"
#include "bridge-mail/guest/texts.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/say.h"
#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/threads.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/secret.h"

#define LOG_MODULE "guest"
#include "common/base/log.h"

/* Whether the part before the @ is a machine's. */
static bool is_machine(struct str local)
{
	static const char *const names[] = {"noreply", "no-reply", "no_reply", "donotreply",
		"do-not-reply", "ne-pas-repondre", "nepasrepondre", "ne_pas_repondre", "noreponse",
		"mailer-daemon", "postmaster", "abuse", "bounce", "bounces"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str name = str_c(names[i]);
		struct str rest = str_skip(local, name.n);
		if (str_eq_nocase(str_slice(local, 0, name.n), name) &&
			(rest.n == 0 || strchr("+-._", rest.p[0]) != NULL))
			return true;
	}
	return false;
}

bool guest_address_ok(const struct matrix_session *session, struct str address)
{
	ARENA_SCOPE(arena);
	struct mailbox_row mailbox;
	int64_t mailbox_id = 0;
	const struct config_bridge_mail *config = &session->matrix->bridge->config->bridge_mail;
	ptrdiff_t at = str_rindex(address, '@');
	if (!header_address_ok(address) || at <= 0 ||
		is_machine(str_slice(address, 0, (size_t)at)) ||
		str_eq_nocase(address, str_c(config->rooms_address)))
		return false;
	return mailboxes_find(session->db, address, arena, &mailbox) == STATUS_NOT_FOUND &&
	       linked_room_find_address(session->db, address, &mailbox_id) == STATUS_OK &&
	       mailbox_id == 0;
}

bool guest_is_english(const struct config_bridge_mail *config, struct str address)
{
	static const char *const countries[] = {".uk", ".ie", ".us", ".au", ".nz"};
	ptrdiff_t at = str_rindex(address, '@');
	struct str domain = str_skip(address, (size_t)at + 1);
	for (size_t i = 0; i < ARRAY_LEN(countries); i++)
		if (str_ends(domain, str_c(countries[i])))
			return true;
	for (unsigned i = 0; i < config->english_domains_count; i++)
		if (str_eq_nocase(domain, str_c(config->english_domains[i])))
			return true;
	return false;
}

struct linking {
	struct str room_id;
	struct str actor;
	struct str address;
	struct str token;
	int strangers;
};

static enum status put_link(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct linking *l = arg;
	return linked_room_put(
		tx, l->room_id, l->actor, l->address, l->token, l->strangers, clock_wall_ms());
}

enum status guest_link_room(const struct matrix_session *session, struct str room_id,
	struct str actor, struct arena *arena, struct linked_room *out)
{
	uint8_t random[THREAD_TOKEN_CHARS / 2];
	struct str base = str_c(session->matrix->bridge->config->bridge_mail.rooms_address);
	enum status status = linked_room_by_room(session->db, room_id, arena, out);
	if (status != STATUS_NOT_FOUND && (status != STATUS_OK || !out->ended))
		return status;
	ptrdiff_t at = str_rindex(base, '@');
	if (at <= 0)
		return STATUS_NOT_FOUND;
	secret_random(random, sizeof(random));
	struct linking l = {.room_id = room_id, .actor = actor, .strangers = STRANGERS_WAIT};
	l.token = hex_encode(arena, str_n((const char *)random, sizeof(random)));
	l.address = ghost_address_key(
		arena, arena_printf(arena, "%.*s+%.*s%.*s", STR_FMT(str_slice(base, 0, (size_t)at)),
			       STR_FMT(l.token), STR_FMT(str_skip(base, (size_t)at))));
	status = db_write(session->matrix->bridge->writer, put_link, &l);
	if (status == STATUS_OK)
		status = linked_room_by_room(session->db, room_id, arena, out);
	return status;
}

enum status guest_check_encryption(
	const struct matrix_session *session, struct str room_id, struct str as)
{
	ARENA_SCOPE(arena);
	const struct json *content = NULL;
	const struct room_as room = {room_id, as};
	enum status status =
		room_state_get(session, &room, "m.room.encryption", STR(""), arena, &content);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	struct saying saying = {
		.room_id = room_id,
		.as = as,
		.txn_id = say_txn_id(arena, "encrypted", room_id, as),
		.text = str_c(guest_text_encrypted),
	};
	status = say(session, &saying);
	if (status == STATUS_OK)
		status = room_leave(session, &room, STR("m.room.encryption"));
	return status == STATUS_OK ? STATUS_EXISTS : status;
}

struct ending {
	int64_t mailbox_id;
	struct str event_id;
};

static enum status end_encrypted(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct ending *e = arg;
	enum status status = guests_leave_all(tx, e->mailbox_id, GUEST_END_ENCRYPTED, e->event_id);
	return status == STATUS_OK ? linked_room_end(tx, e->mailbox_id) : status;
}

enum status guest_leave_encrypted(
	const struct matrix_session *session, const struct linked_room *room, struct str event_id)
{
	ARENA_SCOPE(arena);
	struct ending ending = {room->mailbox_id, event_id};
	struct saying saying = {
		.room_id = room->room_id,
		.as = room->actor,
		.txn_id = say_txn_id(arena, "encrypted", room->room_id, event_id),
		.text = str_c(guest_text_encrypted),
	};
	enum status status = say(session, &saying);
	if (status == STATUS_OK)
		status = db_write(session->matrix->bridge->writer, end_encrypted, &ending);
	const struct room_as bot = {.room_id = room->room_id};
	if (status == STATUS_OK && room->actor.n == 0)
		status = room_leave(session, &bot, STR("m.room.encryption"));
	return status;
}

struct naming {
	int64_t mailbox_id;
	struct str address;
	int strangers;
};

static enum status put_address(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct naming *n = arg;
	return linked_room_set_address(tx, n->mailbox_id, n->address, n->strangers);
}

static enum status prepare_room(
	const struct matrix_session *session, const struct config_room *config, struct arena *arena)
{
	struct linked_room linked;
	struct room_as room = {.room_id = str_c(config->room)};
	enum status status = STATUS_OK;
	if (config->room[0] == '#')
		status = room_by_alias(session, room.room_id, arena, &room.room_id);
	if (status == STATUS_OK)
		status = room_join(session, &room);
	if (status == STATUS_OK)
		status = guest_check_encryption(session, room.room_id, STR_EMPTY);
	if (status == STATUS_OK)
		status = guest_link_room(session, room.room_id, STR_EMPTY, arena, &linked);
	struct str address = ghost_address_key(arena, str_c(config->address));
	if (status != STATUS_OK || str_eq(linked.address, address))
		return status;
	struct naming naming = {linked.mailbox_id, address, (int)config->strangers};
	return db_write(session->matrix->bridge->writer, put_address, &naming);
}

enum status guest_prepare(const struct matrix_session *session, struct arena *arena)
{
	const struct config_bridge_mail *config = &session->matrix->bridge->config->bridge_mail;
	for (unsigned i = 0; i < config->rooms_count; i++) {
		enum status status = prepare_room(session, &config->rooms[i], arena);
		if (status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT ||
			status == STATUS_LIMITED || status == STATUS_IO)
			return status;
		if (status != STATUS_OK)
			log_warning("%s cannot be the address of %s (%s); invite %.*s to the room",
				config->rooms[i].address, config->rooms[i].room,
				status_name(status), STR_FMT(session->matrix->bot));
	}
	return STATUS_OK;
}
