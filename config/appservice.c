/* SPDX-License-Identifier: Apache-2.0 */
#include "config/appservice.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/fs.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"

#define FILE_MAX ((size_t)1024 * 1024)

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct config_appservice, id, 1, 255),
	CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
		struct config_appservice, url, 0, 1024),
	CYAML_FIELD_STRING_PTR(
		"as_token", CYAML_FLAG_POINTER, struct config_appservice, as_token, 1, 1024),
	CYAML_FIELD_STRING_PTR(
		"hs_token", CYAML_FLAG_POINTER, struct config_appservice, hs_token, 1, 1024),
	CYAML_FIELD_STRING_PTR("sender_localpart", CYAML_FLAG_POINTER, struct config_appservice,
		sender_localpart, 1, 255),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_appservice, fields),
};

/* libcyaml's lines become one. */
__attribute__((format(printf, 3, 0))) static void collect_log(
	cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	struct buf *log = context;
	size_t from = log->n;
	(void)level;
	buf_vprintf(log, fmt, args);
	for (size_t i = from; i < log->n; i++) {
		if (log->p[i] == '\n')
			log->p[i] = ' ';
	}
}

static cyaml_config_t reader(struct buf *log)
{
	return (cyaml_config_t){
		.log_level = CYAML_LOG_ERROR,
		.log_fn = log == NULL ? NULL : collect_log,
		.log_ctx = log,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS | CYAML_CFG_IGNORE_UNKNOWN_KEYS,
	};
}

static enum status parse(struct str yaml, struct config_appservice **out, struct buf *log)
{
	cyaml_config_t config = reader(log);
	cyaml_data_t *data = NULL;
	cyaml_err_t error =
		cyaml_load_data((const uint8_t *)yaml.p, yaml.n, &config, &schema, &data, NULL);
	if (error != CYAML_OK || data == NULL) {
		if (log->n == 0)
			buf_append_c(
				log, error == CYAML_OK ? "it is empty" : cyaml_strerror(error));
		return STATUS_INVALID;
	}
	*out = data;
	if (user_localpart_is_new(str_c((*out)->sender_localpart)))
		return STATUS_OK;
	buf_append_c(log, "sender_localpart may hold a-z, 0-9 and ._=/+- only");
	config_appservice_free(out);
	return STATUS_INVALID;
}

enum status config_appservice_load(
	const char *path, struct config_appservice **out, char why[CONFIG_ERROR_MAX])
{
	BUF_SCOPE(yaml, FILE_MAX);
	BUF_SCOPE(log, CONFIG_ERROR_MAX / 2);
	enum status status = fs_read_file(path, &yaml);
	if (status != STATUS_OK) {
		snprintf(why, CONFIG_ERROR_MAX,
			"the registration file %s cannot be read (%s); write it, or correct "
			"registration_file",
			path, status_name(status));
		return status;
	}
	status = parse(buf_str(&yaml), out, &log);
	if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX, "the registration file %s: %.*s", path,
			STR_FMT(buf_str(&log)));
	if (yaml.p != NULL)
		secret_wipe(yaml.p, yaml.n);
	return status;
}

void config_appservice_free(struct config_appservice **appservice)
{
	cyaml_config_t config = reader(NULL);
	if (*appservice != NULL)
		(void)cyaml_free(&config, &schema, *appservice, 0);
	*appservice = NULL;
}
