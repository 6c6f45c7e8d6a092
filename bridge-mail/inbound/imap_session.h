/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session with an IMAP server (RFC 9051, RFC 3501): connected, under TLS, signed in, a folder
 * selected; then one command after the other. On the thread that calls.
 *
 * imaps:// is TLS from the first byte. imap:// must offer STARTTLS; only on a loopback address, and
 * without a ca_file, it stays in clear. What a server said before TLS is forgotten.
 */
#ifndef PARVIS_BRIDGE_IMAP_SESSION_H
#define PARVIS_BRIDGE_IMAP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge-mail/inbound/imap_response.h"
#include "config/config.h"

#define IMAP_WHY_MAX CONFIG_ERROR_MAX

struct imap_session;

/* Strings are borrowed. `stop_fd` becomes readable when the program ends. */
struct imap_session *imap_session_new(const struct config_imap *config, int stop_fd);
void imap_session_free(struct imap_session **session);

/*
 * Connects and signs in. STATUS_DENIED: the server or its certificate refuses, or is refused;
 * STATUS_UNAVAILABLE, STATUS_TIMEOUT: later; STATUS_INVALID: it does not speak IMAP. As for all
 * that follow, imap_why() then holds one line, never with a secret.
 */
MUST_CHECK enum status imap_session_open(struct imap_session *session);

struct imap_folder_state {
	int64_t uid_validity;
	int64_t uid_next; /* 0: not told */
};
/* STATUS_DENIED: no such folder. */
MUST_CHECK enum status imap_session_select(
	struct imap_session *session, const char *folder, struct imap_folder_state *out);

/* What comes in during a command. Texts live until the function returns. */
struct imap_handler {
	void *context;
	/* FETCH and SEARCH. false ends the session. */
	bool (*response)(void *context, const struct imap_response *response);
	/* A mail of so many bytes begins; its bytes. NULL: mails are skipped. */
	bool (*body_start)(void *context, int64_t size);
	bool (*body)(void *context, struct str bytes);
};

/* STATUS_OK, STATUS_DENIED (NO, BAD), STATUS_INVALID (not IMAP), STATUS_UNAVAILABLE,
 * STATUS_TIMEOUT. Only after the first two can the session be used again. */
MUST_CHECK enum status imap_command(struct imap_session *session,
	const struct imap_handler *handler, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Before looking for new mails: from here on, what the server tells of new ones ends an IDLE. */
void imap_forget_news(struct imap_session *session);
/* IDLE until the folder has something new or `ms` have passed; the server may end it earlier. */
MUST_CHECK enum status imap_idle(struct imap_session *session, int ms);

unsigned imap_session_capabilities(const struct imap_session *session);
/* The response code of the last tagged answer, such as "TRYCREATE". */
struct str imap_code(const struct imap_session *session);
const char *imap_why(const struct imap_session *session);
/* "user@host:port": names the account in rows and logs. */
const char *imap_account(const struct imap_session *session);

#endif
