/* SPDX-License-Identifier: Apache-2.0 */
/* What has been stamped can be stamped again and stays what it is. */
#include <stdlib.h>

#include "sfu/signal/data_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_SCOPE(once, 256 * 1024);
	BUF_SCOPE(twice, 256 * 1024);
	struct data_packet packet, again;
	struct str me = STR("@anna:ville.example:PC"), sid = STR("PA_1");
	if (data_packet_stamp(str_n((const char *)data, size), me, sid, &packet, &once) !=
		STATUS_OK)
		return 0;
	if (data_packet_stamp(buf_str(&once), me, sid, &again, &twice) != STATUS_OK ||
		!str_eq(buf_str(&once), buf_str(&twice)) ||
		packet.destination_count != again.destination_count ||
		packet.sequence != again.sequence)
		abort();
	return 0;
}
