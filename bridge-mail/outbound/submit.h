/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving one mail for one recipient to the smarthost (RFC 6409), over libcurl. smtps:// is TLS from
 * the first byte; smtp:// uses STARTTLS when the server offers it, and must when a password goes
 * along to another machine or a smarthost_ca_file is given. Certificates are verified. On a
 * loopback address, and without a smarthost_ca_file, smtp:// stays in clear, whatever the server
 * offers. The login is PLAIN, LOGIN or what else libcurl and the server have for a password, and
 * XOAUTH2 for a token.
 */
#ifndef PARVIS_BRIDGE_SUBMIT_H
#define PARVIS_BRIDGE_SUBMIT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/str.h"
#include "config/config.h"

struct submit;

/* One per thread. `helo` is the name to greet with. Strings are borrowed. Raising `cancel` ends a
 * transaction that has not come to its end, and leaves one that has a few seconds. */
struct submit *submit_new(
	const struct config_bridge_mail *config, const char *helo, const atomic_bool *cancel);
void submit_free(struct submit **submit);

struct submit_request {
	struct str mail_from;
	struct str recipient;
	struct str message; /* CR LF line ends */
	/* Called just before the last bytes leave: from then on the server may have the mail.
	 * false gives the transaction up. */
	bool (*before_end)(void *context);
	void *context;
};

enum submit_outcome {
	SUBMIT_ACCEPTED, /* the server has said so */
	SUBMIT_LATER,	 /* it does not have the mail: try again */
	SUBMIT_UNCLEAR,	 /* it may have it: no answer came */
	SUBMIT_REFUSED,	 /* for good */
};

#define SUBMIT_REPLY_MAX 400

/* `reply` gets the server's last line, or what went wrong; one line, never a secret. */
enum submit_outcome submit_mail(
	struct submit *submit, const struct submit_request *request, char reply[SUBMIT_REPLY_MAX]);

#endif
