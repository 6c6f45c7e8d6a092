/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/redact.h"

#include <stddef.h>

#include "common/base/mem.h"
#include "common/json/canonical.h"

#define MAX_KEPT_KEYS 12

/* Content keys that stay, in canonical order; `when` is the offset of the version's flag, or
 * ALWAYS. */
#define ALWAYS SIZE_MAX
struct kept_key {
	const char *key;
	size_t when;
};
struct kept_content {
	const char *type;
	size_t when;
	struct kept_key keys[MAX_KEPT_KEYS];
};
#define FLAG(name) offsetof(struct room_version, name)

static const struct kept_content kept_contents[] = {
	{"m.room.member", ALWAYS,
		{{"join_authorised_via_users_server", FLAG(keeps_join_authorised)},
			{"membership", ALWAYS}}},
	{"m.room.create", ALWAYS, {{"creator", ALWAYS}}},
	{"m.room.join_rules", ALWAYS,
		{{"allow", FLAG(keeps_join_rule_allow)}, {"join_rule", ALWAYS}}},
	{"m.room.power_levels", ALWAYS,
		{{"ban", ALWAYS}, {"events", ALWAYS}, {"events_default", ALWAYS},
			{"invite", FLAG(keeps_invite_level)}, {"kick", ALWAYS}, {"redact", ALWAYS},
			{"state_default", ALWAYS}, {"users", ALWAYS}, {"users_default", ALWAYS}}},
	{"m.room.history_visibility", ALWAYS, {{"history_visibility", ALWAYS}}},
	{"m.room.redaction", ALWAYS, {{"redacts", FLAG(keeps_redaction_redacts)}}},
	{"m.room.aliases", FLAG(keeps_aliases), {{"aliases", ALWAYS}}},
};

static bool flag_set(const struct room_version *version, size_t offset)
{
	return offset == ALWAYS || *(const bool *)((const char *)version + offset);
}

static enum status write_value(
	const struct room_version *version, const struct json *value, struct buf *out)
{
	return version->strict_json ? canonical_write(value, out)
				    : canonical_write_loose(value, out);
}

/* Puts the comma between members of the object that is being written. */
static void member_begin(struct buf *out, const char *key, bool *first)
{
	if (!*first)
		buf_append_byte(out, ',');
	*first = false;
	canonical_string(str_c(key), out);
	buf_append_byte(out, ':');
}

/* third_party_invite: {"signed": ...} of a member event; the key sorts last there. */
static enum status third_party_sign(const struct room_version *version, const struct json *content,
	struct buf *out, bool *first)
{
	const struct json *value = json_path(content, "third_party_invite", "signed", NULL);

	if (value == NULL)
		return STATUS_OK;
	member_begin(out, "third_party_invite", first);
	buf_append_c(out, "{\"signed\":");
	enum status status = write_value(version, value, out);
	buf_append_byte(out, '}');
	return status;
}

static enum status kept_keys(const struct room_version *version, const struct kept_content *kept,
	const struct json *content, struct buf *out, bool *first)
{
	for (size_t i = 0; i < MAX_KEPT_KEYS && kept->keys[i].key != NULL; i++) {
		const struct json *value = json_get(content, kept->keys[i].key);

		if (value == NULL || !flag_set(version, kept->keys[i].when))
			continue;
		member_begin(out, kept->keys[i].key, first);
		enum status status = write_value(version, value, out);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status redact_content(const struct room_version *version, struct str type,
	const struct json *content, struct buf *out)
{
	enum status status = STATUS_OK;
	bool first = true;

	if (version->keeps_whole_create && str_eq_c(type, "m.room.create") &&
		json_is(content, JSON_OBJECT))
		return write_value(version, content, out);
	buf_append_byte(out, '{');
	for (size_t i = 0; i < ARRAY_LEN(kept_contents) && status == STATUS_OK; i++) {
		const struct kept_content *kept = &kept_contents[i];

		if (str_eq_c(type, kept->type) && flag_set(version, kept->when))
			status = kept_keys(version, kept, content, out, &first);
	}
	if (status == STATUS_OK && version->keeps_third_party_sign &&
		str_eq_c(type, "m.room.member"))
		status = third_party_sign(version, content, out, &first);
	buf_append_byte(out, '}');
	return status;
}

static enum status redact(const struct room_version *version, const struct json *pdu,
	bool with_signatures, struct buf *out)
{
	static const struct {
		const char *key;
		bool legacy;
	} kept[] = {
		{"auth_events", false},
		{"content", false},
		{"depth", false},
		{"event_id", false},
		{"hashes", false},
		{"membership", true},
		{"origin", true},
		{"origin_server_ts", false},
		{"prev_events", false},
		{"prev_state", true},
		{"room_id", false},
		{"sender", false},
		{"signatures", false},
		{"state_key", false},
		{"type", false},
	};
	struct str type = json_str(json_get(pdu, "type"));
	enum status status = STATUS_OK;
	bool first = true;

	buf_append_byte(out, '{');
	for (size_t i = 0; i < ARRAY_LEN(kept) && status == STATUS_OK; i++) {
		const struct json *value = json_get(pdu, kept[i].key);

		if (value == NULL || (kept[i].legacy && !version->keeps_legacy_fields) ||
			(!with_signatures && strcmp(kept[i].key, "signatures") == 0))
			continue;
		member_begin(out, kept[i].key, &first);
		if (strcmp(kept[i].key, "content") == 0)
			status = redact_content(version, type, value, out);
		else
			status = write_value(version, value, out);
	}
	buf_append_byte(out, '}');
	return status == STATUS_OK ? buf_status(out) : status;
}

enum status redact_event(
	const struct room_version *version, const struct json *pdu, struct buf *out)
{
	return redact(version, pdu, true, out);
}

enum status redact_for_hash(
	const struct room_version *version, const struct json *pdu, struct buf *out)
{
	return redact(version, pdu, false, out);
}
