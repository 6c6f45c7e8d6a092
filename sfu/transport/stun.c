/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/stun.h"

#include "common/crypto/hmac_sha1.h"
#include "common/crypto/secret.h"
#include "sfu/transport/wire.h"

#define HEADER_BYTES	  20
#define MAGIC_COOKIE	  0x2112a442u
#define FINGERPRINT_XOR	  0x5354554eu
#define INTEGRITY_BYTES	  20
#define MAX_MESSAGE_BYTES 1500

enum attribute {
	ATTR_USERNAME = 0x0006,
	ATTR_MESSAGE_INTEGRITY = 0x0008,
	ATTR_ERROR_CODE = 0x0009,
	ATTR_UNKNOWN_ATTRIBUTES = 0x000a,
	ATTR_REALM = 0x0014,
	ATTR_NONCE = 0x0015,
	ATTR_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	ATTR_XOR_MAPPED_ADDRESS = 0x0020,
	ATTR_MAPPED_ADDRESS = 0x0001,
	ATTR_PRIORITY = 0x0024,
	ATTR_USE_CANDIDATE = 0x0025,
	ATTR_FINGERPRINT = 0x8028,
	ATTR_ICE_CONTROLLED = 0x8029,
	ATTR_ICE_CONTROLLING = 0x802a,
};

/* CRC-32 as in ISO 3309, bit by bit: a check is a hundred bytes, every few seconds. */
static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffffu;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
		}
	}
	return ~crc;
}

static enum status read_ice_attribute(
	struct stun_message *m, uint16_t type, const uint8_t *value, size_t n)
{
	switch (type) {
	case ATTR_PRIORITY:
		if (n != 4) {
			return STATUS_INVALID;
		}
		m->priority = get_u32(value);
		return STATUS_OK;
	case ATTR_USE_CANDIDATE:
		if (n != 0) {
			return STATUS_INVALID;
		}
		m->use_candidate = true;
		return STATUS_OK;
	case ATTR_ICE_CONTROLLED:
	case ATTR_ICE_CONTROLLING:
		if (n != 8) {
			return STATUS_INVALID;
		}
		m->tie_breaker = get_u64(value);
		*(type == ATTR_ICE_CONTROLLED ? &m->ice_controlled : &m->ice_controlling) = true;
		return STATUS_OK;
	default:
		/* Below 0x8000 an attribute has to be understood (RFC 8489 section 14). */
		if (type < 0x8000 && m->unknown_attribute == 0) {
			m->unknown_attribute = type;
		}
		return STATUS_OK;
	}
}

static enum status read_attribute(
	struct stun_message *m, uint16_t type, const uint8_t *value, size_t n)
{
	switch (type) {
	case ATTR_USERNAME:
		if (n > 513 || m->username.p != NULL) {
			return STATUS_INVALID;
		}
		m->username = str_n((const char *)value, n);
		return STATUS_OK;
	case ATTR_MESSAGE_INTEGRITY:
		if (n != INTEGRITY_BYTES) {
			return STATUS_INVALID;
		}
		m->integrity_at = (size_t)(value - m->bytes) - 4;
		return STATUS_OK;
	case ATTR_MAPPED_ADDRESS:
	case ATTR_ERROR_CODE:
	case ATTR_UNKNOWN_ATTRIBUTES:
	case ATTR_REALM:
	case ATTR_NONCE:
	case ATTR_MESSAGE_INTEGRITY_SHA256:
	case ATTR_XOR_MAPPED_ADDRESS:
		return STATUS_OK;
	default:
		return read_ice_attribute(m, type, value, n);
	}
}

static enum status read_fingerprint(
	struct stun_message *m, const uint8_t *value, size_t n, size_t at)
{
	/* Last, and over all that stands before it. */
	if (n != 4 || at + 8 != m->size ||
		get_u32(value) != (crc32_of(m->bytes, at) ^ FINGERPRINT_XOR)) {
		return STATUS_INVALID;
	}
	m->fingerprint = true;
	return STATUS_OK;
}

static enum status read_attributes(struct stun_message *m)
{
	size_t at = HEADER_BYTES;
	while (at < m->size) {
		if (m->size - at < 4) {
			return STATUS_INVALID;
		}
		uint16_t type = get_u16(m->bytes + at);
		size_t n = get_u16(m->bytes + at + 2);
		size_t padded = (n + 3) & ~(size_t)3;
		if (padded > m->size - at - 4) {
			return STATUS_INVALID;
		}
		const uint8_t *value = m->bytes + at + 4;
		enum status status = STATUS_OK;
		if (type == ATTR_FINGERPRINT) {
			status = read_fingerprint(m, value, n, at);
		} else if (m->integrity_at == 0) {
			status = read_attribute(m, type, value, n);
		}
		if (status != STATUS_OK) {
			return status;
		}
		at += 4 + padded;
	}
	return STATUS_OK;
}

enum status stun_parse(const uint8_t *bytes, size_t n, struct stun_message *out)
{
	struct stun_message m = {.bytes = bytes, .size = n};
	if (n < HEADER_BYTES || n > MAX_MESSAGE_BYTES || n % 4 != 0 || bytes[0] > 3 ||
		get_u32(bytes + 4) != MAGIC_COOKIE || get_u16(bytes + 2) != n - HEADER_BYTES) {
		return STATUS_INVALID;
	}
	unsigned type = get_u16(bytes);
	m.class = (enum stun_class)((type >> 7 & 2u) | (type >> 4 & 1u));
	m.method = (uint16_t)((type & 0xfu) | (type >> 1 & 0x70u) | (type >> 2 & 0xf80u));
	memcpy(m.transaction, bytes + 8, STUN_TRANSACTION_BYTES);
	enum status status = read_attributes(&m);
	if (status != STATUS_OK) {
		return status;
	}
	*out = m;
	return STATUS_OK;
}

/*
 * HMAC over the message as if it ended behind MESSAGE-INTEGRITY: the header's length field says
 * so, whatever follows (RFC 8489 section 14.5).
 */
static void integrity_of(const uint8_t *bytes, size_t integrity_at, struct str password,
	uint8_t out[HMAC_SHA1_BYTES])
{
	uint8_t copy[MAX_MESSAGE_BYTES];
	memcpy(copy, bytes, integrity_at);
	put_u16(copy + 2, (unsigned)(integrity_at + 4 + INTEGRITY_BYTES - HEADER_BYTES));
	hmac_sha1(password, str_n((const char *)copy, integrity_at), out);
}

bool stun_authentic(const struct stun_message *message, struct str password)
{
	if (message->integrity_at == 0) {
		return false;
	}
	uint8_t mac[HMAC_SHA1_BYTES];
	integrity_of(message->bytes, message->integrity_at, password, mac);
	return secret_equal(str_n((const char *)mac, sizeof(mac)),
		str_n((const char *)message->bytes + message->integrity_at + 4, sizeof(mac)));
}

/* --- writing ---------------------------------------------------------------------------------- */

static size_t write_header(
	uint8_t *out, enum stun_class class, const uint8_t transaction[STUN_TRANSACTION_BYTES])
{
	unsigned c = (unsigned)class;
	put_u16(out, STUN_METHOD_BINDING | (c & 2u) << 7 | (c & 1u) << 4);
	put_u16(out + 2, 0);
	put_u32(out + 4, MAGIC_COOKIE);
	memcpy(out + 8, transaction, STUN_TRANSACTION_BYTES);
	return HEADER_BYTES;
}

static size_t write_attribute(uint8_t *out, size_t at, uint16_t type, const void *value, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;
	put_u16(out + at, type);
	put_u16(out + at + 2, (unsigned)n);
	memset(out + at + 4, 0, padded);
	if (n > 0) {
		memcpy(out + at + 4, value, n);
	}
	return at + 4 + padded;
}

static size_t write_end(uint8_t *out, size_t at, struct str password)
{
	uint8_t mac[HMAC_SHA1_BYTES];
	integrity_of(out, at, password, mac);
	at = write_attribute(out, at, ATTR_MESSAGE_INTEGRITY, mac, sizeof(mac));
	put_u16(out + 2, (unsigned)(at + 8 - HEADER_BYTES));
	uint8_t crc[4];
	put_u32(crc, crc32_of(out, at) ^ FINGERPRINT_XOR);
	return write_attribute(out, at, ATTR_FINGERPRINT, crc, sizeof(crc));
}

size_t stun_write_success(const struct stun_message *request, const struct address *mapped,
	struct str password, uint8_t out[STUN_REPLY_MAX])
{
	size_t at = write_header(out, STUN_SUCCESS, request->transaction);
	uint8_t value[20] = {0, mapped->family == 6 ? 2 : 1};
	size_t ip_bytes = mapped->family == 6 ? 16 : 4;
	put_u16(value + 2, mapped->port ^ MAGIC_COOKIE >> 16);
	/* The mask is the cookie and the transaction id, as they stand in the header. */
	for (size_t i = 0; i < ip_bytes; i++) {
		value[4 + i] = mapped->ip[i] ^ out[4 + i];
	}
	at = write_attribute(out, at, ATTR_XOR_MAPPED_ADDRESS, value, 4 + ip_bytes);
	return write_end(out, at, password);
}

size_t stun_write_error(const struct stun_message *request, unsigned code, struct str password,
	uint8_t out[STUN_REPLY_MAX])
{
	size_t at = write_header(out, STUN_ERROR, request->transaction);
	uint8_t value[4] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
	at = write_attribute(out, at, ATTR_ERROR_CODE, value, sizeof(value));
	if (code == STUN_UNKNOWN_ATTRIBUTE) {
		uint8_t unknown[2];
		put_u16(unknown, request->unknown_attribute);
		at = write_attribute(out, at, ATTR_UNKNOWN_ATTRIBUTES, unknown, sizeof(unknown));
	}
	return write_end(out, at, password);
}

size_t stun_write_request(const struct stun_request *request, uint8_t out[STUN_REQUEST_MAX])
{
	uint8_t number[8];
	size_t at = write_header(out, STUN_REQUEST, request->transaction);
	struct str username = str_slice(request->username, 0, 128);
	at = write_attribute(out, at, ATTR_USERNAME, username.p, username.n);
	put_u32(number, request->priority);
	at = write_attribute(out, at, ATTR_PRIORITY, number, 4);
	put_u64(number, request->tie_breaker);
	at = write_attribute(out, at, ATTR_ICE_CONTROLLING, number, 8);
	if (request->use_candidate) {
		at = write_attribute(out, at, ATTR_USE_CANDIDATE, NULL, 0);
	}
	return write_end(out, at, request->password);
}
