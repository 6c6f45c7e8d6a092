/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/mail.h"

#include "bridge-mail/guest/texts.h"
#include "bridge-mail/guest/unsubscribe.h"
#include "bridge-mail/message/html_escape.h"
#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/outbound/queue.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/thread/token.h"
#include "common/base/clock.h"
#include "common/base/mem.h"

#define MAIL_MAX_BYTES ((size_t)32 * 1024 * 1024)
#define BODY_MAX       ((size_t)1024 * 1024)
#define HEADERS_MAX    8

/* What one call works on; texts live in the arena. */
struct guest_mail_made {
	const struct matrix_session *session;
	const struct guest_mail *in;
	struct arena *arena;
	struct str key; /* of its row: event, a space, the address */
	struct compose_mail mail;
	struct mail_address to;
	struct str refs[2];
	struct compose_header headers[HEADERS_MAX];
	char content_hash[MAIL_HASH_CHARS + 1];
	int64_t now;
};

static struct str secret_of(const struct guest_mail_made *m)
{
	return str_n((const char *)m->session->matrix->bridge->secret, BRIDGE_SECRET_BYTES);
}

static struct str domain_of(struct str address)
{
	ptrdiff_t at = str_rindex(address, '@');
	return str_skip(address, (size_t)at + 1);
}

bool guest_mail_event(struct str key, struct str *event_id_out, struct str *address_out)
{
	ptrdiff_t space = str_index(key, ' ');
	if (space < 0)
		return false;
	*event_id_out = str_slice(key, 0, (size_t)space);
	*address_out = str_skip(key, (size_t)space + 1);
	return true;
}

static void add_header(struct guest_mail_made *m, const char *name, struct str value)
{
	if (m->mail.header_count < HEADERS_MAX)
		m->headers[m->mail.header_count++] = (struct compose_header){name, value};
}

static void write_list_headers(struct guest_mail_made *m)
{
	const struct linked_room *room = m->in->room;
	const char *front = m->session->matrix->bridge->config->bridge_mail.public_url;
	struct str token =
		unsubscribe_token(m->arena, secret_of(m), room->token, m->in->guest->address);
	m->mail.headers = m->headers;
	add_header(m, "Reply-To", arena_printf(m->arena, "<%.*s>", STR_FMT(room->address)));
	add_header(m, "List-Id",
		arena_printf(m->arena, "<%.*s.%.*s>", STR_FMT(room->token),
			STR_FMT(domain_of(room->address))));
	add_header(m, "List-Post", arena_printf(m->arena, "<mailto:%.*s>", STR_FMT(room->address)));
	struct str mailto = arena_printf(m->arena, "<mailto:%.*s?subject=unsubscribe%%20%.*s>",
		STR_FMT(room->address), STR_FMT(token));
	if (m->in->of_program || m->in->last)
		add_header(m, "Auto-Submitted", STR("auto-generated"));
	if (m->in->last)
		return;
	if (front[0] == '\0') {
		add_header(m, "List-Unsubscribe", mailto);
		return;
	}
	add_header(m, "List-Unsubscribe",
		arena_printf(m->arena, "<%s/unsubscribe/%.*s>, %.*s", front, STR_FMT(token),
			STR_FMT(mailto)));
	add_header(m, "List-Unsubscribe-Post", STR("List-Unsubscribe=One-Click"));
}

/* The mail about the event that this one answers, or the guest's own mail; behind it stands the
 * first that they got from the room. */
static enum status write_references(struct guest_mail_made *m)
{
	const struct guest *guest = m->in->guest;
	struct db *db = m->session->db;
	struct message_event own;
	struct str parent = STR_EMPTY;
	enum status status = STATUS_NOT_FOUND;
	if (m->in->answers.n > 0)
		status = room_mail_of_event(
			db, guest->mailbox_id, m->in->answers, guest->address, m->arena, &parent);
	if (status == STATUS_NOT_FOUND && m->in->answers.n > 0) {
		status = messages_event_find(db, m->in->answers, m->arena, &own);
		if (status == STATUS_OK)
			parent = own.message_id;
	}
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (parent.n == 0)
		parent = guest->first_mail;
	if (guest->first_mail.n > 0)
		m->refs[m->mail.reference_count++] = guest->first_mail;
	if (parent.n > 0 && !str_eq(parent, guest->first_mail))
		m->refs[m->mail.reference_count++] = parent;
	m->mail.in_reply_to = parent;
	m->mail.references = m->refs;
	return STATUS_OK;
}

static void write_body(struct guest_mail_made *m)
{
	const struct guest_mail *in = m->in;
	struct str footer = guest_text_footer(m->arena, in);
	const char *front = m->session->matrix->bridge->config->bridge_mail.public_url;
	BUF_SCOPE(text, BODY_MAX);
	buf_append(&text, in->text);
	buf_printf(&text, "\n\n-- \n%.*s\n", STR_FMT(footer));
	m->mail.text = arena_str(m->arena, buf_str(&text));
	if (in->html.n == 0)
		return;
	BUF_SCOPE(html, BODY_MAX);
	buf_append_c(&html, "<div style=\"font-family:sans-serif;max-width:40em\">");
	buf_append(&html, in->html);
	buf_append_c(&html, "<p style=\"color:#666;font-size:85%;border-top:1px solid #ccc;"
			    "padding-top:.5em\">");
	html_escape_lines(&html, footer);
	if (front[0] != '\0' && !in->last) {
		struct str token = unsubscribe_token(
			m->arena, secret_of(m), in->room->token, in->guest->address);
		buf_printf(&html, "<br><a href=\"%s/unsubscribe/%.*s\">%s</a>", front,
			STR_FMT(token),
			in->guest->english ? "Stop these mails" : "Ne plus recevoir ces courriels");
	}
	buf_append_c(&html, "</p></div>");
	m->mail.html = arena_str(m->arena, buf_str(&html));
}

static void write_names(struct guest_mail_made *m)
{
	const struct guest_mail *in = m->in;
	m->mail.from.address = in->room->address;
	m->mail.from.name = guest_text_sender(m->arena, in);
	m->to = (struct mail_address){.address = in->guest->address};
	m->mail.to = &m->to;
	m->mail.to_count = 1;
	m->mail.subject = guest_text_subject(m->arena, in);
	m->mail.is_reply = in->guest->first_mail.n > 0 && !in->of_program;
	m->mail.message_id = token_message_id(
		m->arena, secret_of(m), in->room->token, m->key, domain_of(in->room->address));
	m->mail.loop_value = token_loop_header(m->arena, secret_of(m), m->mail.message_id);
	m->mail.date_ms = in->date_ms > 0 && in->date_ms < m->now ? in->date_ms : m->now;
	if (in->file != NULL) {
		m->mail.files = in->file;
		m->mail.file_count = 1;
	}
}

enum status guest_mail_make(const struct matrix_session *session, const struct guest_mail *mail,
	struct arena *arena, struct guest_mail_made **out)
{
	struct guest_mail_made *m = ARENA_NEW(arena, struct guest_mail_made);
	m->session = session;
	m->in = mail;
	m->arena = arena;
	m->now = clock_wall_ms();
	m->key = arena_printf(
		arena, "%.*s %.*s", STR_FMT(mail->event_id), STR_FMT(mail->guest->address));
	write_names(m);
	enum status status = write_references(m);
	if (status != STATUS_OK)
		return status;
	write_list_headers(m);
	write_body(m);
	BUF_SCOPE(bytes, MAIL_MAX_BYTES);
	status = compose_write(&m->mail, &bytes);
	if (status == STATUS_OK)
		status = mail_file_put(
			session->matrix->bridge->state_dir, buf_str(&bytes), m->content_hash);
	*out = m;
	return status;
}

enum status guest_mail_put(struct db_tx *tx, const struct guest_mail_made *m)
{
	int64_t outgoing_id;
	struct outgoing_mail known;
	struct outgoing_mail row = {
		.thread_id = m->in->room->thread_id,
		.event_id = m->key,
		.message_id = m->mail.message_id,
		.mail_from = m->in->room->address,
		.content_hash = str_c(m->content_hash),
		.created_at = m->now,
		.priority = m->in->of_program ? OUTGOING_OF_PROGRAM : OUTGOING_OF_PERSON,
	};
	struct message_row message = {
		.mailbox_id = m->in->room->mailbox_id,
		.message_id = m->mail.message_id,
		.thread_id = m->in->room->thread_id,
		.seen = true,
		.outgoing = true,
		.sender = m->in->room->address,
		.at = m->now,
	};
	struct room_mail mail = {m->mail.message_id, m->in->room->mailbox_id, m->in->guest->address,
		m->in->event_id};
	enum status status = outgoing_by_event(tx->db, m->key, tx->arena, &known);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = outgoing_add(tx, &row, &m->in->guest->address, 1, &outgoing_id);
	if (status == STATUS_OK)
		status = messages_put(tx, &message);
	return status == STATUS_OK ? room_mail_put(tx, &mail) : status;
}

struct str guest_mail_id(const struct guest_mail_made *made)
{
	return made->mail.message_id;
}

static enum status put_alone(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return guest_mail_put(tx, arg);
}

enum status guest_mail_send(
	const struct matrix_session *session, const struct guest_mail *mail, struct arena *arena)
{
	struct bridge *bridge = session->matrix->bridge;
	struct guest_mail_made *made;
	enum status status = guest_mail_make(session, mail, arena, &made);
	if (status == STATUS_OK)
		status = db_write(bridge->writer, put_alone, made);
	if (status == STATUS_OK)
		queue_wake(bridge->queue);
	return status;
}
