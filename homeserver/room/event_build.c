/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_build.h"

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"
#include "common/json/canonical.h"
#include "homeserver/room/redact.h"
#include "homeserver/room/signing.h"

/* Characters before the server's name in an id that is given: 107 bits. */
#define GIVEN_ID_LENGTH 18

/* The fields that are worked out on the way, as JSON text; empty: left out. */
struct computed {
	struct str event_id; /* where the event names its own */
	struct str content;
	struct str content_hash;
	struct str signatures;
	bool pruned; /* without what redaction drops at the top level */
};

/* `hashes` is empty where events are named by their ids alone. */
static void write_refs(struct buf *out, const struct str_list *ids, const struct str_list *hashes)
{
	buf_append_byte(out, '[');
	for (size_t i = 0; i < ids->count; i++) {
		if (i > 0)
			buf_append_byte(out, ',');
		if (hashes->count != 0)
			buf_append_byte(out, '[');
		canonical_string(ids->items[i], out);
		if (hashes->count != 0) {
			buf_append_c(out, ",{\"sha256\":");
			canonical_string(hashes->items[i], out);
			buf_append_c(out, "}]");
		}
	}
	buf_append_byte(out, ']');
}

static void write_str(struct buf *out, const char *label, struct str value)
{
	buf_append_c(out, label);
	canonical_string(value, out);
}

/* Members in canonical order, so that the text needs no sorting. */
static void write_pdu(
	struct buf *out, const struct event_parts *parts, const struct computed *computed)
{
	buf_append_c(out, "{\"auth_events\":");
	write_refs(out, &parts->auth_events, &parts->auth_hashes);
	buf_append_c(out, ",\"content\":");
	buf_append(out, computed->content);
	buf_printf(out, ",\"depth\":%lld", (long long)parts->depth);
	if (computed->event_id.n != 0)
		write_str(out, ",\"event_id\":", computed->event_id);
	if (computed->content_hash.n != 0) {
		write_str(out, ",\"hashes\":{\"sha256\":", computed->content_hash);
		buf_append_byte(out, '}');
	}
	buf_printf(out, ",\"origin_server_ts\":%lld", (long long)parts->origin_server_ts);
	buf_append_c(out, ",\"prev_events\":");
	write_refs(out, &parts->prev_events, &parts->prev_hashes);
	if (parts->redacts.n != 0 && !computed->pruned)
		write_str(out, ",\"redacts\":", parts->redacts);
	if (parts->room_id.n != 0)
		write_str(out, ",\"room_id\":", parts->room_id);
	write_str(out, ",\"sender\":", parts->sender);
	if (computed->signatures.n != 0) {
		buf_append_c(out, ",\"signatures\":");
		buf_append(out, computed->signatures);
	}
	if (parts->state_key.p != NULL)
		write_str(out, ",\"state_key\":", parts->state_key);
	write_str(out, ",\"type\":", parts->type);
	buf_append_byte(out, '}');
}

static enum status content_text(
	struct arena *arena, const struct event_parts *parts, bool pruned, struct str *out)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	enum status status =
		pruned ? redact_content(parts->version, parts->type, parts->content, &text)
		       : canonical_write(parts->content, &text);

	if (status == STATUS_OK)
		status = buf_status(&text);
	if (status == STATUS_OK)
		*out = arena_str(arena, buf_str(&text));
	return status;
}

static struct str content_hash(
	struct arena *arena, const struct event_parts *parts, const struct computed *whole)
{
	struct computed unhashed = {.event_id = whole->event_id, .content = whole->content};
	uint8_t hash[SHA256_BYTES];
	BUF_SCOPE(text, EVENT_MAX_BYTES);

	write_pdu(&text, parts, &unhashed);
	sha256(buf_str(&text), hash);
	return base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_UNPADDED);
}

static struct str signatures_text(struct arena *arena, const struct signing_key *key,
	struct str server_name, struct str pruned)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);

	write_str(&text, "{", server_name);
	write_str(&text, ":{", signing_key_id(key));
	write_str(&text, ":", signing_sign(key, arena, pruned));
	buf_append_c(&text, "}}");
	return arena_str(arena, buf_str(&text));
}

static struct str given_id(struct arena *arena, struct str server_name)
{
	return arena_printf(arena, "$%.*s:%.*s", STR_FMT(secret_token(arena, GIVEN_ID_LENGTH)),
		STR_FMT(server_name));
}

enum status event_build(struct arena *arena, const struct signing_key *key, struct str server_name,
	const struct event_parts *parts, struct event **out)
{
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	struct computed whole = {0}, pruned = {.pruned = true};
	enum status status = content_text(arena, parts, false, &whole.content);

	if (status == STATUS_OK)
		status = content_text(arena, parts, true, &pruned.content);
	if (status != STATUS_OK)
		return status;
	if (parts->version->event_id_form == EVENT_ID_GIVEN)
		whole.event_id = pruned.event_id = given_id(arena, server_name);
	whole.content_hash = pruned.content_hash = content_hash(arena, parts, &whole);
	write_pdu(&text, parts, &pruned);
	struct str event_id = whole.event_id;
	if (event_id.n == 0)
		event_id = event_id_of_pruned(arena, parts->version, buf_str(&text));
	whole.signatures = signatures_text(arena, key, server_name, buf_str(&text));
	buf_clear(&text);
	write_pdu(&text, parts, &whole);
	status = buf_status(&text);
	if (status != STATUS_OK)
		return status;
	struct str room_id = parts->room_id;
	if (room_id.n == 0)
		room_id = arena_printf(arena, "!%.*s", STR_FMT(str_skip(event_id, 1)));
	return event_parse(
		arena, parts->version, room_id, event_id, arena_str(arena, buf_str(&text)), out);
}

enum status event_parse(struct arena *arena, const struct room_version *version, struct str room_id,
	struct str event_id, struct str text, struct event **out)
{
	const struct json *pdu;

	if (json_parse(arena, text, &pdu, NULL) != STATUS_OK)
		return STATUS_INVALID;
	const struct json *content = json_get(pdu, "content");
	const struct json *state_key = json_get(pdu, "state_key");
	struct str type = json_str(json_get(pdu, "type"));
	struct str sender = json_str(json_get(pdu, "sender"));
	if (!json_is(content, JSON_OBJECT) || type.p == NULL || sender.p == NULL ||
		(state_key != NULL && !json_is(state_key, JSON_STRING)) ||
		!json_is(json_get(pdu, "origin_server_ts"), JSON_INT) ||
		!json_is(json_get(pdu, "depth"), JSON_INT))
		return STATUS_INVALID;
	struct event *event = ARENA_NEW(arena, struct event);
	*event = (struct event){
		.event_id = event_id,
		.room_id = room_id,
		.sender = sender,
		.type = type,
		.state_key = json_str(state_key),
		.origin_server_ts = json_int(json_get(pdu, "origin_server_ts"), 0),
		.depth = json_int(json_get(pdu, "depth"), 0),
		.version = version,
		.json = text,
		.pdu = pdu,
		.content = content,
	};
	if (str_eq_c(type, "m.room.redaction"))
		event->redacts =
			json_str(json_get(version->redacts_in_content ? content : pdu, "redacts"));
	*out = event;
	return STATUS_OK;
}
