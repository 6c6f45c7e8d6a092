/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/as_devices.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/key_store.h"

/* Of the service's own user; a bridge has one. */
#define OWN_DEVICES_MAX 16

static enum status write_message(
	struct json_writer *w, struct arena *arena, const struct appservice_message *message)
{
	const struct json *parsed;
	enum status status = json_parse(arena, message->json, &parsed, NULL);

	if (status != STATUS_OK)
		return STATUS_INTERNAL;
	jw_object(w);
	for (struct json_iter i = json_iter(parsed); json_next(&i);) {
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	jw_put_str(w, "to_user_id", message->user_id);
	jw_put_str(w, "to_device_id", message->device_id);
	jw_object_end(w);
	return STATUS_OK;
}

static enum status write_messages(
	struct json_writer *w, struct arena *arena, const struct appservice_messages *messages)
{
	static const char *const names[] = {"to_device", "de.sorunome.msc2409.to_device"};
	enum status status = STATUS_OK;

	for (size_t n = 0; n < ARRAY_LEN(names) && messages->count != 0; n++) {
		jw_put_array(w, names[n]);
		for (size_t i = 0; i < messages->count && status == STATUS_OK; i++)
			status = write_message(w, arena, &messages->items[i]);
		jw_array_end(w);
	}
	return status;
}

static void write_changed(struct json_writer *w, const struct str_list *changed)
{
	static const char *const names[] = {"device_lists", "org.matrix.msc3202.device_lists"};

	for (size_t n = 0; n < ARRAY_LEN(names) && changed->count != 0; n++) {
		jw_put_object(w, names[n]);
		jw_put_array(w, "changed");
		for (size_t i = 0; i < changed->count; i++)
			jw_str(w, changed->items[i]);
		jw_array_end(w);
		jw_put_array(w, "left");
		jw_array_end(w);
		jw_object_end(w);
	}
}

/* A device whose keys are told, and its keys. Those of one user stand together. */
struct counted {
	struct str user_id;
	struct str device_id;
	struct key_counts counts;
	struct str_list fallbacks;
};

struct counted_list {
	struct counted *items;
	size_t count;
};

static enum status add_device(struct db *db, struct arena *arena, struct counted_list *list,
	struct str user_id, struct str device_id)
{
	struct counted one = {.user_id = user_id, .device_id = device_id};
	size_t at = list->count;
	enum status status;

	for (size_t i = 0; i < list->count; i++) {
		if (!str_eq(list->items[i].user_id, user_id))
			continue;
		if (str_eq(list->items[i].device_id, device_id))
			return STATUS_OK;
		at = i + 1;
	}
	status = key_store_one_time_counts(db, arena, user_id, device_id, &one.counts);
	if (status == STATUS_OK)
		status = key_store_unused_fallbacks(db, arena, user_id, device_id, &one.fallbacks);
	if (status != STATUS_OK)
		return status;
	(void)ROWS_ADD(arena, list);
	memmove(&list->items[at + 1], &list->items[at],
		(list->count - 1 - at) * sizeof(struct counted));
	list->items[at] = one;
	return STATUS_OK;
}

static enum status collect_devices(
	struct db *db, struct arena *arena, const struct as_parts *parts, struct counted_list *list)
{
	struct device_list own;
	enum status status = device_list_get(db, arena, parts->service->sender, &own);

	for (size_t i = 0; i < own.count && i < OWN_DEVICES_MAX && status == STATUS_OK; i++)
		status =
			add_device(db, arena, list, parts->service->sender, own.items[i].device_id);
	for (size_t i = 0; i < parts->messages.count && status == STATUS_OK; i++)
		status = add_device(db, arena, list, parts->messages.items[i].user_id,
			parts->messages.items[i].device_id);
	return status;
}

static void write_count(struct json_writer *w, const struct counted *device)
{
	jw_object(w);
	for (size_t i = 0; i < device->counts.count; i++) {
		jw_key_str(w, device->counts.items[i].algorithm);
		jw_int(w, device->counts.items[i].count);
	}
	jw_object_end(w);
}

static void write_fallbacks(struct json_writer *w, const struct counted *device)
{
	jw_array(w);
	for (size_t i = 0; i < device->fallbacks.count; i++)
		jw_str(w, device->fallbacks.items[i]);
	jw_array_end(w);
}

/* {"@user": {"DEVICE": ...}} */
static void write_by_user(struct json_writer *w, const char *name, const struct counted_list *list,
	void (*write)(struct json_writer *w, const struct counted *device))
{
	jw_put_object(w, name);
	for (size_t i = 0; i < list->count; i++) {
		bool begins = i == 0 || !str_eq(list->items[i].user_id, list->items[i - 1].user_id);

		if (begins && i > 0)
			jw_object_end(w);
		if (begins) {
			jw_key_str(w, list->items[i].user_id);
			jw_object(w);
		}
		jw_key_str(w, list->items[i].device_id);
		write(w, &list->items[i]);
	}
	if (list->count > 0)
		jw_object_end(w);
	jw_object_end(w);
}

static enum status write_keys(
	struct json_writer *w, struct db *db, struct arena *arena, const struct as_parts *parts)
{
	struct counted_list list = {0};
	enum status status = collect_devices(db, arena, parts, &list);

	if (status != STATUS_OK || list.count == 0)
		return status;
	write_by_user(w, "device_one_time_keys_count", &list, write_count);
	write_by_user(w, "org.matrix.msc3202.device_one_time_keys_count", &list, write_count);
	write_by_user(w, "device_unused_fallback_key_types", &list, write_fallbacks);
	write_by_user(
		w, "org.matrix.msc3202.device_unused_fallback_key_types", &list, write_fallbacks);
	return STATUS_OK;
}

enum status as_devices_write(
	struct json_writer *w, struct db *db, struct arena *arena, const struct as_parts *parts)
{
	enum status status = write_messages(w, arena, &parts->messages);

	if (status != STATUS_OK || !parts->service->wants_devices)
		return status;
	write_changed(w, &parts->changed);
	return write_keys(w, db, arena, parts);
}
