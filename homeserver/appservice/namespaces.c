/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/namespaces.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "common/base/mem.h"

#define LOG_MODULE "appservice"
#include "common/base/log.h"

/* An id has 255 bytes at most: an honest expression needs some thousands of steps. */
#define MATCH_LIMIT   200000
#define DEPTH_LIMIT   2000
#define HEAP_LIMIT_KB 1024
#define KINDS	      3

struct pattern {
	pcre2_code *code;
	bool exclusive;
};

struct patterns {
	struct pattern *items;
	size_t count;
};

struct as_namespaces {
	struct patterns kinds[KINDS];
	pcre2_match_context *limits; /* read only while matching */
};

static enum status pattern_compile(
	const struct registration_namespace *from, struct pattern *out, struct buf *why)
{
	int error;
	PCRE2_SIZE offset;

	out->exclusive = from->exclusive;
	out->code = pcre2_compile((PCRE2_SPTR)from->regex, PCRE2_ZERO_TERMINATED,
		PCRE2_ANCHORED | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &error,
		&offset, NULL);
	if (out->code == NULL) {
		unsigned char text[128] = "";

		pcre2_get_error_message(error, text, sizeof(text));
		buf_printf(why, "the regular expression \"%.100s\" is wrong at character %zu: %s",
			from->regex, offset + 1, (const char *)text);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

static enum status patterns_compile(const struct registration_namespace *from, unsigned count,
	struct patterns *out, struct buf *why)
{
	out->items = mem_calloc(count == 0 ? 1 : count, sizeof(struct pattern));
	for (unsigned i = 0; i < count; i++) {
		enum status status = pattern_compile(&from[i], &out->items[i], why);

		if (status != STATUS_OK)
			return status;
		out->count++;
	}
	return STATUS_OK;
}

enum status as_namespaces_new(
	const struct registration_namespaces *from, struct as_namespaces **out, struct buf *why)
{
	struct as_namespaces *n = MEM_NEW(struct as_namespaces);
	enum status status;

	n->limits = pcre2_match_context_create(NULL);
	if (n->limits == NULL)
		abort();
	pcre2_set_match_limit(n->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(n->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(n->limits, HEAP_LIMIT_KB);
	status = patterns_compile(from->users, from->users_count, &n->kinds[AS_USERS], why);
	if (status == STATUS_OK)
		status = patterns_compile(
			from->aliases, from->aliases_count, &n->kinds[AS_ALIASES], why);
	if (status == STATUS_OK)
		status = patterns_compile(from->rooms, from->rooms_count, &n->kinds[AS_ROOMS], why);
	if (status != STATUS_OK) {
		as_namespaces_free(&n);
		return status;
	}
	*out = n;
	return STATUS_OK;
}

void as_namespaces_free(struct as_namespaces **namespaces)
{
	struct as_namespaces *n = *namespaces;

	if (n == NULL)
		return;
	for (size_t kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < n->kinds[kind].count; i++)
			pcre2_code_free(n->kinds[kind].items[i].code);
		free(n->kinds[kind].items);
	}
	pcre2_match_context_free(n->limits);
	free(n);
	*namespaces = NULL;
}

static bool pattern_matches(
	const struct as_namespaces *namespaces, const struct pattern *pattern, struct str id)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int rc;

	if (data == NULL)
		abort();
	rc = pcre2_match(pattern->code, (PCRE2_SPTR)id.p, id.n, 0, 0, data, namespaces->limits);
	pcre2_match_data_free(data);
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ||
		rc == PCRE2_ERROR_HEAPLIMIT)
		log_warning("a namespace's expression takes too long, it counts as no match");
	return rc >= 0;
}

bool as_namespaces_match(
	const struct as_namespaces *namespaces, enum as_kind kind, struct str id, bool exclusive)
{
	const struct patterns *patterns = &namespaces->kinds[kind];

	if (id.n == 0)
		return false;
	for (size_t i = 0; i < patterns->count; i++) {
		if ((!exclusive || patterns->items[i].exclusive) &&
			pattern_matches(namespaces, &patterns->items[i], id))
			return true;
	}
	return false;
}

bool as_namespaces_any(const struct as_namespaces *namespaces, enum as_kind kind)
{
	return namespaces->kinds[kind].count != 0;
}
