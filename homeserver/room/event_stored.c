/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_stored.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/room_version.h"

enum member { CONTENT, DEPTH, ORIGIN_SERVER_TS, REDACTS, SENDER, STATE_KEY, TYPE, MEMBERS };

static const struct str member_keys[MEMBERS] = {
	[CONTENT] = STR_INIT("content"),
	[DEPTH] = STR_INIT("depth"),
	[ORIGIN_SERVER_TS] = STR_INIT("origin_server_ts"),
	[REDACTS] = STR_INIT("redacts"),
	[SENDER] = STR_INIT("sender"),
	[STATE_KEY] = STR_INIT("state_key"),
	[TYPE] = STR_INIT("type"),
};

struct scan {
	struct str text;
	size_t at;
};

static struct str between(struct str text, size_t from, size_t end)
{
	return str_n(text.p + from, end - from);
}

static bool take(struct scan *scan, char c)
{
	if (scan->at >= scan->text.n || scan->text.p[scan->at] != c)
		return false;
	scan->at++;
	return true;
}

/* To behind the closing quote of the string whose opening one is here. */
static bool skip_string(struct scan *scan)
{
	if (!take(scan, '"'))
		return false;
	for (; scan->at < scan->text.n; scan->at++) {
		char c = scan->text.p[scan->at];

		if (c == '\\')
			scan->at++;
		else if (c == '"')
			return take(scan, '"');
	}
	return false;
}

static bool skip_container(struct scan *scan)
{
	size_t depth = 0;

	while (scan->at < scan->text.n) {
		char c = scan->text.p[scan->at];

		if (c == '"') {
			if (!skip_string(scan))
				return false;
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return true;
	}
	return false;
}

static bool skip_value(struct scan *scan)
{
	size_t from = scan->at;

	if (from >= scan->text.n)
		return false;
	if (scan->text.p[from] == '"')
		return skip_string(scan);
	if (scan->text.p[from] == '{' || scan->text.p[from] == '[')
		return skip_container(scan);
	while (scan->at < scan->text.n && scan->text.p[scan->at] != ',' &&
		scan->text.p[scan->at] != '}')
		scan->at++;
	return scan->at > from;
}

static void note_member(struct str key, struct str value, struct str members[MEMBERS])
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (str_eq(key, member_keys[i]))
			members[i] = value;
	}
}

static bool scan_members(struct str text, struct str members[MEMBERS])
{
	struct scan scan = {text, 0};

	if (!take(&scan, '{'))
		return false;
	do {
		size_t key = scan.at, value;

		if (!skip_string(&scan))
			return false;
		value = scan.at + 1;
		if (!take(&scan, ':') || !skip_value(&scan))
			return false;
		note_member(
			between(text, key + 1, value - 2), between(text, value, scan.at), members);
	} while (take(&scan, ','));
	return take(&scan, '}') && scan.at == text.n;
}

/* What stands between the quotes; false when it is no string, or one with escapes. */
static bool plain_string(struct str value, struct str *out)
{
	if (value.n < 2 || value.p[0] != '"' || str_index(value, '\\') >= 0)
		return false;
	*out = between(value, 1, value.n - 1);
	return true;
}

static bool plain_strings(const struct str members[MEMBERS], struct event *event)
{
	if (members[STATE_KEY].p != NULL && !plain_string(members[STATE_KEY], &event->state_key))
		return false;
	return plain_string(members[TYPE], &event->type) &&
	       plain_string(members[SENDER], &event->sender);
}

/* A redaction names the event in the content or beside it, by room version. */
static bool read_redacts(const struct str members[MEMBERS], struct event *event)
{
	if (!str_eq_c(event->type, "m.room.redaction"))
		return true;
	if (event->version->redacts_in_content) {
		event->redacts = json_str(json_get(event->content, "redacts"));
		return true;
	}
	return members[REDACTS].p == NULL || plain_string(members[REDACTS], &event->redacts);
}

static bool read_plain(struct arena *arena, struct str text, struct event *event)
{
	struct str members[MEMBERS] = {0};

	return scan_members(text, members) && plain_strings(members, event) &&
	       str_to_i64(members[DEPTH], &event->depth) == STATUS_OK &&
	       str_to_i64(members[ORIGIN_SERVER_TS], &event->origin_server_ts) == STATUS_OK &&
	       json_parse(arena, members[CONTENT], &event->content, NULL) == STATUS_OK &&
	       json_is(event->content, JSON_OBJECT) && read_redacts(members, event) &&
	       (event->content_text = members[CONTENT]).n != 0;
}

enum status event_stored_read(struct arena *arena, const struct room_version *version,
	struct str room_id, struct str event_id, struct str text, struct event **out)
{
	struct event *event = ARENA_NEW(arena, struct event);

	*event = (struct event){
		.event_id = event_id, .room_id = room_id, .version = version, .json = text};
	if (!read_plain(arena, text, event))
		return event_parse(arena, version, room_id, event_id, text, out);
	*out = event;
	return STATUS_OK;
}
