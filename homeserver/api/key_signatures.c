/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST keys/signatures/upload (specification, "Cross-signing"): signatures on keys that are here
 * already. Each is verified before it is kept; the others of the request do not suffer from one
 * that is wrong.
 */
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/keys/key_objects.h"

static enum http_outcome signatures_upload(struct http_request *request, struct http_reply *reply);

#define UPLOAD_MAX (1024 * 1024)

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/signatures/upload", AUTH_USER, LIMIT_NONE,
		BODY_JSON, UPLOAD_MAX, signatures_upload},
};
const struct http_routes api_key_signatures_routes = {rows, ARRAY_LEN(rows)};

struct failure {
	struct str user_id;
	struct str key;
	const char *errcode;
	const char *text;
};

struct failures {
	struct failure *items;
	size_t count;
};

struct good_signature {
	struct str user_id; /* whose key is signed */
	struct key_signature row;
};

struct good_signatures {
	struct good_signature *items;
	size_t count;
};

struct signing {
	struct http_request *request;
	struct str user_id; /* who signs */
	struct good_signatures good;
	struct failures failures;
};

static void fail(struct signing *signing, struct str user_id, struct str key, const char *errcode,
	const char *text)
{
	*ROWS_ADD(signing->request->arena, &signing->failures) =
		(struct failure){user_id, key, errcode, text};
}

/* The key that is signed, as it is stored: a device of the signer, or anybody's master key.
 * *is_device_out tells which. */
static enum status find_target(struct signing *signing, struct str user_id, struct str key,
	const struct json **stored_out, bool *is_device_out)
{
	struct db *db = api_db(signing->request);
	struct arena *arena = signing->request->arena;
	struct cross_signing_key master;
	struct device_keys device;
	struct str json;
	enum status status =
		key_store_cross_signing_key(db, arena, user_id, KEY_USAGE_MASTER, &master);
	if (status == STATUS_OK && str_eq(master.public_key, key)) {
		*is_device_out = false;
		json = master.json;
	} else if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
		return status;
	} else if (!str_eq(user_id, signing->user_id)) {
		return STATUS_NOT_FOUND;
	} else {
		status = key_store_device_keys(db, arena, user_id, key, &device);
		if (status != STATUS_OK)
			return status;
		*is_device_out = true;
		json = device.json;
	}
	status = json_parse(arena, json, stored_out, NULL);
	return status == STATUS_OK ? STATUS_OK : STATUS_INTERNAL;
}

/* The Ed25519 key with which the signer may sign the target under that name: devices are signed by
 * the self-signing key, the own master key by own devices, others' master keys by the user-signing
 * key. STATUS_NOT_FOUND when the name is none of these. */
static enum status find_signer(struct signing *signing, struct str target_user, bool is_device,
	struct str name, struct str *public_key_out)
{
	struct db *db = api_db(signing->request);
	struct arena *arena = signing->request->arena;
	bool own = str_eq(target_user, signing->user_id);
	if (own && !is_device) {
		struct device_keys device;
		const struct json *keys;
		enum status status =
			key_store_device_keys(db, arena, signing->user_id, name, &device);
		if (status != STATUS_OK)
			return status;
		if (json_parse(arena, device.json, &keys, NULL) != STATUS_OK)
			return STATUS_INTERNAL;
		*public_key_out = key_device_ed25519(keys, name);
		return public_key_out->p == NULL ? STATUS_NOT_FOUND : STATUS_OK;
	}
	struct cross_signing_key key;
	enum status status = key_store_cross_signing_key(db, arena, signing->user_id,
		own ? KEY_USAGE_SELF_SIGNING : KEY_USAGE_USER_SIGNING, &key);
	if (status != STATUS_OK)
		return status;
	*public_key_out = key.public_key;
	return str_eq(key.public_key, name) ? STATUS_OK : STATUS_NOT_FOUND;
}

/* One signature of one object. *bad_out is set when it is not one to keep. */
static enum status take_signature(struct signing *signing, const struct good_signature *given,
	const struct json *object, bool is_device, bool *bad_out)
{
	struct str public_key;
	enum status status =
		find_signer(signing, given->user_id, is_device, given->row.signer_key, &public_key);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (status == STATUS_NOT_FOUND || !key_signature_ok(signing->request->arena, object,
						  public_key, given->row.signature))
		*bad_out = true;
	else
		*ROWS_ADD(signing->request->arena, &signing->good) = *given;
	return STATUS_OK;
}

/* All signatures of the signer on one object. Those that stand on the stored key already are
 * passed over: clients send the whole object back. */
static enum status take_object(
	struct signing *signing, struct str user_id, struct str key, const struct json *object)
{
	const struct json *stored;
	bool is_device;
	enum status status = find_target(signing, user_id, key, &stored, &is_device);
	if (status == STATUS_NOT_FOUND) {
		fail(signing, user_id, key, "M_NOT_FOUND", "No such key");
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	if (!key_same(stored, object)) {
		fail(signing, user_id, key, "M_INVALID_PARAM", "This is not the key that is here");
		return STATUS_OK;
	}
	bool bad = false;
	size_t seen = 0;
	const struct json *by_name = json_get_str(json_get(object, "signatures"), signing->user_id);
	for (struct json_iter s = json_iter(by_name); json_next(&s) && status == STATUS_OK;) {
		struct str algorithm;
		struct str name;
		if (!key_name_split(s.key, &algorithm, &name) ||
			!str_eq(algorithm, STR("ed25519")) || !json_is(s.value, JSON_STRING)) {
			bad = true;
			continue;
		}
		seen++;
		if (str_eq(key_signature_find(stored, signing->user_id, name), json_str(s.value)))
			continue;
		struct good_signature given = {.user_id = user_id,
			.row = {.key = key,
				.signer_id = signing->user_id,
				.signer_key = name,
				.signature = json_str(s.value)}};
		status = take_signature(signing, &given, object, is_device, &bad);
	}
	if (status == STATUS_OK && (bad || seen == 0))
		fail(signing, user_id, key, "M_INVALID_SIGNATURE", "Invalid signature");
	return status;
}

static enum status keep_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct signing *signing = arg;
	bool own = false;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < signing->good.count && status == STATUS_OK; i++) {
		const struct good_signature *good = &signing->good.items[i];
		status = key_store_signature_put(tx, good->user_id, &good->row);
		if (str_eq(good->user_id, signing->user_id))
			own = true;
		else if (status == STATUS_OK)
			status = device_lists_mark_signed(tx, signing->user_id, good->user_id);
	}
	return status == STATUS_OK && own ? device_lists_mark(tx, signing->user_id) : status;
}

/* Failures of one user stand together: that is the order in which they were found. */
static void write_failures(struct json_writer *w, const struct failures *failures)
{
	jw_object(w);
	jw_put_object(w, "failures");
	for (size_t i = 0; i < failures->count; i++) {
		const struct failure *failure = &failures->items[i];
		if (i == 0 || !str_eq(failure->user_id, failures->items[i - 1].user_id)) {
			if (i > 0)
				jw_object_end(w);
			jw_key_str(w, failure->user_id);
			jw_object(w);
		}
		jw_key_str(w, failure->key);
		jw_object(w);
		jw_put_c_str(w, "errcode", failure->errcode);
		jw_put_c_str(w, "error", failure->text);
		jw_object_end(w);
	}
	if (failures->count > 0)
		jw_object_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

static enum http_outcome signatures_upload(struct http_request *request, struct http_reply *reply)
{
	struct signing signing = {.request = request, .user_id = api_requester(request)->user_id};
	enum status status = db_snapshot_begin(api_db(request));
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	for (struct json_iter u = json_iter(request->json); json_next(&u) && status == STATUS_OK;) {
		struct matrix_id id;
		if (user_id_parse(u.key, &id) != STATUS_OK || !json_is(u.value, JSON_OBJECT)) {
			status = STATUS_INVALID;
			break;
		}
		for (struct json_iter k = json_iter(u.value); json_next(&k) && status == STATUS_OK;)
			status = json_is(k.value, JSON_OBJECT)
					 ? take_object(&signing, u.key, k.key, k.value)
					 : STATUS_INVALID;
	}
	db_snapshot_end(api_db(request));
	if (status == STATUS_INVALID)
		return http_error(
			reply, 400, "M_BAD_JSON", "The body must map users to keys to objects");
	if (status == STATUS_OK && signing.good.count > 0)
		status = api_write(request, keep_change, &signing);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	write_failures(&reply->json, &signing.failures);
	return HTTP_REPLY;
}
