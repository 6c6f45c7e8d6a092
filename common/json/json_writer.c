/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_writer.h"

#include <assert.h>

#include "common/json/canonical.h"
#include "common/json/json.h"
#include "common/json/number.h"

#define LOG_MODULE "json"
#include "common/base/log.h"

#define MAX_DEPTH 64u

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STOP_AT_DEFECTS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STOP_AT_DEFECTS 1
#endif
#endif
#ifndef STOP_AT_DEFECTS
#define STOP_AT_DEFECTS 0
#endif

/* A call that breaks the grammar is a defect of the caller: it costs one answer, not the server.
 * The buffer is marked too, so that whoever asks only that takes no broken text. */
static bool holds(struct json_writer *w, bool condition, const char *what)
{
	if (condition && !w->broken)
		return true;
	assert(!STOP_AT_DEFECTS || condition);
	if (!w->broken)
		log_error("a JSON text is written out of order: %s", what);
	w->broken = true;
	w->out->overflow = true;
	return false;
}

void jw_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out};
}

/* Level 1 is the outermost object or array. */
static uint64_t level_bit(const struct json_writer *w)
{
	return UINT64_C(1) << (w->depth - 1);
}

static void comma(struct json_writer *w)
{
	if ((w->has_member & level_bit(w)) != 0)
		buf_append_byte(w->out, ',');
	w->has_member |= level_bit(w);
}

/* What comes before each value. In an object the key has put the comma. */
static void before_value(struct json_writer *w)
{
	if (w->depth > 0 && (w->is_object & level_bit(w)) != 0)
		(void)holds(w, w->after_key, "a value without a key");
	else if (w->depth > 0)
		comma(w);
	w->after_key = false;
}

static void open_level(struct json_writer *w, bool is_object)
{
	before_value(w);
	if (!holds(w, w->depth < MAX_DEPTH, "nested too deeply"))
		return;
	w->depth++;
	w->has_member &= ~level_bit(w);
	w->is_object &= ~level_bit(w);
	if (is_object)
		w->is_object |= level_bit(w);
	buf_append_byte(w->out, is_object ? '{' : '[');
}

static void close_level(struct json_writer *w, bool is_object)
{
	if (!holds(w, w->depth > 0 && !w->after_key, "an end without a beginning") ||
		!holds(w, ((w->is_object & level_bit(w)) != 0) == is_object,
			"an object ends as an array, or the other way"))
		return;
	w->depth--;
	buf_append_byte(w->out, is_object ? '}' : ']');
}

void jw_object(struct json_writer *w)
{
	open_level(w, true);
}

void jw_object_end(struct json_writer *w)
{
	close_level(w, true);
}

void jw_array(struct json_writer *w)
{
	open_level(w, false);
}

void jw_array_end(struct json_writer *w)
{
	close_level(w, false);
}

void jw_key(struct json_writer *w, const char *key)
{
	jw_key_str(w, str_c(key));
}

void jw_key_str(struct json_writer *w, struct str key)
{
	if (!holds(w, w->depth > 0 && (w->is_object & level_bit(w)) != 0 && !w->after_key,
		    "a key outside of an object"))
		return;
	comma(w);
	canonical_string(key, w->out);
	buf_append_byte(w->out, ':');
	w->after_key = true;
}

void jw_str(struct json_writer *w, struct str s)
{
	before_value(w);
	canonical_string(s, w->out);
}

void jw_c_str(struct json_writer *w, const char *s)
{
	jw_str(w, str_c(s));
}

void jw_int(struct json_writer *w, int64_t value)
{
	before_value(w);
	number_write_int(value, w->out);
}

void jw_real(struct json_writer *w, double value)
{
	before_value(w);
	number_write_real(value, false, w->out);
}

void jw_bool(struct json_writer *w, bool value)
{
	jw_raw(w, value ? STR("true") : STR("false"));
}

void jw_null(struct json_writer *w)
{
	jw_raw(w, STR("null"));
}

void jw_raw(struct json_writer *w, struct str json_text)
{
	before_value(w);
	buf_append(w->out, json_text);
}

void jw_value(struct json_writer *w, const struct json *value)
{
	before_value(w);
	json_write(value, w->out);
}

void jw_put_str(struct json_writer *w, const char *key, struct str s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void jw_put_c_str(struct json_writer *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_c_str(w, s);
}

void jw_put_int(struct json_writer *w, const char *key, int64_t value)
{
	jw_key(w, key);
	jw_int(w, value);
}

void jw_put_bool(struct json_writer *w, const char *key, bool value)
{
	jw_key(w, key);
	jw_bool(w, value);
}

void jw_put_raw(struct json_writer *w, const char *key, struct str json_text)
{
	jw_key(w, key);
	jw_raw(w, json_text);
}

void jw_put_value(struct json_writer *w, const char *key, const struct json *value)
{
	jw_key(w, key);
	jw_value(w, value);
}

void jw_put_object(struct json_writer *w, const char *key)
{
	jw_key(w, key);
	jw_object(w);
}

void jw_put_array(struct json_writer *w, const char *key)
{
	jw_key(w, key);
	jw_array(w);
}
