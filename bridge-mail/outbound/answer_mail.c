/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/answer_mail.h"

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/media.h"
#include "bridge-mail/message/file_name.h"
#include "bridge-mail/outbound/client_html.h"
#include "bridge-mail/outbound/compose.h"
#include "bridge-mail/outbound/header_write.h"
#include "bridge-mail/store/mail_files.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/thread/token.h"
#include "common/base/mem.h"
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
	struct mail_address to[THREAD_MAX_PARTICIPANTS];
	struct mail_address cc[THREAD_MAX_PARTICIPANTS];
	struct str refs[MAX_PARENT_REFS + 1];
	struct str recipients[THREAD_MAX_PARTICIPANTS];
	size_t recipient_count;
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

/* Those who wrote are answered, the others get a copy. */
static enum status read_recipients(struct making *m)
{
	struct participant *list = NULL;
	size_t count = 0;
	enum status status =
		participants_of(m->session->db, m->thread->thread_id, m->arena, &list, &count);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < count && i < THREAD_MAX_PARTICIPANTS; i++) {
		struct str address = list[i].reply_to.n > 0 ? list[i].reply_to : list[i].address;
		struct mail_address who = {list[i].name, address};
		struct mailbox_row ours;
		if (!header_address_ok(address))
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

static enum status fetch_file(struct making *m, enum answer_fault *fault_out)
{
	const struct answer_event *event = m->event;
	if (event->mxc.n == 0 && event->file_name.n == 0)
		return STATUS_OK;
	enum status status =
		media_download(m->session, event->mxc, ANSWER_MAX_FILE, m->arena, &m->file.bytes);
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
	struct outgoing_mail row = {
		.thread_id = m->thread->thread_id,
		.event_id = m->event->event_id,
		.message_id = m->mail.message_id,
		.mail_from = m->mailbox.address,
		.content_hash = str_c(m->content_hash),
		.created_at = m->now,
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
	return keep(m, fault_out);
}

enum status answer_mail_make(const struct matrix_session *session, const struct thread *thread,
	const struct answer_event *event, struct str parent, int64_t now,
	enum answer_fault *fault_out)
{
	ARENA_SCOPE(arena);
	struct making *m = ARENA_NEW(arena, struct making);
	struct outgoing_mail made;
	*fault_out = ANSWER_FINE;
	enum status status = outgoing_by_event(session->db, event->event_id, arena, &made);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (event->text.n == 0 && event->file_name.n == 0) {
		*fault_out = ANSWER_EMPTY;
		return STATUS_OK;
	}
	*m = (struct making){.session = session,
		.thread = thread,
		.event = event,
		.parent = parent,
		.now = now,
		.arena = arena};
	m->mail.subject = thread->subject;
	m->mail.is_reply = parent.n > 0;
	m->mail.date_ms = event->at > 0 && event->at < now ? event->at : now;
	return make(m, fault_out);
}
