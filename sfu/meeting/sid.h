/* SPDX-License-Identifier: Apache-2.0 */
/* Session ids as LiveKit writes them: a prefix that says what it is and 12 random characters. */
#ifndef PARVIS_SFU_SID_H
#define PARVIS_SFU_SID_H

#include "sfu/meeting/rules.h"

void sid_make(const char *prefix, char out[SID_MAX]);

#endif
