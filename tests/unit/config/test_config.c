/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/mem.h"
#include "config/config.h"
#include "tests/unit/check.h"

#define NAME "server_name: ville.example\n"

static char folder[] = "/tmp/parvis-test.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/parvis.yaml", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static enum status load(const char *yaml, struct config **out, char why[CONFIG_ERROR_MAX])
{
	check_ok(fs_write_file(path, str_c(yaml), 0600));
	return config_load(path, out, why);
}

static void defaults(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	char expected[128];
	struct config *c = NULL;
	(void)state;
	check_ok(load(NAME, &c, why));
	assert_string_equal(c->server_name, "ville.example");
	assert_int_equal(c->homeserver.registration, REGISTRATION_CLOSED);
	assert_int_equal(c->homeserver.port, 8008);
	assert_int_equal(c->homeserver.workers, 8);
	assert_string_equal(c->homeserver.listen_address, "127.0.0.1");
	assert_int_equal(c->bridge_mail.smtp_port, 0);
	assert_string_equal(c->bridge_mail.lmtp_socket, "");
	snprintf(expected, sizeof(expected), "%s/data", folder);
	assert_string_equal(c->data_dir, expected);
	config_free(&c);
	assert_null(c);
	config_free(&c);
}

static void the_commented_file_says_the_defaults(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct config *c = NULL;
	(void)state;
	check_ok(config_load("config/parvis.yaml", &c, why));
	assert_string_equal(c->data_dir, "config/data");
	assert_string_equal(c->sfu.web_dir, "/usr/share/parvis/web");
	config_free(&c);
}

static void values_and_paths(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	char expected[128];
	struct config *c = NULL;
	(void)state;
	check_ok(load(NAME "data_dir: /srv/parvis\nhomeserver:\n  registration: token\n"
			   "  registration_tokens: [one, two]\n"
			   "  application_services: [a.yaml, /b.yaml]\n"
			   "bridge_mail:\n  mailboxes:\n    - address: mairie@ville.example\n"
			   "      members: [\"@a:ville.example\"]\n"
			   "turn:\n  uris: [\"turns:turn.ville.example\"]\n  secret: s\n",
		&c, why));
	assert_int_equal(c->turn.uris_count, 1);
	assert_string_equal(c->turn.uris[0], "turns:turn.ville.example");
	assert_string_equal(c->turn.secret, "s");
	assert_int_equal(c->turn.lifetime, 86400);
	assert_string_equal(c->data_dir, "/srv/parvis");
	assert_int_equal(c->homeserver.registration_tokens_count, 2);
	assert_string_equal(c->homeserver.registration_tokens[1], "two");
	snprintf(expected, sizeof(expected), "%s/a.yaml", folder);
	assert_string_equal(c->homeserver.application_services[0], expected);
	assert_string_equal(c->homeserver.application_services[1], "/b.yaml");
	assert_string_equal(c->bridge_mail.mailboxes[0].name, "mairie@ville.example");
	config_free(&c);
}

#define BOX  "bridge_mail:\n  mailboxes: [{address: v@ville.example}]\n  imap:\n"
#define IMAP BOX "    - {url: \"imaps://a\", user: u, password_file: p"

static void folders_at_providers(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	char expected[128];
	struct config *c = NULL;
	(void)state;
	check_ok(load(NAME IMAP "}\n    - {url: \"imap://b:143\", user: w, token_command: \"x y\","
				" done: move, existing: none, folder: Courrier}\n",
		&c, why));
	const struct config_bridge_mail *m = &c->bridge_mail;
	assert_int_equal(m->imap_count, 2);
	snprintf(expected, sizeof(expected), "%s/p", folder);
	assert_string_equal(m->imap[0].password_file, expected);
	assert_string_equal(m->imap[0].folder, "INBOX");
	assert_string_equal(m->imap[0].done_flag, "\\Seen");
	assert_string_equal(m->imap[0].mailbox, "v@ville.example");
	assert_int_equal(m->imap[0].done, IMAP_DONE_FLAG);
	assert_int_equal(m->imap[0].existing, IMAP_EXISTING_UNSEEN);
	assert_int_equal(m->imap[0].idle_s, 1500);
	assert_int_equal(m->imap[1].done, IMAP_DONE_MOVE);
	assert_int_equal(m->imap[1].existing, IMAP_EXISTING_NONE);
	assert_string_equal(m->imap[1].token_command, "x y");
	assert_int_equal(m->smarthost_per_hour, 60);
	config_free(&c);
}

static void faults_are_told_in_one_line(void **state)
{
	static const struct {
		const char *yaml;
		const char *told;
	} faults[] = {
		{"", "empty"},
		{NAME "turn:\n  uris: [\"turn:a\"]\n", "turn.secret"},
		{NAME "turn:\n  uris: [\"stun:a\"]\n  secret: s\n", "turns:"},
		{NAME "turn:\n  lifetime: 1\n", "turn.lifetime"},
		{"homeserver: {}\n", "server_name"},
		{"server_name: \"not a host\"\n", "server_name"},
		{NAME "nonsense: 1\n", "nonsense"},
		{NAME "homeserver:\n  port: many\n", "port"},
		{NAME "homeserver:\n  port: 70000\n", "port"},
		{NAME "homeserver:\n  workers: 65\n", "workers"},
		{NAME "homeserver:\n  registration: maybe\n", "registration"},
		{NAME "homeserver:\n  registration: token\n", "registration_tokens"},
		{NAME "homeserver:\n  registration: token\n  registration_tokens: []\n",
			"registration_tokens"},
		{NAME "homeserver:\n  registration_tokens: [\"\"]\n", "registration_tokens"},
		{NAME "homeserver:\n  media_max_bytes: 18446744073709551615\n", "1 TiB"},
		{NAME "homeserver:\n  public_url: ville.example\n", "public_url"},
		{NAME "bridge_mail:\n  mail_max_bytes: 99999999999\n", "1 GiB"},
		{NAME "bridge_mail:\n  mailboxes: [{address: mairie}]\n", "mairie"},
		{NAME IMAP ", token_file: t}\n", "password_file"},
		{NAME BOX "    - {url: \"imaps://a\", user: u}\n", "password_file"},
		{NAME BOX "    - {url: \"http://a\", user: u, password_file: p}\n", "imap://"},
		{NAME IMAP ", mailbox: x@y}\n", "mailbox"},
		{NAME IMAP ", idle_s: 1800}\n", "idle_s"},
		{NAME IMAP ", done_flag: \"a) (b\"}\n", "done_flag"},
		{NAME IMAP ", done: move, done_folder: INBOX}\n", "done_folder"},
		{NAME IMAP ", done: burn}\n", "done"},
		{"a: &a [x]\nb: *a\n", ""},
		{"server_name: [\n", ""},
		{"\t", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		char why[CONFIG_ERROR_MAX] = "";
		struct config *c = NULL;
		check_status(load(faults[i].yaml, &c, why), STATUS_INVALID);
		assert_null(c);
		assert_non_null(strstr(why, faults[i].told));
		assert_true(why[0] != '\0' && strchr(why, '\n') == NULL);
	}
}

static void secrets_are_not_told(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct config *c = NULL;
	(void)state;
	check_status(
		load(NAME "homeserver:\n  registration_tokens: sesame\n", &c, why), STATUS_INVALID);
	assert_null(strstr(why, "sesame"));
	check_status(
		load(NAME "homeserver:\n  registration_tokens: [sesame]\n  nonsense: 1\n", &c, why),
		STATUS_INVALID);
	assert_null(strstr(why, "sesame"));
}

static void files_that_cannot_be_read(void **state)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct config *c = NULL;
	(void)state;
	check_status(config_load("/nowhere/parvis.yaml", &c, why), STATUS_NOT_FOUND);
	assert_non_null(strstr(why, "/nowhere/parvis.yaml: No such file"));
	assert_true(config_load(folder, &c, why) != STATUS_OK);
	check_status(config_load("/dev/zero", &c, why), STATUS_TOO_LARGE);
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(the_commented_file_says_the_defaults),
		cmocka_unit_test(values_and_paths),
		cmocka_unit_test(folders_at_providers),
		cmocka_unit_test(faults_are_told_in_one_line),
		cmocka_unit_test(secrets_are_not_told),
		cmocka_unit_test(files_that_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
