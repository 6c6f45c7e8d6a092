/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/relate.h"

#include "bridge-mail/store/messages.h"

struct relation {
	struct db *db;
	const struct choose_query *query;
	struct arena *arena;
	int64_t chosen;
	int64_t *list;
	size_t count;
};

static void add(struct relation *r, int64_t thread_id)
{
	if (thread_id == r->chosen || r->count == RELATE_MAX)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i] == thread_id)
			return;
	r->list[r->count++] = thread_id;
}

static enum status look_up(struct relation *r, struct str id, bool same_subject)
{
	struct message_row row;
	struct thread thread;
	enum status status = messages_find(r->db, r->query->mailbox_id, id, r->arena, &row);
	if (status == STATUS_OK && same_subject) {
		status = threads_get(r->db, row.thread_id, r->arena, &thread);
		if (status == STATUS_OK && !str_eq(thread.base_subject, r->query->subject->base))
			return STATUS_OK;
	}
	if (status == STATUS_OK)
		add(r, row.thread_id);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status look_up_own(struct relation *r)
{
	struct message_row row;
	enum status status = messages_find(
		r->db, r->query->mailbox_id, r->query->mail->message_id, r->arena, &row);
	/* Seen: another mail under the same id. */
	if (status == STATUS_OK && !row.seen)
		add(r, row.thread_id);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status relate_threads(struct db *db, const struct choose_query *query, int64_t chosen,
	struct arena *arena, int64_t list[RELATE_MAX], size_t *count_out)
{
	struct relation r = {
		.db = db, .query = query, .arena = arena, .chosen = chosen, .list = list};
	const struct mail *mail = query->mail;
	enum status status = look_up_own(&r);
	for (size_t i = 0; i < mail->in_reply_to.count && status == STATUS_OK; i++)
		status = look_up(&r, mail->in_reply_to.items[i], false);
	for (size_t i = mail->references.count; i > 0 && status == STATUS_OK; i--)
		status = look_up(&r, mail->references.items[i - 1], true);
	*count_out = r.count;
	return status;
}
