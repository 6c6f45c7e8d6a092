/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/answer_event.h"

#include "common/base/mem.h"
#include "common/matrix/ids.h"

static const char *const commands[] = {"!envoyer", "!send"};

static bool is_file(struct str msgtype)
{
	static const char *const types[] = {"m.file", "m.image", "m.audio", "m.video"};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq_c(msgtype, types[i]))
			return true;
	return false;
}

static void read_relation(const struct json *content, struct answer_event *out)
{
	const struct json *relation = json_get(content, "m.relates_to");
	bool in_thread = str_eq_c(json_str(json_get(relation, "rel_type")), "m.thread");
	if (in_thread)
		out->thread = json_str(json_get(relation, "event_id"));
	/* In a thread it may stand there only for clients that know no threads. */
	if (!in_thread || !json_bool(json_get(relation, "is_falling_back"), false))
		out->replies = json_str(json_path(relation, "m.in_reply_to", "event_id", NULL));
	if (!event_id_ok(out->replies))
		out->replies = STR_EMPTY;
	if (!event_id_ok(out->thread))
		out->thread = STR_EMPTY;
}

/* Lines with "> " in front and the empty one behind them: what clients wrote before version 1.13
 * of the specification. Only where it says whom it quotes. */
static struct str without_quote(struct str text)
{
	bool fallback = str_starts(text, STR("> <@")) || str_starts(text, STR("> * <@"));
	struct str rest = text, line;
	while (fallback && str_starts(rest, STR(">")))
		if (!str_cut(&rest, '\n', &line))
			break;
	if (fallback && rest.n > 0 && rest.p[0] == '\n')
		rest = str_skip(rest, 1);
	return fallback ? rest : text;
}

static struct str without_html_quote(struct str html)
{
	ptrdiff_t end = str_find(html, STR("</mx-reply>"));
	if (end < 0 || !str_starts(str_trim(html), STR("<mx-reply>")))
		return html;
	return str_skip(html, (size_t)end + sizeof("</mx-reply>") - 1);
}

/* The length of the command at the start, or 0. */
static size_t command_length(struct str text)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct str word = str_c(commands[i]);
		if (!str_eq_nocase(str_slice(text, 0, word.n), word))
			continue;
		char next = text.n > word.n ? text.p[word.n] : ' ';
		if (next == ' ' || next == '\n' || next == '\t' || next == '<')
			return word.n;
	}
	return 0;
}

/* The same word in the HTML, behind the tags that open it; without it the plain text stands. */
static struct str html_without_command(struct arena *arena, struct str html)
{
	size_t at = 0;
	while (at < html.n && html.p[at] == '<') {
		ptrdiff_t close = str_index(str_skip(html, at), '>');
		if (close < 0)
			return STR_EMPTY;
		at += (size_t)close + 1;
	}
	size_t word = command_length(str_skip(html, at));
	if (word == 0)
		return STR_EMPTY;
	return arena_printf(arena, "%.*s%.*s", STR_FMT(str_slice(html, 0, at)),
		STR_FMT(str_skip(html, at + word)));
}

static void read_text(struct arena *arena, const struct json *content, struct answer_event *out)
{
	bool is_html = str_eq_c(json_str(json_get(content, "format")), "org.matrix.custom.html");
	out->text = json_str(json_get(content, "body"));
	if (is_html)
		out->html = without_html_quote(json_str(json_get(content, "formatted_body")));
	if (out->replies.n > 0 || out->thread.n > 0)
		out->text = without_quote(out->text);
	size_t word = command_length(out->text);
	out->command = word > 0;
	if (out->command) {
		out->text = str_skip(out->text, word);
		out->html = html_without_command(arena, out->html);
	}
	out->text = str_trim(out->text);
	out->html = str_trim(out->html);
}

/* A body that is not the file's name is what the agent says about it. */
static void read_file(struct arena *arena, const struct json *content, struct answer_event *out)
{
	struct str body = json_str(json_get(content, "body"));
	struct str name = json_str(json_get(content, "filename"));
	out->mxc = json_str(json_get(content, "url"));
	out->file_name = name.n > 0 ? name : body;
	out->file_type = json_str(json_path(content, "info", "mimetype", NULL));
	if (name.n > 0 && !str_eq(name, body))
		read_text(arena, content, out);
}

enum status answer_event_read(
	struct arena *arena, const struct json *event, struct answer_event *out)
{
	const struct json *content = json_get(event, "content");
	struct str relation = json_str(json_path(content, "m.relates_to", "rel_type", NULL));
	*out = (struct answer_event){
		.event_id = json_str(json_get(event, "event_id")),
		.sender = json_str(json_get(event, "sender")),
		.at = json_int(json_get(event, "origin_server_ts"), 0),
	};
	bool edit = str_eq_c(relation, "m.replace");
	if (edit) {
		out->edits = json_str(json_path(content, "m.relates_to", "event_id", NULL));
		content = json_get(content, "m.new_content");
		if (!event_id_ok(out->edits))
			return STATUS_NOT_FOUND;
	}
	struct str msgtype = json_str(json_get(content, "msgtype"));
	bool talks = str_eq_c(msgtype, "m.text") || str_eq_c(msgtype, "m.emote");
	if (!talks && !is_file(msgtype))
		return STATUS_NOT_FOUND;
	if (!edit)
		read_relation(content, out);
	if (talks)
		read_text(arena, content, out);
	else
		read_file(arena, content, out);
	return STATUS_OK;
}
