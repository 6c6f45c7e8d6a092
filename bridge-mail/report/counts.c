/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/counts.h"

#include <stdlib.h>

#include "common/base/mem.h"

const int report_shares[REPORT_SHARES] = {100, 50, 20, 0};

/* A person in a thread. */
struct member {
	uint64_t person;
	int64_t day; /* of the last digest; only of use with people on mail */
	int place;
};

struct people {
	struct member *members;
	size_t count, room;
	bool known; /* the thread has been counted */
};

struct report_model {
	int64_t header_bytes;
	struct people *threads; /* by thread_id */
	size_t thread_room;
	uint64_t *persons; /* all that were seen; open addressing, 0: free */
	size_t person_room;
	struct report_counts counts;
};

/* FNV-1a over lower case: people are told apart, nobody is told who they are. Never 0. */
static uint64_t person_of(struct str address)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c + 'a' - 'A');
		hash = (hash ^ c) * UINT64_C(1099511628211);
	}
	/* Its low bits alone are not even enough for a share. */
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	return hash | 1;
}

static int place_of(uint64_t person)
{
	return (int)((person >> 8) % 100);
}

int report_place(struct str address)
{
	return place_of(person_of(address));
}

struct report_model *report_model_new(int64_t header_bytes)
{
	struct report_model *model = MEM_NEW(struct report_model);
	model->header_bytes = header_bytes;
	return model;
}

void report_model_free(struct report_model **model)
{
	struct report_model *m = *model;
	if (m == NULL)
		return;
	*model = NULL;
	for (size_t i = 0; i < m->thread_room; i++)
		free(m->threads[i].members);
	free(m->threads);
	free(m->persons);
	free(m);
}

static void put_person(uint64_t *persons, size_t room, uint64_t person)
{
	size_t i = (size_t)person & (room - 1);
	while (persons[i] != 0)
		i = (i + 1) & (room - 1);
	persons[i] = person;
}

static void count_person(struct report_model *m, uint64_t person)
{
	size_t used = (size_t)m->counts.people;
	if (2 * (used + 1) > m->person_room) {
		size_t room = m->person_room == 0 ? 1024 : 2 * m->person_room;
		uint64_t *persons = mem_calloc(room, sizeof(uint64_t));
		for (size_t i = 0; i < m->person_room; i++)
			if (m->persons[i] != 0)
				put_person(persons, room, m->persons[i]);
		free(m->persons);
		m->persons = persons;
		m->person_room = room;
	}
	for (size_t i = (size_t)person & (m->person_room - 1); m->persons[i] != 0;
		i = (i + 1) & (m->person_room - 1))
		if (m->persons[i] == person)
			return;
	put_person(m->persons, m->person_room, person);
	m->counts.people++;
}

static struct people *people_of(struct report_model *m, int64_t thread_id)
{
	size_t i = (size_t)thread_id;
	if (i >= m->thread_room) {
		size_t room = m->thread_room == 0 ? 256 : m->thread_room;
		while (room <= i)
			room *= 2;
		m->threads = mem_realloc(m->threads, room * sizeof(struct people));
		for (size_t k = m->thread_room; k < room; k++)
			m->threads[k] = (struct people){0};
		m->thread_room = room;
	}
	return &m->threads[i];
}

/* The member, made when the person is new in the thread. */
static struct member *enter(
	struct report_model *m, struct people *people, uint64_t person, bool *new_out)
{
	*new_out = false;
	for (size_t i = 0; i < people->count; i++)
		if (people->members[i].person == person)
			return &people->members[i];
	if (people->count == people->room) {
		people->room = people->room == 0 ? 4 : 2 * people->room;
		people->members =
			mem_realloc(people->members, people->room * sizeof(struct member));
	}
	struct member *member = &people->members[people->count++];
	*member = (struct member){.person = person, .day = INT64_MIN, .place = place_of(person)};
	*new_out = true;
	count_person(m, person);
	return member;
}

/* Somebody is to see a message: by mail in the shares that still have the person there. */
static void tell(
	struct report_model *m, const struct report_mail *mail, struct member *member, bool invited)
{
	bool new_mail = invited || member->day != mail->day;
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		struct report_share *share = &m->counts.shares[i];
		if (member->place >= report_shares[i]) {
			share->notices_chat++;
			continue;
		}
		share->mime_out += mail->part_bytes;
		if (!new_mail)
			continue;
		share->mime_out += m->header_bytes;
		share->notices_mail++;
		if (invited)
			share->invitations++;
		else
			share->digests++;
	}
	/* What follows on the day of an invitation is in a digest of its own. */
	if (!invited)
		member->day = mail->day;
}

static bool is_reader(const struct report_mail *mail, const struct mail_address *who)
{
	return !str_eq_nocase(who->address, mail->author) &&
	       !str_eq_nocase(who->address, mail->mailbox);
}

static bool stands_in(
	const struct mail_addresses *list, size_t count, const struct mail_address *who)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(list->items[i].address, who->address))
			return true;
	return false;
}

/* The i-th of To and Cc together, or NULL when it is no reader or stands there twice. */
static const struct mail_address *reader(const struct report_mail *mail, size_t i)
{
	bool in_to = i < mail->to->count;
	size_t k = in_to ? i : i - mail->to->count;
	const struct mail_address *who = in_to ? &mail->to->items[k] : &mail->cc->items[k];
	if (!is_reader(mail, who) || stands_in(mail->to, in_to ? k : mail->to->count, who) ||
		(!in_to && stands_in(mail->cc, k, who)))
		return NULL;
	return who;
}

/* What goes into the room: to all who were there before, then to those whom it names first. */
static void post(struct report_model *m, const struct report_mail *mail, uint64_t author)
{
	struct people *people = people_of(m, mail->thread_id);
	bool is_new = false;
	if (!people->known)
		m->counts.threads++;
	people->known = true;
	for (size_t i = 0; i < people->count; i++)
		if (people->members[i].person != author)
			tell(m, mail, &people->members[i], false);
	if (author != 0)
		(void)enter(m, people, author, &is_new);
	for (size_t i = 0; i < mail->to->count + mail->cc->count; i++) {
		const struct mail_address *who = reader(mail, i);
		if (who == NULL)
			continue;
		struct member *member = enter(m, people, person_of(who->address), &is_new);
		if (is_new)
			tell(m, mail, member, true);
	}
}

/* Whoever is on mail writes to the bridge; so does what brings bounces back. */
static void come_in(struct report_model *m, const struct report_mail *mail, uint64_t author)
{
	for (size_t i = 0; i < REPORT_SHARES; i++) {
		if (!mail->bounce && (author == 0 || place_of(author) >= report_shares[i]))
			continue;
		m->counts.shares[i].mails_in++;
		m->counts.shares[i].mime_in += mail->raw_bytes;
	}
}

void report_model_add(struct report_model *model, const struct report_mail *mail)
{
	struct report_counts *c = &model->counts;
	uint64_t author = mail->author.n > 0 && !str_eq_nocase(mail->author, mail->mailbox)
				  ? person_of(mail->author)
				  : 0;
	int64_t readers = 0;
	for (size_t i = 0; i < mail->to->count + mail->cc->count; i++)
		readers += reader(mail, i) != NULL;
	come_in(model, mail, author);
	c->mails++;
	c->bounces += mail->bounce;
	c->copies += readers;
	c->mime_copies += readers * mail->raw_bytes;
	c->text_copies += readers * mail->text_bytes;
	c->file_copies += readers * mail->file_bytes;
	if (mail->duplicate) {
		c->duplicates++;
		return;
	}
	post(model, mail, author);
	c->mime_single += mail->raw_bytes;
	c->text_single += mail->text_bytes;
	c->file_single += mail->file_bytes;
	c->shown += mail->shown_bytes;
	c->stored_files += mail->new_file_bytes;
	c->words += mail->words;
	c->folded_words += mail->folded_words;
	c->lost_words += mail->lost_words;
	c->files += mail->files;
}

const struct report_counts *report_model_counts(const struct report_model *model)
{
	return &model->counts;
}

struct report_counts *report_model_more(struct report_model *model)
{
	return &model->counts;
}
