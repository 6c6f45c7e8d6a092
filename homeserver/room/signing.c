/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/signing.h"

#define LOG_MODULE "signing"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/crypto/secret.h"

#define KEY_FILE_MAX  4096
#define KEY_NAME_LEN  4
#define KEY_FILE_MODE 0600

struct signing_key {
	struct ed25519_key *key;
	char *id;	  /* "ed25519:a_xxxx" */
	char *public_key; /* unpadded base64 */
};

static enum status key_make(
	struct arena *arena, struct str name, const uint8_t *seed, struct signing_key **out)
{
	struct ed25519_key *pair;
	enum status status = ed25519_key_new(seed, &pair);

	if (status != STATUS_OK)
		return status;
	struct signing_key *key = MEM_NEW(struct signing_key);
	key->key = pair;
	key->id = mem_strdup(arena_printf(arena, "ed25519:%.*s", STR_FMT(name)));
	key->public_key = mem_strdup(base64_encode(arena,
		str_n((const char *)ed25519_public(pair), ED25519_PUBLIC_BYTES), BASE64_UNPADDED));
	*out = key;
	return STATUS_OK;
}

static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_'))
			return false;
	}
	return name.n > 0;
}

static enum status key_parse(struct arena *arena, struct str text, struct signing_key **out)
{
	struct str line = str_trim(text), algorithm, name, seed, bytes;

	if (!str_cut(&line, ' ', &algorithm) || !str_eq_c(algorithm, "ed25519") ||
		!str_cut(&line, ' ', &name) || !name_ok(name) || !str_cut(&line, ' ', &seed) ||
		line.p != NULL)
		return STATUS_INVALID;
	if (base64_decode(arena, seed, BASE64_UNPADDED, &bytes) != STATUS_OK ||
		bytes.n != ED25519_SEED_BYTES)
		return STATUS_INVALID;
	return key_make(arena, name, (const uint8_t *)bytes.p, out);
}

static enum status key_create(struct arena *arena, const char *path, struct signing_key **out)
{
	uint8_t seed[ED25519_SEED_BYTES];
	struct str name, line, secret;
	enum status status;

	secret_random(seed, sizeof(seed));
	name = arena_printf(arena, "a_%.*s", STR_FMT(secret_token(arena, KEY_NAME_LEN)));
	secret = base64_encode(arena, str_n((const char *)seed, sizeof(seed)), BASE64_UNPADDED);
	line = arena_printf(arena, "ed25519 %.*s %.*s\n", STR_FMT(name), STR_FMT(secret));
	status = fs_write_file(path, line, KEY_FILE_MODE);
	if (status == STATUS_OK)
		status = key_make(arena, name, seed, out);
	if (status == STATUS_OK)
		log_info("made a signing key key=ed25519:%.*s file=%s", STR_FMT(name), path);
	secret_wipe(seed, sizeof(seed));
	return status;
}

enum status signing_key_load(const char *path, struct signing_key **out)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(text, KEY_FILE_MAX);
	enum status status;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return key_create(arena, path, out);
	status = fs_read_file(path, &text);
	if (status == STATUS_OK)
		status = key_parse(arena, buf_str(&text), out);
	if (status != STATUS_OK)
		log_error("cannot read the signing key file=%s: one line \"ed25519 name seed\" is "
			  "expected",
			path);
	if (text.p != NULL)
		secret_wipe(text.p, text.cap);
	return status;
}

void signing_key_free(struct signing_key **key)
{
	if (*key == NULL)
		return;
	ed25519_key_free(&(*key)->key);
	free((*key)->id);
	free((*key)->public_key);
	free(*key);
	*key = NULL;
}

struct str signing_key_id(const struct signing_key *key)
{
	return str_c(key->id);
}

struct str signing_public_key(const struct signing_key *key)
{
	return str_c(key->public_key);
}

struct str signing_sign(const struct signing_key *key, struct arena *arena, struct str bytes)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	ed25519_sign(key->key, bytes, signature);
	return base64_encode(
		arena, str_n((const char *)signature, sizeof(signature)), BASE64_UNPADDED);
}
