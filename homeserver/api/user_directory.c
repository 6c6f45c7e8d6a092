/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "User Directory". */
#include "homeserver/api/api.h"
#include "homeserver/store/profile_store.h"
#include "homeserver/store/user_directory_store.h"

#define LIMIT_DEFAULT  10
#define LIMIT_MAX      100
#define CANDIDATES_MAX 500 /* of which those are shown whom the requester may see */

static enum http_outcome search_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/user_directory/search", AUTH_USER, LIMIT_READ, BODY_JSON,
		0, search_post},
};

const struct http_routes api_user_directory_routes = {routes, ARRAY_LEN(routes)};

struct search_body {
	struct str search_term;
	int64_t limit;
};

static const struct json_field search_fields[] = {
	{"search_term", FIELD_STR, true, offsetof(struct search_body, search_term), 1024, false},
	{"limit", FIELD_INT, false, offsetof(struct search_body, limit), INT32_MAX, false},
};

/* "@camille:localhost" is looked for by its localpart. */
static struct str words_of(struct str term)
{
	term = str_trim(term);
	ptrdiff_t colon = str_rindex(term, ':');
	if (term.n > 0 && term.p[0] == '@' && colon > 1)
		return str_slice(term, 1, (size_t)colon - 1);
	return term;
}

static void write_user(struct json_writer *w, const struct profile_match *match)
{
	jw_object(w);
	jw_put_str(w, "user_id", match->user_id);
	if (match->profile.displayname.p != NULL)
		jw_put_str(w, "display_name", match->profile.displayname);
	if (match->profile.avatar_url.p != NULL)
		jw_put_str(w, "avatar_url", match->profile.avatar_url);
	jw_object_end(w);
}

static enum http_outcome search_post(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct search_body body = {.limit = LIMIT_DEFAULT};
	struct profile_matches matches;
	if (!API_READ_BODY(request, reply, search_fields, &body))
		return HTTP_REPLY;
	int64_t limit = body.limit > LIMIT_MAX ? LIMIT_MAX : body.limit;
	enum status status = profile_search(api_db(request), request->arena,
		words_of(body.search_term), CANDIDATES_MAX, &matches);
	int64_t shown = 0;
	bool limited = false;
	jw_object(w);
	jw_put_array(w, "results");
	for (size_t i = 0; i < matches.count && status == STATUS_OK && !limited; i++) {
		/* Whoever knows the whole id may look up that profile anyway. */
		bool visible = str_eq(matches.items[i].user_id, str_trim(body.search_term));
		if (!visible)
			status = user_directory_shows(api_db(request),
				api_requester(request)->user_id, matches.items[i].user_id,
				&visible);
		if (!visible)
			continue;
		limited = shown >= limit;
		if (limited)
			break;
		write_user(w, &matches.items[i]);
		shown++;
	}
	jw_array_end(w);
	jw_put_bool(w, "limited", limited || matches.count == CANDIDATES_MAX);
	jw_object_end(w);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
