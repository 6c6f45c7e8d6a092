/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/table.h"

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define HELP_MAX 16384
#define BOTH	 (COMMAND_IN_THREAD | COMMAND_IN_ROOM)

const struct command_entry command_table[] = {
	{COMMAND_HELP, BOTH, {"aide", "help"}, {"", ""}, {"montrer cette aide", "show this help"}},
	{COMMAND_SEND, COMMAND_IN_THREAD, {"envoyer", "send"}, {"texte", "text"},
		{"envoyer ce texte par courriel, au nom du service",
			"send this text by mail, in the name of the service"}},
	{COMMAND_ASSIGN, COMMAND_IN_THREAD, {"prendre", "assign"}, {"[@personne]", "[@person]"},
		{"prendre ce fil, ou le confier à quelqu’un",
			"take this thread, or give it to somebody"}},
	{COMMAND_UNASSIGN, COMMAND_IN_THREAD, {"liberer", "unassign"}, {"", ""},
		{"ne plus confier ce fil à personne", "give this thread to nobody"}},
	{COMMAND_CLOSE, COMMAND_IN_THREAD, {"fermer", "close"}, {"", ""},
		{"fermer ce fil ; un nouveau courriel le rouvre",
			"close this thread; a new mail opens it again"}},
	{COMMAND_REOPEN, COMMAND_IN_THREAD, {"rouvrir", "reopen"}, {"", ""},
		{"rouvrir ce fil", "open this thread again"}},
	{COMMAND_MERGE, COMMAND_IN_THREAD, {"fusionner", "merge"},
		{"numéro ou lien d’un salon", "number or link of a room"},
		{"faire entrer ce fil dans un autre", "make this thread part of another"}},
	{COMMAND_SPLIT, COMMAND_IN_THREAD, {"separer", "split"}, {"[sujet]", "[subject]"},
		{"en réponse à un courriel : lui et ce qui le suit deviennent un fil à part",
			"in reply to a mail: it and what follows from it become a thread of "
			"their own"}},
	{COMMAND_MOVE, COMMAND_IN_THREAD, {"deplacer", "move"}, {"boîte", "mailbox"},
		{"confier ce fil à une autre boîte", "give this thread to another mailbox"}},
	{COMMAND_STATUS, BOTH, {"etat", "status"}, {"", ""},
		{"dire où en sont les choses", "say how things stand"}},
	{COMMAND_ADDRESS, COMMAND_IN_ROOM, {"adresse", "address"}, {"[nom]", "[name]"},
		{"dire l’adresse de ce salon, ou lui en donner une",
			"say this room’s mail address, or give it one"}},
	{COMMAND_SUBSCRIBE, COMMAND_IN_ROOM, {"abonner", "subscribe"}, {"adresse", "address"},
		{"faire participer une adresse par courriel", "let an address take part by mail"}},
	{COMMAND_UNSUBSCRIBE, COMMAND_IN_ROOM, {"desabonner", "unsubscribe"},
		{"adresse", "address"}, {"ne plus rien lui envoyer", "send nothing more to it"}},
	{COMMAND_DIGEST, COMMAND_IN_ROOM, {"resume", "digest"},
		{"adresse heure|jour|non, ou maintenant", "address hour|day|off, or now"},
		{"lui écrire une fois par heure, par jour, ou aussitôt ; ou envoyer ce qui attend",
			"write to it once an hour, a day, or at once; or send what waits"}},
	{COMMAND_ACCEPT, COMMAND_IN_ROOM, {"accepter", "accept"}, {"numéro", "number"},
		{"faire entrer qui a écrit et attend", "let in who has written and waits"}},
};
const size_t command_count = ARRAY_LEN(command_table);

const struct command_entry *command_entry_of(enum command_kind kind)
{
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].kind == kind)
			return &command_table[i];
	return NULL;
}

struct str command_help(struct arena *arena, unsigned place, bool english)
{
	int language = english ? 1 : 0;
	BUF_SCOPE(text, HELP_MAX);
	buf_append_c(&text, english ? "Commands here:" : "Commandes possibles ici :");
	for (size_t i = 0; i < command_count; i++) {
		const struct command_entry *entry = &command_table[i];
		if ((entry->places & place) == 0)
			continue;
		buf_printf(&text, "\n!%s", entry->names[language]);
		if (entry->arguments[language][0] != '\0')
			buf_printf(&text, " %s", entry->arguments[language]);
		buf_printf(&text, english ? ": %s" : " : %s", entry->help[language]);
	}
	return arena_str(arena, buf_str(&text));
}
