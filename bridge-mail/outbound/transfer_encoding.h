/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of mails as 7-bit lines of 76 characters at most (RFC 2045, 6.7 and 6.8). */
#ifndef PARVIS_BRIDGE_TRANSFER_ENCODING_H
#define PARVIS_BRIDGE_TRANSFER_ENCODING_H

#include "common/base/buf.h"

/* Text with LF or CR LF line ends, a lone CR counts as one too; other control characters than the
 * tab are left out. Ends with CR LF. */
void transfer_quoted_printable(struct buf *out, struct str text);
/* Ends with CR LF. */
void transfer_base64(struct buf *out, struct str bytes);

#endif
