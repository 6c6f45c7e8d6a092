/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/quarantine.h"

#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/matrix/say.h"
#include "bridge-mail/message/html_escape.h"
#include "bridge-mail/store/received.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define CARD_MAX 8192

struct reason_text {
	const char *french;
	const char *english;
};

static struct reason_text text_of(enum quarantine_reason reason)
{
	switch (reason) {
	case QUARANTINE_SPAM:
		return (struct reason_text){"le serveur de messagerie l’a marqué comme indésirable",
			"the mail server has marked it as spam"};
	case QUARANTINE_UNREADABLE:
		return (struct reason_text){"il n’a pas pu être lu", "it could not be read"};
	case QUARANTINE_NONE:
	case QUARANTINE_FAILED:
		break;
	}
	return (struct reason_text){"il n’a pas pu être remis", "it could not be passed on"};
}

enum status quarantine_card(struct db *db, struct arena *arena, const struct content_source *source,
	struct str *content_out)
{
	struct quarantine_row row;
	enum status status = quarantine_get(db, source->delivery->delivery_id, arena, &row);
	if (status != STATUS_OK)
		return status;
	struct reason_text text = text_of(row.reason);
	long long number = (long long)row.delivery_id;
	const struct mail *mail = source->mail;
	struct str subject = str_slice(mail->subject, 0, 300);
	while (!str_is_utf8(subject))
		subject.n--;
	BUF_SCOPE(plain, CARD_MAX);
	BUF_SCOPE(html, 4 * (size_t)CARD_MAX);
	buf_printf(&plain,
		"Courriel nº %lld mis de côté : %s.\nMail no. %lld set aside: %s.\n"
		"%.*s → %.*s\n« %.*s »\n",
		number, text.french, number, text.english, STR_FMT(mail->from.address),
		STR_FMT(source->delivery->recipient), STR_FMT(subject));
	if (row.detail.n > 0)
		buf_printf(&plain, "(%.*s)\n", STR_FMT(row.detail));
	buf_printf(&plain, "Pour le remettre : !liberer %lld. To let it through: !release %lld.",
		number, number);
	html_escape_lines(&html, buf_str(&plain));
	struct body body = {.plain = arena_str(arena, buf_str(&plain)),
		.html = arena_str(arena, buf_str(&html))};
	*content_out = content_notice(arena, source, &body);
	return STATUS_OK;
}

/* The number behind the command's name; 0 when there is none. False: it is no such command. */
static bool read_command(struct str text, int64_t *number_out, bool *english_out)
{
	static const struct {
		struct str name;
		bool english;
	} names[] = {{STR_INIT("!liberer"), false}, {STR_INIT("!libérer"), false},
		{STR_INIT("!release"), true}};
	text = str_trim(text);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str name = names[i].name;
		if (!str_eq_nocase(str_slice(text, 0, name.n), name))
			continue;
		struct str rest = str_skip(text, name.n);
		if (rest.n > 0 && rest.p[0] != ' ')
			continue;
		rest = str_trim(rest);
		*english_out = names[i].english;
		if (rest.n > 18 || str_to_i64(rest, number_out) != STATUS_OK)
			*number_out = 0;
		return true;
	}
	return false;
}

struct release {
	int64_t delivery_id;
	int64_t thread_id;
	struct str user_id;
};

static enum status release(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct release *r = arg;
	return quarantine_release(tx, r->delivery_id, r->thread_id, r->user_id);
}

/* Whether it was let through before: by this command, before a crash, or by somebody. */
static bool is_released(const struct matrix_session *s, int64_t delivery_id, struct arena *arena)
{
	struct quarantine_row row;
	return quarantine_get(s->db, delivery_id, arena, &row) == STATUS_OK && row.released;
}

enum status quarantine_command(const struct matrix_session *s, const struct room_event_row *row,
	const struct json *event, const struct thread *thread)
{
	bool english, here = false;
	struct release r = {
		.thread_id = thread->thread_id, .user_id = json_str(json_get(event, "sender"))};
	const struct json *content = json_get(event, "content");
	if (!str_eq_c(json_str(json_get(event, "type")), "m.room.message") ||
		!read_command(json_str(json_get(content, "body")), &r.delivery_id, &english))
		return STATUS_NOT_FOUND;
	enum status status = named_thread_is(s->db, thread->thread_id, NAMED_QUARANTINE, &here);
	if (status != STATUS_OK || !here)
		return status == STATUS_OK ? STATUS_NOT_FOUND : status;
	ARENA_SCOPE(arena);
	struct bridge *bridge = s->matrix->bridge;
	status = db_write(bridge->writer, release, &r);
	bool released = status == STATUS_OK || is_released(s, r.delivery_id, arena);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (status == STATUS_OK) {
		log_info("mail let through delivery=%lld", (long long)r.delivery_id);
		if (bridge->processor != NULL)
			processor_wake(bridge->processor);
	}
	const char *text = released  ? english ? "It goes on its way." : "Il suit son chemin."
			   : english ? "No mail is set aside here under that number."
				     : "Aucun courriel n’est mis de côté ici sous ce numéro.";
	struct saying saying = {.room_id = row->room_id,
		.reply_to = row->event_id,
		.txn_id = say_txn_id(arena, "released", row->event_id, STR("")),
		.text = str_c(text)};
	return say(s, &saying);
}
