/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/erased.h"

#include "common/json/json.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/room/redact.h"
#include "homeserver/room/visibility.h"
#include "homeserver/store/account_store.h"

static bool can_be_erased(const struct event *event, const struct event_format *format)
{
	return format->visibility != NULL && visibility_any_erased(format->visibility) &&
	       !event->redacted &&
	       (!event_is_state(event) || str_eq_c(event->type, "m.room.member"));
}

enum status erased_content(const struct event *event, const struct event_format *format,
	const struct json **content_out)
{
	BUF_SCOPE(pruned, EVENT_MAX_BYTES);
	int64_t erased_at;
	enum status status;

	*content_out = event->content;
	if (!can_be_erased(event, format))
		return STATUS_OK;
	status = account_erased_at(format->db, event->sender, &erased_at);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	if (visibility_had_before(format->visibility, event->position, erased_at))
		return STATUS_OK;
	status = redact_content(event->version, event->type, event->content, &pruned);
	if (status == STATUS_OK)
		status = json_parse(format->arena, buf_str(&pruned), content_out, NULL);
	return status;
}
