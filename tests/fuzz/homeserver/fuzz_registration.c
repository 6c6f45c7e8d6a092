/* SPDX-License-Identifier: Apache-2.0 */
/* A registration of an application service: YAML, and the expressions in it. */
#include "homeserver/appservice/namespaces.h"
#include "homeserver/appservice/registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registration *registration = NULL;
	struct as_namespaces *namespaces = NULL;
	BUF_SCOPE(why, 512);

	if (registration_parse(str_n((const char *)data, size), &registration, &why) != STATUS_OK)
		return 0;
	if (as_namespaces_new(&registration->namespaces, &namespaces, &why) == STATUS_OK)
		(void)as_namespaces_match(namespaces, AS_USERS, STR("@_irc_alice:here"), false);
	as_namespaces_free(&namespaces);
	registration_free(&registration);
	return 0;
}
