/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/command/run.h"

#include "bridge-mail/command/act.h"
#include "bridge-mail/matrix/room_state.h"
#include "bridge-mail/matrix/say.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/matrix/ids.h"

#define LOG_MODULE "command"
#include "common/base/log.h"

#define BOT_NAME "Courriel / Mail"

static const struct {
	enum command_outcome outcome;
	const char *text[2];
} refusals[] = {
	{OUTCOME_NOT_MEMBER,
		{"Seuls les membres de l’espace de cette boîte peuvent donner des commandes ici. "
		 "Demandez à y être invité.",
			"Only members of this mailbox’s space can give commands here. Ask to be "
			"invited to it."}},
	{OUTCOME_UNKNOWN, {"Je ne connais pas cette commande. !aide montre celles qui existent.",
				  "I do not know that command. !help shows those that there are."}},
	{OUTCOME_ELSEWHERE,
		{"Cette commande ne sert à rien dans ce salon. !aide montre celles d’ici.",
			"That command is of no use in this room. !help shows those for here."}},
	{OUTCOME_NO_PERSON,
		{"Je ne peux pas confier ce fil à cette personne : écrivez son identifiant complet "
		 "(@camille:exemple.fr), celui d’un membre de l’espace de cette boîte.",
			"I cannot give this thread to that person: write the whole id "
			"(@camille:example.org) of a member of this mailbox’s space."}},
	{OUTCOME_NO_TARGET,
		{"Je ne trouve pas ce fil. Écrivez son numéro (!fusionner 12), qui figure dans la "
		 "description de son salon, ou un lien vers ce salon, dont vous devez pouvoir être "
		 "membre.",
			"I cannot find that thread. Write its number (!merge 12), which stands in "
			"its room’s topic, or a link to that room, which you must be allowed "
			"into."}},
	{OUTCOME_SAME, {"C’est déjà ainsi : rien n’a changé.",
			       "That is how it is already: nothing has changed."}},
	{OUTCOME_NO_MAIL,
		{"Répondez avec cette commande au courriel à partir duquel le fil doit être "
		 "séparé.",
			"Reply with this command to the mail from which on the thread shall be "
			"split."}},
	{OUTCOME_WHOLE,
		{"Il ne resterait rien de ce fil : répondez à un courriel qui vient après le "
		 "premier.",
			"Nothing would be left of this thread: reply to a mail behind the first "
			"one."}},
	{OUTCOME_NO_MAILBOX,
		{"Je ne connais pas cette boîte. Écrivez son adresse, ou ce qui précède le @.",
			"I do not know that mailbox. Write its address, or what stands before the "
			"@."}},
	{OUTCOME_NO_ADDRESS,
		{"Cette adresse ne peut pas servir. Écrivez une adresse entière "
		 "(prenom.nom@exemple.fr) ; pour l’adresse d’un salon, un nom comme "
		 "projet-rocade, dans un domaine d’ici.",
			"That address cannot be used. Write a whole address "
			"(first.last@example.org); for a room’s address, a name such as "
			"ring-road, at a domain of ours."}},
	{OUTCOME_TAKEN, {"Cette adresse est déjà prise. Choisissez-en une autre.",
				"That address is taken. Choose another."}},
	{OUTCOME_NO_POWER, {"Il faut être modérateur de ce salon pour cela.",
				   "One must be a moderator of this room for that."}},
	{OUTCOME_NO_NUMBER,
		{"Personne n’attend sous ce numéro.", "Nobody waits under that number."}},
	{OUTCOME_LIMIT, {"Trop d’invitations en une heure : réessayez plus tard.",
				"Too many invitations within an hour: try again later."}},
	{OUTCOME_NO_PERIOD,
		{"Écrivez l’adresse d’une personne d’ici, puis heure, jour ou non : par exemple "
		 "!resume jean@exemple.fr jour.",
			"Write the address of somebody here, then hour, day or off: for instance "
			"!digest jean@example.org day."}},
};

struct str command_refusal(const struct command_run *run)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (refusals[i].outcome == (enum command_outcome)run->row.outcome)
			return str_c(refusals[i].text[run->command.english ? 1 : 0]);
	return STR_EMPTY;
}

/* "Courriel / Mail : aide" is a command, too. */
static struct str behind_bot_name(const struct command_run *run, struct str text)
{
	struct matrix_id bot;
	const struct matrix *matrix = run->session->matrix;
	if (user_id_parse(matrix->bot, &bot) != STATUS_OK)
		return STR_EMPTY;
	const struct str names[] = {STR(BOT_NAME), matrix->bot, bot.localpart};
	text = str_starts(text, STR("@")) && !str_starts(text, matrix->bot) ? str_skip(text, 1)
									    : text;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_eq_nocase(str_slice(text, 0, names[i].n), names[i]))
			continue;
		struct str rest = str_trim(str_skip(text, names[i].n));
		if (str_starts(rest, STR(":")) || str_starts(rest, STR(",")))
			return str_trim(str_skip(rest, 1));
	}
	return STR_EMPTY;
}

enum status command_read(struct command_run *run, const struct answer_event *event)
{
	run->event = event;
	run->row.event_id = event->event_id;
	run->row.at = run->now;
	if (event->command || event->mxc.n > 0)
		return STATUS_NOT_FOUND;
	struct str text = event->text;
	struct str asked = behind_bot_name(run, text);
	if (asked.n > 0 && asked.n < COMMAND_TEXT_MAX)
		text = asked.p[0] == '!' ? asked
					 : arena_printf(run->arena, "!%.*s", STR_FMT(asked));
	enum status status = command_parse(text, &run->command);
	if (status == STATUS_NOT_FOUND)
		return status;
	run->row.outcome = OUTCOME_DONE;
	if (status == STATUS_INVALID)
		run->row.outcome = OUTCOME_UNKNOWN;
	else if ((run->command.entry->places & run->place) == 0)
		run->row.outcome = OUTCOME_ELSEWHERE;
	if (run->command.entry != NULL)
		run->row.kind = (int)run->command.entry->kind;
	return STATUS_OK;
}

enum status command_answer(const struct command_run *run, struct str text)
{
	struct saying saying = {
		.room_id = run->room_id,
		.as = run->as,
		.reply_to = run->event->event_id,
		.txn_id = say_txn_id(run->arena, "command", run->event->event_id, STR("")),
		.text = text,
	};
	return say(run->session, &saying);
}

/* Members of the mailbox's space may. */
static enum status check_power(struct command_run *run)
{
	bool joined = false;
	const struct room_as space = {.room_id = run->mailbox.space_id};
	enum status status =
		room_member(run->session, &space, run->event->sender, run->arena, &joined, NULL);
	if (status == STATUS_OK && !joined)
		run->row.outcome = OUTCOME_NOT_MEMBER;
	return status;
}

static enum status change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct command_run *run = arg;
	enum status status = STATUS_OK;
	if (run->row.outcome == OUTCOME_DONE)
		status = command_change(tx, run);
	return status == STATUS_OK ? command_put(tx, &run->row) : status;
}

/* Once: what is written down already is only shown again. */
static enum status carry_out(struct command_run *run)
{
	enum status status =
		command_get(run->session->db, run->event->event_id, run->arena, &run->row);
	if (status != STATUS_NOT_FOUND)
		return status;
	run->row.thread_id = run->thread.thread_id;
	status = check_power(run);
	if (status == STATUS_OK && run->row.outcome == OUTCOME_DONE)
		status = command_decide(run);
	if (status != STATUS_OK)
		return status;
	status = db_write(run->session->matrix->bridge->writer, change, run);
	if (status == STATUS_CONFLICT) {
		run->row.outcome = OUTCOME_WHOLE;
		status = db_write(run->session->matrix->bridge->writer, change, run);
	}
	log_info("command kind=%d outcome=%d thread=%lld: %s", run->row.kind, run->row.outcome,
		(long long)run->row.thread_id, status_name(status));
	return status;
}

enum status command_run(const struct matrix_session *session, const struct room_event_row *row,
	const struct json *event, const struct thread *thread, struct arena *arena)
{
	struct answer_event read;
	struct command_run *run = ARENA_NEW(arena, struct command_run);
	*run = (struct command_run){.session = session,
		.arena = arena,
		.content = json_get(event, "content"),
		.room_id = row->room_id,
		.place = COMMAND_IN_THREAD,
		.thread = *thread,
		.now = clock_wall_ms()};
	enum status status = answer_event_read(arena, event, &read);
	if (status == STATUS_OK)
		status = command_read(run, &read);
	if (status != STATUS_OK)
		return status;
	status = mailboxes_get(session->db, thread->mailbox_id, arena, &run->mailbox);
	if (status == STATUS_OK)
		status = carry_out(run);
	if (status != STATUS_OK)
		return status;
	struct str text = STR_EMPTY;
	if (run->row.outcome != OUTCOME_DONE)
		text = command_refusal(run);
	else
		status = command_follow(run, &text);
	return status == STATUS_OK ? command_answer(run, text) : status;
}
