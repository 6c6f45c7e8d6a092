/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/smtp.h"

#include <stdio.h>
#include <stdlib.h>

#include "bridge-mail/inbound/smtp_data.h"
#include "bridge-mail/inbound/smtp_path.h"
#include "common/base/mem.h"

#define REPLIES_MAX   16384
#define REPLIES_FLUSH 4096

enum smtp_state {
	STATE_COMMAND,
	STATE_LONG_LINE, /* the rest of a line that is too long is skipped */
	STATE_DATA,
	STATE_STORING, /* the caller has the mail */
	STATE_CLOSED,
};

struct smtp_session {
	struct smtp_config config;
	enum smtp_state state;
	struct buf replies;
	size_t line_n;
	unsigned errors;
	unsigned commands;
	bool greeted;
	bool has_mail;
	bool smtputf8;
	bool too_large;
	bool drop_due;
	int64_t received;
	char mail_from[SMTP_MAX_PATH + 1];
	struct smtp_recipient *recipients;
	size_t recipient_count;
	char line[SMTP_MAX_LINE];
	struct smtp_data data;
};

static void reply(struct smtp_session *s, const char *text)
{
	buf_append_c(&s->replies, text);
	buf_append_c(&s->replies, "\r\n");
}

/* A refusal: too many of them end the connection. */
static void refuse(struct smtp_session *s, const char *text)
{
	reply(s, text);
	if (++s->errors >= SMTP_MAX_ERRORS) {
		smtp_goodbye(s, "4.7.0 Too many errors");
		s->state = STATE_CLOSED;
	}
}

static void envelope_reset(struct smtp_session *s)
{
	s->has_mail = false;
	s->smtputf8 = false;
	s->too_large = false;
	s->received = 0;
	s->mail_from[0] = '\0';
	s->recipient_count = 0;
}

struct smtp_session *smtp_new(const struct smtp_config *config)
{
	struct smtp_session *s = MEM_NEW(struct smtp_session);
	s->config = *config;
	s->recipients = mem_calloc(SMTP_MAX_RECIPIENTS, sizeof(*s->recipients));
	buf_init(&s->replies, REPLIES_MAX);
	buf_printf(&s->replies, "220 %s %s Parvis\r\n", config->host_name,
		config->mode == SMTP_MODE_LMTP ? "LMTP" : "ESMTP");
	return s;
}

void smtp_free(struct smtp_session **session)
{
	struct smtp_session *s = *session;
	if (s == NULL)
		return;
	*session = NULL;
	buf_release(&s->replies);
	free(s->recipients);
	free(s);
}

struct buf *smtp_replies(struct smtp_session *session)
{
	return &session->replies;
}

struct str smtp_mail_from(const struct smtp_session *session)
{
	return str_c(session->mail_from);
}

const struct smtp_recipient *smtp_recipients(const struct smtp_session *session, size_t *count_out)
{
	*count_out = session->recipient_count;
	return session->recipients;
}

bool smtp_in_mail(const struct smtp_session *session)
{
	return session->state == STATE_DATA || session->state == STATE_STORING;
}

void smtp_goodbye(struct smtp_session *session, const char *code_and_reason)
{
	buf_printf(&session->replies, "421 %s, %s closing\r\n", code_and_reason,
		session->config.host_name);
}

static void copy_path(char to[SMTP_MAX_PATH + 1], struct str address)
{
	memcpy(to, address.p, address.n);
	to[address.n] = '\0';
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static void command_hello(struct smtp_session *s, struct str argument)
{
	if (str_trim(argument).n == 0) {
		refuse(s, "501 5.5.4 Say who you are");
		return;
	}
	envelope_reset(s);
	s->greeted = true;
	buf_printf(&s->replies,
		"250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
		"250-SIZE %lld\r\n250 ENHANCEDSTATUSCODES\r\n",
		s->config.host_name, (long long)s->config.max_bytes);
}

static void command_ehlo(struct smtp_session *s, struct str argument)
{
	if (s->config.mode == SMTP_MODE_LMTP)
		refuse(s, "500 5.5.1 This is LMTP: say LHLO");
	else
		command_hello(s, argument);
}

static void command_lhlo(struct smtp_session *s, struct str argument)
{
	if (s->config.mode == SMTP_MODE_SMTP)
		refuse(s, "500 5.5.1 This is SMTP: say EHLO");
	else
		command_hello(s, argument);
}

static void command_helo(struct smtp_session *s, struct str argument)
{
	if (s->config.mode == SMTP_MODE_LMTP || str_trim(argument).n == 0) {
		refuse(s, "501 5.5.4 Syntax: HELO name");
		return;
	}
	envelope_reset(s);
	s->greeted = true;
	buf_printf(&s->replies, "250 %s\r\n", s->config.host_name);
}

static void command_mail(struct smtp_session *s, struct str argument)
{
	struct smtp_path path;
	struct smtp_mail_params params;
	if (!s->greeted) {
		refuse(s, "503 5.5.1 Say hello first");
		return;
	}
	if (s->has_mail) {
		refuse(s, "503 5.5.1 A mail is under way");
		return;
	}
	if (smtp_path_parse(argument, "FROM", &path) != STATUS_OK) {
		refuse(s, "501 5.1.7 Syntax: MAIL FROM:<address>");
		return;
	}
	switch (smtp_mail_params_parse(path.params, &params)) {
	case STATUS_OK:
		break;
	case STATUS_NOT_FOUND:
		refuse(s, "555 5.5.4 Unknown parameter");
		return;
	default:
		refuse(s, "501 5.5.4 Wrong parameter");
		return;
	}
	if (params.size > s->config.max_bytes) {
		refuse(s, "552 5.3.4 The mail is too large");
		return;
	}
	if (!params.smtputf8 && !is_ascii(path.address)) {
		refuse(s, "553 5.6.7 This address needs SMTPUTF8");
		return;
	}
	copy_path(s->mail_from, path.address);
	s->has_mail = true;
	s->smtputf8 = params.smtputf8;
	reply(s, "250 2.1.0 Sender taken");
}

static void command_rcpt(struct smtp_session *s, struct str argument)
{
	struct smtp_path path;
	if (!s->has_mail) {
		refuse(s, "503 5.5.1 Say MAIL first");
		return;
	}
	if (smtp_path_parse(argument, "TO", &path) != STATUS_OK || path.address.n == 0) {
		refuse(s, "501 5.1.3 Syntax: RCPT TO:<address>");
		return;
	}
	if (path.params.n > 0) {
		refuse(s, "555 5.5.4 Unknown parameter");
		return;
	}
	if (!s->smtputf8 && !is_ascii(path.address)) {
		refuse(s, "553 5.6.7 This address needs SMTPUTF8");
		return;
	}
	int64_t mailbox_id = s->config.mailbox_of(s->config.context, path.address);
	if (mailbox_id == 0) {
		/* No error of the peer's: an MTA may hand on many addresses in good faith. */
		reply(s, "550 5.1.1 No such mailbox here");
		return;
	}
	if (s->recipient_count >= SMTP_MAX_RECIPIENTS) {
		reply(s, "452 4.5.3 Too many recipients");
		return;
	}
	struct smtp_recipient *recipient = &s->recipients[s->recipient_count++];
	recipient->mailbox_id = mailbox_id;
	copy_path(recipient->address, path.address);
	reply(s, "250 2.1.5 Recipient taken");
}

static void command_data(struct smtp_session *s, struct str argument)
{
	if (str_trim(argument).n > 0) {
		refuse(s, "501 5.5.4 DATA takes no argument");
		return;
	}
	if (!s->has_mail || s->recipient_count == 0) {
		refuse(s, "503 5.5.1 No valid recipients");
		return;
	}
	s->state = STATE_DATA;
	smtp_data_start(&s->data);
	reply(s, "354 Go on, end with a line that holds only a dot");
}

static void command_rset(struct smtp_session *s, struct str argument)
{
	(void)argument;
	envelope_reset(s);
	reply(s, "250 2.0.0 Forgotten");
}

static void command_noop(struct smtp_session *s, struct str argument)
{
	(void)argument;
	reply(s, "250 2.0.0 OK");
}

static void command_vrfy(struct smtp_session *s, struct str argument)
{
	(void)argument;
	reply(s, "252 2.5.0 Send a mail and see");
}

static void command_help(struct smtp_session *s, struct str argument)
{
	(void)argument;
	reply(s, "214 2.0.0 RFC 5321, RFC 2033");
}

static void command_quit(struct smtp_session *s, struct str argument)
{
	(void)argument;
	buf_printf(&s->replies, "221 2.0.0 %s closing\r\n", s->config.host_name);
	s->state = STATE_CLOSED;
}

/* A web page that makes a browser post to this port must not get as far as a mail. */
static void command_http(struct smtp_session *s, struct str argument)
{
	(void)argument;
	smtp_goodbye(s, "4.7.0 This is not a web server");
	s->state = STATE_CLOSED;
}

static const struct smtp_command {
	const char *verb;
	void (*run)(struct smtp_session *s, struct str argument);
} commands[] = {
	{"EHLO", command_ehlo},
	{"LHLO", command_lhlo},
	{"HELO", command_helo},
	{"MAIL", command_mail},
	{"RCPT", command_rcpt},
	{"DATA", command_data},
	{"RSET", command_rset},
	{"NOOP", command_noop},
	{"VRFY", command_vrfy},
	{"HELP", command_help},
	{"QUIT", command_quit},
	{"GET", command_http},
	{"POST", command_http},
	{"PUT", command_http},
	{"HEAD", command_http},
	{"OPTIONS", command_http},
	{"CONNECT", command_http},
	{"DELETE", command_http},
	{"PATCH", command_http},
};

static bool line_is_clean(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static void run_command(struct smtp_session *s, struct str line)
{
	if (++s->commands > SMTP_MAX_COMMANDS) {
		smtp_goodbye(s, "4.7.0 Too many commands");
		s->state = STATE_CLOSED;
		return;
	}
	if (!line_is_clean(line)) {
		refuse(s, "500 5.5.2 Control characters in a command");
		return;
	}
	ptrdiff_t space = str_index(line, ' ');
	struct str verb = space < 0 ? line : str_slice(line, 0, (size_t)space);
	struct str argument = space < 0 ? STR_EMPTY : str_skip(line, (size_t)space + 1);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (str_eq_nocase(verb, str_c(commands[i].verb))) {
			commands[i].run(s, argument);
			return;
		}
	}
	refuse(s, "500 5.5.1 Unknown command");
}

/* Takes bytes up to and with the next LF into the line; true when a line is complete. */
static bool take_line(struct smtp_session *s, struct str *input)
{
	ptrdiff_t lf = str_index(*input, '\n');
	size_t n = lf < 0 ? input->n : (size_t)lf + 1;
	if (s->line_n + n > sizeof(s->line)) {
		/* The tail is kept, to know whether the line ends with CR LF. */
		s->state = STATE_LONG_LINE;
		s->line[0] = n >= 2	     ? input->p[n - 2]
			     : s->line_n > 0 ? s->line[s->line_n - 1]
					     : '\0';
		s->line[1] = input->p[n - 1];
		s->line_n = 2;
	} else {
		memcpy(s->line + s->line_n, input->p, n);
		s->line_n += n;
	}
	*input = str_skip(*input, n);
	return lf >= 0;
}

static void end_line(struct smtp_session *s)
{
	struct str line = str_n(s->line, s->line_n);
	bool too_long = s->state == STATE_LONG_LINE;
	s->line_n = 0;
	s->state = STATE_COMMAND;
	if (!str_ends(line, STR("\r\n"))) {
		reply(s, "500 5.5.2 Lines end with CR LF");
		smtp_goodbye(s, "4.7.0 Bare LF");
		s->state = STATE_CLOSED;
	} else if (too_long) {
		refuse(s, "500 5.5.2 Line too long");
	} else {
		run_command(s, str_slice(line, 0, line.n - 2));
	}
}

static enum smtp_action step_data(struct smtp_session *s, struct str *input, struct str *bytes_out)
{
	bool ended = smtp_data_step(&s->data, input);
	s->received += (int64_t)s->data.n;
	if (s->received > s->config.max_bytes && !s->too_large) {
		s->too_large = true;
		s->drop_due = true;
	}
	if (ended)
		s->state = STATE_STORING;
	if (s->data.n == 0 || s->too_large)
		return SMTP_FLUSH;
	*bytes_out = str_n(s->data.chunk, s->data.n);
	return SMTP_WRITE;
}

enum smtp_action smtp_step(struct smtp_session *s, struct str *input, struct str *bytes_out)
{
	for (;;) {
		if (s->drop_due) {
			s->drop_due = false;
			return SMTP_DROP;
		}
		if (s->state == STATE_CLOSED)
			return SMTP_CLOSE;
		if (s->state == STATE_STORING) {
			if (!s->too_large)
				return SMTP_STORE;
			smtp_stored(s, STATUS_TOO_LARGE, 0);
			continue;
		}
		if (s->replies.n > REPLIES_FLUSH)
			return SMTP_FLUSH;
		if (input->n == 0)
			return SMTP_MORE;
		if (s->state == STATE_DATA) {
			enum smtp_action action = step_data(s, input, bytes_out);
			if (action == SMTP_WRITE)
				return action;
		} else if (take_line(s, input)) {
			end_line(s);
		}
	}
}

void smtp_stored(struct smtp_session *s, enum status status, int64_t mail_id)
{
	size_t answers = s->config.mode == SMTP_MODE_LMTP ? s->recipient_count : 1;
	for (size_t i = 0; i < answers; i++) {
		switch (status) {
		case STATUS_OK:
			buf_printf(&s->replies, "250 2.0.0 Kept as %lld\r\n", (long long)mail_id);
			break;
		case STATUS_TOO_LARGE:
			reply(s, "552 5.3.4 The mail is too large");
			break;
		default:
			reply(s, "451 4.3.0 Could not be kept, try again");
			break;
		}
	}
	envelope_reset(s);
	s->commands = 0;
	s->state = STATE_COMMAND;
}
