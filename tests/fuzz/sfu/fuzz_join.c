/* SPDX-License-Identifier: Apache-2.0 */
/* The parameter join_request as it comes, and as the bytes that it would hold. */
#include "common/crypto/base64.h"
#include "sfu/signal/join.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	struct str input = str_n((const char *)data, size);
	const Livekit__JoinRequest *request;
	struct lws_request from = {.arena = arena, .parameter_count = 1};
	struct join join;
	const char *why;
	(void)!join_decode(arena, input, &request);
	from.parameters[0] = (struct lws_parameter){
		STR("join_request"), base64_encode(arena, input, BASE64_URL_UNPADDED)};
	(void)!join_read(&from, true, &join, &why);
	return 0;
}
