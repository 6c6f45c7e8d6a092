/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/status.h"

#include "common/base/mem.h"

static const char *const names[] = {
	[STATUS_OK] = "ok",
	[STATUS_INVALID] = "invalid",
	[STATUS_TOO_LARGE] = "too_large",
	[STATUS_NOT_FOUND] = "not_found",
	[STATUS_EXISTS] = "exists",
	[STATUS_CONFLICT] = "conflict",
	[STATUS_DENIED] = "denied",
	[STATUS_LIMITED] = "limited",
	[STATUS_UNAVAILABLE] = "unavailable",
	[STATUS_TIMEOUT] = "timeout",
	[STATUS_IO] = "io",
	[STATUS_INTERNAL] = "internal",
};

const char *status_name(enum status status)
{
	size_t index = (size_t)status;

	return index < ARRAY_LEN(names) ? names[index] : "unknown";
}
