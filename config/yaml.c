/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include <stdarg.h>

/* libcyaml tells the fault in one line and then where it was, from the inside out. */
__attribute__((format(printf, 3, 0))) static void collect(
	cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	(void)level;
	buf_vprintf(context, fmt, args);
}

static cyaml_config_t reader(enum yaml_unknown unknown, struct buf *log)
{
	cyaml_cfg_flags_t flags = CYAML_CFG_NO_ALIAS;
	if (unknown == YAML_UNKNOWN_IGNORED)
		flags |= CYAML_CFG_IGNORE_UNKNOWN_KEYS;
	return (cyaml_config_t){
		.log_level = CYAML_LOG_ERROR,
		.log_fn = log == NULL ? NULL : collect,
		.log_ctx = log,
		.mem_fn = cyaml_mem,
		.flags = flags,
	};
}

/* As a start that fails prints one line. */
static void append_as_line(struct buf *out, struct str log)
{
	struct str rest = str_trim(log);
	struct str line;
	bool first = true;
	while (str_cut(&rest, '\n', &line)) {
		if (!first)
			buf_append_c(out, "; ");
		buf_append(out, str_trim(line));
		first = false;
	}
}

enum status yaml_read(struct str text, const cyaml_schema_value_t *schema,
	enum yaml_unknown unknown, void **out, struct buf *why)
{
	BUF_SCOPE(log, 16384);
	cyaml_config_t config = reader(unknown, &log);
	cyaml_data_t *data = NULL;
	cyaml_err_t error = cyaml_load_data(
		(const uint8_t *)(text.n == 0 ? "" : text.p), text.n, &config, schema, &data, NULL);
	if (error == CYAML_OK && data != NULL) {
		*out = data;
		return STATUS_OK;
	}
	if (error == CYAML_OK)
		buf_append_c(why, "it is empty");
	else if (log.n == 0)
		buf_append_c(why, cyaml_strerror(error));
	else
		append_as_line(why, buf_str(&log));
	return STATUS_INVALID;
}

void yaml_free(const cyaml_schema_value_t *schema, void *data)
{
	cyaml_config_t config = reader(YAML_UNKNOWN_REFUSED, NULL);
	if (data != NULL)
		(void)cyaml_free(&config, schema, data, 0);
}
