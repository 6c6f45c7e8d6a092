/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail as the bridge sees it: read by the sandboxed parser, checked again on the way back. All
 * text is UTF-8 without NUL; nothing in it is trusted. Lives in one arena; the attachments'
 * files live in the folder that was given to mail_parse().
 */
#ifndef PARVIS_BRIDGE_MAIL_H
#define PARVIS_BRIDGE_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define MAIL_MAX_PARTS	     200
#define MAIL_MAX_DEPTH	     20
#define MAIL_MAX_ADDRESSES   500	   /* of one header */
#define MAIL_MAX_REFERENCES  100	   /* the oldest and the newest are kept */
#define MAIL_MAX_TEXT	     (1024 * 1024) /* bytes of a body; the rest is cut and flagged */
#define MAIL_MAX_HTML	     (2 * MAIL_MAX_TEXT)
#define MAIL_MAX_ATTACHMENTS 100
#define MAIL_MAX_SUBJECT     998
#define MAIL_MAX_REPORTS     100

struct mail_address {
	struct str name;    /* decoded display name; may be empty */
	struct str address; /* local@domain, the domain in lower case; never empty */
};

struct mail_addresses {
	const struct mail_address *items;
	size_t count;
};

struct mail_ids {
	const struct str *items; /* Message-IDs without <> */
	size_t count;
};

struct mail_attachment {
	struct str name;	 /* safe: one path segment, no control characters, never empty */
	struct str content_type; /* "application/pdf", lower case */
	struct str content_id;	 /* without <>; may be empty */
	struct str hash;	 /* SHA-256 of the file, hex */
	const char *path;
	int64_t size;
	bool inline_part; /* shown by the HTML through its content id */
};

/* What a delivery report says about one recipient (RFC 3464, 2.3); each may be empty. */
struct mail_report {
	struct str recipient; /* Final-Recipient */
	struct str original;  /* Original-Recipient */
	struct str action;    /* "failed", "delayed" ... */
	struct str status;    /* "5.1.1" */
	struct str said;      /* Diagnostic-Code: the words of the other server */
};

/* What a mail says about itself. */
enum mail_flags {
	MAIL_AUTO_SUBMITTED = 1 << 0,	/* RFC 3834: anything but "no", X-Autoreply ... */
	MAIL_BULK = 1 << 1,		/* Precedence: bulk, junk, list */
	MAIL_LIST = 1 << 2,		/* List-Id or another List- header (RFC 2369, 2919) */
	MAIL_DELIVERY_REPORT = 1 << 3,	/* multipart/report; report-type=delivery-status */
	MAIL_ANSWERS_UNWANTED = 1 << 4, /* X-Auto-Response-Suppress: no machine may answer */
	MAIL_CUT = 1 << 5,		/* more text, parts or attachments than the limits allow */
	MAIL_UNREADABLE = 1 << 6, /* the parser died: headers only, as far as they could be had */
	MAIL_SIGNED = 1 << 7,	  /* multipart/signed or S/MIME */
	MAIL_ENCRYPTED = 1 << 8,  /* multipart/encrypted or S/MIME: the text is not readable */
	MAIL_SPAM = 1 << 9,	  /* a mail server on the way has marked it (X-Spam-Flag ...) */
};

struct mail {
	struct str message_id; /* without <>; made from content_key when the mail has none */
	struct mail_ids in_reply_to;
	struct mail_ids references;   /* oldest first */
	struct mail_address from;     /* address empty when there is none */
	struct mail_address reply_to; /* address empty when absent */
	struct mail_addresses to;
	struct mail_addresses cc;
	struct str subject; /* decoded, one line, cut at MAIL_MAX_SUBJECT */
	int64_t date_ms;    /* 0 when absent or senseless */
	struct str text;    /* text/plain body, LF line ends; may be empty */
	struct str html;    /* text/html body in the form of mail-parser/html.h; may be empty */
	const struct mail_attachment *attachments;
	size_t attachment_count;
	const struct mail_report *reports;
	size_t report_count;
	struct str returned_id;	 /* Message-ID of a mail that this one gives back; may be empty */
	struct str thread_index; /* decoded Thread-Index, 22 bytes or more; or empty */
	struct str thread_topic;
	struct str list_id;
	struct str loop_header;	 /* X-Parvis-Loop as it came (trust/loops.h) */
	struct str content_key;	 /* hex: From, Date, Subject, Message-ID and body, not the trace */
	unsigned received_count; /* Received headers: hops */
	unsigned flags;		 /* enum mail_flags */
};

#endif
