/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/room_title.h"

#include "common/base/buf.h"

#define NAME_MAX_BYTES 240
#define TOPIC_MAX      4096
#define NO_SUBJECT     "(sans objet / no subject)"

struct str room_title(struct arena *arena, struct str subject)
{
	struct str name = str_trim(subject);
	if (name.n == 0)
		return STR(NO_SUBJECT);
	name = str_slice(name, 0, NAME_MAX_BYTES);
	while (name.n > 0 && !str_is_utf8(name))
		name.n--;
	char *line = arena_c_str(arena, name);
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	return str_n(line, name.n);
}

struct str room_title_of(
	struct arena *arena, struct str subject, bool closed, enum config_language language)
{
	struct str title = room_title(arena, subject);
	if (!closed)
		return title;
	return arena_printf(arena, "[%s] %.*s", language == LANGUAGE_ENGLISH ? "closed" : "fermé",
		STR_FMT(title));
}

struct str room_topic(struct arena *arena, const struct room_topic *topic)
{
	bool english = topic->language == LANGUAGE_ENGLISH;
	BUF_SCOPE(text, TOPIC_MAX);
	buf_printf(&text, english ? "Thread no. %lld" : "Fil nº %lld", (long long)topic->thread_id);
	if (topic->assigned.n > 0)
		buf_printf(&text, english ? " · taken by %.*s" : " · pris par %.*s",
			STR_FMT(topic->assigned));
	if (topic->closed)
		buf_append_c(&text, english ? " · closed" : " · fermé");
	buf_printf(&text,
		"\nSalon relié au courriel : non chiffré de bout en bout (%.*s). Une réponse à un "
		"courriel, ou un message qui commence par !envoyer, part par courriel ; le reste "
		"demeure ici. !aide dit la suite.\n"
		"Room connected to mail: not end-to-end encrypted (%.*s). A reply to a mail, or a "
		"message that begins with !send, leaves by mail; everything else stays here. !help "
		"says more.",
		STR_FMT(topic->mailbox_address), STR_FMT(topic->mailbox_address));
	return arena_str(arena, buf_str(&text));
}
