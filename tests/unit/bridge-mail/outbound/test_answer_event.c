/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/answer_event.h"
#include "bridge-mail/outbound/client_html.h"
#include "bridge-mail/outbound/queue.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static enum status read_content(struct arena *arena, const char *content, struct answer_event *out)
{
	const struct json *json = NULL;
	struct str text = arena_printf(arena,
		"{\"event_id\":\"$e\",\"sender\":\"@c:x\",\"origin_server_ts\":7,\"content\":%s}",
		content);
	check_ok(json_parse(arena, text, &json, NULL));
	return answer_event_read(arena, json, out);
}

static void test_plain(void **state)
{
	ARENA_SCOPE(arena);
	struct answer_event event;
	(void)state;
	check_ok(read_content(arena, "{\"msgtype\":\"m.text\",\"body\":\" Bonjour \"}", &event));
	check_str(event.text, "Bonjour");
	check_str(event.sender, "@c:x");
	assert_int_equal(event.at, 7);
	assert_false(event.command);
	assert_int_equal(event.replies.n + event.thread.n + event.html.n + event.mxc.n, 0);
}

static const char an_edit[] =
	"{\"msgtype\":\"m.text\",\"body\":\"* x\",\"m.relates_to\":{\"rel_type\":"
	"\"m.replace\",\"event_id\":\"$a\"}}";

static void test_what_never_leaves(void **state)
{
	static const char *const contents[] = {
		"{\"msgtype\":\"m.notice\",\"body\":\"x\"}",
		"{\"msgtype\":\"m.location\",\"body\":\"x\"}",
		"{\"body\":\"x\"}",
		"{}",
		"[]",
		an_edit,
	};
	ARENA_SCOPE(arena);
	struct answer_event event;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(contents); i++)
		check_status(read_content(arena, contents[i], &event), STATUS_NOT_FOUND);
}

static void test_relations(void **state)
{
	ARENA_SCOPE(arena);
	struct answer_event event;
	(void)state;
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"m.in_reply_to\":"
		"{\"event_id\":\"$a\"}}}",
		&event));
	check_str(event.replies, "$a");
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"rel_type\":\"m."
		"thread\","
		"\"event_id\":\"$r\",\"is_falling_back\":true,\"m.in_reply_to\":{\"event_id\":"
		"\"$a\"}}}",
		&event));
	check_str(event.thread, "$r");
	assert_int_equal(event.replies.n, 0);
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"rel_type\":\"m."
		"thread\","
		"\"event_id\":\"$r\",\"m.in_reply_to\":{\"event_id\":\"$a\"}}}",
		&event));
	check_str(event.replies, "$a");
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"m.in_reply_to\":"
		"{\"event_id\":7}}}",
		&event));
	assert_int_equal(event.replies.n, 0);
}

static void test_quotes_of_old_clients(void **state)
{
	ARENA_SCOPE(arena);
	struct answer_event event;
	(void)state;
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.text\",\"format\":\"org.matrix.custom.html\","
		"\"body\":\"> <@a:x> mot\\n> suite\\n\\nOui.\\n> pas un rappel\","
		"\"formatted_body\":\"<mx-reply><blockquote>mot</blockquote></mx-reply><b>Oui.</"
		"b>\","
		"\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$a\"}}}",
		&event));
	check_str(event.text, "Oui.\n> pas un rappel");
	check_str(event.html, "<b>Oui.</b>");
	/* A quote that the agent wrote stays. */
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.text\",\"body\":\"> cité\\n\\nOui.\","
		"\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$a\"}}}",
		&event));
	check_str(event.text, "> cité\n\nOui.");
}

static void test_commands(void **state)
{
	static const struct {
		const char *body;
		bool command;
		const char *text;
	} rows[] = {
		{"!envoyer Bonjour", true, "Bonjour"},
		{"!send\\nHello\\nyou", true, "Hello\nyou"},
		{"!Envoyer  x", true, "x"},
		{"!envoyer", true, ""},
		{"!envoyerons", false, "!envoyerons"},
		{"Bonjour !envoyer", false, "Bonjour !envoyer"},
		{"!", false, "!"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ARENA_SCOPE(arena);
		struct answer_event event;
		struct str content = arena_printf(
			arena, "{\"msgtype\":\"m.text\",\"body\":\"%s\"}", rows[i].body);
		check_ok(read_content(arena, content.p, &event));
		assert_int_equal(event.command, rows[i].command);
		check_str(event.text, rows[i].text);
	}
}

static void test_files(void **state)
{
	ARENA_SCOPE(arena);
	struct answer_event event;
	(void)state;
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.file\",\"body\":\"plan.pdf\",\"url\":\"mxc://x/y\",\"info\":"
		"{\"mimetype\":\"application/pdf\"}}",
		&event));
	check_str(event.mxc, "mxc://x/y");
	check_str(event.file_name, "plan.pdf");
	check_str(event.file_type, "application/pdf");
	assert_int_equal(event.text.n, 0);
	check_ok(read_content(arena,
		"{\"msgtype\":\"m.image\",\"body\":\"!send Voici\",\"filename\":\"a.png\",\"url\":"
		"\"mxc://x/y\"}",
		&event));
	check_str(event.text, "Voici");
	check_str(event.file_name, "a.png");
	assert_true(event.command);
}

static void test_html_of_clients(void **state)
{
	static const struct {
		const char *from;
		const char *to;
	} rows[] = {
		{"<strong>l&#39;&#xe9;t&#233;</strong> &lt;b&gt; &amp;amp; &nbsp;&hellip;",
			"<strong>l'\xc3\xa9t\xc3\xa9</strong> &lt;b&gt; &amp;amp; "
			"\xc2\xa0\xe2\x80\xa6"},
		{"<strong>&#60;script&#62;</strong>", "<strong>&lt;script&gt;</strong>"},
		{"<strong>x</strong>&#0;&#xd800;&#x110000;&unknown;&",
			"<strong>x</strong>&amp;#0;&amp;#xd800;&amp;#x110000;&amp;unknown;&amp;"},
		{"<a href=\"https://x/?a=1&amp;b=2\">lien</a>",
			"<a href=\"https://x/?a=1&amp;b=2\">lien</a>"},
		{"<a href=\"javascript:x\"><em>lien</em></a>", "<em>lien</em>"},
		{"tout simple", ""},
		{"", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ARENA_SCOPE(arena);
		check_str(client_html(arena, str_c(rows[i].from)), rows[i].to);
	}
}

static void test_retries_grow(void **state)
{
	(void)state;
	assert_int_equal(queue_retry_delay(0), 5000);
	assert_int_equal(queue_retry_delay(1), 15000);
	assert_int_equal(queue_retry_delay(4), 405000);
	assert_int_equal(queue_retry_delay(1000000), 3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_what_never_leaves),
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_quotes_of_old_clients),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_html_of_clients),
		cmocka_unit_test(test_retries_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
