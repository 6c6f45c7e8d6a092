/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "bridge-mail/inbound/imap_reader.h"
#include "bridge-mail/inbound/imap_sign_in.h"
#include "bridge-mail/inbound/imap_url.h"
#include "bridge-mail/inbound/wire.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/crypto/secret.h"

#define CONNECT_TIMEOUT_MS 30000
#define ANSWER_TIMEOUT_MS  120000  /* without a byte */
#define COMMAND_TIMEOUT_MS 1800000 /* whatever comes */
#define COMMAND_MAX	   65536
#define CODE_MAX	   200
#define READ_BYTES	   16384

struct imap_session {
	const struct config_imap *config;
	struct imap_url url;
	int stop_fd;
	struct wire *wire;
	struct imap_reader reader;
	struct arena *arena; /* of the response under way */
	unsigned capabilities;
	bool has_capabilities;
	bool signing_in;
	bool news; /* EXISTS was told since it was last asked */
	unsigned tags;
	int64_t uid_validity;
	int64_t uid_next;
	char code[CODE_MAX];
	char why[IMAP_WHY_MAX];
	char account[512];
	struct str input; /* of `bytes`: read, not looked at yet */
	char bytes[READ_BYTES];
};

struct imap_session *imap_session_new(const struct config_imap *config, int stop_fd)
{
	struct imap_session *s = MEM_NEW(struct imap_session);
	s->config = config;
	s->stop_fd = stop_fd;
	imap_reader_init(&s->reader);
	if (imap_url_read(config->url, &s->url) == STATUS_OK)
		snprintf(s->account, sizeof(s->account), "%s@%s:%u", config->user, s->url.host,
			s->url.port);
	return s;
}

void imap_session_free(struct imap_session **session)
{
	struct imap_session *s = *session;
	if (s == NULL)
		return;
	*session = NULL;
	wire_free(&s->wire);
	imap_reader_release(&s->reader);
	arena_free(&s->arena);
	free(s);
}

unsigned imap_session_capabilities(const struct imap_session *session)
{
	return session->capabilities;
}

struct str imap_code(const struct imap_session *session)
{
	return str_c(session->code);
}

const char *imap_why(const struct imap_session *session)
{
	return session->why;
}

const char *imap_account(const struct imap_session *session)
{
	return session->account;
}

static enum status fail(struct imap_session *s, enum status status, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	return status;
}

/* What a server said, as one line that can be logged. */
static void keep_text(struct imap_session *s, struct str text)
{
	snprintf(s->why, sizeof(s->why), "the server says: %.*s",
		STR_FMT(str_slice(text, 0, IMAP_WHY_MAX - 32)));
	for (char *c = s->why; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void read_code(struct imap_session *s, struct str code)
{
	static const struct str capability = STR_INIT("CAPABILITY ");
	static const struct str validity = STR_INIT("UIDVALIDITY ");
	static const struct str next = STR_INIT("UIDNEXT ");
	struct str rest;
	int64_t number;
	if (str_eq_nocase(str_slice(code, 0, capability.n), capability)) {
		s->capabilities = imap_capabilities(str_skip(code, capability.n));
		s->has_capabilities = true;
	} else if (str_eq_nocase(str_slice(code, 0, validity.n), validity)) {
		rest = str_skip(code, validity.n);
		if (imap_next_number(&rest, &number))
			s->uid_validity = number;
	} else if (str_eq_nocase(str_slice(code, 0, next.n), next)) {
		rest = str_skip(code, next.n);
		if (imap_next_number(&rest, &number))
			s->uid_next = number;
	}
}

/* What concerns every command. */
static void take_note(struct imap_session *s, const struct imap_response *response)
{
	switch (response->kind) {
	case IMAP_CAPABILITY:
		s->capabilities = imap_capabilities(response->text);
		s->has_capabilities = true;
		break;
	case IMAP_EXISTS:
		s->news = true;
		break;
	case IMAP_CONDITION:
		if (response->condition == IMAP_BYE)
			keep_text(s, response->text);
		read_code(s, response->code);
		break;
	case IMAP_TAGGED:
		snprintf(s->code, sizeof(s->code), "%.*s",
			STR_FMT(str_slice(response->code, 0, CODE_MAX - 1)));
		if (response->condition != IMAP_OK)
			keep_text(s, response->text);
		/* A server that does not understand may repeat what it was told. */
		if (response->condition == IMAP_BAD && s->signing_in)
			fail(s, STATUS_DENIED, "the server does not understand the sign-in");
		read_code(s, response->code);
		break;
	default:
		break;
	}
}

static enum status fill(struct imap_session *s, int timeout_ms)
{
	size_t n = 0;
	enum status status = wire_read(s->wire, s->bytes, sizeof(s->bytes), timeout_ms, &n);
	if (status == STATUS_OK)
		s->input = str_n(s->bytes, n);
	/* A BYE says more than the end of the connection that follows it. */
	else if (s->why[0] == '\0' || status == STATUS_TIMEOUT)
		fail(s, status, wire_why(s->wire));
	return status;
}

/* The next response, mails on the way given to the handler. */
static enum status next_response(struct imap_session *s, const struct imap_handler *handler,
	int timeout_ms, struct imap_response *out)
{
	arena_free(&s->arena);
	s->arena = arena_new();
	for (;;) {
		struct str bytes = STR_EMPTY;
		bool fine = true;
		bool wanted = handler != NULL && handler->body != NULL;
		enum status status = STATUS_OK;
		switch (imap_reader_step(&s->reader, &s->input, &bytes)) {
		case IMAP_READ_MORE:
			status = fill(s, timeout_ms);
			break;
		case IMAP_READ_BODY_START:
			fine = !wanted ||
			       handler->body_start(handler->context, s->reader.body_size);
			break;
		case IMAP_READ_BODY:
			fine = !wanted || handler->body(handler->context, bytes);
			break;
		case IMAP_READ_RESPONSE:
			if (imap_response_read(s->arena, bytes, out) != STATUS_OK)
				return fail(s, STATUS_INVALID, "what the server says is not IMAP");
			take_note(s, out);
			return STATUS_OK;
		case IMAP_READ_ERROR:
			return fail(s, STATUS_INVALID, "what the server says is past all limits");
		}
		if (status != STATUS_OK)
			return status;
		if (!fine)
			return fail(s, STATUS_UNAVAILABLE, "a mail could not be kept");
	}
}

static enum status send_text(struct imap_session *s, struct str text)
{
	enum status status = wire_write(s->wire, text, ANSWER_TIMEOUT_MS);
	return status == STATUS_OK ? STATUS_OK : fail(s, status, wire_why(s->wire));
}

static enum status judge(const struct imap_response *response)
{
	switch (response->condition) {
	case IMAP_OK:
		return STATUS_OK;
	case IMAP_NO:
	case IMAP_BAD:
		return STATUS_DENIED;
	default:
		return STATUS_INVALID;
	}
}

/* Until the tagged answer, or the first "+" when `go_on` is not NULL. */
static enum status wait_for_end(
	struct imap_session *s, const struct imap_handler *handler, bool *go_on)
{
	int64_t end = clock_mono_ms() + COMMAND_TIMEOUT_MS;
	char tag[16];
	snprintf(tag, sizeof(tag), "A%u", s->tags);
	while (clock_mono_ms() < end) {
		struct imap_response response;
		enum status status = next_response(s, handler, ANSWER_TIMEOUT_MS, &response);
		if (status != STATUS_OK)
			return status;
		if (response.kind == IMAP_TAGGED) {
			if (!str_eq_c(response.tag, tag))
				return fail(s, STATUS_INVALID, "the server answers out of turn");
			return judge(&response);
		}
		if (response.kind == IMAP_CONTINUE) {
			if (go_on == NULL)
				return fail(s, STATUS_INVALID, "the server wants more of nothing");
			*go_on = true;
			return STATUS_OK;
		}
		if ((response.kind == IMAP_FETCH || response.kind == IMAP_SEARCH) &&
			handler != NULL && !handler->response(handler->context, &response))
			return fail(s, STATUS_UNAVAILABLE, "a mail could not be kept");
	}
	return fail(s, STATUS_TIMEOUT, "the command takes too long");
}

static enum status start_command(struct imap_session *s, struct str text)
{
	s->why[0] = '\0';
	s->code[0] = '\0';
	s->tags++;
	BUF_SCOPE(line, COMMAND_MAX);
	buf_printf(&line, "A%u ", s->tags);
	buf_append(&line, text);
	buf_append_c(&line, "\r\n");
	enum status status = buf_status(&line) == STATUS_OK
				     ? send_text(s, buf_str(&line))
				     : fail(s, STATUS_INVALID, "the command is too long");
	/* It may have held a password. */
	secret_wipe(line.p, line.n);
	return status;
}

enum status imap_command(
	struct imap_session *s, const struct imap_handler *handler, const char *fmt, ...)
{
	BUF_SCOPE(text, COMMAND_MAX);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	enum status status = start_command(s, buf_str(&text));
	secret_wipe(text.p, text.n);
	return status == STATUS_OK ? wait_for_end(s, handler, NULL) : status;
}

static enum status read_greeting(struct imap_session *s)
{
	struct imap_response response;
	enum status status = next_response(s, NULL, ANSWER_TIMEOUT_MS, &response);
	if (status != STATUS_OK)
		return status;
	if (response.kind != IMAP_CONDITION)
		return fail(s, STATUS_INVALID, "the greeting is not IMAP");
	if (response.condition == IMAP_OK)
		return STATUS_OK;
	/* PREAUTH would leave no place for STARTTLS (RFC 9051, 11.1). */
	keep_text(s, response.text);
	return response.condition == IMAP_BYE ? STATUS_UNAVAILABLE : STATUS_DENIED;
}

static enum status ask_capabilities(struct imap_session *s)
{
	if (s->has_capabilities)
		return STATUS_OK;
	return imap_command(s, NULL, "CAPABILITY");
}

static enum status start_tls(struct imap_session *s)
{
	enum status status = wire_start_tls(s->wire, CONNECT_TIMEOUT_MS);
	if (status != STATUS_OK)
		return fail(s, status, wire_why(s->wire));
	return STATUS_OK;
}

static enum status upgrade(struct imap_session *s)
{
	if (s->url.loopback && s->config->ca_file[0] == '\0')
		return STATUS_OK;
	if ((s->capabilities & IMAP_CAN_STARTTLS) == 0)
		return fail(s, STATUS_DENIED, "the server offers no STARTTLS; use imaps://");
	enum status status = imap_command(s, NULL, "STARTTLS");
	if (status != STATUS_OK)
		return status;
	/* Bytes that came before TLS would count as if they had come under it. */
	if (s->input.n > 0)
		return fail(s, STATUS_DENIED, "the server talks on before TLS");
	s->has_capabilities = false;
	s->capabilities = 0;
	status = start_tls(s);
	return status == STATUS_OK ? ask_capabilities(s) : status;
}

/* One sign-in: the command and what the server asks for after it. */
static enum status sign_in(struct imap_session *s, const struct imap_sign_in *step)
{
	bool go_on = false;
	s->has_capabilities = false;
	enum status status = start_command(s, step->command);
	if (status == STATUS_OK)
		status = wait_for_end(s, NULL, &go_on);
	bool answered = false;
	while (status == STATUS_OK && go_on) {
		/* A second question is about an error: it is given an empty answer. */
		go_on = false;
		struct str answer = answered ? STR("\r\n") : step->answer;
		answered = true;
		status = send_text(s, answer);
		if (status == STATUS_OK)
			status = wait_for_end(s, NULL, &go_on);
	}
	return status;
}

static enum status authenticate(struct imap_session *s)
{
	ARENA_SCOPE(arena);
	struct imap_sign_in step;
	char why[CONFIG_ERROR_MAX];
	enum status status = imap_sign_in_make(s->config, s->capabilities, arena, &step, why);
	if (status != STATUS_OK)
		return fail(s, STATUS_DENIED, why);
	s->signing_in = true;
	status = sign_in(s, &step);
	s->signing_in = false;
	imap_sign_in_wipe(&step);
	return status == STATUS_OK ? ask_capabilities(s) : status;
}

enum status imap_session_open(struct imap_session *s)
{
	struct wire_address address = {s->url.host, s->url.port, s->config->ca_file};
	if (s->account[0] == '\0')
		return fail(s, STATUS_DENIED, "the url is not imaps://host:port");
	s->wire = wire_new(&address, s->stop_fd);
	enum status status = wire_connect(s->wire, CONNECT_TIMEOUT_MS);
	if (status != STATUS_OK)
		return fail(s, status, wire_why(s->wire));
	if (s->url.tls)
		status = start_tls(s);
	if (status == STATUS_OK)
		status = read_greeting(s);
	if (status == STATUS_OK)
		status = ask_capabilities(s);
	if (status == STATUS_OK && !s->url.tls)
		status = upgrade(s);
	return status == STATUS_OK ? authenticate(s) : status;
}

enum status imap_session_select(
	struct imap_session *s, const char *folder, struct imap_folder_state *out)
{
	ARENA_SCOPE(arena);
	struct str name;
	s->uid_validity = 0;
	s->uid_next = 0;
	if (imap_quote_folder(arena, str_c(folder), &name) != STATUS_OK)
		return fail(s, STATUS_DENIED, "the folder's name cannot be sent");
	enum status status = imap_command(s, NULL, "SELECT %.*s", STR_FMT(name));
	if (status != STATUS_OK)
		return status;
	if (s->uid_validity <= 0)
		return fail(s, STATUS_DENIED, "the server does not keep numbers of mails");
	*out = (struct imap_folder_state){s->uid_validity, s->uid_next};
	return STATUS_OK;
}

void imap_forget_news(struct imap_session *session)
{
	session->news = false;
}

enum status imap_idle(struct imap_session *s, int ms)
{
	bool go_on = false;
	enum status status = start_command(s, STR("IDLE"));
	if (status == STATUS_OK)
		status = wait_for_end(s, NULL, &go_on);
	if (status != STATUS_OK || !go_on)
		return status;
	int64_t end = clock_mono_ms() + ms;
	while (!s->news) {
		struct imap_response response;
		int64_t left = end - clock_mono_ms();
		if (left <= 0)
			break;
		status = next_response(s, NULL, (int)left, &response);
		if (status == STATUS_TIMEOUT)
			break;
		if (status != STATUS_OK)
			return status;
		/* The server has ended it. */
		if (response.kind == IMAP_TAGGED)
			return judge(&response);
	}
	status = send_text(s, STR("DONE\r\n"));
	return status == STATUS_OK ? wait_for_end(s, NULL, NULL) : status;
}
