/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/submit.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "config/login.h"

#define CONNECT_TIMEOUT_MS 30000L
#define REPLY_TIMEOUT_S	   600L /* RFC 5321, 4.5.3.2.6: the end of the data may take long */
#define TOTAL_TIMEOUT_MS   1800000L
#define STOP_GRACE_MS	   5000

struct submit {
	const struct config_bridge_mail *config;
	const atomic_bool *cancel;
	char *url;
	bool loopback;
	CURL *easy;
};

/* One transaction. */
struct transfer {
	const struct submit_request *request;
	const atomic_bool *cancel;
	size_t at;
	bool ending; /* the last bytes have been handed over */
	int64_t cancelled_at;
	char *reply;
};

static bool is_loopback(const char *url)
{
	static const char *const hosts[] = {"localhost", "127.", "[::1]"};
	const char *host = strstr(url, "://");
	for (size_t i = 0; host != NULL && i < ARRAY_LEN(hosts); i++)
		if (str_starts(str_c(host + 3), str_c(hosts[i])))
			return true;
	return false;
}

struct submit *submit_new(
	const struct config_bridge_mail *config, const char *helo, const atomic_bool *cancel)
{
	struct submit *submit = MEM_NEW(struct submit);
	const char *host = strstr(config->smarthost_url, "://");
	bool has_path = host != NULL && strchr(host + 3, '/') != NULL;
	BUF_SCOPE(url, 4096);
	buf_append_c(&url, config->smarthost_url);
	if (!has_path)
		buf_printf(&url, "/%s", helo);
	submit->config = config;
	submit->cancel = cancel;
	submit->url = mem_strdup(buf_str(&url));
	submit->loopback = is_loopback(submit->url);
	submit->easy = curl_easy_init();
	if (submit->easy == NULL)
		abort();
	return submit;
}

void submit_free(struct submit **submit)
{
	if (*submit == NULL)
		return;
	curl_easy_cleanup((*submit)->easy);
	free((*submit)->url);
	free(*submit);
	*submit = NULL;
}

static size_t on_read(char *into, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	struct str rest = str_skip(t->request->message, t->at);
	size_t n = size * count < rest.n ? size * count : rest.n;
	if (n == rest.n && !t->ending) {
		if (!t->request->before_end(t->request->context))
			return CURL_READFUNC_ABORT;
		t->ending = true;
	}
	if (n > 0)
		memcpy(into, rest.p, n);
	t->at += n;
	return n;
}

static bool is_refusal(const char *line)
{
	return line[0] == '4' || line[0] == '5';
}

/* Lines that the server says. The first refusal stands for the outcome, else the last line. */
static size_t on_line(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t n = size * count;
	struct str line = str_trim(str_n(bytes, n));
	if (line.n > 0 && !is_refusal(t->reply)) {
		snprintf(t->reply, SUBMIT_REPLY_MAX, "%.*s",
			STR_FMT(str_slice(line, 0, SUBMIT_REPLY_MAX - 1)));
		for (char *c = t->reply; *c != '\0'; c++)
			if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
				*c = '?';
	}
	return n;
}

static int on_progress(void *context, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct transfer *t = context;
	(void)dt;
	(void)dn;
	(void)ut;
	(void)un;
	if (t->cancel == NULL || !atomic_load(t->cancel))
		return 0;
	if (t->cancelled_at == 0)
		t->cancelled_at = clock_mono_ms();
	return !t->ending || clock_mono_ms() - t->cancelled_at > STOP_GRACE_MS;
}

static void set_secret(struct submit *submit, const struct login *login)
{
	curl_easy_setopt(submit->easy, CURLOPT_USERNAME, submit->config->smarthost_user);
	if (login->is_token) {
		curl_easy_setopt(submit->easy, CURLOPT_XOAUTH2_BEARER, login->secret.p);
		/* Some servers offer OAUTHBEARER and do not mean it. */
		curl_easy_setopt(submit->easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
	} else {
		curl_easy_setopt(submit->easy, CURLOPT_PASSWORD,
			login->secret.p == NULL ? "" : login->secret.p);
	}
}

/* Read each time: it may be changed while the program runs. */
static bool set_login(struct submit *submit, char *reply)
{
	const struct config_bridge_mail *config = submit->config;
	if (config->smarthost_user[0] == '\0')
		return true;
	const struct login_config from = {config->smarthost_user, config->smarthost_password_file,
		config->smarthost_token_file, config->smarthost_token_command};
	char why[CONFIG_ERROR_MAX];
	struct login login;
	ARENA_SCOPE(arena);
	if (login_read(&from, arena, &login, why) != STATUS_OK) {
		snprintf(reply, SUBMIT_REPLY_MAX, "%.*s", SUBMIT_REPLY_MAX - 1, why);
		return false;
	}
	set_secret(submit, &login);
	login_wipe(&login);
	return true;
}

static long tls_level(const struct submit *submit)
{
	bool own_ca = submit->config->smarthost_ca_file[0] != '\0';
	if (submit->loopback && !own_ca)
		return CURLUSESSL_NONE;
	return own_ca || submit->config->smarthost_user[0] != '\0' ? CURLUSESSL_ALL
								   : CURLUSESSL_TRY;
}

static void set_options(struct submit *submit, struct transfer *t)
{
	CURL *easy = submit->easy;
	curl_easy_setopt(easy, CURLOPT_URL, submit->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_USE_SSL, tls_level(submit));
	if (submit->config->smarthost_ca_file[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, submit->config->smarthost_ca_file);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, REPLY_TIMEOUT_S);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TOTAL_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
}

static bool is_of_setup(long code)
{
	/* Not about the mail: how we present ourselves is not to the server's liking. */
	return code == 421 || code == 454 || code == 530 || code == 534 || code == 535 ||
	       code == 538;
}

static enum submit_outcome judge(
	struct submit *submit, const struct transfer *t, CURLcode result, char *reply)
{
	long code = 0;
	curl_easy_getinfo(submit->easy, CURLINFO_RESPONSE_CODE, &code);
	if (result == CURLE_OK)
		return SUBMIT_ACCEPTED;
	bool refused = code >= 500 && code < 600 && !is_of_setup(code) &&
		       result != CURLE_LOGIN_DENIED && result != CURLE_USE_SSL_FAILED;
	if (refused)
		return SUBMIT_REFUSED;
	if (code >= 400 && code < 600)
		return SUBMIT_LATER;
	snprintf(reply, SUBMIT_REPLY_MAX, "%s", curl_easy_strerror(result));
	return t->ending ? SUBMIT_UNCLEAR : SUBMIT_LATER;
}

enum submit_outcome submit_mail(
	struct submit *submit, const struct submit_request *request, char reply[SUBMIT_REPLY_MAX])
{
	struct transfer transfer = {.request = request, .cancel = submit->cancel, .reply = reply};
	ARENA_SCOPE(arena);
	reply[0] = '\0';
	curl_easy_reset(submit->easy);
	set_options(submit, &transfer);
	if (!set_login(submit, reply))
		return SUBMIT_LATER;
	struct str from = arena_printf(arena, "<%.*s>", STR_FMT(request->mail_from));
	struct str to = arena_printf(arena, "<%.*s>", STR_FMT(request->recipient));
	struct curl_slist *recipients = curl_slist_append(NULL, to.p);
	if (recipients == NULL)
		abort();
	curl_easy_setopt(submit->easy, CURLOPT_MAIL_FROM, from.p);
	curl_easy_setopt(submit->easy, CURLOPT_MAIL_RCPT, recipients);
	enum submit_outcome outcome =
		judge(submit, &transfer, curl_easy_perform(submit->easy), reply);
	/* Nothing of this transaction may be pointed to by the handle that lives on. */
	curl_easy_reset(submit->easy);
	curl_slist_free_all(recipients);
	return outcome;
}
