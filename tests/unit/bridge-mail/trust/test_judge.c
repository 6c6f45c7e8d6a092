/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on senders, with DNS answers of our own: policies, alignment, servers that are believed,
 * domains that look like others. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/trust/auth_results.h"
#include "bridge-mail/trust/dmarc.h"
#include "bridge-mail/trust/domain.h"
#include "bridge-mail/trust/judge.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

struct fixture {
	struct config_mailbox mailbox;
	struct config_bridge_mail config;
	char *servers[1];
	const char *policy; /* of ville.example and orange.example */
	enum status status;
	struct judge *judge;
	struct arena *arena;
};

static enum status find_txt(
	void *context, struct str name, struct arena *arena, struct lookup_records *out)
{
	const struct fixture *f = context;
	out->count = 0;
	if (f->status != STATUS_OK)
		return f->status;
	if (f->policy == NULL || (!str_eq_c(name, "_dmarc.ville.example") &&
					 !str_eq_c(name, "_dmarc.orange.example")))
		return STATUS_NOT_FOUND;
	out->items[out->count++] = arena_str(arena, STR("v=spf1 -all"));
	out->items[out->count++] = arena_str(arena, str_c(f->policy));
	return STATUS_OK;
}

static int setup(void **state)
{
	static char address[] = "voirie@ville.example", name[] = "Voirie",
		    server[] = "mx.ville.example";
	struct fixture *f = MEM_NEW(struct fixture);
	struct lookup lookup = {f, find_txt};
	f->mailbox = (struct config_mailbox){.address = address, .name = name};
	f->servers[0] = server;
	f->config = (struct config_bridge_mail){.mailboxes = &f->mailbox,
		.mailboxes_count = 1,
		.authserv_ids = f->servers,
		.authserv_ids_count = 1};
	f->judge = judge_new(&f->config, &lookup);
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	judge_free(&f->judge);
	arena_free(&f->arena);
	free(f);
	return 0;
}

static struct verdict judge_text(struct fixture *f, const char *from, const char *head)
{
	char path[] = "/tmp/parvis-test.XXXXXX";
	FD_SCOPE int fd = mkstemp(path);
	struct verdict verdict;
	assert_true(fd >= 0);
	struct str text = arena_printf(
		f->arena, "%sFrom: Jean <%s>\r\nSubject: x\r\n\r\nBonjour.\r\n", head, from);
	check_ok(fs_write_all(fd, text));
	check_ok(judge_mail(f->judge, f->arena, path, str_c(from), 1000, &verdict));
	unlink(path);
	return verdict;
}

static void expect(struct fixture *f, const char *from, const char *head, enum verdict_state state,
	unsigned flags, const char *reason)
{
	struct verdict v = judge_text(f, from, head);
	check_str(v.reason, reason);
	assert_int_equal(v.state, state);
	assert_int_equal(v.flags, flags);
}

static void test_policies(void **state)
{
	struct fixture *f = *state;
	expect(f, "jean@orange.example", "", VERDICT_UNVERIFIED, 0, "not signed");
	expect(f, "camille@ville.example", "", VERDICT_UNVERIFIED, VERDICT_OURS, "not signed");
	f->policy = "v=DMARC1; p=none";
	expect(f, "jean@orange.example", "", VERDICT_UNVERIFIED, 0, "not signed");
	f->policy = "v=DMARC1; p=reject; sp=none";
	expect(f, "jean@orange.example", "", VERDICT_FAILED, 0,
		"not signed, and the domain asks not to believe such mails");
	expect(f, "jean@sub.orange.example", "", VERDICT_UNVERIFIED, 0, "not signed");
	f->policy = "v=DMARC1; p=quarantine";
	expect(f, "jean@a.b.ORANGE.example", "", VERDICT_FAILED, 0,
		"not signed, and the domain asks not to believe such mails");
	f->status = STATUS_TIMEOUT;
	expect(f, "jean@orange.example", "", VERDICT_UNVERIFIED, 0,
		"not signed; the domain's policy cannot be had now");
	f->status = STATUS_OK;
	expect(f, "jean@orange.example", "From: other@x.example\r\n", VERDICT_FAILED, 0,
		"several From headers");
	expect(f, "", "", VERDICT_UNVERIFIED, 0, "no usable From");
}

#define OURS   "Authentication-Results: mx.ville.example;"
#define THEIRS "Authentication-Results: mx.evil.example;"

static void test_servers(void **state)
{
	struct fixture *f = *state;
	const char *jean = "jean@orange.example";
	f->policy = "v=DMARC1; p=reject";
	expect(f, jean, OURS " dmarc=pass header.from=orange.example\r\n", VERDICT_VERIFIED, 0,
		"mx.ville.example says dmarc=pass");
	expect(f, jean,
		OURS
		"\r\n\tspf=pass (sender is (really) fine)\r\n\t smtp.mailfrom=x@mx.orange.example;"
		" dkim=fail header.d=orange.example\r\n",
		VERDICT_VERIFIED, 0, "mx.ville.example says spf=pass");
	expect(f, jean, OURS " dkim=pass header.i=@orange.example header.s=\"a b\"\r\n",
		VERDICT_VERIFIED, 0, "mx.ville.example says dkim=pass");
	/* Two headers by ours, the second counts too. */
	expect(f, jean, OURS " spf=none\r\n" OURS " dkim=pass header.d=orange.example\r\n",
		VERDICT_VERIFIED, 0, "mx.ville.example says dkim=pass");
	/* About another domain; by somebody else; below somebody else's; broken. */
	static const char *const others[] = {
		OURS " dkim=pass header.d=evil.example\r\n",
		OURS " dmarc=pass header.from=evil.example\r\n",
		THEIRS " dmarc=pass header.from=orange.example\r\n",
		THEIRS " none\r\n" OURS " dmarc=pass header.from=orange.example\r\n",
		OURS " dmarc header.from=orange.example\r\n",
		OURS " dkim=fail (dkim=pass) header.d=orange.example\r\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		expect(f, jean, others[i], VERDICT_FAILED, 0,
			"not signed, and the domain asks not to believe such mails");
	f->policy = "v=DMARC1; p=reject; adkim=s";
	expect(f, jean, OURS " dkim=pass header.d=mx.orange.example\r\n", VERDICT_FAILED, 0,
		"not signed, and the domain asks not to believe such mails");
}

static void test_auth_results(void **state)
{
	struct fixture *f = *state;
	struct auth_results r;
	check_ok(auth_results_read(f->arena, STR("example.org 1; none"), &r));
	check_str(r.server, "example.org");
	assert_int_equal(r.count, 0);
	check_ok(auth_results_read(f->arena,
		STR("\"example.org\" ; (a) auth (b) / 1 = (c) pass reason=\"x;y\" smtp.auth=a@b ; "
		    "spf=fail"),
		&r));
	check_str(r.server, "example.org");
	assert_int_equal(r.count, 2);
	check_str(r.items[0].method, "auth");
	check_str(r.items[0].result, "pass");
	check_str(r.items[1].result, "fail");
	check_status(auth_results_read(f->arena, STR(""), &r), STATUS_INVALID);
	check_status(auth_results_read(f->arena, STR("; dkim=pass"), &r), STATUS_INVALID);
	check_status(auth_results_read(f->arena, STR("a; dkim pass"), &r), STATUS_INVALID);
	check_status(auth_results_read(f->arena, STR("a; ="), &r), STATUS_INVALID);
}

static void test_dmarc_records(void **state)
{
	struct dmarc record;
	(void)state;
	check_ok(dmarc_read(
		STR("v=DMARC1;p=reject;sp=quarantine; adkim=s; rua=mailto:a@b"), &record));
	assert_int_equal(record.policy, DMARC_REJECT);
	assert_int_equal(record.subdomains, DMARC_QUARANTINE);
	assert_true(record.strict_dkim);
	check_ok(dmarc_read(STR("v=DMARC1; p=what"), &record));
	assert_int_equal(record.policy, DMARC_NONE);
	check_status(dmarc_read(STR("v=spf1 -all"), &record), STATUS_INVALID);
	check_status(dmarc_read(STR("p=reject; v=DMARC1"), &record), STATUS_INVALID);
	check_status(dmarc_read(STR(""), &record), STATUS_INVALID);
}

static bool misleads(struct arena *arena, const struct domains *domains, const char *domain)
{
	struct str ascii;
	check_ok(domain_ascii(arena, str_c(domain), &ascii));
	return domain_misleads(domains, arena, ascii);
}

static void test_domains(void **state)
{
	struct fixture *f = *state;
	struct domains *d = domains_new();
	struct str ascii;
	check_ok(domain_ascii(f->arena, STR("Mairie-Évry.FR."), &ascii));
	check_str(ascii, "xn--mairie-vry-h7a.fr");
	check_status(domain_ascii(f->arena, STR("a b"), &ascii), STATUS_INVALID);
	check_status(domain_ascii(f->arena, STR("\xff.fr"), &ascii), STATUS_INVALID);
	check_str(domain_organization(d, f->arena, STR("a.b.ville.gouv.fr")), "ville.gouv.fr");
	check_str(domain_organization(d, f->arena, STR("mail.free.fr")), "free.fr");
	check_str(domain_organization(d, f->arena, STR("fr")), "fr");
	assert_false(misleads(f->arena, d, "orange.fr"));
	assert_false(misleads(f->arena, d, "mairie-\xc3\xa9vry.fr"));
	assert_false(misleads(f->arena, d, "\xe6\x97\xa5\xe6\x9c\xac\xe3\x81\x93.jp"));
	/* Cyrillic а among Latin letters; all Cyrillic that looks Latin, under an ASCII domain, and
	 * under one of its own. */
	assert_true(misleads(f->arena, d, "or\xd0\xb0nge.fr"));
	assert_true(misleads(f->arena, d, "\xd0\xb0\xd1\x80\xd1\x80\xd0\xb5.com"));
	assert_false(misleads(f->arena, d, "\xd0\xb0\xd1\x80\xd1\x80\xd0\xb5.\xd1\x80\xd1\x84"));
	struct verdict v = judge_text(f, "jean@or\xd0\xb0nge.fr", "");
	assert_int_equal(v.flags, VERDICT_MISLEADING);
	domains_free(&d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_policies),
		TEST(test_servers),
		TEST(test_auth_results),
		TEST(test_dmarc_records),
		TEST(test_domains),
	};
	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
