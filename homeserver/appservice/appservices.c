/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/appservices.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"
#include "config/config.h"
#include "homeserver/appservice/namespaces.h"

struct appservices {
	struct arena *arena;
	struct str server_name;
	struct appservice *items;
	size_t count;
};

static struct str field(struct arena *arena, const char *text)
{
	return text == NULL ? STR_EMPTY : arena_str(arena, str_c(text));
}

static enum status read_url(struct arena *arena, const char *text, struct str *out, struct buf *why)
{
	struct str url = field(arena, text);

	if (url.n != 0 && !str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) {
		buf_append_c(why, "url must begin with http:// or https://, or be null");
		return STATUS_INVALID;
	}
	while (str_ends(url, STR("/")))
		url.n--;
	*out = url.n == 0 ? STR_EMPTY : url;
	return STATUS_OK;
}

static void read_protocols(
	struct arena *arena, const struct registration *from, struct appservice *out)
{
	struct str *protocols = ARENA_ARRAY(arena, struct str, from->protocols_count);

	for (unsigned i = 0; i < from->protocols_count; i++)
		protocols[i] = field(arena, from->protocols[i]);
	out->protocols = protocols;
	out->protocol_count = from->protocols_count;
}

static enum status fill(struct appservices *all, const struct registration *from,
	struct appservice *out, struct buf *why)
{
	struct matrix_id id;
	enum status status;

	out->id = field(all->arena, from->id);
	out->as_token = field(all->arena, from->as_token);
	out->hs_token = field(all->arena, from->hs_token);
	out->rate_limited = from->rate_limited == NULL || *from->rate_limited;
	out->receive_ephemeral = from->receive_ephemeral || from->push_ephemeral;
	out->wants_devices = from->wants_devices;
	read_protocols(all->arena, from, out);
	out->sender = arena_printf(
		all->arena, "@%s:%.*s", from->sender_localpart, STR_FMT(all->server_name));
	if (user_id_parse(out->sender, &id) != STATUS_OK) {
		buf_append_c(why, "sender_localpart makes no user id");
		return STATUS_INVALID;
	}
	status = read_url(all->arena, from->url, &out->url, why);
	if (status == STATUS_OK)
		status = as_namespaces_new(&from->namespaces, &out->namespaces, why);
	return status;
}

/* The specification demands it of ids and tokens; with one sender in two services, neither could
 * be told what the other does. */
static enum status check_unique(
	const struct appservices *all, const struct appservice *new, struct buf *why)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct appservice *old = &all->items[i];
		const char *what = NULL;

		if (str_eq(old->id, new->id))
			what = "id";
		else if (str_eq(old->as_token, new->as_token))
			what = "as_token";
		else if (str_eq(old->sender, new->sender))
			what = "sender_localpart";
		if (what == NULL)
			continue;
		buf_printf(why, "its %s is that of \"%.*s\" too", what, STR_FMT(old->id));
		return STATUS_EXISTS;
	}
	return STATUS_OK;
}

static enum status load_file(struct appservices *all, const char *path, struct buf *why)
{
	struct registration *registration = NULL;
	struct appservice *service = &all->items[all->count];
	BUF_SCOPE(yaml, REGISTRATION_MAX_BYTES);
	enum status status = fs_read_file(path, &yaml);

	if (status != STATUS_OK) {
		buf_append_c(why, "the file cannot be read");
		return status;
	}
	status = registration_parse(buf_str(&yaml), &registration, why);
	if (status != STATUS_OK)
		return status;
	status = fill(all, registration, service, why);
	registration_free(&registration);
	if (status == STATUS_OK)
		status = check_unique(all, service, why);
	if (status == STATUS_OK)
		all->count++;
	else
		as_namespaces_free(&service->namespaces);
	return status;
}

enum status appservices_load(
	const struct config *config, struct appservices **out, char why[APPSERVICES_ERROR_MAX])
{
	struct appservices *all = MEM_NEW(struct appservices);
	unsigned count = config->homeserver.application_services_count;
	enum status status = STATUS_OK;

	all->arena = arena_new();
	all->server_name = arena_str(all->arena, str_c(config->server_name));
	all->items = ARENA_ARRAY(all->arena, struct appservice, count);
	if (count > APPSERVICES_MAX) {
		snprintf(why, APPSERVICES_ERROR_MAX, "there are more than %d application services",
			APPSERVICES_MAX);
		status = STATUS_TOO_LARGE;
	}
	for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
		const char *path = config->homeserver.application_services[i];
		BUF_SCOPE(reason, APPSERVICES_ERROR_MAX);

		status = load_file(all, path, &reason);
		if (status != STATUS_OK)
			snprintf(why, APPSERVICES_ERROR_MAX,
				"application service registration %.200s: %.*s", path,
				STR_FMT(buf_str(&reason)));
	}
	if (status != STATUS_OK) {
		appservices_free(&all);
		return status;
	}
	*out = all;
	return STATUS_OK;
}

void appservices_free(struct appservices **appservices)
{
	struct appservices *all = *appservices;

	if (all == NULL)
		return;
	for (size_t i = 0; i < all->count; i++)
		as_namespaces_free(&all->items[i].namespaces);
	arena_free(&all->arena);
	free(all);
	*appservices = NULL;
}

size_t appservices_count(const struct appservices *all)
{
	return all == NULL ? 0 : all->count;
}

struct appservice *appservices_at(const struct appservices *all, size_t index)
{
	return &all->items[index];
}

struct appservice *appservices_by_token(const struct appservices *all, struct str as_token)
{
	struct appservice *found = NULL;

	for (size_t i = 0; i < appservices_count(all); i++) {
		if (secret_equal(all->items[i].as_token, as_token))
			found = &all->items[i];
	}
	return found;
}

struct appservice *appservices_by_id(const struct appservices *all, struct str id)
{
	for (size_t i = 0; i < appservices_count(all); i++) {
		if (str_eq(all->items[i].id, id))
			return &all->items[i];
	}
	return NULL;
}

/* The namespace of users holds users of this server only. */
static bool is_local(const struct appservice *appservice, struct str user_id)
{
	ptrdiff_t ours = str_index(appservice->sender, ':'), theirs = str_index(user_id, ':');

	return theirs > 0 && str_eq(str_skip(user_id, (size_t)theirs),
				     str_skip(appservice->sender, (size_t)ours));
}

bool appservice_is_user(const struct appservice *appservice, struct str user_id)
{
	return str_eq(appservice->sender, user_id) ||
	       (is_local(appservice, user_id) &&
		       as_namespaces_match(appservice->namespaces, AS_USERS, user_id, false));
}

bool appservice_has_alias(const struct appservice *appservice, struct str room_alias)
{
	return as_namespaces_match(appservice->namespaces, AS_ALIASES, room_alias, false);
}

bool appservice_has_room(const struct appservice *appservice, struct str room_id)
{
	return as_namespaces_match(appservice->namespaces, AS_ROOMS, room_id, false);
}

struct appservice *appservices_exclusive_user(
	const struct appservices *all, struct str user_id, const struct appservice *except)
{
	for (size_t i = 0; i < appservices_count(all); i++) {
		struct appservice *service = &all->items[i];

		if (service == except)
			continue;
		if (str_eq(service->sender, user_id) ||
			(is_local(service, user_id) &&
				as_namespaces_match(service->namespaces, AS_USERS, user_id, true)))
			return service;
	}
	return NULL;
}

struct appservice *appservices_exclusive_alias(
	const struct appservices *all, struct str room_alias, const struct appservice *except)
{
	for (size_t i = 0; i < appservices_count(all); i++) {
		struct appservice *service = &all->items[i];

		if (service != except &&
			as_namespaces_match(service->namespaces, AS_ALIASES, room_alias, true))
			return service;
	}
	return NULL;
}
