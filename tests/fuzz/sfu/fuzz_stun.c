/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram to an ICE agent: nothing unproven is answered, and answers are STUN themselves. */
#include <stdlib.h>

#include "sfu/transport/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ice_credentials local = {
		.ufrag = "evtj", .pwd = "VOkJxbRl1RmTxUk/WvJxBt"};
	struct stun_message message, reply;
	struct ice_result result;
	struct ice ice;
	struct path path = {.remote = {.family = 4, .port = 1}};
	if (stun_parse(data, size, &message) != STATUS_OK) {
		return 0;
	}
	ice_init(&ice, &local, "");
	enum ice_verdict verdict = ice_handle(&ice, &message, &path, 1, &result);
	if (verdict == ICE_DROP) {
		if (result.reply_size != 0 || ice_selected(&ice) != NULL) {
			abort();
		}
		return 0;
	}
	if (!stun_authentic(&message, str_c(local.pwd)) || result.reply_size > size ||
		stun_parse(result.reply, result.reply_size, &reply) != STATUS_OK) {
		abort();
	}
	return 0;
}
