/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML texts into structs, by a schema of libcyaml: the configuration, and the registration files
 * of application services. Aliases are refused, so that a text cannot grow while it is read.
 */
#ifndef PARVIS_CONFIG_YAML_H
#define PARVIS_CONFIG_YAML_H

#include <cyaml/cyaml.h>
#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/status.h"

enum yaml_unknown { YAML_UNKNOWN_REFUSED, YAML_UNKNOWN_IGNORED };

/* The top of the schema is a mapping with CYAML_FLAG_POINTER; *out is what it describes, of
 * malloc(3), for yaml_free(). STATUS_INVALID with one line appended to `why`: what is wrong and
 * where; no string of the text but its keys is repeated, it may be a secret. */
MUST_CHECK enum status yaml_read(struct str text, const cyaml_schema_value_t *schema,
	enum yaml_unknown unknown, void **out, struct buf *why);
/* Fine with NULL. */
void yaml_free(const cyaml_schema_value_t *schema, void *data);

#endif
