/* SPDX-License-Identifier: Apache-2.0 */
/* What a push gateway answers, and what a client says about its pusher. */
#include <assert.h>

#include "homeserver/push/push_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	struct str text = str_n((const char *)data, size);
	const struct pusher pusher = {
		.user_id = STR("@a:h"), .app_id = STR("app"), .pushkey = STR("key"), .data = text};
	const struct push_counts counts = {.unread = 1, .missed_calls = 1};
	struct str payload;
	(void)push_answer_rejects(arena, text, pusher.pushkey);
	struct push_target target = push_target_read(arena, &pusher);
	if (push_target_url_ok(target.url, true))
		assert(str_starts(target.url, STR("http")) && !str_contains_nul(target.url));
	assert(!push_target_url_ok(text, false) || str_starts(text, STR("https://")));
	(void)!push_payload_counts(arena, &pusher, &counts, &payload);
	return 0;
}
