/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Push rules judged against an event: the input is a stored set of rules, a zero byte, and the
 * event. A set that can be read must be written, stored and read again as the same.
 */
#include <stdlib.h>

#include "common/json/json.h"
#include "homeserver/push/ruleset.h"

#define ME STR("@me:here")

static bool may_notify(struct condition_event *event, struct str key)
{
	(void)event;
	return key.n % 2 == 0;
}

static struct str display_name(struct condition_event *event, struct str user_id)
{
	(void)event;
	(void)user_id;
	return STR("Camille*");
}

static void check_stored(struct arena *arena, const struct push_ruleset *set)
{
	BUF_SCOPE(first, PUSH_RULESET_MAX);
	BUF_SCOPE(second, PUSH_RULESET_MAX);
	struct push_ruleset *again;
	if (ruleset_store(set, &first) != STATUS_OK)
		return;
	if (ruleset_read(arena, buf_str(&first), &again) != STATUS_OK ||
		ruleset_store(again, &second) != STATUS_OK ||
		!str_eq(buf_str(&first), buf_str(&second)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	struct str event_text = str_n((const char *)data, size);
	struct str stored;
	const struct json *pdu = NULL;
	struct push_ruleset *set;
	if (!str_cut(&event_text, '\0', &stored) || ruleset_read(arena, stored, &set) != STATUS_OK)
		return 0;
	if (json_parse(arena, event_text, &pdu, NULL) == STATUS_OK) {
		struct condition_event event = {.arena = arena,
			.pdu = pdu,
			.room_id = STR("!room:here"),
			.event_id = STR("$event"),
			.member_count = 2,
			.may_notify = may_notify,
			.display_name = display_name};
		(void)ruleset_match(set, &event, ME);
	}
	check_stored(arena, set);
	BUF_SCOPE(written, 4 * PUSH_RULESET_MAX);
	struct json_writer w;
	const struct json *read_back;
	jw_init(&w, &written);
	ruleset_write(set, ME, &w);
	if (buf_status(&written) == STATUS_OK &&
		json_parse(arena, buf_str(&written), &read_back, NULL) != STATUS_OK)
		abort();
	return 0;
}
