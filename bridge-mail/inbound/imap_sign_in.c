/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_sign_in.h"

#include <stdio.h>

#include "bridge-mail/inbound/imap_response.h"
#include "common/crypto/base64.h"
#include "common/crypto/secret.h"
#include "config/login.h"

static void wipe(struct str s)
{
	if (s.n > 0)
		secret_wipe((char *)(uintptr_t)s.p, s.n);
}

void imap_sign_in_wipe(struct imap_sign_in *step)
{
	wipe(step->command);
	wipe(step->answer);
	*step = (struct imap_sign_in){STR_EMPTY, STR_EMPTY};
}

static void make_sasl(struct arena *arena, const char *mechanism, struct str message,
	unsigned capabilities, struct imap_sign_in *out)
{
	struct str code = base64_encode(arena, message, BASE64_PADDED);
	wipe(message);
	if ((capabilities & IMAP_CAN_SASL_IR) != 0) {
		out->command =
			arena_printf(arena, "AUTHENTICATE %s %.*s", mechanism, STR_FMT(code));
		out->answer = arena_str(arena, STR("\r\n"));
	} else {
		out->command = arena_printf(arena, "AUTHENTICATE %s", mechanism);
		out->answer = arena_printf(arena, "%.*s\r\n", STR_FMT(code));
	}
	wipe(code);
}

static enum status make_login(
	struct arena *arena, const struct login *login, struct imap_sign_in *out)
{
	struct str user, secret;
	enum status status = imap_quote(arena, login->user, &user);
	if (status == STATUS_OK)
		status = imap_quote(arena, login->secret, &secret);
	if (status != STATUS_OK)
		return status;
	out->command = arena_printf(arena, "LOGIN %.*s %.*s", STR_FMT(user), STR_FMT(secret));
	out->answer = arena_str(arena, STR("\r\n"));
	wipe(secret);
	return STATUS_OK;
}

static enum status choose(struct arena *arena, const struct login *login, unsigned capabilities,
	struct imap_sign_in *out, char why[CONFIG_ERROR_MAX])
{
	if (login->is_token) {
		if ((capabilities & IMAP_CAN_XOAUTH2) == 0) {
			snprintf(why, CONFIG_ERROR_MAX, "the server takes no OAuth 2 token");
			return STATUS_DENIED;
		}
		make_sasl(arena, "XOAUTH2",
			arena_printf(arena, "user=%.*s\001auth=Bearer %.*s\001\001",
				STR_FMT(login->user), STR_FMT(login->secret)),
			capabilities, out);
		return STATUS_OK;
	}
	if ((capabilities & IMAP_CAN_PLAIN) != 0) {
		make_sasl(arena, "PLAIN",
			arena_printf(arena, "%c%.*s%c%.*s", 0, STR_FMT(login->user), 0,
				STR_FMT(login->secret)),
			capabilities, out);
		return STATUS_OK;
	}
	if ((capabilities & IMAP_CAN_NO_LOGIN) != 0) {
		snprintf(why, CONFIG_ERROR_MAX, "the server takes no password");
		return STATUS_DENIED;
	}
	return make_login(arena, login, out);
}

enum status imap_sign_in_make(const struct config_imap *config, unsigned capabilities,
	struct arena *arena, struct imap_sign_in *out, char why[CONFIG_ERROR_MAX])
{
	const struct login_config from = {
		config->user, config->password_file, config->token_file, config->token_command};
	struct login login;
	*out = (struct imap_sign_in){STR_EMPTY, STR_EMPTY};
	if (login_read(&from, arena, &login, why) != STATUS_OK)
		return STATUS_DENIED;
	enum status status = choose(arena, &login, capabilities, out, why);
	login_wipe(&login);
	return status;
}
