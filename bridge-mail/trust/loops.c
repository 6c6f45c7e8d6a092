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
	static const char *const starts[] = {
		/* French */
		"R\xc3\xa9ponse automatique",
		"R\xc3\x89PONSE AUTOMATIQUE",
		"Reponse automatique",
		"R\xc3\xa9ponse d'absence",
		"Absence du bureau",
		"Absent du bureau",
		"Absente du bureau",
		"Absent(e) du bureau",
		"Message d'absence",
		"Message d\u2019absence",
		"Notification d'absence",
		"Message automatique",
		"Accus\u00e9 de r\u00e9ception automatique",
		/* English */
		"Automatic reply",
		"Automatic response",
		"Auto:",
		"Auto reply",
		"Auto-reply",
		"Autoreply",
		"Auto response",
		"Out of office",
		"Out of the office",
		"Out-of-office",
		"Vacation reply",
		/* German */
		"Automatische Antwort",
		"Automatische R\u00fcckantwort",
		"Abwesenheitsnotiz",
		"Abwesenheitsnachricht",
		"Abwesenheitsbenachrichtigung",
	};
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		struct str start = str_c(starts[i]);
		if (str_eq_nocase(str_slice(subject, 0, start.n), start))
			return true;
	}
	return false;
}

/* Senders that nobody reads (RFC 3834, 2: owner- and -request are of lists). */
static bool sender_is_machine(struct str address)
{
	static const char *const locals[] = {"mailer-daemon", "postmaster", "noreply", "no-reply",
		"no_reply", "ne-pas-repondre", "nepasrepondre", "ne_pas_repondre", "donotreply",
		"do-not-reply", "bounce", "bounces", "listserv", "majordomo"};
	ptrdiff_t at = str_rindex(address, '@');
	struct str local = str_slice(address, 0, at < 0 ? address.n : (size_t)at);
	for (size_t i = 0; i < ARRAY_LEN(locals); i++)
		if (str_eq_nocase(local, str_c(locals[i])))
			return true;
	return str_eq_nocase(str_slice(local, 0, 6), STR("owner-")) ||
	       (local.n > 8 && str_eq_nocase(str_skip(local, local.n - 8), STR("-request")));
}

bool loops_is_automatic(const struct mail *mail, struct str mail_from)
{
	const unsigned automatic =
		MAIL_AUTO_SUBMITTED | MAIL_BULK | MAIL_LIST | MAIL_DELIVERY_REPORT;
	return mail_from.n == 0 || (mail->flags & automatic) != 0 ||
	       subject_is_automatic(mail->subject) || sender_is_machine(mail->from.address);
}

static bool names(const struct mail_addresses *list, struct str address)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq_nocase(list->items[i].address, address))
			return true;
	return false;
}

enum loops_answer loops_may_answer(
	const struct mail *mail, struct str mail_from, const struct str *ours, size_t our_count)
{
	bool addressed = false;
	if (loops_is_automatic(mail, mail_from) || sender_is_machine(mail_from))
		return LOOPS_AUTOMATIC;
	if ((mail->flags & MAIL_ANSWERS_UNWANTED) != 0)
		return LOOPS_UNWANTED;
	if (mail->loop_header.n > 0)
		return LOOPS_LOOP;
	for (size_t i = 0; i < our_count; i++) {
		if (str_eq_nocase(mail_from, ours[i]) || str_eq_nocase(mail->from.address, ours[i]))
			return LOOPS_LOOP;
		addressed = addressed || names(&mail->to, ours[i]) || names(&mail->cc, ours[i]);
	}
	return addressed ? LOOPS_ANSWER : LOOPS_NOT_ADDRESSED;
}
