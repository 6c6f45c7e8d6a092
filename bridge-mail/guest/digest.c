/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/digest.h"

#include <time.h>

#include "bridge-mail/message/html_escape.h"
#include "common/base/buf.h"

#define DAY_S	  86400
#define ITEM_ROOM 2048 /* bytes around an item */

static struct str time_of(struct arena *arena, int64_t ms, bool english)
{
	time_t at = (time_t)(ms / 1000);
	struct tm tm;
	if (localtime_r(&at, &tm) == NULL)
		return STR("");
	return arena_printf(arena, english ? "%02d/%02d %02d:%02d" : "%02d/%02d à %02dh%02d",
		tm.tm_mday, tm.tm_mon + 1, tm.tm_hour, tm.tm_min);
}

/* The same cost whatever the text is made of: "&quot;" is six bytes for one. */
static size_t weight(const struct room_item *item)
{
	return ITEM_ROOM + 6 * (item->text.n + item->name.n) + item->html.n;
}

static size_t how_many(const struct room_item *items, size_t count)
{
	size_t n = 0, bytes = 0;
	while (n < count && (n == 0 || bytes + weight(&items[n]) < DIGEST_MAX_BYTES))
		bytes += weight(&items[n++]);
	return n;
}

struct digest {
	struct arena *arena;
	bool english;
	struct buf text;
	struct buf html;
};

static void write_item(struct digest *d, const struct room_item *item, bool first)
{
	struct str at = time_of(d->arena, item->at, d->english);
	struct str rest = item->text, line;
	buf_printf(&d->text, "%s%.*s, %.*s\n", first ? "" : "\n", STR_FMT(item->name), STR_FMT(at));
	while (str_cut(&rest, '\n', &line))
		buf_printf(&d->text, "    %.*s\n", STR_FMT(line));
	buf_append_c(&d->html, "<p style=\"margin:.8em 0 .2em\"><b>");
	html_escape(&d->html, item->name);
	buf_append_c(&d->html, "</b> <span style=\"color:#666;font-size:85%\">");
	html_escape(&d->html, at);
	buf_append_c(&d->html, "</span></p><div>");
	if (item->html.n > 0)
		buf_append(&d->html, item->html);
	else
		html_escape_lines(&d->html, item->text);
	buf_append_c(&d->html, "</div>");
}

/* All of one conversation, where its first item stands. */
static void write_group(
	struct digest *d, const struct room_item *items, size_t count, size_t first, bool *done)
{
	buf_append_c(&d->text, "\n----------------------------------------\n");
	buf_append_c(&d->html, "<div style=\"border-left:3px solid #4a7ebb;padding-left:.8em;"
			       "margin:1.2em 0\">");
	for (size_t i = first; i < count; i++) {
		if (done[i] || !str_eq(items[i].root, items[first].root))
			continue;
		write_item(d, &items[i], i == first);
		done[i] = true;
	}
	buf_append_c(&d->html, "</div>");
}

void digest_write(struct arena *arena, const struct room_item *items, size_t count, bool english,
	struct str *text_out, struct str *html_out, size_t *used_out)
{
	struct digest d = {.arena = arena, .english = english};
	bool *done = ARENA_ARRAY(arena, bool, count + 1);
	size_t used = how_many(items, count);
	buf_init(&d.text, 2 * DIGEST_MAX_BYTES);
	buf_init(&d.html, 2 * DIGEST_MAX_BYTES);
	struct str intro = arena_printf(arena,
		used == 1 ? english ? "%zu message since the last digest."
				    : "%zu message depuis le dernier résumé."
		: english ? "%zu messages since the last digest."
			  : "%zu messages depuis le dernier résumé.",
		used);
	buf_printf(&d.text, "%.*s\n", STR_FMT(intro));
	buf_printf(&d.html, "<p>%.*s</p>", STR_FMT(intro));
	for (size_t i = 0; i < used; i++)
		if (!done[i])
			write_group(&d, items, used, i, done);
	*text_out = arena_str(arena, buf_str(&d.text));
	*html_out = d.html.overflow ? STR_EMPTY : arena_str(arena, buf_str(&d.html));
	*used_out = used;
	buf_release(&d.text);
	buf_release(&d.html);
}

int64_t digest_daily_at(int64_t now, unsigned hour)
{
	time_t at = (time_t)(now / 1000);
	struct tm tm;
	if (localtime_r(&at, &tm) == NULL)
		return now + INT64_C(1000) * DAY_S;
	tm.tm_hour = (int)(hour % 24);
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	time_t then = mktime(&tm);
	if (then <= at) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		then = mktime(&tm);
	}
	return (int64_t)then * 1000;
}
