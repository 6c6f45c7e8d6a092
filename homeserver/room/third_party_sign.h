/* SPDX-License-Identifier: Apache-2.0 */
/* The object by which an identity server says that an invited address is a user's. */
#ifndef PARVIS_HOMESERVER_THIRD_PARTY_SIGN_H
#define PARVIS_HOMESERVER_THIRD_PARTY_SIGN_H

#include "common/json/json.h"

/* Whether any signature in the object is by the key (unpadded base64, standard or URL-safe). The
 * object and both texts may be anything. */
bool third_party_sign_ok(const struct json *signed_object, struct str public_key);

#endif
