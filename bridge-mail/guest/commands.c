/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/run.h"
#include "bridge-mail/guest/guest.h"
#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/store/digests.h"
#include "common/base/clock.h"
#include "common/base/mem.h"

#define MODERATOR 50 /* level */
#define STATE_MAX ((size_t)32 * 1024 * 1024)
#define LINES_MAX 16384
#define LOCAL_MAX 64
#define HOUR_MS	  INT64_C(3600000)

/* What one command works on. */
struct asking {
	struct command_run run;
	const struct linked_room *room;
	struct str address; /* that it is about, or that the room shall get */
	enum guest_delivery delivery;
	bool now; /* "digest now" */
};

static const struct config_bridge_mail *config_of(const struct asking *a)
{
	return &a->run.session->matrix->bridge->config->bridge_mail;
}

static void refuse(struct asking *a, enum command_outcome outcome)
{
	a->run.row.outcome = (int)outcome;
}

/* Creators of the newest room versions stand above all levels, and in no list. */
static enum status is_creator(struct asking *a, bool *out)
{
	struct matrix_answer answer;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(
			a->run.arena, "/_matrix/client/v3/rooms/%/state", a->room->room_id),
		.as = a->room->actor,
		.max_answer = STATE_MAX,
		.raw = true,
	};
	const struct json *state = NULL;
	struct str sender = a->run.event->sender;
	enum status status = matrix_call(a->run.session->client, a->run.arena, &call, &answer);
	if (status != STATUS_OK)
		return status;
	*out = false;
	if (json_parse(a->run.arena, answer.body, &state, NULL) != STATUS_OK)
		return STATUS_UNAVAILABLE;
	for (size_t i = 0; i < json_count(state); i++) {
		const struct json *event = json_at(state, i);
		if (!str_eq_c(json_str(json_get(event, "type")), "m.room.create"))
			continue;
		struct str version = json_str(json_path(event, "content", "room_version", NULL));
		int64_t number = 0;
		*out = str_to_i64(version, &number) == STATUS_OK && number >= 12 &&
		       str_eq(json_str(json_get(event, "sender")), sender);
	}
	return STATUS_OK;
}

static enum status is_moderator(struct asking *a, bool *out)
{
	const struct room_as room = {a->room->room_id, a->room->actor};
	const struct json *levels = NULL;
	struct str sender = a->run.event->sender;
	enum status status = room_state_get(
		a->run.session, &room, "m.room.power_levels", STR(""), a->run.arena, &levels);
	if (status != STATUS_OK)
		return status;
	int64_t level = json_int(json_get_str(json_get(levels, "users"), sender),
		json_int(json_get(levels, "users_default"), 0));
	*out = level >= MODERATOR;
	return *out ? STATUS_OK : is_creator(a, out);
}

/* Whether mail to that domain comes to us. */
static bool is_our_domain(const struct asking *a, struct str domain)
{
	const struct config_bridge_mail *c = config_of(a);
	struct str ours = str_c(c->rooms_address);
	if (str_eq_nocase(str_skip(ours, (size_t)(str_rindex(ours, '@') + 1)), domain))
		return true;
	for (unsigned i = 0; i < c->mailboxes_count; i++) {
		ours = str_c(c->mailboxes[i].address);
		if (str_eq_nocase(str_skip(ours, (size_t)(str_rindex(ours, '@') + 1)), domain))
			return true;
	}
	return false;
}

static bool local_ok(struct str local)
{
	for (size_t i = 0; i < local.n; i++) {
		char c = local.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && (i == 0 || strchr("._-", c) == NULL || c == '\0'))
			return false;
	}
	return local.n > 0 && local.n <= LOCAL_MAX;
}

static enum status decide_address(struct asking *a)
{
	bool moderator = false;
	struct str argument = ghost_address_key(a->run.arena, a->run.command.argument);
	if (argument.n == 0)
		return STATUS_OK;
	enum status status = is_moderator(a, &moderator);
	if (status != STATUS_OK)
		return status;
	if (!moderator) {
		refuse(a, OUTCOME_NO_POWER);
		return STATUS_OK;
	}
	struct str base = str_c(config_of(a)->rooms_address);
	ptrdiff_t at = str_rindex(argument, '@');
	if (at < 0)
		argument = arena_printf(a->run.arena, "%.*s%.*s", STR_FMT(argument),
			STR_FMT(str_skip(base, (size_t)str_rindex(base, '@'))));
	at = str_rindex(argument, '@');
	struct str local = str_slice(argument, 0, (size_t)at);
	if (!local_ok(local) || !header_address_ok(argument) ||
		!is_our_domain(a, str_skip(argument, (size_t)at + 1)))
		refuse(a, OUTCOME_NO_ADDRESS);
	a->address = argument;
	return STATUS_OK;
}

static enum status decide_subscribe(struct asking *a)
{
	int64_t invited = 0;
	a->address = ghost_address_key(a->run.arena, a->run.command.argument);
	enum status status = invitations_count(
		a->run.session->db, a->run.event->sender, a->run.now - HOUR_MS, &invited);
	if (!guest_address_ok(a->run.session, a->address))
		refuse(a, OUTCOME_NO_ADDRESS);
	else if (status == STATUS_OK && invited >= config_of(a)->invitations_per_hour)
		refuse(a, OUTCOME_LIMIT);
	return status;
}

static enum status find_guest(struct asking *a, enum command_outcome otherwise)
{
	struct guest guest;
	a->address = ghost_address_key(a->run.arena, a->address);
	enum status status = guest_get(
		a->run.session->db, a->room->mailbox_id, a->address, a->run.arena, &guest);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && guest.state > GUEST_ACTIVE)) {
		refuse(a, otherwise);
		return STATUS_OK;
	}
	return status;
}

static enum status decide_digest(struct asking *a)
{
	static const struct {
		const char *word;
		enum guest_delivery delivery;
	} rows[] = {{"heure", GUEST_HOURLY}, {"hour", GUEST_HOURLY}, {"jour", GUEST_DAILY},
		{"day", GUEST_DAILY}, {"non", GUEST_AT_ONCE}, {"off", GUEST_AT_ONCE}};
	struct str rest = a->run.command.argument, address;
	if (str_eq_nocase(rest, STR("maintenant")) || str_eq_nocase(rest, STR("now"))) {
		a->now = true;
		return STATUS_OK;
	}
	if (!str_cut(&rest, ' ', &address)) {
		refuse(a, OUTCOME_NO_PERIOD);
		return STATUS_OK;
	}
	a->address = address;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eq_nocase(str_trim(rest), str_c(rows[i].word)))
			continue;
		a->delivery = rows[i].delivery;
		return find_guest(a, OUTCOME_NO_PERIOD);
	}
	refuse(a, OUTCOME_NO_PERIOD);
	return STATUS_OK;
}

static enum status decide_accept(struct asking *a)
{
	struct held_mail held;
	int64_t number = 0;
	if (str_to_i64(a->run.command.argument, &number) != STATUS_OK) {
		refuse(a, OUTCOME_NO_NUMBER);
		return STATUS_OK;
	}
	enum status status = held_mail_get(a->run.session->db, number, a->run.arena, &held);
	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && held.mailbox_id != a->room->mailbox_id)) {
		refuse(a, OUTCOME_NO_NUMBER);
		return STATUS_OK;
	}
	a->address = held.address;
	return status;
}

static enum status decide(struct asking *a)
{
	switch ((enum command_kind)a->run.row.kind) {
	case COMMAND_ADDRESS:
		return decide_address(a);
	case COMMAND_SUBSCRIBE:
		return decide_subscribe(a);
	case COMMAND_UNSUBSCRIBE:
		a->address = a->run.command.argument;
		return find_guest(a, OUTCOME_NO_ADDRESS);
	case COMMAND_DIGEST:
		return decide_digest(a);
	case COMMAND_ACCEPT:
		return decide_accept(a);
	default:
		return STATUS_OK;
	}
}

static enum status add_guest(struct db_tx *tx, const struct asking *a, bool invited)
	REQUIRES(on_writer)
{
	struct guest guest = {
		.mailbox_id = a->room->mailbox_id,
		.address = a->address,
		.user_id =
			ghost_user_id(tx->arena, a->address, a->run.session->matrix->server_name),
		.english = guest_is_english(config_of(a), a->address),
		.invited_by = invited ? a->run.event->sender : STR(""),
		.cause = a->run.event->event_id,
	};
	enum status status = STATUS_OK;
	if (invited)
		status = invitation_put(tx, guest.cause, guest.invited_by, a->run.now);
	return status == STATUS_OK ? guest_add(tx, &guest) : status;
}

static enum status act(struct db_tx *tx, const struct asking *a) REQUIRES(on_writer)
{
	int64_t mailbox_id = a->room->mailbox_id;
	enum status status;
	switch ((enum command_kind)a->run.row.kind) {
	case COMMAND_ADDRESS:
		if (a->address.n == 0)
			return STATUS_OK;
		return linked_room_set_address(tx, mailbox_id, a->address, STRANGERS_JOIN);
	case COMMAND_SUBSCRIBE:
		return add_guest(tx, a, true);
	case COMMAND_UNSUBSCRIBE:
		return guest_leave(
			tx, mailbox_id, a->address, GUEST_END_REMOVED, a->run.event->event_id);
	case COMMAND_DIGEST:
		if (a->now)
			return digests_hasten(tx, mailbox_id, a->run.now);
		return guest_set_delivery(tx, mailbox_id, a->address, a->delivery);
	case COMMAND_ACCEPT:
		status = add_guest(tx, a, false);
		return status == STATUS_OK ? held_mails_release(tx, mailbox_id, a->address)
					   : status;
	default:
		return STATUS_OK;
	}
}

static enum status change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct asking *a = arg;
	enum status status = STATUS_OK;
	if (a->run.row.outcome == OUTCOME_DONE)
		status = act(tx, a);
	return status == STATUS_OK ? command_put(tx, &a->run.row) : status;
}

static struct str describe(const struct asking *a)
{
	static const char *const periods[][2] = {
		[GUEST_AT_ONCE] = {"aussitôt", "at once"},
		[GUEST_HOURLY] = {"une fois par heure", "once an hour"},
		[GUEST_DAILY] = {"une fois par jour", "once a day"},
	};
	struct guest *list;
	size_t count;
	int language = a->run.command.english ? 1 : 0;
	BUF_SCOPE(text, LINES_MAX);
	buf_printf(&text,
		language ? "The address of this room: %.*s" : "L’adresse de ce salon : %.*s",
		STR_FMT(a->room->address));
	if (a->run.row.kind != COMMAND_STATUS || guests_of(a->run.session->db, a->room->mailbox_id,
							 a->run.arena, &list, &count) != STATUS_OK)
		return arena_str(a->run.arena, buf_str(&text));
	buf_printf(&text, language ? "\nOn mail: %zu" : "\nPar courriel : %zu", count);
	for (size_t i = 0; i < count && !text.overflow; i++)
		buf_printf(&text, "\n%.*s (%s)", STR_FMT(list[i].address),
			periods[list[i].delivery][language]);
	return arena_str(a->run.arena, buf_str(&text));
}

static struct str answer(const struct asking *a)
{
	bool english = a->run.command.english;
	switch ((enum command_kind)a->run.row.kind) {
	case COMMAND_HELP:
		return command_help(a->run.arena, COMMAND_IN_ROOM, english);
	case COMMAND_SUBSCRIBE:
		return arena_printf(a->run.arena,
			english ? "%.*s gets a mail that says how to take part."
				: "%.*s reçoit un courriel qui dit comment participer.",
			STR_FMT(a->run.row.text));
	case COMMAND_UNSUBSCRIBE:
		return arena_printf(a->run.arena,
			english ? "%.*s gets nothing more from here."
				: "%.*s ne recevra plus rien d’ici.",
			STR_FMT(a->run.row.text));
	case COMMAND_ACCEPT:
		return arena_printf(a->run.arena,
			english ? "%.*s takes part now." : "%.*s participe maintenant.",
			STR_FMT(a->run.row.text));
	case COMMAND_DIGEST:
		return str_c(english ? "Done." : "C’est fait.");
	default:
		return describe(a);
	}
}

static enum status carry_out(struct asking *a)
{
	struct bridge *bridge = a->run.session->matrix->bridge;
	enum status status =
		command_get(a->run.session->db, a->run.event->event_id, a->run.arena, &a->run.row);
	if (status != STATUS_NOT_FOUND)
		return status;
	a->run.row.thread_id = a->room->thread_id;
	if (a->run.row.outcome == OUTCOME_DONE)
		status = decide(a);
	else
		status = STATUS_OK;
	if (status != STATUS_OK)
		return status;
	a->run.row.text = a->address;
	status = db_write(bridge->writer, change, a);
	if (status == STATUS_EXISTS) {
		refuse(a, OUTCOME_TAKEN);
		status = db_write(bridge->writer, change, a);
	}
	if (status == STATUS_OK && bridge->processor != NULL)
		processor_wake(bridge->processor);
	return status;
}

enum status guest_command(const struct matrix_session *session, const struct room_event_row *row,
	const struct json *event, const struct linked_room *room, struct arena *arena)
{
	struct answer_event read;
	struct linked_room after;
	struct asking *a = ARENA_NEW(arena, struct asking);
	a->room = room;
	a->run = (struct command_run){.session = session,
		.arena = arena,
		.content = json_get(event, "content"),
		.room_id = row->room_id,
		.as = room->actor,
		.place = COMMAND_IN_ROOM,
		.now = clock_wall_ms()};
	enum status status = answer_event_read(arena, event, &read);
	if (status == STATUS_OK)
		status = command_read(&a->run, &read);
	if (status != STATUS_OK)
		return status;
	status = carry_out(a);
	if (status == STATUS_OK)
		status = linked_room_by_mailbox(session->db, room->mailbox_id, arena, &after);
	if (status != STATUS_OK)
		return status;
	a->room = &after;
	return command_answer(
		&a->run, a->run.row.outcome == OUTCOME_DONE ? answer(a) : command_refusal(&a->run));
}
