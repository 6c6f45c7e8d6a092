/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/texts.h"

#define NAME_SHOWN 120

const char guest_text_encrypted[] =
	"Ce salon est chiffré de bout en bout : une personne par courriel n’y lirait rien, et ce "
	"qu’elle écrirait passerait en clair. Je m’en vais donc. Pour inviter quelqu’un par "
	"courriel, créez un salon sans chiffrement.\n"
	"This room is end-to-end encrypted: somebody on mail could read nothing here, and what "
	"they "
	"write would pass in clear. So I leave. To invite somebody by mail, make a room without "
	"encryption.";

const char guest_text_banner[] =
	"Salon relié au courriel : non chiffré de bout en bout. Des personnes peuvent y participer "
	"par courriel ; !aide dit comment.\n"
	"Room connected to mail: not end-to-end encrypted. People can take part in it by mail; "
	"!help says how.";

static struct str room_of(const struct guest_mail *mail)
{
	struct str name = mail->room_name;
	if (name.n == 0)
		return STR("Conversation"); /* the same word in both languages */
	name = str_slice(name, 0, NAME_SHOWN);
	while (name.n > 0 && !str_is_utf8(name))
		name.n--;
	return name;
}

struct str guest_text_sender(struct arena *arena, const struct guest_mail *mail)
{
	if (mail->speaker.n == 0)
		return room_of(mail);
	return arena_printf(arena, "%.*s via %.*s", STR_FMT(mail->speaker), STR_FMT(room_of(mail)));
}

struct str guest_text_subject(struct arena *arena, const struct guest_mail *mail)
{
	if (!mail->of_program)
		return room_of(mail);
	return arena_printf(arena, mail->guest->english ? "Digest: %.*s" : "Résumé : %.*s",
		STR_FMT(room_of(mail)));
}

struct str guest_text_footer(struct arena *arena, const struct guest_mail *mail)
{
	struct str room = room_of(mail);
	bool english = mail->guest->english;
	if (mail->last)
		return arena_printf(arena,
			english ? "Conversation \"%.*s\"" : "Conversation « %.*s »", STR_FMT(room));
	return arena_printf(arena,
		english ? "Conversation \"%.*s\": answer this mail to write to everybody in it. "
			  "The "
			  "conversation is not end-to-end encrypted. To get one mail a day, answer "
			  "with \"digest day\" alone; to get no more, with \"stop\"."
			: "Conversation « %.*s » : répondez à ce courriel pour écrire à tous ses "
			  "participants. Elle n’est pas chiffrée de bout en bout. Pour un seul "
			  "courriel par jour, répondez simplement « résumé jour » ; pour ne plus "
			  "rien "
			  "recevoir, « stop ».",
		STR_FMT(room));
}

struct str guest_text_invitation(struct arena *arena, const struct guest_mail *mail,
	struct str inviter, enum guest_delivery delivery)
{
	bool english = mail->guest->english;
	struct str room = room_of(mail);
	const char *how = delivery == GUEST_AT_ONCE
				  ? english ? "What is written there reaches you by mail."
					    : "Ce qui s’y écrit vous parvient par courriel."
			  : english ? "A digest of what is written there reaches you by mail."
				    : "Un résumé de ce qui s’y écrit vous parvient par courriel.";
	if (inviter.n == 0)
		return arena_printf(arena,
			english ? "Hello,\n\nyou now take part in the conversation \"%.*s\". %s To "
				  "take part, answer this mail: everybody in it reads your answer. "
				  "There is nothing to install and no account to make.\n\nTo stop, "
				  "answer \"stop\"."
				: "Bonjour,\n\nvous participez maintenant à la conversation « %.*s "
				  "». "
				  "%s Pour y prendre part, répondez à ce courriel : tous les "
				  "participants liront votre réponse. Il n’y a rien à installer et "
				  "aucun compte à créer.\n\nPour arrêter, répondez « stop ».",
			STR_FMT(room), how);
	return arena_printf(arena,
		english ? "Hello,\n\n%.*s invites you to the conversation \"%.*s\". %s To take "
			  "part, "
			  "answer this mail: everybody in it reads your answer. There is nothing "
			  "to "
			  "install and no account to make.\n\nYou do not wish to? Answer \"stop\", "
			  "and "
			  "nothing more comes."
			: "Bonjour,\n\n%.*s vous invite à la conversation « %.*s ». %s Pour y "
			  "prendre "
			  "part, répondez à ce courriel : tous les participants liront votre "
			  "réponse. Il n’y a rien à installer et aucun compte à créer.\n\nVous ne "
			  "le "
			  "souhaitez pas ? Répondez « stop », et vous ne recevrez plus rien.",
		STR_FMT(inviter), STR_FMT(room), how);
}

struct str guest_text_farewell(struct arena *arena, const struct guest_mail *mail)
{
	static const char *const whys[][2] = {
		[GUEST_END_NONE] = {"", ""},
		[GUEST_END_REMOVED] = {"Un participant vous en a retiré.",
			"Somebody in it has removed you."},
		[GUEST_END_UNSUBSCRIBED] = {"Vous l’avez demandé.", "You have asked for it."},
		[GUEST_END_ENCRYPTED] = {"Elle est désormais chiffrée de bout en bout, ce que le "
					 "courriel ne permet pas.",
			"It is now end-to-end encrypted, which mail cannot be."},
		[GUEST_END_ROOM] = {"Elle n’est plus reliée au courriel.",
			"It is no longer connected to mail."},
	};
	bool english = mail->guest->english;
	return arena_printf(arena,
		english ? "Hello,\n\nyou no longer take part in the conversation \"%.*s\". %s You "
			  "will "
			  "get no more mail from it."
			: "Bonjour,\n\nvous ne participez plus à la conversation « %.*s ». %s Vous "
			  "n’en "
			  "recevrez plus de courriel.",
		STR_FMT(room_of(mail)), whys[mail->guest->why][english ? 1 : 0]);
}
