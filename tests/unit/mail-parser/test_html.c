/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/html.h"
#include "tests/unit/check.h"

static void check_normal(const char *html, const char *expected)
{
	BUF_SCOPE(out, 1 << 20);
	assert_true(html_normalise(str_c(html), &out));
	check_str(buf_str(&out), expected);
}

static void test_form(void **state)
{
	(void)state;
	check_normal("<P>a<BR/>b<p CLASS=x>c",
		"<html><body><p>a<br>b</p><p class=\"x\">c</p></body></html>");
	check_normal(
		"<ul><li>a<li>b</ul>", "<html><body><ul><li>a</li><li>b</li></ul></body></html>");
	check_normal("<a href='x?a=1&b=\"2\"'>&eacute;&nbsp;&lt;&amp;</a>",
		"<html><body><a href=\"x?a=1&amp;b=&quot;2&quot;\">\xc3\xa9\xc2\xa0&lt;&amp;</a>"
		"</body></html>");
	check_normal("<b>a<i>b</b>c</i>", "<html><body><b>a<i>b</i></b>c</body></html>");
	check_normal("texte", "<html><body><p>texte</p></body></html>");
	check_normal("", "");
}

static void test_dropped(void **state)
{
	(void)state;
	check_normal("<head><title>t</title><style>p{}</style></head><div>a<script>x()</script>"
		     "<!-- c --><svg><a>y</a></svg><input value=v><iframe src=z>w</iframe></div>",
		"<html><body><div>a</div></body></html>");
	check_normal("<div style='color:red; DISPLAY : none'>a</div><div style='color:red'>b</div>"
		     "<span style='mso-hide:all'>c</span>",
		"<html><body><div>b</div></body></html>");
	check_normal("<b onclick=x() style=color:red>a</b><img src=http://x alt=y>",
		"<html><body><b>a</b><img alt=\"y\"></body></html>");
	check_normal("<x-y>b</x-y>", "<html><body>b</body></html>");
}

static void test_limits(void **state)
{
	(void)state;
	BUF_SCOPE(html, 8 << 20);
	BUF_SCOPE(out, 4 << 20);
	for (int i = 0; i < 200; i++)
		buf_append_c(&html, "<div>");
	buf_append_c(&html, "fin");
	assert_true(html_normalise(buf_str(&html), &out));
	assert_true(str_find(buf_str(&out), STR("fin")) > 0);
	buf_clear(&html);
	buf_clear(&out);
	for (int i = 0; i < HTML_MAX_ELEMENTS + 10; i++)
		buf_append_c(&html, "<b>x</b>");
	assert_false(html_normalise(buf_str(&html), &out));
	BUF_SCOPE(small, 100);
	assert_false(html_normalise(buf_str(&html), &small));
	assert_true(small.n <= 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
