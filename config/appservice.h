/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application service's registration file (application-service API, "Registration"), as the
 * service itself reads it: who it is and with which tokens it and the homeserver know each other.
 * The namespaces are the homeserver's business and are passed over.
 */
#ifndef PARVIS_CONFIG_APPSERVICE_H
#define PARVIS_CONFIG_APPSERVICE_H

#include "config/config.h"

/* No member is NULL or empty but url, which is NULL when the file says null or nothing. */
struct config_appservice {
	char *id;
	char *url;
	char *as_token; /* secret */
	char *hs_token; /* secret */
	char *sender_localpart;
};

/* On failure `why` holds one line for the administrator. STATUS_NOT_FOUND: no such file. */
MUST_CHECK enum status config_appservice_load(
	const char *path, struct config_appservice **out, char why[CONFIG_ERROR_MAX]);
void config_appservice_free(struct config_appservice **appservice);

#endif
