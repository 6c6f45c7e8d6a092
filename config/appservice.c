/* SPDX-License-Identifier: Apache-2.0 */
#include "config/appservice.h"

#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/fs.h"
#include "common/crypto/secret.h"
#include "common/matrix/ids.h"
#include "config/yaml.h"

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

static enum status parse(struct str yaml, struct config_appservice **out, struct buf *log)
{
	void *data = NULL;
	enum status status = yaml_read(yaml, &schema, YAML_UNKNOWN_IGNORED, &data, log);
	if (status != STATUS_OK)
		return status;
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
	yaml_free(&schema, *appservice);
	*appservice = NULL;
}
