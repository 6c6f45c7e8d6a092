/* SPDX-License-Identifier: Apache-2.0 */
/* The Data Channel Establishment Protocol (RFC 8832): its two messages, parsed and written. */
#ifndef PARVIS_SFU_DCEP_H
#define PARVIS_SFU_DCEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define DCEP_LABEL_MAX 64 /* bytes of a label or protocol that we take */
#define DCEP_OPEN_MAX  (12 + 2 * DCEP_LABEL_MAX)

enum dcep_kind { DCEP_OPEN, DCEP_ACK };

enum dcep_reliability { DCEP_RELIABLE, DCEP_MAX_RETRANSMITS, DCEP_MAX_LIFETIME_MS };

struct dcep_message {
	enum dcep_kind kind;
	bool unordered;
	enum dcep_reliability reliability;
	uint32_t reliability_parameter;
	uint16_t priority;
	struct str label, protocol; /* point into the message */
};

/* STATUS_INVALID: malformed or unknown; STATUS_TOO_LARGE: label or protocol too long for us. */
MUST_CHECK enum status dcep_parse(const uint8_t *bytes, size_t n, struct dcep_message *out);
/* Returns the bytes written. Label and protocol are cut at DCEP_LABEL_MAX. */
size_t dcep_write(const struct dcep_message *message, uint8_t out[DCEP_OPEN_MAX]);

#endif
