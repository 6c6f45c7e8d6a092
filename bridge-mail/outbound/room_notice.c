/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/room_notice.h"

#include "bridge-mail/matrix/events.h"
#include "bridge-mail/matrix/say.h"
#include "common/base/mem.h"
#include "common/json/json_writer.h"

#define CONTENT_MAX 16384
#define SENT_KEY    "\xe2\x9c\x89\xef\xb8\x8f" /* an envelope */

static const char *const fault_texts[] = {
	[ANSWER_FINE] = "",
	[ANSWER_EMPTY] = "Rien \xc3\xa0 envoyer : \xc3\xa9"
			 "crivez le texte apr\xc3\xa8s la commande.\n"
			 "Nothing to send: write the text behind the command.",
	[ANSWER_NO_RECIPIENT] =
		"Ce message n\xe2\x80\x99"
		"est pas parti : personne dans ce fil n\xe2\x80\x99"
		"a d\xe2\x80\x99"
		"adresse \xc3\xa0 laquelle r\xc3\xa9pondre.\n"
		"This message has not left: nobody in this thread has an address to answer to.",
	[ANSWER_FILE_TOO_LARGE] = "Ce message n\xe2\x80\x99"
				  "est pas parti : la pi\xc3\xa8"
				  "ce jointe d\xc3\xa9passe 15 Mo.\n"
				  "This message has not left: the attachment is over 15 MB.",
	[ANSWER_FILE_GONE] = "Ce message n\xe2\x80\x99"
			     "est pas parti : la pi\xc3\xa8"
			     "ce jointe ne peut pas \xc3\xaatre lue.\n"
			     "This message has not left: the attachment cannot be read.",
	[ANSWER_TOO_LARGE] = "Ce message n\xe2\x80\x99"
			     "est pas parti : il est trop grand pour un courriel.\n"
			     "This message has not left: it is too large for a mail.",
};

static enum status say_about(const struct matrix_session *s, struct str room_id,
	struct str event_id, struct str txn, struct str text)
{
	struct saying saying = {
		.room_id = room_id, .reply_to = event_id, .txn_id = txn, .text = text};
	return say(s, &saying);
}

enum status room_notice_fault(const struct matrix_session *s, struct str room_id,
	struct str event_id, enum answer_fault fault)
{
	ARENA_SCOPE(arena);
	struct str txn = say_txn_id(arena, "fault", event_id, STR(""));
	return say_about(s, room_id, event_id, txn, str_c(fault_texts[fault]));
}

enum status room_notice_failed(const struct matrix_session *s, struct str room_id,
	const struct outgoing_recipient *recipient)
{
	ARENA_SCOPE(arena);
	struct str event_id = recipient->mail.event_id;
	struct str txn = say_txn_id(arena, "failed", event_id, recipient->address);
	struct str text = arena_printf(arena,
		"Le courriel n\xe2\x80\x99"
		"a pas pu \xc3\xaatre remis \xc3\xa0 %.*s.\n"
		"The mail could not be delivered to %.*s.\n%.*s",
		STR_FMT(recipient->address), STR_FMT(recipient->address),
		STR_FMT(recipient->last_reply));
	return say_about(s, room_id, event_id, txn, text);
}

/* The server keeps one such reaction of a user, however often it is asked. */
enum status room_notice_sent(
	const struct matrix_session *s, struct str room_id, struct str event_id)
{
	ARENA_SCOPE(arena);
	struct str reaction = STR_EMPTY;
	BUF_SCOPE(content, CONTENT_MAX);
	struct json_writer w;
	jw_init(&w, &content);
	jw_object(&w);
	jw_put_object(&w, "m.relates_to");
	jw_put_c_str(&w, "rel_type", "m.annotation");
	jw_put_str(&w, "event_id", event_id);
	jw_put_c_str(&w, "key", SENT_KEY);
	jw_object_end(&w);
	jw_object_end(&w);
	struct room_send_request request = {
		.room_id = room_id,
		.type = STR("m.reaction"),
		.content = buf_str(&content),
		.txn_id = say_txn_id(arena, "sent", event_id, STR("")),
	};
	return say_settle(events_send(s, &request, arena, &reaction));
}
