/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/dcep.h"

#include "sfu/transport/wire.h"

#define TYPE_ACK	  0x02
#define TYPE_OPEN	  0x03
#define OPEN_HEADER_BYTES 12
#define CHANNEL_UNORDERED 0x80

enum status dcep_parse(const uint8_t *bytes, size_t n, struct dcep_message *out)
{
	if (n == 1 && bytes[0] == TYPE_ACK) {
		*out = (struct dcep_message){.kind = DCEP_ACK};
		return STATUS_OK;
	}
	if (n < OPEN_HEADER_BYTES || bytes[0] != TYPE_OPEN) {
		return STATUS_INVALID;
	}
	unsigned reliability = bytes[1] & 0x7fu;
	size_t label = get_u16(bytes + 8);
	size_t protocol = get_u16(bytes + 10);
	if (reliability > DCEP_MAX_LIFETIME_MS || n != OPEN_HEADER_BYTES + label + protocol) {
		return STATUS_INVALID;
	}
	if (label > DCEP_LABEL_MAX || protocol > DCEP_LABEL_MAX) {
		return STATUS_TOO_LARGE;
	}
	const char *text = (const char *)bytes + OPEN_HEADER_BYTES;
	*out = (struct dcep_message){.kind = DCEP_OPEN,
		.unordered = (bytes[1] & CHANNEL_UNORDERED) != 0,
		.reliability = (enum dcep_reliability)reliability,
		.reliability_parameter = get_u32(bytes + 4),
		.priority = get_u16(bytes + 2),
		.label = str_n(text, label),
		.protocol = str_n(text + label, protocol)};
	return STATUS_OK;
}

size_t dcep_write(const struct dcep_message *message, uint8_t out[DCEP_OPEN_MAX])
{
	if (message->kind == DCEP_ACK) {
		out[0] = TYPE_ACK;
		return 1;
	}
	struct str label = str_slice(message->label, 0, DCEP_LABEL_MAX);
	struct str protocol = str_slice(message->protocol, 0, DCEP_LABEL_MAX);
	out[0] = TYPE_OPEN;
	out[1] = (uint8_t)((unsigned)message->reliability |
			   (message->unordered ? CHANNEL_UNORDERED : 0u));
	put_u16(out + 2, message->priority);
	put_u32(out + 4, message->reliability_parameter);
	put_u16(out + 8, (unsigned)label.n);
	put_u16(out + 10, (unsigned)protocol.n);
	if (label.n > 0) {
		memcpy(out + OPEN_HEADER_BYTES, label.p, label.n);
	}
	if (protocol.n > 0) {
		memcpy(out + OPEN_HEADER_BYTES + label.n, protocol.p, protocol.n);
	}
	return OPEN_HEADER_BYTES + label.n + protocol.n;
}
