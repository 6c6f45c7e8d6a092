/* SPDX-License-Identifier: Apache-2.0 */
/* A message on a data channel's control protocol: what is read is written as it came. */
#include <stdlib.h>
#include <string.h>

#include "sfu/transport/dcep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcep_message message;
	uint8_t bytes[DCEP_OPEN_MAX];
	if (dcep_parse(data, size, &message) != STATUS_OK) {
		return 0;
	}
	if (dcep_write(&message, bytes) != size || memcmp(bytes, data, size) != 0) {
		abort();
	}
	return 0;
}
