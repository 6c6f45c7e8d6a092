/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/answer_link.h"

#include <time.h>

#include "bridge-mail/message/file_name.h"
#include "bridge-mail/outbound/file_link.h"
#include "bridge-mail/outbound/language.h"
#include "bridge-mail/store/file_links.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

struct linking {
	struct file_link link;
	int64_t link_id;
};

static enum status put_link(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct linking *l = arg;
	return file_links_put(tx, &l->link, &l->link_id);
}

static struct str day_of(struct arena *arena, bool english, int64_t ms)
{
	char text[32];
	struct tm tm;
	time_t seconds = (time_t)(ms / 1000);
	localtime_r(&seconds, &tm);
	size_t n = strftime(text, sizeof(text), english ? "%Y-%m-%d" : "%d/%m/%Y", &tm);
	return arena_str(arena, str_n(text, n));
}

enum status answer_link_make(const struct matrix_session *session, const struct answer_event *event,
	struct str mailbox, int64_t now, struct arena *arena, struct str *line_out,
	struct str *url_out)
{
	const struct bridge *bridge = session->matrix->bridge;
	const struct config_bridge_mail *config = &bridge->config->bridge_mail;
	struct linking l = {
		.link = {.event_id = event->event_id,
			.mxc = event->mxc,
			.name = file_name_safe(arena, event->file_name, event->file_type, 0),
			.content_type = event->file_type,
			.created_at = now,
			.expires_at = now + (int64_t)config->link_days * DAY_MS},
	};
	enum status status = db_write(bridge->writer, put_link, &l);
	if (status != STATUS_OK)
		return status;
	struct str base = str_c(config->public_url);
	struct str secret = str_n((const char *)bridge->secret, BRIDGE_SECRET_BYTES);
	while (base.n > 0 && base.p[base.n - 1] == '/')
		base.n--;
	bool english = language_is_english(bridge->config, mailbox);
	*line_out = arena_printf(arena,
		english ? "File %.*s, to download until %.*s:"
			: "Fichier %.*s, \xc3\xa0 t\xc3\xa9l\xc3\xa9"
			  "charger jusqu\u2019au %.*s :",
		STR_FMT(l.link.name), STR_FMT(day_of(arena, english, l.link.expires_at)));
	*url_out = arena_printf(arena, "%.*s/files/%.*s", STR_FMT(base),
		STR_FMT(file_link_token(arena, secret, l.link_id, l.link.expires_at)));
	return STATUS_OK;
}
