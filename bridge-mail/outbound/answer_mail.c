/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/answer_mail.h"

#include <time.h>

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/media.h"
#include "bridge-mail/message/file_name.h"
#include "bridge-mail/message/html_escape.h"
#include "bridge-mail/outbound/answer_link.h"
#include "bridge-mail/outbound/client_html.h"
#include "bridge-mail/outbound/compose.h"
#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/outbound/language.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/thread/token.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/matrix/ids.h"

#define MAIL_MAX_BYTES	  ((size_t)32 * 1024 * 1024)
#define MAX_PARENT_REFS	  200
#define INDEX_CHILD_BYTES 5

/* What one call works on; texts live in the arena. */
struct making {
	const struct matrix_session *session;
	const struct thread *thread;
	const struct answer_event *event;
	struct str parent;
	int64_t now;
	struct arena *arena;
	struct mailbox_row mailbox;
	struct compose_mail mail;
	struct compose_file file;
	struct str link_line; /* in place of the file: what it is, and where */
	struct str link_url;
	struct mail_address to[THREAD_MAX_PARTICIPANTS];
	struct mail_address cc[THREAD_MAX_PARTICIPANTS];
	struct str refs[MAX_PARENT_REFS + 1];
	struct str recipients[THREAD_MAX_PARTICIPANTS];
	size_t recipient_count;
	const struct outgoing_mail *replaces; /* not left yet: its row gets the new text */
	const struct outgoing_mail *corrects; /* left: its recipients get this mail as well */
	struct str text_hash;
	char content_hash[MAIL_HASH_CHARS + 1];
};

static struct str secret_of(const struct making *m)
{
	const struct bridge *bridge = m->session->matrix->bridge;
	return str_n((const char *)bridge->secret, BRIDGE_SECRET_BYTES);
}

/* "Camille Martin — Voirie": who answers and for whom, by the service's address. */
static enum status read_sender(struct making *m)
{
	struct matrix_answer answer;
	struct matrix_id id;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(m->arena, "/_matrix/client/v3/rooms/%/state/m.room.member/%",
			m->thread->room_id, m->event->sender),
	};
	enum status status = matrix_call(m->session->client, m->arena, &call, &answer);
	struct str name = json_str(json_get(answer.json, "displayname"));
	if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_DENIED)
		return status;
	if (status != STATUS_OK || str_trim(name).n == 0)
		name = user_id_parse(m->event->sender, &id) == STATUS_OK ? id.localpart : STR("");
	m->mail.from.address = m->mailbox.address;
	m->mail.from.name = arena_printf(m->arena, "%.*s \xe2\x80\x94 %.*s",
		STR_FMT(str_trim(name)), STR_FMT(m->mailbox.name));
	return STATUS_OK;
}

/* Whether the mail is for them: a change goes to those whom the first mail went to. */
static bool is_wanted(const struct str *only, size_t only_count, bool all, struct str address)
{
	for (size_t i = 0; i < only_count; i++)
		if (str_eq_nocase(only[i], address))
			return true;
	return all;
}

static enum status read_first_recipients(const struct making *m, struct str **only, size_t *count)
{
	const struct outgoing_mail *first = m->corrects != NULL ? m->corrects : m->replaces;
	*only = NULL;
	*count = 0;
	if (first == NULL)
		return STATUS_OK;
	return outgoing_addresses(m->session->db, first->outgoing_id, m->arena, only, count);
}

/* Those who wrote are answered, the others get a copy. */
static enum status read_recipients(struct making *m)
{
	struct participant *list = NULL;
	size_t count = 0, only_count;
	struct str *only;
	bool all = m->corrects == NULL && m->replaces == NULL;
	enum status status = read_first_recipients(m, &only, &only_count);
	if (status == STATUS_OK)
		status = participants_of(
			m->session->db, m->thread->thread_id, m->arena, &list, &count);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < count && i < THREAD_MAX_PARTICIPANTS; i++) {
		struct str address = list[i].reply_to.n > 0 ? list[i].reply_to : list[i].address;
		struct mail_address who = {list[i].name, address};
		struct mailbox_row ours;
		if (!header_address_ok(address) || !is_wanted(only, only_count, all, address))
			continue;
		status = mailboxes_find(m->session->db, address, m->arena, &ours);
		if (status == STATUS_OK)
			continue;
		if (status != STATUS_NOT_FOUND)
			return status;
		if (list[i].role == PARTICIPANT_SENDER)
			m->to[m->mail.to_count++] = who;
		else
			m->cc[m->mail.cc_count++] = who;
		m->recipients[m->recipient_count++] = address;
	}
	m->mail.to = m->to;
	m->mail.cc = m->cc;
	return STATUS_OK;
}

/* With nobody who has written, those who were addressed stand in front. */
static void fill_to(struct making *m)
{
	if (m->mail.to_count > 0)
		return;
	m->mail.to = m->cc;
	m->mail.to_count = m->mail.cc_count;
	m->mail.cc_count = 0;
}

static enum status read_references(struct making *m)
{
	struct message_row row;
	size_t count = 0;
	if (m->parent.n == 0)
		return STATUS_OK;
	enum status status =
		messages_find(m->session->db, m->thread->mailbox_id, m->parent, m->arena, &row);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	struct str rest = status == STATUS_OK ? row.refs : STR_EMPTY, id;
	while (rest.n > 0 && count < MAX_PARENT_REFS && str_cut(&rest, ' ', &id))
		if (id.n > 0 && !str_eq(id, m->parent))
			m->refs[count++] = id;
	m->refs[count++] = m->parent;
	m->mail.in_reply_to = m->parent;
	m->mail.references = m->refs;
	m->mail.reference_count = count;
	return STATUS_OK;
}

static void write_ids(struct making *m)
{
	struct str address = m->mailbox.address;
	ptrdiff_t at = str_rindex(address, '@');
	m->mail.message_id = token_message_id(m->arena, secret_of(m), m->thread->token,
		m->event->event_id, str_skip(address, (size_t)at + 1));
	m->mail.loop_value = token_loop_header(m->arena, secret_of(m), m->mail.message_id);
	if (m->thread->thread_index.n == 0)
		return;
	uint8_t hash[SHA256_BYTES];
	sha256(m->event->event_id, hash);
	char *index = arena_alloc(m->arena, m->thread->thread_index.n + INDEX_CHILD_BYTES);
	memcpy(index, m->thread->thread_index.p, m->thread->thread_index.n);
	memcpy(index + m->thread->thread_index.n, hash, INDEX_CHILD_BYTES);
	m->mail.thread_index = str_n(index, m->thread->thread_index.n + INDEX_CHILD_BYTES);
}

static void add_link(struct making *m)
{
	if (m->link_url.n == 0)
		return;
	m->mail.text = arena_printf(m->arena, "%.*s%s%.*s\n%.*s", STR_FMT(m->mail.text),
		m->mail.text.n > 0 ? "\n\n" : "", STR_FMT(m->link_line), STR_FMT(m->link_url));
	if (m->mail.html.n == 0)
		return;
	BUF_SCOPE(html, 8192);
	buf_append_c(&html, "<p>");
	html_escape(&html, m->link_line);
	buf_printf(&html, "<br><a href=\"%.*s\">", STR_FMT(m->link_url));
	html_escape(&html, m->link_url);
	buf_append_c(&html, "</a></p>");
	m->mail.html =
		arena_printf(m->arena, "%.*s%.*s", STR_FMT(m->mail.html), STR_FMT(buf_str(&html)));
}

static enum status fetch_file(struct making *m, enum answer_fault *fault_out)
{
	const struct answer_event *event = m->event;
	if (event->mxc.n == 0 && event->file_name.n == 0)
		return STATUS_OK;
	const struct config_bridge_mail *config = &m->session->matrix->bridge->config->bridge_mail;
	bool links = config->public_url[0] != '\0';
	enum status status = media_download(m->session, event->mxc,
		links ? (size_t)config->attachment_max_bytes : ANSWER_MAX_FILE, m->arena,
		&m->file.bytes);
	if (status == STATUS_TOO_LARGE && links)
		return answer_link_make(m->session, event, m->mailbox.address, m->now, m->arena,
			&m->link_line, &m->link_url);
	switch (status) {
	case STATUS_OK:
		m->file.name = file_name_safe(m->arena, event->file_name, event->file_type, 0);
		m->file.content_type = event->file_type;
		m->mail.files = &m->file;
		m->mail.file_count = 1;
		return STATUS_OK;
	case STATUS_TOO_LARGE:
		*fault_out = ANSWER_FILE_TOO_LARGE;
		return STATUS_OK;
	case STATUS_UNAVAILABLE:
	case STATUS_TIMEOUT:
	case STATUS_LIMITED:
		return status;
	default:
		*fault_out = ANSWER_FILE_GONE;
		return STATUS_OK;
	}
}

static enum status put_rows(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct making *m = arg;
	int64_t outgoing_id;
	if (m->replaces != NULL)
		return outgoing_replace(
			tx, m->replaces->outgoing_id, str_c(m->content_hash), m->text_hash);
	const struct config *config = m->session->matrix->bridge->config;
	struct outgoing_mail row = {
		.thread_id = m->thread->thread_id,
		.event_id = m->event->event_id,
		.message_id = m->mail.message_id,
		.mail_from = m->mailbox.address,
		.content_hash = str_c(m->content_hash),
		.created_at = m->now,
		.hold_ms = (int64_t)*config->bridge_mail.send_delay_s * 1000,
		.author = m->event->sender,
		.text_hash = m->text_hash,
		.corrects = m->corrects == NULL ? STR_EMPTY : m->corrects->event_id,
	};
	enum status status =
		outgoing_add(tx, &row, m->recipients, m->recipient_count, &outgoing_id);
	BUF_SCOPE(refs, MESSAGE_REFS_MAX);
	for (size_t i = 0; i < m->mail.reference_count; i++) {
		if (refs.n + m->refs[i].n + 1 > MESSAGE_REFS_MAX)
			break;
		if (i > 0)
			buf_append_byte(&refs, ' ');
		buf_append(&refs, m->refs[i]);
	}
	struct message_row message = {
		.mailbox_id = m->thread->mailbox_id,
		.message_id = m->mail.message_id,
		.thread_id = m->thread->thread_id,
		.seen = true,
		.outgoing = true,
		.sender = m->mailbox.address,
		.refs = buf_str(&refs),
		.at = m->now,
	};
	struct message_event event = {
		.event_id = m->event->event_id,
		.room_id = m->thread->room_id,
		.thread_id = m->thread->thread_id,
		.mailbox_id = m->thread->mailbox_id,
		.message_id = m->mail.message_id,
	};
	if (status == STATUS_OK)
		status = messages_put(tx, &message);
	if (status == STATUS_OK)
		status = messages_event_put(tx, &event);
	if (status == STATUS_OK)
		status = threads_touch(tx, m->thread->thread_id, m->now);
	return status;
}

static enum status keep(struct making *m, enum answer_fault *fault_out)
{
	const struct bridge *bridge = m->session->matrix->bridge;
	BUF_SCOPE(text, MAIL_MAX_BYTES);
	enum status status = compose_write(&m->mail, &text);
	if (status != STATUS_OK) {
		*fault_out = status == STATUS_TOO_LARGE ? ANSWER_TOO_LARGE : ANSWER_NO_RECIPIENT;
		return STATUS_OK;
	}
	status = mail_file_put(bridge->state_dir, buf_str(&text), m->content_hash);
	if (status == STATUS_OK)
		status = db_write(bridge->writer, put_rows, m);
	return status == STATUS_EXISTS ? STATUS_OK : status;
}

static enum status make(struct making *m, enum answer_fault *fault_out)
{
	enum status status =
		mailboxes_get(m->session->db, m->thread->mailbox_id, m->arena, &m->mailbox);
	if (status == STATUS_OK)
		status = read_recipients(m);
	if (status != STATUS_OK)
		return status;
	if (m->recipient_count == 0) {
		*fault_out = ANSWER_NO_RECIPIENT;
		return STATUS_OK;
	}
	fill_to(m);
	status = read_sender(m);
	if (status == STATUS_OK)
		status = read_references(m);
	if (status == STATUS_OK)
		status = fetch_file(m, fault_out);
	if (status != STATUS_OK || *fault_out != ANSWER_FINE)
		return status;
	write_ids(m);
	m->mail.text = m->event->text;
	m->mail.html = client_html(m->arena, m->event->html);
	add_link(m);
	return keep(m, fault_out);
}

/* What it says to a reader: blank space and looks are no difference. */
static struct str text_hash(struct arena *arena, const struct answer_event *event)
{
	char *text = arena_alloc(arena, event->text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < event->text.n; i++) {
		char c = event->text.p[i];
		bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
		if (!blank)
			text[n++] = c;
		else if (n > 0 && text[n - 1] != ' ')
			text[n++] = ' ';
	}
	uint8_t hash[SHA256_BYTES];
	sha256(arena_printf(arena, "%.*s%c%.*s", STR_FMT(str_trim(str_n(text, n))), 0,
		       STR_FMT(event->mxc)),
		hash);
	return hex_encode(arena, str_n((const char *)hash, sizeof(hash)));
}

static struct making *making_new(struct arena *arena, const struct matrix_session *session,
	const struct thread *thread, const struct answer_event *event, int64_t now)
{
	struct making *m = ARENA_NEW(arena, struct making);
	*m = (struct making){.session = session,
		.thread = thread,
		.event = event,
		.now = now,
		.arena = arena,
		.text_hash = text_hash(arena, event)};
	m->mail.subject = thread->subject;
	m->mail.date_ms = now;
	return m;
}

enum status answer_mail_make(const struct matrix_session *session, const struct thread *thread,
	const struct answer_event *event, struct str parent, int64_t now,
	enum answer_fault *fault_out)
{
	ARENA_SCOPE(arena);
	struct outgoing_mail made;
	*fault_out = ANSWER_FINE;
	enum status status = outgoing_by_event(session->db, event->event_id, arena, &made);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (event->text.n == 0 && event->file_name.n == 0) {
		*fault_out = ANSWER_EMPTY;
		return STATUS_OK;
	}
	struct making *m = making_new(arena, session, thread, event, now);
	m->parent = parent;
	m->mail.is_reply = parent.n > 0;
	if (event->at > 0 && event->at < now)
		m->mail.date_ms = event->at;
	return make(m, fault_out);
}

/* The mail that the row's mail answers. */
static enum status parent_of(const struct making *m, struct str *out)
{
	struct message_row row;
	enum status status = messages_find(
		m->session->db, m->thread->mailbox_id, m->replaces->message_id, m->arena, &row);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	ptrdiff_t space = str_rindex(row.refs, ' ');
	*out = str_skip(row.refs, (size_t)(space + 1));
	return STATUS_OK;
}

/* STATUS_CONFLICT: it has left meanwhile. */
static enum status replace(const struct matrix_session *session, const struct thread *thread,
	const struct answer_event *edit, const struct outgoing_mail *original, int64_t now,
	enum answer_fault *fault_out)
{
	ARENA_SCOPE(arena);
	struct answer_event event = *edit;
	/* The mail keeps its id, which is made of this. */
	event.event_id = original->event_id;
	struct making *m = making_new(arena, session, thread, &event, now);
	m->replaces = original;
	if (original->created_at < now)
		m->mail.date_ms = original->created_at;
	enum status status = parent_of(m, &m->parent);
	m->mail.is_reply = m->parent.n > 0;
	return status == STATUS_OK ? make(m, fault_out) : status;
}

/* "21/11/2026 à 18:30", or "2026-11-21 at 18:30". */
static struct str date_of(struct arena *arena, bool english, int64_t ms)
{
	char text[64];
	struct tm tm;
	time_t seconds = (time_t)(ms / 1000);
	localtime_r(&seconds, &tm);
	size_t n = strftime(
		text, sizeof(text), english ? "%Y-%m-%d at %H:%M" : "%d/%m/%Y \xc3\xa0 %H:%M", &tm);
	return arena_str(arena, str_n(text, n));
}

/* The edit's text with a line in front that says what it is. */
static struct answer_event correction_of(const struct matrix_session *session, struct arena *arena,
	const struct answer_event *edit, const struct outgoing_mail *original)
{
	struct answer_event event = *edit;
	bool english = language_is_english(session->matrix->bridge->config, original->mail_from);
	struct str date = date_of(arena, english, original->created_at);
	struct str line = arena_printf(arena,
		english ? "Correction of the message of %.*s:" : "Correction du message du %.*s :",
		STR_FMT(date));
	event.text = arena_printf(arena, "%.*s\n\n%.*s", STR_FMT(line), STR_FMT(edit->text));
	if (edit->html.n > 0)
		event.html =
			arena_printf(arena, "<p>%.*s</p>%.*s", STR_FMT(line), STR_FMT(edit->html));
	return event;
}

/* A mail after the one that has left, or another text for such a one that has not. */
static enum status follow(const struct matrix_session *session, const struct thread *thread,
	const struct answer_event *event, struct str hash, const struct outgoing_mail *original,
	int64_t now, enum answer_fault *fault_out)
{
	ARENA_SCOPE(arena);
	struct answer_event own = *event;
	struct outgoing_mail open;
	enum status status =
		outgoing_open_correction(session->db, original->event_id, arena, &open);
	if (status == STATUS_OK)
		own.event_id = open.event_id;
	else if (status != STATUS_NOT_FOUND)
		return status;
	struct making *m = making_new(arena, session, thread, &own, now);
	m->replaces = status == STATUS_OK ? &open : NULL;
	m->corrects = original;
	m->text_hash = hash;
	m->parent = original->message_id;
	m->mail.is_reply = true;
	status = make(m, fault_out);
	if (status != STATUS_CONFLICT)
		return status;
	/* It left while this one was made. */
	m = making_new(arena, session, thread, event, now);
	m->corrects = original;
	m->text_hash = hash;
	m->parent = original->message_id;
	m->mail.is_reply = true;
	return make(m, fault_out);
}

struct cancelling {
	int64_t outgoing_id;
	int64_t now;
};

static enum status cancel(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct cancelling *c = arg;
	struct outgoing_cancelled unused;
	return outgoing_cancel(tx, c->outgoing_id, c->now, &unused);
}

/* Whether the edit brings something new, seen from what was said last; an edit back to what has
 * left takes back the correction that has not. */
static enum status is_news(const struct matrix_session *session,
	const struct outgoing_mail *original, struct str hash, int64_t now, struct arena *arena,
	bool *out)
{
	struct outgoing_mail last;
	enum status status =
		outgoing_last_correction(session->db, original->event_id, arena, &last);
	*out = !str_eq(original->text_hash, hash);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	int64_t open = 0, left = 0;
	status = outgoing_open_count(session->db, last.outgoing_id, &open);
	if (status == STATUS_OK)
		status = outgoing_left_count(session->db, last.outgoing_id, &left);
	if (status != STATUS_OK)
		return status;
	struct cancelling c = {last.outgoing_id, now};
	if (!*out && open > 0 && left == 0)
		return db_write(session->matrix->bridge->writer, cancel, &c);
	if (open + left > 0)
		*out = !str_eq(last.text_hash, hash);
	return STATUS_OK;
}

enum status answer_mail_edit(const struct matrix_session *session, const struct thread *thread,
	const struct answer_event *edit, const struct outgoing_mail *original, int64_t now,
	enum answer_fault *fault_out, enum answer_change *change_out)
{
	ARENA_SCOPE(arena);
	bool news = false;
	int64_t open = 0, left = 0;
	*fault_out = ANSWER_FINE;
	*change_out = ANSWER_UNCHANGED;
	/* Only the author's own edits are shown by anybody's client. */
	if (!str_eq(original->author, edit->sender) ||
		(edit->text.n == 0 && edit->file_name.n == 0))
		return STATUS_OK;
	struct str hash = text_hash(arena, edit);
	enum status status = is_news(session, original, hash, now, arena, &news);
	if (status == STATUS_OK)
		status = outgoing_open_count(session->db, original->outgoing_id, &open);
	if (status == STATUS_OK)
		status = outgoing_left_count(session->db, original->outgoing_id, &left);
	if (status != STATUS_OK || !news || open + left == 0)
		return status;
	status = replace(session, thread, edit, original, now, fault_out);
	*change_out = ANSWER_REPLACED;
	if (status != STATUS_CONFLICT)
		return status;
	struct answer_event event = correction_of(session, arena, edit, original);
	*change_out = ANSWER_CORRECTED;
	return follow(session, thread, &event, hash, original, now, fault_out);
}

enum status answer_mail_retract(const struct matrix_session *session, const struct thread *thread,
	const struct answer_event *redaction, const struct outgoing_mail *original, int64_t now,
	enum answer_fault *fault_out)
{
	ARENA_SCOPE(arena);
	struct answer_event event = *redaction;
	bool english = language_is_english(session->matrix->bridge->config, original->mail_from);
	struct str date = date_of(arena, english, original->created_at);
	*fault_out = ANSWER_FINE;
	event.text = arena_printf(arena,
		english ? "The message of %.*s was withdrawn; please take no account of it."
			: "Le message du %.*s est retir\xc3\xa9 ; merci de ne pas en tenir compte.",
		STR_FMT(date));
	return follow(session, thread, &event, text_hash(arena, &event), original, now, fault_out);
}
