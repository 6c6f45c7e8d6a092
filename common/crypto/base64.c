/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/base64.h"

#include <stdlib.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_digits[] = "0123456789abcdef";

struct str base64_encode(struct arena *arena, struct str bytes, enum base64_variant variant)
{
	const char *alphabet = variant == BASE64_URL_UNPADDED ? for_urls : standard;
	const unsigned char *p = (const unsigned char *)bytes.p;
	char *text, *end;

	if (bytes.n > SIZE_MAX / 2)
		abort();
	text = end = arena_alloc(arena, bytes.n / 3 * 4 + 5);
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t have = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t group = (uint32_t)p[i] << 16;

		if (have > 1)
			group |= (uint32_t)p[i + 1] << 8;
		if (have > 2)
			group |= p[i + 2];
		*end++ = alphabet[group >> 18];
		*end++ = alphabet[group >> 12 & 63];
		if (have > 1)
			*end++ = alphabet[group >> 6 & 63];
		if (have > 2)
			*end++ = alphabet[group & 63];
		for (; variant == BASE64_PADDED && have < 3; have++)
			*end++ = '=';
	}
	return str_n(text, (size_t)(end - text));
}

/* 0 to 63, or -1. */
static int value_of(char c, enum base64_variant variant)
{
	bool url = variant == BASE64_URL_UNPADDED;

	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	if (c == (url ? '_' : '/'))
		return 63;
	return -1;
}

/* Padding is all there or not there at all. */
static enum status without_padding(struct str *text)
{
	size_t signs = 0;

	while (signs < text->n && text->p[text->n - 1 - signs] == '=')
		signs++;
	if (signs > 2 || (signs > 0 && text->n % 4 != 0))
		return STATUS_INVALID;
	text->n -= signs;
	return text->n % 4 == 1 ? STATUS_INVALID : STATUS_OK;
}

enum status base64_decode(
	struct arena *arena, struct str text, enum base64_variant variant, struct str *out)
{
	enum status status = without_padding(&text);
	uint32_t bits = 0;
	unsigned count = 0;
	char *bytes, *end;

	if (status != STATUS_OK)
		return status;
	bytes = end = arena_alloc(arena, text.n / 4 * 3 + 3);
	for (size_t i = 0; i < text.n; i++) {
		int value = value_of(text.p[i], variant);

		if (value < 0)
			return STATUS_INVALID;
		bits = (bits << 6 | (uint32_t)value) & 0xFFFF;
		count += 6;
		if (count >= 8) {
			count -= 8;
			*end++ = (char)(unsigned char)(bits >> count);
		}
	}
	/* Where it can be asked for, one text only stands for the bytes. */
	if (variant != BASE64_UNPADDED && (bits & ((1u << count) - 1)) != 0)
		return STATUS_INVALID;
	*out = str_n(bytes, (size_t)(end - bytes));
	return STATUS_OK;
}

struct str hex_encode(struct arena *arena, struct str bytes)
{
	char *text;

	if (bytes.n > SIZE_MAX / 4)
		abort();
	text = arena_alloc(arena, bytes.n * 2 + 1);
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char byte = (unsigned char)bytes.p[i];

		text[2 * i] = hex_digits[byte >> 4];
		text[2 * i + 1] = hex_digits[byte & 15];
	}
	return str_n(text, bytes.n * 2);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum status hex_decode(struct arena *arena, struct str text, struct str *out)
{
	char *bytes;

	if (text.n % 2 != 0)
		return STATUS_INVALID;
	bytes = arena_alloc(arena, text.n / 2 + 1);
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_value(text.p[i]);
		int low = hex_value(text.p[i + 1]);

		if (high < 0 || low < 0)
			return STATUS_INVALID;
		bytes[i / 2] = (char)(unsigned char)(high << 4 | low);
	}
	*out = str_n(bytes, text.n / 2);
	return STATUS_OK;
}
