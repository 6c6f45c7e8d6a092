/* SPDX-License-Identifier: Apache-2.0 */
/* A session description: whatever is accepted can be answered, and our answer is one as well. */
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "sfu/media/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_messages(const struct sdp *offer, const struct sdp *answer)
{
	struct media_transport_params params = {.participant = 1};
	enum status status = sdp_transport_params(offer, answer, &params);
	for (unsigned i = 0; i < offer->section_count && status == STATUS_OK; i++) {
		struct media_publish publish = {.track = 1};
		if (sdp_publish_params(&offer->sections[i], &answer->sections[i], &publish) ==
				STATUS_OK &&
			(publish.encoding_count > MEDIA_MAX_ENCODINGS ||
				publish.codec_count > MEDIA_MAX_CODECS ||
				publish.codec_count == 0)) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sdp_local local = {.ufrag = STR_INIT("ourufrag"),
		.pwd = STR_INIT("our-password-of-24-chars"),
		.fingerprint = "5E:1F:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:"
			       "EE:FF:01:23:45:67:89:AB:CD:EF:10:32:54:76:98:BA"};
	ARENA_SCOPE(arena);
	struct sdp *offer, *again;
	if (sdp_parse(arena, str_n((const char *)data, size), &offer, NULL) != STATUS_OK) {
		return 0;
	}
	struct sdp *answer = sdp_answer(arena, offer, &local);
	check_messages(offer, answer);
	BUF_SCOPE(text, 8 * SDP_MAX_BYTES);
	sdp_write(answer, NULL, &text);
	if (buf_status(&text) != STATUS_OK) {
		abort();
	}
	if (text.n <= SDP_MAX_BYTES && answer->bundle &&
		sdp_parse(arena, buf_str(&text), &again, NULL) != STATUS_OK) {
		abort();
	}
	return 0;
}
