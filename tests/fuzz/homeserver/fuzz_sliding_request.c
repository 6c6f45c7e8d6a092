/* SPDX-License-Identifier: Apache-2.0 */
/* The body of sliding sync, in both forms, and the bytes of a connection's state. */
#include "common/json/json.h"
#include "homeserver/sync/sliding_request.h"
#include "homeserver/sync/sliding_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_request(
	struct arena *arena, const struct json *json, const struct sliding_params *params)
{
	struct sliding_request request = {
		.form = params == NULL ? SLIDING_V4 : SLIDING_UNSTABLE,
		.user_id = STR("@alice:here"),
	};
	const char *why = NULL;

	if (sliding_request_parse(arena, json, params, &request, &why) != STATUS_OK)
		return;
	for (size_t i = 0; i < request.list_count; i++) {
		const struct sliding_rule *rule = &request.lists[i].config.rule;

		(void)sliding_rule_takes(rule, STR("m.room.member"), STR("@alice:here"));
		(void)sliding_rule_takes(rule, STR("m.room.name"), STR(""));
		(void)sliding_rule_takes_all_members(rule);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	const struct sliding_params params = {.pos = STR("p1_2"), .timeout = STR("30000")};
	struct str text = str_n((const char *)data, size);
	struct sliding_state state;
	const struct json *json;

	if (sliding_state_parse(arena, text, &state) == STATUS_OK) {
		BUF_SCOPE(bytes, SLIDING_STATE_MAX);
		(void)sliding_state_write(&state, &bytes);
	}
	if (json_parse(arena, text, &json, NULL) != STATUS_OK)
		return 0;
	parse_request(arena, json, &params);
	parse_request(arena, json, NULL);
	return 0;
}
