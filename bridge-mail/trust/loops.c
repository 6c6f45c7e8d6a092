/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/loops.h"

#include "bridge-mail/thread/token.h"
#include "common/base/mem.h"

enum loop_verdict loops_judge(struct str secret, const struct mail *mail)
{
	struct str token;
	if (token_read(secret, mail->message_id, &token))
		return LOOP_OURS;
	if (mail->loop_header.n > 0 &&
		token_is_loop_header(secret, mail->message_id, mail->loop_header))
		return LOOP_OURS;
	return mail->received_count > LOOPS_MAX_HOPS ? LOOP_HOPS : LOOP_NONE;
}

/* Answering machines that say so in the subject only. ASCII case is ignored. */
static bool subject_is_automatic(struct str subject)
{
	static const struct str starts[] = {
		STR_INIT("R\xc3\xa9ponse automatique"),
		STR_INIT("Reponse automatique"),
		STR_INIT("Absence du bureau"),
		STR_INIT("Message d'absence"),
		STR_INIT("Message d\xe2\x80\x99"
			 "absence"),
		STR_INIT("Automatic reply"),
		STR_INIT("Auto:"),
		STR_INIT("Autoreply"),
		STR_INIT("Out of office"),
		STR_INIT("Automatische Antwort"),
		STR_INIT("Abwesenheitsnotiz"),
	};
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (str_eq_nocase(str_slice(subject, 0, starts[i].n), starts[i]))
			return true;
	return false;
}

/* Senders that nobody reads. */
static bool sender_is_machine(struct str address)
{
	static const struct str locals[] = {
		STR_INIT("mailer-daemon@"),
		STR_INIT("noreply@"),
		STR_INIT("no-reply@"),
		STR_INIT("ne-pas-repondre@"),
		STR_INIT("nepasrepondre@"),
		STR_INIT("donotreply@"),
	};
	for (size_t i = 0; i < ARRAY_LEN(locals); i++)
		if (str_eq_nocase(str_slice(address, 0, locals[i].n), locals[i]))
			return true;
	return false;
}

bool loops_is_automatic(const struct mail *mail, struct str mail_from)
{
	const unsigned automatic =
		MAIL_AUTO_SUBMITTED | MAIL_BULK | MAIL_LIST | MAIL_DELIVERY_REPORT;
	return mail_from.n == 0 || (mail->flags & automatic) != 0 ||
	       subject_is_automatic(mail->subject) || sender_is_machine(mail->from.address);
}
