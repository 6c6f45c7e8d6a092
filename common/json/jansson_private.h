/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson.h for the files of this folder. Its names for kinds are the same as ours in json.h, so
 * they are renamed while it is read; its macros that mention them (json_is_object() and such)
 * are not to be used.
 */
#ifndef PARVIS_JSON_JANSSON_PRIVATE_H
#define PARVIS_JSON_JANSSON_PRIVATE_H

#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY  JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_REAL   JANSSON_REAL
#define JSON_NULL   JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_REAL
#undef JSON_NULL

#include "common/json/json.h"

/* A struct json is a json_t seen from outside. */
static inline const json_t *json_inside(const struct json *value)
{
	return (const json_t *)value;
}

static inline const struct json *json_outside(const json_t *value)
{
	return (const struct json *)value;
}

#endif
