/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/session.h"

#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/key_store.h"
#include "homeserver/stream/streams.h"

#define ACCESS_MS	 (60 * 60 * 1000) /* of an access token that can be refreshed */
#define TOKEN_LENGTH	 43		  /* 256 bits */
#define DEVICE_ID_LENGTH 10

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The first `max` bytes or fewer, never half a character. */
static struct str cut_text(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_n(s.p, max);
}

static struct str map_bytes(struct arena *arena, struct str s, char (*map)(char c))
{
	char *out = arena_c_str(arena, s);
	for (size_t i = 0; i < s.n; i++)
		out[i] = map(out[i]);
	return str_n(out, s.n);
}

enum status session_prepare(struct arena *arena, struct str user_id, struct str device_id,
	struct str display_name, bool refreshes, int64_t now, struct session *out)
{
	if (device_id.n > DEVICE_ID_MAX || !is_printable(device_id))
		return STATUS_INVALID;
	if (device_id.n == 0)
		device_id = map_bytes(arena, secret_token(arena, DEVICE_ID_LENGTH), upper);
	*out = (struct session){
		.user_id = user_id,
		.device_id = device_id,
		.display_name = cut_text(display_name, DEVICE_NAME_MAX),
		.access_token = secret_token(arena, TOKEN_LENGTH),
	};
	if (refreshes) {
		out->refresh_token = secret_token(arena, TOKEN_LENGTH);
		out->expires_ts = now + ACCESS_MS;
		out->expires_in_ms = ACCESS_MS;
	}
	return STATUS_OK;
}

enum status session_open(struct db_tx *tx, const struct session *session)
{
	bool created;
	bool is_key;
	enum status status = key_store_is_cross_signing_key(
		tx->db, session->user_id, session->device_id, &is_key);
	if (status != STATUS_OK || is_key)
		return status == STATUS_OK ? STATUS_INVALID : status;
	status = device_ensure(
		tx, session->user_id, session->device_id, session->display_name, &created);
	if (status == STATUS_OK && !created)
		status = token_drop_device(tx, session->user_id, session->device_id);
	if (status != STATUS_OK)
		return status;
	const struct token_pair pair = {
		.user_id = session->user_id,
		.device_id = session->device_id,
		.access = session->access_token,
		.refresh = session->refresh_token,
		.expires_ts = session->expires_ts,
	};
	return token_add_pair(tx, &pair);
}

void session_write(struct json_writer *w, const struct session *session, struct str server_name)
{
	jw_put_str(w, "user_id", session->user_id);
	jw_put_str(w, "home_server", server_name);
	jw_put_str(w, "access_token", session->access_token);
	jw_put_str(w, "device_id", session->device_id);
	if (session->refresh_token.p != NULL) {
		jw_put_str(w, "refresh_token", session->refresh_token);
		jw_put_int(w, "expires_in_ms", session->expires_in_ms);
	}
}

enum status session_close_device(struct db_tx *tx, struct str user_id, struct str device_id)
{
	enum status status = device_delete(tx, user_id, device_id);
	if (status == STATUS_OK)
		status = device_lists_device_deleted(tx, user_id, device_id);
	/* Its sync, if one waits, looks again and is refused. */
	(void)stream_next_volatile(tx);
	stream_touch_user(tx, user_id);
	return status;
}

enum status session_close_devices(struct db_tx *tx, struct str user_id, struct str except)
{
	struct device_list list;
	enum status status = device_list_get(tx->db, tx->arena, user_id, &list);
	for (size_t i = 0; i < list.count && status == STATUS_OK; i++)
		if (!str_eq(list.items[i].device_id, except))
			status = session_close_device(tx, user_id, list.items[i].device_id);
	return status;
}

struct short_token {
	enum token_purpose purpose;
	struct str token;
	struct str user_id;
	int64_t now;
	int64_t lives_ms;
};

static enum status short_token_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct short_token *t = arg;
	return token_add_short(tx, t->purpose, t->token, t->user_id, t->now + t->lives_ms, t->now);
}

enum status session_short_token(struct http_request *request, enum token_purpose purpose,
	struct str user_id, int64_t lives_ms, struct str *token_out)
{
	struct short_token t = {
		.purpose = purpose,
		.token = secret_token(request->arena, TOKEN_LENGTH),
		.user_id = user_id,
		.now = clock_wall_ms(),
		.lives_ms = lives_ms,
	};
	*token_out = t.token;
	return api_write(request, short_token_change, &t);
}

enum status session_user_id(
	struct arena *arena, struct str server_name, struct str name, struct str *out)
{
	if (name.n == 0 || name.n > MATRIX_ID_MAX || str_contains_nul(name))
		return STATUS_INVALID;
	name = map_bytes(arena, name, lower);
	if (name.p[0] != '@')
		name = arena_printf(arena, "@%.*s:%.*s", STR_FMT(name), STR_FMT(server_name));
	struct matrix_id id;
	enum status status = user_id_parse(name, &id);
	if (status != STATUS_OK)
		return status;
	if (!str_eq_nocase(id.server, server_name))
		return STATUS_NOT_FOUND;
	*out = arena_printf(arena, "@%.*s:%.*s", STR_FMT(id.localpart), STR_FMT(server_name));
	return STATUS_OK;
}
