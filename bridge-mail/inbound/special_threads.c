/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/special_threads.h"

#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/thread_state.h"
#include "bridge-mail/thread/relate.h"
#include "common/crypto/base64.h"
#include "common/crypto/secret.h"
#include "config/config.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define QUARANTINE_NAME "Courriels mis de côté · Mails set aside"

static enum status find_or_add(struct db_tx *tx, int64_t mailbox_id, enum named_kind kind,
	struct str name, struct str title, struct thread *out) REQUIRES(on_writer)
{
	int64_t thread_id;
	enum status status = named_thread_find(tx->db, mailbox_id, kind, name, &thread_id);
	if (status == STATUS_OK)
		return threads_get(tx->db, thread_id, tx->arena, out);
	if (status != STATUS_NOT_FOUND)
		return status;
	uint8_t random[THREAD_TOKEN_CHARS / 2];
	secret_random(random, sizeof(random));
	*out = (struct thread){
		.mailbox_id = mailbox_id,
		.token = hex_encode(tx->arena, str_n((const char *)random, sizeof(random))),
		.subject = title,
		/* No subject leads here. */
		.base_subject = STR(""),
	};
	status = threads_add(tx, out, &out->thread_id);
	return status == STATUS_OK ? named_thread_put(tx, mailbox_id, kind, name, out->thread_id)
				   : status;
}

/* "Actualités <actu.ville.example>": the id between the brackets, and the words before. */
static void split_list_id(struct str header, struct str *id_out, struct str *words_out)
{
	ptrdiff_t open = str_rindex(header, '<');
	struct str id = open < 0 ? header : str_skip(header, (size_t)open + 1);
	ptrdiff_t close = str_index(id, '>');
	*id_out = str_trim(close < 0 ? id : str_slice(id, 0, (size_t)close));
	*words_out = open < 0 ? STR_EMPTY : str_trim(str_slice(header, 0, (size_t)open));
	if (words_out->n > 2 && words_out->p[0] == '"')
		*words_out = str_slice(*words_out, 1, words_out->n - 2);
	/* An encoded word would have to be decoded: the id says as much. */
	if (str_starts(*words_out, STR("=?")))
		*words_out = STR_EMPTY;
}

enum status special_list_thread(struct db_tx *tx, const struct mail *mail,
	const struct delivery *delivery, struct thread *out)
{
	const unsigned personal = MAIL_AUTO_SUBMITTED | MAIL_DELIVERY_REPORT;
	struct str id = STR_EMPTY, words = STR_EMPTY;
	if ((mail->flags & (MAIL_LIST | MAIL_BULK)) == 0 || (mail->flags & personal) != 0)
		return STATUS_NOT_FOUND;
	if (mail->list_id.n > 0)
		split_list_id(mail->list_id, &id, &words);
	if (id.n == 0) {
		id = mail->from.address;
		words = mail->from.name;
	}
	if (id.n == 0)
		return STATUS_NOT_FOUND;
	enum status status = find_or_add(
		tx, delivery->mailbox_id, NAMED_LIST, id, words.n > 0 ? words : id, out);
	return status == STATUS_OK ? threads_touch(tx, out->thread_id, delivery->received_at)
				   : status;
}

/* The mailbox whose members look after what is set aside. */
static enum status quarantine_mailbox(
	struct db_tx *tx, const struct delivery *delivery, int64_t *out) REQUIRES(on_writer)
{
	struct mailbox_row mailbox;
	const struct config *config = bridge_of(tx)->config;
	const char *address = config == NULL ? NULL : config->bridge_mail.quarantine;
	*out = delivery->mailbox_id;
	if (address == NULL || address[0] == '\0')
		return STATUS_OK;
	enum status status = mailboxes_find(tx->db, str_c(address), tx->arena, &mailbox);
	if (status == STATUS_OK)
		*out = mailbox.mailbox_id;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status special_set_aside(struct db_tx *tx, const struct mail *mail,
	const struct delivery *delivery, enum quarantine_reason reason, struct str detail,
	struct thread *out)
{
	int64_t mailbox_id = 0;
	struct quarantine_row row;
	enum status status = quarantine_get(tx->db, delivery->delivery_id, tx->arena, &row);
	if (status == STATUS_OK && row.released)
		return STATUS_NOT_FOUND;
	if (status == STATUS_NOT_FOUND) {
		if (reason == QUARANTINE_NONE && (mail->flags & MAIL_SPAM) != 0)
			reason = QUARANTINE_SPAM;
		if (reason == QUARANTINE_NONE && (mail->flags & MAIL_UNREADABLE) != 0)
			reason = QUARANTINE_UNREADABLE;
		if (reason == QUARANTINE_NONE)
			return STATUS_NOT_FOUND;
		row = (struct quarantine_row){.delivery_id = delivery->delivery_id,
			.reason = reason,
			.detail = detail,
			.at = delivery->received_at};
		status = quarantine_put(tx, &row);
	}
	if (status == STATUS_OK)
		status = quarantine_mailbox(tx, delivery, &mailbox_id);
	if (status == STATUS_OK)
		status = find_or_add(
			tx, mailbox_id, NAMED_QUARANTINE, STR(""), STR(QUARANTINE_NAME), out);
	return status;
}

static enum status join(struct db_tx *tx, struct thread *thread, int64_t other_id, bool *merged_out)
	REQUIRES(on_writer)
{
	struct thread other;
	bool one = false, two = false;
	enum status status = thread_is_conversation(tx->db, thread->thread_id, &one);
	if (status == STATUS_OK)
		status = thread_is_conversation(tx->db, other_id, &two);
	if (status != STATUS_OK || !one || !two)
		return status;
	status = threads_get(tx->db, other_id, tx->arena, &other);
	if (status != STATUS_OK || other.mailbox_id != thread->mailbox_id)
		return status;
	bool older =
		other.created_at < thread->created_at ||
		(other.created_at == thread->created_at && other.thread_id < thread->thread_id);
	const struct thread *from = older ? thread : &other, *into = older ? &other : thread;
	struct thread_merge_row row = {from->thread_id, into->thread_id};
	status = thread_merge(tx, row.from_thread, row.into_thread);
	if (status == STATUS_OK)
		status = merge_put(tx, &row);
	if (status != STATUS_OK)
		return status;
	log_info("threads are one from=%lld into=%lld", (long long)row.from_thread,
		(long long)row.into_thread);
	*merged_out = true;
	return older ? threads_get(tx->db, row.into_thread, tx->arena, thread) : STATUS_OK;
}

enum status special_join(
	struct db_tx *tx, const struct choose_query *query, struct thread *thread, bool *merged_out)
{
	int64_t others[RELATE_MAX];
	size_t count;
	enum status status =
		relate_threads(tx->db, query, thread->thread_id, tx->arena, others, &count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = join(tx, thread, others[i], merged_out);
	return status;
}
