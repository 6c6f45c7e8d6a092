/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/participant.h"

#include "common/base/mem.h"
#include "sfu/meeting/sid.h"

static void free_str(struct str *s)
{
	char *p = (char *)(uintptr_t)s->p;
	mem_freep(&p);
	*s = STR_EMPTY;
}

struct participant *participant_new(uint64_t id, const struct grants *grants, int64_t now_wall_ms)
{
	struct participant *p = MEM_NEW(struct participant);
	p->id = id;
	sid_make("PA_", p->sid);
	p->identity = mem_strdup(grants->identity);
	p->name = mem_strdup(grants->name);
	p->metadata = mem_strdup(grants->metadata);
	for (size_t i = 0; i < grants->attribute_count; i++) {
		const struct attribute *a = &grants->attributes[i];
		if (participant_set_attribute(p, a->key, a->value) != STATUS_OK)
			break;
	}
	p->can_publish = grants->can_publish;
	p->can_subscribe = grants->can_subscribe;
	p->can_publish_data = grants->can_publish_data;
	p->can_update_metadata = grants->can_update_metadata;
	p->sources = grants->sources;
	p->joined_ms = now_wall_ms;
	p->version = 1;
	p->quality = QUALITY_EXCELLENT;
	link_init(&p->publisher);
	link_init(&p->subscriber);
	return p;
}

void participant_free(struct participant **participant)
{
	struct participant *p = *participant;
	if (p == NULL)
		return;
	struct publication *next;
	for (struct publication *t = p->publications; t != NULL; t = next) {
		next = t->next;
		publication_free(&t);
	}
	struct subscription *after;
	for (struct subscription *s = p->subscriptions; s != NULL; s = after) {
		after = s->next;
		mem_freep(&s);
	}
	for (size_t i = 0; i < p->attribute_count; i++) {
		free_str(&p->attributes[i].key);
		free_str(&p->attributes[i].value);
	}
	participant_allow_all(p);
	mem_freep(&p->identity);
	mem_freep(&p->name);
	mem_freep(&p->metadata);
	mem_freep(participant);
}

struct link *participant_receives_on(struct participant *participant)
{
	return participant->dual ? &participant->subscriber : &participant->publisher;
}

struct publication *participant_publication(struct participant *participant, struct str sid)
{
	for (struct publication *t = participant->publications; t != NULL; t = t->next) {
		if (str_eq_c(sid, t->sid))
			return t;
	}
	return NULL;
}

struct publication *participant_publication_by_cid(struct participant *participant, struct str cid)
{
	for (struct publication *t = participant->publications; t != NULL; t = t->next) {
		if (publication_rendition(t, cid) != NULL)
			return t;
	}
	return NULL;
}

struct subscription *participant_subscription(
	struct participant *participant, const struct publication *publication)
{
	for (struct subscription *s = participant->subscriptions; s != NULL; s = s->next) {
		if (s->publication == publication)
			return s;
	}
	return NULL;
}

unsigned participant_track_count(const struct participant *participant)
{
	unsigned count = 0;
	for (const struct publication *t = participant->publications; t != NULL; t = t->next)
		count++;
	return count;
}

bool participant_has_media(const struct participant *participant)
{
	const struct link *a = &participant->publisher, *b = &participant->subscriber;
	return (a->connected && !a->lost) || (b->connected && !b->lost);
}

static void replace(char **text, struct str value)
{
	mem_freep(text);
	*text = mem_strdup(value);
}

void participant_set_name(struct participant *participant, struct str name)
{
	replace(&participant->name, name);
}

void participant_set_metadata(struct participant *participant, struct str metadata)
{
	replace(&participant->metadata, metadata);
}

enum status participant_set_attribute(
	struct participant *participant, struct str key, struct str value)
{
	size_t i = 0;
	while (i < participant->attribute_count && !str_eq(participant->attributes[i].key, key))
		i++;
	if (i < participant->attribute_count) {
		struct attribute *a = &participant->attributes[i];
		free_str(&a->value);
		if (value.n > 0) {
			a->value = (struct str){mem_strdup(value), value.n};
			return STATUS_OK;
		}
		free_str(&a->key);
		*a = participant->attributes[--participant->attribute_count];
		return STATUS_OK;
	}
	if (value.n == 0)
		return STATUS_OK;
	if (participant->attribute_count == ATTRIBUTES_MAX)
		return STATUS_TOO_LARGE;
	participant->attributes[participant->attribute_count++] =
		(struct attribute){{mem_strdup(key), key.n}, {mem_strdup(value), value.n}};
	return STATUS_OK;
}

void participant_allow_all(struct participant *participant)
{
	for (unsigned i = 0; i < participant->permission_count; i++)
		mem_freep(&participant->permissions[i].identity);
	participant->permission_count = 0;
	participant->some_may_subscribe = false;
}

static bool names(const struct subscriber_permission *permission, const struct participant *who)
{
	return (permission->sid[0] != '\0' && str_eq_c(str_c(permission->sid), who->sid)) ||
	       (permission->identity != NULL && permission->identity[0] != '\0' &&
		       str_eq_c(str_c(permission->identity), who->identity));
}

bool participant_permits(const struct participant *participant,
	const struct participant *subscriber, const struct publication *publication)
{
	if (!participant->some_may_subscribe)
		return true;
	for (unsigned i = 0; i < participant->permission_count; i++) {
		const struct subscriber_permission *permission = &participant->permissions[i];
		if (!names(permission, subscriber))
			continue;
		if (permission->all_tracks)
			return true;
		for (unsigned k = 0; k < permission->track_count; k++) {
			if (str_eq_c(str_c(permission->tracks[k]), publication->sid))
				return true;
		}
	}
	return false;
}
