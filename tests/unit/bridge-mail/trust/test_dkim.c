/* SPDX-License-Identifier: Apache-2.0 */
/* DKIM against the example mails of RFC 6376 (A.2) and RFC 8463 (A.3), and what may go wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/trust/dkim.h"
#include "bridge-mail/trust/dkim_canonical.h"
#include "bridge-mail/trust/dkim_header.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "tests/unit/check.h"

#define NOW INT64_C(1528637999000)

#define RSA_KEY                                                                          \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5" \
	"bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3" \
	"rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define ED_KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define SIMPLE_KEY                                                                        \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zY" \
	"tIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMq" \
	"J0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"

#define ED_SIGNATURE                                                      \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"   \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"         \
	" subject : date : message-id : from : subject : date;\r\n"       \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RSA_SIGNATURE                                                     \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"       \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"   \
	" date : message-id : from : subject : date;\r\n"                 \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
#define SIMPLE_SIGNATURE                                                    \
	"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n" \
	"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n" \
	"      h=Received : From : To : Subject : Date : Message-ID;\r\n"   \
	"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"        \
	"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"  \
	"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"    \
	"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"    \
	"      4bmp/YzhwvcubU4=;\r\n"
#define RECEIVED                                                       \
	"Received: from client1.football.example.com  [192.0.2.1]\r\n" \
	"      by submitserver.example.com with SUBMISSION;\r\n"       \
	"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
#define HEAD                                               \
	"From: Joe SixPack <joe@football.example.com>\r\n" \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"     \
	"Subject: Is dinner ready?\r\n"                    \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"  \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define BODY "\r\nHi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"

struct zone {
	const char *ed;
	const char *rsa;
	enum status status;
	unsigned asked;
};

static enum status find_txt(
	void *context, struct str name, struct arena *arena, struct lookup_records *out)
{
	struct zone *zone = context;
	const char *record = NULL;
	zone->asked++;
	if (str_eq_c(name, "brisbane._domainkey.football.example.com"))
		record = zone->ed;
	else if (str_eq_c(name, "test._domainkey.football.example.com"))
		record = zone->rsa;
	else if (str_eq_c(name, "brisbane._domainkey.example.com"))
		record = "v=DKIM1; p=" SIMPLE_KEY;
	out->count = 0;
	if (zone->status != STATUS_OK)
		return zone->status;
	if (record == NULL)
		return STATUS_NOT_FOUND;
	out->items[out->count++] = arena_str(arena, str_c(record));
	return STATUS_OK;
}

static struct zone a_zone(void)
{
	return (struct zone){
		.ed = "v=DKIM1; k=ed25519; p=" ED_KEY, .rsa = "v=DKIM1; k=rsa; p=" RSA_KEY};
}

static struct dkim_results verify(struct arena *arena, const char *text, struct zone *zone)
{
	char path[] = "/tmp/parvis-test.XXXXXX";
	FD_SCOPE int fd = mkstemp(path);
	struct dkim_results results;
	struct lookup lookup = {zone, find_txt};
	const char *end = strstr(text, "\r\n\r\n");
	assert_true(fd >= 0);
	unlink(path);
	check_ok(fs_write_all(fd, str_c(text)));
	size_t body_at = end == NULL ? strlen(text) : (size_t)(end - text) + 4;
	struct dkim_mail mail = {str_c(text), fd, body_at};
	check_ok(dkim_verify(arena, &mail, &lookup, NOW, &results));
	return results;
}

static void test_examples(void **state)
{
	ARENA_SCOPE(arena);
	struct zone zone = a_zone();
	(void)state;
	struct dkim_results r = verify(arena, ED_SIGNATURE RSA_SIGNATURE HEAD BODY, &zone);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.items[0].why, "");
	assert_int_equal(r.items[0].outcome, DKIM_PASS);
	check_str(r.items[0].domain, "football.example.com");
	assert_string_equal(r.items[1].why, "");
	assert_int_equal(r.items[1].outcome, DKIM_PASS);
	r = verify(arena, SIMPLE_SIGNATURE RECEIVED HEAD BODY, &zone);
	assert_int_equal(r.count, 1);
	assert_string_equal(r.items[0].why, "");
}

static void expect(const char *text, struct zone *zone, enum dkim_outcome outcome, const char *why)
{
	ARENA_SCOPE(arena);
	struct dkim_results r = verify(arena, text, zone);
	assert_int_equal(r.count, 1);
	assert_string_equal(r.items[0].why, why);
	assert_int_equal(r.items[0].outcome, outcome);
}

static void test_changed(void **state)
{
	struct zone zone = a_zone();
	(void)state;
	expect(ED_SIGNATURE HEAD BODY "P.-S.\r\n", &zone, DKIM_FAIL, "the text was changed");
	expect(ED_SIGNATURE HEAD "\r\nHi.\r\n", &zone, DKIM_FAIL, "the text was changed");
	/* Blank lines at the end and white space are no change in the relaxed form. */
	expect(ED_SIGNATURE HEAD BODY "\r\n \t\r\n", &zone, DKIM_PASS, "");
	expect(RSA_SIGNATURE
		"Subject:  Is dinner\r\n ready?\r\n"
		"From: Joe SixPack <joe@football.example.com>\r\n"
		"To: Suzie Q <suzie@shopping.example.net>\r\n"
		"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
		"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n" BODY,
		&zone, DKIM_PASS, "");
	/* A second From or Subject was signed against. */
	expect("From: other@x.example\r\n" ED_SIGNATURE HEAD BODY, &zone, DKIM_FAIL,
		"the signature does not fit");
	expect(ED_SIGNATURE HEAD "Subject: Other\r\n" BODY, &zone, DKIM_FAIL,
		"the signature does not fit");
	expect(ED_SIGNATURE "X-Other: y\r\n" HEAD BODY, &zone, DKIM_PASS, "");
}

static void test_keys(void **state)
{
	struct zone zone = a_zone();
	(void)state;
	zone.ed = NULL;
	expect(ED_SIGNATURE HEAD BODY, &zone, DKIM_UNUSABLE, "no key");
	zone.ed = "v=DKIM1; k=ed25519; p=";
	expect(ED_SIGNATURE HEAD BODY, &zone, DKIM_UNUSABLE, "the key was revoked");
	zone.ed = "v=DKIM1; k=ed25519; t=y; p=" ED_KEY;
	expect(ED_SIGNATURE HEAD BODY, &zone, DKIM_UNUSABLE, "the domain only tests");
	zone.ed = "v=DKIM1; p=" RSA_KEY;
	expect(ED_SIGNATURE HEAD BODY, &zone, DKIM_UNUSABLE, "the key is of another kind");
	zone.ed = "v=DKIM1; k=ed25519; s=tlsrpt; p=" ED_KEY;
	expect(ED_SIGNATURE HEAD BODY, &zone, DKIM_UNUSABLE, "the key is not for mail");
	zone.rsa = "v=DKIM1; p=" SIMPLE_KEY;
	expect(RSA_SIGNATURE HEAD BODY, &zone, DKIM_FAIL, "the signature does not fit");
	/* 512 bits */
	zone.rsa = "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKe1GVMhdGR4m+YT9xUjlM/7YWyOpYWVrRqZgC/"
		   "3fYOAsuVKrNS/9SbQhc2+tDd5Zx2YKjn9SQVdNPbhvZk8Vn0CAwEAAQ==";
	expect(RSA_SIGNATURE HEAD BODY, &zone, DKIM_FAIL, "the key is too short or too long");
	zone.rsa = "p=AAAA";
	expect(RSA_SIGNATURE HEAD BODY, &zone, DKIM_FAIL, "the key cannot be read");
	zone.status = STATUS_TIMEOUT;
	expect(RSA_SIGNATURE HEAD BODY, &zone, DKIM_TEMPORARY, "the key cannot be had now");
}

static void check_header(const char *value, enum status expected)
{
	ARENA_SCOPE(arena);
	struct dkim_signature signature;
	const char *why = "";
	check_status(dkim_signature_read(arena, str_c(value), &signature, &why), expected);
}

static void test_headers(void **state)
{
	ARENA_SCOPE(arena);
	struct dkim_signature s;
	const char *why = NULL;
	(void)state;
#define REST "; d=x.example; s=s; h=From; bh=AAAA; b=AAAA"
	check_header("v=1; a=rsa-sha256" REST, STATUS_OK);
	check_header("v=2; a=rsa-sha256" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha1" REST, STATUS_DENIED);
	check_header("v=1; a=rsa-md5" REST, STATUS_INVALID);
	check_header("v=1; v=1; a=rsa-sha256" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; i=a@y.example" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; i=a@notx.example" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; i=a@sub.x.example" REST, STATUS_OK);
	check_header("v=1; a=rsa-sha256; x=5; t=6" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; c=relaxed/simple/x" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; l=-1" REST, STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; d=x.example; s=s; h=To; bh=AAAA; b=AAAA", STATUS_DENIED);
	check_header(
		"v=1; a=rsa-sha256; d=x..example; s=s; h=From; bh=AAAA; b=AAAA", STATUS_INVALID);
	check_header("v=1; a=rsa-sha256; d=x.example; s=s; h=From; bh=A!; b=AAAA", STATUS_INVALID);
	check_header("", STATUS_INVALID);
	check_header(";;=;", STATUS_INVALID);
	check_ok(dkim_signature_read(
		arena, STR("v=1; a=rsa-sha256; c=relaxed; l=12; x=77" REST), &s, &why));
	assert_true(s.relaxed_header);
	assert_false(s.relaxed_body);
	assert_true(s.has_length);
	assert_int_equal(s.length, 12);
	assert_int_equal(s.expires_at, 77);
}

static void check_body(bool relaxed, const char *text, const char *expected)
{
	ARENA_SCOPE(arena);
	uint8_t hash[SHA256_BYTES], wanted[SHA256_BYTES];
	struct dkim_body body;
	for (size_t piece = 1; piece < 4; piece++) {
		dkim_body_init(&body, relaxed, -1);
		for (size_t i = 0; i < strlen(text); i += piece)
			dkim_body_add(&body, str_slice(str_c(text), i, piece));
		dkim_body_finish(&body, hash);
		sha256(str_c(expected), wanted);
		check_str(hex_encode(arena, str_n((char *)hash, sizeof(hash))),
			hex_encode(arena, str_n((char *)wanted, sizeof(wanted))).p);
		assert_int_equal(body.size, strlen(expected));
	}
}

/* RFC 6376, 3.4.5 */
static void test_canonical(void **state)
{
	BUF_SCOPE(out, 1000);
	(void)state;
	dkim_canonical_header(STR("A: X\r\n"), true, &out);
	dkim_canonical_header(STR("B : Y\t\r\n\tZ  \r\n"), true, &out);
	check_str(buf_str(&out), "a:X\r\nb:Y Z\r\n");
	buf_clear(&out);
	dkim_canonical_header(STR("B : Y\t\r\n\tZ  \r\n"), false, &out);
	check_str(buf_str(&out), "B : Y\t\r\n\tZ  \r\n");
	check_body(true, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n");
	check_body(false, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n");
	check_body(true, "", "");
	check_body(true, "\r\n \r\n", "");
	check_body(false, "", "\r\n");
	check_body(false, "\r\n\r\n", "\r\n");
	check_body(false, "a", "a\r\n");
	check_body(false, "a\nb\n", "a\r\nb\r\n");
	check_body(false, "a\rb\r", "a\rb\r\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_canonical),
	};
	return cmocka_run_group_tests_name("dkim", tests, NULL, NULL);
}
