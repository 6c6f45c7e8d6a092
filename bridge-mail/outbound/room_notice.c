/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/room_notice.h"

#include "bridge-mail/matrix/say.h"
#include "bridge-mail/message/failure_reason.h"
#include "bridge-mail/outbound/room_mark.h"
#include "common/base/mem.h"

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

/* The mail's event, or for a correction the one that people see. */
static struct str shown_event(const struct outgoing_mail *mail)
{
	return mail->corrects.n > 0 ? mail->corrects : mail->event_id;
}

enum status room_notice_failed(const struct matrix_session *s, struct str room_id,
	const struct outgoing_recipient *recipient)
{
	ARENA_SCOPE(arena);
	const struct outgoing_mail *mail = &recipient->mail;
	struct str txn = say_txn_id(arena, "failed", mail->event_id, recipient->address);
	const struct failure_reason *reason = failure_reason(recipient->last_reply);
	struct str text = arena_printf(arena,
		"Le courriel n\xe2\x80\x99"
		"a pas pu \xc3\xaatre remis \xc3\xa0 %.*s : %s.\n"
		"The mail could not be delivered to %.*s: %s.\n%.*s",
		STR_FMT(recipient->address), reason->french, STR_FMT(recipient->address),
		reason->english, STR_FMT(recipient->last_reply));
	enum status status = say_about(s, room_id, shown_event(mail), txn, text);
	return status == STATUS_OK ? room_mark_put(s, room_id, shown_event(mail), MARK_FAILED)
				   : status;
}

enum status room_notice_report(const struct matrix_session *s, struct str room_id,
	const struct outgoing_reported *reported)
{
	ARENA_SCOPE(arena);
	const struct outgoing_mail *mail = &reported->recipient.mail;
	struct str address = reported->recipient.address;
	bool bounced = reported->report == OUTGOING_BOUNCED;
	struct str txn =
		say_txn_id(arena, bounced ? "bounced" : "delayed", mail->event_id, address);
	const struct failure_reason *reason = failure_reason(reported->text);
	struct str text;
	if (bounced)
		text = arena_printf(arena,
			"Le courriel pour %.*s est revenu : %s.\n"
			"The mail for %.*s has come back: %s.\n%.*s",
			STR_FMT(address), reason->french, STR_FMT(address), reason->english,
			STR_FMT(reported->text));
	else
		text = arena_printf(arena,
			"Le courriel pour %.*s n\xe2\x80\x99"
			"est pas encore arriv\xc3\xa9 : %s. Son serveur essaie encore.\n"
			"The mail for %.*s has not arrived yet: %s. Its server keeps trying.\n%.*s",
			STR_FMT(address), reason->french, STR_FMT(address), reason->english,
			STR_FMT(reported->text));
	enum status status = say_about(s, room_id, shown_event(mail), txn, text);
	if (status != STATUS_OK)
		return status;
	return room_mark_put(s, room_id, shown_event(mail), bounced ? MARK_FAILED : MARK_DELAYED);
}

enum status room_notice_taken_back(const struct matrix_session *s, struct str room_id,
	struct str event_id, const struct outgoing_cancelled *result, bool retracted)
{
	ARENA_SCOPE(arena);
	struct str txn = say_txn_id(arena, "taken-back", event_id, STR(""));
	struct str text;
	if (result->left == 0 && result->cancelled == 0)
		return STATUS_OK;
	if (result->left == 0)
		text = STR("Envoi annul\xc3\xa9 : ce message n\xe2\x80\x99"
			   "est pas parti par courriel.\n"
			   "Sending cancelled: this message has not left by mail.");
	else
		text = arena_printf(arena,
			"Ce message \xc3\xa9tait d\xc3\xa9j\xc3\xa0 parti par courriel (%lld) : "
			"le supprimer ici ne le retire pas des bo\xc3\xaetes aux lettres.%s\n"
			"This message had already left by mail (%lld): removing it here does not "
			"take it out of mailboxes.%s",
			(long long)result->left, retracted ? " Un courriel le signale." : "",
			(long long)result->left, retracted ? " A mail says so." : "");
	return say_about(s, room_id, event_id, txn, text);
}

enum status room_notice_sent(
	const struct matrix_session *s, struct str room_id, struct str event_id)
{
	return room_mark_put(s, room_id, event_id, MARK_SENT);
}
