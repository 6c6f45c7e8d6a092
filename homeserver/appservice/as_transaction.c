/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/as_transaction.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/json/json_writer.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/appservice/as_devices.h"
#include "homeserver/room/event_format.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/receipt_store.h"
#include "homeserver/sync/receipt_write.h"

#define EPHEMERAL_TEXT_MAX ((size_t)64 * 1024)
/* Each event is 64 kB at most; its previous content and a redaction may come along. */
#define TRANSACTION_TEXT_MAX ((size_t)AS_TRANSACTION_EVENTS * 512 * 1024)

void as_ephemeral_add(struct as_ephemeral *list, struct str json)
{
	if (list->count == AS_EPHEMERAL_MAX) {
		free(list->items[0]);
		list->count--;
		memmove(&list->items[0], &list->items[1], list->count * sizeof(char *));
	}
	list->items = mem_realloc(list->items, (list->count + 1) * sizeof(char *));
	list->items[list->count++] = mem_strdup(json);
}

void as_ephemeral_release(struct as_ephemeral *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct as_ephemeral){0};
}

struct str as_typing_text(struct arena *arena, struct str room_id, const struct str_list *users)
{
	BUF_SCOPE(text, EPHEMERAL_TEXT_MAX);
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w);
	jw_put_c_str(&w, "type", "m.typing");
	jw_put_str(&w, "room_id", room_id);
	jw_put_object(&w, "content");
	jw_put_array(&w, "user_ids");
	for (size_t i = 0; i < users->count; i++)
		jw_str(&w, users->items[i]);
	jw_array_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	return arena_str(arena, buf_str(&text));
}

struct str as_receipt_text(struct arena *arena, const struct receipt *receipt)
{
	BUF_SCOPE(text, EPHEMERAL_TEXT_MAX);
	struct json_writer w;
	struct receipt one = *receipt;
	struct receipt_list list = {&one, 1};

	jw_init(&w, &text);
	receipts_write(&w, &list, receipt->room_id);
	return arena_str(arena, buf_str(&text));
}

static enum status write_event(
	struct json_writer *w, struct db *db, struct arena *arena, int64_t position, int64_t now)
{
	const struct event_format format = {.db = db, .arena = arena, .now = now};
	struct event *event;
	enum status status = room_event_at(db, arena, position, &event);

	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	return status == STATUS_OK ? event_write_client(w, event, &format) : status;
}

/* The names before they were specified go along: services in use read one or the other. */
static void write_ephemeral(struct json_writer *w, const struct as_ephemeral *ephemeral)
{
	static const char *const names[] = {"ephemeral", "de.sorunome.msc2409.ephemeral"};

	for (size_t n = 0; n < ARRAY_LEN(names) && ephemeral->count != 0; n++) {
		jw_put_array(w, names[n]);
		for (size_t i = 0; i < ephemeral->count; i++)
			jw_raw(w, str_c(ephemeral->items[i]));
		jw_array_end(w);
	}
}

enum status as_transaction_text(
	struct db *db, struct arena *arena, const struct as_parts *parts, struct str *out)
{
	BUF_SCOPE(text, TRANSACTION_TEXT_MAX);
	struct json_writer w;
	int64_t now = clock_wall_ms();
	enum status status = STATUS_OK;

	jw_init(&w, &text);
	jw_object(&w);
	jw_put_array(&w, "events");
	for (size_t i = 0; i < parts->events.count && status == STATUS_OK; i++)
		status = write_event(&w, db, arena, parts->events.items[i], now);
	jw_array_end(&w);
	if (status == STATUS_OK)
		write_ephemeral(&w, &parts->ephemeral);
	if (status == STATUS_OK)
		status = as_devices_write(&w, db, arena, parts);
	if (status != STATUS_OK)
		return status;
	jw_object_end(&w);
	status = buf_status(&text);
	if (status == STATUS_OK)
		*out = arena_str(arena, buf_str(&text));
	return status;
}
