/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/framing.h"

/* RFC 9110 section 5.6.2: token. */
static bool is_token(struct str s)
{
	static const struct str marks = STR_INIT("!#$%&'*+-.^_`|~");
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && str_index(marks, c) < 0)
			return false;
	}
	return s.n > 0;
}

void framing_add(struct framing *framing, struct str name, struct str value)
{
	if (!is_token(name)) {
		framing->bad_name = true;
	} else if (str_eq_nocase(name, STR("content-length"))) {
		framing->lengths++;
		framing->length = str_trim(value);
	} else if (str_eq_nocase(name, STR("transfer-encoding"))) {
		framing->encodings++;
		framing->encoding = str_trim(value);
	} else if (str_eq_nocase(name, STR("expect"))) {
		framing->expect_continue = str_eq_nocase(value, STR("100-continue"));
	}
}

static struct framing_verdict refuse(int status, const char *reason)
{
	return (struct framing_verdict){.refuse = status, .reason = reason};
}

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

struct framing_verdict framing_judge(const struct framing *framing, bool http_1_0)
{
	if (framing->bad_name)
		return refuse(400, "A header's name is malformed");
	if (framing->lengths > 1)
		return refuse(400, "More than one Content-Length");
	if (framing->encodings > 0 && framing->lengths > 0)
		return refuse(400, "Content-Length together with Transfer-Encoding");
	if (framing->encodings > 0 && http_1_0)
		return refuse(400, "Transfer-Encoding needs HTTP/1.1");
	if (framing->encodings > 1 ||
		(framing->encodings == 1 && !str_eq_nocase(framing->encoding, STR("chunked"))))
		return refuse(501, "The only transfer encoding understood is \"chunked\"");
	if (framing->encodings == 1)
		return (struct framing_verdict){.has_body = true, .chunked = true, .length = -1};

	int64_t length = 0;
	if (framing->lengths == 1 &&
		(!is_digits(framing->length) || str_to_i64(framing->length, &length) != STATUS_OK))
		return refuse(400, "Content-Length is not a number");
	return (struct framing_verdict){.has_body = length > 0, .length = length};
}
