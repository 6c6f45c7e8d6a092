/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/choose.h"

#include "bridge-mail/store/messages.h"
#include "bridge-mail/thread/token.h"
#include "common/base/mem.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

struct choice {
	struct db *db;
	const struct choose_query *query;
	struct arena *arena;
	struct thread thread;
	enum choose_reason reason;
};

/* Each rule: STATUS_OK when it has found the thread, STATUS_NOT_FOUND to try the next. */
typedef enum status (*choose_rule)(struct choice *c);

static enum status try_token(struct choice *c, struct str message_id)
{
	struct str token;
	if (!token_read(c->query->secret, message_id, &token))
		return STATUS_NOT_FOUND;
	enum status status = threads_by_token(c->db, token, c->arena, &c->thread);
	if (status == STATUS_OK && c->thread.mailbox_id != c->query->mailbox_id)
		return STATUS_NOT_FOUND;
	return status;
}

static enum status by_token(struct choice *c)
{
	const struct mail *mail = c->query->mail;
	enum status status = STATUS_NOT_FOUND;
	for (size_t i = 0; i < mail->in_reply_to.count && status == STATUS_NOT_FOUND; i++)
		status = try_token(c, mail->in_reply_to.items[i]);
	for (size_t i = mail->references.count; i > 0 && status == STATUS_NOT_FOUND; i--)
		status = try_token(c, mail->references.items[i - 1]);
	return status;
}

/* The thread of an id that the mailbox knows; *seen_out tells a ghost from a mail. */
static enum status by_id(struct choice *c, struct str message_id, bool *seen_out)
{
	struct message_row row;
	enum status status = messages_find(c->db, c->query->mailbox_id, message_id, c->arena, &row);
	if (status != STATUS_OK)
		return status;
	*seen_out = row.seen;
	return threads_get(c->db, row.thread_id, c->arena, &c->thread);
}

static enum status by_ghost(struct choice *c)
{
	bool seen;
	enum status status = by_id(c, c->query->mail->message_id, &seen);
	/* A mail that came before with this id and other content does not draw this one in. */
	return status == STATUS_OK && seen ? STATUS_NOT_FOUND : status;
}

static enum status by_reply(struct choice *c)
{
	const struct mail_ids *ids = &c->query->mail->in_reply_to;
	enum status status = STATUS_NOT_FOUND;
	bool seen;
	for (size_t i = 0; i < ids->count && status == STATUS_NOT_FOUND; i++)
		status = by_id(c, ids->items[i], &seen);
	return status;
}

static enum status by_reference(struct choice *c)
{
	const struct mail_ids *ids = &c->query->mail->references;
	bool seen;
	for (size_t i = ids->count; i > 0; i--) {
		enum status status = by_id(c, ids->items[i - 1], &seen);
		if (status == STATUS_OK && !str_eq(c->thread.base_subject, c->query->subject->base))
			status = STATUS_NOT_FOUND;
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	return STATUS_NOT_FOUND;
}

static enum status by_index(struct choice *c)
{
	struct str index = c->query->mail->thread_index;
	if (index.n < THREAD_INDEX_BYTES)
		return STATUS_NOT_FOUND;
	return threads_by_index(c->db, c->query->mailbox_id,
		str_slice(index, 0, THREAD_INDEX_BYTES), c->arena, &c->thread);
}

static struct str lower_case(struct arena *arena, struct str s)
{
	char *out = arena_c_str(arena, s);
	for (size_t i = 0; i < s.n; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
	return str_n(out, s.n);
}

static enum status takes_part(
	struct choice *c, int64_t thread_id, const struct mail_addresses *list, bool *out)
{
	for (size_t i = 0; i < list->count && !*out; i++) {
		struct str address = lower_case(c->arena, list->items[i].address);
		enum status status = participant_is(c->db, thread_id, address, out);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status shares_participant(struct choice *c, int64_t thread_id, bool *out)
{
	const struct mail *mail = c->query->mail;
	const struct mail_addresses from = {
		.items = &mail->from, .count = mail->from.address.n > 0 ? 1 : 0};
	*out = false;
	enum status status = takes_part(c, thread_id, &from, out);
	if (status == STATUS_OK)
		status = takes_part(c, thread_id, &mail->to, out);
	if (status == STATUS_OK)
		status = takes_part(c, thread_id, &mail->cc, out);
	return status;
}

static enum status by_subject(struct choice *c)
{
	const struct choose_query *q = c->query;
	struct thread *list;
	size_t count;
	if (!q->subject->reply || q->subject->base.n == 0 || (q->mail->flags & MAIL_LIST) != 0)
		return STATUS_NOT_FOUND;
	enum status status = threads_by_subject(c->db, q->mailbox_id, q->subject->base,
		q->now - CHOOSE_SUBJECT_DAYS * DAY_MS, c->arena, &list, &count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		bool shared;
		status = shares_participant(c, list[i].thread_id, &shared);
		if (status == STATUS_OK && shared) {
			c->thread = list[i];
			return STATUS_OK;
		}
	}
	return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

static const struct {
	choose_rule rule;
	enum choose_reason reason;
	const char *name;
} rules[] = {
	{by_token, CHOSEN_BY_TOKEN, "token"},
	{by_ghost, CHOSEN_BY_GHOST, "ghost"},
	{by_reply, CHOSEN_BY_REPLY, "reply"},
	{by_reference, CHOSEN_BY_REFERENCE, "reference"},
	{by_index, CHOSEN_BY_INDEX, "index"},
	{by_subject, CHOSEN_BY_SUBJECT, "subject"},
};

enum status choose_thread(struct db *db, const struct choose_query *query, struct arena *arena,
	enum choose_reason *reason_out, struct thread *thread_out)
{
	struct choice c = {.db = db, .query = query, .arena = arena};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		enum status status = rules[i].rule(&c);
		if (status == STATUS_OK) {
			*thread_out = c.thread;
			*reason_out = rules[i].reason;
		}
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	*reason_out = CHOSEN_NEW;
	return STATUS_OK;
}

const char *choose_reason_name(enum choose_reason reason)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].reason == reason)
			return rules[i].name;
	return "new";
}
