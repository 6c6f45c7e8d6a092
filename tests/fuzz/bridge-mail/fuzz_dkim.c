/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses: a DKIM-Signature, a key record, a DMARC record, or a mail's whole header
 * before a key that is always there. */
#include <stdlib.h>
#include <sys/mman.h>

#include "bridge-mail/trust/dkim.h"
#include "bridge-mail/trust/dkim_canonical.h"
#include "bridge-mail/trust/dkim_header.h"
#include "bridge-mail/trust/dmarc.h"

static enum status find_txt(
	void *context, struct str name, struct arena *arena, struct lookup_records *out)
{
	(void)context;
	(void)arena;
	out->items[0] = STR("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
	out->count = 1;
	return name.n % 7 == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

static void verify(struct arena *arena, struct str text)
{
	static int fd = -1;
	const struct lookup lookup = {NULL, find_txt};
	struct dkim_results results;

	if (fd < 0 && (fd = memfd_create("empty", 0)) < 0)
		abort();
	struct dkim_mail mail = {text, fd, 0};
	if (dkim_verify(arena, &mail, &lookup, 1, &results) != STATUS_OK ||
		results.count > DKIM_MAX_SIGNATURES)
		abort();
	for (size_t i = 0; i < results.count; i++)
		if (results.items[i].why == NULL)
			abort();
}

static void canonical(struct str text)
{
	struct dkim_body whole, pieces;
	uint8_t a[SHA256_BYTES], b[SHA256_BYTES];
	dkim_body_init(&whole, text.n % 2 == 0, -1);
	dkim_body_init(&pieces, text.n % 2 == 0, -1);
	dkim_body_add(&whole, text);
	for (size_t i = 0; i < text.n; i += 3)
		dkim_body_add(&pieces, str_slice(text, i, 3));
	dkim_body_finish(&whole, a);
	dkim_body_finish(&pieces, b);
	if (memcmp(a, b, sizeof(a)) != 0 || whole.size != pieces.size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dkim_signature signature;
	struct dkim_key key;
	struct dmarc dmarc;
	const char *why = NULL;
	if (size == 0)
		return 0;
	struct str text = str_n((const char *)data + 1, size - 1);
	struct arena *arena = arena_new();
	switch (data[0] % 5) {
	case 0:
		if (dkim_signature_read(arena, text, &signature, &why) != STATUS_OK && why == NULL)
			abort();
		break;
	case 1:
		if (dkim_key_read(arena, text, &key, &why) != STATUS_OK && why == NULL)
			abort();
		break;
	case 2:
		if (dmarc_read(text, &dmarc) == STATUS_OK && dmarc.policy == DMARC_ABSENT)
			abort();
		break;
	case 3:
		verify(arena, text);
		break;
	default:
		canonical(text);
		break;
	}
	arena_free(&arena);
	return 0;
}
