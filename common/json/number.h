/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as JSON text, for the writers of this folder. */
#ifndef PARVIS_JSON_NUMBER_H
#define PARVIS_JSON_NUMBER_H

#include <stdint.h>

#include "common/base/buf.h"

void number_write_int(int64_t value, struct buf *out);
/*
 * The shortest text that reads back as the same number; "null" for what JSON cannot say. With
 * keep_real, a whole number gets ".0", so that a reader still sees a real.
 */
void number_write_real(double value, bool keep_real, struct buf *out);

#endif
