/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/http/public_address.h"
#define LOG_MODULE "http-client"
#include "common/base/log.h"

#define DEFAULT_TIMEOUT_MS 30000
#define CONNECT_TIMEOUT_MS 10000
#define DEFAULT_MAX_ANSWER (1024 * 1024)
#define HEADER_MAX	   4096

struct http_client {
	CURL *easy; /* keeps its connections between calls */
};

/* One call under way. */
struct transfer {
	const struct http_call *call;
	struct buf answer;
	int64_t sent;	 /* of body_fd */
	int64_t written; /* to answer_fd */
	bool too_large;	 /* for it */
	CURL *easy;
};

void http_client_global_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

struct http_client *http_client_new(void)
{
	struct http_client *client = MEM_NEW(struct http_client);
	client->easy = curl_easy_init();
	if (client->easy == NULL)
		abort();
	return client;
}

void http_client_free(struct http_client **client)
{
	if (*client == NULL)
		return;
	curl_easy_cleanup((*client)->easy);
	free(*client);
	*client = NULL;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	const struct http_call *call = transfer->call;
	long status = 0;
	if (call->answer_fd > 0)
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		buf_append(&transfer->answer, str_n(bytes, size * count));
		return transfer->answer.overflow ? 0 : size * count;
	}
	transfer->written += (int64_t)(size * count);
	transfer->too_large = transfer->written > (int64_t)transfer->answer.max;
	if (transfer->too_large ||
		fs_write_all(call->answer_fd, str_n(bytes, size * count)) != STATUS_OK)
		return 0;
	return size * count;
}

static size_t on_read(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	size_t want = size * count;
	int64_t left = transfer->call->body_size - transfer->sent;
	if (left < (int64_t)want)
		want = (size_t)left;
	ssize_t n = pread(transfer->call->body_fd, bytes, want, transfer->sent);
	if (n < 0 || (n == 0 && want > 0))
		return CURL_READFUNC_ABORT;
	transfer->sent += n;
	return (size_t)n;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct transfer *transfer = arg;
	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	transfer->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static int on_progress(
	void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	const struct transfer *transfer = arg;
	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	return transfer->call->cancel != NULL && atomic_load(transfer->call->cancel);
}

/* Each address that the name led to comes by here, just before it is connected to. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct transfer *transfer = arg;
	(void)purpose;
	if (transfer->call->public_only && !public_address(&address->addr, address->addrlen))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void append_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);
	if (longer == NULL)
		abort();
	*list = longer;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[HEADER_MAX];
	if (strpbrk(value, "\r\n") != NULL)
		return false;
	int n = snprintf(line, sizeof(line), "%s: %s", name, value);
	if (n < 0 || (size_t)n >= sizeof(line))
		return false;
	append_line(list, line);
	return true;
}

static enum status make_headers(
	const struct http_call *call, bool has_body, struct curl_slist **out)
{
	bool ok = true;
	if (has_body)
		ok = add_header(out, "Content-Type",
			call->content_type == NULL ? "application/json" : call->content_type);
	else
		append_line(out, "Content-Type:"); /* libcurl would call nothing a form */
	if (ok && call->bearer != NULL) {
		char value[HEADER_MAX];
		int n = snprintf(value, sizeof(value), "Bearer %s", call->bearer);
		ok = n > 0 && (size_t)n < sizeof(value) && add_header(out, "Authorization", value);
	} else if (ok && call->authorization != NULL) {
		ok = add_header(out, "Authorization", call->authorization);
	}
	/* A body is sent at once, not after a "100 Continue" that many never send. */
	append_line(out, "Expect:");
	return ok ? STATUS_OK : STATUS_INVALID;
}

static bool set_body(CURL *easy, struct transfer *transfer)
{
	const struct http_call *call = transfer->call;
	bool needs_length = strcmp(call->method, "POST") == 0 || strcmp(call->method, "PUT") == 0;
	if (call->body_fd > 0) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_size);
	} else if (call->body.p != NULL || needs_length) {
		curl_easy_setopt(
			easy, CURLOPT_POSTFIELDS, call->body.p == NULL ? "" : call->body.p);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		return false;
	}
	return call->body_fd > 0 || call->body.p != NULL;
}

static void set_options(CURL *easy, struct transfer *transfer)
{
	const struct http_call *call = transfer->call;
	long timeout = call->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : (long)call->timeout_ms;
	curl_easy_setopt(easy, CURLOPT_URL, call->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Parvis");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
		timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
}

/* Behind set_body(), which sets a method of libcurl's own choice. */
static void set_method(CURL *easy, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

/* The address may hold a secret and is not logged. */
static enum status status_of(CURLcode code, const struct transfer *transfer)
{
	if (code == CURLE_OK)
		return STATUS_OK;
	log_debug("a call failed: %s", curl_easy_strerror(code));
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return STATUS_TIMEOUT;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return STATUS_INVALID;
	case CURLE_WRITE_ERROR:
		return transfer->answer.overflow || transfer->too_large ? STATUS_TOO_LARGE
									: STATUS_UNAVAILABLE;
	default:
		return STATUS_UNAVAILABLE;
	}
}

static void read_answer(
	CURL *easy, const struct transfer *transfer, struct arena *arena, struct http_answer *out)
{
	long status = 0;
	const char *type = NULL;
	curl_off_t retry_after = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
	*out = (struct http_answer){
		.status = (int)status,
		.body = arena_str(arena, buf_str(&transfer->answer)),
		.written = transfer->written,
		.content_type = arena_str(arena, str_c(type)),
		.retry_after_ms = (int64_t)retry_after * 1000,
	};
}

enum status http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
	struct http_answer *out)
{
	CURL *easy = client->easy;
	struct transfer transfer = {.call = call, .easy = easy};
	struct curl_slist *headers = NULL;
	buf_init(&transfer.answer, call->max_answer == 0 ? DEFAULT_MAX_ANSWER : call->max_answer);
	curl_easy_reset(easy);
	set_options(easy, &transfer);
	bool has_body = set_body(easy, &transfer);
	set_method(easy, call->method);
	enum status status = make_headers(call, has_body, &headers);
	if (status == STATUS_OK) {
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		status = status_of(curl_easy_perform(easy), &transfer);
	}
	if (status == STATUS_OK)
		read_answer(easy, &transfer, arena, out);
	/* Nothing of this call may be pointed to by the handle that lives on. */
	curl_easy_reset(easy);
	curl_slist_free_all(headers);
	buf_release(&transfer.answer);
	return status;
}

static bool is_unreserved(char c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void http_escape(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (is_unreserved(text.p[i]))
			buf_append_byte(out, text.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)text.p[i]);
	}
}
