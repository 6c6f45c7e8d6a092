/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "config/config.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/appservice/namespaces.h"
#include "tests/unit/check.h"

static const char irc[] = "id: irc\n"
			  "url: http://127.0.0.1:1/path//\n"
			  "as_token: as-irc\n"
			  "hs_token: hs-irc\n"
			  "sender_localpart: ircbot\n"
			  "rate_limited: false\n"
			  "protocols: [irc, xmpp]\n"
			  "de.sorunome.msc2409.push_ephemeral: true\n"
			  "com.example.unknown:\n"
			  "  - nested: [1, {a: b}]\n"
			  "namespaces:\n"
			  "  users:\n"
			  "    - {exclusive: true, regex: '@irc_.*:here'}\n"
			  "    - {exclusive: false, regex: '@.*_watched'}\n"
			  "  aliases:\n"
			  "    - {exclusive: true, regex: '#irc_[a-z]+:here$'}\n"
			  "  rooms:\n"
			  "    - {exclusive: false, regex: '!watched'}\n";
static const char mail[] = "id: mail\n"
			   "url: null\n"
			   "as_token: as-mail\n"
			   "hs_token: hs-mail\n"
			   "sender_localpart: mailbot\n";

#define FILES_MAX 4

struct fixture {
	struct config config;
	char paths[FILES_MAX][64];
	char *list[FILES_MAX];
	struct appservices *all;
	char why[APPSERVICES_ERROR_MAX];
};

static enum status load(struct fixture *f, const char *const *texts, size_t count)
{
	f->config.server_name = mem_strdup(STR("here"));
	f->config.homeserver.application_services = f->list;
	f->config.homeserver.application_services_count = (unsigned)count;
	for (size_t i = 0; i < count; i++) {
		struct str text = str_c(texts[i]);
		int fd;

		snprintf(f->paths[i], sizeof(f->paths[i]), "/tmp/parvis-as-XXXXXX");
		fd = mkstemp(f->paths[i]);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
		close(fd);
		f->list[i] = f->paths[i];
	}
	return appservices_load(&f->config, &f->all, f->why);
}

static void release(struct fixture *f)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (f->paths[i][0] != '\0')
			unlink(f->paths[i]);
	}
	free(f->config.server_name);
	appservices_free(&f->all);
}

static void finding(void **state)
{
	const char *const texts[] = {irc, mail};
	struct fixture f = {0};
	struct appservice *service;

	(void)state;
	check_ok(load(&f, texts, 2));
	assert_int_equal(appservices_count(f.all), 2);
	assert_null(appservices_by_token(f.all, STR("as-")));
	assert_null(appservices_by_token(f.all, STR("hs-irc")));
	service = appservices_by_token(f.all, STR("as-irc"));
	assert_ptr_equal(service, appservices_by_id(f.all, STR("irc")));
	check_str(service->sender, "@ircbot:here");
	check_str(service->url, "http://127.0.0.1:1/path");
	assert_false(service->rate_limited);
	assert_true(service->receive_ephemeral);
	assert_int_equal(service->protocol_count, 2);
	check_str(service->protocols[1], "xmpp");
	service = appservices_by_id(f.all, STR("mail"));
	assert_true(service->rate_limited);
	assert_false(service->receive_ephemeral);
	assert_int_equal(service->url.n, 0);
	release(&f);
}

static void namespaces(void **state)
{
	const char *const texts[] = {irc, mail};
	struct fixture f = {0};
	struct appservice *service, *other;

	(void)state;
	check_ok(load(&f, texts, 2));
	service = appservices_by_id(f.all, STR("irc"));
	other = appservices_by_id(f.all, STR("mail"));
	assert_true(appservice_is_user(service, STR("@irc_a:here")));
	assert_true(appservice_is_user(service, STR("@ircbot:here")));
	assert_true(appservice_is_user(service, STR("@a_watched:here")));
	assert_false(appservice_is_user(service, STR("@x@irc_a:here")));
	assert_false(appservice_is_user(service, STR("@irc_a:elsewhere")));
	assert_false(appservice_is_user(service, STR("@a_watched:elsewhere")));
	assert_false(appservice_is_user(service, STR("")));
	/* From the first character on, not necessarily to the last; "$" demands it. */
	assert_true(appservice_has_room(service, STR("!watched:here")));
	assert_false(appservice_has_room(service, STR("!un!watched")));
	assert_true(appservice_has_alias(service, STR("#irc_a:here")));
	assert_false(appservice_has_alias(service, STR("#irc_a:here.example")));
	assert_false(appservice_has_alias(service, STR("#irc_a:here\n")));

	assert_ptr_equal(appservices_exclusive_user(f.all, STR("@irc_a:here"), NULL), service);
	assert_ptr_equal(appservices_exclusive_user(f.all, STR("@irc_a:here"), other), service);
	assert_null(appservices_exclusive_user(f.all, STR("@irc_a:here"), service));
	assert_null(appservices_exclusive_user(f.all, STR("@a_watched:here"), NULL));
	assert_ptr_equal(appservices_exclusive_user(f.all, STR("@mailbot:here"), NULL), other);
	assert_ptr_equal(appservices_exclusive_alias(f.all, STR("#irc_a:here"), NULL), service);
	assert_null(appservices_exclusive_alias(f.all, STR("#other:here"), NULL));
	release(&f);
}

static void a_hostile_expression_ends(void **state)
{
	struct registration_namespace users = {true, mem_strdup(STR("@(a+)+b"))};
	const struct registration_namespaces from = {.users = &users, .users_count = 1};
	struct as_namespaces *compiled;
	BUF_SCOPE(why, 512);
	BUF_SCOPE(id, 300);

	(void)state;
	check_ok(as_namespaces_new(&from, &compiled, &why));
	buf_append_c(&id, "@");
	for (int i = 0; i < 250; i++)
		buf_append_byte(&id, 'a');
	assert_false(as_namespaces_match(compiled, AS_USERS, buf_str(&id), false));
	/* Bytes that are no UTF-8 match nothing. */
	assert_false(as_namespaces_match(compiled, AS_USERS,
		STR("@\xff"
		    "ab"),
		false));
	assert_true(as_namespaces_match(compiled, AS_USERS, STR("@aab"), true));
	assert_false(as_namespaces_any(compiled, AS_ROOMS));
	as_namespaces_free(&compiled);
	free(users.regex);
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		const char *complaint;
	} cases[] = {
		{"", "empty"},
		{"[]", ""},
		{"id: a\n", "as_token"},
		{"id: a\nas_token: b\nhs_token: c\nsender_localpart: d\nurl: ftp://x\n", "url"},
		{"id: a\nas_token: b\nhs_token: c\nsender_localpart: 'a:b c'\nnamespaces: {users: "
		 "7}\n",
			"users"},
		{"id: a\nas_token: b\nhs_token: c\nsender_localpart: d\n"
		 "namespaces: {users: [{exclusive: true, regex: '('}]}\n",
			"regular expression"},
		{"id: a\nas_token: b\nhs_token: c\nsender_localpart: d\n"
		 "namespaces: {users: [{exclusive: true}]}\n",
			"regex"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f = {0};

		check_status(load(&f, &cases[i].text, 1), STATUS_INVALID);
		if (strstr(f.why, cases[i].complaint) == NULL || strstr(f.why, f.paths[0]) == NULL)
			fail_msg("case %zu: %s", i, f.why);
		release(&f);
	}
}

static void two_may_not_share(void **state)
{
	static const char *const others[] = {
		"id: irc\nas_token: x\nhs_token: y\nsender_localpart: z\n",
		"id: x\nas_token: as-irc\nhs_token: y\nsender_localpart: z\n",
		"id: x\nas_token: y\nhs_token: y\nsender_localpart: ircbot\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		const char *const texts[] = {irc, others[i]};
		struct fixture f = {0};

		check_status(load(&f, texts, 2), STATUS_EXISTS);
		release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(a_hostile_expression_ends),
		cmocka_unit_test(refusals),
		cmocka_unit_test(two_may_not_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
