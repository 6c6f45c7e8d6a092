/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_hash.h"

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/json/canonical.h"
#include "common/matrix/ids.h"
#include "homeserver/room/redact.h"

static struct str hash_text(struct arena *arena, struct str bytes, enum base64_variant variant)
{
	uint8_t hash[SHA256_BYTES];

	sha256(bytes, hash);
	return base64_encode(arena, str_n((const char *)hash, sizeof(hash)), variant);
}

enum status event_content_hash(struct arena *arena, const struct room_version *version,
	const struct json *pdu, struct str *out)
{
	static const char *const skip[] = {"hashes", "signatures", "unsigned", NULL};
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	enum status status = version->strict_json ? canonical_write_without(pdu, skip, &text)
						  : canonical_write_without_loose(pdu, skip, &text);

	if (status == STATUS_OK)
		*out = hash_text(arena, buf_str(&text), BASE64_UNPADDED);
	return status;
}

enum status event_reference_hash(struct arena *arena, const struct room_version *version,
	const struct json *pdu, struct str *out)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	enum status status = redact_for_hash(version, pdu, &text);

	if (status == STATUS_OK)
		*out = hash_text(arena, buf_str(&text), BASE64_UNPADDED);
	return status;
}

struct str event_id_of_pruned(
	struct arena *arena, const struct room_version *version, struct str pruned)
{
	enum base64_variant variant =
		version->event_id_form == EVENT_ID_HASH_URL ? BASE64_URL_UNPADDED : BASE64_UNPADDED;
	struct str hash = hash_text(arena, pruned, variant);

	return arena_printf(arena, "$%.*s", STR_FMT(hash));
}

enum status event_id_compute(struct arena *arena, const struct room_version *version,
	const struct json *pdu, struct str *out)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	enum status status;

	if (version->event_id_form == EVENT_ID_GIVEN) {
		*out = json_str(json_get(pdu, "event_id"));
		return event_id_ok(*out) ? STATUS_OK : STATUS_INVALID;
	}
	status = redact_for_hash(version, pdu, &text);
	if (status == STATUS_OK)
		*out = event_id_of_pruned(arena, version, buf_str(&text));
	return status;
}

bool event_content_hash_matches(
	struct arena *arena, const struct room_version *version, const struct json *pdu)
{
	struct str told = json_str(json_path(pdu, "hashes", "sha256", NULL));
	struct str hash;

	return event_content_hash(arena, version, pdu, &hash) == STATUS_OK && str_eq(told, hash);
}
