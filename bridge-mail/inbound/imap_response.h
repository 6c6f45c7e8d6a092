/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One response of an IMAP server (RFC 9051, 7 and 9; RFC 3501 in what differs), understood as far
 * as reading a mailbox needs it. Everything borrows from the text or lives in the arena.
 */
#ifndef PARVIS_BRIDGE_IMAP_RESPONSE_H
#define PARVIS_BRIDGE_IMAP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"

enum imap_kind {
	IMAP_TAGGED,	 /* the end of a command */
	IMAP_CONTINUE,	 /* "+": go on */
	IMAP_CONDITION,	 /* untagged OK, NO, BAD, BYE, PREAUTH */
	IMAP_CAPABILITY, /* `text` is the list */
	IMAP_EXISTS,	 /* `number` of mails in the folder */
	IMAP_FETCH,
	IMAP_SEARCH, /* `text` holds numbers: imap_next_number() */
	IMAP_OTHER,
};

enum imap_condition { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH };

enum imap_flag {
	IMAP_FLAG_SEEN = 1 << 0,
	IMAP_FLAG_DELETED = 1 << 1,
	IMAP_FLAG_DRAFT = 1 << 2,
};

enum imap_body {
	IMAP_BODY_NONE,	   /* not in this response */
	IMAP_BODY_NIL,	   /* the server has none */
	IMAP_BODY_LITERAL, /* came in pieces (imap_reader.h) */
	IMAP_BODY_QUOTED,  /* `text` */
};

struct imap_response {
	enum imap_kind kind;
	enum imap_condition condition; /* of TAGGED and CONDITION */
	struct str tag;
	struct str code; /* inside [...], "UIDVALIDITY 12"; or empty */
	struct str text;
	int64_t number;
	/* of FETCH; 0 and false where it does not say */
	int64_t uid;
	int64_t size;
	unsigned flags;
	bool has_flags;
	enum imap_body body;
};

/* STATUS_INVALID: no response that a server may send. */
MUST_CHECK enum status imap_response_read(
	struct arena *arena, struct str text, struct imap_response *out);
/* Cuts the next number off; false at the end, or where something else stands. */
bool imap_next_number(struct str *rest, int64_t *out);

enum imap_capability {
	IMAP_CAN_IDLE = 1 << 0,	   /* RFC 2177 */
	IMAP_CAN_MOVE = 1 << 1,	   /* RFC 6851 */
	IMAP_CAN_UIDPLUS = 1 << 2, /* RFC 4315 */
	IMAP_CAN_STARTTLS = 1 << 3,
	IMAP_CAN_PLAIN = 1 << 4,
	IMAP_CAN_XOAUTH2 = 1 << 5,
	IMAP_CAN_SASL_IR = 1 << 6,  /* RFC 4959 */
	IMAP_CAN_NO_LOGIN = 1 << 7, /* LOGINDISABLED */
	IMAP_CAN_REV2 = 1 << 8,	    /* IMAP4rev2 brings the first three */
};
unsigned imap_capabilities(struct str list);

/* "text" quoted for a command. STATUS_INVALID: CR, LF or NUL in it. */
MUST_CHECK enum status imap_quote(struct arena *arena, struct str text, struct str *out);
/* A folder's name in the form of RFC 3501, 5.1.3 (modified UTF-7), quoted. `name` is UTF-8. */
MUST_CHECK enum status imap_quote_folder(struct arena *arena, struct str name, struct str *out);

#endif
