/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_url.h"

#include "common/base/str.h"

static bool cut_scheme(struct str *rest, bool *tls_out)
{
	struct str plain = STR("imap://"), tls = STR("imaps://");
	*tls_out = str_starts(*rest, tls);
	if (!*tls_out && !str_starts(*rest, plain))
		return false;
	*rest = str_skip(*rest, *tls_out ? tls.n : plain.n);
	if (str_ends(*rest, STR("/")))
		rest->n--;
	return true;
}

/* What stands in front of the port; *rest gets ":port" or nothing. */
static struct str cut_host(struct str *rest)
{
	ptrdiff_t end = -1;
	struct str host;
	if (rest->n > 0 && rest->p[0] == '[') {
		end = str_index(*rest, ']');
		if (end < 0)
			return STR_EMPTY;
		host = str_slice(*rest, 1, (size_t)end - 1);
		*rest = str_skip(*rest, (size_t)end + 1);
		return host;
	}
	end = str_index(*rest, ':');
	host = end < 0 ? *rest : str_slice(*rest, 0, (size_t)end);
	*rest = str_skip(*rest, host.n);
	return host;
}

static bool is_loopback(struct str host)
{
	return str_eq_nocase(host, STR("localhost")) || str_starts(host, STR("127.")) ||
	       str_eq(host, STR("::1"));
}

enum status imap_url_read(const char *url, struct imap_url *out)
{
	struct str rest = str_c(url);
	*out = (struct imap_url){0};
	if (!cut_scheme(&rest, &out->tls))
		return STATUS_INVALID;
	struct str host = cut_host(&rest);
	int64_t port = out->tls ? 993 : 143;
	if (host.n == 0 || host.n >= sizeof(out->host) || str_index(host, '/') >= 0 ||
		str_index(host, '@') >= 0)
		return STATUS_INVALID;
	if (rest.n > 0 && (rest.p[0] != ':' || str_to_i64(str_skip(rest, 1), &port) != STATUS_OK ||
				  port < 1 || port > UINT16_MAX))
		return STATUS_INVALID;
	memcpy(out->host, host.p, host.n);
	out->port = (uint16_t)port;
	out->loopback = is_loopback(host);
	return STATUS_OK;
}
