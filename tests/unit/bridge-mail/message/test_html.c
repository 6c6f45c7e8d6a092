/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/body.h"
#include "bridge-mail/message/file_name.h"
#include "bridge-mail/message/html_quotes.h"
#include "bridge-mail/message/html_write.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

static void check_body(const char *html, const char *plain, const char *matrix)
{
	struct mail mail = {.html = str_c(html)};
	struct body body;
	ARENA_SCOPE(arena);
	body_make(arena, &mail, false, &body);
	check_str(body.plain, plain);
	check_str(body.html, matrix);
}

static void test_allowed(void **state)
{
	(void)state;
	check_body("<p>Bonjour <b>Jean</b>,</p>\n<p>merci &amp; <i>bien</i></p>",
		"Bonjour Jean,\n\nmerci & bien",
		"Bonjour <strong>Jean</strong>,<br><br>merci &amp; <em>bien</em>");
	check_body("<ul><li>a</li><li>b<ol start='3'><li>c</ol></ul>", "- a\n- b\n  1. c",
		"<ul><li>a</li><li>b<ol start=\"3\"><li>c</li></ol></li></ul>");
	check_body("<a href='https://x.example/?a=1&amp;b=\"'>ici</a>",
		"ici (https://x.example/?a=1&b=\")",
		"<a href=\"https://x.example/?a=1&amp;b=&quot;\">ici</a>");
	check_body("<pre>a\n  b</pre>", "a\n  b", "<pre>a\n  b</pre>");
	check_body("<h2>T</h2>x<hr>y", "T\n\nx\n---\ny", "<h2>T</h2>x<hr>y");
	check_body("<div>a</div><div><br></div><div>b</div>", "a\n\nb", "");
	check_body("a<br>b", "a\nb", "");
}

static void test_refused(void **state)
{
	(void)state;
	check_body("<b onclick='x()' style='color:red'>a</b>", "a", "<strong>a</strong>");
	check_body("<a href='javascript:x()'>a</a> <a href=' JAVA\nSCRIPT:x'>b</a>", "a b", "");
	check_body("<a href='data:text/html,x'>a</a><b>c</b>", "ac", "a<strong>c</strong>");
	check_body("<img src='http://spy.example/1.gif' alt='Logo'>x", "[Logo]x", "");
	check_body("<img src='http://spy.example/1.gif'>x", "x", "");
	check_body("<iframe src='x'>y</iframe><form action='x'>z</form>", "y\nz", "");
	check_body("&lt;script&gt;x&lt;/script&gt;<u>a</u>", "<script>x</script>a",
		"&lt;script&gt;x&lt;/script&gt;<u>a</u>");
}

/* What the parser's process never writes, unless it is not ours any more. */
static void test_form_is_not_kept(void **state)
{
	(void)state;
	check_body("a < b <3 <> </ <B>x</B> &nbsp;&", "a < b <3 <> </ <B>x</B> &nbsp;&", "");
	check_body("<b>a</i></p>b", "ab", "<strong>ab</strong>");
	check_body("<ul><li><b>a</ul>b</b>", "- a\nb", "<ul><li><strong>a</strong></li></ul>b");
	check_body("<a href='https://x.example>y", "y", "");
	check_body("<a href=\"https://x.example/\" href='https://y.example/' z>t</a",
		"t (https://y.example/)", "<a href=\"https://y.example/\">t</a>");
	check_body("x<b", "x", "");
}

static void test_tables(void **state)
{
	(void)state;
	check_body("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc", "");
	check_body("<table border='1'><tr><td>a</td><td>b</td></tr></table>", "a b",
		"<table><tr><td>a</td><td>b</td></tr></table>");
}

static void test_marked_quotes(void **state)
{
	static const char *const quotes[] = {
		"<div class='gmail_quote'><div class='gmail_attr'>Le 3, x a \xc3\xa9"
		"crit :</div><blockquote class='gmail_quote'>Non</blockquote></div>",
		"<div class='moz-cite-prefix'>Le 3, x a \xc3\xa9"
		"crit :<br></div><blockquote type='cite'>Non</blockquote>",
		"<div id='appendonsend'></div><hr><div id='divRplyFwdMsg'>De : "
		"x</div><div>Non</div>",
		"<blockquote type='cite'><div>Le 3, x a \xc3\xa9"
		"crit :</div>Non</blockquote>",
		"<hr id='zwchr' data-marker='__DIVIDER__'><div "
		"data-marker='__QUOTED_TEXT__'>Non</div>",
		"<div class='protonmail_quote'>Non</div>",
		"<div id='yahoo_quoted_123'>Non</div>",
		"<div><b>De :</b> x<br><b>Envoy\xc3\xa9 :</b> y<br><b>\xc3\x80 :</b> z<br>"
		"<b>Objet :</b> w</div><p>Non</p>",
		"<p>-----Message d'origine-----</p><p>Non</p>",
		"<p>On Tue, 3 Mar 2026, x wrote:</p><blockquote>Non</blockquote>",
		"<div>Envoy\xc3\xa9 de mon iPhone</div><blockquote type='cite'>Non</blockquote>",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
		BUF_SCOPE(html, 4096);
		buf_printf(&html, "<html><body><div>Oui.</div>%s</body></html>", quotes[i]);
		check_body(html.p, "Oui.", "");
	}
}

static void test_answers_between(void **state)
{
	(void)state;
	check_body("<div class='moz-cite-prefix'>x a \xc3\xa9"
		   "crit :</div><blockquote type='cite'>A ?</blockquote><p>Oui.</p>"
		   "<blockquote type='cite'>B ?</blockquote><p>Non.</p>",
		"x a \xc3\xa9"
		"crit :\n\n> A ?\n\nOui.\n\n> B ?\n\nNon.",
		"x a \xc3\xa9"
		"crit :<blockquote>A ?</blockquote>Oui.<blockquote>B ?</blockquote>Non.");
}

static void test_passed_on(void **state)
{
	(void)state;
	check_body("<div>Vu.</div><div class='gmail_quote'><div class='gmail_attr'>"
		   "---------- Forwarded message ---------<br>De : x</div>Texte.</div>",
		"Vu.\n---------- Forwarded message ---------\nDe : x\nTexte.", "");
	/* Passed on by somebody else, inside what is answered. */
	check_body("<div>Oui.</div><blockquote type='cite'><p>Vu ?</p>"
		   "<p>-------- Message transféré --------</p><p>Texte.</p></blockquote>",
		"Oui.", "");
}

static void test_inside_one_quote(void **state)
{
	(void)state;
	check_body("<div class='gmail_quote'><div class='gmail_attr'>x a écrit :</div>"
		   "<blockquote class='gmail_quote'>A ?</blockquote><div>Oui.</div>"
		   "<blockquote class='gmail_quote'>B ?</blockquote><div>Non.</div></div>",
		"x a écrit :\n\n> A ?\n\nOui.\n\n> B ?\n\nNon.",
		"x a écrit :<blockquote>A ?</blockquote>Oui.<blockquote>B ?</blockquote>Non.");
	check_body("<blockquote type='cite'>A ?</blockquote><p>Oui.</p>", "Oui.", "");
}

static void test_never_empty(void **state)
{
	(void)state;
	check_body("<blockquote type='cite'>seul</blockquote>", "> seul",
		"<blockquote>seul</blockquote>");
	struct mail mail = {.html = STR("<img>"), .text = STR("texte")};
	struct body body;
	ARENA_SCOPE(arena);
	body_make(arena, &mail, false, &body);
	check_str(body.plain, "texte");
}

static void test_depth_and_size(void **state)
{
	(void)state;
	BUF_SCOPE(html, 8 << 20);
	for (int i = 0; i < 200000; i++)
		buf_append_c(&html, "<div><blockquote>");
	buf_append_c(&html, "fin");
	struct mail mail = {.html = buf_str(&html)};
	struct body body;
	ARENA_SCOPE(arena);
	body_make(arena, &mail, false, &body);
	assert_true(body.html.n <= BODY_MAX_HTML);
	buf_clear(&html);
	for (int i = 0; i < 100000; i++)
		buf_append_c(&html, "<b>mot</b> ");
	mail.html = buf_str(&html);
	body_make(arena, &mail, false, &body);
	assert_true(body.cut);
	assert_true(body.plain.n > 0 && body.plain.n <= BODY_MAX_PLAIN);
	assert_int_equal(body.html.n, 0);
}

static void test_file_names(void **state)
{
	static const struct {
		const char *name;
		const char *type;
		const char *safe;
	} rows[] = {
		{"photo.png", "image/png", "photo.png"},
		{"../../etc/passwd", "", "passwd"},
		{"C:\\Users\\x\\Rapport d'\xc3\xa9t\xc3\xa9.pdf", "",
			"Rapport d'\xc3\xa9t\xc3\xa9.pdf"},
		{"..", "application/pdf", "attachment-3.pdf"},
		{"", "x/y", "attachment-3.bin"},
		{".bashrc", "", "bashrc"},
		{"a\xe2\x80\xae"
		 "fdp.exe",
			"", "afdp.exe"},
		{"a\nb<c>:\"|?*.txt", "", "ab_c______.txt"},
	};
	ARENA_SCOPE(arena);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_str(file_name_safe(arena, str_c(rows[i].name), str_c(rows[i].type), 2),
			rows[i].safe);
	BUF_SCOPE(name, 4096);
	for (int i = 0; i < 300; i++)
		buf_append_c(&name, "\xc3\xa9");
	buf_append_c(&name, ".docx");
	struct str safe = file_name_safe(arena, buf_str(&name), STR(""), 0);
	assert_true(safe.n <= FILE_NAME_MAX && str_is_utf8(safe));
	assert_true(str_ends(safe, STR(".docx")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_form_is_not_kept),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_marked_quotes),
		cmocka_unit_test(test_answers_between),
		cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_inside_one_quote),
		cmocka_unit_test(test_never_empty),
		cmocka_unit_test(test_depth_and_size),
		cmocka_unit_test(test_file_names),
	};
	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
