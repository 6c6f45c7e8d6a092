/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/rtp.h"

#include "sfu/transport/wire.h"

#define FIXED_HEADER	12
#define PROFILE_ONE	0xbedeu
#define PROFILE_TWO	0x1000u
#define ONE_BYTE_MAX_ID 14
#define ONE_BYTE_MAX	16 /* bytes of a value */

static void take_extension(struct rtp_packet *packet, const struct rtp_extension_ids *ids,
	unsigned id, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < RTP_EXT_COUNT; i++) {
		size_t max = i == RTP_EXT_DEPENDENCY ? RTP_EXT_LONG_MAX : RTP_EXT_VALUE_MAX;
		if (ids->id[i] == id && n <= max) {
			packet->ext[i] = (struct rtp_ext_value){.p = p, .n = (uint8_t)n};
		}
	}
}

static enum status read_one_byte(
	struct rtp_packet *packet, const struct rtp_extension_ids *ids, const uint8_t *p, size_t n)
{
	size_t at = 0;
	while (at < n) {
		if (p[at] == 0) {
			at++; /* padding */
			continue;
		}
		unsigned id = p[at] >> 4;
		size_t size = (p[at] & 0xfu) + 1u;
		if (id == 0 || id == 15) {
			return STATUS_OK; /* reserved: what follows is not for us */
		}
		if (size > n - at - 1) {
			return STATUS_INVALID;
		}
		take_extension(packet, ids, id, p + at + 1, size);
		at += 1 + size;
	}
	return STATUS_OK;
}

static enum status read_two_byte(
	struct rtp_packet *packet, const struct rtp_extension_ids *ids, const uint8_t *p, size_t n)
{
	size_t at = 0;
	while (at < n) {
		if (p[at] == 0) {
			at++;
			continue;
		}
		if (n - at < 2 || p[at + 1] > n - at - 2) {
			return STATUS_INVALID;
		}
		take_extension(packet, ids, p[at], p + at + 2, p[at + 1]);
		at += 2 + (size_t)p[at + 1];
	}
	return STATUS_OK;
}

static enum status read_extensions(struct rtp_packet *packet, const struct rtp_extension_ids *ids,
	const uint8_t *bytes, size_t n, size_t *at)
{
	if (n - *at < 4) {
		return STATUS_INVALID;
	}
	unsigned profile = get_u16(bytes + *at);
	size_t size = (size_t)get_u16(bytes + *at + 2) * 4;
	*at += 4;
	if (size > n - *at) {
		return STATUS_INVALID;
	}
	const uint8_t *block = bytes + *at;
	*at += size;
	if (profile == PROFILE_ONE) {
		return read_one_byte(packet, ids, block, size);
	}
	return (profile & 0xfff0u) == PROFILE_TWO ? read_two_byte(packet, ids, block, size)
						  : STATUS_OK;
}

enum status rtp_parse(
	const uint8_t *bytes, size_t n, const struct rtp_extension_ids *ids, struct rtp_packet *out)
{
	if (n < FIXED_HEADER || bytes[0] >> 6 != 2) {
		return STATUS_INVALID;
	}
	struct rtp_packet packet = {.marker = (bytes[1] & 0x80) != 0,
		.payload_type = bytes[1] & 0x7f,
		.sequence = get_u16(bytes + 2),
		.timestamp = get_u32(bytes + 4),
		.ssrc = get_u32(bytes + 8)};
	size_t at = FIXED_HEADER + (bytes[0] & 0xfu) * 4u;
	if (at > n) {
		return STATUS_INVALID;
	}
	if ((bytes[0] & 0x10) != 0) {
		enum status status = read_extensions(&packet, ids, bytes, n, &at);
		if (status != STATUS_OK) {
			return status;
		}
	}
	packet.payload = bytes + at;
	packet.payload_size = n - at;
	if ((bytes[0] & 0x20) != 0) {
		if (packet.payload_size == 0 || bytes[n - 1] == 0 ||
			bytes[n - 1] > packet.payload_size) {
			return STATUS_INVALID;
		}
		packet.payload_size -= bytes[n - 1];
	}
	*out = packet;
	return STATUS_OK;
}

static bool needs_two_bytes(const struct rtp_packet *packet, const struct rtp_extension_ids *ids)
{
	for (size_t i = 0; i < RTP_EXT_COUNT; i++) {
		if (packet->ext[i].p != NULL && ids->id[i] != 0 &&
			(ids->id[i] > ONE_BYTE_MAX_ID || packet->ext[i].n == 0 ||
				packet->ext[i].n > ONE_BYTE_MAX)) {
			return true;
		}
	}
	return false;
}

size_t rtp_write_header(const struct rtp_packet *packet, const struct rtp_extension_ids *ids,
	uint8_t out[RTP_HEADER_MAX])
{
	out[0] = (uint8_t)(0x80u | (packet->padding ? 0x20u : 0u));
	out[1] = (uint8_t)((packet->marker ? 0x80u : 0u) | packet->payload_type);
	put_u16(out + 2, packet->sequence);
	put_u32(out + 4, packet->timestamp);
	put_u32(out + 8, packet->ssrc);
	size_t at = FIXED_HEADER + 4;
	bool two = needs_two_bytes(packet, ids);
	for (size_t i = 0; i < RTP_EXT_COUNT; i++) {
		const struct rtp_ext_value *v = &packet->ext[i];
		if (v->p == NULL || ids->id[i] == 0) {
			continue;
		}
		if (two) {
			out[at++] = ids->id[i];
			out[at++] = v->n;
		} else {
			out[at++] = (uint8_t)((unsigned)ids->id[i] << 4 | (v->n - 1u));
		}
		memcpy(out + at, v->p, v->n);
		at += v->n;
	}
	if (at == FIXED_HEADER + 4) {
		return FIXED_HEADER;
	}
	while (at % 4 != 0) {
		out[at++] = 0;
	}
	out[0] |= 0x10;
	put_u16(out + FIXED_HEADER, two ? PROFILE_TWO : PROFILE_ONE);
	put_u16(out + FIXED_HEADER + 2, (unsigned)(at - FIXED_HEADER - 4) / 4);
	return at;
}
