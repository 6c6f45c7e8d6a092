/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/keys/key_objects.h"

#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/json/canonical.h"
#include "common/json/json.h"

#define ALGORITHMS_MAX 32
#define KEYS_MAX       32
#define VALUE_MAX      1024
#define KEY_TEXT_MAX   (64u * 1024)

static const char *const not_signed[] = {"signatures", "unsigned", NULL};
static const char *const not_stored[] = {"unsigned", NULL};

bool key_name_split(struct str name, struct str *algorithm_out, struct str *id_out)
{
	ptrdiff_t colon = str_index(name, ':');
	if (colon <= 0 || (size_t)colon + 1 == name.n || name.n > KEY_NAME_MAX)
		return false;
	*algorithm_out = str_slice(name, 0, (size_t)colon);
	*id_out = str_skip(name, (size_t)colon + 1);
	return true;
}

/* An object of objects of strings, signer by signer. */
static bool signatures_ok(const struct json *signatures)
{
	if (!json_is(signatures, JSON_OBJECT))
		return false;
	for (struct json_iter i = json_iter(signatures); json_next(&i);) {
		if (!json_is(i.value, JSON_OBJECT))
			return false;
		for (struct json_iter k = json_iter(i.value); json_next(&k);)
			if (!json_is(k.value, JSON_STRING) || json_str(k.value).n > VALUE_MAX)
				return false;
	}
	return true;
}

static const char *device_key_map_fault(const struct json *map, struct str device_id)
{
	if (!json_is(map, JSON_OBJECT) || json_count(map) > KEYS_MAX)
		return "device_keys.keys must be an object of a few keys";
	for (struct json_iter i = json_iter(map); json_next(&i);) {
		struct str algorithm;
		struct str id;
		if (!key_name_split(i.key, &algorithm, &id) || !str_eq(id, device_id))
			return "device_keys.keys must be named algorithm:device_id";
		if (!json_is(i.value, JSON_STRING) || json_str(i.value).n > VALUE_MAX)
			return "device_keys.keys must hold strings";
	}
	return NULL;
}

const char *key_device_fault(const struct json *keys, struct str user_id, struct str device_id)
{
	if (!json_is(keys, JSON_OBJECT))
		return "device_keys must be an object";
	if (!json_is(json_get(keys, "user_id"), JSON_STRING) ||
		!str_eq(json_str(json_get(keys, "user_id")), user_id))
		return "device_keys.user_id is not the user who asks";
	if (!json_is(json_get(keys, "device_id"), JSON_STRING) ||
		!str_eq(json_str(json_get(keys, "device_id")), device_id))
		return "device_keys.device_id is not the device that asks";
	const struct json *algorithms = json_get(keys, "algorithms");
	if (!json_is(algorithms, JSON_ARRAY) || json_count(algorithms) > ALGORITHMS_MAX)
		return "device_keys.algorithms must be an array of a few names";
	for (size_t i = 0; i < json_count(algorithms); i++)
		if (!json_is(json_at(algorithms, i), JSON_STRING) ||
			json_str(json_at(algorithms, i)).n > KEY_NAME_MAX)
			return "device_keys.algorithms must hold names";
	if (!signatures_ok(json_get(keys, "signatures")))
		return "device_keys.signatures must map users to signatures by key";
	return device_key_map_fault(json_get(keys, "keys"), device_id);
}

const char *key_one_time_fault(struct str name, const struct json *value)
{
	struct str algorithm;
	struct str id;
	if (!key_name_split(name, &algorithm, &id))
		return "a key must be named algorithm:key_id";
	if (json_is(value, JSON_STRING))
		return json_str(value).n <= VALUE_MAX ? NULL : "a key is too long";
	if (!json_is(value, JSON_OBJECT))
		return "a key must be a string or an object";
	if (!json_is(json_get(value, "key"), JSON_STRING) ||
		json_str(json_get(value, "key")).n > VALUE_MAX)
		return "a key object must have a string \"key\"";
	if (!signatures_ok(json_get(value, "signatures")))
		return "a key object must have \"signatures\" by user and key";
	return NULL;
}

/* Unpadded base64 of 32 bytes. */
static bool public_key_decode(struct arena *arena, struct str text, struct str *out)
{
	return text.n <= VALUE_MAX &&
	       base64_decode(arena, text, BASE64_UNPADDED, out) == STATUS_OK &&
	       out->n == ED25519_PUBLIC_BYTES;
}

static bool has_usage(const struct json *key, struct str usage)
{
	const struct json *usages = json_get(key, "usage");
	if (!json_is(usages, JSON_ARRAY) || json_count(usages) > KEYS_MAX)
		return false;
	for (size_t i = 0; i < json_count(usages); i++)
		if (str_eq(json_str(json_at(usages, i)), usage))
			return true;
	return false;
}

const char *key_cross_signing_fault(
	const struct json *key, struct str user_id, struct str usage, struct str *public_key_out)
{
	if (!json_is(key, JSON_OBJECT))
		return "a cross-signing key must be an object";
	if (!json_is(json_get(key, "user_id"), JSON_STRING) ||
		!str_eq(json_str(json_get(key, "user_id")), user_id))
		return "the user_id of a cross-signing key is not the user who asks";
	if (!has_usage(key, usage))
		return "the usage of a cross-signing key does not fit its place";
	const struct json *keys = json_get(key, "keys");
	if (!json_is(keys, JSON_OBJECT) || json_count(keys) != 1)
		return "a cross-signing key must hold exactly one key";
	const struct json *signatures = json_get(key, "signatures");
	if (signatures != NULL && !signatures_ok(signatures))
		return "signatures must map users to signatures by key";
	struct json_iter i = json_iter(keys);
	struct str algorithm;
	struct str id;
	struct str bytes;
	ARENA_SCOPE(arena);
	if (!json_next(&i) || !key_name_split(i.key, &algorithm, &id) ||
		!str_eq(algorithm, STR("ed25519")) || !str_eq(json_str(i.value), id) ||
		!public_key_decode(arena, id, &bytes))
		return "a cross-signing key must be named ed25519:key and be that key";
	*public_key_out = id;
	return NULL;
}

/* "ed25519:" and what stands behind it. */
static struct str ed25519_name(struct arena *arena, struct str key)
{
	return arena_printf(arena, "ed25519:%.*s", STR_FMT(key));
}

struct str key_device_ed25519(const struct json *keys, struct str device_id)
{
	ARENA_SCOPE(arena);
	return json_str(json_get_str(json_get(keys, "keys"), ed25519_name(arena, device_id)));
}

enum status key_text(struct arena *arena, const struct json *key, struct str *out)
{
	BUF_SCOPE(text, KEY_TEXT_MAX);
	enum status status = json_is(key, JSON_OBJECT)
				     ? canonical_write_without(key, not_stored, &text)
				     : canonical_write(key, &text);
	if (status == STATUS_OK)
		*out = arena_str(arena, buf_str(&text));
	return status;
}

bool key_same(const struct json *a, const struct json *b)
{
	BUF_SCOPE(text_a, KEY_TEXT_MAX);
	BUF_SCOPE(text_b, KEY_TEXT_MAX);
	return canonical_write_without(a, not_signed, &text_a) == STATUS_OK &&
	       canonical_write_without(b, not_signed, &text_b) == STATUS_OK &&
	       str_eq(buf_str(&text_a), buf_str(&text_b));
}

struct str key_signature_find(const struct json *object, struct str signer_id, struct str key)
{
	ARENA_SCOPE(arena);
	const struct json *by_signer = json_get_str(json_get(object, "signatures"), signer_id);
	return json_str(json_get_str(by_signer, ed25519_name(arena, key)));
}

bool key_signature_ok(
	struct arena *arena, const struct json *object, struct str public_key, struct str signature)
{
	struct str key;
	struct str bytes;
	if (!public_key_decode(arena, public_key, &key) || signature.n > VALUE_MAX ||
		base64_decode(arena, signature, BASE64_UNPADDED, &bytes) != STATUS_OK ||
		bytes.n != ED25519_SIGNATURE_BYTES)
		return false;
	BUF_SCOPE(text, KEY_TEXT_MAX);
	return canonical_write_without(object, not_signed, &text) == STATUS_OK &&
	       ed25519_verify((const uint8_t *)key.p, buf_str(&text), (const uint8_t *)bytes.p);
}

/* --- telling them --- */

/* Signatures of one signer: those in the object, then the added ones that are not among them. */
static void write_signer(struct arena *arena, struct json_writer *w, struct str signer_id,
	const struct json *own, struct str key, const struct key_signature_list *added)
{
	jw_key_str(w, signer_id);
	jw_object(w);
	for (struct json_iter i = json_iter(own); json_next(&i);) {
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	for (size_t i = 0; i < added->count; i++) {
		const struct key_signature *one = &added->items[i];
		struct str name = ed25519_name(arena, one->signer_key);
		if (!str_eq(one->key, key) || !str_eq(one->signer_id, signer_id) ||
			json_get_str(own, name) != NULL)
			continue;
		jw_key_str(w, name);
		jw_str(w, one->signature);
	}
	jw_object_end(w);
}

/* Whether the i-th added signature is the first on this key by its signer. */
static bool first_of_signer(const struct key_signature_list *added, size_t i, struct str key)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(added->items[k].key, key) &&
			str_eq(added->items[k].signer_id, added->items[i].signer_id))
			return false;
	return str_eq(added->items[i].key, key);
}

enum status key_write(struct arena *arena, struct json_writer *w, struct str json, struct str key,
	const struct key_signature_list *added, struct str display_name)
{
	const struct json *object;
	enum status status = json_parse(arena, json, &object, NULL);
	if (status != STATUS_OK)
		return STATUS_INTERNAL;
	const struct json *signatures = json_get(object, "signatures");
	jw_object(w);
	for (struct json_iter i = json_iter(object); json_next(&i);) {
		if (str_eq(i.key, STR("signatures")))
			continue;
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	jw_put_object(w, "signatures");
	for (struct json_iter i = json_iter(signatures); json_next(&i);)
		write_signer(arena, w, i.key, i.value, key, added);
	for (size_t i = 0; i < added->count; i++)
		if (first_of_signer(added, i, key) &&
			json_get_str(signatures, added->items[i].signer_id) == NULL)
			write_signer(arena, w, added->items[i].signer_id, NULL, key, added);
	jw_object_end(w);
	if (display_name.p != NULL) {
		jw_put_object(w, "unsigned");
		jw_put_str(w, "device_display_name", display_name);
		jw_object_end(w);
	}
	jw_object_end(w);
	return STATUS_OK;
}
