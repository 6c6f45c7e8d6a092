/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/appservice/registration.h"

#include "config/yaml.h"

#define LIST_FLAGS (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t namespace_fields[] = {
	CYAML_FIELD_BOOL(
		"exclusive", CYAML_FLAG_OPTIONAL, struct registration_namespace, exclusive),
	CYAML_FIELD_STRING_PTR(
		"regex", CYAML_FLAG_POINTER, struct registration_namespace, regex, 0, 4096),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t namespace_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct registration_namespace, namespace_fields),
};

static const cyaml_schema_field_t namespaces_fields[] = {
	CYAML_FIELD_SEQUENCE("users", LIST_FLAGS, struct registration_namespaces, users,
		&namespace_entry, 0, 1000),
	CYAML_FIELD_SEQUENCE("aliases", LIST_FLAGS, struct registration_namespaces, aliases,
		&namespace_entry, 0, 1000),
	CYAML_FIELD_SEQUENCE("rooms", LIST_FLAGS, struct registration_namespaces, rooms,
		&namespace_entry, 0, 1000),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t protocol_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 255),
};

static const cyaml_schema_field_t registration_fields[] = {
	CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct registration, id, 1, 255),
	CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
		struct registration, url, 0, 1024),
	CYAML_FIELD_STRING_PTR(
		"as_token", CYAML_FLAG_POINTER, struct registration, as_token, 1, 1024),
	CYAML_FIELD_STRING_PTR(
		"hs_token", CYAML_FLAG_POINTER, struct registration, hs_token, 1, 1024),
	CYAML_FIELD_STRING_PTR("sender_localpart", CYAML_FLAG_POINTER, struct registration,
		sender_localpart, 1, 255),
	CYAML_FIELD_BOOL_PTR("rate_limited", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
		struct registration, rate_limited),
	CYAML_FIELD_BOOL(
		"receive_ephemeral", CYAML_FLAG_OPTIONAL, struct registration, receive_ephemeral),
	CYAML_FIELD_BOOL("de.sorunome.msc2409.push_ephemeral", CYAML_FLAG_OPTIONAL,
		struct registration, push_ephemeral),
	CYAML_FIELD_BOOL(
		"org.matrix.msc3202", CYAML_FLAG_OPTIONAL, struct registration, wants_devices),
	CYAML_FIELD_SEQUENCE(
		"protocols", LIST_FLAGS, struct registration, protocols, &protocol_entry, 0, 100),
	CYAML_FIELD_MAPPING("namespaces", CYAML_FLAG_OPTIONAL, struct registration, namespaces,
		namespaces_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t registration_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct registration, registration_fields),
};

enum status registration_parse(struct str yaml, struct registration **out, struct buf *why)
{
	void *data = NULL;
	enum status status =
		yaml_read(yaml, &registration_schema, YAML_UNKNOWN_IGNORED, &data, why);
	if (status == STATUS_OK)
		*out = data;
	return status;
}

void registration_free(struct registration **registration)
{
	yaml_free(&registration_schema, *registration);
	*registration = NULL;
}
