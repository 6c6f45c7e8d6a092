/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/presence_write.h"

void presence_write_content(
	struct json_writer *w, const struct presence_view *view, int64_t wall_ms)
{
	int64_t ago = wall_ms - view->last_active;

	jw_put_c_str(w, "presence", presence_word(view->state));
	if (view->last_active != 0)
		jw_put_int(w, "last_active_ago", ago > 0 ? ago : 0);
	if (view->status_msg.p != NULL)
		jw_put_str(w, "status_msg", view->status_msg);
	if (view->state == PRESENCE_ONLINE)
		jw_put_bool(w, "currently_active", view->currently_active);
}

void presence_write_event(struct json_writer *w, const struct presence_view *view, int64_t wall_ms)
{
	jw_object(w);
	jw_put_c_str(w, "type", "m.presence");
	jw_put_str(w, "sender", view->user_id);
	jw_put_object(w, "content");
	presence_write_content(w, view, wall_ms);
	jw_object_end(w);
	jw_object_end(w);
}
