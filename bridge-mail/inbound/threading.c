/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/threading.h"

#include "bridge-mail/guest/arrive.h"
#include "bridge-mail/inbound/special_threads.h"
#include "bridge-mail/outbound/answers.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/messages.h"
#include "bridge-mail/store/posts.h"
#include "bridge-mail/store/thread_state.h"
#include "bridge-mail/thread/choose.h"
#include "bridge-mail/trust/loops.h"
#include "common/base/buf.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

struct decision {
	struct bridge *bridge;
	const struct mail *mail;
	struct delivery *delivery;
	bool with_original;
	enum choose_reason reason;
	bool opened; /* the thread was closed, or the room side has something else to do */
	bool aside;  /* in quarantine: no part of a conversation */
	bool merged; /* rooms have to be told */
	struct thread thread;
};

static struct str lower_case(struct arena *arena, struct str s)
{
	char *out = arena_c_str(arena, s);
	for (size_t i = 0; i < s.n; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
	return str_n(out, s.n);
}

/* The same mail and part always give the same id: [A-Za-z0-9_-]{43}. */
static struct str txn_id(struct arena *arena, const struct decision *d, int64_t part)
{
	BUF_SCOPE(text, 8192);
	buf_printf(&text, "%.*s%c%.*s%c%.*s%c%lld", STR_FMT(d->delivery->mailbox_address), 0,
		STR_FMT(d->mail->message_id), 0, STR_FMT(d->mail->content_key), 0, (long long)part);
	uint8_t hash[SHA256_BYTES];
	sha256(buf_str(&text), hash);
	return base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED);
}

static enum status plan_posts(struct db_tx *tx, const struct decision *d) REQUIRES(on_writer)
{
	int64_t id = d->delivery->delivery_id;
	enum status status = posts_plan(tx, id, 0, txn_id(tx->arena, d, 0));
	size_t files = d->aside ? 0 : d->mail->attachment_count;
	for (size_t i = 0; i < files && status == STATUS_OK; i++) {
		int64_t part = (int64_t)i + 1;
		status = posts_plan(tx, id, part, txn_id(tx->arena, d, part));
	}
	if (status == STATUS_OK && (d->with_original || d->aside))
		status = posts_plan(tx, id, PART_ORIGINAL, txn_id(tx->arena, d, PART_ORIGINAL));
	return status;
}

static enum status add_thread(struct db_tx *tx, struct decision *d, const struct subject *subject)
	REQUIRES(on_writer)
{
	uint8_t random[THREAD_TOKEN_CHARS / 2];
	secret_random(random, sizeof(random));
	struct str index = d->mail->thread_index;
	d->thread = (struct thread){
		.mailbox_id = d->delivery->mailbox_id,
		.token = hex_encode(tx->arena, str_n((const char *)random, sizeof(random))),
		.subject = subject->plain,
		.base_subject = subject->base,
		.thread_index = index.n >= THREAD_INDEX_BYTES
					? str_slice(index, 0, THREAD_INDEX_BYTES)
					: STR_EMPTY,
		.created_at = d->delivery->received_at,
		.last_at = d->delivery->received_at,
	};
	return threads_add(tx, &d->thread, &d->thread.thread_id);
}

static enum status add_participant(struct db_tx *tx, const struct decision *d,
	const struct mail_address *who, struct str reply_to, enum participant_role role)
	REQUIRES(on_writer)
{
	struct mailbox_row mailbox;
	if (who->address.n == 0)
		return STATUS_OK;
	/* Our own mailboxes take part by their rooms. */
	enum status status = mailboxes_find(tx->db, who->address, tx->arena, &mailbox);
	if (status != STATUS_NOT_FOUND)
		return status;
	struct participant participant = {
		.address = lower_case(tx->arena, who->address),
		.name = who->name,
		.reply_to = reply_to.n > 0 ? reply_to : who->address,
		.role = role,
	};
	return participant_put(tx, d->thread.thread_id, &participant);
}

static enum status add_participants(struct db_tx *tx, const struct decision *d) REQUIRES(on_writer)
{
	const struct mail *mail = d->mail;
	enum status status =
		add_participant(tx, d, &mail->from, mail->reply_to.address, PARTICIPANT_SENDER);
	for (size_t i = 0; i < mail->to.count && status == STATUS_OK; i++)
		status = add_participant(tx, d, &mail->to.items[i], STR_EMPTY, PARTICIPANT_TO);
	for (size_t i = 0; i < mail->cc.count && status == STATUS_OK; i++)
		status = add_participant(tx, d, &mail->cc.items[i], STR_EMPTY, PARTICIPANT_CC);
	return status;
}

static struct str join_ids(struct arena *arena, const struct mail_ids *ids)
{
	BUF_SCOPE(text, MESSAGE_REFS_MAX);
	for (size_t i = 0; i < ids->count; i++) {
		if (text.n + ids->items[i].n + 1 > MESSAGE_REFS_MAX)
			break;
		if (text.n > 0)
			buf_append_byte(&text, ' ');
		buf_append(&text, ids->items[i]);
	}
	return arena_str(arena, buf_str(&text));
}

/* The mail's own id, and as ghosts those that it names and nobody has seen. */
static enum status add_ids(struct db_tx *tx, const struct decision *d) REQUIRES(on_writer)
{
	const struct mail *mail = d->mail;
	struct mail_ids refs = mail->references.count > 0 ? mail->references : mail->in_reply_to;
	struct message_row row = {
		.mailbox_id = d->delivery->mailbox_id,
		.message_id = mail->message_id,
		.thread_id = d->thread.thread_id,
		.seen = true,
		.sender = mail->from.address,
		.refs = join_ids(tx->arena, &refs),
		.at = d->delivery->received_at,
	};
	enum status status = messages_put(tx, &row);
	row.seen = false;
	row.sender = STR_EMPTY;
	row.refs = STR_EMPTY;
	for (size_t i = 0; i < mail->references.count && status == STATUS_OK; i++) {
		row.message_id = mail->references.items[i];
		status = messages_put(tx, &row);
	}
	for (size_t i = 0; i < mail->in_reply_to.count && status == STATUS_OK; i++) {
		row.message_id = mail->in_reply_to.items[i];
		status = messages_put(tx, &row);
	}
	return status;
}

static enum status finish(struct db_tx *tx, struct decision *d, enum delivery_state state,
	struct str reason) REQUIRES(on_writer)
{
	d->delivery->state = state;
	return delivery_finish(tx, d->delivery->delivery_id, state, reason);
}

/* STATUS_OK with *done_out set when the mail goes no further. */
static enum status stop_known_mail(struct db_tx *tx, struct decision *d, bool *done_out)
	REQUIRES(on_writer)
{
	int64_t other;
	*done_out = true;
	switch (loops_judge(str_n((const char *)d->bridge->secret, BRIDGE_SECRET_BYTES), d->mail)) {
	case LOOP_OURS:
		return finish(tx, d, DELIVERY_DUPLICATE, STR("a mail that we sent came back"));
	case LOOP_HOPS: /* is set aside */
	case LOOP_NONE:
		break;
	}
	enum status status = delivery_find_same(
		tx->db, d->delivery->mailbox_id, d->mail->message_id, d->mail->content_key, &other);
	if (status == STATUS_OK)
		return finish(tx, d, DELIVERY_DUPLICATE,
			arena_printf(tx->arena, "same as delivery %lld", (long long)other));
	*done_out = false;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status choose_or_add(struct db_tx *tx, struct decision *d) REQUIRES(on_writer)
{
	struct subject subject;
	subject_read(tx->arena, d->mail->subject, &subject);
	struct choose_query query = {
		.mail = d->mail,
		.subject = &subject,
		.mailbox_id = d->delivery->mailbox_id,
		.secret = str_n((const char *)d->bridge->secret, BRIDGE_SECRET_BYTES),
		.now = d->delivery->received_at,
	};
	enum status status = choose_thread(tx->db, &query, tx->arena, &d->reason, &d->thread);
	if (status != STATUS_OK)
		return status;
	if (d->reason != CHOSEN_BY_TOKEN) {
		struct thread list;
		status = special_list_thread(tx, d->mail, d->delivery, &list);
		if (status == STATUS_OK)
			d->thread = list;
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	if (d->reason == CHOSEN_NEW)
		return add_thread(tx, d, &subject);
	status = special_join(tx, &query, &d->thread, &d->merged);
	if (status != STATUS_OK)
		return status;
	status = thread_open_again(tx, d->thread.thread_id, &d->opened);
	if (status != STATUS_OK)
		return status;
	return threads_touch(tx, d->thread.thread_id, d->delivery->received_at);
}

/* STATUS_NOT_FOUND: it goes on. */
static enum status set_aside(struct db_tx *tx, struct decision *d) REQUIRES(on_writer)
{
	bool loop = d->mail->received_count > LOOPS_MAX_HOPS;
	enum status status = special_set_aside(tx, d->mail, d->delivery,
		loop ? QUARANTINE_FAILED : QUARANTINE_NONE,
		loop ? STR("too many Received headers: a loop") : STR(""), &d->thread);
	d->aside = status == STATUS_OK;
	return status;
}

/* A mail to a room with guests has its thread already. STATUS_NOT_FOUND: to another mailbox. */
static enum status enter_room(struct db_tx *tx, struct decision *d) REQUIRES(on_writer)
{
	struct arrival arrival;
	enum status status = guest_arrive(tx, d->mail, d->delivery, &arrival);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_INTERNAL : status;
	if (arrival.where == ARRIVES_ELSEWHERE)
		return STATUS_NOT_FOUND;
	d->opened = arrival.wake;
	if (arrival.where == ARRIVES_NOWHERE)
		return finish(tx, d, arrival.state, arrival.reason);
	status = threads_get(tx->db, arrival.thread_id, tx->arena, &d->thread);
	return status == STATUS_OK ? add_ids(tx, d) : status;
}

static enum status take_part(struct db_tx *tx, struct decision *d) REQUIRES(on_writer)
{
	enum status status = set_aside(tx, d);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = enter_room(tx, d);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = choose_or_add(tx, d);
	if (status == STATUS_OK)
		status = add_ids(tx, d);
	return status == STATUS_OK ? add_participants(tx, d) : status;
}

static enum status decide(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct decision *d = arg;
	bool done;
	enum status status = stop_known_mail(tx, d, &done);
	if (status != STATUS_OK || done)
		return status;
	status = take_part(tx, d);
	if (status != STATUS_OK || d->delivery->state != DELIVERY_RECEIVED)
		return status;
	status = plan_posts(tx, d);
	if (status == STATUS_OK)
		status = delivery_set_thread(tx, d->delivery->delivery_id, d->thread.thread_id,
			d->mail->message_id, d->mail->content_key);
	if (status == STATUS_OK) {
		d->delivery->state = DELIVERY_THREADED;
		d->delivery->thread_id = d->thread.thread_id;
	}
	return status;
}

enum status threading_decide(struct bridge *bridge, const struct mail *mail, bool with_original,
	struct delivery *delivery)
{
	struct delivery decided = *delivery;
	struct decision d = {.bridge = bridge,
		.mail = mail,
		.delivery = &decided,
		.with_original = with_original};
	enum status status = db_write(bridge->writer, decide, &d);
	if (status != STATUS_OK)
		return status;
	*delivery = decided;
	if ((d.opened || d.merged) && bridge->answers != NULL)
		answers_wake(bridge->answers);
	if (delivery->state == DELIVERY_THREADED)
		log_info("mail threaded delivery=%lld thread=%lld by=%s",
			(long long)delivery->delivery_id, (long long)delivery->thread_id,
			d.aside ? "quarantine" : choose_reason_name(d.reason));
	else
		log_info("mail not posted delivery=%lld state=%d", (long long)delivery->delivery_id,
			(int)delivery->state);
	return STATUS_OK;
}
