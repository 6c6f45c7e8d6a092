/* SPDX-License-Identifier: Apache-2.0 */
#include "common/matrix/ids.h"

#include <arpa/inet.h>

#define DNS_NAME_MAX  255u
#define DNS_LABEL_MAX 63u
#define IPV6_TEXT_MAX 45u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alphanumeric(char c)
{
	return is_digit(c) || is_lower(c) || is_upper(c);
}

/* Characters of the mxc media id and of hashes in room and event ids. */
static bool is_opaque(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alphanumeric(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	}
	return s.n > 0;
}

/* What a localpart of any kind may hold; the ':' is gone already. */
static bool is_localpart(struct str s)
{
	return str_is_utf8(s) && !str_contains_nul(s);
}

static bool is_port(struct str s)
{
	unsigned port = 0;

	if (s.n < 1 || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
		port = port * 10 + (unsigned)(s.p[i] - '0');
	}
	return port <= 65535;
}

static bool is_ipv6(struct str s)
{
	char text[IPV6_TEXT_MAX + 1];
	struct in6_addr address;

	if (s.n < 2 || s.n > IPV6_TEXT_MAX || str_contains_nul(s))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_dns_label(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alphanumeric(s.p[i]) && s.p[i] != '-')
			return false;
	}
	return s.n > 0 && s.n <= DNS_LABEL_MAX;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
	}
	return s.n > 0;
}

/* Four numbers with dots between them are an address, and then each must fit a byte. */
static bool is_bad_ipv4(struct str name)
{
	struct str part;
	unsigned parts = 0;
	bool fits = true;

	while (str_cut(&name, '.', &part)) {
		int64_t value;

		if (!all_digits(part))
			return false;
		if (part.n > 3 || str_to_i64(part, &value) != STATUS_OK || value > 255)
			fits = false;
		parts++;
	}
	return parts == 4 && !fits;
}

static bool is_dns_name(struct str name)
{
	struct str rest = name;
	struct str label;

	if (name.n == 0 || name.n > DNS_NAME_MAX || is_bad_ipv4(name))
		return false;
	/* One dot at the end is the root's. */
	if (name.n > 1 && name.p[name.n - 1] == '.')
		rest.n--;
	while (str_cut(&rest, '.', &label)) {
		if (!is_dns_label(label))
			return false;
	}
	return true;
}

bool server_name_ok(struct str name)
{
	ptrdiff_t end;
	struct str port;

	if (name.n > 0 && name.p[0] == '[') {
		end = str_index(name, ']');
		if (end < 0 || !is_ipv6(str_slice(name, 1, (size_t)end - 1)))
			return false;
		port = str_skip(name, (size_t)end + 1);
		return port.n == 0 || (port.p[0] == ':' && is_port(str_skip(port, 1)));
	}
	end = str_index(name, ':');
	if (end < 0)
		return is_dns_name(name);
	return is_dns_name(str_slice(name, 0, (size_t)end)) &&
	       is_port(str_skip(name, (size_t)end + 1));
}

/* "<sigil>local:server" */
static enum status parse_with_server(struct str id, char sigil, struct matrix_id *out)
{
	struct matrix_id parts;
	ptrdiff_t colon;

	if (id.n < 2 || id.n > MATRIX_ID_MAX || id.p[0] != sigil)
		return STATUS_INVALID;
	colon = str_index(id, ':');
	if (colon < 0)
		return STATUS_INVALID;
	parts.localpart = str_slice(id, 1, (size_t)colon - 1);
	parts.server = str_skip(id, (size_t)colon + 1);
	if (!is_localpart(parts.localpart) || !server_name_ok(parts.server))
		return STATUS_INVALID;
	*out = parts;
	return STATUS_OK;
}

enum status user_id_parse(struct str id, struct matrix_id *out)
{
	return parse_with_server(id, '@', out);
}

bool user_localpart_is_new(struct str localpart)
{
	for (size_t i = 0; i < localpart.n; i++) {
		char c = localpart.p[i];

		if (!is_lower(c) && !is_digit(c) && (c == '\0' || strchr("._=/+-", c) == NULL))
			return false;
	}
	return localpart.n > 0 && localpart.n < MATRIX_ID_MAX;
}

enum status room_alias_parse(struct str alias, struct matrix_id *out)
{
	return parse_with_server(alias, '#', out);
}

/* "<sigil>opaque" or "<sigil>opaque:server" */
static bool is_opaque_id(struct str id, char sigil)
{
	struct matrix_id parts;

	if (id.n < 2 || id.n > MATRIX_ID_MAX || id.p[0] != sigil)
		return false;
	if (str_index(id, ':') < 0)
		return is_opaque(str_skip(id, 1));
	return parse_with_server(id, sigil, &parts) == STATUS_OK;
}

bool room_id_ok(struct str id)
{
	return is_opaque_id(id, '!');
}

bool event_id_ok(struct str id)
{
	if (is_opaque_id(id, '$'))
		return true;
	/* Room version 3 has hashes in the other alphabet. */
	if (id.n != 44 || id.p[0] != '$')
		return false;
	for (size_t i = 1; i < id.n; i++) {
		if (!is_alphanumeric(id.p[i]) && id.p[i] != '+' && id.p[i] != '/')
			return false;
	}
	return true;
}

enum status mxc_parse(struct str uri, struct str *server_out, struct str *media_out)
{
	struct str rest, server;

	if (!str_starts(uri, STR("mxc://")))
		return STATUS_INVALID;
	rest = str_skip(uri, 6);
	if (!str_cut(&rest, '/', &server) || !server_name_ok(server) || !is_opaque(rest))
		return STATUS_INVALID;
	if (rest.n > MATRIX_ID_MAX)
		return STATUS_TOO_LARGE;
	*server_out = server;
	*media_out = rest;
	return STATUS_OK;
}
