/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/data_packet.h"

/* Numbers of DataPacket and UserPacket in LiveKit's schema. */
enum packet_field {
	PACKET_USER = 2,
	PACKET_IDENTITY = 4,
	PACKET_DESTINATION = 5,
	PACKET_SEQUENCE = 16,
	PACKET_SID = 17,
};
enum user_field { USER_SID = 1, USER_IDENTITY = 5, USER_DESTINATION = 6 };

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct field {
	uint32_t number;
	enum wire_type type;
	uint64_t value;	  /* of a varint */
	struct str bytes; /* of WIRE_BYTES */
	struct str whole; /* tag and all */
};

static bool read_varint(struct str *rest, uint64_t *out)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 10 && i < rest->n; i++) {
		uint8_t byte = (uint8_t)rest->p[i];
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if ((byte & 0x80) == 0) {
			*rest = str_skip(*rest, i + 1);
			*out = value;
			return true;
		}
	}
	return false;
}

static bool read_field(struct str *rest, struct field *out)
{
	struct str start = *rest;
	uint64_t tag, size = 0;
	if (!read_varint(rest, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
		return false;
	*out = (struct field){.number = (uint32_t)(tag >> 3), .type = (enum wire_type)(tag & 7)};
	switch (tag & 7) {
	case WIRE_VARINT:
		if (!read_varint(rest, &out->value))
			return false;
		break;
	case WIRE_64:
		size = 8;
		break;
	case WIRE_32:
		size = 4;
		break;
	case WIRE_BYTES:
		if (!read_varint(rest, &size))
			return false;
		break;
	default:
		return false;
	}
	if (size > rest->n)
		return false;
	out->bytes = str_slice(*rest, 0, (size_t)size);
	*rest = str_skip(*rest, (size_t)size);
	out->whole = str_n(start.p, start.n - rest->n);
	return true;
}

static void write_varint(struct buf *out, uint64_t value)
{
	while (value > 0x7f) {
		buf_append_byte(out, (char)(0x80 | (value & 0x7f)));
		value >>= 7;
	}
	buf_append_byte(out, (char)value);
}

static void write_bytes(struct buf *out, uint32_t number, struct str bytes)
{
	write_varint(out, (uint64_t)number << 3 | WIRE_BYTES);
	write_varint(out, bytes.n);
	buf_append(out, bytes);
}

static bool add_destination(struct data_packet *packet, const struct field *f)
{
	if (f->type != WIRE_BYTES || packet->destination_count == DATA_DESTINATIONS_MAX)
		return false;
	packet->destinations[packet->destination_count++] = f->bytes;
	return true;
}

/* Older clients read the sender here, and name destinations here. */
static enum status stamp_user(struct str bytes, struct str identity, struct str sid,
	struct data_packet *packet, struct buf *out)
{
	BUF_SCOPE(user, out->max);
	struct field f;
	for (struct str rest = bytes; rest.n > 0;) {
		if (!read_field(&rest, &f))
			return STATUS_INVALID;
		if (f.number == USER_DESTINATION && !add_destination(packet, &f))
			return STATUS_TOO_LARGE;
		if (f.number != USER_SID && f.number != USER_IDENTITY)
			buf_append(&user, f.whole);
	}
	write_bytes(&user, USER_SID, sid);
	write_bytes(&user, USER_IDENTITY, identity);
	write_bytes(out, PACKET_USER, buf_str(&user));
	return buf_status(&user);
}

enum status data_packet_stamp(struct str bytes, struct str identity, struct str sid,
	struct data_packet *packet_out, struct buf *out)
{
	struct field f;
	*packet_out = (struct data_packet){0};
	for (struct str rest = bytes; rest.n > 0;) {
		if (!read_field(&rest, &f))
			return STATUS_INVALID;
		enum status status = STATUS_OK;
		if (f.number == PACKET_DESTINATION && !add_destination(packet_out, &f))
			return STATUS_TOO_LARGE;
		if (f.number == PACKET_SEQUENCE && f.type == WIRE_VARINT)
			packet_out->sequence = (uint32_t)f.value;
		if (f.number == PACKET_USER && f.type == WIRE_BYTES)
			status = stamp_user(f.bytes, identity, sid, packet_out, out);
		else if (f.number != PACKET_IDENTITY && f.number != PACKET_SID)
			buf_append(out, f.whole);
		if (status != STATUS_OK)
			return status;
	}
	write_bytes(out, PACKET_IDENTITY, identity);
	write_bytes(out, PACKET_SID, sid);
	return buf_status(out);
}
