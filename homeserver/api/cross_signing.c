/* SPDX-License-Identifier: Apache-2.0 */
/* POST keys/device_signing/upload (specification, "Cross-signing"). Signatures are in
 * api/key_signatures.c. */
#include "homeserver/api/api.h"
#include "homeserver/api/uia.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/keys/key_objects.h"
#include "homeserver/store/device_store.h"

static enum http_outcome device_signing_upload(
	struct http_request *request, struct http_reply *reply);

#define UPLOAD_MAX (256 * 1024)

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/device_signing/upload", AUTH_USER,
		LIMIT_NONE, BODY_JSON, UPLOAD_MAX, device_signing_upload},
};
const struct http_routes api_cross_signing_routes = {rows, ARRAY_LEN(rows)};

enum { MASTER, SELF_SIGNING, USER_SIGNING, KEY_KINDS };

static const struct {
	const char *field;
	struct str usage;
} kinds[KEY_KINDS] = {
	[MASTER] = {"master_key", STR_INIT("master")},
	[SELF_SIGNING] = {"self_signing_key", STR_INIT("self_signing")},
	[USER_SIGNING] = {"user_signing_key", STR_INIT("user_signing")},
};

struct uploaded_key {
	const struct json *object; /* NULL: not in the request */
	struct cross_signing_key row;
	bool is_new; /* not what the store holds */
};

struct key_upload {
	struct str user_id;
	struct uploaded_key keys[KEY_KINDS];
	bool had_master;
	bool new_master; /* another public key than the stored one */
	struct str master;
};

/* Reads one key of the request and compares it with the stored one. false: the reply is filled. */
static bool read_key(struct http_request *request, struct http_reply *reply, int kind,
	struct key_upload *upload, enum status *status_out)
{
	struct uploaded_key *key = &upload->keys[kind];
	key->object = json_get(request->json, kinds[kind].field);
	if (json_kind(key->object) == JSON_NULL)
		key->object = NULL;
	struct cross_signing_key stored = {0};
	*status_out = key_store_cross_signing_key(
		api_db(request), request->arena, upload->user_id, kinds[kind].usage, &stored);
	bool is_stored = *status_out == STATUS_OK;
	if (*status_out == STATUS_NOT_FOUND)
		*status_out = STATUS_OK;
	if (kind == MASTER) {
		upload->had_master = is_stored;
		upload->master = stored.public_key;
	}
	if (*status_out != STATUS_OK || key->object == NULL)
		return *status_out == STATUS_OK;
	key->row.usage = kinds[kind].usage;
	const char *fault = key_cross_signing_fault(
		key->object, upload->user_id, kinds[kind].usage, &key->row.public_key);
	if (fault == NULL && key_text(request->arena, key->object, &key->row.json) != STATUS_OK)
		fault = "a key cannot be written as canonical JSON";
	if (fault != NULL) {
		http_error(reply, 400, "M_INVALID_PARAM", "%s: %s", kinds[kind].field, fault);
		return false;
	}
	const struct json *before = NULL;
	if (is_stored && json_parse(request->arena, stored.json, &before, NULL) != STATUS_OK)
		before = NULL;
	key->is_new = before == NULL || !key_same(before, key->object);
	if (kind == MASTER) {
		upload->new_master = !is_stored || !str_eq(stored.public_key, key->row.public_key);
		upload->master = key->row.public_key;
	}
	return true;
}

/* A public key may not be the id of a device, nor serve twice. */
static enum http_outcome check_ids(
	struct http_request *request, struct http_reply *reply, const struct key_upload *upload)
{
	for (int kind = 0; kind < KEY_KINDS; kind++) {
		struct str public_key = upload->keys[kind].row.public_key;
		struct device device;
		if (upload->keys[kind].object == NULL)
			continue;
		enum status status = device_find(
			api_db(request), request->arena, upload->user_id, public_key, &device);
		if (status == STATUS_OK)
			return http_error(reply, 403, "M_FORBIDDEN", "Key ID in use");
		if (status != STATUS_NOT_FOUND)
			return api_status(reply, status, NULL);
		for (int other = 0; other < kind; other++)
			if (str_eq(public_key, upload->keys[other].row.public_key))
				return http_error(reply, 403, "M_FORBIDDEN", "Key ID in use");
	}
	return HTTP_REPLY;
}

/* Self-signing and user-signing keys must be signed by the master key. */
static enum http_outcome check_signatures(
	struct http_request *request, struct http_reply *reply, const struct key_upload *upload)
{
	for (int kind = SELF_SIGNING; kind < KEY_KINDS; kind++) {
		const struct json *object = upload->keys[kind].object;
		if (object == NULL)
			continue;
		if (upload->master.p == NULL)
			return http_error(reply, 400, "M_MISSING_PARAM", "There is no master key");
		struct str signature = key_signature_find(object, upload->user_id, upload->master);
		if (signature.p == NULL ||
			!key_signature_ok(request->arena, object, upload->master, signature))
			return http_error(reply, 400, "M_INVALID_SIGNATURE",
				"%s is not signed by the master key", kinds[kind].field);
	}
	return HTTP_REPLY;
}

static enum status upload_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct key_upload *upload = arg;
	struct cross_signing_key now;
	enum status status = key_store_cross_signing_key(
		tx->db, tx->arena, upload->user_id, KEY_USAGE_MASTER, &now);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	/* Another request was first: whether a password is needed was judged by what is gone. */
	if ((status == STATUS_OK) != upload->had_master)
		return STATUS_CONFLICT;
	status = STATUS_OK;
	for (int kind = 0; kind < KEY_KINDS && status == STATUS_OK; kind++) {
		const struct uploaded_key *key = &upload->keys[kind];
		if (key->object != NULL)
			status = key_store_cross_signing_put(tx, upload->user_id, &key->row);
		else if (upload->new_master)
			status = key_store_cross_signing_delete(
				tx, upload->user_id, kinds[kind].usage);
	}
	return status == STATUS_OK ? device_lists_mark(tx, upload->user_id) : status;
}

static enum uia_result authenticate(struct http_request *request, struct http_reply *reply)
{
	PASSWORD_TURN(turn, request);
	return uia_require_password(request, reply, &turn);
}

static enum http_outcome device_signing_upload(
	struct http_request *request, struct http_reply *reply)
{
	struct key_upload upload = {.user_id = api_requester(request)->user_id};
	bool any = false;
	bool any_new = false;
	for (int kind = 0; kind < KEY_KINDS; kind++) {
		enum status status;
		if (!read_key(request, reply, kind, &upload, &status))
			return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
		any = any || upload.keys[kind].object != NULL;
		any_new = any_new || upload.keys[kind].is_new;
	}
	if (!any)
		return HTTP_REPLY;
	/* Keys may be set up freely once and sent again, but changed only by the person. */
	bool must_authenticate =
		upload.had_master && any_new && api_requester(request)->appservice == NULL;
	enum uia_result result = must_authenticate ? authenticate(request, reply) : UIA_PASSED;
	if (result != UIA_PASSED)
		return result == UIA_PARKED ? HTTP_PARK : HTTP_REPLY;
	check_ids(request, reply, &upload);
	if (reply->status == 200)
		check_signatures(request, reply, &upload);
	if (reply->status != 200 || !any_new)
		return HTTP_REPLY;
	enum status status = api_write(request, upload_change, &upload);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	if (must_authenticate)
		uia_finish(request);
	return HTTP_REPLY;
}
