/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/receipt_write.h"

#include <stdlib.h>

static int compare_place(const struct receipt *a, const struct receipt *b)
{
	int order = str_cmp(a->event_id, b->event_id);

	if (order == 0)
		order = str_cmp(a->type, b->type);
	if (order == 0)
		order = str_cmp(a->user_id, b->user_id);
	return order;
}

static int compare(const void *a, const void *b)
{
	const struct receipt *x = a, *y = b;
	int order = compare_place(x, y);

	return order != 0 ? order : str_cmp(x->thread_id, y->thread_id);
}

static void write_user(struct json_writer *w, const struct receipt *receipt)
{
	jw_key_str(w, receipt->user_id);
	jw_object(w);
	jw_put_int(w, "ts", receipt->ts);
	if (receipt->thread_id.n != 0)
		jw_put_str(w, "thread_id", receipt->thread_id);
	jw_object_end(w);
}

/* Opens and closes the levels of event and kind where they change. */
static void write_place(
	struct json_writer *w, const struct receipt *last, const struct receipt *receipt)
{
	bool new_event = last == NULL || !str_eq(last->event_id, receipt->event_id);
	bool new_type = new_event || !str_eq(last->type, receipt->type);

	if (last != NULL && new_type)
		jw_object_end(w);
	if (last != NULL && new_event)
		jw_object_end(w);
	if (new_event) {
		jw_key_str(w, receipt->event_id);
		jw_object(w);
	}
	if (new_type) {
		jw_key_str(w, receipt->type);
		jw_object(w);
	}
	write_user(w, receipt);
}

/* The receipts that are the rank-th of their place; returns how many there were. */
static size_t write_rank(struct json_writer *w, const struct receipt_list *receipts, size_t rank)
{
	const struct receipt *last = NULL;
	size_t in_place = 0, written = 0;

	for (size_t i = 0; i < receipts->count; i++) {
		const struct receipt *receipt = &receipts->items[i];

		in_place = i > 0 && compare_place(receipt - 1, receipt) == 0 ? in_place + 1 : 0;
		if (in_place != rank)
			continue;
		write_place(w, last, receipt);
		last = receipt;
		written++;
	}
	if (last != NULL) {
		jw_object_end(w);
		jw_object_end(w);
	}
	return written;
}

void receipts_write_first(struct json_writer *w, struct receipt_list *receipts)
{
	if (receipts->count > 1)
		qsort(receipts->items, receipts->count, sizeof(struct receipt), compare);
	jw_object(w);
	jw_put_c_str(w, "type", "m.receipt");
	jw_put_object(w, "content");
	(void)write_rank(w, receipts, 0);
	jw_object_end(w);
	jw_object_end(w);
}

void receipts_write(struct json_writer *w, struct receipt_list *receipts, struct str room_id)
{
	size_t left = receipts->count;

	if (left > 1)
		qsort(receipts->items, receipts->count, sizeof(struct receipt), compare);
	for (size_t rank = 0; left > 0; rank++) {
		jw_object(w);
		jw_put_c_str(w, "type", "m.receipt");
		if (room_id.p != NULL)
			jw_put_str(w, "room_id", room_id);
		jw_put_object(w, "content");
		left -= write_rank(w, receipts, rank);
		jw_object_end(w);
		jw_object_end(w);
	}
}
