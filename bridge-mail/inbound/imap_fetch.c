/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_fetch.h"

#include "bridge-mail/inbound/imap_recipients.h"
#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/store/mail_files.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "config/config.h"

#define LOG_MODULE "imap"
#include "common/base/log.h"

#define UID_SET_MAX 16384

/* What the server says of a mail before it is fetched. */
struct about {
	int64_t uid;
	int64_t size;
	unsigned flags;
	bool there;
};

struct about_list {
	struct about *items;
	size_t count;
};

/* A mail on its way in. */
struct fetch {
	struct imap_source *source;
	int64_t uid;
	int64_t max_bytes;
	struct mail_spool *spool;
	struct buf head;
	bool complete;
	bool too_large;
	bool failed; /* the disk */
};

struct str imap_uid_set(struct arena *arena, const int64_t *uids, size_t count)
{
	BUF_SCOPE(set, UID_SET_MAX);
	for (size_t i = 0; i < count; i++)
		buf_printf(&set, "%s%lld", i > 0 ? "," : "", (long long)uids[i]);
	return arena_str(arena, buf_str(&set));
}

static bool on_about(void *context, const struct imap_response *response)
{
	const struct about_list *list = context;
	for (size_t i = 0; i < list->count; i++) {
		struct about *about = &list->items[i];
		if (response->kind != IMAP_FETCH || about->uid != response->uid)
			continue;
		about->there = true;
		if (response->size > 0)
			about->size = response->size;
		about->flags |= response->flags;
	}
	return true;
}

static bool keep_bytes(struct fetch *f, struct str bytes)
{
	if (f->complete || f->too_large || f->spool == NULL)
		return true;
	if (mail_spool_size(f->spool) + (int64_t)bytes.n > f->max_bytes) {
		f->too_large = true;
		mail_spool_free(&f->spool);
		return true;
	}
	buf_append(&f->head, str_slice(bytes, 0, HEADERS_MAX_BYTES - f->head.n));
	f->failed = mail_spool_append(f->spool, bytes) != STATUS_OK;
	return !f->failed;
}

static bool on_body_start(void *context, int64_t size)
{
	struct fetch *f = context;
	if (f->complete)
		return true;
	/* One that was not ours came before it. */
	mail_spool_free(&f->spool);
	buf_clear(&f->head);
	f->too_large = size > f->max_bytes;
	if (!f->too_large)
		f->failed = mail_spool_new(f->source->bridge->state_dir, &f->spool) != STATUS_OK;
	return !f->failed;
}

static bool on_body(void *context, struct str bytes)
{
	return keep_bytes(context, bytes);
}

static bool on_fetch(void *context, const struct imap_response *response)
{
	struct fetch *f = context;
	if (response->kind != IMAP_FETCH || response->uid != f->uid || f->complete)
		return true;
	if (response->body == IMAP_BODY_QUOTED) {
		if (!on_body_start(f, (int64_t)response->text.n) || !keep_bytes(f, response->text))
			return false;
		f->complete = f->spool != NULL;
	} else if (response->body == IMAP_BODY_LITERAL) {
		f->complete = f->spool != NULL;
	}
	return true;
}

struct put_mail {
	const struct imap_source *source;
	int64_t uid;
	struct mail_receipt receipt;
	int64_t mail_id;
	enum imap_mail_state state;
	struct str reason;
};

static enum status put_mail(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct put_mail *put = arg;
	enum status status = STATUS_OK;
	if (put->state == IMAP_MAIL_KEPT)
		status = mail_add(tx, &put->receipt, &put->mail_id);
	if (status == STATUS_OK)
		status = imap_mail_add(
			tx, &put->source->folder, put->uid, put->mail_id, put->state, put->reason);
	return status;
}

static enum status write_mail(struct imap_source *s, struct put_mail *put)
{
	enum status status = db_write(s->bridge->writer, put_mail, put);
	/* Read before, by these very numbers: nothing is added. */
	if (status == STATUS_OK || status == STATUS_EXISTS) {
		s->folder.next_uid = put->uid + 1;
		return STATUS_OK;
	}
	return STATUS_IO;
}

static enum status pass_over(struct imap_source *s, int64_t uid, const char *reason)
{
	struct put_mail put = {
		.source = s, .uid = uid, .state = IMAP_MAIL_PASSED, .reason = str_c(reason)};
	log_warning("%s: mail uid=%lld stays in %s: %s", imap_account(s->session), (long long)uid,
		s->config->folder, reason);
	return write_mail(s, &put);
}

static enum status keep(struct fetch *f)
{
	struct imap_source *s = f->source;
	char hash[MAIL_HASH_CHARS + 1];
	ARENA_SCOPE(arena);
	struct headers headers;
	struct imap_envelope envelope;
	if (mail_spool_keep(f->spool, hash) != STATUS_OK)
		return STATUS_IO;
	headers_read(arena, buf_str(&f->head), &headers);
	imap_recipients_read(arena, &headers, s->recipients, str_c(s->config->mailbox), &envelope);
	struct put_mail put = {
		.source = s,
		.uid = f->uid,
		.state = IMAP_MAIL_KEPT,
		.receipt = {.content_hash = str_c(hash),
			.size = mail_spool_size(f->spool),
			.via = "imap",
			.mail_from = envelope.mail_from,
			.received_at = clock_wall_ms(),
			.recipients = envelope.recipients,
			.recipient_count = envelope.count},
	};
	enum status status = write_mail(s, &put);
	if (status != STATUS_OK)
		return status;
	s->taken++;
	log_info("mail received id=%lld via=imap uid=%lld size=%lld recipients=%zu",
		(long long)put.mail_id, (long long)f->uid, (long long)put.receipt.size,
		envelope.count);
	if (s->bridge->processor != NULL)
		processor_wake(s->bridge->processor);
	return STATUS_OK;
}

/* The server will not give the mail: perhaps another time, but not for ever. */
static enum status not_given(struct imap_source *s, int64_t uid)
{
	s->tries = s->tried_uid == uid ? s->tries + 1 : 1;
	s->tried_uid = uid;
	if (s->tries < IMAP_FETCH_TRIES)
		return STATUS_UNAVAILABLE;
	return pass_over(s, uid, "the server does not give it");
}

static enum status fetch_one(struct imap_source *s, int64_t uid)
{
	struct fetch f = {
		.source = s,
		.uid = uid,
		.max_bytes = (int64_t)s->bridge->config->bridge_mail.mail_max_bytes,
	};
	struct imap_handler handler = {&f, on_fetch, on_body_start, on_body};
	buf_init(&f.head, HEADERS_MAX_BYTES);
	enum status status = imap_command(
		s->session, &handler, "UID FETCH %lld (UID BODY.PEEK[])", (long long)uid);
	if (f.failed)
		status = STATUS_IO;
	else if (status == STATUS_DENIED)
		status = not_given(s, uid);
	else if (status == STATUS_OK && f.too_large)
		status = pass_over(s, uid, "it is over mail_max_bytes");
	else if (status == STATUS_OK)
		status = f.complete ? keep(&f) : not_given(s, uid);
	mail_spool_free(&f.spool);
	buf_release(&f.head);
	return status;
}

static enum status take(struct imap_source *s, const struct about *about)
{
	if (!about->there)
		return STATUS_OK;
	if ((about->flags & IMAP_FLAG_DELETED) != 0)
		return pass_over(s, about->uid, "it is marked as deleted");
	if ((about->flags & IMAP_FLAG_DRAFT) != 0)
		return pass_over(s, about->uid, "it is a draft");
	if (about->size > (int64_t)s->bridge->config->bridge_mail.mail_max_bytes)
		return pass_over(s, about->uid, "it is over mail_max_bytes");
	return fetch_one(s, about->uid);
}

enum status imap_fetch_mails(struct imap_source *s, const int64_t *uids, size_t count)
{
	ARENA_SCOPE(arena);
	struct about_list list = {ARENA_ARRAY(arena, struct about, count + 1), count};
	struct imap_handler handler = {.context = &list, .response = on_about};
	if (count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < count; i++)
		list.items[i].uid = uids[i];
	struct str set = imap_uid_set(arena, uids, count);
	enum status status = imap_command(
		s->session, &handler, "UID FETCH %.*s (UID FLAGS RFC822.SIZE)", STR_FMT(set));
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = take(s, &list.items[i]);
	return status;
}
