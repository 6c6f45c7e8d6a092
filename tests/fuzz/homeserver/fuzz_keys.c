/* SPDX-License-Identifier: Apache-2.0 */
/* What clients upload as keys: shapes, signatures, and how the objects are told to others. */
#include <stdlib.h>

#include "common/json/json.h"
#include "homeserver/keys/key_objects.h"

#define ME STR("@me:here")

static void check_written(struct arena *arena, struct str text)
{
	static struct key_signature items[] = {
		{STR_INIT("D"), STR_INIT("@me:here"), STR_INIT("KEY"), STR_INIT("x")}};
	static const struct key_signature_list added = {items, 1};
	const struct json *back;
	struct json_writer w;
	BUF_SCOPE(out, 1 << 20);
	jw_init(&w, &out);
	if (key_write(arena, &w, text, STR("D"), &added, STR("name")) != STATUS_OK ||
		json_parse(arena, buf_str(&out), &back, NULL) != STATUS_OK ||
		key_signature_find(back, ME, STR("KEY")).p == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	const struct json *json;
	struct str public_key;
	struct str text;
	if (json_parse(arena, str_n((const char *)data, size), &json, NULL) != STATUS_OK)
		return 0;
	bool is_device = key_device_fault(json, ME, STR("D")) == NULL;
	(void)key_cross_signing_fault(json, ME, KEY_USAGE_MASTER, &public_key);
	for (struct json_iter i = json_iter(json); json_next(&i);)
		(void)key_one_time_fault(i.key, i.value);
	struct str signature = key_signature_find(json, ME, STR("D"));
	if (json_is(json, JSON_OBJECT) &&
		key_signature_ok(arena, json, key_device_ed25519(json, STR("D")), signature) &&
		!key_same(json, json))
		abort();
	if (is_device && key_text(arena, json, &text) == STATUS_OK)
		check_written(arena, text);
	return 0;
}
