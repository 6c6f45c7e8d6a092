/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/smtp_path.h"

#include "bridge-mail/inbound/smtp.h"

/* Index of the '>' that closes the path, behind quoted strings; -1 when there is none. */
static ptrdiff_t path_end(struct str s)
{
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '>' && !quoted)
			return (ptrdiff_t)i;
	}
	return -1;
}

/* "@a,@b:" in front of an address: obsolete, to be ignored (RFC 5321, appendix C). */
static struct str without_route(struct str path)
{
	if (path.n == 0 || path.p[0] != '@')
		return path;
	ptrdiff_t colon = str_index(path, ':');
	return colon < 0 ? path : str_skip(path, (size_t)colon + 1);
}

static bool address_ok(struct str address)
{
	if (address.n > SMTP_MAX_PATH)
		return false;
	bool quoted = false;
	size_t at = 0, at_count = 0;
	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];
		if (c < 0x20 || c == 0x7f)
			return false;
		if (quoted && c == '\\') {
			i++;
			if (i >= address.n || (unsigned char)address.p[i] < 0x20)
				return false;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == ' ' || c == '<' || c == '>')) {
			return false;
		} else if (!quoted && c == '@') {
			at = i;
			at_count++;
		}
	}
	return !quoted && at_count == 1 && at > 0 && at + 1 < address.n && str_is_utf8(address);
}

enum status smtp_path_parse(struct str argument, const char *keyword, struct smtp_path *out)
{
	struct str key = str_c(keyword);
	if (argument.n <= key.n || !str_eq_nocase(str_slice(argument, 0, key.n), key) ||
		argument.p[key.n] != ':')
		return STATUS_INVALID;
	struct str rest = str_trim(str_skip(argument, key.n + 1));
	if (rest.n == 0 || rest.p[0] != '<')
		return STATUS_INVALID;
	rest = str_skip(rest, 1);
	ptrdiff_t end = path_end(rest);
	if (end < 0)
		return STATUS_INVALID;
	struct str params = str_skip(rest, (size_t)end + 1);
	if (params.n > 0 && params.p[0] != ' ')
		return STATUS_INVALID;
	struct str address = without_route(str_slice(rest, 0, (size_t)end));
	if (address.n > 0 && !address_ok(address))
		return STATUS_INVALID;
	*out = (struct smtp_path){.address = address, .params = str_trim(params)};
	return STATUS_OK;
}

enum status smtp_mail_params_parse(struct str params, struct smtp_mail_params *out)
{
	*out = (struct smtp_mail_params){0};
	for (struct str part; params.n > 0 && str_cut(&params, ' ', &part);) {
		if (part.n == 0)
			continue;
		ptrdiff_t equals = str_index(part, '=');
		struct str key = equals < 0 ? part : str_slice(part, 0, (size_t)equals);
		struct str value = equals < 0 ? STR_EMPTY : str_skip(part, (size_t)equals + 1);
		if (str_eq_nocase(key, STR("SIZE"))) {
			if (str_to_i64(value, &out->size) != STATUS_OK || out->size < 0)
				return STATUS_INVALID;
		} else if (str_eq_nocase(key, STR("BODY"))) {
			if (!str_eq_nocase(value, STR("7BIT")) &&
				!str_eq_nocase(value, STR("8BITMIME")))
				return STATUS_INVALID;
		} else if (str_eq_nocase(key, STR("SMTPUTF8"))) {
			if (equals >= 0)
				return STATUS_INVALID;
			out->smtputf8 = true;
		} else {
			return STATUS_NOT_FOUND;
		}
	}
	return STATUS_OK;
}
