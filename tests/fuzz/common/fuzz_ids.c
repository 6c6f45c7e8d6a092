/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers of every kind: what is accepted keeps its limits, and its parts are inside it. */
#include <stdlib.h>

#include "common/matrix/ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void check_parts(struct str whole, const struct matrix_id *id)
{
	must(whole.n <= MATRIX_ID_MAX);
	must(id->localpart.p == whole.p + 1);
	must(id->server.p == id->localpart.p + id->localpart.n + 1);
	must(id->server.p + id->server.n == whole.p + whole.n);
	must(str_index(id->localpart, ':') < 0 && str_is_utf8(whole));
	must(!str_contains_nul(whole) && server_name_ok(id->server));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_n((const char *)data, size);
	struct str server, media;
	struct matrix_id id;

	if (user_id_parse(s, &id) == STATUS_OK)
		check_parts(s, &id);
	if (room_alias_parse(s, &id) == STATUS_OK)
		check_parts(s, &id);
	if (room_id_ok(s) || event_id_ok(s))
		must(s.n <= MATRIX_ID_MAX && str_is_utf8(s) && !str_contains_nul(s));
	if (server_name_ok(s))
		must(s.n > 0 && str_index(s, '/') < 0 && !str_contains_nul(s));
	if (mxc_parse(s, &server, &media) == STATUS_OK) {
		must(server_name_ok(server) && media.n > 0);
		must(str_index(media, '/') < 0 && str_index(media, '.') < 0);
	}
	if (user_localpart_is_new(s))
		must(s.n > 0 && s.n < MATRIX_ID_MAX);
	return 0;
}
