/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/bounces.h"

#include "bridge-mail/matrix/ghost_id.h"
#include "bridge-mail/message/failure_reason.h"
#include "bridge-mail/outbound/answers.h"
#include "bridge-mail/store/address_failures.h"
#include "bridge-mail/store/outgoing.h"
#include "bridge-mail/thread/return_path.h"
#include "bridge-mail/thread/token.h"
#include "common/base/clock.h"
#include "common/base/mem.h"

#define LOG_MODULE "inbound"
#include "common/base/log.h"

#define TOKEN_PREFIX	"pv1."
#define MAX_TOKENS	20
#define SAID_MAX	300
#define RECIPIENTS_MAX	200
#define TEXT_SEARCH_MAX ((size_t)64 * 1024)

/* One report, from the mail to the rows. */
struct bounce {
	struct bridge *bridge;
	struct db *db;
	struct arena *arena;
	struct delivery *delivery;
	const struct mail *mail;
	struct outgoing_mail outgoing;
	struct str sealed_for; /* the recipient, when the envelope says so */
	struct str *recipients;
	size_t recipient_count;
	struct found {
		struct str address;
		enum outgoing_report report;
		struct str said;
	} found[RECIPIENTS_MAX];
	size_t found_count;
	bool news;
};

static struct str secret_of(const struct bounce *b)
{
	return str_n((const char *)b->bridge->secret, BRIDGE_SECRET_BYTES);
}

/* Who writes reports by hand: servers. Answering machines use the null sender as well. */
static bool is_report(const struct mail *mail)
{
	static const char *const locals[] = {"mailer-daemon@", "postmaster@", "mail-daemon@"};
	if ((mail->flags & MAIL_DELIVERY_REPORT) != 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(locals); i++) {
		struct str local = str_c(locals[i]);
		if (str_eq_nocase(str_slice(mail->from.address, 0, local.n), local))
			return true;
	}
	return false;
}

static ptrdiff_t find_nocase(struct str text, struct str needle)
{
	for (size_t i = 0; needle.n > 0 && i + needle.n <= text.n; i++)
		if (str_eq_nocase(str_slice(text, i, needle.n), needle))
			return (ptrdiff_t)i;
	return -1;
}

static enum status by_id(struct bounce *b, struct str id)
{
	struct str token;
	if (id.n == 0 || !token_read(secret_of(b), id, &token))
		return STATUS_NOT_FOUND;
	return outgoing_by_message(b->db, id, b->arena, &b->outgoing);
}

/* Ids of ours that stand in the text: the mail that came back, or its headers. */
static enum status by_text(struct bounce *b, struct str text)
{
	text = str_slice(text, 0, TEXT_SEARCH_MAX);
	for (unsigned tries = 0; tries < MAX_TOKENS; tries++) {
		ptrdiff_t at = str_find(text, STR(TOKEN_PREFIX));
		if (at < 0)
			return STATUS_NOT_FOUND;
		text = str_skip(text, (size_t)at);
		size_t n = 0;
		while (n < text.n && text.p[n] > ' ' && strchr("<>&\"'", text.p[n]) == NULL)
			n++;
		enum status status = by_id(b, str_slice(text, 0, n));
		if (status != STATUS_NOT_FOUND)
			return status;
		text = str_skip(text, sizeof(TOKEN_PREFIX) - 1);
	}
	return STATUS_NOT_FOUND;
}

static enum status by_ids(struct bounce *b, const struct mail_ids *ids)
{
	enum status status = STATUS_NOT_FOUND;
	for (size_t i = ids->count; i > 0 && status == STATUS_NOT_FOUND; i--)
		status = by_id(b, ids->items[i - 1]);
	return status;
}

static enum status by_return_path(struct bounce *b)
{
	int64_t id;
	struct str seal, *list;
	size_t count;
	if (!return_path_read(b->delivery->recipient, &id, &seal))
		return STATUS_NOT_FOUND;
	enum status status = outgoing_addresses(b->db, id, b->arena, &list, &count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		if (!return_path_is_for(secret_of(b), id, list[i], seal))
			continue;
		b->sealed_for = list[i];
		return outgoing_get(b->db, id, b->arena, &b->outgoing);
	}
	return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

/* The mail that the report is about. */
static enum status find_mail(struct bounce *b)
{
	enum status status = by_return_path(b);
	if (status == STATUS_NOT_FOUND)
		status = by_id(b, b->mail->returned_id);
	if (status == STATUS_NOT_FOUND)
		status = by_ids(b, &b->mail->in_reply_to);
	if (status == STATUS_NOT_FOUND)
		status = by_ids(b, &b->mail->references);
	if (status == STATUS_NOT_FOUND)
		status = by_text(b, b->mail->text);
	if (status == STATUS_NOT_FOUND)
		status = by_text(b, b->mail->html);
	return status;
}

static void add(struct bounce *b, struct str address, enum outgoing_report report, struct str said)
{
	for (size_t i = 0; i < b->found_count; i++)
		if (str_eq_nocase(b->found[i].address, address))
			return;
	if (b->found_count < RECIPIENTS_MAX)
		b->found[b->found_count++] = (struct found){address, report, said};
}

/* Our recipient that a report's field means; empty when it is none. */
static struct str recipient_of(const struct bounce *b, const struct mail_report *report)
{
	for (size_t i = 0; i < b->recipient_count; i++)
		if (str_eq_nocase(b->recipients[i], report->recipient) ||
			str_eq_nocase(b->recipients[i], report->original))
			return b->recipients[i];
	/* Their server sent it on: who it went to is not whom we wrote to. */
	if (b->sealed_for.n > 0)
		return b->sealed_for;
	return b->recipient_count == 1 ? b->recipients[0] : STR_EMPTY;
}

static void read_standard(struct bounce *b)
{
	for (size_t i = 0; i < b->mail->report_count; i++) {
		const struct mail_report *r = &b->mail->reports[i];
		bool failed = str_eq_nocase(r->action, STR("failed"));
		struct str address = recipient_of(b, r);
		if (address.n == 0 || (!failed && !str_eq_nocase(r->action, STR("delayed"))))
			continue;
		struct str said = str_slice(r->said, 0, SAID_MAX);
		while (said.n > 0 && !str_is_utf8(said))
			said.n--;
		if (failure_status(said).n == 0)
			said = arena_printf(
				b->arena, "%.*s %.*s", STR_FMT(r->status), STR_FMT(said));
		add(b, address, failed ? OUTGOING_BOUNCED : OUTGOING_DELAYED, str_trim(said));
	}
}

static bool says_delayed(const struct mail *mail)
{
	static const char *const words[] = {"delayed", "still being retried",
		"not yet been delivered", "warning message only", "will be retried",
		"do not need to resend", "retard\xc3\xa9", "pas encore \xc3\xa9t\xc3\xa9 remis"};
	struct str text = str_slice(mail->text, 0, TEXT_SEARCH_MAX);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (find_nocase(mail->subject, str_c(words[i])) >= 0 ||
			find_nocase(text, str_c(words[i])) >= 0)
			return true;
	return false;
}

/* What stands behind the address in the text, in one line. */
static struct str words_behind(struct bounce *b, struct str text, size_t from)
{
	char *out = arena_alloc(b->arena, SAID_MAX + 1);
	size_t n = 0;
	for (size_t i = from; i < text.n && n < SAID_MAX; i++) {
		char c = text.p[i];
		bool space = c == ' ' || c == '\n' || c == '\t' || c == '>' || c == ':';
		/* The mail that came back begins. */
		if (c == '\n' && str_starts(str_skip(text, i + 1), STR("---")))
			break;
		if (!space)
			out[n++] = c;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n > 0 && !str_is_utf8(str_n(out, n)))
		n--;
	return str_trim(str_n(out, n));
}

/* Exim, qmail and others that tell it to people only: which of our recipients stand in the text
 * above the mail that it gives back. */
static void read_other(struct bounce *b)
{
	enum outgoing_report report = says_delayed(b->mail) ? OUTGOING_DELAYED : OUTGOING_BOUNCED;
	struct str text = str_slice(b->mail->text, 0, TEXT_SEARCH_MAX);
	ptrdiff_t end = str_find(text, STR("\n---"));
	struct str top = end < 0 ? text : str_slice(text, 0, (size_t)end);
	for (size_t i = 0; i < b->recipient_count; i++) {
		ptrdiff_t at = find_nocase(top, b->recipients[i]);
		if (at >= 0)
			add(b, b->recipients[i], report,
				words_behind(b, top, (size_t)at + b->recipients[i].n));
	}
	struct str only = b->sealed_for;
	if (only.n == 0 && b->recipient_count == 1)
		only = b->recipients[0];
	if (b->found_count == 0 && only.n > 0)
		add(b, only, report, words_behind(b, top, 0));
}

static enum status write_down(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct bounce *b = arg;
	int64_t id = b->outgoing.outgoing_id;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < b->found_count && status == STATUS_OK; i++) {
		const struct found *f = &b->found[i];
		bool changed = false;
		status = outgoing_report(tx, id, f->address, f->report, f->said, &changed);
		b->news = b->news || changed;
		if (status == STATUS_OK && changed && f->report == OUTGOING_BOUNCED)
			status = address_failures_add(
				tx, ghost_address_key(tx->arena, f->address), clock_wall_ms());
	}
	if (status != STATUS_OK)
		return status;
	return delivery_finish(tx, b->delivery->delivery_id, DELIVERY_POSTED,
		arena_printf(tx->arena, "a report on outgoing %lld", (long long)id));
}

struct cleared {
	struct str address;
};

static enum status clear(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct cleared *c = arg;
	return address_failures_clear(tx, c->address);
}

/* Somebody writes from there: mail to it may arrive again. */
static enum status forgive(struct bounce *b)
{
	int64_t count = 0;
	struct cleared c = {ghost_address_key(b->arena, b->mail->from.address)};
	enum status status = address_failures_count(b->db, c.address, &count);
	if (status != STATUS_OK || count == 0)
		return status;
	return db_write(b->bridge->writer, clear, &c);
}

enum status bounces_take(struct bridge *bridge, struct db *db, struct arena *arena,
	struct delivery *delivery, const struct mail *mail, bool *taken_out)
{
	struct bounce *b = ARENA_NEW(arena, struct bounce);
	*b = (struct bounce){
		.bridge = bridge, .db = db, .arena = arena, .delivery = delivery, .mail = mail};
	*taken_out = false;
	if (!is_report(mail))
		return forgive(b);
	enum status status = find_mail(b);
	if (status == STATUS_OK)
		status = outgoing_addresses(
			db, b->outgoing.outgoing_id, arena, &b->recipients, &b->recipient_count);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	if (mail->report_count > 0)
		read_standard(b);
	else
		read_other(b);
	/* "Delivered" and the like need nobody's attention; what cannot be told goes its usual way. */
	if (b->found_count == 0 && mail->report_count == 0)
		return STATUS_OK;
	status = db_write(bridge->writer, write_down, b);
	if (status != STATUS_OK)
		return status;
	delivery->state = DELIVERY_POSTED;
	*taken_out = true;
	log_info("report delivery=%lld outgoing=%lld recipients=%zu",
		(long long)delivery->delivery_id, (long long)b->outgoing.outgoing_id,
		b->found_count);
	if (b->news && bridge->answers != NULL)
		answers_wake(bridge->answers);
	return STATUS_OK;
}
